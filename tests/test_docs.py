"""What the documents say, held against the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from companion.cli import app as chorale
from export.cli import app as chorale_train

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


def test_ci_runs_the_test_line_of_the_readme() -> None:
    line = next(line for line in README.splitlines() if line.endswith("-m tests"))
    assert line in (ROOT / ".ci" / "run").read_text().splitlines()


def test_architecture_names_every_file_of_both_packages() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    named = set(re.findall(r"[a-z_0-9]+\.py", text))
    files = {path.name for package in ("companion", "export") for path in (ROOT / package).glob("*.py")}
    assert files - named <= {"__init__.py"}


@pytest.mark.parametrize(
    "document", ["README.md", "CHANGELOG.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
)
def test_commands_and_options_that_are_shown_exist(document: str) -> None:
    programs = {"chorale": get_command(chorale), "chorale-train": get_command(chorale_train)}
    text = (ROOT / document).read_text()
    for program, command, rest in re.findall(r"\b(chorale(?:-train)?) ([a-z]+)\b([^\n`|]*)", text):
        commands = programs[program].commands  # type: ignore[attr-defined]
        if command not in commands:
            continue  # prose
        known = {name for option in commands[command].params for name in option.opts + option.secondary_opts}
        shown = {option for option in re.findall(r"(?<!\S)--?[a-z][a-z-]*", rest.split("#")[0])}
        assert shown <= known | {"--help"}, f"{document}: {program} {command}"


def test_links_lead_somewhere() -> None:
    for document in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
            if not target.startswith("http"):
                assert (document.parent / target).exists(), f"{document.name} links to {target}"
