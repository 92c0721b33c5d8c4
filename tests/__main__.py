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

# Two processes, each file in one of them, so that what its tests share is made once. Programs that talk to each
# other in time are tested alone, since beside other work they miss their deadlines.
TOGETHER = (
    *PYTEST,
    "-n2",
    "--dist=loadfile",
    "--no-loadscope-reorder",
    "-p",
    "no:benchmark",
    "--ignore=tests/integration",
    "--ignore=tests/app",
)
ALONE = (*PYTEST, "tests/integration", "tests/app")
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
    return [*LINT, (*TOGETHER, *words), (*ALONE, *words)]


def main(words: list[str]) -> int:
    for step in steps_of(words):
        sys.stdout.write(f"== {' '.join(step)}\n")
        sys.stdout.flush()
        code = subprocess.run([sys.executable, "-m", *step], cwd=ROOT, check=False).returncode
        if code and not (code == NOTHING_CHOSEN and words):
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
