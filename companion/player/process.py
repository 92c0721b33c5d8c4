"""Starts and ends a player: in a process of its own, or in a thread."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.util import Finalize
from typing import Any, Protocol, Self

from companion.parent import end_with_parent
from companion.player.clock_port import OpenClockOutput
from companion.player.loop import run_player
from companion.player.messages import Close, PlayerCommand, PlayerReport
from companion.player.port import Output

REALTIME_PRIORITY = 5  # of SCHED_FIFO's 1..99: above all ordinary programs, below those that make the sound
CLOSE_SECONDS = 2.0
ORPHAN_SECONDS = 0.8  # to let go of all notes, once the process that started us is gone
_WINDOWS_HIGH_PRIORITY = 0x80  # HIGH_PRIORITY_CLASS, winbase.h

OpenPlayerOutput = Callable[[], Output]  # must pickle where it travels to another process


class _Runner(Protocol):
    """What a thread and a process have in common."""

    def is_alive(self) -> bool: ...

    def join(self, timeout: float | None = None) -> None: ...


class PlayerHandle:
    """The engine's end of a player. Used by one thread at a time; closes, and can be closed twice."""

    def __init__(self, pipe: Connection[Any, Any], runner: _Runner) -> None:
        self._pipe = pipe
        self._runner = runner
        self._reports: deque[PlayerReport] = deque()
        self._closed = False
        # When this process ends without closing us: before it kills its children, or waits for them.
        self._at_exit = Finalize(self, _end, (pipe, runner, CLOSE_SECONDS), exitpriority=10)

    @classmethod
    def in_process(cls, open_output: OpenPlayerOutput, open_clock: OpenClockOutput | None = None) -> Self:
        """Starts a player in a process of its own; it is ready when it reports Ready.

        open_clock: gives the output that MIDI clock goes out on; None: none does.
        """
        context = multiprocessing.get_context("spawn")  # the same on all systems, and safe beside threads
        ours, theirs = context.Pipe()
        arguments = theirs, open_output, open_clock
        process = context.Process(target=player_process, args=arguments, name="chorale player", daemon=True)
        process.start()
        theirs.close()  # else its end would not be noticed
        return cls(ours, process)

    @classmethod
    def in_thread(cls, open_output: OpenPlayerOutput, open_clock: OpenClockOutput | None = None) -> Self:
        """Starts a player in a thread of this process."""
        ours, theirs = multiprocessing.Pipe()
        arguments = theirs, open_output, open_clock
        thread = threading.Thread(target=_player_thread, args=arguments, name="chorale player", daemon=True)
        thread.start()
        return cls(ours, thread)

    @property
    def alive(self) -> bool:
        """It runs and takes commands."""
        return not self._closed and self._runner.is_alive()

    @property
    def pid(self) -> int | None:
        """Of its process; None for a thread."""
        return getattr(self._runner, "pid", None)

    def send(self, command: PlayerCommand) -> bool:
        """Sends a command; False when nobody is there to take it."""
        try:
            self._pipe.send(command)
        except (OSError, ValueError):  # ended, or closed
            return False
        return True

    def reports(self) -> list[PlayerReport]:
        """What has been reported since the last call; never waits."""
        self._take()
        reports, self._reports = list(self._reports), deque()
        return reports

    def _take(self, timeout_s: float = 0.0) -> None:
        with suppress(EOFError, OSError):
            while self._pipe.poll(timeout_s):
                self._reports.append(self._pipe.recv())
                timeout_s = 0.0

    def close(self, timeout_s: float = CLOSE_SECONDS) -> None:
        """Silences and ends the player, by force where it does not obey; its last reports can still be read."""
        if self._closed:
            return
        self._closed = True
        self._at_exit.cancel()
        _end(self._pipe, self._runner, timeout_s)
        self._take()
        self._pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _end(pipe: Connection[Any, Any], runner: _Runner, timeout_s: float) -> None:
    with suppress(OSError, ValueError):  # it has ended already
        pipe.send(Close())
    runner.join(timeout_s)
    if not isinstance(runner, BaseProcess):
        return
    for force in (runner.terminate, runner.kill):
        if runner.is_alive():
            force()
            runner.join(CLOSE_SECONDS / 2)
    with suppress(ValueError):  # not even that has ended it
        runner.close()


def player_process(
    pipe: Connection[Any, Any], open_output: OpenPlayerOutput, open_clock: OpenClockOutput | None = None
) -> None:
    """The player's process: what it has to itself, and how it ends."""
    end_with_parent(ORPHAN_SECONDS)
    told = _told_to_end()
    realtime = _take_precedence()
    if not realtime:
        _stand_apart()
    gc.collect()
    gc.freeze()
    gc.disable()  # nothing here makes cycles, and a collection would be heard
    run_player(pipe, open_output, realtime=realtime, stopping=told.is_set, open_clock=open_clock)


def _player_thread(
    pipe: Connection[Any, Any], open_output: OpenPlayerOutput, open_clock: OpenClockOutput | None
) -> None:
    run_player(pipe, open_output, realtime=_take_precedence(), open_clock=open_clock)


def _told_to_end() -> threading.Event:
    """Set by the signals that end a process. Ctrl-C is for the program that started us: it decides, and closes us."""
    told = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: told.set())
    return told


def _take_precedence() -> bool:
    """Asks the system to run this thread before ordinary ones; False where it does not let us."""
    try:
        if sys.platform == "win32":
            kernel = ctypes.windll.kernel32
            return bool(kernel.SetPriorityClass(ctypes.c_void_p(-1), _WINDOWS_HIGH_PRIORITY))  # -1: this process
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK  # not for what this thread starts
        os.sched_setscheduler(0, policy, os.sched_param(REALTIME_PRIORITY))
    except (AttributeError, OSError):  # macOS has no such call; elsewhere it may need a right
        return False
    return True


def _stand_apart() -> None:
    """Becomes a session of its own: Linux shares processors fairly between those, however many processes one has."""
    with suppress(AttributeError, OSError):
        os.setsid()
