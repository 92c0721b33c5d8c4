"""Our two programs run in the tests' own process."""

from __future__ import annotations

import contextlib
import importlib
import io
import socket
import sys
from collections.abc import Callable
from typing import NamedTuple
from unittest import mock

import pytest

MODULES = {"chorale": "companion.cli", "chorale-train": "export.cli"}


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


Command = Callable[..., Ran]  # the fixture ``chorale``


def run(program: str, *words: object) -> Ran:
    """The program with these words."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", [program, *map(str, words)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as left,
    ):
        importlib.import_module(MODULES[program]).main()
    code = left.value.code
    return Ran(code if isinstance(code, int) else int(code is not None), out.getvalue(), err.getvalue())


def chorale_train(*words: object) -> Ran:
    """``chorale-train`` with these words."""
    return run("chorale-train", *words)


def free_port() -> int:
    """A UDP port that nobody has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
