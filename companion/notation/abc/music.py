"""A line of music: notes, chords, rests, bar lines and what stands over them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from companion.notation.abc.fields import ALTERS
from companion.notation.abc.voice import TICKS_PER_BEAT, TuneVoice
from companion.notation.chords import chord_of_text
from companion.notation.score import MetreSign, NoteName, Value, Written
from companion.notation.values import value_of

LONGEST_QUARTERS = 64  # a note
MOST_REST_BARS = 1000

_TOKEN = re.compile(
    r"""(?P<space>\s+|[]`$*;?@\\y])
    |"(?P<quoted>[^"]*)"
    |(?P<decoration>![^!]{0,40}!|\+[a-zA-Z.]+\+)
    |\[(?P<inline>[A-Za-z]):(?P<value>[^\]]*)\]
    |(?P<bar>\[\d[\d,.-]*|(?:\[?\||:)[]|:]*\s*(?:\[?\d[\d,.-]*)?)
    |\{(?P<grace>[^}]*)\}
    |(?P<tuplet>\(\d(?::\d?)?(?::\d*)?)
    |(?P<slur>[()])
    |\[(?P<chord>[^\]|:]*)\](?P<chord_length>\d*/*\d*)(?P<chord_tie>-?)
    |(?P<accidental>\^\^|\^|__|_|=)?(?P<letter>[A-Ga-g])(?P<octave>[,']*)(?P<length>\d*/*\d*)(?P<tie>-?)
    |(?P<rest>[zx])(?P<rest_length>\d*/*\d*)
    |(?P<bars>[ZX])(?P<count>\d{0,5})
    |(?P<broken>>+|<+)
    |(?P<late_tie>-)
    |(?P<short>[~.H-Wh-w])""",
    re.VERBOSE,
)
_NOTE = re.compile(r"(\^\^|\^|__|_|=)?([A-Ga-g])([,']*)(\d*/*\d*)(-?)")
_LENGTH = re.compile(r"(\d*)(/*)(\d*)")
_BAR_LINE = re.compile(r"(\[?[:|\]]*)\s*\[?([\d,.-]*)")
_NORMALS = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}  # q of a tuplet of p; 5, 7 and 9 go by the metre
_MARKS = ("staccato", "accent", "tenuto")


class MusicReader:
    """Reads music into a voice, and remembers what the notes to come depend on."""

    def __init__(self, voice: TuneVoice) -> None:
        self.voice = voice
        self.accidentals: dict[str, int] = {}  # of the bar
        self.open_ties: set[int] = set()
        self.factor = Fraction(1)  # of the next note, by a broken rhythm
        self.tuplet = (1, 1, 0)  # p in the time of q, for so many notes
        self.fermata = False
        self.marks: list[str] = []
        self.slurs = 0
        self.last: list[int] = []  # the places of the last note, or of the notes of a chord
        self._acts: dict[str, Callable[[dict[str, str]], None]] = {
            "letter": self._note,
            "bar": lambda said: self._bar(said["bar"]),
            "chord": self._chord,
            "rest": lambda said: self._add([None], length_factor(said["rest_length"])),
            "bars": lambda said: self._rest(int(said["count"] or 1)),
            "quoted": lambda said: self._quoted(said["quoted"]),
            "decoration": lambda said: self._decorate(said["decoration"][1:-1]),
            "short": lambda said: self._decorate({"H": "fermata", ".": "staccato"}.get(said["short"], "")),
            "inline": lambda said: self.voice.field(said["inline"], said["value"]),
            "grace": lambda said: self._grace(said["grace"]),
            "tuplet": lambda said: self._tuplet(said["tuplet"]),
            "slur": lambda said: self._slur(said["slur"]),
            "broken": lambda said: self._broken(said["broken"]),
            "late_tie": lambda said: self._tie_last(),
        }

    def read(self, text: str) -> None:
        """Some music; ValueError says what cannot be read."""
        at = 0
        while at < len(text):
            token = _TOKEN.match(text, at)
            if token is None:
                raise ValueError(f"cannot read {text[at : at + 12].strip()!r}")
            said = {name: value for name, value in token.groupdict().items() if value is not None}
            for name in said:
                if name in self._acts:
                    self._acts[name](said)
            at = token.end()

    def _note(self, said: dict[str, str]) -> None:
        spelling = self._spelled(said.get("accidental", ""), said["letter"], said["octave"])
        self._add([spelling], length_factor(said["length"]), [said["tie"] == "-"])

    def _chord(self, said: dict[str, str]) -> None:
        notes = _NOTE.findall(said["chord"])
        if notes:
            spellings = [self._spelled(*note[:3]) for note in notes]
            length = length_factor(notes[0][3]) * length_factor(said["chord_length"])
            self._add(spellings, length, [bool(note[4]) or said["chord_tie"] == "-" for note in notes])

    def _spelled(self, accidental: str, letter: str, octaves: str) -> NoteName:
        """The pitch of a letter; an accidental holds for its letter until the bar is over."""
        step = letter.upper()
        octave = (5 if letter.islower() else 4) + octaves.count("'") - octaves.count(",")
        if accidental:
            self.accidentals[step] = ALTERS[accidental]
        spelling = NoteName(step, self.accidentals.get(step, self.voice.letters[step]), octave)
        if not 0 <= spelling.pitch <= 127:
            raise ValueError(f"there is no pitch {letter}{octaves[:12]}")
        return spelling

    def _add(self, spellings: Sequence[NoteName | None], length: Fraction, ties: Sequence[bool] = ()) -> None:
        """A note, the notes of a chord, or a rest (None)."""
        value, ticks = self._lasting(self.voice.plain * length * self.factor)
        tied = [False] * len(spellings) if not ties else list(ties)
        note = Written(
            self.voice.bar.ticks, ticks, None, value, fermata="upright" if self.fermata else "", marks=tuple(self.marks)
        )
        self.last = []
        for spelling, tie in zip(spellings, tied, strict=True):
            goes_on = spelling is not None and spelling.pitch in self.open_ties
            self.last.append(self.voice.add(note._replace(spelling=spelling, tied_from=goes_on, tied_to=tie)))
            note = note._replace(in_chord=True, fermata="", marks=())
        if spellings[0] is not None:
            self.voice.line.append((len(self.voice.bars) - 1, self.last[0]))
            self.open_ties = {one.pitch for one, tie in zip(spellings, tied, strict=True) if one and tie}
        self.fermata, self.marks, self.factor = False, [], Fraction(1)
        self.voice.lengthen(ticks)

    def _lasting(self, written: Fraction) -> tuple[Value | None, int]:
        """The value of a note as it is written, and how long it lasts."""
        if not 0 < written <= LONGEST_QUARTERS:
            raise ValueError(f"a note of {written} quarters cannot be; expected up to {LONGEST_QUARTERS}")
        actual, normal, left = self.tuplet
        value = value_of(written)
        if left:
            self.tuplet = actual, normal, left - 1
            value = None if value is None else value._replace(actual=actual, normal=normal)
            written = written * normal / actual
        return value, max(1, round(written * TICKS_PER_BEAT))

    def _rest(self, bars: int) -> None:
        if not 1 <= bars <= MOST_REST_BARS:
            raise ValueError(f"{bars} bars of rest cannot be; expected 1 to {MOST_REST_BARS}")
        self.last, self.accidentals = [], {}
        self.voice.rest(bars)

    def _quoted(self, text: str) -> None:
        """A chord symbol; other words are left out."""
        root, slash, bass = text.strip().partition("/")
        chord = chord_of_text(root + slash + bass[:1].upper() + bass[1:], self.voice.bar.ticks)
        if chord is not None:
            self.voice.bar.harmonies.append(chord)

    def _decorate(self, what: str) -> None:
        self.fermata = self.fermata or what in ("fermata", "invertedfermata")
        if what in _MARKS:
            self.marks.append(f"<articulations><{what} /></articulations>")

    def _grace(self, text: str) -> None:
        for accidental, letter, octaves, _, _ in _NOTE.findall(text):
            spelling = self._spelled(accidental, letter, octaves)
            self.voice.add(Written(self.voice.bar.ticks, 0, spelling, Value("eighth"), slashed=text.startswith("/")))

    def _tuplet(self, text: str) -> None:
        p, q, r = ([*text[1:].split(":"), "", ""])[:3]
        actual, metre = int(p), self.voice.metre or MetreSign(4, 4)
        if actual < 2:
            raise ValueError(f"there is no tuplet {text}")
        compound = metre.denominator >= 8 and metre.numerator % 3 == 0
        normal = int(q or 0) or _NORMALS.get(actual, 3 if compound else 2)
        self.tuplet = actual, normal, min(int(r or 0), 99) or actual

    def _slur(self, sign: str) -> None:
        if sign == "(":
            self.slurs += 1
            self.marks.append(f'<slur type="start" number="{self.slurs}" />')
        elif self.slurs:
            self._change_last(lambda note: note._replace(marks=(*note.marks, self._slur_end())), first_only=True)
            self.slurs -= 1

    def _slur_end(self) -> str:
        return f'<slur type="stop" number="{self.slurs}" />'

    def _broken(self, sign: str) -> None:
        """The last note takes from the next, or gives to it."""
        part = Fraction(1, 2 ** len(sign[:3]))
        first, self.factor = (2 - part, part) if sign[0] == ">" else (part, 2 - part)
        before = self.voice.notes[self.last[0]].ticks if self.last else 0
        self._change_last(lambda note: _longer(note, first))
        if before:
            self.voice.lengthen(round(before * first) - before)

    def _tie_last(self) -> None:
        self._change_last(lambda note: note._replace(tied_to=note.spelling is not None))
        self.open_ties |= {one.spelling.pitch for one in map(self.voice.notes.__getitem__, self.last) if one.spelling}

    def _change_last(self, change: Callable[[Written], Written], first_only: bool = False) -> None:
        notes = self.voice.notes
        for at in self.last[: 1 if first_only else None]:
            notes[at] = change(notes[at])

    def _bar(self, sign: str) -> None:
        lines, ending = _parted(sign)
        if lines or ending:
            if self.voice.bar.ticks:
                self.accidentals, self.last = {}, []
            self.voice.bar_line(lines, ending)


def _parted(sign: str) -> tuple[str, str]:
    """The lines, and the numbers of an ending."""
    match = _BAR_LINE.fullmatch(sign)
    return (match[1], match[2].rstrip(".,-")) if match else (sign, "")


def _longer(note: Written, factor: Fraction) -> Written:
    ticks = round(note.ticks * factor)
    if note.value is None:
        return note._replace(ticks=ticks)
    actual, normal = note.value.actual, note.value.normal
    value = value_of(Fraction(ticks, TICKS_PER_BEAT) * actual / normal)
    return note._replace(ticks=ticks, value=None if value is None else value._replace(actual=actual, normal=normal))


def length_factor(text: str) -> Fraction:
    """What "3/2", "/", "//" and "2" make of the plain length; ValueError where that is nothing."""
    top, slashes, bottom = _LENGTH.findall(text)[0]
    below = int(bottom[:4]) if bottom and slashes else 2 ** min(len(slashes), 8)
    if not below:
        raise ValueError(f"there is no length {text[:12]!r}")
    return Fraction(int(top[:4]) if top else 1, below)
