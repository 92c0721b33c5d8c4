"""``chorale-train judge`` with models that babble and folders of MIDI files: tables, pictures, files, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.fakes import Babbler
from support.made_up import chorale, piece_of
from support.programs import Ran, chorale_train

from companion.files.midi import read_song, write_chorale
from export.data.pieces import load_pieces, save_pieces
from export.judging.keeping import notes_in_ticks

FEW = ("--continuations", 2, "--bars", 4, "--melodies", 1, "--cadences", 1)


def judge(*words: object) -> Ran:
    return chorale_train("judge", *words)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two training pieces, and two of the test part that go on for more than four bars."""
    pieces = [piece_of(f"jsb-train-{seed}", "train", chorale(seed)) for seed in (1, 2)]
    pieces += [piece_of(f"jsb-test-{seed}", "test", chorale(seed)) for seed in (3, 4)]
    save_pieces(pieces, tmp_path / "jsb.npz")
    return tmp_path


@pytest.fixture
def babbler(monkeypatch: pytest.MonkeyPatch) -> None:
    from export.judging import targets  # noqa: PLC0415

    monkeypatch.setattr(targets, "open_model", lambda name: Babbler())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a copy of a training piece, and one file that cannot be judged."""
    place = tmp_path / "mine"
    place.mkdir()
    write_chorale(place / "copy.mid", notes_in_ticks(chorale(1)), ticks_per_beat=480)
    melody = [note for note in notes_in_ticks(chorale(2)) if note.voice == 0]
    write_chorale(place / "melody.mid", melody, ticks_per_beat=480)
    return place


@pytest.mark.usefixtures("babbler")
def test_a_model_and_a_folder_stand_beside_bach(data: Path, folder: Path) -> None:
    ran = judge("babbler", folder, "--data-dir", data, *FEW)
    lines = ran.out.splitlines()
    assert (ran.code, ran.err) == (0, "")
    assert lines[0] == "| measure | Bach: mean (5–95 %) | babbler continues | babbler harmonises | mine |"
    assert lines[2] == "| pieces | 2 | 2 | 1 | 1 |"
    (copies,) = (line for line in lines if line.startswith("| longest passage of a training piece"))
    assert copies.endswith("| median 23, most 23 out |")
    assert any(line.startswith("closes asked for that come well, babbler: ") for line in lines)
    assert any(line.endswith(" goals are met") for line in lines)
    assert lines[-1].startswith("melody.mid: not judged: ")


@pytest.mark.usefixtures("babbler")
def test_json_is_one_object_that_says_what_was_asked(data: Path) -> None:
    ran = judge("babbler", "--data-dir", data, *FEW, "--seed", 7, "--json")
    found = json.loads(ran.out)
    counted = ["pieces", "copies_looked_for_in", "measures", "cadences", "goals"]
    assert list(found) == ["asked", *counted, "musician", "notices"]
    assert found["asked"] == {
        "continuations": 2,
        "bars": 4,
        "melodies": 1,
        "cadences": 1,
        "seed": 7,
        "live": 1,
        "phrases": 0,
        "tunes": 0,
        "gaps": 0,
        "part": "test",
        "style": "bach",
        "temperature": 0.8,
        "top_p": 0.95,
    }
    assert found["pieces"] == {"Bach": 2, "babbler continues": 2, "babbler harmonises": 1}
    assert found["cadences"]["babbler"]["asked"] == 1
    assert judge("babbler", "--data-dir", data, *FEW, "--seed", 7, "--json").out == ran.out


@pytest.mark.usefixtures("babbler")
def test_what_is_chosen_is_chosen_by_the_validation_part(data: Path, tmp_path: Path) -> None:
    pieces = [*load_pieces(data / "jsb.npz"), piece_of("jsb-valid-5", "valid", chorale(5))]
    save_pieces(pieces, tmp_path / "both" / "jsb.npz")
    kept = tmp_path / "kept"
    words = ("babbler", "--data-dir", tmp_path / "both", *FEW, "--rows", "counted", "--save", kept)
    found = json.loads(judge(*words, "--part", "valid", "--json").out)
    assert (found["asked"]["part"], found["pieces"]["Bach"]) == ("valid", 1)
    assert {path.stem.rpartition("-")[0] for path in kept.glob("babbler*/*.mid")} == {"jsb-valid-5"}


@pytest.mark.usefixtures("babbler")
def test_a_musicians_rows_stand_alone_with_live_harmony_and_what_was_before(data: Path, tmp_path: Path) -> None:
    words = ("babbler", "--data-dir", data, *FEW, "--rows", "musician")
    before = tmp_path / "before.json"
    before.write_text(judge(*words, "--json").out, "utf-8")
    lines = judge(*words, "--before", before).out.splitlines()
    assert lines[0] == (
        "| a musician hears | Bach (95 % of such sets) | babbler continues | babbler harmonises "
        "| babbler harmonises live |"
    )
    assert lines[2] == "| pieces | 2 | 2 | 1 | 1 |"
    assert " → " in next(line for line in lines if line.startswith("| seventh chords"))
    assert "goals" not in json.loads(before.read_text("utf-8"))
    refused = judge(*words, "--before", before, "--part", "valid")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == (
        f"chorale-train: {before} is of the part 'test', this one of 'valid'; give both the same --part\n"
    )


@pytest.mark.usefixtures("babbler")
def test_a_listener_says_by_what_it_tells_and_needs_eight_bars(data: Path, tmp_path: Path) -> None:
    words = ("babbler", "--continuations", 3, "--bars", 8, "--melodies", 0, "--rows", "listener", "--data-dir")
    assert judge(*words, data).out == "there is nothing of eight bars to listen to\n"
    splits = ("train", "train", "train", "test", "test", "test")
    pieces = [piece_of(f"jsb-{split}-{seed}", split, chorale(seed, 42)) for seed, split in enumerate(splits)]
    save_pieces(pieces, tmp_path / "long" / "jsb.npz")
    lines = judge(*words, tmp_path / "long").out.splitlines()
    assert lines[0] == "| a listener tells from Bach | excerpts | right, % |"
    assert [line.split(" | ")[0] for line in lines[2:4]] == ["| Bach (his training pieces)", "| babbler continues"]
    assert lines[4].startswith("babbler continues is told by ")


@pytest.mark.train
@pytest.mark.usefixtures("babbler")
def test_folk_songs_are_answered_and_harmonised(data: Path) -> None:
    pytest.importorskip("music21")
    ran = judge("babbler", "--data-dir", data, "--pieces", 2, "--rows", "following,metre", "--json")
    found = json.loads(ran.out)
    assert list(found) == ["asked", "following", "metre", "notices"]
    assert list(found["following"]) == ["Bach", "babbler"]
    assert list(found["metre"]) == ["babbler harmonises", "babbler harmonises live"]


@pytest.mark.usefixtures("babbler")
def test_music_is_kept_and_never_written_over(data: Path, tmp_path: Path) -> None:
    words = ("babbler", "--data-dir", data, *FEW, "--save", tmp_path / "kept")
    assert judge(*words).out.splitlines()[-1] == f"wrote 6 MIDI files into {tmp_path / 'kept'}"
    written = {path.relative_to(tmp_path / "kept").as_posix() for path in (tmp_path / "kept").rglob("*.mid")}
    assert written == {
        "Bach/jsb-test-3.mid",
        "Bach/jsb-test-4.mid",
        "babbler continues/jsb-test-3-0.mid",
        "babbler continues/jsb-test-4-0.mid",
        "babbler harmonises/jsb-test-3-0.mid",
        "babbler harmonises live/jsb-test-3-0.mid",
    }
    assert read_song(tmp_path / "kept" / "Bach" / "jsb-test-3.mid").track_names[0] == "Soprano"
    again = judge(*words)
    assert (again.code, again.out) == (1, "")
    assert again.err == (
        f"chorale-train: {tmp_path / 'kept' / 'Bach'} exists; choose another folder, or --force to write into it\n"
    )
    assert judge(*words, "--force").code == 0


@pytest.mark.train
@pytest.mark.usefixtures("babbler")
def test_distributions_are_drawn_side_by_side(data: Path, folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    words = ("babbler", folder, "--data-dir", data, *FEW, "--plots", tmp_path / "plots")
    picture, traits = tmp_path / "plots" / "distributions.png", tmp_path / "plots" / "traits.png"
    lines = judge(*words).out.splitlines()
    assert lines[-2:] == [f"wrote {picture}", f"wrote {traits}"]
    assert all(each.read_bytes().startswith(b"\x89PNG") for each in (picture, traits))
    assert judge(*words).err == f"chorale-train: {picture} exists; choose another name, or --force to replace it\n"


def test_faults_are_one_line(data: Path, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "melodies").mkdir()
    (folder / "melody.mid").rename(tmp_path / "melodies" / "melody.mid")
    for words, says in (
        (("nobody",), "unknown model 'nobody'"),
        (
            (folder, "--rows", "loud"),
            "--rows are some of counted, musician, following, metre, rewriting, listener, or all, not",
        ),
        ((folder, "--part", "train"), "--part is valid or test, not 'train'"),
        ((folder, "--part", "valid"), "the JSB set holds no valid pieces"),
        ((folder, "--before", folder / "copy.mid"), f"{folder / 'copy.mid'} holds no musician's rows"),
        ((folder, folder), "two columns would be called mine"),
        ((tmp_path / "none",), "no MIDI files"),
        ((tmp_path / "melodies",), f"{tmp_path / 'melodies'} holds nothing to judge; melody.mid: not judged: "),
    ):
        ran = judge(*words, "--data-dir", data)
        assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
        assert ran.err.startswith(f"chorale-train: {says}")
