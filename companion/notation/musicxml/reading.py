"""MusicXML read as a score (version 4.0, https://www.w3.org/2021/06/musicxml40)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from xml.etree.ElementTree import Element

from companion.errors import BadMidiFile, one_line
from companion.notation.assembling import OpenBar, assembled
from companion.notation.musicxml.elements import chord_sign_of, mode_and_fifths, note_of, word
from companion.notation.score import (
    BASS_CLEF,
    LONGEST_TICKS,
    TREBLE_CLEF,
    UNITS,
    Barline,
    Clef,
    MetreSign,
    ScorePart,
    TempoMark,
    VoiceLine,
    Written,
    WrittenScore,
)

LONGEST_MEASURE = 1000  # quarters
MOST_PARTS = 200
LINE_STYLES = (
    *("regular", "dotted", "dashed", "heavy", "light-light", "light-heavy", "heavy-light", "heavy-heavy"),
    *("tick", "short", "none"),
)
TICKS_OTHERWISE = 10_080  # where the divisions of a file have no common measure


def score_of_tree(root: Element, name: str) -> WrittenScore:
    """The score that a document holds.

    Raises:
        BadMidiFile: it is no score, or one that cannot be; the line names the bar.
    """
    if root.tag == "score-timewise":
        root = _partwise(root)
    if root.tag != "score-partwise":
        raise BadMidiFile(f"{name} is no MusicXML: it holds <{one_line(root.tag)[:40]}>, not <score-partwise>")
    parts = root.findall("part")
    if not parts or len(parts) > MOST_PARTS:
        raise BadMidiFile(f"{name} holds {len(parts) or 'no'} parts; expected 1 to {MOST_PARTS}")
    ticks_per_beat = _ticks_per_beat(root)
    read = [_PartReader(name, ticks_per_beat, ticks_per_beat / UNITS).read(part) for part in parts]
    return _score(root, name, ticks_per_beat, read)


def _ticks_per_beat(root: Element) -> int:
    """The least number to which all divisions of the file go."""
    common = UNITS
    for element in root.iter("divisions"):
        try:
            common = math.lcm(common, int(element.text or ""))
        except ValueError:
            return TICKS_OTHERWISE
        if not 0 < common <= LONGEST_TICKS:
            return TICKS_OTHERWISE
    return common


def _partwise(root: Element) -> Element:
    """A score that goes bar by bar, part by part."""
    turned = Element("score-partwise")
    parts: dict[str | None, Element] = {}
    for child in root:
        if child.tag != "measure":
            turned.append(child)
            continue
        for part in child.findall("part"):
            own = parts.setdefault(part.get("id"), Element("part", part.attrib))
            measure = Element("measure", child.attrib)
            measure.extend(part)
            own.append(measure)
    turned.extend(parts.values())
    return turned


class _PartReader:
    """Goes through the bars of a part."""

    def __init__(self, name: str, ticks_per_beat: int, unit: float) -> None:
        self.name, self.ticks_per_beat, self.unit = name, ticks_per_beat, unit
        self.divisions = Fraction(1)
        self.transposition = (0, 0)  # steps and semitones
        self.metre = MetreSign(4, 4)
        self.clefs: dict[int, Clef] = {}
        self.unpitched = 0
        self.bar = OpenBar()
        self.now = 0
        self.chord_tick = 0

    def read(self, part: Element) -> tuple[list[OpenBar], dict[int, Clef], int]:
        bars = []
        for measure in part.findall("measure"):
            self.bar, self.now = OpenBar(_number(measure), measure.get("implicit") == "yes"), 0
            for element in measure:
                self._element(element)
            numerator, denominator, _ = self.metre
            self.bar.nominal = self.ticks_per_beat * 4 * numerator // denominator
            bars.append(self.bar)
        return bars, self.clefs, self.unpitched

    def _element(self, element: Element) -> None:
        match element.tag:
            case "note":
                self._note(element)
            case "backup":
                self.now = max(0, self.now - self._duration(element))
            case "forward":
                self._forward(self._duration(element))
            case "attributes":
                self._attributes(element)
            case "harmony":
                tick = self.now + self._ticks(element.findtext("offset") or "0", signed=True)
                if (chord := chord_sign_of(element, max(0, tick))) is not None:
                    self.bar.harmonies.append(chord)
            case "direction" | "sound":
                self._tempo(element)
            case "barline":
                self._barline(element)

    def _fault(self, what: str) -> BadMidiFile:
        return BadMidiFile(f"{self.name}: bar {one_line(self.bar.number or '?')}: {what}")

    def _value(self, text: str | None, what: str) -> Fraction:
        try:
            number = float(text or "")
            if not math.isfinite(number) or abs(number) > 1e9:
                raise ValueError
        except ValueError:
            raise self._fault(f"a {what} of {one_line(text or 'nothing')[:20]!r} is no number that can be") from None
        return Fraction(text or "") if number == int(number) else Fraction(number).limit_denominator(LONGEST_TICKS)

    def _ticks(self, text: str | None, signed: bool = False) -> int:
        number = self._value(text, "duration")
        if number < 0 and not signed:
            raise self._fault(f"a duration of {number} is below 0")
        return round(number * self.ticks_per_beat / self.divisions)

    def _duration(self, element: Element) -> int:
        return self._ticks(element.findtext("duration"))

    def _forward(self, ticks: int) -> None:
        self.now += ticks
        if self.now > LONGEST_MEASURE * self.ticks_per_beat:
            raise self._fault(f"it lasts more than {LONGEST_MEASURE} beats")
        self.bar.ticks = max(self.bar.ticks, self.now)

    def _note(self, element: Element) -> None:
        grace = element.find("grace")
        ticks = 0 if grace is not None else self._duration(element)
        in_chord = element.find("chord") is not None
        if not in_chord:
            self.chord_tick = self.now
            self._forward(ticks)
        if element.find("cue") is not None:
            return
        self.unpitched += element.find("unpitched") is not None
        try:
            note = note_of(element, self.chord_tick, ticks, self.transposition)
        except ValueError as fault:
            raise self._fault(str(fault)) from None
        place = self._staff(element.findtext("staff")), word(element.findtext("voice"), "1")
        slashed = grace is not None and grace.get("slash") == "yes"
        self.bar.notes.setdefault(place, []).append(note._replace(in_chord=in_chord, slashed=slashed))

    def _staff(self, text: str | None) -> int:
        return int(text) if text and text.isascii() and text.isdigit() and len(text) < 4 else 1

    def _attributes(self, element: Element) -> None:
        if (text := element.findtext("divisions")) is not None:
            self.divisions = self._value(text, "division")
            if self.divisions <= 0:
                raise self._fault(f"divisions must be above 0, not {self.divisions}")
        if (key := element.find("key")) is not None and key.find("fifths") is not None:
            self.bar.key = mode_and_fifths(key, self.transposition[1]) or self.bar.key
        if (time := element.find("time")) is not None and time.find("beats") is not None:
            self.metre = self.bar.metre = self._metre(time)
        for clef in element.findall("clef"):
            self.clefs.setdefault(self._staff(clef.get("number")), _clef(clef))
        if (transpose := element.find("transpose")) is not None:
            octaves = int(self._value(transpose.findtext("octave-change") or "0", "transposition"))
            steps, semitones = (
                int(self._value(transpose.findtext(tag) or "0", "transposition")) for tag in ("diatonic", "chromatic")
            )
            self.transposition = steps + 7 * octaves, semitones + 12 * octaves

    def _metre(self, time: Element) -> MetreSign:
        beats, unit = time.findtext("beats") or "", time.findtext("beat-type") or ""
        try:
            numerator, denominator = sum(int(one) for one in beats.split("+")), int(unit)
        except ValueError:
            numerator = denominator = 0
        if not 1 <= numerator <= 255 or denominator not in (1, 2, 4, 8, 16, 32, 64):
            raise self._fault(f"there is no metre {one_line(beats)[:12]}/{one_line(unit)[:12]}")
        symbol = time.get("symbol") or ""
        return MetreSign(numerator, denominator, symbol if symbol in ("common", "cut") else "")

    def _tempo(self, element: Element) -> None:
        sound = element if element.tag == "sound" else element.find("sound")
        shown = element.find("direction-type/metronome") is not None
        if sound is not None and (text := sound.get("tempo")) is not None:
            bpm = float(self._value(text, "tempo"))
            if bpm > 0:
                offset = element.findtext("offset") or sound.findtext("offset") or "0"
                tick = max(0, self.now + self._ticks(offset, signed=True))
                self.bar.tempos.append(TempoMark(tick, bpm, shown))

    def _barline(self, element: Element) -> None:
        repeat, ending = element.find("repeat"), element.find("ending")
        line = Barline(
            _of(LINE_STYLES, element.findtext("bar-style")),
            _of(("forward", "backward"), None if repeat is None else repeat.get("direction")),
            _of(("start", "stop", "discontinue"), None if ending is None else ending.get("type")),
            "" if ending is None else (ending.get("number") or "").strip()[:20],
            element.find("fermata") is not None,
        )
        if element.get("location") == "left":
            self.bar.left = line
        elif element.get("location", "right") == "right":
            self.bar.right = line


def _of(words: Sequence[str], word: str | None) -> str:
    """A word, if it is one of these."""
    return word.strip() if word and word.strip() in words else ""


def _number(measure: Element) -> str:
    return one_line(measure.get("number") or "")[:12]


def _clef(element: Element) -> Clef:
    sign, line = element.findtext("sign") or "G", element.findtext("line") or ""
    octaves = element.findtext("clef-octave-change") or "0"
    if sign not in ("G", "F", "C"):
        return TREBLE_CLEF
    usual = {"G": TREBLE_CLEF, "F": BASS_CLEF, "C": Clef("C", 3)}[sign]
    return Clef(
        sign, int(line) if line in ("1", "2", "3", "4", "5") else usual.line, {"-1": -1, "1": 1}.get(octaves, 0)
    )


def _score(
    root: Element, name: str, ticks_per_beat: int, read: Sequence[tuple[list[OpenBar], dict[int, Clef], int]]
) -> WrittenScore:
    """The score of all parts."""
    whole = assembled([bars for bars, _, _ in read], ticks_per_beat, name)
    names = _names(root)
    parts = tuple(
        _part(element, names, own, clefs)
        for element, own, (_, clefs, _) in zip(root.findall("part"), whole.lines, read, strict=True)
    )
    unpitched = sum(count for _, _, count in read)
    left_out = (f"left out {unpitched} note{'s' * (unpitched > 1)} without a pitch",) if unpitched else ()
    return WrittenScore(
        ticks_per_beat, whole.measures, parts, whole.harmonies, whole.tempos, *_titles(root), notices=left_out
    )


def _names(root: Element) -> dict[str, tuple[str, str]]:
    """Each part's name and its abbreviation."""
    return {
        one.get("id") or "": (_text(one.findtext("part-name")), _text(one.findtext("part-abbreviation")))
        for one in root.iterfind("part-list/score-part")
    }


def _part(
    element: Element,
    names: dict[str, tuple[str, str]],
    own: dict[tuple[int, str], list[Written]],
    clefs: dict[int, Clef],
) -> ScorePart:
    name, short = names.get(element.get("id") or "", ("", ""))
    staves = max([*clefs, *(staff for staff, _ in own), 1])
    lines = tuple(VoiceLine(voice, staff, tuple(notes)) for (staff, voice), notes in sorted(own.items()))
    return ScorePart(
        name, lines, tuple(clefs.get(staff, TREBLE_CLEF) for staff in range(1, min(staves, 20) + 1)), short
    )


def _titles(root: Element) -> tuple[str, str]:
    title = root.findtext("work/work-title") or root.findtext("movement-title") or ""
    composer = next(
        (one.text or "" for one in root.iterfind("identification/creator") if one.get("type") == "composer"), ""
    )
    return _text(title), _text(composer)


def _text(text: str | None) -> str:
    return one_line(text or "")[:200]
