"""How a song is played: notation says when tones begin, and a player how long they sound and where they breathe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from companion.music.vocabulary import STEPS_PER_BEAT, Note
from export.judging.jamming import KEY_UP_EARLY
from export.phrasing.marks import MarkedSong

LONG_BREATH = 6  # a beat and a half
PLAYING_DICE = 18


@dataclass(frozen=True)
class Playing:
    """A way of playing."""

    name: str
    gate: float = 1.0  # the share of its length that a tone sounds
    breathes: float = 0.0  # the share of phrases in whose midst there is a breath, by which all that follows is later
    waits: bool = True  # for an answer after each phrase; else the next one follows as it is written


AS_WRITTEN = Playing("as written")
HALF_AS_LONG = Playing("detached", gate=0.5)
BREATHING = Playing("with breaths", breathes=1.0)
BOTH = Playing("detached, with breaths", gate=0.5, breathes=1.0)
SINGING_ON = Playing("without waiting", waits=False)
WAYS = (AS_WRITTEN, HALF_AS_LONG, BREATHING, BOTH, SINGING_ON)


@dataclass(frozen=True)
class HandKey:
    """A key that is held, in steps from the first note of the song."""

    down: int
    up: float
    pitch: int
    written: int  # where the tone ends as it is written


def hands(song: MarkedSong, way: Playing, number: int) -> list[list[HandKey]]:
    """The keys of each phrase of a song, as dice of this number have it."""
    dice = np.random.default_rng((PLAYING_DICE, number))
    late, played = 0, []
    for phrase in song.phrases():
        keys = []
        breath = _breath(song.tune.notes, phrase, way, dice)
        for place in phrase:
            keys.append(_key(song.tune.notes[place], late, way.gate))
            late += LONG_BREATH * (place == breath)
        played.append(keys)
    return played


def _key(note: Note, late: int, gate: float) -> HandKey:
    down, end = note.start_step + late, note.start_step + late + note.steps
    return HandKey(down, min(down + gate * note.steps, end - KEY_UP_EARLY), note.pitch, end)


def _breath(notes: Sequence[Note], phrase: range, way: Playing, dice: np.random.Generator) -> int | None:
    """After which tone there is a breath: one of a beat or more, neither the first nor the last of its phrase."""
    places = [place for place in phrase[1:-1] if notes[place].steps >= STEPS_PER_BEAT]
    wanted = dice.random() < way.breathes
    return int(dice.choice(places)) if wanted and places else None
