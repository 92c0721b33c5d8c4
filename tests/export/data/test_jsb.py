"""The CSV archive: its pieces, its split, and that it is what published figures used."""

from __future__ import annotations

import io
import tarfile
import urllib.error
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from companion.music.vocabulary import HOLD, RANGES, REST, hide_onsets, sounding_pitches, strike, transpose
from export.data import jsb
from export.data.jsb import COUNTS, frames_of_csv, pieces_of_archive, read_archive
from export.data.pieces import SPLITS, Piece, load_pieces, save_pieces, steps_to_close, transpositions

CSV = "note0,note1,note2,note3\n72,67,0,48\n72,69,0,48\n72,69,64,0\n0,69,64,50\n"


def archive(**files: str) -> bytes:
    """A tar archive; double underscores stand for folders."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name.replace("__", "/") + ("" if "." in name else ".csv"))
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return stream.getvalue()


def test_frames_of_csv() -> None:
    """Zero is silence, and what is repeated is held."""
    np.testing.assert_array_equal(
        frames_of_csv(CSV),
        [
            [strike(72), strike(67), REST, strike(48)],
            [HOLD, strike(69), REST, HOLD],
            [HOLD, HOLD, strike(64), REST],
            [REST, HOLD, HOLD, strike(50)],
        ],
    )


def test_pieces_in_the_order_of_split_and_number() -> None:
    content = archive(
        **{
            "jsb__test__chorale_010": CSV,
            "jsb__train__chorale_002": CSV,
            "jsb__valid__chorale_000": CSV,
            "jsb__test__chorale_009": CSV,
            "jsb__other__chorale_000": CSV,
            "jsb__README.md": "not a piece",
        }
    )
    pieces = pieces_of_archive(content)
    assert [(piece.name, piece.split) for piece in pieces] == [
        ("jsb-train-002", "train"),
        ("jsb-valid-000", "valid"),
        ("jsb-test-009", "test"),
        ("jsb-test-010", "test"),
    ]
    assert {(piece.onsets_known, piece.first_step, piece.closes) for piece in pieces} == {(False, 0, ())}


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "jsb.tgz"
    path.write_bytes(b"something else")
    with pytest.raises(ValueError, match=rf"jsb\.tgz has sha256 [0-9a-f]{{64}}, not {jsb.SHA256}"):
        read_archive(path)
    with pytest.raises(FileNotFoundError):
        read_archive(tmp_path / "none.tgz")


def test_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise urllib.error.URLError("no network")

    monkeypatch.setattr("urllib.request.urlopen", fail)
    with pytest.raises(OSError, match=r"cannot fetch https://.* \(no network\); give the archive with --data PATH"):
        read_archive(None)


class TestRealPieces:
    def test_split(self, jsb_pieces: list[Piece]) -> None:
        assert Counter(piece.split for piece in jsb_pieces) == COUNTS
        assert list(COUNTS) == list(SPLITS)
        assert len({piece.name for piece in jsb_pieces}) == 382

    def test_every_note_is_in_its_voice_s_range_and_hidden_onsets_are_held(self, jsb_pieces: list[Piece]) -> None:
        for piece in jsb_pieces:
            np.testing.assert_array_equal(hide_onsets(piece.frames), piece.frames)
            pitches = sounding_pitches(piece.frames)
            for voice, (low, high) in enumerate(RANGES):
                own = pitches[:, voice]
                assert np.all((own == 0) | ((own >= low) & (own <= high))), piece.name

    def test_every_transposition_for_training_is_possible(self, jsb_pieces: list[Piece]) -> None:
        """And nearly every piece has more than one."""
        spans = [len([transpose(piece.frames, by) for by in transpositions(piece.frames)]) for piece in jsb_pieces]
        assert min(spans) >= 1
        assert np.mean(np.array(spans) > 1) > 0.9


class TestPieces:
    def test_saved_and_loaded(self, tmp_path: Path) -> None:
        pieces = [
            Piece("a", "train", frames_of_csv(CSV), False, 0),
            Piece("b", "test", frames_of_csv(CSV)[:2], True, 12, (3, 7), "G major", "4/4", 16),
        ]
        path = tmp_path / "new" / "set.npz"
        save_pieces(pieces, path)
        loaded = load_pieces(path)
        assert [{**vars(piece), "frames": piece.frames.tolist()} for piece in loaded] == [
            {**vars(piece), "frames": piece.frames.tolist()} for piece in pieces
        ]

    def test_steps_to_close(self) -> None:
        frames = np.zeros((8, 4), dtype=np.int32)
        assert steps_to_close(Piece("a", "train", frames, True, 0, (2, 5))).tolist() == [2, 1, 0, 2, 1, 0, -1, -1]
        assert steps_to_close(Piece("a", "train", frames, True, 0)).tolist() == [-1] * 8

    def test_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match="run: chorale-train prepare"):
            load_pieces(tmp_path / "none.npz")

    @pytest.mark.parametrize("content", [b"", b"PK", b"no set", b"PK\3\4" + bytes(60)])
    def test_damaged(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "a.npz").write_bytes(content)
        with pytest.raises(ValueError, match=r"a\.npz is damaged \(.*\); prepare it again$"):
            load_pieces(tmp_path / "a.npz")

    @pytest.mark.parametrize("header", ["[", "3", '{"format": "chorale-pieces/1"}'])
    def test_damaged_header(self, tmp_path: Path, header: str) -> None:
        np.savez(tmp_path / "a.npz", header=np.array(header), frames=np.zeros((1, 4)))
        with pytest.raises(ValueError, match=r"a\.npz is damaged \("):
            load_pieces(tmp_path / "a.npz")

    def test_other_format(self, tmp_path: Path) -> None:
        np.savez(tmp_path / "a.npz", header=np.array('{"format": "x/9"}'), frames=np.zeros((1, 4)))
        with pytest.raises(ValueError, match=r"a\.npz is of format 'x/9', not 'chorale-pieces/1'; prepare it again"):
            load_pieces(tmp_path / "a.npz")
