"""``python -m tests.composing``: types the commands of docs/composing.md, in its folder, which so has what it shows."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from unittest import mock

from companion.cli import app
from companion.workbench.kinds import beside

PAGE = Path(__file__).resolve().parents[1] / "docs" / "composing.md"
WORDS = {"harmonise": "harmonised", "continue": "continued", "rewrite": "rewritten"}  # in the names of what is made


def commands() -> list[list[str]]:
    """The words of each command that the page types, without ``chorale``."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    lines = [line for language, block in blocks if not language for line in block.splitlines()]
    return [shlex.split(line)[1:] for line in lines if re.match(r"chorale [a-z]+ ", line)]


def outputs(words: list[str]) -> list[str]:
    """The names of the files that a command writes: of its music, and of pictures beside it."""
    command, source, *options = words
    music = beside(Path(source), WORDS[command])
    if "-o" in options:
        music = Path(options[options.index("-o") + 1])
    return [music.name, *[music.with_suffix(".png").name] * ("--png" in options)]


def main() -> None:
    """Types them all."""
    os.chdir(PAGE.with_suffix(""))
    for words in commands():
        with mock.patch.object(sys, "argv", ["chorale", *words, "--force"]):
            app(standalone_mode=False)


if __name__ == "__main__":
    main()
