"""Single keys from a terminal: the bytes, a real pseudo-terminal, and a console as Windows has it."""

from __future__ import annotations

import io
import os
import pty
import select
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.screen.keyboard import Decoder, NoKeyboard, PosixKeyboard, WindowsKeyboard, open_keyboard


def decoded(*chunks: bytes) -> list[str]:
    decoder = Decoder()
    keys = [key for chunk in chunks for key in decoder.feed(chunk)]
    return keys + list(decoder.pause())


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"cT+?", ["c", "T", "+", "?"]),
        (b" \r\n\t\x7f\x08", ["space", "enter", "enter", "tab", "backspace", "backspace"]),
        (b"\x01\x0c\x1a", ["ctrl-a", "ctrl-l", "ctrl-z"]),
        (b"\x1b[A\x1b[B\x1b[C\x1b[D", ["up", "down", "right", "left"]),
        (b"\x1bOA\x1bOB", ["up", "down"]),
        (b"\x1b", ["escape"]),
        (b"\x1b\x1b", ["escape", "escape"]),
        (b"\x1b\x1b[A", ["escape", "up"]),
        (b"\x1bp", []),  # Alt and p
        (b"\x1b[3~\x1b[15~\x1b[1;5Ax", ["x"]),  # delete, F5, Ctrl and up
        (b"\x1b[<0;10;20Mq", ["q"]),  # a mouse
        (b"\x1b[12;40Rq", ["q"]),  # an answer to a question for the cursor's place
        (b"\x1b[200~c\x1b[201~", ["c"]),  # pasted
        (b"\x1b[\x1b[A", ["up"]),  # a sequence that was cut off
        ("é♪\u0300\u200b".encode(), ["é", "♪", "\u0300"]),
        (b"\xff\x00c", ["\ufffd", "c"]),
    ],
)
def test_bytes_to_keys(data: bytes, keys: list[str]) -> None:
    assert decoded(data) == keys
    assert decoded(*(data[place : place + 1] for place in range(len(data)))) == keys


def test_a_pause_decides_what_an_escape_is() -> None:
    decoder = Decoder()
    assert list(decoder.feed(b"\x1b")) == []
    assert list(decoder.pause()) == ["escape"]
    assert list(decoder.feed(b"[A")) == ["[", "A"]
    assert list(decoder.feed(b"\x1b[")) == []
    assert list(decoder.pause()) == []  # a sequence that is under way
    assert list(decoder.feed(b"A")) == ["up"]


@given(st.lists(st.binary(max_size=12), max_size=12))
def test_whatever_comes(chunks: list[bytes]) -> None:
    for key in decoded(*chunks):
        assert len(key) == 1 or key.isascii()


class Terminal(NamedTuple):
    """A pseudo-terminal: what types, and what reads."""

    typing: int
    reading: int

    def settings(self) -> list[Any]:
        return termios.tcgetattr(self.reading)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    master, slave = pty.openpty()
    yield Terminal(master, slave)
    for file in (master, slave):
        with suppress(OSError):  # a test may have closed it
            os.close(file)


class TestPosix:
    def test_keys_come_at_once_and_without_an_echo(self, terminal: Terminal) -> None:
        with PosixKeyboard(terminal.reading) as keyboard:
            assert keyboard.poll() == []
            os.write(terminal.typing, b"c\x1b[A \x13\x1a")  # Ctrl-S and Ctrl-Z as well
            assert keyboard.poll() == ["c", "up", "space", "ctrl-s", "ctrl-z"]
            assert keyboard.poll() == []
            assert keyboard.fileno() == terminal.reading
            os.write(terminal.reading, b"view")
            assert os.read(terminal.typing, 100) == b"view"

    def test_ctrl_c_still_interrupts(self, terminal: Terminal) -> None:
        with PosixKeyboard(terminal.reading):
            settings = terminal.settings()
            assert settings[3] & termios.ISIG
            assert settings[6][termios.VINTR] == b"\x03"

    def test_the_terminal_is_given_back(self, terminal: Terminal) -> None:
        before = terminal.settings()
        keyboard = PosixKeyboard(terminal.reading)
        assert terminal.settings() != before
        os.write(terminal.typing, b"rm -rf ~")  # typed to the jam, and not for the shell
        assert select.select([terminal.reading], [], [], 10.0)[0]  # it has come through
        keyboard.close()
        assert terminal.settings() == before
        assert (keyboard.poll(), keyboard.fileno()) == ([], None)
        keyboard.close()
        assert terminal.settings() == before
        with PosixKeyboard(terminal.reading) as after:
            assert after.poll() == []

    def test_after_an_exception_too(self, terminal: Terminal) -> None:
        before = terminal.settings()
        with pytest.raises(KeyboardInterrupt), PosixKeyboard(terminal.reading):
            raise KeyboardInterrupt
        assert terminal.settings() == before

    def test_a_terminal_that_has_gone(self, terminal: Terminal) -> None:
        with PosixKeyboard(terminal.reading) as keyboard:
            os.close(terminal.typing)
            assert keyboard.poll() == []
            assert keyboard.fileno() is None
            assert keyboard.poll() == []


IN_ITS_OWN_TERMINAL = """
import sys
from companion.screen.keyboard import open_keyboard
from multiprocessing.connection import wait
print("ready", flush=True)
with open_keyboard(sys.stdin) as keyboard:
    print(type(keyboard).__name__, flush=True)
    keys = []
    while "q" not in keys:
        wait([keyboard.fileno()])
        keys += keyboard.poll()
    print(keys, flush=True)
    raise {ending}
"""


@pytest.mark.parametrize(("ending", "code"), [("SystemExit(3)", 3), ("KeyboardInterrupt", -2), ("ValueError", 1)])
def test_in_a_process_that_owns_its_terminal(
    terminal: Terminal, fresh_python: list[str], ending: str, code: int
) -> None:
    before = terminal.settings()
    child = subprocess.Popen(
        [sys.executable, "-c", CONTROLLING, *fresh_python, "-c", IN_ITS_OWN_TERMINAL.format(ending=ending)],
        stdin=terminal.reading,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert child.stdout is not None
    assert [child.stdout.readline(), child.stdout.readline()] == [b"ready\n", b"PosixKeyboard\n"]
    os.write(terminal.typing, b"l1\x1b[Aq")
    out, _ = child.communicate()
    assert (child.returncode, out) == (code, b"['l', '1', 'up', 'q']\n")
    assert terminal.settings() == before


# Makes the terminal on stdin that of this session, as a shell does, and goes on as another program.
CONTROLLING = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""

IN_THE_BACKGROUND = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
child = os.fork()
if not child:
    os.setpgid(0, 0)
    from companion.screen.keyboard import open_keyboard
    print(type(open_keyboard(sys.stdin)).__name__, flush=True)
    os._exit(0)
print(os.waitpid(child, os.WUNTRACED)[1], flush=True)
"""


def test_a_job_in_the_background_has_no_keys_and_is_not_stopped(terminal: Terminal, fresh_python: list[str]) -> None:
    done = subprocess.run(
        [*fresh_python, "-c", IN_THE_BACKGROUND],
        stdin=terminal.reading,
        capture_output=True,
        check=True,
        start_new_session=True,
    )
    assert done.stdout == b"NoKeyboard\n0\n"


def test_what_is_no_terminal_has_no_keys() -> None:
    for stream in (None, io.StringIO("cq")):
        with open_keyboard(stream) as keyboard:
            assert type(keyboard) is NoKeyboard
            assert (keyboard.poll(), keyboard.fileno()) == ([], None)


class Console:
    """``msvcrt`` with keys that were typed before."""

    def __init__(self, typed: str) -> None:
        self.typed = list(typed)

    def kbhit(self) -> bool:
        return bool(self.typed)

    def getwch(self) -> str:
        return self.typed.pop(0)  # an empty list would wait for ever


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("c T\x1b\r\x0c", ["c", "space", "T", "escape", "enter", "ctrl-l"]),
        ("\xe0H\xe0P\x00K\x00M", ["up", "down", "left", "right"]),
        ("\xe0Gq\x00;", ["q"]),  # home and F1 have no name
        ("\xe0", ["à"]),
        ("é", ["é"]),
    ],
)
def test_windows(typed: str, keys: list[str]) -> None:
    with WindowsKeyboard(Console(typed)) as keyboard:
        assert keyboard.poll() == keys
        assert keyboard.poll() == []
        assert keyboard.fileno() is None


def test_windows_is_asked_where_it_is_windows(monkeypatch: pytest.MonkeyPatch, terminal: Terminal) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "msvcrt", Console("c"))
    with os.fdopen(terminal.reading, closefd=False) as stream:
        assert open_keyboard(stream).poll() == ["c"]
