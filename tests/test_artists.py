"""What docs/visuals.md shows for TouchDesigner and Houdini, run with stand-ins for these programs."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.fakes import quarters, write_seed
from support.programs import Command

from companion.io.choice_messages import choice
from companion.workbench.table import OF_CHOICE, OF_NOTE, TABLE_COLUMNS

DOCUMENT = (Path(__file__).parents[1] / "docs" / "visuals.md").read_text("utf-8")


def shown(title: str) -> list[str]:
    """The Python under a heading."""
    section = DOCUMENT.split(f"### {title}\n")[1].split("\n### ")[0]
    return re.findall(r"```python\n(.*?)```", section, re.DOTALL)


def test_rows_become_a_texture_in_touchdesigner() -> None:
    cooked: list[bool] = []
    top = SimpleNamespace(cook=lambda *, force: cooked.append(force))
    heard: dict[str, Any] = {"op": {"script1": top}.__getitem__}
    callbacks, texture = shown("TouchDesigner")
    exec(callbacks, heard)
    for step, voice, token in ((132, 0, 2), (133, 3, 47), (196, 1, 0)):
        shares = [0.0] * 48
        shares[token] = 1.0
        address, arguments = choice(step, voice, 60, 1.0, 0.0, shares)
        heard["onReceiveOSC"](None, 0, "", b"", 0, address, list(arguments), None)
    heard["onReceiveOSC"](None, 0, "", b"", 0, "/chorale/attention", [1, 1, 0.5], None)
    made: dict[str, Any] = {"mod": {"oscin1_callbacks": SimpleNamespace(**heard)}.__getitem__}
    exec(texture, made)
    pictures: list[Any] = []
    made["onCook"](SimpleNamespace(copyNumpyArray=pictures.append))
    (picture,) = pictures
    assert (picture.shape, picture.dtype, cooked) == ((64, 48, 4), "float32", [True] * 3)
    assert [tuple(place) for place in zip(*picture.nonzero(), strict=True)] == [(4, 0, 1), (4, 2, 0), (5, 47, 3)]


class Geometry:
    """As much of Houdini's as is used."""

    def __init__(self) -> None:
        self.named: dict[str, float] = {}
        self.points: list[Any] = []

    def addAttrib(self, _: object, name: str, default: float) -> None:  # noqa: N802 - Houdini's name
        self.named[name] = default

    def createPoint(self) -> Any:  # noqa: N802
        point = SimpleNamespace(place=None, values={})
        point.setPosition = lambda place: setattr(point, "place", place)
        point.setAttribValue = point.values.__setitem__
        self.points.append(point)
        return point


def test_notes_become_points_in_houdini(chorale: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_seed(tmp_path / "tune.mid", [quarters([64, 67, 66, 64])])
    assert chorale("harmonise", "tune.mid", "--seed", 1, "--trace", "out.csv").code == 0
    geometry = Geometry()
    hou = SimpleNamespace(
        pwd=lambda: SimpleNamespace(geometry=lambda: geometry), attribType=SimpleNamespace(Point="point")
    )
    (script,) = shown("Houdini")
    exec(script, {"hou": hou})
    assert set(geometry.named) == set(TABLE_COLUMNS) - {"name", "origin"}
    assert [point.place[1] for point in geometry.points if point.place[2] == 1] == [64, 67, 66, 64]
    assert geometry.points[0].values["p_64"] > 0


def test_its_columns_stand_where_they_are_said_to() -> None:
    numbers = [TABLE_COLUMNS.index(name) + 1 for name in ("pitch", "start_s", "sureness")]
    assert numbers == [3, 5, 15] and "`pitch` is the third, `start_s` the fifth, `sureness` the\nfifteenth" in DOCUMENT
    table = DOCUMENT.split("### The table\n")[1].split("\n### ")[0]
    named = re.findall(r"`(\w+)`", " ".join(row.split("|")[1] for row in table.splitlines() if row.startswith("|")))
    assert [name for name in named if not name.startswith("p_")] == [*OF_NOTE, *OF_CHOICE]
