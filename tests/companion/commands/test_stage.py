"""The stage, as it is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.programs import Command

from companion.commands.stage import stage_place
from companion.errors import BadSetting
from companion.stage.place import StagePlace


def test_it_is_asked_for_by_name_or_by_its_place() -> None:
    assert stage_place({}) is None
    assert stage_place({"stage": True}) == StagePlace("127.0.0.1", 0, opens=True)
    assert stage_place({"stage": True, "opens": False}) == StagePlace("127.0.0.1", 0, opens=False)
    assert stage_place({"stage_at": "8010"}) == StagePlace("127.0.0.1", 8010)
    assert stage_place({"stage_at": "0.0.0.0:8010"}) == StagePlace("0.0.0.0", 8010)
    assert stage_place({"stage_at": "[::1]:8010"}) == StagePlace("::1", 8010)


@pytest.mark.parametrize("place", ["", "0", "65536", "here", "127.0.0.1:", "a b:80"])
def test_a_place_that_is_none_is_one_line(place: str) -> None:
    with pytest.raises(BadSetting, match="--stage-at must be a port from 1 to 65535, or host:port, not '"):
        stage_place({"stage_at": place})


def test_what_is_of_the_stage_alone_says_so() -> None:
    with pytest.raises(BadSetting, match="say --stage, too"):
        stage_place({"opens": False})


def test_a_demo_that_does_not_wait_has_no_stage(
    chorale: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = chorale("demo", "--fast", "--stage")
    assert (ran.code, ran.err) == (1, "chorale: --stage shows the demo in time: leave out --fast\n")
    assert list(tmp_path.iterdir()) == []
