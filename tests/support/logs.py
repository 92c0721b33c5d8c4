"""Beginnings of real jams, with frames as this build makes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from companion.commands import replay
from companion.model.library import open_model
from companion.record.log import read_entries, read_header

LOGS = Path(__file__).parents[1] / "golden"

Row = dict[str, Any]


def beginning(name: str, steps: int) -> list[Row]:
    """A log up to so many of its frames."""
    found: list[Row] = [json.loads(line) for line in (LOGS / name).read_text().splitlines()]
    frames = [place for place, row in enumerate(found) if row.get("kind") == "frame"]
    return found[: frames[steps]]


def made_now(rows: list[Row], path: Path) -> list[Row]:
    """A log with other tokens in its frames, which are as many and of the same steps: those of this build."""
    write(path, rows)
    frames = [row for row in rows if row.get("kind") == "frame"]
    made = replay._played_again(
        read_header(path), list(read_entries(path)), open_model, 2 * len(frames), lambda _: None
    )
    assert [row["step"] for row in frames] == [step for step, _ in made[: len(frames)]]
    for row, (_, tokens) in zip(frames, made, strict=False):
        row["tokens"] = list(tokens)
    return rows


def write(log: Path, rows: list[Row]) -> None:
    """Rows as a log."""
    log.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
