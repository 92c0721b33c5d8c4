"""Data sets: what is kept, what is left out and why, and that nothing held out is in the training part."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.made_up import chorale, piece_of

from companion.files.midi import read_song, write_chorale
from companion.music.song import KeySignature, VoiceNote
from companion.music.vocabulary import HOLD, REST, VOCABULARY_SIZE, IntArray, notes_of_frames, transpose
from export.data import jsb, prepare
from export.data.corpus import Corpus, Refusal
from export.data.folder import name_of_signature, piece_of_song, read_folder, split_of_name
from export.data.jsb import COUNTS
from export.data.likeness import ALIKE_SHARE, LikenessIndex
from export.data.pieces import Piece, load_pieces, save_pieces
from export.data.prepare import LEFT_OUT, Leak, Placement, SetReport


def mixed(first: int, second: int) -> IntArray:
    """Half of one piece, then half of another."""
    return np.concatenate([chorale(first)[:48], chorale(second)[:48]])


@pytest.fixture
def csv_pieces() -> list[Piece]:
    return [
        piece_of("jsb-train-000", "train", chorale(0)),
        piece_of("jsb-valid-001", "valid", chorale(1)),
        piece_of("jsb-test-002", "test", chorale(2)),
    ]


@pytest.fixture
def corpus_pieces() -> list[Piece]:
    return [
        piece_of("bwv1", "train", transpose(chorale(1), 2)),  # the validation piece, by the map too
        piece_of("bwv2", "train", chorale(2)),  # the test piece, which the map does not know
        piece_of("bwv3", "train", mixed(1, 3)),  # half the validation piece
        piece_of("bwv4", "train", chorale(0)),  # a training piece
        piece_of("bwv5", "train", mixed(6, 7)),
    ]


@pytest.fixture
def known_map(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    mapped = {"jsb-train-000": "bwv4", "jsb-valid-001": "bwv1"}
    monkeypatch.setattr(prepare, "read_map", lambda: mapped)
    return mapped


@pytest.mark.usefixtures("known_map")
def test_corpus_pieces_go_where_the_csv_set_has_them(csv_pieces: list[Piece], corpus_pieces: list[Piece]) -> None:
    placements, notes = prepare.placements_by_likeness(corpus_pieces, csv_pieces)
    assert {name: placement.split for name, placement in placements.items()} == {
        "bwv1": "valid",
        "bwv2": LEFT_OUT,
        "bwv3": LEFT_OUT,
        "bwv4": "train",
        "bwv5": "train",
    }
    assert placements["bwv1"] == Placement("valid", "is jsb-valid-001", 1.0)
    assert placements["bwv2"] == Placement(LEFT_OUT, "like jsb-test-002", 1.0)
    assert placements["bwv3"].reason == "like jsb-valid-001"
    assert notes == ["the map has no jsb-test-002, likeness says bwv2 (1.00)"]


def test_where_map_and_likeness_disagree(
    csv_pieces: list[Piece], corpus_pieces: list[Piece], known_map: dict[str, str]
) -> None:
    known_map.update({"jsb-valid-001": "bwv5", "jsb-test-002": "bwv999"})
    placements, notes = prepare.placements_by_likeness(corpus_pieces, csv_pieces)
    assert placements["bwv1"].split == LEFT_OUT
    assert placements["bwv5"].split == "train"
    assert notes == [
        "the map says jsb-valid-001 is bwv5, likeness only 0.00",
        "the map says jsb-test-002 is bwv999, which gives no piece",
    ]


def test_training_pieces_like_the_sets_own_held_out_ones_are_left_out() -> None:
    pieces = [
        piece_of("held", "valid", chorale(1)),
        piece_of("twin", "train", transpose(chorale(1), -3)),
        piece_of("other", "train", chorale(2)),
        piece_of("double", "test", chorale(2)),
        piece_of("free", "train", chorale(3)),
    ]
    placements = prepare.leave_out_alike(pieces, {piece.name: Placement(piece.split) for piece in pieces})
    assert placements == {
        "held": Placement("valid"),
        "twin": Placement(LEFT_OUT, "like held at +3", 1.0),
        "other": Placement(LEFT_OUT, "like double", 1.0),
        "double": Placement("test"),
        "free": Placement("train"),
    }


def test_a_piece_that_the_list_does_not_know_is_left_out(corpus_pieces: list[Piece]) -> None:
    listed = {"bwv1": Placement("valid", "is x", 1.0), "bwv4": Placement("train")}
    placements = prepare.listed_placements(corpus_pieces, listed)
    assert [placements[name].split for name in ("bwv1", "bwv2", "bwv4")] == ["valid", LEFT_OUT, "train"]
    assert "unknown" in placements["bwv2"].reason


def test_leaks_name_both_pieces_and_the_transposition() -> None:
    pieces = [
        piece_of("a", "train", chorale(1)),
        piece_of("b", "train", chorale(2)),
        piece_of("c", "valid", transpose(chorale(1), 2)),
        piece_of("d", "test", chorale(3)),
    ]
    seen: list[tuple[int, int]] = []
    leaks = prepare.find_leaks(pieces, lambda done, files: seen.append((done, files)))
    assert leaks == [Leak("c", "valid", "a", 1.0, -2)]
    assert seen == [(1, 2), (2, 2)]


def test_describe_says_what_was_kept_and_why_not() -> None:
    report = SetReport(
        path=Path("corpus.npz"),
        source="a corpus",
        counts={"train": 3, "valid": 2, "test": 1},
        steps=99,
        refusals=(*(Refusal(name, "it has 5 parts, not four") for name in "abcd"), Refusal("e", "it has chords")),
        left_out=(Refusal("f", "like g (0.30)"),),
        leaks=(Leak("h", "valid", "i", 0.5, -3), Leak("h", "valid", "j", 0.25, 0)),
        notes=("mind this",),
    )
    assert prepare.describe_set(report) == [
        "wrote corpus.npz: 3 train, 2 valid, 1 test; 99 steps",
        "source: a corpus",
        "5 files give no piece:",
        "  4 × it has 5 parts, not four (a, b, c, …)",
        "  1 × it has chords (e)",
        "1 piece left out, so that nothing leaks:",
        "  f: like g (0.30)",
        "1 held-out piece is like training pieces (share of the smaller one's progressions):",
        "  h ~ i at -3: 0.50",
        "  h ~ j: 0.25",
        "note: mind this",
    ]
    clean = replace(report, refusals=(), left_out=(), leaks=(), notes=())
    assert prepare.describe_set(clean)[2:] == [
        "no leaks: no training piece shares 20% of its progressions with a held-out one"
    ]


@pytest.fixture
def small_corpus(monkeypatch: pytest.MonkeyPatch, corpus_pieces: list[Piece], tmp_path: Path) -> Iterator[Path]:
    """A corpus of five pieces, and the list that goes with it."""
    listed = tmp_path / "held_out.json"
    listed.write_text(
        '{"format": "chorale-held-out/1", "pieces": {'
        '"bwv1": {"split": "valid", "reason": "is jsb-valid-001", "share": 1.0},'
        '"bwv2": {"split": "test", "reason": "is jsb-test-002", "share": 1.0},'
        '"bwv3": {"split": "train"}, "bwv4": {"split": "train"}}}'
    )
    refusal = Refusal("bwv9", "it has 5 parts, not four")
    corpus = Corpus(tuple(corpus_pieces), (refusal,), ("bwv4",))
    monkeypatch.setattr(prepare, "read_corpus", lambda _: corpus)
    monkeypatch.setattr(prepare, "HELD_OUT_PATH", listed)
    monkeypatch.setattr(jsb, "read_archive", lambda _: pytest.fail("nothing may be fetched"))
    yield tmp_path / "data"


def test_the_corpus_by_its_list_when_there_is_no_csv_set(small_corpus: Path) -> None:
    report = prepare.prepare_corpus(None, small_corpus)
    assert [(piece.name, piece.split) for piece in load_pieces(small_corpus / "corpus.npz")] == [
        ("bwv4", "train"),
        ("bwv1", "valid"),
        ("bwv2", "test"),
    ]
    assert report.counts == {"train": 1, "valid": 1, "test": 1}
    assert "held_out.json" in report.source
    assert [refusal.name for refusal in report.left_out] == ["bwv3", "bwv5"]
    assert report.left_out[0].reason.startswith("like bwv1 at +2 (")
    assert report.refusals == (Refusal("bwv9", "it has 5 parts, not four"),)
    assert report.leaks == ()
    assert report.notes == ("a few notes shorter than a 16th were put on the grid in bwv4",)


@pytest.mark.usefixtures("known_map")
def test_the_corpus_by_a_prepared_csv_set(small_corpus: Path, csv_pieces: list[Piece]) -> None:
    save_pieces(csv_pieces, small_corpus / "jsb.npz")
    report = prepare.prepare_corpus(None, small_corpus)
    assert report.counts == {"train": 2, "valid": 1, "test": 0}
    assert "jsb.npz" in report.source
    assert [refusal.name for refusal in report.left_out] == ["bwv2", "bwv3"]


def test_an_existing_set_is_written_anew_only_by_force(small_corpus: Path) -> None:
    prepare.prepare_corpus(None, small_corpus)
    before = (small_corpus / "corpus.npz").read_bytes()
    (small_corpus / "jsb.npz").write_bytes(b"mine")
    with pytest.raises(FileExistsError, match=r"corpus\.npz is there already; give --force"):
        prepare.prepare_corpus(None, small_corpus)
    with pytest.raises(FileExistsError, match=r"jsb\.npz is there already"):
        prepare.prepare_jsb(None, small_corpus)
    assert (small_corpus / "jsb.npz").read_bytes() == b"mine"
    (small_corpus / "jsb.npz").unlink()
    prepare.prepare_corpus(None, small_corpus, force=True)
    assert (small_corpus / "corpus.npz").read_bytes() == before


def write_midi(path: Path, frames: IntArray, voices: int = 4, key: tuple[int, bool] | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    ticks = 120  # a step
    notes = [
        VoiceNote(note.voice, note.start_step * ticks, (note.start_step + note.steps) * ticks, note.pitch, 80)
        for note in notes_of_frames(frames)
        if note.voice < voices
    ]
    write_chorale(path, notes, ticks_per_beat=4 * ticks, metres=[(0, 3, 4)], key=key)


def test_a_midi_file_comes_back_as_the_frames_it_was_written_from(tmp_path: Path) -> None:
    write_midi(tmp_path / "one.mid", chorale(1), key=(-3, True))
    folder = read_folder(tmp_path)
    (piece,) = folder.pieces
    assert np.array_equal(piece.frames, chorale(1))
    assert (piece.name, piece.metre, piece.bar_steps, piece.first_step) == ("one.mid", "3/4", 12, 0)
    assert (piece.key, piece.closes, piece.onsets_known) == ("c minor", (), True)


def test_a_pickup_in_its_own_metre_leaves_the_bars_constant(tmp_path: Path) -> None:
    path = tmp_path / "pickup.mid"
    notes = [
        VoiceNote(voice, 480 * beat, 480 * beat + 480, pitch + beat % 3, 80)
        for voice, pitch in enumerate((67, 60, 53, 45))
        for beat in range(9)
    ]
    write_chorale(path, notes, ticks_per_beat=480, metres=[(0, 1, 4), (480, 4, 4)])
    piece, _ = piece_of_song(read_song(path), "pickup.mid")
    assert (piece.metre, piece.bar_steps, piece.first_step) == ("4/4", 16, 12)


def test_a_folder_is_split_by_name_and_leaks_nothing(tmp_path: Path) -> None:
    source, out = tmp_path / "songs", tmp_path / "data"
    for number in range(40):
        write_midi(source / f"{number:02}.mid", chorale(number))
    held = [number for number in range(40) if split_of_name(f"{number:02}.mid") != "train"]
    copies = [f"copy{number}.mid" for number in range(20) if split_of_name(f"copy{number}.mid") == "train"]
    write_midi(source / "below" / "melody.mid", chorale(50), voices=1)
    write_midi(source / copies[0], transpose(chorale(held[0]), 1))
    (source / "broken.MID").write_bytes(b"no music")
    (source / "readme.txt").write_text("not looked at")
    seen: list[tuple[int, int]] = []
    report = prepare.prepare_folder(source, out, "mine", progress=lambda done, files: seen.append((done, files)))
    pieces = load_pieces(out / "mine.npz")
    assert {piece.name for piece in pieces} == {f"{number:02}.mid" for number in range(40)}
    assert all(piece.split == split_of_name(piece.name) for piece in pieces)
    assert report.left_out == (Refusal(copies[0], f"like {held[0]:02}.mid at -1 (1.00)"),)
    assert [refusal.name for refusal in report.refusals] == ["below/melody.mid", "broken.MID"]
    assert report.refusals[0].reason == "it has no alto, tenor, bass"
    assert str(source) not in report.refusals[1].reason
    assert report.leaks == ()
    assert seen[-1] == (43, 43)


def test_a_folder_keeps_out_what_other_sets_hold_out(tmp_path: Path, csv_pieces: list[Piece]) -> None:
    source, out = tmp_path / "songs", tmp_path / "data"
    save_pieces(csv_pieces, out / "jsb.npz")
    for number in range(6):
        write_midi(source / f"{number}.mid", chorale(number))
    report = prepare.prepare_folder(source, out, "mine")
    assert report.left_out == (
        Refusal("1.mid", "like jsb-valid-001 (1.00)"),
        Refusal("2.mid", "like jsb-test-002 (1.00)"),
    )


def test_folders_that_give_nothing_say_why(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match="no folder at"):
        prepare.prepare_folder(tmp_path / "none", tmp_path, "mine")
    with pytest.raises(ValueError, match="no MIDI files"):
        prepare.prepare_folder(tmp_path, tmp_path, "mine")
    with pytest.raises(ValueError, match="plain file name"):
        prepare.prepare_folder(tmp_path, tmp_path, "../mine")
    write_midi(tmp_path / "melody.mid", chorale(1), voices=1)
    with pytest.raises(ValueError, match=r"gives a piece \(melody.mid: it has no alto, tenor, bass\)"):
        prepare.prepare_folder(tmp_path, tmp_path, "mine")
    assert not (tmp_path / "mine.npz").exists()


def test_names_are_dealt_out_evenly_and_always_the_same() -> None:
    splits = [split_of_name(f"piece-{number}.mid") for number in range(2000)]
    assert 1540 < splits.count("train") < 1660
    assert 150 < splits.count("valid") < 250
    assert [split_of_name(name) for name in ("a.mid", "b.mid", "c.mid")] == ["train", "train", "test"]


@pytest.mark.parametrize(
    ("sharps", "minor", "name"),
    [
        (0, False, "C major"),
        (-2, False, "Bb major"),
        (3, True, "f# minor"),
        (-3, True, "c minor"),
        (7, False, "C# major"),
    ],
)
def test_key_names(sharps: int, minor: bool, name: str) -> None:
    assert name_of_signature(KeySignature(sharps, minor)) == name


def test_the_committed_list_and_the_map_agree() -> None:
    listed = prepare.read_held_out()
    splits = [placement.split for placement in listed.values()]
    assert {split: splits.count(split) for split in set(splits)} == {
        "train": 244,
        "valid": 66,
        "test": 70,
        LEFT_OUT: 27,
    }
    mapped = {file: name for name, file in prepare.read_map().items() if "train" not in name}
    for name, placement in listed.items():
        if placement.split in {"valid", "test"}:
            assert placement.reason.startswith(f"is jsb-{placement.split}-")
            assert name in mapped
        elif placement.split == LEFT_OUT:
            assert placement.share is not None
            assert placement.share >= ALIKE_SHARE
    assert listed["bwv414"].split == "valid"
    assert listed["bwv253"] == Placement(LEFT_OUT, "like jsb-valid-303", listed["bwv253"].share)


@pytest.fixture(scope="module")
def archive() -> Path:
    path = os.environ.get("CHORALE_JSB")
    if not path:
        pytest.skip("CHORALE_JSB names no CSV archive")
    return Path(path)


def test_the_csv_set_with_its_leaks(archive: Path, tmp_path: Path) -> None:
    report = prepare.prepare_jsb(archive, tmp_path)
    assert report.counts == COUNTS
    assert report.steps == 92_536
    assert [(leak.held, leak.train) for leak in report.leaks] == [
        ("jsb-valid-303", "jsb-train-224"),
        ("jsb-valid-287", "jsb-train-142"),
        ("jsb-test-374", "jsb-train-124"),
        ("jsb-test-313", "jsb-train-055"),
        ("jsb-test-354", "jsb-train-197"),
        ("jsb-valid-231", "jsb-train-019"),
        ("jsb-test-365", "jsb-train-179"),
        ("jsb-valid-232", "jsb-train-151"),
    ]
    assert len(load_pieces(tmp_path / "jsb.npz")) == 382


@pytest.mark.slow
@pytest.mark.train
def test_the_whole_corpus(corpus_read: tuple[Corpus, list[tuple[int, int]]]) -> None:
    corpus, seen = corpus_read
    assert seen == [(done, 410) for done in range(1, 411)]
    assert (len(corpus.pieces), len(corpus.refusals)) == (407, 26)
    assert corpus.quantised == ("bwv185.6", "bwv248.64-6", "bwv248.64-s", "bwv36.4-2", "bwv432")
    assert Refusal("riemenschneider001", "an analysis in Roman numerals, not a score") in corpus.refusals
    assert Refusal("bwv281.krn", "a second encoding of bwv281.mxl") in corpus.refusals
    assert Refusal("bwv227.3", "it has 5 parts, not four") in corpus.refusals
    assert len({piece.name for piece in corpus.pieces}) == 407
    metres = Counter(piece.metre for piece in corpus.pieces)
    assert metres == {"4/4": 358, "3/4": 43, "12/8": 1, "3/2": 1, None: 4}
    assert sum(piece.bar_steps is None for piece in corpus.pieces) == 10
    for piece in corpus.pieces:
        assert piece.frames.min() >= REST
        assert piece.frames.max() < VOCABULARY_SIZE
        assert list(piece.closes) == sorted(set(piece.closes))
        assert all(piece.frames[close, 0] > HOLD for close in piece.closes)
        assert 0 <= piece.first_step < (piece.bar_steps or 16)


@pytest.mark.slow
@pytest.mark.train
def test_the_corpus_with_and_without_the_csv_set(
    archive: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    corpus_read: tuple[Corpus, list[tuple[int, int]]],
) -> None:
    monkeypatch.setattr(prepare, "read_corpus", lambda _: corpus_read[0])
    compared = prepare.prepare_corpus(archive, tmp_path / "compared")
    listed = prepare.prepare_corpus(None, tmp_path / "listed")
    assert compared.counts == listed.counts == {"train": 244, "valid": 66, "test": 70}
    assert compared.left_out == listed.left_out
    assert "the map has no jsb-valid-229, likeness says bwv130.6 (0.92)" in compared.notes
    assert compared.notes[-1] == "the map says jsb-test-381 is bwv56.5, likeness only 0.45"
    prepare.write_held_out(archive, tmp_path / "held_out.json")
    assert (tmp_path / "held_out.json").read_text() == prepare.HELD_OUT_PATH.read_text()
    prepare.prepare_jsb(archive, tmp_path)
    held = LikenessIndex([piece for piece in load_pieces(tmp_path / "jsb.npz") if piece.split != "train"])
    training = [piece for piece in load_pieces(tmp_path / "listed" / "corpus.npz") if piece.split == "train"]
    assert not [piece.name for piece in training if held.matches(piece, ALIKE_SHARE)]
