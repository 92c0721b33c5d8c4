"""What the tests of clocks share."""

from __future__ import annotations

from collections.abc import Iterable

from companion.clock.base import ClockEvent, Jumped, Started, Stopped


def near(events: Iterable[ClockEvent]) -> list[ClockEvent]:
    """With times and addresses to the microsecond, so that they can be compared."""
    rounded: list[ClockEvent] = []
    for event in events:
        match event:
            case Started(address, time_s):
                rounded.append(Started(round(address, 6), round(time_s, 6)))
            case Jumped(address, time_s):
                rounded.append(Jumped(round(address, 6), round(time_s, 6)))
            case Stopped(time_s, reason):
                rounded.append(Stopped(round(time_s, 6), reason))
            case other:
                rounded.append(other)
    return rounded
