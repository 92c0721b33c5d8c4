"""The devices as they are shipped."""

from __future__ import annotations

import pytest

from max_patches import hubnames, voicenames
from max_patches.build import DEVICES

ORDER_FREE = {"Chorale Hub": hubnames.ORDER_FREE, "Chorale Voice": voicenames.ORDER_FREE}


@pytest.fixture(scope="session")
def shipped() -> dict[str, bytes]:
    """The bytes of each device, by name."""
    return {path.stem: path.read_bytes() for path in sorted(DEVICES.glob("*.amxd"))}


@pytest.fixture(scope="session")
def order_free() -> dict[str, frozenset[str]]:
    """Which local names many may receive, by device."""
    return ORDER_FREE
