"""A song: notes and their conditions as a MIDI file holds them, in ticks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

EXPECTED = "expected a melody, chords or up to four voices"  # what a seed should hold


# Named tuples, not dataclasses: a long seed holds hundreds of thousands of notes.
class SongNote(NamedTuple):
    """A note as it stands in a file."""

    start_tick: int
    end_tick: int  # after start_tick
    pitch: int
    velocity: int  # 1..127
    channel: int  # 0..15
    track: int


class VoiceNote(NamedTuple):
    """A note of one of the four voices, in ticks."""

    voice: int  # 0 soprano … 3 bass
    start_tick: int
    end_tick: int  # after start_tick
    pitch: int
    velocity: int  # 1..127


class Tempo(NamedTuple):
    """The length of a quarter note from a tick on."""

    tick: int
    beat_us: int


class Metre(NamedTuple):
    """The time signature from a tick on; a bar begins there."""

    tick: int
    numerator: int
    denominator: int


class KeySignature(NamedTuple):
    """A key signature."""

    sharps: int  # -7..7; flats are negative
    minor: bool

    @property
    def tonic(self) -> int:
        """The pitch class of the tonic, 0 for C."""
        return (7 * self.sharps + (9 if self.minor else 0)) % 12


class TrackEvent(NamedTuple):
    """What a track holds beside its notes: a lyric, a marker, a program, a control change, a bend."""

    tick: int
    track: int
    data: bytes  # the event as a MIDI file holds it, without its delta time; channel as in the file


class ChordSymbol(NamedTuple):
    """A chord written over the music, which holds from a tick on, up to the next one."""

    tick: int
    text: str  # as it is written, as in "G7/B"


@dataclass(frozen=True)
class Song:
    """What a MIDI file holds, percussion left out; notes in order of time."""

    notes: tuple[SongNote, ...]
    ticks_per_beat: int
    tempos: tuple[Tempo, ...] = ()
    metres: tuple[Metre, ...] = ()
    track_names: tuple[str, ...] = ()  # by track; empty where a track has none
    length_ticks: int = 0
    key: KeySignature | None = None  # the first one
    notices: tuple[str, ...] = ()  # lines for the user
    events: tuple[TrackEvent, ...] = ()  # what tracks hold beside notes, in order of time
    chord_symbols: tuple[ChordSymbol, ...] = ()  # in order of time
    fermatas: tuple[int, ...] = ()  # ticks at which notes begin that have a fermata, rising
