"""``python -m app [FOLDER] [--archive]``: builds the app for this system, by default in ``build/app``.

It takes an environment of its own, so that nothing of the training side comes in whatever this one has, and tells what
came of it: the folder, its bytes and, on Linux, the oldest C library that it runs with.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

from app.archive import bytes_of, oldest_glibc, packed

ROOT = Path(__file__).resolve().parents[1]
NAME = "Chorale Companion"
_FOLDERS, _FILES = ("companion", "export", "models", "max_patches"), ("pyproject.toml", "README.md", "LICENSE")
_UNWANTED = shutil.ignore_patterns("__pycache__", "*.egg-info")


def main(words: Sequence[str] | None = None) -> int:
    asked = _asked(words)
    made = build(asked.folder.resolve())
    tell(f"{made}: {bytes_of(made) / 1e6:.1f} MB")
    if sys.platform == "linux":
        tell(f"needs glibc {oldest_glibc(made)} or later")
    if asked.archive:
        archive = packed(made)
        tell(f"{archive}: {archive.stat().st_size / 1e6:.1f} MB")
    return 0


def _asked(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app", description="Builds the app for this system.")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "app", help="where; it is made anew")
    parser.add_argument("--archive", action="store_true", help="also pack it into one file beside it")
    return parser.parse_args(words)


def build(folder: Path) -> Path:
    """The app, made in this folder: a folder, on macOS a bundle."""
    work, dist = folder / "work", folder / "dist"
    for each in (work, dist):
        shutil.rmtree(each, ignore_errors=True)
    python = _environment(work)
    program = work / "program"  # without the package, so that what is installed is taken
    shutil.copytree(ROOT / "app", program / "app", ignore=_UNWANTED)
    shutil.copy(ROOT / "LICENSE", program)
    tell("collecting by PyInstaller")
    places = ("--distpath", dist, "--workpath", work / "pyinstaller")
    _run([python, "-m", "PyInstaller", "--log-level", "ERROR", *places, program / "app" / "chorale.spec"], program)
    if sys.platform == "linux":
        _strip(dist / NAME)
    return dist / (f"{NAME}.app" if sys.platform == "darwin" else NAME)


def _strip(folder: Path) -> None:
    """Takes the symbols off Python's own libraries, 22 MB of them; what comes in wheels would no longer load."""
    program = shutil.which("strip")
    if program is None:
        tell("note: without strip, of binutils, the app is some 20 MB larger")
        return
    libraries = [
        path for pattern in ("libpython*.so*", "python3*/lib-dynload/*.so") for path in folder.resolve().rglob(pattern)
    ]
    _run([program, "--strip-unneeded", *libraries], folder)


def _environment(work: Path) -> Path:
    """The interpreter of a new environment with the companion and its extra ``app``."""
    source = work / "source"  # a copy, since setuptools leaves what it built where it found it
    for folder in _FOLDERS:
        shutil.copytree(ROOT / folder, source / folder, ignore=_UNWANTED)
    for file in _FILES:
        shutil.copy(ROOT / file, source)
    tell("installing into an environment of its own")
    venv.create(work / "venv", with_pip=True)
    python = work / "venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    _run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"{source}[app]"], work)
    return python


def _run(command: Sequence[str | Path], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, check=False)
    if done.returncode:
        sys.exit(f"python -m app: {' '.join(map(str, command[:4]))} … failed, as said above")


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
