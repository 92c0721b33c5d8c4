"""Four voices laid out on two staves: what was kept as it was written, what was added in the same hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from companion.music.vocabulary import VOICES
from companion.notation.bars import metres_by_bar
from companion.notation.score import (
    BASS_CLEF,
    TREBLE_CLEF,
    UNITS,
    ChordSign,
    KeySign,
    Lyric,
    MetreSign,
    NoteName,
    ScorePart,
    TempoMark,
    Value,
    VoiceLine,
    Written,
    WrittenBar,
    WrittenScore,
)
from companion.notation.signs import bar_origin
from companion.notation.spelling import ToSpell, spelled
from companion.notation.values import THIRD_PLACES, split

OUTER = {0: "upright", 3: "inverted"}  # the voices whose fermatas stand above and below, and how


@dataclass(frozen=True)
class Given:
    """A note of one of the four voices, in ticks of the score."""

    voice: int
    start: int
    end: int
    pitch: int
    pieces: tuple[Written, ...] = ()  # as it is written where it was read
    lyrics: tuple[Lyric, ...] = ()  # of one that is not written yet
    added: bool = False
    graces: tuple[Written, ...] = ()  # before it


@dataclass(frozen=True)
class Sheet:
    """What holds for all voices."""

    ticks_per_beat: int
    measures: tuple[WrittenBar, ...]
    key: KeySign
    fermatas: frozenset[int] = frozenset()  # ticks of notes that have one, so that outer voices that are added do too
    harmonies: tuple[ChordSign, ...] = ()
    tempos: tuple[TempoMark, ...] = ()
    title: str = ""
    composer: str = ""


def chorale_score(notes: Sequence[Given], sheet: Sheet) -> WrittenScore:
    """The score of four voices: soprano and alto above, tenor and bass below."""
    single, lost = _one_at_a_time(notes)
    letters = _letters(single, sheet)
    lines = []
    for voice in range(len(VOICES)):
        own = [(note, letter) for note, letter in zip(single, letters, strict=True) if note.voice == voice]
        lines.append(tuple(_line(own, sheet)))
    staves = (
        ScorePart("Soprano Alto", (VoiceLine("1", 1, lines[0]), VoiceLine("2", 1, lines[1])), (TREBLE_CLEF,), "S A"),
        ScorePart("Tenor Bass", (VoiceLine("1", 1, lines[2]), VoiceLine("2", 1, lines[3])), (BASS_CLEF,), "T B"),
    )
    measures = (sheet.measures[0]._replace(key=sheet.measures[0].key or sheet.key), *sheet.measures[1:])
    notices = (f"{lost} note{'s' * (lost > 1)} beside another of the voice: not in the score",) if lost else ()
    return WrittenScore(
        sheet.ticks_per_beat, measures, staves, sheet.harmonies, sheet.tempos, sheet.title, sheet.composer, notices
    )


def _one_at_a_time(notes: Sequence[Given]) -> tuple[list[Given], int]:
    """Each voice alone or in chords of one length: a note ends with the next; and how many do not fit."""
    kept: list[Given] = []
    lost = 0
    for _, own in groupby(sorted(notes, key=_order), lambda note: note.voice):
        last: Given | None = None
        for note in own:
            if last is not None and note.start == last.start:
                if note.end != last.end or [len(one.pieces) for one in (note, last)].count(len(note.pieces)) != 2:
                    lost += 1
                    continue
            elif last is not None and last.end > note.start:
                lost += _cut(kept, last.start, note.start)
            kept.append(note)
            last = note
    return kept, lost


def _order(note: Given) -> tuple[int, int, int, int]:
    return note.voice, note.start, -note.pitch, -note.end


def _cut(kept: list[Given], start: int, end: int) -> int:
    """The notes that began last end here, and are written anew; 0, for none is lost."""
    at = len(kept)
    while at and kept[at - 1].start == start:
        at -= 1
        note = kept[at]
        lyrics = note.pieces[0].lyrics if note.pieces else note.lyrics
        kept[at] = Given(note.voice, start, end, note.pitch, (), lyrics, note.added, note.graces)
    return 0


def _letters(notes: Sequence[Given], sheet: Sheet) -> list[NoteName]:
    """The spelling of every note, by the key signature where it stands."""
    sung = [ToSpell(note.start, note.end, note.pitch, note.voice) for note in notes]
    known = [note.pieces[0].spelling if note.pieces else None for note in notes]
    keys = [(measure.tick, measure.key) for measure in sheet.measures if measure.key is not None]
    if len(keys) < 2:
        return spelled(sung, sheet.key, known)
    found = list(known)
    for number, (tick, key) in enumerate(keys):
        end = keys[number + 1][0] if number + 1 < len(keys) else sheet.measures[-1].tick + sheet.measures[-1].ticks
        own = [at for at, note in enumerate(notes) if (tick <= note.start or not number) and note.start < end]
        for at, letter in zip(own, spelled([sung[at] for at in own], key, [known[at] for at in own]), strict=True):
            found[at] = letter
    return [letter or spelled([one], sheet.key)[0] for letter, one in zip(found, sung, strict=True)]


def _line(own: Sequence[tuple[Given, NoteName]], sheet: Sheet) -> Iterator[Written]:
    """The notes of a voice with the rests between them."""
    unit = sheet.ticks_per_beat // UNITS
    cuts = _triplet_cuts([note for note, _ in own], unit)
    paper = _Paper(sheet, cuts)
    now = sheet.measures[0].tick
    for start, together in groupby(own, lambda one: one[0].start):
        chord = list(together)
        yield from paper.written(now, start, None)
        yield from (grace._replace(tick=start) for note, _ in chord for grace in note.graces)
        for number, (note, letter) in enumerate(chord):
            pieces = note.pieces or paper.written(start, note.end, letter, note.lyrics)
            for piece in pieces:
                held = OUTER.get(note.voice, "") if note.added and piece.tick in sheet.fermatas else ""
                yield piece._replace(in_chord=number > 0, fermata=piece.fermata or held)
            now = note.end
    yield from paper.written(now, sheet.measures[-1].tick + sheet.measures[-1].ticks, None)


def _triplet_cuts(notes: Sequence[Given], unit: int) -> frozenset[int]:
    """The edges of the quarters in which a note begins or ends on a third."""
    cuts = set()
    for note in notes:
        if note.pieces:
            continue
        for tick in (note.start, note.end):
            quarter, place = divmod(tick, UNITS * unit)
            if place / unit in THIRD_PLACES:
                cuts |= {quarter * UNITS * unit, (quarter + 1) * UNITS * unit}
    return frozenset(cuts)


class _Paper:
    """The bars of a sheet, on which lengths are written."""

    def __init__(self, sheet: Sheet, cuts: frozenset[int]) -> None:
        self.sheet, self.cuts = sheet, sorted(cuts)
        self.unit = sheet.ticks_per_beat // UNITS
        self.metres: Mapping[int, MetreSign] = metres_by_bar(sheet.measures)
        self.at = 0

    def written(
        self, start: int, end: int, letter: NoteName | None, lyrics: tuple[Lyric, ...] = ()
    ) -> tuple[Written, ...]:
        """A note, tied over bar lines and where one value cannot say it; or rests."""
        pieces = [
            Written(tick, ticks, letter, value) for tick, ticks, value in self._values(start, end, letter is None)
        ]
        last = len(pieces) - 1
        if letter is None:
            return tuple(pieces)
        return tuple(
            piece._replace(tied_from=at > 0, tied_to=at < last, lyrics=() if at else lyrics)
            for at, piece in enumerate(pieces)
        )

    def _values(self, start: int, end: int, is_rest: bool) -> Iterator[tuple[int, int, Value | None]]:
        measures = self.sheet.measures
        while self.at and measures[self.at].tick > start:
            self.at -= 1
        for at in range(self.at, len(measures)):
            bar = measures[at]
            begin, stop = max(start, bar.tick), min(end, bar.tick + bar.ticks)
            if bar.tick >= end:
                return
            if begin >= stop:
                continue
            self.at = at
            if is_rest and stop - begin == bar.ticks:
                yield begin, bar.ticks, None
                continue
            yield from self._in_bar(at, begin, stop)

    def _in_bar(self, at: int, begin: int, stop: int) -> Iterator[tuple[int, int, Value | None]]:
        bar, metre = self.sheet.measures[at], self.metres[at]
        origin = bar_origin(bar.tick, bar.ticks, metre[:2], at == 0, self.unit)
        edges = [(cut - origin) // self.unit for cut in self.cuts if begin < cut < stop]
        now = begin
        for units, value in split((begin - origin) // self.unit, (stop - origin) // self.unit, metre[:2], edges):
            yield now, units * self.unit, value
            now += units * self.unit
