"""Runs a player at the end of a pipe: commands in, reports out, every deadline met in between."""

from __future__ import annotations

import queue
import select
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Protocol

from companion.errors import ChoraleError, one_line
from companion.io.events import PortMissing
from companion.player.lateness import LatenessMeter, involuntary_switches
from companion.player.messages import ClockPortNews, Close, Fault, PlayerCommand, PlayerReport, Ready
from companion.player.player import Player
from companion.player.port import Nowhere, Output

HOP_SECONDS = 0.02  # the loop looks up at least so often: a signal, the port list
READER_HOP_SECONDS = 0.001  # where a pipe cannot be waited for and a deadline be met at once
LAST_WORDS_SECONDS = 0.3  # for reports that nobody takes any more

MonotonicSeconds = Callable[[], float]


class Pipe(Protocol):
    """One end of a ``multiprocessing`` connection."""

    def poll(self, timeout: float = 0.0) -> bool: ...

    def recv(self) -> PlayerCommand: ...

    def send(self, report: PlayerReport) -> None: ...

    def fileno(self) -> int: ...

    def close(self) -> None: ...


class PlayerInbox(Protocol):
    """Where commands arrive."""

    def wait(self, until_s: float) -> PlayerCommand | None:
        """The next command as soon as there is one, None once the time has come; EOFError when no more can come."""


class SelectInbox:
    """Sleeps in the system's ``select``, which both a message and a deadline end within some microseconds."""

    def __init__(self, pipe: Pipe, clock: MonotonicSeconds) -> None:
        self._pipe = pipe
        self._clock = clock

    def wait(self, until_s: float) -> PlayerCommand | None:
        remaining_s = max(until_s - self._clock(), 0.0)
        ready, _, _ = select.select([self._pipe.fileno()], [], [], remaining_s)
        return self._pipe.recv() if ready else None


class ReaderInbox:
    """A thread reads, and the loop sleeps in short hops: Windows waits for a pipe with up to 15 ms of error."""

    def __init__(self, pipe: Pipe, clock: MonotonicSeconds, sleep: Callable[[float], None] = time.sleep) -> None:
        self._pipe = pipe
        self._clock = clock
        self._sleep = sleep
        self._arrived: deque[PlayerCommand | None] = deque()  # None: no more can come
        threading.Thread(target=self._read, name="player inbox", daemon=True).start()

    def _read(self) -> None:
        with suppress(EOFError, OSError):
            while True:
                command = self._pipe.recv()
                self._arrived.append(command)
                if isinstance(command, Close):  # the pipe is about to be closed under us
                    return
        self._arrived.append(None)

    def wait(self, until_s: float) -> PlayerCommand | None:
        while not self._arrived:
            remaining_s = until_s - self._clock()
            if remaining_s <= 0:
                return None
            self._sleep(min(remaining_s, READER_HOP_SECONDS))
        command = self._arrived.popleft()
        if command is None:
            raise EOFError
        return command


class Reporter:
    """Sends reports from a thread of its own: a full pipe never stops the music."""

    WAITING = 1024  # reports; what nobody takes is dropped

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._queue: queue.Queue[PlayerReport | None] = queue.Queue(self.WAITING)
        self._thread = threading.Thread(target=self._send, name="player reports", daemon=True)
        self._thread.start()

    def tell(self, reports: Iterable[PlayerReport]) -> None:
        """Sends these when it can."""
        with suppress(queue.Full):
            for report in reports:
                self._queue.put_nowait(report)

    def close(self) -> None:
        """Sends what is left, but waits for nobody."""
        with suppress(queue.Full):
            self._queue.put_nowait(None)
        self._thread.join(LAST_WORDS_SECONDS)

    def _send(self) -> None:
        with suppress(OSError, ValueError):  # nobody listens any more
            while (report := self._queue.get()) is not None:
                self._pipe.send(report)


def make_inbox(pipe: Pipe, clock: MonotonicSeconds) -> PlayerInbox:
    """The kind that this system waits best with."""
    return ReaderInbox(pipe, clock) if sys.platform == "win32" else SelectInbox(pipe, clock)


def run_player(
    pipe: Pipe,
    open_output: Callable[[], Output],
    *,
    realtime: bool = False,
    stopping: Callable[[], bool] = lambda: False,
    clock: MonotonicSeconds = time.perf_counter,
    inbox: PlayerInbox | None = None,
    open_clock: Callable[[Output], Output] | None = None,
) -> None:
    """Plays until it is told to close, the pipe ends or ``stopping`` says so; then everything is silent.

    open_output: gives the output; where it raises a ChoraleError that is reported, and nothing sounds.
    realtime: what the report Ready says of it.
    open_clock: gives the output of MIDI clock, which may be that of the notes; None: no clock is sent.
    """
    reporter = Reporter(pipe)
    output, missing = _opened(open_output)
    beats, clockless = (None, []) if open_clock is None else _opened(lambda: open_clock(output))
    player = Player(output, clock, LatenessMeter(involuntary_switches()), beats)
    clock_port = "" if beats is None else beats.name
    reporter.tell([*missing, *map(ClockPortNews, clockless), Ready(output.name, realtime, clock_port)])
    try:
        _loop(player, inbox or make_inbox(pipe, clock), reporter, stopping, clock)
    except (EOFError, OSError):
        pass  # the other side is gone
    except Exception as error:
        reporter.tell([Fault(f"{type(error).__name__}: {one_line(error)}")])
    finally:
        player.close()
        reporter.tell(player.take_reports())
        reporter.close()
        pipe.close()


def _opened(open_output: Callable[[], Output]) -> tuple[Output, list[PortMissing]]:
    try:
        return open_output(), []
    except ChoraleError as error:
        return Nowhere(), [PortMissing(str(error))]


def _loop(
    player: Player, inbox: PlayerInbox, reporter: Reporter, stopping: Callable[[], bool], clock: MonotonicSeconds
) -> None:
    while not stopping():
        player.meter.mark()
        hop_s = clock() + HOP_SECONDS
        deadline_s = player.next_deadline_s()
        command = inbox.wait(hop_s if deadline_s is None else min(deadline_s, hop_s))
        if isinstance(command, Close):
            return
        if command is not None:
            player.receive(command)
        player.due(clock())
        player.keep_house(clock())
        reporter.tell(player.take_reports())
