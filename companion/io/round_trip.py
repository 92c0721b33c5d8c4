"""How long a note takes from an output to an input that hears it: a cable, a virtual port, a synth's thru.

What is found is the time from our sending to a program's hearing, which is what ``--offset-ms`` makes up for.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from companion.errors import BadSetting, NoPort, one_line
from companion.io.midi_driver import Driver, find_driver
from companion.io.midi_ports import InputPort, OutputPort, takes_loopback
from companion.io.port_names import OUR_END, THEIR_END

TRIPS = 200
MOST_TRIPS = 10_000
LONGEST_TRIP_SECONDS = 1.0  # for each note, and for the first tries together
_TRIES = 5  # at the start, uncounted: a connection that was just made may lose the first
_LOST_IN_A_ROW = 3  # so many, and it has broken off
_CHANNEL, _VELOCITY = 15, 1  # the last channel, as soft as a note can be: a synth may be at the end
_KEYS = range(24, 36)  # in turn, so that a late note is not taken for the next
_PAUSES_SECONDS = (0.008, 0.020)  # drawn anew each time: a port that works in periods is met anywhere in them

Pause = Callable[[float], object]


@dataclass(frozen=True)
class RoundTrip:
    """What was heard of the notes that were sent."""

    times_ms: tuple[float, ...]  # of those that came back, in the order in which they were sent
    lost: int

    def percentile(self, share: float) -> float:
        """The time that ``share`` of the notes, from 0 to 1, did not exceed, in milliseconds."""
        ordered = sorted(self.times_ms)
        return ordered[max(0, ceil(share * len(ordered)) - 1)]

    @property
    def jitter_ms(self) -> float:
        """From one note to the next: the 99th percentile of how much the time changes."""
        changes = sorted(abs(after - before) for before, after in pairwise(self.times_ms)) or [0.0]
        return changes[ceil(0.99 * len(changes)) - 1]

    def lines(self, output: str, heard: str) -> list[str]:
        """For people."""
        middle = self.percentile(0.5)
        lines = [
            f"{len(self.times_ms)} notes from {output!r} to {heard!r}: median {middle:.1f} ms, "
            f"p99 {self.percentile(0.99):.1f} ms, from {min(self.times_ms):.1f} to {max(self.times_ms):.1f} ms"
        ]
        if self.lost:
            lines.append(f"{self.lost} more {'was' if self.lost == 1 else 'were'} not heard within a second")
        return [
            *lines,
            f"chorale jam --offset-ms {-middle:.1f} sends so much earlier; where the clock comes over such a port too "
            f"(--clock midi), it is as late itself: --offset-ms {-2 * middle:.1f}",
            "what the sound card adds is not in it: go on by ear",
        ]


class NoteLoop:
    """An output, and an input that hears it."""

    def __init__(self, output: OutputPort, heard: InputPort, arrived: threading.Event) -> None:
        """arrived: set by the input after each message."""
        self._output, self._heard, self._arrived = output, heard, arrived

    def measure(
        self,
        notes: int,
        dice: random.Random,
        pause: Pause = time.sleep,
        patience_s: float = LONGEST_TRIP_SECONDS,
    ) -> RoundTrip:
        """Sends notes one by one, and waits for each. None of them is left sounding.

        Raises:
            NoPort: none is heard, or later some in a row are not; or the output is gone.
        """
        self._wake(patience_s)
        times_ms: list[float] = []
        in_a_row = 0
        for index in range(notes):
            pause(dice.uniform(*_PAUSES_SECONDS))
            taken_s = self._one(_KEYS[index % len(_KEYS)], patience_s)
            in_a_row = in_a_row + 1 if taken_s is None else 0
            if in_a_row == _LOST_IN_A_ROW:
                heard = index + 1 - _LOST_IN_A_ROW
                raise NoPort(f"{self._not_heard()} any more, after {heard} of {notes} notes")
            times_ms += [] if taken_s is None else [1000 * taken_s]
        return RoundTrip(tuple(times_ms), notes - len(times_ms))

    def _wake(self, patience_s: float) -> None:
        for key in _KEYS[-_TRIES:]:
            if self._one(key, patience_s / _TRIES) is not None:
                return
        join = "join them by a cable, a virtual port or a synth's thru"
        raise NoPort(f"{self._not_heard()} within a second; {join}")

    def _not_heard(self) -> str:
        return f"what is sent to {self._output.name!r} is not heard on {self._heard.name!r}"

    def _one(self, key: int, patience_s: float) -> float | None:
        self._heard.messages()
        self._arrived.clear()
        sent_s = time.perf_counter()
        try:
            self._send(0x90, key, _VELOCITY)
            heard_s = self._await(key, sent_s + patience_s)
        finally:
            with suppress(NoPort):  # a port that is gone has let go of its notes
                self._send(0x80, key, 0)
        return None if heard_s is None else heard_s - sent_s

    def _send(self, status: int, key: int, velocity: int) -> None:
        try:
            self._output.send(bytes((status | _CHANNEL, key, velocity)))
        except Exception as error:  # each binding has exceptions of its own
            raise NoPort(f"the MIDI output {self._output.name!r} is gone ({one_line(error)})") from error

    def _await(self, key: int, until_s: float) -> float | None:
        while True:
            for message, time_s in self._heard.messages():
                if len(message) == 3 and message[0] & 0xF0 == 0x90 and message[1] == key and message[2]:
                    return time_s
            left_s = until_s - time.perf_counter()
            if left_s <= 0:
                return None
            self._arrived.wait(left_s)
            self._arrived.clear()


def measure_ports(output: str | None, heard: str | None, notes: int = TRIPS, driver: Driver | None = None) -> list[str]:
    """Measures from one port to another, by name, and says what it found; for people.

    Args:
        output: its name or part of it; None for our end of Windows' own loopback, and likewise
        heard: None for the other end.

    Raises:
        BadSetting: too few notes, or too many.
        NoPort: a port is not there, could be several, or does not hear the other.
    """
    if not 1 <= notes <= MOST_TRIPS:
        raise BadSetting(f"notes must be from 1 to {MOST_TRIPS}, not {notes}")
    arrived = threading.Event()
    with ExitStack() as stack:
        if driver is None:
            driver = find_driver()
            stack.callback(driver.close)
        output, heard = _named(output, heard, driver)
        listener = stack.enter_context(InputPort(heard, driver, arrived=arrived.set))
        speaker = stack.enter_context(OutputPort(output, driver))
        found = NoteLoop(speaker, listener, arrived).measure(notes, random.Random())
        return found.lines(speaker.name, listener.name)


def _named(output: str | None, heard: str | None, driver: Driver) -> tuple[str, str]:
    pair = takes_loopback(driver)
    output, heard = output or (OUR_END if pair else None), heard or (THEIR_END if pair else None)
    if output is None or heard is None:
        raise BadSetting(
            f"say by {'--out' if output is None else '--in'} which port; chorale ports lists them; "
            "the input must hear the output"
        )
    return output, heard
