"""What the documents say, held against the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from typer.main import get_command

from companion.cli import app as chorale
from export.cli import app as chorale_train

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = {
    "chorale": get_command(chorale).commands,  # type: ignore[attr-defined]
    "chorale-train": get_command(chorale_train).commands,  # type: ignore[attr-defined]
}


def test_ci_runs_the_test_line_of_the_readme() -> None:
    line = next(line for line in README.splitlines() if line.endswith("-m tests"))
    assert line in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()


def test_architecture_names_every_room() -> None:
    named = set(re.findall(r"`(\w+)/`", (ROOT / "docs" / "architecture.md").read_text("utf-8")))
    rooms = {path.parent.name for package in ("companion", "export") for path in ROOT.glob(f"{package}/*/__init__.py")}
    assert len(rooms) > 20
    assert rooms - named == set()


def shown_commands(text: str) -> Iterator[tuple[str, str, set[str]]]:
    """Program, command and options, wherever a text shows them; other words after a program's name are prose."""
    for program, command, rest in re.findall(r"\b(chorale(?:-train)?) ([a-z]+)\b([^\n`|]*)", text):
        if command in COMMANDS[program]:
            yield program, command, set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", rest.split("#")[0]))


def test_commands_and_options_that_are_shown_exist() -> None:
    found = [(path, *shown) for path in DOCUMENTS for shown in shown_commands(path.read_text("utf-8"))]
    for path, program, command, options in found:
        known = {name for each in COMMANDS[program][command].params for name in each.opts + each.secondary_opts}
        assert options <= known | {"--help"}, f"{path.name}: {program} {command}"
    assert {"README.md", "training.md", "live-setup.md"} <= {path.name for path, *_, options in found if options}
    assert {program: {command for _, of, command, _ in found if of == program} for program in COMMANDS} == {
        program: set(commands) for program, commands in COMMANDS.items()
    }


def test_links_lead_somewhere() -> None:
    links = [(path, link) for path in DOCUMENTS for link in re.findall(r"\]\(([^)#]+)\)", path.read_text("utf-8"))]
    inside = [(path, link) for path, link in links if not link.startswith("http")]
    assert len(inside) > 20
    for path, link in inside:
        assert (path.parent / link).exists(), f"{path.name} links to {link}"


def test_an_example_stands_in_its_document_as_it_is_run() -> None:
    example = (ROOT / "examples" / "harmonise.py").read_text("utf-8")
    _, _, code = example.partition('"""\n\n')
    assert code.count("\n") > 8
    assert f"```python\n{code}```\n" in (ROOT / "docs" / "serve.md").read_text("utf-8")
