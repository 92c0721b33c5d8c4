"""``chorale jam`` as its user meets it: starts the engine, shows what it does, passes keys on, ends it in order."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import TextIO

from companion.controls.keymap import Local, Strokes, key_help, local
from companion.errors import ChoraleError
from companion.jam.options import JamOptions
from companion.jam.picture import Picture
from companion.jam.process import ENDING_SIGNALS, Ended, Quit, Shown, Stroke, run_engine
from companion.record.recorder import recover
from companion.screen.chooser import View, choose_view
from companion.screen.keyboard import Keyboard, open_keyboard

REFRESH_SECONDS = 0.1  # how long a key or a change of the window's size waits at most
ENDING_SECONDS = 10.0  # for the engine to let go of all notes and save …
NUDGE_SECONDS = 0.4  # … until a signal says it too …
HURRIED_SECONDS = 1.5  # … and when it is asked again


class Asked:
    """How often the jam was asked to end from outside: by Ctrl-C, a closed terminal, or another program."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, *_: object) -> None:
        self.times += 1


def run_jam(
    options: JamOptions,
    plain: bool,
    out: TextIO,
    keys: TextIO | None,
    until_eof: bool = False,
    welcome: Sequence[str] = (),
) -> Ended:
    """Jams until told to end; what is left to say then.

    Args:
        keys: the terminal.
        until_eof: it also ends when nothing can come from there any more: whoever started this program is gone.
        welcome: lines that say what to do, until there is music.

    Raises:
        ChoraleError: the jam could not begin, or broke; everything is silent and saved all the same.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=run_engine, args=(options, there), name="chorale-engine")
    with _heeding() as asked:
        process.start()
        there.close()
        if until_eof and keys is not None:
            _heed_end(keys, asked)
            keys = None
        with open_keyboard(keys) as keyboard:
            has_keys = keyboard.fileno() is not None or sys.platform == "win32"
            with choose_view(out, plain, key_help() if has_keys else ()) as view:
                view.welcome(welcome)
                ended = _show(here, keyboard, view, asked)
        ended = _finish(here, process, ended, asked)
    lines = ended.lines
    if (ended.fault or asked.times) and options.record is not None:  # what the engine could not save itself
        lines = (*lines, *(saved.text for saved in recover(options.record)))
    if ended.fault:
        raise ChoraleError("; ".join([ended.fault, *lines]))
    return ended


def _show(connection: Connection, keyboard: Keyboard, view: View, asked: Asked) -> Ended | None:
    """Until the player leaves or the engine has ended."""
    strokes = Strokes()
    while not asked.times:
        file = keyboard.fileno()  # None from the moment that the terminal is gone
        wait([connection] if file is None else [connection, file], REFRESH_SECONDS)
        ended = _newest(connection, view)
        if ended is not None:
            return ended
        for key in keyboard.poll():
            stroke = strokes.press(key)
            if stroke is not None and _obey(stroke, connection, view):
                return None
            view.prompt(strokes.prompt)
        view.refresh()
    return None


def _obey(stroke: str, connection: Connection, view: View) -> bool:
    """What a stroke says; True to leave."""
    what = local(stroke)
    if what is Local.HELP:
        view.toggle_help()
    elif what is Local.REPAINT:
        view.repaint()
    elif what is None:
        with contextlib.suppress(OSError):
            connection.send(Stroke(stroke, time.perf_counter()))
    return what is Local.QUIT


def _newest(connection: Connection, view: View) -> Ended | None:
    """Shows the last picture that has come; the end, if it has."""
    picture = None
    try:
        while connection.poll():
            message = connection.recv()
            if isinstance(message, Ended):
                return message
            if isinstance(message, Picture):
                picture = message
                connection.send(Shown())
    except (EOFError, OSError):
        return Ended((), "the engine has ended by itself")
    if picture is not None:
        view.show(picture)
    return None


def _finish(
    connection: Connection, process: multiprocessing.process.BaseProcess, ended: Ended | None, asked: Asked
) -> Ended:
    """Asks the engine to end, and waits for it."""
    if ended is None:
        with contextlib.suppress(OSError):
            connection.send(Quit())
        with _nudging(process):
            ended = _await_end(connection, asked)
    connection.close()
    process.join(HURRIED_SECONDS)
    if process.is_alive():
        process.kill()
        process.join()
    return ended


@contextlib.contextmanager
def _nudging(process: multiprocessing.process.BaseProcess) -> Iterator[None]:
    """An engine whose model hangs hears of the end only by a signal; to any other it says nothing new."""
    timer = threading.Timer(NUDGE_SECONDS, process.terminate)
    if sys.platform != "win32":  # where this would end it at once
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _await_end(connection: Connection, asked: Asked) -> Ended:
    """What the engine says last; once asked again it has little time left."""
    before, deadline_s = asked.times, time.monotonic() + ENDING_SECONDS
    with contextlib.suppress(EOFError, OSError):
        while (left_s := deadline_s - time.monotonic()) > 0:
            if asked.times > before:
                before, deadline_s = sys.maxsize, time.monotonic() + HURRIED_SECONDS
            if not connection.poll(min(left_s, REFRESH_SECONDS)):
                continue
            message = connection.recv()
            if isinstance(message, Ended):
                return message
    return Ended() if asked.times > 1 else Ended((), "the engine did not end by itself; it was stopped")


def _heed_end(stream: TextIO, asked: Asked) -> None:
    """Asks for the end when the stream ends; what comes from it is passed over."""
    file = stream.fileno()

    def read() -> None:
        with contextlib.suppress(OSError):
            while os.read(file, 4096):  # not the stream's own: its lock would be held while this program ends
                pass
        asked()

    threading.Thread(target=read, name="standard input", daemon=True).start()


@contextlib.contextmanager
def _heeding() -> Iterator[Asked]:
    """Ctrl-C, a closed terminal and SIGTERM end the jam, also where they were ignored before, as shells do.

    None of them interrupts anything: they are counted, and looked at between two pictures. Once the jam has been
    asked to end they mean nothing more.
    """
    asked = Asked()
    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, *ENDING_SIGNALS)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if asked.times else handler)
