"""What the tests of the Max for Live devices ask of a device file."""

from __future__ import annotations

from typing import Any

from max_patches.build import DEVICES
from max_patches.reading import read


def texts(data: bytes) -> list[str]:
    """What is typed into all its boxes."""
    return [node.data.get("text", "") for node in read(data).patch.nodes.values()]


def parameter(data: bytes | None, long_name: str) -> dict[str, Any]:
    """A parameter as Live stores it; without data of the Hub that is shipped."""
    data = (DEVICES / "Chorale Hub.amxd").read_bytes() if data is None else data
    saved = (node.parameter for node in read(data).patch.parameters)
    (found,) = [one for one in saved if one is not None and one["parameter_longname"] == long_name]
    return found


def enum_of(data: bytes | None, long_name: str) -> list[str]:
    """What it chooses among."""
    labels: list[str] = parameter(data, long_name)["parameter_enum"]
    return labels
