"""``python -m tests.house [FOLDER]``: the house in numbers, a room a row, and what is past its limit.

Files and lines; the median and the 95th percentile of the lines of functions; the most methods of a class, its
forebears' counted in; the most arguments of a signature; public names that stand in more than one module.
Commands are left out of the arguments: theirs are made from tables.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("companion", "export")

ENTRY_POINTS = {"app", "main"}  # of a program each: named as everyone names them
MOST_FILES, MOST_METHODS, MOST_ARGUMENTS = 14, 20, 12
LONGEST_MEDIAN, LONGEST_P95 = 8, 25  # lines of a function

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Room:
    """What is counted of a folder, or of all."""

    files: int = 0
    lines: int = 0
    functions: list[int] = field(default_factory=list)  # their lines, docstrings counted in
    methods: dict[str, int] = field(default_factory=dict)  # class → its methods, inherited ones too
    arguments: dict[str, int] = field(default_factory=dict)  # function → its arguments

    def add(self, other: Room) -> None:
        self.files += other.files
        self.lines += other.lines
        self.functions += other.functions
        self.methods |= other.methods
        self.arguments |= other.arguments

    @property
    def row(self) -> str:
        p95 = quantiles(self.functions, n=20)[-1] if len(self.functions) > 1 else 0
        middle = median(self.functions or [0])
        methods, arguments = _most(self.methods), _most(self.arguments)
        return f"{self.files:>5} {self.lines:>6} {middle:>6.0f} {p95:>4.0f}   {methods:<30} {arguments}"

    def faults(self, name: str, is_room: bool) -> Iterator[str]:
        if is_room and self.files > MOST_FILES:
            yield f"{name}: {self.files} files, {MOST_FILES} at most"
        for label, count in self.methods.items():
            if count > MOST_METHODS:
                yield f"{label}: {count} methods, {MOST_METHODS} at most"
        for label, count in self.arguments.items():
            if count > MOST_ARGUMENTS:
                yield f"{label}: {count} arguments, {MOST_ARGUMENTS} at most"


def _most(counts: dict[str, int]) -> str:
    name = max(counts, key=counts.__getitem__, default="")
    return f"{counts[name]} {name.rpartition('.')[2]}" if name else "-"


def functions_of(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def is_command(function: Function) -> bool:
    """Typer makes a command of it."""
    return any("app." in ast.unparse(decorator) for decorator in function.decorator_list)


def arguments_of(function: Function) -> int:
    given = function.args
    names = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])


def methods_of(classes: dict[str, ast.ClassDef], name: str) -> set[str]:
    """The methods of a class and of those of its bases that are ours."""
    node = classes[name]
    own = {child.name for child in node.body if isinstance(child, Function)}
    bases = [ast.unparse(base).split("[")[0] for base in node.bases]
    return own.union(*(methods_of(classes, base) for base in bases if base in classes and base != name))


def public_names(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, *Function.__args__)):
            yield node.name
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name))


def measure(root: Path) -> tuple[dict[str, Room], dict[str, list[str]]]:
    """The rooms by folder, and the modules of every public name."""
    trees = {
        path: ast.parse(path.read_text("utf-8")) for package in PACKAGES for path in (root / package).rglob("*.py")
    }
    classes = {node.name: node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    rooms: dict[str, Room] = defaultdict(Room)
    places: dict[str, list[str]] = defaultdict(list)
    for path, tree in sorted(trees.items()):
        module = ".".join(path.relative_to(root).with_suffix("").parts)
        found = list(functions_of(tree))
        rooms[str(path.parent.relative_to(root))].add(
            Room(
                files=path.name != "__init__.py",
                lines=len(path.read_text("utf-8").splitlines()),
                functions=[(one.end_lineno or one.lineno) - one.lineno + 1 for one in found],
                methods={
                    f"{module}.{node.name}": len(methods_of(classes, node.name))
                    for node in ast.walk(tree)
                    if isinstance(node, ast.ClassDef)
                },
                arguments={f"{module}.{one.name}": arguments_of(one) for one in found if not is_command(one)},
            )
        )
        for name in set(public_names(tree)):
            if not name.startswith("_") and name not in ENTRY_POINTS:
                places[name].append(module)
    return rooms, {name: modules for name, modules in places.items() if len(modules) > 1}


def main(root: Path = ROOT) -> int:
    rooms, names = measure(root)
    total = Room()
    lines = [f"{'room':<22} files  lines median  p95   {'most methods':<30} most arguments"]
    faults: list[str] = []
    for name, room in sorted(rooms.items()):
        lines.append(f"{name:<22} {room.row}")
        faults += room.faults(name, is_room=True)
        total.add(room)
    lines.append(f"{'all':<22} {total.row}")
    for package in PACKAGES:
        lines.append(
            f"{package}: {sum(room.lines for name, room in rooms.items() if name.split('/')[0] == package)} lines"
        )
    tests = sum(len(path.read_text("utf-8").splitlines()) for path in (root / "tests").rglob("*.py"))
    lines.append(f"tests: {tests} lines")
    lines += [f"! {fault}" for fault in faults]
    lines += [f"! {name} stands in {', '.join(modules)}" for name, modules in sorted(names.items())]
    sys.stdout.write("\n".join(lines) + "\n")
    return int(bool(faults or names))


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:2])))
