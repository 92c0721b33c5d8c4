"""Tunes from songs: what is kept as it stands, what is left out and why, and that no set leaks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest
from support.fakes import Line, quarters, write_seed
from support.made_up import chorale, piece_of
from typer.testing import CliRunner

from companion.files.midi import read_song
from companion.music.vocabulary import HOLD, REST, IntArray, strike, transpose
from companion.notation.abc.book import score_of_abc
from companion.notation.songs import song_of_score
from export.cli import app
from export.data import prepare_tunes, tunes
from export.data.corpus import Refusal
from export.data.pieces import Piece, load_pieces, save_pieces
from export.data.prepare_tunes import without_leaks
from export.data.tunes import soprano_of, tune_of_song

SCALE = (67, 69, 71, 72, 74, 72, 71, 69, 67, 71, 74, 72, 71, 69, 67, 67)


def of_abc(metre: str, notes: str) -> Piece:
    text = f"X:1\nT:t\nM:{metre}\nL:1/8\nK:C\n{notes}"
    return tune_of_song(song_of_score(score_of_abc(text.encode(), "t")[0], "t"), "t", "train")


def of_midi(folder: Path, line: Line, **more: object) -> Piece:
    path = write_seed(folder / "tune.mid", [line], **more)  # type: ignore[arg-type]
    return tune_of_song(read_song(path), "tune.mid", "valid")


def test_a_tune_on_the_grid_with_its_pickup() -> None:
    piece = of_abc("4/4", "G2 | A2 B2 c2 d2 | e4 z2 d2 | c2 B2 A2 G2 | G8 |")
    tune = piece.frames[:, 0].tolist()
    assert (piece.metre, piece.bar_steps, piece.first_step, piece.onsets_known) == ("4/4", 16, 12, True)
    begins = [strike(pitch) for pitch in (67, 69, 71, 72, 74)]
    assert tune[:20] == [token for pitch in begins for token in (pitch, HOLD, HOLD, HOLD)]
    assert tune[20:32] == [strike(76), *[HOLD] * 7, *[REST] * 4]
    assert len(tune) == 4 + 3 * 16 + 16
    assert (piece.frames[:, 1:] == REST).all()


def test_a_bar_in_two_lines_is_one() -> None:
    piece = of_abc("2/4", "c2 d2 | e2\nf2 | g2 a2 | c2 d2 | e2 f2 | g2 a2 | c4 |")
    assert (piece.metre, piece.first_step) == ("2/4", 0)


def test_a_midi_tune_moved_by_octaves(tmp_path: Path) -> None:
    piece = of_midi(tmp_path, quarters([pitch - 24 for pitch in SCALE]), metres=[(0, 3, 4)])
    assert piece.frames[::4, 0].tolist() == [strike(pitch) for pitch in SCALE]
    assert (piece.split, piece.metre, piece.bar_steps) == ("valid", "3/4", 12)


@pytest.mark.parametrize(
    ("metre", "notes", "why"),
    [
        ("6/8", "c3 d3 | " * 8, "its metre is none of plain beats"),
        ("4/4", "c2 d2 e2 f2 | " * 2, "it has fewer than 12 notes"),
        ("4/4", "c2 d2 e2 f2 | z8 | " + "c2 d2 e2 f2 | " * 3, "a bar of it is empty"),
        ("4/4", "(3c2d2e2 c4 | " * 4, "notes are off the 16th grid"),
        ("4/4", "C,2 D,2 c'2 c'2 | " * 4, "it spans more than a soprano's range"),
        ("4/4", "C,,,,2 D2 E2 F2 | " * 4, "notes lie beyond C1 to C8"),
        ("4/4", "[ce]2 d2 e2 f2 | " * 4, "notes sound together: it is no tune of one voice"),
        ("4/4", "c2 d2 e2 f2 | " * 3 + "[M:5/4] c2 | [M:4/4]" + "c2 d2 e2 f2 | " * 3, "its metre changes"),
    ],
)
def test_what_is_left_out(metre: str, notes: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}"):
        of_abc(metre, notes)


def folder_of(place: Path) -> Path:
    """Melodies with some that are none."""
    folder = place / "mine"
    (folder / "more").mkdir(parents=True)
    for number in range(6):
        pitches = np.random.default_rng(number).permutation(SCALE)
        write_seed(folder / f"good-{number}.mid", [quarters(pitches.tolist())])
    (folder / "broken.mid").write_bytes(b"MThd and no more")
    write_seed(folder / "more" / "duet.mid", [quarters(SCALE), quarters(SCALE)])
    drums = mido.MidiFile()
    drums.tracks.append(
        mido.MidiTrack(
            [mido.Message("note_on", channel=9, note=40), mido.Message("note_off", channel=9, note=40, time=100)]
        )
    )
    drums.save(folder / "drums.mid")
    return folder


def test_a_folder_of_melodies_with_others_among_them(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    command = ["prepare", str(folder), "--melodies", "--data-dir", str(tmp_path)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    kept = load_pieces(tmp_path / "mine.npz")
    assert sorted(piece.name for piece in kept) == [f"good-{number}.mid" for number in range(6)]
    assert "3 files give no piece:" in result.output
    for line in ("it has several tracks with notes (more/duet.mid)", "holds only percussion (channel 10)"):
        assert line in result.output
    again = CliRunner().invoke(app, command)
    assert isinstance(again.exception, FileExistsError)


def test_nothing_usable_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "broken.mid").write_bytes(b"MThd and no more")
    with pytest.raises(ValueError, match=r"^no file in .*mine gives a tune \(broken\.mid: ") as caught:
        prepare_tunes.prepare_melodies(tmp_path / "mine", tmp_path, "mine")
    assert "\n" not in str(caught.value)


def tune(seed: int, name: str, split: str) -> Piece:
    return soprano_of(piece_of(name, split, chorale(seed, chords=24)))


def moved(piece: Piece, **changes: object) -> Piece:
    """In another key, in notes twice as long."""
    frames: IntArray = np.full((2 * len(piece.frames), 4), REST, dtype=np.int32)
    higher = transpose(piece.frames, 2)
    frames[::2, 0], frames[1::2, 0] = higher[:, 0], np.where(higher[:, 0] == REST, REST, HOLD)
    return replace(piece, frames=frames, **changes)  # type: ignore[arg-type]


def test_tunes_like_those_held_out_are_left_out_in_any_key_and_note_values() -> None:
    test, valid, learned = (tune(seed, name, name) for seed, name in enumerate(("test", "valid", "train")))
    copies = [
        moved(test, name="of test, to learn", split="train"),
        moved(test, name="of test, to check with", split="valid"),
        moved(valid, name="of valid, to learn", split="train"),
        moved(learned, name="of one that is learned", split="train"),
    ]
    kept, left_out = without_leaks([learned, *copies, valid, test])
    assert [piece.name for piece in kept] == ["of one that is learned", "train", "valid", "test"]
    assert left_out == [
        Refusal("of test, to check with", "like test (1.00)"),
        Refusal("of test, to learn", "like test (1.00)"),
        Refusal("of valid, to learn", "like valid (1.00)"),
    ]
    kept, left_out = without_leaks([learned], known=[moved(learned, name="known")])
    assert (kept, left_out) == ([], [Refusal("train", "like known (1.00)")])


def test_the_set_is_of_sopranos_and_songs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_pieces(
        [piece_of(f"bwv{n}", split, chorale(n)) for n, split in enumerate(("train", "valid", "test"))],
        tmp_path / "corpus.npz",
    )
    song, refused = tune(9, "dva0-1", "train"), Refusal("dva0-2", "a bar of it is empty")
    monkeypatch.setattr(prepare_tunes, "read_books", lambda progress: ([song], [refused]))
    report = prepare_tunes.prepare_tunes(tmp_path)
    assert (report.counts, report.refusals) == ({"train": 2, "valid": 1, "test": 1}, (refused,))
    kept = load_pieces(tmp_path / "tunes.npz")
    assert [piece.name for piece in kept] == ["bwv0", "dva0-1", "bwv1", "bwv2"]
    assert all((piece.frames[:, 1:] == REST).all() for piece in kept)


def test_without_the_corpus_set_it_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run: chorale-train prepare"):
        prepare_tunes.prepare_tunes(tmp_path)


@pytest.mark.train
def test_songs_of_the_judges_books_are_for_the_test_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("music21")
    monkeypatch.setattr(tunes, "songs_in", lambda path: list(_songs_in(path))[:4])
    found, refused = tunes.read_books()
    by_book = {piece.name.rpartition("-")[0]: piece.split for piece in found}
    assert {book for book, split in by_book.items() if split == "test"} == by_book.keys() & set(tunes.BOOKS)
    assert len(found) > 40
    assert refused


_songs_in = tunes.songs_in
