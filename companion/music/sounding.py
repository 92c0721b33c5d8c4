"""What is to sound: the frames as they leave the companion, and what becomes of them in time.

``Sounding`` is told frames and positions, and says what begins and what ends. The player sends what it says,
and a take is written from what it says of a log.

Too late is never a burst
    A frame that comes, or is reached, more than a grace after its time is *held over*: what sounds goes on
    (rests still end it), its strikes are left out, and the next frame strikes what is missing. The grace is
    ``GRACE_SECONDS``, and at most a quarter of a step: shorter than what is heard as a slip, so that a
    hiccup costs no note. Where several steps are overdue only the newest counts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import floor

ChannelNote = tuple[int, int]  # channel 0..15, pitch 0..127
VoiceStrike = tuple[int, ChannelNote, int]  # voice 0..3, and the velocity

GRACE_SECONDS = 0.025
GRACE_STEPS = 0.25
STARVED_SECONDS = 2.0  # without a frame, and …
STARVED_STEPS = 8  # … so many steps: then what sounds is let go
MOST_FRAMES = 4096  # kept ahead; more can only be a fault
REMEMBERED_STEPS = 256  # of which it is known whether they were played or held over


@dataclass(frozen=True)
class Part:
    """What one voice does in one step."""

    pitch: int | None  # MIDI note, None for a rest
    struck: bool  # begins here; otherwise it goes on (and is struck only if it is not sounding yet)
    velocity: int  # 1..127, of the strike
    channel: int  # 0..15

    @property
    def note(self) -> ChannelNote | None:
        """What sounds; None for a rest."""
        return None if self.pitch is None else (self.channel, self.pitch)


@dataclass(frozen=True)
class SoundingFrame:
    """The four voices in one step, soprano first."""

    step: int  # of the music, which goes on through loops and jumps
    parts: tuple[Part, Part, Part, Part]


@dataclass(frozen=True)
class Change:
    """What voices do at one moment: all that end, then all that begin. Whoever strikes lets go of what it had."""

    released: tuple[int, ...] = ()
    struck: tuple[VoiceStrike, ...] = ()
    step: int | None = None  # whose frame this is, where it came in time
    held_over: tuple[int, ...] = ()  # steps whose frames came too late, or not at all; told once a step


class Sounding:
    """From frames and positions to strikes and releases. Positions are music steps."""

    def __init__(self, sounds: Callable[[int], ChannelNote | None]) -> None:
        """sounds: what a voice sounds now; whoever carries out the changes knows."""
        self._sounds = sounds
        self._frames: dict[int, SoundingFrame] = {}
        self._running = False
        self._newest: int | None = None  # the last step that was dealt with
        self._played: deque[int] = deque(maxlen=REMEMBERED_STEPS)
        self._held_over: deque[int] = deque(maxlen=REMEMBERED_STEPS)
        self._framed: set[int] = set()  # voices that sound what a frame has asked for

    # What it is told.

    def receive(self, frames: Iterable[SoundingFrame]) -> Change:
        """These steps are to sound so; a step that was sent before is replaced, unless it was dealt with."""
        late = []
        for frame in frames:
            if self._newest is None or frame.step > self._newest:
                self._frames[frame.step] = frame
            elif frame.step > self._newest - REMEMBERED_STEPS and frame.step not in self._played:
                late.append(frame.step)
        while len(self._frames) > MOST_FRAMES:
            del self._frames[max(self._frames)]
        return Change(held_over=self._told_once(late))

    def clear(self, first: int, last: int) -> None:
        """The frames of these steps are withdrawn, both ends included."""
        self._frames = {step: frame for step, frame in self._frames.items() if not first <= step <= last}

    def now(self, voice: int, part: Part) -> Change:
        """A voice does this at once, past the frames."""
        self._framed.discard(voice)
        note = part.note
        return Change(released=(voice,)) if note is None else Change(struck=((voice, note, part.velocity),))

    def silence(self) -> None:
        """All frames are forgotten; every voice must be released."""
        self._frames.clear()
        self.release()

    def release(self) -> None:
        """Every voice has been, or must be, released; the frames stay."""
        self._framed.clear()

    def stop(self) -> None:
        """The clock has stopped: every voice must be released, the frames are kept."""
        self._running, self._newest = False, None
        self.release()

    def run(self, position: float) -> None:
        """The clock runs, and the music is here."""
        if not self._running:  # what has gone by while nothing ran was not missed
            self._frames = {step: frame for step, frame in self._frames.items() if step >= floor(position)}
        elif self._newest is not None and position < self._newest - 1:  # further back than a clock is put right
            self._newest = None
        self._running = True

    # What time does.

    def next_step(self) -> int | None:
        """The first that waits to be played; None: none does, as things stand."""
        return min(self._frames) if self._running and self._frames else None

    def play(self, position: float, step_seconds: float) -> Change:
        """What the steps up to this position do now."""
        overdue = [step for step in self._frames if step <= position] if self._running else []
        if not overdue:
            return Change()
        newest = max(overdue)
        missed = self._missed_before(newest)
        frame = self._frames[newest]
        for step in overdue:
            del self._frames[step]
        self._newest = newest
        late_steps = position - newest
        if late_steps <= GRACE_STEPS and late_steps * step_seconds <= GRACE_SECONDS:
            self._played.append(newest)
            return self._in_time(frame, self._told_once(missed))
        return self._too_late(frame, self._told_once([*missed, newest]))

    def starves_at(self, step_seconds: float) -> float | None:
        """The position from which ``starve`` is to let go of what frames have asked for, if none comes."""
        if not self._running or self._newest is None or self._frames or not self._framed:
            return None
        return self._newest + 1 + max(STARVED_SECONDS / step_seconds, STARVED_STEPS)

    def starve(self) -> Change:
        """No more frames came although the clock runs."""
        silent = tuple(voice for voice in sorted(self._framed) if self._sounds(voice) is not None)
        self._framed.clear()
        return Change(released=silent)

    def _missed_before(self, newest: int) -> list[int]:
        """The steps before it that were never dealt with: those known, and those in which something sounded on."""
        known = [step for step in self._frames if step < newest]
        if not self._framed or self._newest is None:
            return sorted(known)
        return sorted({*known, *range(max(self._newest + 1, newest - REMEMBERED_STEPS), newest)})

    def _in_time(self, frame: SoundingFrame, held_over: tuple[int, ...]) -> Change:
        self._framed = {voice for voice, part in enumerate(frame.parts) if part.pitch is not None}
        struck = tuple(
            (voice, note, part.velocity)
            for voice, part in enumerate(frame.parts)
            if (note := part.note) is not None and (part.struck or note != self._sounds(voice))
        )
        return Change(_rests(frame), struck, frame.step, held_over)

    def _too_late(self, frame: SoundingFrame, held_over: tuple[int, ...]) -> Change:
        silent = _rests(frame)
        self._framed.difference_update(silent)
        return Change(silent, held_over=held_over)

    def _told_once(self, steps: Iterable[int]) -> tuple[int, ...]:
        fresh = []
        for step in steps:
            if step not in self._held_over:
                self._held_over.append(step)
                fresh.append(step)
        return tuple(fresh)


def _rests(frame: SoundingFrame) -> tuple[int, ...]:
    return tuple(voice for voice, part in enumerate(frame.parts) if part.pitch is None)
