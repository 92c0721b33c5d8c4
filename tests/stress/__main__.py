"""``python -m tests.stress WHAT [OPTION …]``: how the companion stands what nobody should do to it; 0: well."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.stress import busy, files, floods, requests

HOME = Path(__file__).parents[2]


def exits(words: list[str]) -> int:
    """Every way in which a part of a jam ends or is held up; needs JACK."""
    command = [sys.executable, "-m", "pytest", "-q", "-m", "stress or peers", "tests/integration/test_exits.py", *words]
    return subprocess.run(command, cwd=HOME, check=False).returncode


# What there is to try: each takes the words after its name and gives an exit code.
COMMANDS = {"files": files.main, "floods": floods.main, "exits": exits, "busy": busy.main, "serve": requests.main}


def main(words: list[str]) -> int:
    if not words or words[0] not in COMMANDS:
        sys.stderr.write(f"python -m tests.stress {'|'.join(COMMANDS)} [OPTION …]\n")
        return 2
    return COMMANDS[words[0]](words[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
