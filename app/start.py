"""The first lines of the app: what PyInstaller runs in the place of the command ``chorale``."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress

from companion.frozen import RUN_MODULE

_SEARCHED = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LIBPATH")  # what PyInstaller's bootloader may set


def main() -> None:
    """A process of a jam's, a module by itself, or the program, which is a jam where nothing was typed."""
    multiprocessing.freeze_support()
    give_back_search_path(os.environ)
    if sys.argv[1:2] == [RUN_MODULE]:
        run_alone(sys.argv[2:])
        return
    if not sys.argv[1:]:
        from app.opened import words_of_double_click  # noqa: PLC0415 - a jam's other processes do without

        sys.argv += words_of_double_click()
        with window_kept_open():
            chorale()
    else:
        chorale()


def chorale() -> None:
    """The program as it is everywhere; always raises SystemExit."""
    from companion.cli import main as program  # noqa: PLC0415 - heavier than a module that is run alone may need

    program()


@contextmanager
def window_kept_open() -> Iterator[None]:
    """A window that closes with the program closes after a fault only when that was read."""
    try:
        yield
    except SystemExit as end:
        if end.code and sys.stdin is not None and sys.stdin.isatty():
            with suppress(EOFError, KeyboardInterrupt):
                input("press Return to leave ")
        raise


def give_back_search_path(environment: MutableMapping[str, str]) -> None:
    """Programs of the system's that we start (a browser, FluidSynth) are to find the system's libraries, not ours.

    The bootloader keeps what was there before under another name; our own processes begin with the bootloader again.
    """
    for name in _SEARCHED:
        before = environment.pop(f"{name}_ORIG", None)
        if before is not None:
            environment[name] = before
        else:
            environment.pop(name, None)


def run_alone(words: list[str]) -> None:
    """One of the companion's modules as a program, as ``python -m`` would."""
    name, *rest = words or [""]
    if not name.startswith("companion."):
        sys.exit(f"chorale: {RUN_MODULE} is for the app itself")
    sys.argv = [name, *rest]
    runpy.run_module(name, run_name="__main__")


if __name__ == "__main__":
    main()
