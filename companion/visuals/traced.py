"""What a trace tells, as values: of each frame and each of its notes, and the music as it was written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from companion.music.song import Tempo, VoiceNote


class PitchShare(NamedTuple):
    """How likely a pitch was."""

    pitch: int | None  # MIDI note number; None for a rest
    share: float  # 0..1


class BarLine(NamedTuple):
    """Where a bar begins."""

    tick: int
    number: int  # as musicians count; a pickup is bar 0


class TracedModel(NamedTuple):
    """What chose the notes."""

    name: str = ""
    digest: str = ""  # sha256 of its file; of two with a + between
    voice_order: str = ""  # in which it decides the voices; empty where that is not told


@dataclass(frozen=True)
class TracedNote:
    """What one voice does in a frame, and what it was drawn from."""

    origin: str  # GIVEN_NOTE or MODELS_NOTE (companion.workbench.trace)
    pitch: int | None  # what sounds, None for silence
    struck: bool  # False: held, or silent
    entropy_bits: float  # of the model's own distribution
    distribution: tuple[PitchShare, ...]  # it was drawn from, likeliest first
    raw: tuple[PitchShare, ...] = ()  # as the model alone said, before rules and temperature; empty: the same
    taken: tuple[PitchShare, ...] = ()  # how much less likely the rules made pitches, most first
    attention: tuple[float, ...] = ()  # weights of the notes before it and of itself, the latest last

    @property
    def sureness(self) -> float:
        """How likely the model alone held what sounds, struck or held; 0 where that was too rare to be told."""
        return next((share for pitch, share in self.raw or self.distribution if pitch == self.pitch), 0.0)


@dataclass(frozen=True)
class TracedFrame:
    """The four voices of a step."""

    step: int  # from the beginning of the bar in which the music begins
    tick: int
    notes: tuple[TracedNote, ...]  # soprano first
    echo_steps: int = 0  # so far back the music was most like this; 0: nowhere
    echo_chords: int = 0  # so many chords led up to there as they lead up to here
    model: TracedModel | None = None  # where it is not the one that the trace begins with


def in_order(notes: Iterable[VoiceNote]) -> tuple[VoiceNote, ...]:
    """By time, then voice."""
    return tuple(sorted(notes, key=lambda note: (note.start_tick, note.voice)))


@dataclass(frozen=True)
class WrittenMusic:
    """Notes in ticks, as a MIDI file has them."""

    ticks_per_beat: int  # of a quarter
    tempos: tuple[Tempo, ...]
    bars: tuple[BarLine, ...]
    notes: tuple[VoiceNote, ...]  # in order


@dataclass(frozen=True)
class Trace:
    """A composition, and how it came about."""

    music: WrittenMusic
    frames: tuple[TracedFrame, ...]
    model: TracedModel
    seed: int | None = None
    style: str | None = None
    key: str | None = None
    again: str = ""  # the command that makes it again
    notices: tuple[str, ...] = ()  # lines for the user
