"""``python -m app.smoke [FOLDER]``: the app tried in a minute on any system, in an environment that is all but empty.

The whole trial, ``tests/app/test_app.py``, is run on Linux.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from app.__main__ import NAME, ROOT, tell

_PROGRAM = {
    "darwin": Path(f"{NAME}.app", "Contents", "MacOS", "chorale"),
    "win32": Path(NAME, "chorale.exe"),
}
_NEEDED = ("SYSTEMROOT", "TEMP", "TMP", "LANG", "PYTHONUTF8")  # Windows starts nothing without the first three
_DEVICES = 4


def main(words: Sequence[str]) -> int:
    dist = Path(*words).resolve() if words else ROOT / "build" / "app" / "dist"
    program = dist / _PROGRAM.get(sys.platform, Path(NAME, "chorale"))
    with tempfile.TemporaryDirectory(prefix="Bächlein ") as name:
        smoke(program, Path(name))
    return 0


def smoke(program: Path, folder: Path) -> None:
    """Runs some commands in a folder; exits where one fails, or leaves out what it should write."""
    environment = {name: os.environ[name] for name in _NEEDED if name in os.environ}
    environment |= {"HOME": str(folder), "USERPROFILE": str(folder)}
    (folder / "User Library").mkdir()
    for line in (
        ("--version",),
        ("doctor",),
        ("demo", "--fast", "--seed", "1"),
        ("continue", "demo.mid", "--bars", "2", "-o", "longer.mid"),
        ("devices", "--install", "User Library"),
        ("bench", "--frames", "100"),
    ):
        tell(f"== chorale {' '.join(line)}")
        done = subprocess.run([program, *line], cwd=folder, env=environment, stdin=subprocess.DEVNULL, check=False)
        if done.returncode:
            sys.exit(f"python -m app.smoke: chorale {line[0]} ended with {done.returncode}")
    written = [(folder / name).is_file() for name in ("demo.mid", "demo.wav", "longer.mid")]
    if not all(written) or len(list(folder.rglob("*.amxd"))) != _DEVICES:
        sys.exit("python -m app.smoke: not all was written")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
