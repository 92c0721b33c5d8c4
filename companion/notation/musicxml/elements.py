"""Single elements of MusicXML, read and written: notes, keys, chord symbols."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, tostring

from companion.errors import one_line
from companion.notation.score import STEPS, ChordSign, KeySign, Lyric, NoteName, Value, Written
from companion.notation.values import TYPES

MARKS = ("slur", "articulations", "ornaments", "technical", "dynamics", "arpeggiate", "glissando", "slide")
SYLLABIC = ("single", "begin", "middle", "end")
KEY_MODES = ("major", "minor", "dorian", "phrygian", "lydian", "mixolydian", "aeolian", "ionian", "locrian", "none")
SCALE_LETTERS = "CDEFGAB"
_WORD = re.compile(r"[\w.-]{1,40}")


def word(text: str | None, otherwise: str = "") -> str:
    """A name that may be written again as it is; else another."""
    return text.strip() if text and _WORD.fullmatch(text.strip()) else otherwise


def note_of(element: Element, tick: int, ticks: int, transposition: tuple[int, int] = (0, 0)) -> Written:
    """A note as it stands in a bar; ValueError says what cannot be."""
    spelling = None
    if (pitch := element.find("pitch")) is not None:
        spelling = _transposed(_spelling(pitch), *transposition)
    tied = [*element.findall("tie"), *element.findall("notations/tied")]
    ties = {tie.get("type") for tie in tied} if spelling else set()
    fermatas = element.findall("notations/fermata")
    return Written(
        tick,
        ticks,
        spelling,
        _value(element),
        "stop" in ties,
        "start" in ties,
        lyrics=tuple(_lyrics(element)),
        fermata="inverted" if fermatas and fermatas[0].get("type") == "inverted" else "upright" if fermatas else "",
        marks=tuple(_marks(element)),
    )


def _spelling(pitch: Element) -> NoteName:
    step, octave = (pitch.findtext("step") or "").strip(), (pitch.findtext("octave") or "").strip()
    try:
        alter = float(pitch.findtext("alter") or "0")
        spelling = NoteName(step, round(alter), int(octave)) if step in STEPS and abs(alter) <= 3 else None
    except ValueError:
        spelling = None
    if spelling is None or not 0 <= spelling.pitch <= 127:
        raise ValueError(f"there is no pitch {one_line(step)[:8]}{one_line(octave)[:8]}; expected C-1 to G9")
    return spelling


def _transposed(spelling: NoteName, steps: int, semitones: int) -> NoteName:
    if not steps and not semitones:
        return spelling
    octave, letter = divmod(SCALE_LETTERS.index(spelling.step) + 7 * spelling.octave + steps, 7)
    plain = NoteName(SCALE_LETTERS[letter], 0, octave)
    return plain._replace(alter=spelling.pitch + semitones - plain.pitch)


def _value(element: Element) -> Value | None:
    kind = (element.findtext("type") or "").strip()
    if kind not in TYPES:
        return None
    dots = min(len(element.findall("dot")), 3)
    actual, normal = (element.findtext(f"time-modification/{tag}-notes") or "1" for tag in ("actual", "normal"))
    if not (actual.isdecimal() and normal.isdecimal()):
        return Value(kind, dots)
    return Value(kind, dots, *(min(max(int(number[:3]), 1), 99) for number in (actual, normal)))


def _lyrics(element: Element) -> list[Lyric]:
    found = []
    for lyric in element.findall("lyric"):
        syllables = [one.text or "" for one in lyric if one.tag in ("text", "elision")]
        syllabic = (lyric.findtext("syllabic") or "single").strip()
        text = "".join(one or "\u203f" for one in syllables)
        if text.strip() or lyric.find("extend") is not None:
            syllabic = syllabic if syllabic in SYLLABIC else "single"
            found.append(Lyric(word(lyric.get("number"), "1"), syllabic, text[:200], lyric.find("extend") is not None))
    return found


def _marks(element: Element) -> list[str]:
    """Slurs and the like as they stand, of kinds that are known."""
    found = []
    for notations in element.findall("notations"):
        for mark in notations:
            if mark.tag in MARKS:
                mark.tail = None
                found.append(tostring(mark, "unicode"))
    return found


def mode_and_fifths(key: Element, semitones: int) -> KeySign | None:
    """The key that sounds; None where it says none."""
    try:
        fifths = int(key.findtext("fifths") or "") + 7 * semitones
    except ValueError:
        return None
    while abs(fifths) > 7:
        fifths -= 12 if fifths > 0 else -12
    mode = (key.findtext("mode") or "").strip().lower()
    return KeySign(fifths, mode if mode in KEY_MODES else "")


def chord_sign_of(element: Element, tick: int) -> ChordSign | None:
    """A chord symbol; None where it has no root."""
    root = _tone(element, "root")
    kind = element.find("kind")
    if root is None or kind is None:
        return None
    degrees = []
    for degree in element.findall("degree"):
        value, alter = degree.findtext("degree-value") or "", degree.findtext("degree-alter") or "0"
        if value.isdecimal() and alter.lstrip("-").isdecimal():
            degrees.append((int(value[:2]), int(alter[:2]), word(degree.findtext("degree-type"), "add")))
    text = kind.get("text")
    return ChordSign(
        tick,
        root,
        word(kind.text, "major"),
        None if text is None else one_line(text)[:20],
        _tone(element, "bass"),
        tuple(degrees),
    )


def _tone(element: Element, what: str) -> tuple[str, int] | None:
    step = (element.findtext(f"{what}/{what}-step") or "").strip()
    alter = element.findtext(f"{what}/{what}-alter") or "0"
    try:
        return (step, round(float(alter))) if step in STEPS and abs(float(alter)) <= 3 else None
    except ValueError:
        return None


def add(parent: Element, tag: str, text: object = None, **attributes: object) -> Element:
    """A child with its text; attributes that are empty are left out, and _ stands for a dash."""
    said = {
        name.rstrip("_").replace("_", "-"): str(value) for name, value in attributes.items() if value not in (None, "")
    }
    child = SubElement(parent, tag, said)
    if text is not None:
        child.text = str(text)
    return child
