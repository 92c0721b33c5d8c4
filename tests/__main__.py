"""``python -m tests [PLACE …] [OPTION …]``: lint, types and tests, in this order; stops at the first that fails.

With places, which are folders or files of tests seen from here or from the root, their tests alone are run, so
``python -m tests companion/session`` is one room. Options are pytest's: ``-x``, ``-k undo``, ``-m "not slow"``.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
LINT = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",))
PYTEST = ("pytest", "-q", "--durations=15", "-m", "not stress")

# Two processes, each file in one of them, so that what its tests share is made once. Programs that talk to each other
# in time come after all others; beside each other they may still miss a deadline, so that those that fail are tried
# once more, alone: what fails then has failed.
IN_TWO = ("-n2", "--dist=loadfile", "--no-loadscope-reorder", "-p", "no:benchmark")
TALKING = ("tests/integration", "tests/app")
QUIET = (*PYTEST, *IN_TWO, *(f"--ignore={place}" for place in TALKING))
IN_TIME = (*PYTEST, *IN_TWO, *TALKING)
ALONE = (*PYTEST, "--last-failed", "--last-failed-no-failures=none", *TALKING)
SOME_FAILED = 1  # pytest's code
NOTHING_CHOSEN = 5  # pytest's code where options leave no test


def place_of(word: str) -> str | None:
    """The path that a word names, with a test's name behind it or none; None for an option and its value."""
    path, colons, test = word.partition("::")
    found = next(
        (each for each in (TESTS / path, ROOT / path) if path and each.exists() and TESTS in each.parents), None
    )
    return None if word.startswith("-") or found is None else f"{found}{colons}{test}"


def steps_of(words: list[str]) -> list[tuple[str, ...]]:
    """What is run for these words."""
    places = {word: place for word in words if (place := place_of(word))}
    if places:
        return [(*PYTEST, *(places.get(word, word) for word in words))]
    return [*LINT, (*QUIET, *words), (*IN_TIME, *words)]


def carry_out(step: tuple[str, ...]) -> int:
    """The exit status of one of these."""
    sys.stdout.write(f"== {' '.join(step)}\n")
    sys.stdout.flush()
    return subprocess.run([sys.executable, "-m", *step], cwd=ROOT, check=False).returncode


def main(words: list[str]) -> int:
    for step in steps_of(words):
        code = carry_out(step)
        if code == SOME_FAILED and step[: len(IN_TIME)] == IN_TIME:
            code = carry_out((*ALONE, *words))
        if code and not (code == NOTHING_CHOSEN and words):
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
