"""Traces read: what was written comes back, and whatever else a file holds is one line."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.fakes import CHORALE, VOICE_NAMES, Babbler, write_seed

from companion.controls.settings import Settings
from companion.errors import BadTrace
from companion.music.song import VoiceNote
from companion.music.vocabulary import VOICES
from companion.visuals import reading
from companion.visuals.reading import LARGEST_TRACE, MOST_TRACED, OLDER_NOTICE, read_trace
from companion.visuals.traced import BarLine, PitchShare, TracedNote
from companion.workbench import jobs
from companion.workbench.jobs import continue_job, run
from companion.workbench.outputs import Outputs, write_outputs

OLDER = Path(__file__).parent

Edit = Callable[[Any], object]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A bar of four voices continued by one."""
    folder = tmp_path_factory.mktemp("trace")
    seed = write_seed(folder / "seed.mid", CHORALE, names=VOICE_NAMES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "open_model", lambda name: Babbler())
        job = continue_job(seed, 1, Settings(model="babbler", seed=7, style="free"))
        write_outputs(job, run(job, lambda done: None), Outputs(folder / "o.mid", trace=folder / "o.json"))
    return (folder / "o.json").read_bytes()


def saved(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_what_was_written_comes_back(plain: bytes, tmp_path: Path) -> None:
    trace, told = read_trace(saved(tmp_path / "t.json", plain)), json.loads(plain)
    assert trace.model == ("babbler", "0" * 64, "any")
    assert (trace.seed, trace.style, trace.key, trace.notices) == (7, "free", told["key"], ())
    assert [list(note) for note in trace.music.notes] == told["music"]["notes"]
    assert trace.music.bars == (BarLine(0, 1), BarLine(1920, 2))
    assert [(one.step, one.tick) for one in trace.frames] == [(one["step"], one["tick"]) for one in told["frames"]]
    for frame, row in zip(trace.frames, told["frames"], strict=True):
        for note, said in zip(frame.notes, row["notes"], strict=True):
            assert (note.origin, note.pitch, note.struck) == (said["origin"], said["pitch"], said["struck"])
            assert [list(share) for share in note.distribution] == said["distribution"]
            assert [list(share) for share in note.raw] == said.get("raw", [])
            assert [list(share) for share in note.taken] == said.get("taken", [])


def test_sureness_is_the_models_own() -> None:
    drawn, said = (PitchShare(60, 1.0),), (PitchShare(64, 0.75), PitchShare(60, 0.25))
    assert TracedNote("model", 60, True, 1.0, drawn, said).sureness == 0.25
    assert TracedNote("model", 60, True, 1.0, drawn).sureness == 1
    assert TracedNote("model", None, False, 1.0, drawn).sureness == 0


@pytest.mark.parametrize("part", ["continued", "harmonised"])
def test_a_trace_of_format_1_is_read(part: str, tmp_path: Path) -> None:
    old = gzip.decompress((OLDER / f"format-1-{part}.json.gz").read_bytes())
    trace, told = read_trace(saved(tmp_path / "old.json", old)), json.loads(old)
    assert (trace.model.name, trace.notices, len(trace.frames)) == ("bach", (OLDER_NOTICE,), len(told["frames"]))
    struck = [
        (frame["step"], voice, note["pitch"])
        for frame in told["frames"]
        for voice, note in enumerate(frame["notes"])
        if note["struck"]
    ]
    assert [(note.start_tick, note.voice, note.pitch) for note in trace.music.notes] == struck
    first, last = trace.frames[0].notes, trace.frames[-1].notes
    added = "model" if part == "harmonised" else "seed"
    assert [note.origin for note in first] == ["seed", added, added, added]
    assert [note.origin for note in last] == ["seed" if part == "harmonised" else "model", "model", "model", "model"]


def test_notes_of_format_1_last_until_their_voice_goes_on(tmp_path: Path) -> None:
    def frame(step: int, pitch: int | None, struck: bool) -> dict[str, Any]:
        note = {"pitch": pitch, "struck": struck, "entropy_bits": 0, "temperature": 0.8, "distribution": [[pitch, 1]]}
        rest = {**note, "pitch": None, "struck": False, "distribution": [[None, 1]]}
        notes = [{"voice": voice, **(rest if at else note)} for at, voice in enumerate(VOICES)]
        return {"step": step, "origin": "seed", "notes": notes}

    frames = [frame(4, 60, True), frame(5, 60, False), frame(6, 60, True), frame(9, 62, True), frame(10, None, False)]
    told = {"format": "chorale-trace/1", "model": "gru", "steps_per_beat": 4, "frames": frames}
    trace = read_trace(saved(tmp_path / "old.json", json.dumps(told).encode()))
    assert [(note.start_tick, note.end_tick, note.pitch) for note in trace.music.notes] == [
        (4, 6, 60),
        (6, 7, 60),  # a long rest is left out of a trace
        (9, 10, 62),
    ]


def whole(**values: Any) -> Edit:
    return lambda told: told.update(values)


def in_frame(**values: Any) -> Edit:
    return lambda told: told["frames"][3].update(values)


def in_note(**values: Any) -> Edit:
    return lambda told: told["frames"][3]["notes"][1].update(values)


def in_music(**values: Any) -> Edit:
    return lambda told: told["music"].update(values)


HUGE = [[60, 0.5]] * 500
HOSTILE: dict[str, tuple[Edit, str]] = {
    "another version": (whole(format="chorale-trace/9"), "its format is 'chorale-trace/9'; this program reads chorale"),
    "no trace": (lambda told: told.clear(), "it does not say its format; this program reads chorale-trace/2 and"),
    "a format that is no text": (whole(format=[["x"]]), "its format is [['x']]; this"),
    "no frames": (whole(frames=None), "frames must be a list of 0 to 20,000, not None"),
    "other steps": (whole(steps_per_beat=8), "steps_per_beat must be a whole number from 4 to 4, not 8"),
    "a model that is a name": (whole(model="gru"), "model must be an object, not 'gru'"),
    "a voice order": (
        lambda told: told["model"].update(voice_order="<b>"),
        "model.voice_order must be fixed or any or",
    ),
    "a seed": (whole(seed=1.5), "seed must be a whole number from 0 to 18,446,744,073,709,551,616, not 1.5"),
    "a style without end": (whole(style="x" * 5000), "style must be text of at most 4000 letters, not 'xxx"),
    "a frame too few notes": (in_frame(notes=[]), "frames[3].notes must be a list of 4, not []"),
    "a step": (in_frame(step=True), "frames[3].step must be a whole number from -10,000,000 to 10,000,000, not True"),
    "a tick": (in_frame(tick=-1), "frames[3].tick must be a whole number from 0 to 2,147,483,648, not -1"),
    "going back": (in_frame(step=-5), "frames[3] does not come after the one before it"),
    "a frame's model": (
        in_frame(model={"name": 3}),
        "frames[3].model.name must be text of at most 4000 letters, not 3",
    ),
    "an echo": (in_frame(echo={"steps_back": 0}), "frames[3].echo.steps_back must be a whole number from 1 to"),
    "a voice": (in_note(voice="tuba"), "frames[3].notes[1].voice must be alto, not 'tuba'"),
    "an origin": (in_note(origin="God"), "frames[3].notes[1].origin must be seed or model, not 'God'"),
    "a pitch": (in_note(pitch=128), "frames[3].notes[1].pitch must be a whole number from 0 to 127, not 128"),
    "a half pitch": (in_note(pitch=60.0), "frames[3].notes[1].pitch must be a whole number from 0 to 127, not 60.0"),
    "struck": (in_note(struck="yes"), "frames[3].notes[1].struck must be true or false, not 'yes'"),
    "entropy": (in_note(entropy_bits="much"), "frames[3].notes[1].entropy_bits must be a number from -0.001 to 16"),
    "a share": (in_note(distribution=[[60, 7]]), "frames[3].notes[1].distribution[0][1] must be a number from 0 to"),
    "a row": (in_note(taken=[[60]]), "frames[3].notes[1].taken[0] must be a list of 2, not [60]"),
    "many pitches": (in_note(raw=HUGE), "frames[3].notes[1].raw must be a list of 0 to 130, not [[60, 0.5]"),
    "attention": (in_note(attention=[-1]), "frames[3].notes[1].attention[0] must be a number from 0 to 1.01, not -1"),
    "no beats": (in_music(ticks_per_beat=0), "music.ticks_per_beat must be a whole number from 1 to 32,767, not 0"),
    "a tempo of none": (in_music(tempos=[[0, 0]]), "music.tempos[0][1] must be a whole number from 1 to 16,777,215"),
    "a bar that goes back": (in_music(bars=[[9, 1], [9, 2]]), "music.bars[1][0] must be a whole number from 10 to"),
    "a note backwards": (in_music(notes=[[0, 9, 9, 60, 80]]), "music.notes[0][2] must be a whole number from 10 to"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_wrong_is_one_line(plain: bytes, tmp_path: Path, name: str) -> None:
    edit, expected = HOSTILE[name]
    told = json.loads(plain)
    edit(told)
    path = saved(tmp_path / "t.json", json.dumps(told).encode())
    with pytest.raises(BadTrace) as caught:
        read_trace(path)
    assert str(caught.value).startswith(f"{path} is not a trace that can be read: {expected}")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "it is no JSON, or cut short: Expecting value at letter 0"),
        (b"\xff\xfe", "it is not text in UTF-8"),
        (b"[" * 200_000, "it is nested too deeply"),
        (b'{"format": NaN}', "NaN is not a number of JSON"),
        (b'{"format": -Infinity}', "-Infinity is not a number of JSON"),
        (b'{"format": 1e999}', "1e999 is not a number of JSON"),
        (b'{"format": 1' + b"0" * 9000 + b"}", "Exceeds the limit (4300 digits) for integer string conversion"),
        (b"3", "it must be an object, not 3"),
    ],
)
def test_what_is_no_json_is_one_line(tmp_path: Path, data: bytes, expected: str) -> None:
    with pytest.raises(BadTrace) as caught:
        read_trace(saved(tmp_path / "t.json", data))
    assert f"is not a trace that can be read: {expected}" in str(caught.value)


def test_one_cut_short_anywhere_is_refused(plain: bytes, tmp_path: Path) -> None:
    for end in range(0, len(plain) - 2, len(plain) // 40):
        with pytest.raises(BadTrace, match="is not a trace that can be read: it is no JSON, or cut short"):
            read_trace(saved(tmp_path / "t.json", plain[:end]))


def test_a_million_frames_are_refused(plain: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = json.loads(plain)
    told["frames"] = [0] * (MOST_TRACED + 1)
    with pytest.raises(BadTrace, match="frames must be a list of 0 to 20,000"):
        read_trace(saved(tmp_path / "t.json", json.dumps(told).encode()))
    monkeypatch.setattr(reading, "LARGEST_TRACE", len(plain) - 1)
    with pytest.raises(BadTrace, match=r"t\.json is larger than"):
        read_trace(saved(tmp_path / "t.json", plain))
    assert LARGEST_TRACE == 64_000_000


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, what in ((tmp_path, "it is a folder"), (tmp_path / "pipe", "it is not a regular file")):
        with pytest.raises(BadTrace, match=what):
            read_trace(path)
    with pytest.raises(BadTrace, match="No such file"):
        read_trace(tmp_path / "none.json")


def test_notes_are_values(plain: bytes, tmp_path: Path) -> None:
    assert isinstance(read_trace(saved(tmp_path / "t.json", plain)).music.notes[0], VoiceNote)
