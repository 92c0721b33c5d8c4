"""Bars of single parts, put together: what is in one at a time, one after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import NamedTuple

from companion.errors import BadMidiFile
from companion.notation.score import PLAIN_LINE, Barline, ChordSign, KeySign, MetreSign, TempoMark, Written, WrittenBar

MOST_SCORE_BEATS = 200_000  # as in a MIDI file
StaffVoice = tuple[int, str]  # staff and voice


@dataclass
class OpenBar:
    """A bar of one part that is being read; ticks count from its beginning."""

    number: str = ""
    implicit: bool = False
    ticks: int = 0
    nominal: int = 0  # what the metre says it should last
    metre: MetreSign | None = None
    key: KeySign | None = None
    left: Barline = PLAIN_LINE
    right: Barline = PLAIN_LINE
    notes: dict[StaffVoice, list[Written]] = field(default_factory=dict)
    harmonies: list[ChordSign] = field(default_factory=list)
    tempos: list[TempoMark] = field(default_factory=list)


class Assembled(NamedTuple):
    """All bars of all parts; ticks count from the first."""

    measures: tuple[WrittenBar, ...]
    lines: list[dict[StaffVoice, list[Written]]]  # by part
    harmonies: tuple[ChordSign, ...]
    tempos: tuple[TempoMark, ...]


def assembled(parts: Sequence[Sequence[OpenBar]], ticks_per_beat: int, name: str) -> Assembled:
    """The bars of all parts one after another, each as long as it is in the part where it is longest.

    Raises:
        BadMidiFile: it lasts too long.
    """
    measures: list[WrittenBar] = []
    lines: list[dict[StaffVoice, list[Written]]] = [{} for _ in parts]
    harmonies: set[ChordSign] = set()
    tempos: dict[int, TempoMark] = {}
    tick = 0
    for column in zip_longest(*parts):
        there = [bar for bar in column if bar is not None]
        measures.append(_measure(there, tick))
        for bar, own in zip(column, lines, strict=True):
            for place, notes in ({} if bar is None else bar.notes).items():
                own.setdefault(place, []).extend(note._replace(tick=note.tick + tick) for note in notes)
        harmonies |= {chord._replace(tick=chord.tick + tick) for bar in there for chord in bar.harmonies}
        tempos |= {tempo.tick + tick: tempo._replace(tick=tempo.tick + tick) for bar in there for tempo in bar.tempos}
        tick += measures[-1].ticks
        if tick > MOST_SCORE_BEATS * ticks_per_beat:
            raise BadMidiFile(f"{name} lasts more than {MOST_SCORE_BEATS} beats; choose a shorter piece")
    for own in lines:
        for notes in own.values():
            notes.sort(key=lambda note: note.tick)
    in_order = tuple(sorted(harmonies, key=lambda chord: chord.tick))
    return Assembled(tuple(measures), lines, in_order, tuple(tempos[at] for at in sorted(tempos)))


def _measure(bars: Sequence[OpenBar], tick: int) -> WrittenBar:
    """One bar of all parts; what is said in one holds for all."""
    first = bars[0]
    return WrittenBar(
        tick,
        max(bar.ticks for bar in bars) or first.nominal,
        first.number,
        first.implicit,
        next((bar.metre for bar in bars if bar.metre), None),
        next((bar.key for bar in bars if bar.key), None),
        next((bar.left for bar in bars if bar.left != PLAIN_LINE), PLAIN_LINE),
        next((bar.right for bar in bars if bar.right != PLAIN_LINE), PLAIN_LINE),
    )
