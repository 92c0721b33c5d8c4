"""The jam's last answer, written down as it becomes music, to be given to Live as clips."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from companion.clips.music import CLIP_TICKS_PER_BEAT, ClipAnswer, clip_name, clip_notes, length_of
from companion.controls.settings import Settings
from companion.generation.job import asked_key
from companion.generation.velocity import DEFAULT_VELOCITY
from companion.harmony.keys import likeliest_key
from companion.music.bars import Barlines
from companion.music.song import VoiceNote
from companion.music.sounding import SoundingFrame
from companion.music.vocabulary import FIRST_STRIKE, HOLD, STEPS_PER_BEAT, VOICES
from companion.record.log import Entry, LoggedFrame, LoggedSend

ANSWERED = "model"  # whose frames are an answer
MOST_STEPS = 2048  # that are remembered: what Live takes at most


class ClipTape:
    """Hears what the log would."""

    def __init__(self) -> None:
        self._fixed: dict[int, LoggedFrame] = {}  # steps rising
        self._sent: dict[int, SoundingFrame] = {}

    def hear(self, entry: Entry) -> None:
        """The next entry."""
        if isinstance(entry, LoggedFrame):
            while self._fixed and next(reversed(self._fixed)) >= entry.step:
                self._fixed.popitem()  # it was taken back
            self._fixed[entry.step] = entry
            if len(self._fixed) > MOST_STEPS:
                del self._fixed[next(iter(self._fixed))]
        elif isinstance(entry, LoggedSend):
            self._sent.update((frame.step, frame) for frame in entry.frames)
            if len(self._sent) > MOST_STEPS:
                first = next(iter(self._fixed), 0)
                self._sent = {step: frame for step, frame in self._sent.items() if step >= first}

    def answer(
        self,
        settings: Settings,
        barlines: Barlines,
        time_of_day: str,
        first: int | None = None,
        last: int | None = None,
    ) -> ClipAnswer | None:
        """The last answer, or of steps ``first`` to ``last`` the last one there; None where there is none.

        It begins on the bar line before its first note, and lasts for whole bars.
        """
        steps = [frame for step, frame in sorted(self._fixed.items()) if _within(step, first, last)]
        while steps and steps[-1].origin != ANSWERED:
            steps.pop()
        begin = next((place for place in range(len(steps), 0, -1) if steps[place - 1].origin != ANSWERED), 0)
        made = steps[begin:]
        if not made:
            return None
        origin = barlines.bar_start(made[0].step)
        notes = clip_notes(self._notes(made, origin))
        bar_beats = barlines.bar_steps / STEPS_PER_BEAT
        key = asked_key(settings) or likeliest_key(np.array([frame.tokens for frame in made], dtype=np.int32))
        return ClipAnswer(notes, length_of(notes, bar_beats, bar_beats), clip_name(key, settings.seed, time_of_day))

    def _notes(self, made: list[LoggedFrame], origin: int) -> Iterator[VoiceNote]:
        for voice in range(len(VOICES)):
            note: VoiceNote | None = None
            for frame in made:
                tick = (frame.step - origin) * CLIP_TICKS_PER_BEAT // STEPS_PER_BEAT
                token, (pitch, velocity) = frame.tokens[voice], self._sounding(frame, voice)
                begins = pitch is not None and (token >= FIRST_STRIKE or note is None)
                if note is not None and (token != HOLD or begins):
                    yield note
                    note = None
                if begins and pitch is not None:
                    note = VoiceNote(voice, tick, tick, pitch, velocity)
                if note is not None:
                    note = note._replace(end_tick=(frame.step + 1 - origin) * CLIP_TICKS_PER_BEAT // STEPS_PER_BEAT)
            if note is not None:
                yield note

    def _sounding(self, frame: LoggedFrame, voice: int) -> tuple[int | None, int]:
        """Pitch and velocity as they sounded; what did not, being muted or the player's, as the music has it."""
        sent = self._sent.get(frame.step)
        part = None if sent is None else sent.parts[voice]
        if part is not None and part.pitch is not None:
            return part.pitch, part.velocity
        return frame.pitches[voice], DEFAULT_VELOCITY if part is None else part.velocity


def _within(step: int, first: int | None, last: int | None) -> bool:
    return (first is None or step >= first) and (last is None or step <= last)
