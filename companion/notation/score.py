"""A score as it is written: parts, measures, notes with their spelling, ties, lyrics and fermatas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from companion.music.pitch import OCTAVE

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
UNITS = 48  # a score counts in whole multiples of this to a quarter: 64ths and triplets of 16ths are exact
LONGEST_TICKS = 32767  # to a quarter, as in a MIDI file


class NoteName(NamedTuple):
    """A pitch as it is written."""

    step: str  # C … B
    alter: int  # semitones: 1 is a sharp
    octave: int  # middle C begins octave 4

    @property
    def pitch(self) -> int:
        """The MIDI note."""
        return STEPS[self.step] + self.alter + OCTAVE * (self.octave + 1)


class Lyric(NamedTuple):
    """A syllable under a note."""

    verse: str  # its number, as it is written
    syllabic: str  # single, begin, middle or end
    text: str
    extend: bool = False  # a line goes on under the notes that follow


class Value(NamedTuple):
    """What a note looks like."""

    type: str  # whole, half, quarter, eighth …, as MusicXML calls them
    dots: int = 0
    actual: int = 1  # so many …
    normal: int = 1  # … in the time of so many


class Written(NamedTuple):
    """A note or a rest as it is written; a sound may be several of them, tied."""

    tick: int
    ticks: int  # 0 for a grace note
    spelling: NoteName | None  # None: a rest
    value: Value | None = None  # None: as long as it lasts
    tied_from: bool = False  # to the one before
    tied_to: bool = False  # to the one after
    in_chord: bool = False  # on the stem of the one before
    lyrics: tuple[Lyric, ...] = ()
    fermata: str = ""  # upright or inverted
    marks: tuple[str, ...] = ()  # slurs, articulations and the like, in MusicXML
    slashed: bool = False  # of a grace note

    @property
    def end(self) -> int:
        """The tick after it."""
        return self.tick + self.ticks


class MetreSign(NamedTuple):
    """A time signature as it is written."""

    numerator: int
    denominator: int
    symbol: str = ""  # common or cut


class KeySign(NamedTuple):
    """A key signature as it is written."""

    fifths: int  # sharps; flats are negative
    mode: str = ""  # major, minor, dorian …


class Barline(NamedTuple):
    """A bar line that is not a plain one."""

    style: str = ""  # light-heavy and the like
    repeat: str = ""  # forward or backward
    ending: str = ""  # start, stop or discontinue
    numbers: str = ""  # of the ending, as in "1, 2"
    fermata: bool = False


PLAIN_LINE = Barline()


class WrittenBar(NamedTuple):
    """A bar as it stands in the score."""

    tick: int
    ticks: int
    number: str
    implicit: bool = False  # not counted, as a pickup
    metre: MetreSign | None = None  # written here
    key: KeySign | None = None  # likewise
    left: Barline = PLAIN_LINE
    right: Barline = PLAIN_LINE


class ChordSign(NamedTuple):
    """A chord symbol."""

    tick: int
    root: tuple[str, int]  # step and semitones
    kind: str  # as MusicXML calls it: major, dominant …
    text: str | None = None  # how it is to be shown, where it is said
    bass: tuple[str, int] | None = None
    degrees: tuple[tuple[int, int, str], ...] = ()  # degree, semitones, add or alter or subtract


class TempoMark(NamedTuple):
    """A tempo from a tick on."""

    tick: int
    bpm: float  # quarters a minute
    shown: bool = False  # as a metronome mark


class Clef(NamedTuple):
    """A clef."""

    sign: str
    line: int
    octaves: int = 0


TREBLE_CLEF, BASS_CLEF = Clef("G", 2), Clef("F", 4)


@dataclass(frozen=True)
class VoiceLine:
    """The notes and rests of one voice on one staff, in order of time."""

    voice: str
    staff: int
    notes: tuple[Written, ...]


@dataclass(frozen=True)
class ScorePart:
    """A part: one or more voices on one or more staves."""

    name: str
    lines: tuple[VoiceLine, ...]
    clefs: tuple[Clef, ...] = (TREBLE_CLEF,)  # by staff
    short: str = ""  # its abbreviation


@dataclass(frozen=True)
class WrittenScore:
    """A score."""

    ticks_per_beat: int  # to a quarter; a multiple of UNITS
    measures: tuple[WrittenBar, ...]
    parts: tuple[ScorePart, ...]
    harmonies: tuple[ChordSign, ...] = ()
    tempos: tuple[TempoMark, ...] = ()
    title: str = ""
    composer: str = ""
    notices: tuple[str, ...] = field(default=())

    @property
    def key(self) -> KeySign | None:
        """The first key signature."""
        return next((measure.key for measure in self.measures if measure.key is not None), None)


class TiedNote(NamedTuple):
    """A note that sounds, and how it is written."""

    start: int
    end: int
    pitch: int
    pieces: tuple[Written, ...]
    graces: tuple[Written, ...] = ()  # before it


def sounds_of(notes: Iterable[Written]) -> Iterator[TiedNote]:
    """The sounds of one voice: tied notes are one, and grace notes stand with the one that they lead to."""
    open_: dict[int, TiedNote] = {}
    graces: tuple[Written, ...] = ()
    for note in notes:
        if note.spelling is not None and not note.ticks:
            graces = (*graces, note)
            continue
        leading, graces = graces, ()
        if note.spelling is None:
            continue
        pitch = note.spelling.pitch
        before = open_.get(pitch)
        if before and note.tied_from and before.end == note.tick:
            open_[pitch] = before._replace(end=note.end, pieces=(*before.pieces, note))
        else:
            if before:
                yield before
            open_[pitch] = TiedNote(note.tick, note.end, pitch, (note,), leading)
        if not note.tied_to:
            yield open_.pop(pitch)
    yield from open_.values()
