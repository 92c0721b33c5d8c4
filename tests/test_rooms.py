"""The rooms and the arrows between them, seen in the source and in fresh interpreters."""

from __future__ import annotations

import ast
import functools
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

HOME = Path(__file__).parents[1]

# From the ground up: a room imports from those before it. A file beside the rooms is a room of its own.
ORDER = {
    "companion": (
        *(
            "errors",
            "parent",
            "frozen",
            "music",
            "files",
            "clock",
            "phrase",
            "notation",
            "model",
            "controls",
            "audio",
            "sampling",
            "record",
        ),
        *(
            "harmony",
            "generation",
            "io",
            "player",
            "session",
            "clips",
            "wishes",
            "workbench",
            "visuals",
            "stage",
            "streams",
            "jam",
            "screen",
            "commands",
            "bench",
            "serve",
            "cli",
            "__main__",
        ),
    ),
    "export": (
        *("data", "harmony", "models", "measures", "scores", "training", "release", "judging", "phrasing"),
        *("listening", "turing", "cli", "notebook_speed"),
    ),
}

ONLY_TRAINING = {"tensorflow", "keras", "tf2onnx", "music21", "onnx", "torch", "jax", "matplotlib", "export"}
BELOW_COMMANDS = ORDER["companion"][: ORDER["companion"].index("screen")]

# What the shared cores may import of ours; beyond that there is numpy and the standard library.
PURE = {
    "companion.music.vocabulary": set(),
    "companion.music.key": {"companion.music.vocabulary", "companion.music.key_names"},
    "companion.music.key_names": set(),
    "companion.music.pitch": set(),
    "companion.model.codes": {"companion.music.vocabulary", "companion.music.pitch"},
    "companion.model.told": {"companion.music.vocabulary", "companion.music.pitch", "companion.model.codes"},
    "companion.model.features": {
        *("companion.music.vocabulary", "companion.music.key", "companion.model.codes", "companion.model.told")
    },
}


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(HOME).with_suffix("").parts).removesuffix(".__init__")


SOURCES = {
    module_of(path): path.read_text("utf-8") for package in ORDER for path in sorted((HOME / package).rglob("*.py"))
}
LIVE = [name for name in SOURCES if name.split(".")[0] == "companion"]
ROOMS = [path.parent for package in ORDER for path in sorted((HOME / package).glob("*/__init__.py"))]
MUSIC = [name for name in LIVE if name.startswith("companion.music")]


@functools.cache
def named(source: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Every module that a source names in an import, inside functions too, and what it takes from it."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(alias.name, ()) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, "imports are absolute"
            found.append((node.module, tuple(f"{node.module}.{alias.name}" for alias in node.names)))
    return tuple(found)


def imports(source: str, modules: Iterable[str] = SOURCES) -> Iterator[str]:
    """Every module that a source imports; a package only for names of its own."""
    for module, inside in named(source):
        yield from [name if name in modules else module for name in inside] or [module]


def arrows(sources: dict[str, str]) -> dict[str, set[str]]:
    """Each module → the other ones of these that it imports."""
    return {name: (set(imports(source, sources)) & set(sources)) - {name} for name, source in sources.items()}


def height(module: str) -> int:
    """The place of a module's room in the order of its package; the package itself lies under all."""
    package, *rest = module.split(".")
    return ORDER[package].index(rest[0]) if rest else -1


def upward(sources: dict[str, str]) -> list[str]:
    return [
        f"{name} imports {other}"
        for name, others in arrows(sources).items()
        for other in sorted(others)
        if name.split(".")[0] == other.split(".")[0] and height(other) > height(name)
    ]


def in_order(sources: dict[str, str]) -> list[str]:
    """The modules, each after those that it imports; CycleError where that cannot be."""
    return list(TopologicalSorter(arrows(sources)).static_order())


def outside(source: str) -> set[str]:
    """The libraries that a source names."""
    return {name.split(".")[0] for name in imports(source)} - sys.stdlib_module_names


def loaded_by(statements: str, python: list[str]) -> set[str]:
    """The modules, packages in full, that a fresh interpreter has after these statements."""
    code = f"{statements}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([*python, "-c", code], capture_output=True, check=False, text=True, cwd=HOME)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_every_room_has_its_place() -> None:
    for package, order in ORDER.items():
        rooms = {name.split(".")[1] for name in SOURCES if name.startswith(f"{package}.")}
        assert rooms == set(order)


def test_arrows_go_down_only() -> None:
    assert upward(SOURCES) == []
    assert sorted(in_order(SOURCES)) == sorted(SOURCES)


def test_an_arrow_that_goes_up_or_round_is_found_wherever_it_stands() -> None:
    below = {"companion.music.song": "def late():\n    from companion.jam import engine", "companion.jam.engine": ""}
    assert upward(below) == ["companion.music.song imports companion.jam.engine"]
    circle = {"companion.jam.a": "from companion.jam.b import c", "companion.jam.b": "import companion.jam.a"}
    with pytest.raises(ValueError, match="cycle"):
        in_order(circle)


@pytest.mark.parametrize("name", LIVE)
def test_companion_never_names_what_only_training_has(name: str) -> None:
    """Not even inside a function: the arrow is export → companion."""
    assert not outside(SOURCES[name]) & ONLY_TRAINING


@pytest.mark.parametrize("name", PURE)
def test_shared_cores_are_pure(name: str) -> None:
    assert outside(SOURCES[name]) <= {"companion", "numpy"}
    assert arrows(SOURCES)[name] <= PURE[name]


def test_whole_companion_loads_nothing_of_the_training(fresh_python: list[str]) -> None:
    """Each of its modules, so that none is left out because nobody imports it yet."""
    loaded = loaded_by("\n".join(f"import {name}" for name in LIVE), fresh_python)
    assert set(LIVE) <= loaded
    assert not {name.split(".")[0] for name in loaded} & ONLY_TRAINING


@pytest.mark.parametrize(
    ("modules", "absent"),
    [
        (["companion"], {"numpy", "onnxruntime", "mido", "rich"}),
        (["companion.cli"], {"numpy", "onnxruntime", "mido", "rtmidi", "rtmidi2"}),  # --help is there at once
        (["companion.model.features"], {"onnxruntime", "mido", "typer"}),
        (MUSIC, {"onnxruntime", "rtmidi", "rtmidi2", "mido", "rich", "typer"}),
        ([f"companion.{room}" for room in BELOW_COMMANDS], {"onnxruntime", "rtmidi", "rtmidi2", "rich", "typer"}),
    ],
    ids=lambda given: given[0] if isinstance(given, list) else "",
)
def test_light_imports(modules: list[str], absent: set[str], fresh_python: list[str]) -> None:
    loaded = loaded_by("\n".join(f"import {name}" for name in modules), fresh_python)
    assert set(modules) <= loaded
    assert not {name.split(".")[0] for name in loaded} & absent


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: f"{room.parent.name}.{room.name}")
def test_a_rooms_face_names_its_files(room: Path) -> None:
    face = ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8"))) or ""
    named = re.findall(r"^(\w+) {2,}\S", face, re.MULTILINE)
    assert sorted(named) == sorted(path.stem for path in room.glob("*.py") if path.stem != "__init__")


def test_the_packages_that_are_built_are_the_folders_there_are() -> None:
    built = tomllib.loads((HOME / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    folders = {module_of(path.parent / "__init__.py") for package in ORDER for path in (HOME / package).rglob("*.py")}
    assert sorted(built["packages"]) == sorted(folders | set(built["package-dir"]))


def test_one_noun_a_file_readable_in_one_sitting() -> None:
    lines = {name: len(source.splitlines()) for name, source in SOURCES.items() if name != "export.cli"}
    assert {name: count for name, count in lines.items() if count > 400} == {}
