"""``python -m tests.golden REVISION``: whether the music is still what it was, byte for byte.

Forty inputs go through the programs of an earlier revision and of this tree, side by side on one machine:
openings continued, tunes harmonised, the demo, and logs of jams played again. What they write is compared.
A difference is named, and is right only where a change meant it.
"""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import mido

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PIECES = sorted((ROOT / "docs" / "listen").glob("seed-*-bach.mid"))
TUNES = sorted(HERE.glob("*.mid"))
LOGS = sorted(HERE.glob("jam-*.jsonl"))

CONTINUED = ("", "--style free", "--bars 4 -t 1.1", "--key 'e minor'", "--density 0.7", "--velocity entropy")
HARMONISED = ("--voice soprano", "--voice bass", "--voice alto --style free", "--voice tenor --density -0.7")


class Case(NamedTuple):
    """One call of the program; ``{out}`` stands for the file that it writes, if it writes one."""

    name: str
    words: tuple[str, ...]


def cases() -> Iterator[Case]:
    for number, piece in enumerate(PIECES):
        options = shlex.split(CONTINUED[number % len(CONTINUED)])
        seed = ("--seed", str(number), "-o", "{out}")
        yield Case(f"continue {piece.stem}", ("continue", str(piece), *options, *seed))
        options = shlex.split(HARMONISED[number % len(HARMONISED)])
        yield Case(f"harmonise {piece.stem}", ("harmonise", str(piece), *options, *seed))
    for number, tune in enumerate(TUNES):
        yield Case(f"continue {tune.stem}", ("continue", str(tune), "--seed", str(number), "-o", "{out}"))
    for tune in TUNES[:4]:
        yield Case(f"harmonise {tune.stem}", ("harmonise", str(tune), "--seed", "3", "-o", "{out}"))
    for seed in ("1", "2"):
        yield Case(f"demo {seed}", ("demo", "--fast", "--plain", "--seed", seed))
    for log in LOGS:
        yield Case(f"replay {log.stem}", ("replay", str(log)))


def outcome(tree: Path, case: Case) -> bytes:
    """What a tree's program says and writes."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.mid"
        words = [word.replace("{out}", str(out)) for word in case.words]
        command = [sys.executable, "-m", "companion", *words]
        done = subprocess.run(command, cwd=folder, env=_environment(tree), capture_output=True, check=False)
        written = [music_of(path) for path in sorted(Path(folder).glob("*.mid"))]
        said = (done.stdout + done.stderr).replace(folder.encode(), b"") if case.words[0] == "replay" else b""
        return b"\0".join([str(done.returncode).encode(), said, *written])


def music_of(path: Path) -> bytes:
    """A file without the words at its beginning by which it is made again, which are not its music."""
    file = mido.MidiFile(path)
    for track in file.tracks:
        track[:] = [message for message in track if message.type != "text" or message.time]
    data = io.BytesIO()
    file.save(file=data)
    return data.getvalue()


def _environment(tree: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(tree)}


def main(revision: str) -> int:
    differing = 0
    with checkout(revision) as before:
        for number, case in enumerate(cases(), 1):
            is_same = outcome(before, case) == outcome(ROOT, case)
            differing += not is_same
            sys.stdout.write(f"{number:>3}  {'same' if is_same else 'DIFFERS':<8} {case.name}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{differing} differ\n" if differing else "all the same\n")
    return int(differing > 0)


@contextmanager
def checkout(revision: str) -> Iterator[Path]:
    """A tree of an earlier revision, for as long as it is needed."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "before"
        subprocess.run(["git", "-C", str(ROOT), "worktree", "add", "-q", "--detach", str(tree), revision], check=True)
        try:
            yield tree
        finally:
            subprocess.run(["git", "-C", str(ROOT), "worktree", "remove", "--force", str(tree)], check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "HEAD"))
