"""The tables of max_patches/README.md against the code."""

from __future__ import annotations

import re

import pytest

from max_patches import hub
from max_patches.build import HOME
from max_patches.checks import CHECKS, addresses
from max_patches.names import GROUPS, MISSING_STEPS, PORT_IN, PORT_OUT, SHARED, SLOTS, TICKS_A_STEP, shared_name
from max_patches.objects import KINDS, REFERENCE
from max_patches.reading import ROOM, read

README = (HOME / "README.md").read_text("utf-8")


def rows(title: str) -> list[list[str]]:
    (section,) = re.findall(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", README, re.DOTALL | re.MULTILINE)
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def test_objects() -> None:
    expected = [
        [
            ", ".join(f"`{name}`" for name in (kind.name, kind.alias) if name),
            kind.reference.removeprefix(REFERENCE),
            kind.speaks_in,
            kind.does,
        ]
        for kind in KINDS.values()
    ]
    assert rows("Objects") == expected


def test_every_object_of_the_table_is_used(shipped: dict[str, bytes]) -> None:
    used = {node.name for data in shipped.values() for node in read(data).patch.nodes.values()}
    assert used - {ROOM} == set(KINDS)


def test_checks() -> None:
    assert [row[0] for row in rows("Checks")] == [f"`{name}`" for name in CHECKS]


def test_checks_that_are_called_upon_exist() -> None:
    points = rows("Ableton's points")
    called = [part for _, words in points for part in re.findall(r"[Cc]hecks? (`[^.;:)]*)", words)]
    named = {name for part in called for name in re.findall(r"`([a-z ]+)`", part)}
    assert named <= set(CHECKS)
    assert len(points) > 30


def test_shared_names() -> None:
    assert [row[0] for row in rows("Groups")] == [f"`{shared_name(GROUPS[0], what)}`" for what in SHARED]


@pytest.mark.parametrize(
    "words",
    [
        f"slot = step % {SLOTS}",
        f"it was {MISSING_STEPS} steps ago or more",
        f"More than {TICKS_A_STEP // 4} ticks back or {TICKS_A_STEP * 2} onward",
        f"floor((ticks + r) / {TICKS_A_STEP}), r = {TICKS_A_STEP // 2}",
        f"ports {PORT_IN} and {PORT_OUT}",
        f"one each {hub.ALIVE_MS} ms",
        f"{hub.OFFLINE_MS // 1000} s without another",
    ],
)
def test_numbers(words: str) -> None:
    assert words in README


def test_addresses_that_are_named_exist(shipped: dict[str, bytes]) -> None:
    both = addresses(read(shipped["Chorale Hub"]))
    assert set(re.findall(r"/chorale/[a-z_]+(?:/[a-z_]+)?", README)) <= both["said"] | both["known"]


def test_pictures_and_files_that_are_named_are_there() -> None:
    for name in re.findall(r"\]\((pictures/[^)]+)\)", README):
        assert (HOME / name).is_file()
    for name in re.findall(r"`(\w+\.py)`", README):
        assert (HOME / name).is_file()
