"""A jam played again from its log: the same, or told where it comes out otherwise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.logs import Row, beginning, made_now, write
from support.programs import Command

from companion.commands import replay
from companion.model.library import open_model

STEPS = 12  # of its frames, so that no test takes long


@pytest.fixture
def rows(tmp_path: Path) -> list[Row]:
    """The beginning of a real jam, its frames as this build makes them."""
    return made_now(beginning("jam-2.jsonl", STEPS), tmp_path / "made.jsonl")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "jam.jsonl"


def test_the_same_build_makes_the_same_frames(chorale: Command, rows: list[Row], log: Path) -> None:
    write(log, rows)
    ran = chorale("replay", log)
    assert (ran.code, ran.out, ran.err) == (0, f"{STEPS} frames, all the same\n", "")


def test_progress_is_told(rows: list[Row], log: Path) -> None:
    write(log, rows)
    told: list[tuple[int, ...]] = []
    replay.replay(log, open_model, lambda *done: told.append(done))
    assert {total for _, total in told} == {STEPS}
    assert max(done for done, _ in told) >= STEPS - 1


def test_an_older_log_in_which_time_stood_still(chorale: Command, log: Path) -> None:
    """Frames are fixed, and then a voice is locked, at one position: the lock changes none of them."""
    whole = made_now(beginning("jam-4.jsonl", STEPS), log)
    lock = next(place for place, row in enumerate(whole) if row.get("name") == "voice/lock")
    write(log, whole[:lock])
    assert chorale("replay", log).out == "3 frames, all the same\n"
    write(log, whole)
    assert chorale("replay", log).out == f"{STEPS} frames, all the same\n"


def test_a_changed_frame_is_told_by_its_step(chorale: Command, rows: list[Row], log: Path) -> None:
    changed = [row for row in rows if row.get("kind") == "frame"][STEPS // 2]
    changed["tokens"] = [token + 1 for token in changed["tokens"]]
    write(log, rows)
    ran = chorale("replay", log)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"chorale: {log}: another build made it: step {changed['step']} comes out otherwise\n"


def test_frames_that_are_not_made_again_are_told(chorale: Command, rows: list[Row], log: Path) -> None:
    rows.append({**[row for row in rows if row.get("kind") == "frame"][-1], "step": 999})
    write(log, rows)
    assert chorale("replay", log).err.endswith("step 999 comes out otherwise\n")


@pytest.mark.parametrize("changed", [{"a_new_one": 1}, {"voices": [{"unheard_of": 1}]}, {"voices": 7}])
def test_settings_of_another_build(chorale: Command, rows: list[Row], log: Path, changed: Row) -> None:
    rows[0]["settings"] |= changed
    write(log, rows)
    ran = chorale("replay", log)
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert ran.err.startswith("chorale: the settings in the log are of another version: ")


@pytest.mark.parametrize(
    ("place", "line", "complaint"),
    [
        (0, "no log", "is no log of a jam; expected one in the format chorale-jam/1"),
        (0, '{"format":"chorale-jam/9"}', "is in the format 'chorale-jam/9'; expected chorale-jam/1"),
        (0, '{"format":"chorale-jam/1"}', "is damaged in line 1"),
        (3, '{"now":0.0,"kind":"no', "is damaged at byte"),
    ],
)
def test_a_damaged_log(chorale: Command, rows: list[Row], log: Path, place: int, line: str, complaint: str) -> None:
    lines = [json.dumps(row) for row in rows]
    lines[place] = line
    log.write_text("\n".join(lines))
    ran = chorale("replay", log)
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert ran.err.startswith(f"chorale: {log} {complaint}")


@pytest.mark.parametrize(
    ("added", "complaint"),
    [
        ([{"kind": "note", "at": 1e6, "pitch": 60, "velocity": 1, "channel": 0}], "a note for step 1000000 at step "),
        ([{"kind": "transport", "event": "start"}], "the log does not say where the bars are at step "),
        ([{"kind": "transport", "event": "metre", "beats": 3}], "the log does not say where the bars are at step "),
        (
            [{"kind": "transport", "event": "start", "address": 1e9, "bar_step": 0, "beats": 4, "unit": 4}],
            "the log does not say where the bars are at step ",
        ),
        ([{"kind": "silence"}] * 20_001, "holds more than 20000 entries for step "),
    ],
)
def test_what_no_jam_does(chorale: Command, rows: list[Row], log: Path, added: list[Row], complaint: str) -> None:
    write(log, [*rows, *({"now": rows[-1]["now"], **row} for row in added), rows[-1]])
    ran = chorale("replay", log)
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert complaint in ran.err


def test_hours_that_were_not_logged_are_not_made(chorale: Command, rows: list[Row], log: Path) -> None:
    """An answer without an end goes on; what is compared is what there is."""
    go = {"now": rows[-1]["now"], "kind": "command", "name": "go", "arguments": [], "effective_step": 9}
    late = {"now": 900_000.0, "kind": "silence"}
    write(log, [*rows, {**go, "name": "mode", "arguments": ["continue"]}, go, late])
    ran = chorale("replay", log)
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "comes out otherwise" in ran.err
