"""Files that nobody knows are tried in a process of their own, which may take so much and no more; once each."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support import hostile
from support.tiny_graph import NAMES, Tiny, tiny_graph

from companion.errors import BadModel
from companion.model import library, trial
from companion.model.contract import MELODY

TOO_MUCH = "not a usable ONNX model: loading it and playing some notes takes more than"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def never(*_: object) -> str:
    raise AssertionError("tried")


def refusal(path: Path) -> str:
    with pytest.raises(BadModel) as caught:
        library.open_file(path)
    assert str(caught.value).startswith(f"{path}: ") and str(caught.value).isprintable()
    return str(caught.value).removeprefix(f"{path}: ")


class TestKnown:
    @pytest.mark.parametrize("name", library.bundled_models())
    def test_what_ships_is_not_tried_wherever_it_lies(
        self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The card beside each says its digest, as chorale-train has written it."""
        monkeypatch.setattr(trial, "_verdict", never)
        assert not library.open_model(name).is_stranger
        assert not library.open_file(Path(shutil.copy(library.find_model(name), tmp_path / "copy.onnx"))).is_stranger

    def test_what_ships_is_tried_once_it_was_changed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(trial, "_verdict", never)
        path = tmp_path / "changed.onnx"
        path.write_bytes(library.find_model("gru").read_bytes() + b"\0")
        with pytest.raises(AssertionError, match="tried"):
            library.open_file(path)

    def test_without_cards_nothing_is_known(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = Path(shutil.copy(library.find_model("gru"), tmp_path / "gru.onnx"))
        monkeypatch.setattr(library, "bundled_models", lambda: {"gru": path})
        monkeypatch.setattr(trial, "_verdict", never)
        with pytest.raises(AssertionError, match="tried"):
            library.open_model("gru")


@pytest.mark.train
class TestTried:
    def test_a_good_file_is_tried_once(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tiny_graph().save(tmp_path)
        assert library.open_file(path).contract.name == "tiny"
        assert [len(one.name.split(".")[0]) for one in (tmp_path / "cache" / "chorale" / "models").iterdir()] == [64]
        monkeypatch.setattr(trial, "_verdict", never)
        assert library.open_file(path).is_stranger
        path.write_bytes(path.read_bytes() + b"\0")
        with pytest.raises(AssertionError, match="tried"):
            library.open_file(path)

    def test_where_nothing_can_be_kept_it_is_tried_again(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "cache").write_text("a file")
        path = tiny_graph().save(tmp_path)
        tried: list[bytes] = []
        monkeypatch.setattr(trial, "_verdict", lambda content: tried.append(content) or "")
        for _ in range(2):
            library.open_file(path)
        assert tried == [path.read_bytes()] * 2

    @pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is held to its limit on Linux alone")
    @pytest.mark.parametrize("kind", hostile.LARGE)
    def test_one_operator_that_takes_much_memory(self, tmp_path: Path, kind: str) -> None:
        assert refusal(hostile.large(kind).save(tmp_path)) == f"{TOO_MUCH} 1,000 MB"

    def test_numbers_that_are_not_there(self, tmp_path: Path) -> None:
        assert refusal(hostile.large_initializer().save(tmp_path)).startswith("not a usable ONNX model: ")

    @pytest.mark.parametrize("make", [hostile.slow, hostile.slow_when_played, hostile.endless_when_played])
    def test_one_that_takes_long(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[], Tiny]
    ) -> None:
        monkeypatch.setattr(trial, "SECONDS", 1.0)
        assert refusal(make().save(tmp_path)) == f"{TOO_MUCH} 1 seconds"
        assert not (tmp_path / "cache").exists()

    def test_one_that_breaks_on_real_notes_alone(self, tmp_path: Path) -> None:
        path = hostile.broken_when_played().save(tmp_path)
        assert refusal(path).startswith("the model tiny failed at a note: ")

    def test_one_that_makes_no_numbers_of_real_notes(self, tmp_path: Path) -> None:
        path = hostile.no_number_when_played().save(tmp_path)
        assert refusal(path) == "what it makes of real notes are no finite logits"

    def test_one_that_makes_no_numbers_beside_its_logits(self, tmp_path: Path) -> None:
        path = hostile.no_number_beside_when_played().save(tmp_path)
        assert refusal(path) == "what it says of real notes beside its logits (attention) are no finite numbers"

    def test_a_melody_model_is_tried_before_it_leads(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert library.open_model(str(hostile.tune().save(tmp_path))).contract.name == "tiny+bach"
        monkeypatch.setattr(trial, "SECONDS", 1.0)
        endless = hostile.endless_when_played()
        endless.replace("kind", by=MELODY)
        with pytest.raises(BadModel, match=TOO_MUCH):
            library.open_model(str(endless.save(tmp_path)))

    def test_one_that_ends_the_process(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(trial, "_judge", hostile.dies)
        says = "not a usable ONNX model: it ends the program that loads it (code 9)"
        assert refusal(tiny_graph().save(tmp_path)) == says

    def test_its_rows_are_of_its_features_and_sung(self, tmp_path: Path) -> None:
        model = library.open_file(tiny_graph().save(tmp_path))
        rows = trial.made_up_rows(model)
        ends = np.append(model.row.offsets[1:], model.row.rows)
        assert rows.shape == (5 * trial.FRAMES, model.row.width) and model.contract.features == NAMES
        assert np.all((rows >= model.row.offsets) & (rows < ends))
        assert rows[:8, 0].tolist() == [0, 1, 2, 3] * 2
        assert (rows[: 4 * trial.FRAMES, 1] > hostile.REAL).any()
