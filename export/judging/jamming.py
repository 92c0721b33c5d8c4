"""A jam without a clock: keys go down and come up at their steps, and what sounds is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from companion.controls.settings import Settings
from companion.controls.table import ANY
from companion.generation.improviser import Planned
from companion.generation.velocity import DEFAULT_VELOCITY
from companion.model.runtime import Model
from companion.music.bars import Barlines
from companion.music.sounding import SoundingFrame
from companion.music.vocabulary import REST, VOICES, IntArray, canonical, notes_of_frames
from companion.session.session import Session
from companion.session.sink import FrameTape

FOUR_FOUR = Barlines()  # the first bar begins at step 0
KEY_UP_EARLY = 0.2  # steps before the end of a note at which its key comes up
MOMENTS = (0.0, 0.5, 1.0 - KEY_UP_EARLY)  # within a step, at which the session is told of the time


@dataclass(frozen=True, order=True)
class Played:
    """A key that a player holds, in steps of the music."""

    start: int
    steps: int
    pitch: int
    velocity: int = DEFAULT_VELOCITY


class Tape(FrameTape):
    """A sink that keeps what has become music, by its step, with what of it was to be heard."""

    def __init__(self) -> None:
        super().__init__()
        self.music: dict[int, tuple[Planned, SoundingFrame | None]] = {}

    def fixed(self, planned: Planned, sounding: SoundingFrame | None) -> None:
        self.music[planned.step] = planned, sounding

    def taken_back(self, step: int) -> None:
        self.music = {before: fixed for before, fixed in self.music.items() if before < step}

    def frames_of(self, origin: str) -> dict[int, tuple[Planned, SoundingFrame | None]]:
        """What came about in one way, by its step."""
        return {step: fixed for step, fixed in sorted(self.music.items()) if fixed[0].origin == origin}


def play_jam(
    model: Model, settings: Settings, notes: Iterable[Played], steps: int, barlines: Barlines = FOUR_FOUR
) -> Tape:
    """What becomes of so many steps in which these keys are played."""
    tape = Tape()
    session = Session(model, settings, ANY, tape)
    session.begin(0.0, barlines)
    by_step = sorted(notes)
    for step in range(steps):
        for moment in MOMENTS:
            at = step + moment
            for note in by_step:
                if moment == 0 and note.start == step:
                    session.note(at, note.pitch, note.velocity, 0)
                elif moment == MOMENTS[-1] and note.start + note.steps == step + 1:
                    session.note(at, note.pitch, 0, 0)
            session.advance(at)
            while session.work():
                pass
    return tape


def harmonised_live(model: Model, settings: Settings, melody: IntArray, dice: int) -> IntArray:
    """A melody ``[steps]`` of tokens with the voices that a jam sings to it: frames ``[steps, 4]``."""
    alone = np.full((len(melody), len(VOICES)), REST, dtype=np.int32)
    alone[:, 0] = melody
    keys = [Played(note.start_step, note.steps, note.pitch) for note in notes_of_frames(alone)]
    return harmonised_jam(model, replace(settings, seed=dice), keys, alone)


def harmonised_jam(
    model: Model, settings: Settings, keys: Iterable[Played], alone: IntArray, barlines: Barlines = FOUR_FOUR
) -> IntArray:
    """What a jam in ``harmonise`` makes of a melody, given as keys and as frames ``[steps, 4]`` of it alone."""
    tape = play_jam(model, replace(settings, mode="harmonise"), keys, len(alone), barlines)
    return _frames(tape, alone)


def _frames(tape: Tape, otherwise: IntArray) -> IntArray:
    """What became music; the rest as it was."""
    frames = otherwise.copy()
    for step, (planned, _) in tape.music.items():
        if 0 <= step < len(frames):
            frames[step] = planned.frame.tokens
    return canonical(frames)
