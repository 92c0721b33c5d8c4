"""The house: what imports what, seen in fresh interpreters and in the source."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
MODULES = sorted((HOME / "companion").rglob("*.py"))
TRAINING = {"tensorflow", "keras", "tf2onnx", "music21", "onnx", "torch", "jax", "matplotlib", "export"}

# What the shared cores may import; everything else of theirs is the standard library.
PURE = {
    "music/vocabulary.py": {"numpy"},
    "music/key.py": {"numpy", "companion.music.vocabulary"},
    "model/codes.py": {"numpy", "companion.music.vocabulary"},
    "model/features.py": {"numpy", "companion.music.vocabulary", "companion.music.key", "companion.model.codes"},
}


def imports(path: Path) -> Iterator[str]:
    """Every module that a file names in an import, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def loaded_by(statements: str, python: list[str]) -> set[str]:
    """The modules, packages in full, that a fresh interpreter has after these statements."""
    code = f"{statements}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([*python, "-c", code], capture_output=True, check=False, text=True, cwd=HOME)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_companion_never_names_what_only_training_has(path: Path) -> None:
    """Not even inside a function: the arrow is export → companion."""
    assert not {name.split(".")[0] for name in imports(path)} & TRAINING


@pytest.mark.parametrize("name", PURE)
def test_shared_cores_are_pure(name: str) -> None:
    outside = {
        module for module in imports(HOME / "companion" / name) if module.split(".")[0] not in sys.stdlib_module_names
    }
    roots = {module if module in PURE[name] else module.rpartition(".")[0] for module in outside}
    assert {root.removesuffix(".typing") for root in roots} == PURE[name]


def test_whole_companion_loads_nothing_of_the_training(fresh_python: list[str]) -> None:
    """Each of its modules, so that none is left out because nobody imports it yet."""
    names = [".".join(path.relative_to(HOME).with_suffix("").parts).removesuffix(".__init__") for path in MODULES]
    loaded = loaded_by("\n".join(f"import {name}" for name in names), fresh_python)
    assert set(names) <= loaded
    assert not {name.split(".")[0] for name in loaded} & TRAINING


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import companion", {"numpy", "onnxruntime", "mido", "rich"}),
        ("import companion.cli", {"numpy", "onnxruntime", "mido", "rtmidi"}),  # --help is there at once
        ("import companion.music.vocabulary, companion.model.features", {"onnxruntime", "mido", "typer"}),
    ],
)
def test_light_imports(statement: str, absent: set[str], fresh_python: list[str]) -> None:
    assert not {name.split(".")[0] for name in loaded_by(statement, fresh_python)} & absent


def test_one_noun_a_file_readable_in_one_sitting() -> None:
    long = {path.name: lines for path in MODULES if (lines := len(path.read_text("utf-8").splitlines())) > 400}
    assert long == {}
