"""``chorale-train`` from a prepared set to a scored file; and one line for every fault of the user's."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from support.programs import Ran, chorale_train
from typer.main import get_command

from export import cli
from export.data.pieces import save_pieces

COMMANDS = list(get_command(cli.app).commands)  # type: ignore[attr-defined]
TINY = '{"units": 16, "depth": 1, "dropout": 0.0}'
# Of so few batches a model has learned next to nothing, and int8 keeps to its limits only with some seeds.
SIZES = ("--epochs", 2, "--batches", 3, "--batch-size", 2, "--crop", 16, "--seed", 3, "--model", TINY)


def refusal(*words: object) -> str:
    """The one line that the program says of a fault."""
    ran = chorale_train(*words)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("chorale-train: ")
    assert ran.err.count("\n") == 1
    return ran.err.removeprefix("chorale-train: ").rstrip("\n")


class Workshop(NamedTuple):
    """A folder in which everything has been done once."""

    data: Path
    run: Path
    fp32: Path
    int8: Path
    said: dict[str, Ran]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared set of four pieces."""
    pytest.importorskip("tensorflow")
    from support.tiny import tiny_set  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("data")
    save_pieces(tiny_set(), folder / "jsb.npz")
    return folder


@pytest.fixture(scope="module")
def workshop(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Train two short epochs, and export both ways."""
    pytest.importorskip("tf2onnx")
    folder = tmp_path_factory.mktemp("workshop")
    run, fp32, int8 = folder / "run", folder / "fp32.onnx", folder / "int8.onnx"
    said = {
        "fit": chorale_train("fit", "gru", "--sets", "jsb", "--data-dir", data, "--run", run, *SIZES),
        "fp32": chorale_train("export", run, "-o", fp32, "--data-dir", data),
        "int8": chorale_train("export", run, "-o", int8, "--precision", "int8", "--data-dir", data),
    }
    return Workshop(data, run, fp32, int8, said)


@pytest.mark.train
def test_fit_tells_what_it_trains_and_where_it_ended(workshop: Workshop) -> None:
    ran = workshop.said["fit"]
    state = json.loads((workshop.run / "state.json").read_text())
    lines = ran.out.splitlines()
    assert (ran.code, ran.err) == (0, "")
    assert lines[0] == f"2 pieces to train on, 1 to check with; run folder {workshop.run}"
    assert [line[:18] for line in lines[1:3]] == ["epoch   1  train 3", "epoch   2  train 3"]
    assert lines[3] == (
        f"best validation {state['best']:.4f} nats a note, after epoch {state['best_epoch']};"
        f" curves in {workshop.run / 'curves.png'}"
    )
    written = {path.name for path in workshop.run.iterdir()}
    assert {"settings.json", "history.csv", "curves.png", "tensorboard"} <= written


@pytest.mark.train
@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_export_writes_a_file_that_loads_and_its_card(workshop: Workshop, precision: str) -> None:
    from companion.model.runtime import load_model  # noqa: PLC0415

    ran, path = workshop.said[precision], workshop.fp32 if precision == "fp32" else workshop.int8
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0].startswith("Keras and onnxruntime agree to ")
    assert load_model(path).contract.precision == precision
    assert path.with_suffix(".md").read_text().startswith(f"# {precision}\n")


def test_export_by_another_backend_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    for words in (("export", tmp_path), ("recipe",)):
        said = refusal(*words, "-o", tmp_path / "a.onnx")
        assert said == "models are exported by TensorFlow: leave KERAS_BACKEND out, which is 'jax'"


@pytest.mark.train
def test_a_file_becomes_a_run_once(workshop: Workshop, tmp_path: Path) -> None:
    words = ("unpack", workshop.int8, "--run", tmp_path / "again")
    ran = chorale_train(*words)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"wrote {tmp_path / 'again'}, a run of gru with the weights of int8.onnx\n"
    assert refusal(*words) == f"{tmp_path / 'again'} holds a run; choose another --run"


def test_a_recipe_that_is_not_there(tmp_path: Path) -> None:
    said = refusal("recipe", "transformer", "-o", tmp_path / "a.onnx")
    assert said == "there is no recipe of 'transformer'; there are those of bach and gru"


@pytest.mark.train
def test_evaluate_over_transpositions_expects_something_else(workshop: Workshop) -> None:
    words = ("evaluate", workshop.int8, "--data-dir", workshop.data, "--json")
    alone, moved = (json.loads(chorale_train(*words, *more).out) for more in ((), ("--transpositions", 1)))
    for protocol in ("windowed", "whole_piece"):
        assert moved[protocol]["test"]["notes"] == alone[protocol]["test"]["notes"]
        assert moved[protocol]["test"]["nll"] != alone[protocol]["test"]["nll"]


@pytest.mark.train
def test_evaluate_prints_one_object(workshop: Workshop) -> None:
    ran = chorale_train("evaluate", workshop.int8, "--data-dir", workshop.data, "--json")
    row = json.loads(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert list(row) == ["model", "windowed", "whole_piece", "whole_test_by_frame", "leaks"]
    assert row["model"] == "int8"
    notes = {"windowed": {"valid": 6 * 131, "test": 4 * 131}, "whole_piece": {"valid": 512, "test": 384}}
    for protocol, parts in notes.items():
        assert {split: row[protocol][split].pop("notes") for split in parts} == parts
        assert all(set(row[protocol][split]) == {"nll", "accuracy"} for split in parts)
    (leak,) = row["leaks"]
    assert "jsb-test-000 ~ jsb-train-000 (" in leak


@pytest.mark.train
def test_evaluate_in_words_names_the_leaks(workshop: Workshop) -> None:
    ran = chorale_train("evaluate", workshop.fp32, "--data-dir", workshop.data)
    lines = ran.out.splitlines()
    assert ran.code == 0
    assert lines[0] == "fp32"
    assert [line[2:19].rstrip() for line in lines[1:5]] == [
        "windowed valid",
        "windowed test",
        "whole piece valid",
        "whole piece test",
    ]
    assert lines[5].startswith("    frames 1–4         ")
    assert lines[-1].startswith("leaks inside the set (share of common progressions 0.2 or more): jsb-test-000 ~ ")


@pytest.mark.train
def test_compare_prints_a_list_of_such_objects(workshop: Workshop) -> None:
    ran = chorale_train("compare", workshop.fp32, workshop.int8, "--data-dir", workshop.data, "--json")
    rows = json.loads(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert [row["model"] for row in rows] == [
        "repeat the last note",
        "count each voice's notes",
        "fp32",
        "int8",
        "Conv1D + LSTM notebook",
        "Transformer notebook",
    ]
    assert all(set(row["whole_piece"]) == {"valid", "test"} for row in rows[:4])
    assert rows[2]["parameters"] == rows[3]["parameters"] > 1000
    assert rows[2]["whole_piece"]["test"]["nll"] == pytest.approx(rows[3]["whole_piece"]["test"]["nll"], abs=0.02)
    assert rows[4]["windowed"] == {"test": {"nll": 0.668, "accuracy": 0.8154}}


@pytest.mark.train
def test_compare_without_names_takes_the_bundled_models(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    from companion.model import library  # noqa: PLC0415

    monkeypatch.setattr(library, "bundled_models", lambda: {"mine": workshop.fp32})
    ran = chorale_train("compare", "--data-dir", workshop.data)
    names = [line.split(" | ")[0].removeprefix("| ") for line in ran.out.splitlines()[2:]]
    assert names[2:] == ["fp32", "Conv1D + LSTM notebook (quoted)", "Transformer notebook (quoted)"]


@pytest.mark.train
def test_compare_times_draws_and_plays_and_replaces_nothing(workshop: Workshop, tmp_path: Path) -> None:
    asked = ("compare", workshop.fp32, "--data-dir", workshop.data, "--frames", 5, "--plot", tmp_path / "models.png")
    ran = chorale_train(*asked, "--json")
    row = next(row for row in json.loads(ran.out) if row["model"] == "fp32")
    assert row["parameters"] > 1000
    assert row["file_mb"] == round(workshop.fp32.stat().st_size / 1e6, 2)
    assert 0 < row["frame_ms"]["p50"] <= row["frame_ms"]["p99"]
    assert (tmp_path / "models.png").read_bytes().startswith(b"\x89PNG")
    again = chorale_train(*asked)
    assert (again.code, again.out) == (1, "")
    assert "models.png exists" in again.err


@pytest.mark.train
def test_compare_plays_one_opening_by_all(workshop: Workshop, tmp_path: Path) -> None:
    folder = tmp_path / "heard"
    asked = ("compare", workshop.fp32, "--data-dir", workshop.data, "--frames", 0, "--listen", folder)
    ran = chorale_train(*asked)
    if "seeds must be 1 or more" in ran.err:  # the tiny set holds no piece that is long enough
        assert ran.code == 1
        return
    assert ran.code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["bach-himself.mid", "fp32.mid", "side-by-side.png"]


@pytest.mark.train
def test_compare_measures_what_each_plays_of_the_same_openings(workshop: Workshop) -> None:
    asked = ("compare", workshop.fp32, workshop.int8, "--data-dir", workshop.data, "--frames", 0)
    asked = (*asked, "--music", 2, "--bars", 2, "--style", "free")
    rows = {row["model"]: row for row in json.loads(chorale_train(*asked, "--json").out)}
    assert [name for name, row in rows.items() if "music" in row] == ["fp32", "int8"]
    assert 0 <= rows["fp32"]["music"]["motions by step"] <= 1
    assert rows["fp32"]["music"]["longest passage of a training piece"] >= 0
    lines = chorale_train(*asked).out.splitlines()
    at = lines.index("2 held-out openings, each continued for 2 bars in style free:")
    assert lines[at + 2].startswith("| model | parallel fifths in 100 changes | octaves | beats on a chord % |")
    assert [line.split(" | ")[0] for line in lines[at + 4 :]] == ["| Bach", "| fp32", "| int8"]


@pytest.mark.train
def test_compare_believes_what_files_say_of_themselves(workshop: Workshop, tmp_path: Path) -> None:
    path = tmp_path / "scored.onnx"
    path.write_bytes(workshop.fp32.read_bytes())
    chorale_train("evaluate", path, "--data-dir", workshop.data, "--save")
    path.rename(tmp_path / "elsewhere.onnx")
    ran = chorale_train("compare", tmp_path / "elsewhere.onnx", "--data-dir", tmp_path / "nowhere", "--frames", 0)
    assert ran.code == 0
    assert [line.split(" | ")[0] for line in ran.out.splitlines()[2:]] == [
        "| fp32",
        "| Conv1D + LSTM notebook (quoted)",
        "| Transformer notebook (quoted)",
    ]


@pytest.mark.train
def test_scores_are_saved_where_that_is_asked(workshop: Workshop, tmp_path: Path) -> None:
    from companion.model.runtime import load_model  # noqa: PLC0415

    path = tmp_path / "scored.onnx"
    path.write_bytes(workshop.int8.read_bytes())
    row = json.loads(chorale_train("evaluate", path, "--data-dir", workshop.data, "--json", "--save").out)
    scores = load_model(path).contract.scores
    assert scores == {"windowed": row["windowed"], "whole_piece": row["whole_piece"], "remarks": row["leaks"]}
    assert "Leaks inside the set" in path.with_suffix(".md").read_text()


# Refusals --------------------------------------------------------------------------------------


@pytest.mark.train
def test_nothing_that_exists_is_written_over(workshop: Workshop, tmp_path: Path) -> None:
    out = ("--data-dir", workshop.data, "-o")
    path = tmp_path / "mine.onnx"
    path.write_bytes(b"mine")
    assert (
        refusal("export", workshop.run, *out, path) == f"{path} exists; choose another name, or --force to replace it"
    )
    assert path.read_bytes() == b"mine"
    path.unlink()
    notes = tmp_path / "mine.md"
    notes.write_text("my notes")
    assert refusal("export", workshop.run, *out, path).startswith(f"{notes} exists; ")
    assert notes.read_text() == "my notes"
    assert not path.exists()


@pytest.mark.train
def test_force_replaces_file_and_card(workshop: Workshop, tmp_path: Path) -> None:
    path = tmp_path / "mine.onnx"
    path.write_bytes(b"mine")
    path.with_suffix(".md").write_text("mine")
    assert chorale_train("export", workshop.run, "-o", path, "--data-dir", workshop.data, "--force").code == 0
    assert path.stat().st_size > 1000
    assert path.with_suffix(".md").read_text().startswith("# mine\n")


@pytest.mark.train
def test_a_finished_run_is_resumed_only_as_it_was(workshop: Workshop) -> None:
    words = ("fit", "gru", "--sets", "jsb", "--data-dir", workshop.data, "--run", workshop.run)
    before = (workshop.run / "history.csv").read_bytes()
    again, other = chorale_train(*words), chorale_train(*words, "--resume")
    assert again.err == f"chorale-train: {workshop.run} holds a run; go on with --resume or choose another --run\n"
    assert other.err == (
        f"chorale-train: the run in {workshop.run} has other settings; resume with the same, or choose another --run\n"
    )
    assert again.code == other.code == 1
    whole = chorale_train(*words, *SIZES, "--resume")
    assert (whole.code, whole.out.splitlines()[-1]) == (0, workshop.said["fit"].out.splitlines()[-1])
    assert (workshop.run / "history.csv").read_bytes() == before


@pytest.mark.train
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("fit", "grue"), "unknown architecture 'grue'; choose one of attention-gru, bach, biaxial-lstm, "),
        (
            ("fit", "gru", "--model", "{"),
            "--model must be a JSON object like '{\"units\": 128}': Expecting property name",
        ),
        (("fit", "gru", "--model", "[1]"), "--model must be a JSON object like '{\"units\": 128}', not [1]"),
        (
            ("fit", "gru", "--model", '{"unitz": 1}'),
            "gru has no setting 'unitz'; it has units, depth, dropout, slot_dr",
        ),
        (
            ("fit", "gru", "--shares", '{"closes": 0.7}'),
            "crops have no share 'closes'; they have from_start, as_written, hidden_onsets, any_order, closes_dropped",
        ),
        (("fit", "gru", "--shares", '{"melody": 2}'), "melody must be from 0 to 1, not 2"),
        (
            ("fit", "gru", "--shares", "0.7"),
            "--shares must be a JSON object like '{\"closes_dropped\": 0.7}', not 0.7",
        ),
        (("fit", "gru", "--model", '{"units": "big"}'), "units must be a whole number from 1, not 'big'"),
        (("fit", "gru", "--model", '{"depth": 0}'), "depth must be a whole number from 1, not 0"),
        (("fit", "gru", "--model", '{"dropout": 1}'), "dropout must be from 0 to less than 1, not 1"),
        (
            ("evaluate", "gru", "--save", "--transpositions", "2"),
            "--save writes the scores of the model alone; leave out --transpositions",
        ),
        (
            ("evaluate", "gru", "--save", "--chords"),
            "--save writes the scores of the model alone; leave out --chords",
        ),
        (("evaluate", "transformer", "--chords"), "transformer is told no chords; leave out --chords"),
        (("evaluate", "melody-basic", "--chords"), "melody-basic is told no chords; leave out --chords"),
        (("fit", "transformer", "--model", '{"units": 30}'), "units must be a multiple of heads (4), not 30"),
        (("fit", "gru", "--data", "."), "gru learns from prepared sets of four voices: leave out --data"),
        (("fit", "biaxial-lstm", "--data", "{data}/none"), "no folder at {data}/none"),
        (("fit", "gru", "--sets", "mine"), "no prepared data at {data}/mine.npz; run: chorale-train prepare"),
        (("export", "{data}", "-o", "{data}/new.onnx"), "no training run in {data}; run: chorale-train fit"),
        (("export", "{data}", "-o", "{data}/new.txt"), "a model file is called NAME.onnx, not 'new.txt'"),
        (
            ("export", "{data}", "-o", "{data}/no/new.onnx"),
            "cannot write {data}/no/new.onnx: there is no folder {data}/no",
        ),
        (
            ("export", "{data}", "-o", "{data}/new.onnx", "--precision", "int4"),
            "precision must be fp32 or int8, not 'int4'",
        ),
        (("evaluate", "{data}/none.onnx"), "cannot read {data}/none.onnx: No such file or directory"),
        (("evaluate", "nobody"), "unknown model 'nobody'"),
        (("compare", "nobody"), "unknown model 'nobody'"),
        (
            ("compare", "gru", "--threshold", "0.5"),
            "threshold is for models that sing bass first, as biaxial-lstm; gru",
        ),
        (("compare", "biaxial-lstm", "--threshold", "2"), "threshold must be above 0 and at most 1, not 2"),
    ],
)
def test_a_fault_of_the_users_is_one_line(data: Path, words: tuple[str, ...], says: str) -> None:
    said = refusal(*(word.replace("{data}", str(data)) for word in words), "--data-dir", data)
    assert said.startswith(says.replace("{data}", str(data)))


@pytest.mark.train
def test_a_set_without_pieces_to_check_with_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    from support.tiny import tiny_set  # noqa: PLC0415

    save_pieces(tiny_set()[:2], tmp_path / "mine.npz")
    said = refusal("fit", "gru", "--sets", "mine", "--data-dir", tmp_path, "--run", tmp_path / "run")
    assert said == f"the sets mine in {tmp_path} hold no valid pieces"
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (("prepare", "corpus"), "music21"),
        (("fit", "gru"), "keras, tensorflow, matplotlib"),
        (("export", "run", "-o", "x.onnx"), "keras, tensorflow, tf2onnx"),
        (("evaluate", "gru", "--save"), "keras, tensorflow, onnx"),
    ],
)
def test_a_missing_extra_is_one_line(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], missing: str) -> None:
    monkeypatch.setattr(cli, "find_spec", lambda name: None)
    assert refusal(*words) == f"{missing} not installed; run: pip install 'chorale-companion[train]'"


@pytest.mark.train
def test_a_stop_by_hand_says_how_to_go_on(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from export.training import fit  # noqa: PLC0415

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fit, "fit", interrupted)
    ran = chorale_train("fit", "gru", "--sets", "jsb", "--data-dir", data, "--run", tmp_path)
    assert (ran.code, ran.err) == (130, "chorale-train: stopped; the same command with --resume goes on\n")


def test_a_wrong_use_is_exit_code_2() -> None:
    assert chorale_train("fit").code == 2
    assert chorale_train("fit", "gru", "--epochs", "0").code == 2
    assert chorale_train("dance").code == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    ran = chorale_train(command, "--help")
    assert ran.code == 0
    assert f"Example: chorale-train {command}" in ran.out


def test_help_lists_the_commands() -> None:
    said = chorale_train("--help").out
    assert {"prepare", "fit", "export", "evaluate", "compare", "judge"} <= set(COMMANDS)
    assert all(f"  {command} " in said for command in COMMANDS)


def test_threads_are_told_to_tensorflow_before_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    for name in names:
        monkeypatch.setenv(name, "9")
    cli._use_threads(0)
    assert [os.environ[name] for name in names] == ["9", "9", "9"]
    cli._use_threads(2)
    assert [os.environ[name] for name in names] == ["2", "2", "2"]


def test_help_is_quick_because_nothing_heavy_is_imported(fresh_python: list[str]) -> None:
    heavy = {"keras", "tensorflow", "onnx", "music21", "onnxruntime"}
    code = f"import sys, export.cli; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([*fresh_python, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
