"""A song: notes and their conditions as a MIDI file holds them, in ticks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import NamedTuple

from companion.music.messages import meta_event

DEFAULT_BEAT_US = 500_000  # of MIDI files: 120 beats a minute
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
    church_mode: str = ""  # where a score names one: dorian, phrygian, lydian, mixolydian or aeolian

    @property
    def tonic(self) -> int:
        """The pitch class of the tonic, 0 for C."""
        return (7 * self.sharps + (9 if self.minor else 0)) % 12


class TrackEvent(NamedTuple):
    """What a track holds beside its notes: a lyric, a marker, a program, a control change, a bend.

    Of channels: programs, control changes without channel modes (120, 122..127), bends and both kinds of pressure. Of
    meta events: texts (1), copyrights (2), names of instruments (4), lyrics (5), markers (6) and cue points (7).
    """

    tick: int
    track: int
    data: bytes  # the event as a MIDI file holds it, without its delta time; channel as in the file

    @classmethod
    def of_text(cls, tick: int, track: int, kind: int, text: str) -> TrackEvent:
        """Words in UTF-8; ``kind`` is LYRIC, MARKER and so on (companion.music.messages)."""
        return cls(tick, track, meta_event(kind, text.encode()))


class VoiceEvent(NamedTuple):
    """The same in one of the four voices."""

    voice: int  # 0 soprano … 3 bass
    tick: int
    data: bytes  # as in TrackEvent; the channel becomes the voice's


class VoiceSource(NamedTuple):
    """Where notes of a voice come from."""

    voice: int  # 0 soprano … 3 bass
    track: int
    channel: int  # 0..15


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
    # What tracks hold beside notes: by tick, at one tick by track, and within a track as it stands there.
    events: tuple[TrackEvent, ...] = ()
    chord_symbols: tuple[ChordSymbol, ...] = ()  # in order of time
    fermatas: tuple[int, ...] = ()  # ticks at which notes begin that have a fermata, rising


def seconds_of_ticks(tempos: Sequence[Tempo], ticks_per_beat: int) -> Callable[[int], float]:
    """From a tick to its seconds."""
    changes = [Tempo(0, DEFAULT_BEAT_US), *tempos]
    lengths_us = [(after.tick - before.tick) * before.beat_us for before, after in pairwise(changes)]
    starts_us = list(accumulate(lengths_us, initial=0))  # times ticks_per_beat, so that nothing is rounded yet

    def seconds(tick: int) -> float:
        at = bisect_right(changes, tick, key=lambda change: change.tick) - 1
        return (starts_us[at] + (tick - changes[at].tick) * changes[at].beat_us) / (ticks_per_beat * 1_000_000)

    return seconds
