"""The release's workflow, which nobody has run yet: at least it is one, and asks for what there is."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = ROOT / ".github" / "workflows" / "release.yml"
TEXT = WORKFLOW.read_text("utf-8")


def test_it_is_a_workflow() -> None:
    pytest.importorskip("check_jsonschema", reason="it knows what a workflow of GitHub's is (extra: dev)")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(WORKFLOW)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_it_runs_is_there() -> None:
    modules = re.findall(r"python -m ([\w.]+)", TEXT)
    assert modules == ["app", "app.smoke"]
    assert all(find_spec(name) for name in modules)


def test_it_says_that_nobody_has_run_it() -> None:
    assert TEXT.startswith("# NOT YET RUN")
    assert "not yet run" in (ROOT / "docs" / "install.md").read_text("utf-8")


def test_the_archives_have_the_names_of_the_install_page() -> None:
    systems = re.findall(r"system: ([\w-]+),", TEXT)
    assert len(systems) == 4
    page = (ROOT / "docs" / "install.md").read_text("utf-8")
    for system in systems:
        assert f"chorale-companion-{system}." in page
