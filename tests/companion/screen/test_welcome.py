"""The three lines that a double click shows."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from companion.screen.welcome import what_to_do_next


def test_the_program_is_named_as_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    live, devices, alone = what_to_do_next(None)
    assert "Chorale Hub" in live and "Chorale Voice" in live
    assert devices.endswith(": chorale devices --install")
    assert alone.endswith(": chorale demo --play.")
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys, "executable", "/opt/Chorale Companion/chorale")
    _, devices, alone = what_to_do_next(Path("/home/ada/Music"))
    assert devices.endswith(": '/opt/Chorale Companion/chorale' devices --install")
    assert alone.endswith(" demo --play. This jam is kept in /home/ada/Music.")
    monkeypatch.setattr(sys, "platform", "win32")
    assert '"/opt/Chorale Companion/chorale" devices' in what_to_do_next(None)[1]
