"""``python -m tests [PLACE …] [OPTION …]``: lint, types and tests; stops at the first that fails.

With places, which are folders or files of tests seen from here or from the root, their tests alone are run, so
``python -m tests companion/session`` is one room. Options are pytest's: ``-x``, ``-k undo``, ``-m "not slow"``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
PYTEST = ("pytest", "-q", "--durations=15", "-m", "not stress")
SOME_FAILED = 1  # pytest's code
NOTHING_CHOSEN = 5  # pytest's code where options leave no test

Step = tuple[str, ...]

# Hundreds of programs are started: what was compiled is kept, whatever is usual here.
ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}

LINT: tuple[Step, ...] = (("ruff", "check", "."), ("ruff", "format", "--check", "."))

# Two processes, each file in one of them, so that what its tests share is made once.
IN_TWO = ("-n2", "--dist=loadfile", "--no-loadscope-reorder", "-p", "no:benchmark")

# Programs that talk to each other in time wait for most of it. Types and all that needs no clock are looked at
# meanwhile, with what they leave of the processors.
TALKING, BUILT = ("tests/integration", "tests/companion/bench/test_jam.py"), "tests/app"
QUIET: Step = (*PYTEST, *IN_TWO, *(f"--ignore={place}" for place in (*TALKING, BUILT)))
OF_THEIR_OWN = ("-o", "cache_dir=.pytest_cache/talking")  # what failed of them, apart from what others write down
IN_TIME: Step = (*PYTEST, "-p", "no:benchmark", *OF_THEIR_OWN, *TALKING)  # one by one they are done before the others
LAST: Step = (*PYTEST, *IN_TWO, *OF_THEIR_OWN, BUILT)  # .ci/run makes the app meanwhile
# Even so they may miss a deadline: those that fail are tried once more, alone, and what fails then has failed.
ALONE: Step = (*PYTEST, *OF_THEIR_OWN, "--last-failed", "--last-failed-no-failures=none")


def place_of(word: str) -> str | None:
    """The path that a word names, with a test's name behind it or none; None for an option and its value."""
    path, colons, test = word.partition("::")
    found = next(
        (each for each in (TESTS / path, ROOT / path) if path and each.exists() and TESTS in each.parents), None
    )
    return None if word.startswith("-") or found is None else f"{found}{colons}{test}"


def carry_out(step: Step, at_leisure: bool = False) -> int:
    """The exit status of one of these; at leisure it has only what others leave of the processors."""
    _show(step)
    running = subprocess.Popen([sys.executable, "-m", *step], cwd=ROOT, env=ENVIRONMENT)
    try:
        if at_leisure and hasattr(os, "SCHED_IDLE"):
            with suppress(OSError):  # where it is not allowed, all share alike
                os.sched_setscheduler(running.pid, os.SCHED_IDLE, os.sched_param(0))
        return running.wait()
    except BaseException:
        running.terminate()
        running.wait()
        raise


def first_failure(steps: Iterator[int], words: list[str]) -> int:
    """The first exit status that tells of a failure, 0 for none; no test chosen by these words is none."""
    return next((code for code in steps if code and not (code == NOTHING_CHOSEN and words)), 0)


def run_all(words: list[str]) -> Iterator[int]:
    """Do everything, and give one exit status after another."""
    yield from map(carry_out, LINT)
    with _meanwhile((*IN_TIME, *words)) as (talking, output):
        yield carry_out(("mypy",), at_leisure=True)
        yield carry_out((*QUIET, *words), at_leisure=True)
        code = talking.wait()
        _show((*IN_TIME, *words))
        output.seek(0)
        sys.stdout.write(output.read())
    yield carry_out((*ALONE, *TALKING, *words)) if code == SOME_FAILED else code
    code = carry_out((*LAST, *words))
    yield carry_out((*ALONE, BUILT, *words)) if code == SOME_FAILED else code


@contextmanager
def _meanwhile(step: Step) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """One that runs beside what is done in here, and the file that it writes to; it ends with it."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        command = [sys.executable, "-m", *step]
        running = subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=output, stderr=output, text=True)
        try:
            yield running, output
        finally:
            running.terminate()
            running.wait()


def _show(step: Step) -> None:
    sys.stdout.write(f"== {' '.join(step)}\n")
    sys.stdout.flush()


def main(words: list[str]) -> int:
    places = {word: place for word in words if (place := place_of(word))}
    if places:
        return first_failure(iter([carry_out((*PYTEST, *(places.get(word, word) for word in words)))]), words)
    return first_failure(run_all(words), words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
