"""The file of harmony: what learning writes is what the companion reads."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from support.harmonies import sounding

from companion.errors import OutputExists
from companion.harmony import progressions
from companion.harmony.chords import Chord
from companion.harmony.progressions import TABLES_FILE, TABLES_FORMAT, Tables
from companion.harmony.whereabouts import HELD_ON, MOVING
from companion.music.vocabulary import STEPS_PER_BEAT, IntArray
from export.data.pieces import Piece
from export.harmony.counting import heard_pieces
from export.harmony.learning import learn


def line(chords: list[Chord]) -> IntArray:
    return np.concatenate([np.array(sounding(chord), dtype=np.int32) for chord in chords])


def pieces() -> list[Piece]:
    """One to learn from of each mode, and one that is held out."""
    major = [Chord(root, 0, root) for root in (0, 5, 7, 0, 0, 5, 7, 0)]
    minor = [Chord(0, 1, 0), Chord(5, 1, 5), Chord(7, 0, 7), Chord(0, 1, 0)] * 2
    alien = [Chord(1, 2, 1)] * 8
    made = [("one", "train", major, "C major"), ("two", "train", minor, "c minor"), ("three", "test", alien, "C major")]
    return [Piece(name, split, line(chords), True, 0, (12, 28), key, "4/4", 16) for name, split, chords, key in made]


def read(path: Path) -> Tables:
    """As the companion reads what ships."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(progressions, "TABLES_FILE", str(path))
        return progressions.tables.__wrapped__()


def test_what_was_learned_is_read(tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    told = learn(pieces() * 3, path)
    assert told == {
        "pieces": 6,
        "beats": 48,
        "chords of major": 3,
        "chords of minor": 3,
        "phrases": 6,
        "bytes": path.stat().st_size,
    }
    tables = read(path)
    assert set(tables.major.chords) == {Chord(0, 0, 0), Chord(5, 0, 5), Chord(7, 0, 7)}
    assert set(tables.minor.chords) == {Chord(0, 1, 0), Chord(5, 1, 5), Chord(7, 0, 7)}
    np.testing.assert_allclose(tables.major.following.sum(axis=-1), 1.0)
    assert tables.phrases.sum() == 6
    assert tables.completing.shape == progressions.tables().completing.shape
    assert tables.tones.shape == (2, 2, 12) and tables.edges.shape == (2, 3, 12)


def test_the_same_pieces_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        learn(pieces() * 3, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_held_out_pieces_teach_nothing(tmp_path: Path) -> None:
    learn(pieces() * 3, tmp_path / "with")
    learn([piece for piece in pieces() if piece.split == "train"] * 3, tmp_path / "without")
    assert (tmp_path / "with").read_bytes() == (tmp_path / "without").read_bytes()


def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    path.write_bytes(b"mine")
    with pytest.raises(OutputExists, match=r"own\.npz"):
        learn(pieces(), path)
    assert path.read_bytes() == b"mine"
    learn(pieces(), path, force=True)
    assert path.read_bytes() != b"mine"


@pytest.mark.slow
@pytest.mark.train
def test_what_ships_is_what_the_training_chorales_teach(chorales: list[Piece], tmp_path: Path) -> None:
    path = tmp_path / "chorales.npz"
    assert learn(chorales, path)["pieces"] > 200
    shipped = resources.files("companion.harmony").joinpath(TABLES_FILE)
    with np.load(path) as learned, shipped.open("rb") as file, np.load(file) as ships:
        assert str(ships["format"]) == TABLES_FORMAT
        assert sorted(learned.files) == sorted(ships.files)
        for name in learned.files:
            assert learned[name].dtype == ships[name].dtype, name
            if learned[name].dtype.kind == "f":  # sums in another order, as on other processors: the last bit differs
                np.testing.assert_allclose(learned[name], ships[name], rtol=0, atol=1e-12, err_msg=name)
            else:
                np.testing.assert_array_equal(learned[name], ships[name], err_msg=name)


@pytest.mark.slow
@pytest.mark.train
def test_how_often_a_tune_moves_is_what_the_training_chorales_teach(chorales: list[Piece]) -> None:
    moved, beats = np.zeros((2, len(MOVING)))
    for piece in heard_pieces(piece for piece in chorales if piece.split == "train"):
        soprano = piece.sounds[:, 0]
        for beat, place in enumerate(piece.places[1:], start=1):
            number = HELD_ON if place is None else place
            beats[number] += 1
            moved[number] += soprano[STEPS_PER_BEAT * beat] != soprano[STEPS_PER_BEAT * beat - 1]
    counted = beats > 0  # INSIDE is one of two others
    assert counted.sum() == len(MOVING) - 1
    np.testing.assert_allclose(MOVING[counted], (moved[counted] / beats[counted]), atol=0.006)
