"""What is played for the listening page: pieces in their order, and music as the file commands make it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from support.fakes import Babbler, read_facts
from support.made_up import chorale, piece_of

from companion.controls.settings import Settings
from companion.errors import BadSetting, OutputExists
from companion.files.midi import write_chorale
from companion.music.vocabulary import VOICES, IntArray, excerpt
from companion.workbench import jobs
from companion.workbench.jobs import continue_job, harmonise_job
from companion.workbench.outputs import Outputs, write_outputs
from companion.workbench.trace import TRACE_FORMAT
from export.data.pieces import Piece
from export.judging.keeping import RESOLUTION, notes_in_ticks
from export.judging.recital import OPENING_STEPS
from export.listening import make
from export.listening.exhibit import CONTINUED, HARMONISED, ORIGINAL, Exhibit, exhibits

pytest.importorskip("matplotlib")
pytestmark = pytest.mark.train

SEVEN_BARS_LEFT_AND_A_BEAT = 37  # chords of a beat


@pytest.fixture
def exhibit() -> Exhibit:
    return Exhibit(7, piece_of("jsb-test-001", "test", chorale(1, SEVEN_BARS_LEFT_AND_A_BEAT)))


def test_seeds_go_to_the_first_test_pieces_that_are_long_enough() -> None:
    pieces = [
        piece_of("jsb-train-001", "train", chorale(1, 48)),
        piece_of("jsb-test-002", "test", chorale(2, 48)),
        piece_of("jsb-test-003", "test", chorale(3, 47)),
        piece_of("jsb-test-004", "test", chorale(4, 60)),
        piece_of("jsb-test-005", "test", chorale(5, 60)),
    ]
    assert [(one.seed, one.piece.name) for one in exhibits(pieces, 2)] == [(1, "jsb-test-002"), (2, "jsb-test-004")]
    for seeds in (0, 4):
        with pytest.raises(BadSetting, match=f"3 test pieces have 12 bars or more, not {seeds}"):
            exhibits(pieces, seeds)


def test_a_begun_bar_is_continued_whole(exhibit: Exhibit) -> None:
    assert exhibit.new_bars == 8
    assert make.continuation(Babbler(), exhibit).total == OPENING_STEPS + 8 * 16


def test_the_continuation_is_what_chorale_continue_makes(
    exhibit: Exhibit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "open_model", lambda name: Babbler())
    opening = write(tmp_path / "opening.mid", excerpt(exhibit.piece.frames, 0, OPENING_STEPS))
    job = continue_job(opening, exhibit.new_bars, Settings(seed=exhibit.seed))
    write_outputs(job, list(job.frames), Outputs(tmp_path / "expected.mid"))
    make.make(Babbler(), [exhibit], outputs := ready(tmp_path, exhibit))
    found = outputs.folder / exhibit.midi(CONTINUED)
    assert found.read_bytes() == (tmp_path / "expected.mid").read_bytes()
    assert read_facts(found).markers == [(OPENING_STEPS * RESOLUTION // 4, "Chorale Companion")]


def test_the_harmonisation_is_what_chorale_harmonise_makes(
    exhibit: Exhibit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "open_model", lambda name: Babbler())
    piece = write(tmp_path / "piece.mid", exhibit.piece.frames)
    job = harmonise_job(piece, 0, Settings(seed=exhibit.seed))
    write_outputs(job, list(job.frames), Outputs(tmp_path / "expected.mid"))
    make.make(Babbler(), [exhibit], outputs := ready(tmp_path, exhibit))
    found = (outputs.folder / exhibit.midi(HARMONISED)).read_bytes()
    assert found == (tmp_path / "expected.mid").read_bytes()


def test_bach_is_written_as_he_stands_in_the_set(exhibit: Exhibit, tmp_path: Path) -> None:
    make.make(Babbler(), [exhibit], outputs := ready(tmp_path, exhibit))
    facts = read_facts(outputs.folder / exhibit.midi(ORIGINAL))
    notes = [(note.channel, note.start, note.end, note.pitch) for track in facts.notes for note in track]
    assert notes == sorted(note[:4] for note in notes_in_ticks(exhibit.piece.frames))
    assert facts.names == [name.capitalize() for name in VOICES]
    assert facts.tempos == [(0, 750_000)]


def test_traces_are_packed_without_a_date(exhibit: Exhibit, tmp_path: Path) -> None:
    make.make(Babbler(), [exhibit], outputs := ready(tmp_path, exhibit))
    for part, steps in ((CONTINUED, OPENING_STEPS + 8 * 16), (HARMONISED, len(exhibit.piece.frames))):
        packed = (outputs.folder / exhibit.trace(part)).read_bytes()
        assert packed[4:8] == bytes(4)  # where gzip puts the time
        trace = json.loads(gzip.decompress(packed))
        assert (trace["format"], trace["model"]["name"], len(trace["frames"])) == (TRACE_FORMAT, "babbler", steps)


def test_pictures_show_all_three() -> None:
    frames = [chorale(seed, 12) for seed in (1, 2, 3)]
    rolls = make.rolls_of(
        Exhibit(1, Piece("bach", "test", frames[2], False, 0)),
        make.Rendering(frames[0]),
        make.Rendering(frames[1], (4,)),
    )
    assert [roll.opening_steps for roll in rolls] == [OPENING_STEPS, 0, 0]
    assert [roll.closes for roll in rolls] == [(), (4,), ()]
    assert [{note.pitch for note in roll.notes} for roll in rolls] == [
        {note.pitch for note in notes_in_ticks(one)} for one in frames
    ]


def test_nothing_is_written_over(exhibit: Exhibit, tmp_path: Path) -> None:
    outputs = ready(tmp_path, exhibit)
    for path in (outputs.page, *(outputs.folder / name for name in exhibit.files)):
        path.touch()
        with pytest.raises(OutputExists, match=f"{path.name} exists"):
            outputs.check([exhibit])
        make.PageFiles(outputs.folder, force=True).check([exhibit])
        path.unlink()
    outputs.check([exhibit])


@pytest.mark.parametrize("folder", [".", ".."])
def test_the_folder_gives_the_page_its_name(folder: str, exhibit: Exhibit) -> None:
    with pytest.raises(BadSetting, match="give the folder a name"):
        make.PageFiles(Path(folder)).check([exhibit])


def ready(folder: Path, exhibit: Exhibit) -> make.PageFiles:
    outputs = make.PageFiles(folder / "listen")
    outputs.check([exhibit])
    return outputs


def write(path: Path, frames: IntArray) -> Path:
    write_chorale(path, notes_in_ticks(frames), ticks_per_beat=RESOLUTION, tempos=make.TEMPOS)
    return path
