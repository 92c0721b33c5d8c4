"""Writes the patches beside it: ``python -m max_patches.pd.build``. The same each time, to the byte."""

from __future__ import annotations

import sys
from pathlib import Path

from max_patches.pd import hub, jam, transport, voice, wire

HOME = Path(__file__).parent

PATCHES = {
    "chorale": jam.build,
    "chorale-headless": jam.build_headless,
    "chorale-hub": hub.build,
    "chorale-remote": jam.build_remote,
    "chorale-transport": transport.build,
    "chorale-voice": voice.build,
    "chorale-wire": wire.build,
}


def files() -> dict[Path, str]:
    """What is written, by place."""
    return {HOME / f"{name}.pd": build().file() for name, build in PATCHES.items()}


def main() -> None:
    """Write all, and say what has changed."""
    for path, text in files().items():
        before = path.read_text() if path.is_file() else ""
        path.write_text(text, newline="\n")
        sys.stdout.write(f"{'same' if before == text else 'new '} {path.name}\n")


if __name__ == "__main__":
    main()
