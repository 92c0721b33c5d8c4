"""A score written as MusicXML 4.0."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from xml.etree.ElementTree import Element, fromstring, indent, tostring

from companion.notation.musicxml.elements import add
from companion.notation.score import (
    PLAIN_LINE,
    UNITS,
    Barline,
    ChordSign,
    KeySign,
    MetreSign,
    ScorePart,
    TempoMark,
    Written,
    WrittenBar,
    WrittenScore,
)
from companion.notation.signs import NotePlace, accidentals, bar_origin, beams, tuplets

CHOIR_AAHS = 53  # of General MIDI, from 1 on
HEAD = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC'
    b' "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'
)


@dataclass
class _Bar:
    """A bar of a part that is being written."""

    measure: WrittenBar
    metre: MetreSign
    key: KeySign
    pickup: bool
    first: bool = False
    last: bool = False


def musicxml(score: WrittenScore, software: str = "Chorale Companion") -> bytes:
    """The score as a file; the same score gives the same bytes."""
    root = Element("score-partwise", version="4.0")
    if score.title:
        add(add(root, "work"), "work-title", score.title)
    identification = add(root, "identification")
    if score.composer:
        add(identification, "creator", score.composer, type="composer")
    add(add(identification, "encoding"), "software", software)
    _part_list(root, score)
    bars = list(_bars(score))
    for number, part in enumerate(score.parts):
        own = add(root, "part", id=f"P{number + 1}")
        writer = _PartWriter(score, part, number == 0)
        for bar in bars:
            writer.write(own, bar)
    indent(root)
    return b"".join((HEAD, tostring(root, "utf-8"), b"\n"))


def _part_list(root: Element, score: WrittenScore) -> None:
    """The parts by name, in a bracket where there are several."""
    parts = add(root, "part-list")
    if len(score.parts) > 1:
        group = add(parts, "part-group", type="start", number=1)
        add(group, "group-symbol", "bracket")
        add(group, "group-barline", "yes")
    for number, part in enumerate(score.parts, start=1):
        own = add(parts, "score-part", id=f"P{number}")
        add(own, "part-name", part.name)
        if part.short:
            add(own, "part-abbreviation", part.short)
        _choir(own, number)
    if len(score.parts) > 1:
        add(parts, "part-group", type="stop", number=1)


def _choir(part: Element, number: int) -> None:
    """What a program is to sing a part with."""
    name = f"P{number}-I1"
    add(add(part, "score-instrument", id=name), "instrument-name", "Choir")
    sound = add(part, "midi-instrument", id=name)
    add(sound, "midi-channel", (number - 1) % 9 + 1)
    add(sound, "midi-program", CHOIR_AAHS)


def _bars(score: WrittenScore) -> Iterator[_Bar]:
    metre, key = MetreSign(4, 4), KeySign(0)
    for at, measure in enumerate(score.measures):
        metre, key = measure.metre or metre, measure.key or key
        yield _Bar(measure, metre, key, at == 0, at == 0, at == len(score.measures) - 1)


class _PartWriter:
    """Writes the bars of a part one after another."""

    def __init__(self, score: WrittenScore, part: ScorePart, leads: bool) -> None:
        self.score, self.part = score, part
        self.unit = score.ticks_per_beat // UNITS
        self.starts = [[note.tick for note in line.notes] for line in part.lines]
        self.harmonies = list(score.harmonies) if leads else []
        self.tempos = list(score.tempos) if leads else []
        self.staves = len(part.clefs)

    def write(self, parent: Element, bar: _Bar) -> None:
        measure = add(
            parent, "measure", number=bar.measure.number or "0", implicit="yes" if bar.measure.implicit else ""
        )
        self._attributes(measure, bar)
        _barline(measure, bar.measure.left, "left")
        own = [self._notes(at, bar.measure) for at in range(len(self.part.lines))]
        signs = self._accidentals(own, bar)
        now = bar.measure.tick
        for at, (first, notes) in enumerate(own):
            if not notes and at:
                continue
            _move(measure, now, bar.measure.tick)
            now = self._line(measure, bar, at, first, notes, signs)
        end = bar.measure.tick + bar.measure.ticks
        _move(measure, now, end)
        right = bar.measure.right
        if bar.last and not right.style:
            right = right._replace(style="light-heavy")
        _barline(measure, right, "right")

    def _notes(self, at: int, measure: WrittenBar) -> tuple[int, Sequence[Written]]:
        """The notes of a line in a bar, and the place of the first."""
        starts = self.starts[at]
        first = bisect_left(starts, measure.tick)
        return first, self.part.lines[at].notes[first : bisect_left(starts, measure.tick + max(measure.ticks, 1))]

    def _accidentals(self, own: Sequence[tuple[int, Sequence[Written]]], bar: _Bar) -> dict[NotePlace, str]:
        found: dict[NotePlace, str] = {}
        for staff in range(1, self.staves + 1):
            lines = [
                [((at, first + n), note) for n, note in enumerate(notes)]
                for at, (first, notes) in enumerate(own)
                if self.part.lines[at].staff == staff
            ]
            found |= accidentals(lines, bar.key.fifths)
        return found

    def _attributes(self, measure: Element, bar: _Bar) -> None:
        if not (bar.first or bar.measure.metre or bar.measure.key):
            return
        attributes = add(measure, "attributes")
        if bar.first:
            add(attributes, "divisions", self.score.ticks_per_beat)
        if bar.measure.key or bar.first:
            key = add(attributes, "key")
            add(key, "fifths", bar.key.fifths)
            if bar.key.mode:
                add(key, "mode", bar.key.mode)
        if bar.measure.metre or bar.first:
            time = add(attributes, "time", symbol=bar.metre.symbol)
            add(time, "beats", bar.metre.numerator)
            add(time, "beat-type", bar.metre.denominator)
        if bar.first:
            self._clefs(attributes)

    def _clefs(self, attributes: Element) -> None:
        if self.staves > 1:
            add(attributes, "staves", self.staves)
        for number, clef in enumerate(self.part.clefs, start=1):
            own = add(attributes, "clef", number=number if self.staves > 1 else "")
            add(own, "sign", clef.sign)
            add(own, "line", clef.line)
            if clef.octaves:
                add(own, "clef-octave-change", clef.octaves)

    def _line(
        self, measure: Element, bar: _Bar, at: int, first: int, notes: Sequence[Written], signs: dict[NotePlace, str]
    ) -> int:
        """The notes of a line in a bar; the tick after the last."""
        now, end = bar.measure.tick, bar.measure.tick + bar.measure.ticks
        origin = bar_origin(now, bar.measure.ticks, bar.metre[:2], bar.pickup, self.unit)
        beamed, brackets = beams(notes, origin, bar.metre[:2], self.unit), tuplets(notes, self.score.ticks_per_beat)
        for n, note in enumerate(notes):
            if not note.in_chord:
                _move(measure, now, note.tick)
                now = note.end
                if not at:
                    self._above(measure, note.tick, note.end if n + 1 < len(notes) else end)
            element = self._note(measure, note, at, signs.get((at, first + n), ""))
            if note.spelling is None and note.ticks == bar.measure.ticks and not note.marks:
                element[0].set("measure", "yes")
            _finish(element, note, beamed.get(n, []), brackets.get(n, set()))
        if not at and not notes:
            self._above(measure, now, end)
        return now

    def _above(self, measure: Element, tick: int, end: int) -> None:
        """Tempos and chord symbols up to a tick."""
        while self.tempos and self.tempos[0].tick < end:
            _tempo(measure, self.tempos.pop(0), tick)
        while self.harmonies and self.harmonies[0].tick < end:
            _harmony(measure, self.harmonies.pop(0), tick)

    def _note(self, measure: Element, note: Written, at: int, sign: str) -> Element:
        """All of a note up to its beams."""
        element, line = add(measure, "note"), self.part.lines[at]
        if not note.ticks:
            add(element, "grace", slash="yes" if note.slashed else "")
        if note.in_chord:
            add(element, "chord")
        _pitch(element, note)
        if note.ticks:
            add(element, "duration", note.ticks)
        for tied, kind in ((note.tied_from, "stop"), (note.tied_to, "start")):
            if tied:
                add(element, "tie", type=kind)
        add(element, "voice", line.voice)
        _value(element, note, sign)
        fellows = [one.voice for one in self.part.lines if one.staff == line.staff]
        if len(fellows) == 2 and note.spelling is not None and note.value and note.value.type not in ("whole", "breve"):
            add(element, "stem", "up" if line.voice == fellows[0] else "down")
        if self.staves > 1:
            add(element, "staff", line.staff)
        return element


def _move(measure: Element, now: int, tick: int) -> None:
    if tick != now:
        add(add(measure, "forward" if tick > now else "backup"), "duration", abs(tick - now))


def _pitch(element: Element, note: Written) -> None:
    if note.spelling is None:
        add(element, "rest")
        return
    pitch = add(element, "pitch")
    add(pitch, "step", note.spelling.step)
    if note.spelling.alter:
        add(pitch, "alter", note.spelling.alter)
    add(pitch, "octave", note.spelling.octave)


def _value(element: Element, note: Written, sign: str) -> None:
    if note.value is not None:
        add(element, "type", note.value.type)
        for _ in range(note.value.dots):
            add(element, "dot")
    if sign:
        add(element, "accidental", sign)
    if note.value is not None and note.value.actual != note.value.normal:
        change = add(element, "time-modification")
        add(change, "actual-notes", note.value.actual)
        add(change, "normal-notes", note.value.normal)


def _finish(element: Element, note: Written, beamed: Sequence[str], brackets: set[str]) -> None:
    """Beams, ties, marks and lyrics."""
    for number, beam in zip(count(1), beamed, strict=False):
        add(element, "beam", beam, number=number)
    if note.tied_from or note.tied_to or note.fermata or note.marks or brackets:
        notations = add(element, "notations")
        for tied, kind in ((note.tied_from, "stop"), (note.tied_to, "start")):
            if tied:
                add(notations, "tied", type=kind)
        notations.extend(fromstring(mark) for mark in note.marks)
        for kind in sorted(brackets):
            add(notations, "tuplet", type=kind, bracket="" if beamed or kind == "stop" else "yes")
        if note.fermata:
            add(notations, "fermata", type=note.fermata)
    for lyric in note.lyrics:
        own = add(element, "lyric", number=lyric.verse)
        if lyric.text:
            add(own, "syllabic", lyric.syllabic)
            add(own, "text", lyric.text)
        if lyric.extend:
            add(own, "extend")


def _barline(measure: Element, line: Barline, location: str) -> None:
    if line == PLAIN_LINE:
        return
    own = add(measure, "barline", location=location)
    if line.style:
        add(own, "bar-style", line.style)
    if line.fermata:
        add(own, "fermata", type="upright")
    if line.ending:
        add(own, "ending", number=line.numbers or "1", type=line.ending)
    if line.repeat:
        add(own, "repeat", direction=line.repeat)


def _tempo(measure: Element, tempo: TempoMark, now: int) -> None:
    direction = add(measure, "direction", placement="above") if tempo.shown else measure
    if tempo.shown:
        metronome = add(add(direction, "direction-type"), "metronome")
        add(metronome, "beat-unit", "quarter")
        add(metronome, "per-minute", f"{tempo.bpm:g}")
        if tempo.tick != now:
            add(direction, "offset", tempo.tick - now)
    sound = add(direction, "sound", tempo=f"{tempo.bpm:.7g}")
    if tempo.tick != now and not tempo.shown:
        add(sound, "offset", tempo.tick - now)


def _harmony(measure: Element, chord: ChordSign, now: int) -> None:
    own = add(measure, "harmony")
    _tone(own, "root", chord.root)
    kind = add(own, "kind", chord.kind)
    if chord.text is not None:
        kind.set("text", chord.text)
    if chord.bass is not None:
        _tone(own, "bass", chord.bass)
    for value, alter, what in chord.degrees:
        degree = add(own, "degree")
        add(degree, "degree-value", value)
        add(degree, "degree-alter", alter)
        add(degree, "degree-type", what)
    if chord.tick != now:
        add(own, "offset", chord.tick - now)


def _tone(parent: Element, what: str, tone: tuple[str, int]) -> None:
    own = add(parent, what)
    add(own, f"{what}-step", tone[0])
    if tone[1]:
        add(own, f"{what}-alter", tone[1])
