"""Traces in lines: the same as in one object, also where they are cut short; and the time of a jam."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.fakes import CHORALE, VOICE_NAMES, Babbler, write_seed

from companion.controls.settings import Settings
from companion.errors import BadTrace
from companion.visuals.checked import Checked
from companion.visuals.lines import CUT_NOTICE, JamTime
from companion.visuals.reading import JAM_NOTICE, read_trace
from companion.workbench import jobs
from companion.workbench.jobs import continue_job, run
from companion.workbench.outputs import Outputs, write_outputs


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one trace as an object and in lines."""
    folder = tmp_path_factory.mktemp("trace")
    seed = write_seed(folder / "seed.mid", CHORALE, names=VOICE_NAMES)
    for ending in ("json", "jsonl"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(jobs, "open_model", lambda name: Babbler())
            job = continue_job(seed, 1, Settings(model="babbler", seed=7))
            outputs = Outputs(folder / "o.mid", trace=folder / f"o.{ending}", force=True)
            write_outputs(job, run(job, lambda done: None), outputs)
    return folder


def saved(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_it_is_the_same_trace(plain: Path) -> None:
    assert read_trace(plain / "o.jsonl") == read_trace(plain / "o.json")


def test_of_one_that_is_cut_short_there_is_what_there_is(plain: Path, tmp_path: Path) -> None:
    data = (plain / "o.jsonl").read_bytes()
    whole = read_trace(plain / "o.jsonl")
    head = data.index(b"\n") + 1
    for end in range(head, len(data), len(data) // 50):
        trace = read_trace(saved(tmp_path / "t.jsonl", data[:end]))
        kept = data[:end].count(b"\n") - 1
        ends_whole = data[end - 1 : end] == b"\n"
        assert trace.frames == whole.frames[:kept]
        assert trace.notices == (() if ends_whole else (CUT_NOTICE,))
    assert read_trace(saved(tmp_path / "t.jsonl", data[:-1])) == whole  # but for the end of its last line
    for end in range(0, head - 1, head // 20):
        with pytest.raises(BadTrace, match="it is empty, or cut short in its first line"):
            read_trace(saved(tmp_path / "t.jsonl", data[:end]))


def lines_of(*rows: Any) -> bytes:
    return b"".join(row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows)


HEAD = {
    "format": "chorale-trace/2",
    "lines": True,
    "model": {"name": "gru", "sha256": "0" * 64, "voice_order": "any"},
    "seed": 1,
    "style": "bach",
    "key": None,
    "steps_per_beat": 4,
    "voices": ["soprano", "alto", "tenor", "bass"],
}


def frame(step: int, pitch: int | None = 60, struck: bool = True, **more: Any) -> dict[str, Any]:
    """Of a jam; all voices do the same."""
    note = {"origin": "model", "pitch": pitch, "struck": struck, "entropy_bits": 1, "distribution": [[pitch, 1]]}
    notes = [{"voice": voice, **note} for voice in HEAD["voices"]]  # type: ignore[attr-defined]
    place = {"bar": step // 16 + 1, "step_of_bar": step % 16, "bpm": 120.0, "origin": "model"}
    return {"step": step, "tick": 120 * step, **place, "notes": notes, **more}


def test_frames_that_are_taken_back_are_none(tmp_path: Path) -> None:
    rows = [HEAD, frame(4), frame(5), frame(6), {"taken_back": 5}, frame(5, 62), {"news": 1}, {"taken_back": 99}]
    trace = read_trace(saved(tmp_path / "t.jsonl", lines_of(*rows)))
    assert [(one.step, one.notes[0].pitch) for one in trace.frames] == [(4, 60), (5, 62)]
    assert trace.notices == (JAM_NOTICE,)


def test_a_jam_without_a_note_is_shown_too(tmp_path: Path) -> None:
    trace = read_trace(saved(tmp_path / "t.jsonl", lines_of(HEAD)))
    assert (trace.frames, trace.music.notes, trace.music.bars) == ((), (), ())


HOSTILE: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "it is empty, or cut short in its first line"),
    "no JSON": (b"hello\nthere\n", "line 1: it is no JSON, or cut short: Expecting value at letter 0"),
    "a list": (b"[]\n", "line 1 must be an object, not []"),
    "not UTF-8": (b"\xff\n", "line 1: it is not text in UTF-8"),
    "the log of a jam": (
        b'{"format":"chorale-jam/1"}\n',
        "its format is 'chorale-jam/1'; this program reads chorale-trace",
    ),
    "a line in the middle": (lines_of(HEAD, frame(4), b"{oh\n", frame(5)), "line 3: it is no JSON, or cut short"),
    "a number": (lines_of(HEAD, b"5\n"), "line 2 must be an object, not 5"),
    "NaN": (lines_of(HEAD, b'{"step":NaN}\n'), "line 2: NaN is not a number of JSON"),
    "a step": (lines_of(HEAD, {**frame(4), "step": "x"}), "step in line 2 must be a whole"),
    "taken back": (lines_of(HEAD, {"taken_back": None}), "taken_back in line 2 must be a whole number"),
    "going back": (lines_of(HEAD, frame(4), frame(3)), "frames[1] does not come after the one before it"),
    "a tempo": (lines_of(HEAD, frame(4, bpm=1e9)), "frames[0].bpm must be a number from 4 to 1000"),
    "a bar": (lines_of(HEAD, frame(4, bar="x")), "frames[0].bar must be a whole number"),
    "a place": (lines_of(HEAD, frame(4, step_of_bar=-1)), "frames[0].step_of_bar must be a whole number"),
    "a note": (lines_of(HEAD, frame(4, pitch=300)), "frames[0].notes[0].pitch must be a whole number from 0 to 127"),
    "notes": (lines_of(HEAD, frame(4, notes=[])), "frames[0].notes must be a list of 4"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_wrong_is_one_line(tmp_path: Path, name: str) -> None:
    data, expected = HOSTILE[name]
    with pytest.raises(BadTrace) as caught:
        read_trace(saved(tmp_path / "t.jsonl", data))
    assert f"t.jsonl is not a trace that can be read: {expected}" in str(caught.value)
    assert str(caught.value).isprintable()


def time_of(*frames: dict[str, Any]) -> JamTime:
    return JamTime.of([Checked(one) for one in frames])


def test_a_jams_time_begins_with_the_bar_of_its_first_frame() -> None:
    time = time_of(frame(20), frame(21))
    assert (time.ticks, time.bars) == ([4, 5], [(0, 2)])


def test_of_a_long_pause_a_beat_is_left() -> None:
    time = time_of(frame(0), frame(12), frame(4000), frame(4001))
    assert time.ticks == [0, 12, 17, 18]
    assert time.bars == [(0, 1), (17, 251)]


def test_it_goes_with_the_tempo_and_the_bars_of_the_song() -> None:
    jump = {"bar": 9, "step_of_bar": 6}
    time = time_of(frame(0), frame(1, bpm=60.0), frame(2, bpm=None), frame(3, **jump), frame(4, bar=9, step_of_bar=7))
    assert time.tempos == [(0, 500_000), (1, 1_000_000), (3, 500_000)]
    assert time.bars == [(0, 1), (1, 9)]
