"""Chord symbols as lead sheets write them: "G", "Em/B", "F#m7b5", "Bbmaj7", "G°7", "Dsus4".

H is B natural, as in German; B is B natural too, as everywhere else.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import NamedTuple

from companion.harmony.chords import Chord, chord_of_tones
from companion.music.pitch import OCTAVE

MOST_TONES = 4  # voices
_NATURAL = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11, "H": 11}
_SIGNS = str.maketrans(
    {"♯": "#", "♭": "b", "△": "Δ", "∆": "Δ", "º": "°", "Ø": "ø", "−": "-", "–": "-", "(": "", ")": ""}
)
_NOTE = r"([A-H])(##?|bb?|is|es|(?<=[EA])s(?!us))?"
_SYMBOL = rf"{_NOTE}(.*?)(?:/{_NOTE})?"
_LIFTS = {None: 0, "": 0, "#": 1, "##": 2, "b": -1, "bb": -2, "is": 1, "es": -1, "s": -1}
_UNISON_AND_FIFTH = {1: 0, 5: 7}
_THIRDS = (3, 4)
_DEGREES = {2: 2, 4: 5, 6: 9, 9: 2, 11: 5, 13: 9}  # above the root, as they are added

# What a symbol is made of, one after another: what it begins with, then what is added or altered. Patterns are compiled
# when the first symbol is read: most files have none.
_PARTS = (
    r"(?P<kind>maj|Maj|MAJ|ma(?!j|dd)|Δ|M|min|mi|m|-(?!5)|dim|°|o(?=7|9)|ø|aug|\+(?=$|7|9|M|m|Δ))?"
    r"(?P<seventh>maj|Maj|ma|M|Δ)?(?P<number>6/9|69|5|6|7|9|11|13|2|4)?(?P<more>.*)"
)
_MORE = (
    r"(?P<sus>sus(?:2|4)?)|(?P<maj>(?:maj|Maj|M|Δ)7?)|add(?P<add>b?#?(?:2|4|6|9|11|13))|(?:no|omit)(?P<no>3|5)"
    r"|(?P<sign>[b#+-])(?P<altered>5|9|11|13)|(?P<aug>aug|\+$)|,"
)


class AskedChord(NamedTuple):
    """A chord that is asked for: what is to sound, whatever chorales have."""

    root: int  # pitch class
    above: tuple[int, ...]  # the other tones, in semitones above the root; those that matter most stand first
    slash: int | None = None  # the pitch class of the bass, where it is named
    goes_on: bool = False  # on a later beat of the same chord the bass may leave its root

    @property
    def tones(self) -> tuple[int, ...]:
        """The pitch classes that are to sound, as many as there are voices at most; the root stands first."""
        tones = (self.root, *((self.root + tone) % OCTAVE for tone in self.above))
        if self.slash is None or self.slash in tones[:MOST_TONES]:
            return tones[:MOST_TONES]
        return (*tones[: MOST_TONES - 1], self.slash)

    @property
    def left_out(self) -> bool:
        """It has more tones than there are voices."""
        return any((self.root + tone) % OCTAVE not in self.tones for tone in self.above)

    @property
    def basses(self) -> tuple[int, ...]:
        """The pitch classes of which the bass sings one."""
        if self.slash is not None:
            return (self.slash,)
        return self.tones[:2] if self.goes_on and self.above[0] in _THIRDS else (self.root,)

    @property
    def options(self) -> tuple[AskedChord, ...]:
        """The same, once for each bass."""
        basses = self.basses
        return (self,) if len(basses) == 1 else tuple(self._replace(slash=bass) for bass in basses)

    @property
    def counted(self) -> Chord | None:
        """What it is among triads and seventh chords, on its first bass; None where it is none of them."""
        return chord_of_tones(frozenset(self.tones), self.root, self.basses[0])


@lru_cache(maxsize=1024)
def chord_of_symbol(text: str) -> AskedChord | None:
    """The chord of a symbol; None where it is none."""
    match = re.fullmatch(_SYMBOL, text.strip().translate(_SIGNS))
    if match is None:
        return None
    letter, sign, rest, bass, bass_sign = match.groups()
    above = _above(rest)
    if above is None:
        return None
    return AskedChord(_pitch_class(letter, sign), above, None if bass is None else _pitch_class(bass, bass_sign))


def _pitch_class(letter: str, sign: str | None) -> int:
    return (_NATURAL[letter] + _LIFTS[sign]) % OCTAVE


class _Tones:
    """The tones of a symbol as its parts are read, by their degrees."""

    def __init__(self) -> None:
        self.of: dict[int, int] = {3: 4, 5: 7}

    def named(self, kind: str, seventh: str, number: str) -> None:
        major_seventh = bool(seventh) or kind in ("maj", "Maj", "MAJ", "ma", "Δ", "M")
        if kind in ("min", "mi", "m", "-", "dim", "°", "o", "ø"):
            self.of[3] = 3
        if kind in ("dim", "°", "o", "ø"):
            self.of[5] = 6
        if kind in ("aug", "+"):
            self.of[5] = 8
        if kind == "ø" or (kind == "Δ" and not number) or (seventh and not number):
            self.of[7] = 10 if kind == "ø" else 11
        self._numbered(number, 9 if kind in ("dim", "°", "o") else 11 if major_seventh else 10)

    def _numbered(self, number: str, seventh: int) -> None:
        if number == "5":
            del self.of[3]
        elif number == "4":
            self.of[3] = 5
        elif number in ("6/9", "69"):
            self.of |= {6: 9, 9: 2}
        elif number in ("2", "6"):
            self.of[9 if number == "2" else 6] = _DEGREES[int(number)]
        elif number:
            self.of[7] = seventh
            highest = int(number)
            self.of |= {degree: _DEGREES[degree] for degree in (9, 11, 13) if degree <= highest}
            if highest == 13:
                del self.of[11]

    def add(self, part: re.Match[str]) -> None:
        if part["sus"]:
            self.of[3] = 2 if part["sus"] == "sus2" else 5
        elif part["maj"]:
            self.of[7] = 11
        elif part["add"]:
            degree = int(part["add"].lstrip("b#"))
            lift = part["add"].count("#") - part["add"].count("b")
            self.of[{2: 9, 4: 11}.get(degree, degree)] = _DEGREES[degree] + lift
        elif part["no"]:
            self.of.pop(int(part["no"]), None)
        elif part["altered"]:
            degree, lift = int(part["altered"]), 1 if part["sign"] in "#+" else -1
            self.of[degree] = (_UNISON_AND_FIFTH.get(degree) or _DEGREES[degree]) + lift
        elif part["aug"]:
            self.of[5] = 8

    @cached_property
    def by_weight(self) -> tuple[int, ...]:
        """The third, the seventh, an altered fifth, what is highest, then the others and a plain fifth last."""
        of = dict(self.of)
        plain = of.pop(5) if of.get(5) == _UNISON_AND_FIFTH[5] and len(of) > MOST_TONES - 1 else None
        order: list[int] = [degree for degree in (3, 7, 5) if degree in of]
        order += sorted((degree for degree in of if degree not in order), reverse=True)
        found = [of[degree] % OCTAVE for degree in order] + ([] if plain is None else [plain])
        return tuple(dict.fromkeys(tone for tone in found if tone))


def _above(rest: str) -> tuple[int, ...] | None:
    """The tones above the root of what stands behind it; None where that means nothing."""
    parts = re.fullmatch(_PARTS, rest)
    if parts is None:
        return None
    tones, more = _Tones(), parts["more"]
    tones.named(parts["kind"] or "", parts["seventh"] or "", parts["number"] or "")
    while more:
        part = re.match(_MORE, more)
        if part is None:
            return None
        tones.add(part)
        more = more[part.end() :]
    return tones.by_weight or None
