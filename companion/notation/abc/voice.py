"""A voice of a tune as far as it has been read, and its bars."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from companion.notation.abc.fields import (
    clef_field,
    key_field,
    length_field,
    metre_field,
    tempo_field,
    usual_length,
    voice_name,
)
from companion.notation.assembling import OpenBar
from companion.notation.score import Barline, Clef, MetreSign, TempoMark, Written
from companion.notation.signs import signature

TICKS_PER_BEAT = 6720  # 48 · 4 · 5 · 7: down to 64ths, and quintuplets and septuplets
LONGEST_BAR = 1000  # quarters
ONLY = (1, "1")  # the staff and the voice of its notes


@dataclass
class TuneVoice:
    """A voice: what holds for its notes to come, and its bars so far."""

    name: str = ""
    clef: Clef | None = None
    metre: MetreSign | None = None
    length: Fraction | None = None  # of a plain note, in quarters
    letters: dict[str, int] = field(default_factory=lambda: signature(0))
    bars: list[OpenBar] = field(default_factory=lambda: [OpenBar(notes={ONLY: []})])
    line: list[tuple[int, int]] = field(default_factory=list)  # bar and place of the notes of the last line of music
    verses: int = 0  # under it

    @property
    def bar(self) -> OpenBar:
        """The one that is being read."""
        return self.bars[-1]

    @property
    def notes(self) -> list[Written]:
        """Those of the bar."""
        return self.bar.notes[ONLY]

    @property
    def plain(self) -> Fraction:
        """The length of a note that says none, in quarters."""
        return self.length or usual_length(self.metre)

    def beginning(self) -> TuneVoice:
        """Another voice, with what the header says of this one."""
        own, bar = TuneVoice(self.name, self.clef, self.metre, self.length, dict(self.letters)), self.bars[0]
        own.bar.metre, own.bar.key, own.bar.tempos = bar.metre, bar.key, list(bar.tempos)
        return own

    def field(self, letter: str, value: str) -> None:
        """A field before or within the music; ValueError where it cannot be."""
        match letter:
            case "K":
                self.clef = self.clef or clef_field(value)
                if (key := key_field(value)) is not None:
                    self.bar.key, self.letters = key
            case "M":
                self.metre = metre_field(value)
                self.bar.metre = self.metre or self.bar.metre
            case "L":
                self.length = length_field(value)
            case "Q":
                if (bpm := tempo_field(value)) is not None:
                    self.bar.tempos.append(TempoMark(self.bar.ticks, bpm, shown=True))

    def describe(self, text: str) -> None:
        """What a V: field says of it."""
        self.clef, self.name = clef_field(text) or self.clef, voice_name(text) or self.name

    def add(self, note: Written) -> int:
        """A note where the bar has come to, which goes on unless it is of a chord; its place in the bar."""
        self.notes.append(note)
        return len(self.notes) - 1

    def lengthen(self, ticks: int) -> None:
        """The bar has come so much further; ValueError where that is too far."""
        self.bar.ticks += ticks
        if self.bar.ticks > LONGEST_BAR * TICKS_PER_BEAT:
            raise ValueError(f"a bar lasts more than {LONGEST_BAR} beats")

    def bar_line(self, lines: str, ending: str) -> None:
        """What a bar line does to the bar that is over and to the one that begins."""
        if self.bar.ticks:
            self.bar.right = _right(lines)
            self.bar.nominal = self._nominal()
            self.bars.append(OpenBar(notes={ONLY: []}))
        elif lines.startswith(":") and len(self.bars) > 1:
            self.bars[-2].right = self.bars[-2].right._replace(style="light-heavy", repeat="backward")
        if lines.endswith(":"):
            self.bar.left = self.bar.left._replace(style="heavy-light", repeat="forward")
        if ending:
            self.bar.left = self.bar.left._replace(ending="start", numbers=ending)

    def rest(self, bars: int) -> None:
        """Bars of rest."""
        for number in range(bars):
            if number:
                self.bar_line("|", "")
            self.add(Written(self.bar.ticks, self._nominal(), None))
            self.lengthen(self._nominal())

    def close(self) -> None:
        """There is no more: the bars are numbered, endings end, and a bar of nothing is taken away."""
        if not self.bar.ticks and len(self.bars) > 1:
            self.bars.pop()
        self.bar.nominal = self._nominal()
        first = self.bars[0]
        first.implicit = 0 < first.ticks < first.nominal and len(self.bars) > 1
        number = 0 if first.implicit else 1
        ending = ""
        for at, bar in enumerate(self.bars):
            bar.number = str(number + at)
            ending = bar.left.numbers if bar.left.ending else ending
            last = at == len(self.bars) - 1
            if ending and (last or bar.right.style or self.bars[at + 1].left.ending):
                bar.right = bar.right._replace(ending="stop", numbers=ending)
                ending = ""

    def _nominal(self) -> int:
        metre = self.metre or MetreSign(4, 4)
        return 4 * TICKS_PER_BEAT * metre.numerator // metre.denominator


def _right(lines: str) -> Barline:
    if lines.startswith(":"):
        return Barline("light-heavy", "backward")
    if "|]" in lines:
        return Barline("light-heavy")
    return Barline("light-light") if lines.count("|") > 1 and ":" not in lines else Barline()
