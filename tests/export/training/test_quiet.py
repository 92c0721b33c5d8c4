"""Nothing of TensorFlow's stands among the program's lines; what it dies of does."""

from __future__ import annotations

import importlib.util
import subprocess

import pytest

from export.models.registry import ARCHITECTURES

OWN = (
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
    "I0000 00:00:1795852587.379440    6333 port.cc:153] oneDNN custom operations are on.",
    "E0000 00:00:1795852600.303453    6532 cuda_platform.cc:52] failed call to cuInit",
    "To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow.",
)
OTHERS = (
    "F0000 00:00:1795852600.303453    6532 cpu_feature_guard.cc:12] built for AVX, which this machine has not",
    "Traceback (most recent call last):",
    "Illegal instruction",
)


@pytest.mark.train
@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs TensorFlow (extra: train)")
def test_a_program_that_loads_it_says_its_own_line_alone(
    fresh_python: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    code = "import sys; sys.argv = ['chorale-train', 'fit', 'nonsense']; from export.cli import main; main()"
    ran = subprocess.run([*fresh_python, "-c", code], capture_output=True, text=True, check=False)
    says = f"chorale-train: unknown architecture 'nonsense'; choose one of {', '.join(ARCHITECTURES)}\n"
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", says)


@pytest.mark.parametrize("end", ["", "os.abort()"])
def test_lines_that_are_not_its_own_come_through(fresh_python: list[str], end: str) -> None:
    lines = "\n".join([*OWN, *OTHERS, *OWN]) + "\n"
    code = f"""
import os
from export.training import quiet
with quiet._filtered():
    os.write(2, {lines.encode()!r})
    {end}
os.write(2, b"after\\n")
"""
    ran = subprocess.run([*fresh_python, "-c", code], capture_output=True, text=True, check=False)
    assert ran.stderr.splitlines() == [*OTHERS, *([] if end else ["after"])]


def test_without_a_place_for_faults_nothing_is_said(fresh_python: list[str]) -> None:
    code = "import os; os.close(2)\nfrom export.training import quiet\nwith quiet._filtered(): print('loaded')"
    ran = subprocess.run([*fresh_python, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "loaded\n", "")
