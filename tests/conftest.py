"""What all tests share: fixtures; the fakes stand in fakes.py."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes import Ran
from hypothesis import settings

if TYPE_CHECKING:
    from export.pieces import Piece

settings.register_profile("chorale", deadline=None, max_examples=60)  # a deadline would be a wall-clock assertion
settings.load_profile("chorale")

HOME = Path(__file__).parent.parent


@pytest.fixture
def chorale(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs ``chorale`` with these words, in this process."""
    from companion import cli  # noqa: PLC0415 - a broken import should fail the tests that use it

    def run(*words: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["chorale", *(str(word) for word in words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            cli.main()
        out, err = capsys.readouterr()
        code = left.value.code
        return Ran(code if isinstance(code, int) else int(code is not None), out, err)

    return run


@pytest.fixture
def fresh_python(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The start of a command line for a fresh interpreter that finds our packages."""
    monkeypatch.setenv("PYTHONPATH", str(HOME))
    return [sys.executable]


@pytest.fixture(scope="session")
def jsb_pieces() -> list[Piece]:
    """Every piece of the CSV archive, where it is at hand."""
    from export.jsb import pieces_of_archive, read_archive  # noqa: PLC0415

    place = os.environ.get("CHORALE_JSB")
    if not place:
        pytest.skip("set CHORALE_JSB to jsb_chorales.tgz to test on the real pieces")
    return pieces_of_archive(read_archive(Path(place)))
