"""The folder of a run: one process at a time, files that are whole or as they were, faults that name the file."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("keras", reason="trains (extra: train)")

from support.tiny import tiny_set

from companion.errors import BadSetting
from export.training import run_folder
from export.training.fit import fit, load_best, read_settings

if TYPE_CHECKING:
    from conftest import Trained

pytestmark = pytest.mark.train

HOLD = """
from pathlib import Path
from export.training.run_folder import held
with held(Path({!r})):
    print(flush=True)
    input()
"""


def test_two_fits_in_one_folder_do_not_mix(trained: Trained, tmp_path: Path, fresh_python: list[str]) -> None:
    """The second one is told at once; a killed one holds nothing."""
    refused = f"another fit is training in {tmp_path}; wait for it, or choose another --run"
    command = [*fresh_python, "-c", HOLD.format(str(tmp_path))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        for resume in (False, True):
            with pytest.raises(BadSetting) as caught:
                fit(trained.settings, *_sets(), tmp_path, resume)
            assert str(caught.value) == refused
        assert [path.name for path in tmp_path.iterdir()] == [".lock"]
        other.kill()
    with run_folder.held(tmp_path), pytest.raises(BadSetting), run_folder.held(tmp_path):
        pass


def _sets() -> tuple[list[object], list[object]]:
    pieces = tiny_set()
    return pieces[:2], pieces[2:3]


DAMAGES = ["", "{", "[]", "{}", '"x"', "[" * 100_000, '{"settings": 3, "epoch": 1}']


@pytest.mark.parametrize("content", DAMAGES, ids=range(len(DAMAGES)))
@pytest.mark.parametrize("name", ["state.json", "settings.json"])
def test_a_damaged_file_is_named(trained: Trained, tmp_path: Path, name: str, content: str) -> None:
    for one in ("state.json", "settings.json"):
        (tmp_path / one).write_bytes((trained.folder / one).read_bytes())
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError) as caught:
        fit(trained.settings, *_sets(), tmp_path, resume=True)
    assert str(caught.value).startswith(f"{tmp_path / name} is damaged (")
    assert str(caught.value).endswith("); train anew in another --run")


def test_a_state_without_numbers_is_named(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text(json.dumps(dict.fromkeys(run_folder.RUN_KEYS, "1")))
    with pytest.raises(ValueError, match=r"state\.json is damaged \(it holds no numbers\)"):
        run_folder.read_state(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no weights"])
def test_damaged_weights_are_named(trained: Trained, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "settings.json").write_bytes((trained.folder / "settings.json").read_bytes())
    (tmp_path / "best.weights.h5").write_bytes(content)
    with pytest.raises(ValueError) as caught:
        load_best(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / 'best.weights.h5'} is damaged (")
    assert read_settings(tmp_path) == trained.settings


def test_a_history_has_one_row_an_epoch_also_after_a_kill(tmp_path: Path) -> None:
    """Of an epoch that was noted and whose state was not, the row is written anew."""
    for row in [(1, 3.0, 2.5, 10.0), (2, 2.0, 1.5, 20.4), (3, 1.0, 0.5, 30.0), (2, 2.25, 1.75, 21.0)]:
        run_folder.note_epoch(tmp_path, row)
    assert (tmp_path / "history.csv").read_text().splitlines() == [
        "epoch,train_nll,valid_nll,seconds",
        "1,3.00000,2.50000,10",
        "2,2.25000,1.75000,21",
    ]


@pytest.mark.parametrize(
    "content", ["epoch,train_nll\n1,2\n", "epoch,train_nll,valid_nll,seconds\n1,x,2,3\n", "\udcff"]
)
def test_a_damaged_history_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "history.csv").write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(ValueError, match=r"history\.csv is damaged \("):
        run_folder.read_history(tmp_path)


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a full disk: JSON, and a set of pieces."""
    from export.data import pieces  # noqa: PLC0415

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left")

    run_folder.write_json(tmp_path / "state.json", {"epoch": 1})
    pieces.save_pieces(tiny_set(), tmp_path / "set.npz")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr("os.fsync", full)
    for write in (
        lambda: run_folder.write_json(tmp_path / "state.json", {"epoch": 2}),
        lambda: pieces.save_pieces(tiny_set()[:1], tmp_path / "set.npz"),
    ):
        with pytest.raises(Exception, match="no space left"):
            write()
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert len(before) == 2


def test_a_set_is_found_by_its_name_whatever_it_was_called(tmp_path: Path) -> None:
    from export.data.pieces import load_pieces, save_pieces  # noqa: PLC0415

    save_pieces(tiny_set(), tmp_path / "imagined")
    found = load_pieces(tmp_path / "imagined.npz")
    np.testing.assert_array_equal(found[0].frames, tiny_set()[0].frames)
