"""The bars of a score: those that were read, made longer; or those that a song's metres say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from companion.music.song import Metre
from companion.notation.score import Barline, MetreSign, WrittenBar


def metres_by_bar(measures: Sequence[WrittenBar]) -> dict[int, MetreSign]:
    """The metre that holds in each bar, by its place."""
    found, metre = {}, MetreSign(4, 4)
    for at, measure in enumerate(measures):
        metre = found[at] = measure.metre or metre
    return found


def bar_ticks(metre: MetreSign, ticks_per_beat: int) -> int:
    """How long a bar of a metre lasts."""
    return 4 * ticks_per_beat * metre.numerator // metre.denominator


def bars_up_to(measures: Sequence[WrittenBar], end: int, ticks_per_beat: int) -> tuple[WrittenBar, ...]:
    """Bars that were read, and as many more as the music has; the last one is filled up first."""
    last = measures[-1]
    if end <= last.tick + last.ticks:
        return tuple(measures)
    metre = metres_by_bar(measures)[len(measures) - 1]
    whole = bar_ticks(metre, ticks_per_beat)
    open_ = last._replace(ticks=max(last.ticks, whole), right=_opened(last.right))
    bars = [*measures[:-1], open_]
    while bars[-1].tick + bars[-1].ticks < end:
        before = bars[-1]
        bars.append(WrittenBar(before.tick + before.ticks, whole, _next_number(before, len(bars))))
    return tuple(bars)


def _opened(line: Barline) -> Barline:
    """What ends a piece no more."""
    return line._replace(style="" if not line.repeat and not line.ending else line.style)


def _next_number(before: WrittenBar, at: int) -> str:
    digits = "".join(letter for letter in before.number if letter.isdecimal())
    return str(int(digits) + 1) if digits else str(at)


def bars_of_metres(metres: Sequence[Metre], first: int, end: int, ticks_per_beat: int) -> tuple[WrittenBar, ...]:
    """Bars up to a tick. A first stretch shorter than the next one's bar is a pickup, and so is what is left of a
    first bar of which most is silent.

    first: the tick of the first note.
    """
    stretches = {0: MetreSign(4, 4)} | {tick: MetreSign(top, bottom) for tick, top, bottom in sorted(metres)}
    starts = sorted(stretches)
    bars: list[WrittenBar] = []
    for number, start in enumerate(starts):
        stop = starts[number + 1] if number + 1 < len(starts) else max(end, start + 1)
        bars += _stretch(stretches[start], start, min(stop, max(end, 1)), number + 1 < len(starts), ticks_per_beat)
        if stop >= end:
            break
    return tuple(_numbered(_with_pickup(bars, starts, stretches, first, ticks_per_beat)))


def _stretch(metre: MetreSign, start: int, stop: int, cut: bool, ticks_per_beat: int) -> Iterator[WrittenBar]:
    """The bars of one metre; another metre cuts the last."""
    whole, tick = bar_ticks(metre, ticks_per_beat), start
    while tick < stop:
        ticks = min(whole, stop - tick) if cut else whole
        yield WrittenBar(tick, ticks, "", metre=metre if tick == start else None)
        tick += ticks


def _with_pickup(
    bars: list[WrittenBar], starts: Sequence[int], stretches: dict[int, MetreSign], first: int, ticks_per_beat: int
) -> list[WrittenBar]:
    head = bars[0]
    if len(starts) > 1 and len(bars) > 1 and bars[1].tick == starts[1]:
        after = stretches[starts[1]]
        if head.ticks < bar_ticks(after, ticks_per_beat):
            bars[:2] = [head._replace(implicit=True, metre=after), bars[1]._replace(metre=None)]
            return bars
    silent = first - head.tick
    silent -= silent % ticks_per_beat
    if len(bars) > 1 and 2 * silent >= head.ticks > silent:
        bars[0] = head._replace(tick=head.tick + silent, ticks=head.ticks - silent, implicit=True)
    return bars


def _numbered(bars: Sequence[WrittenBar]) -> Iterator[WrittenBar]:
    first = 0 if bars[0].implicit else 1
    for number, bar in enumerate(bars, start=first):
        yield bar._replace(number=str(number))
