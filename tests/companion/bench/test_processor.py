"""What the system tells of its processor, and what it does not."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import pytest

from companion.bench.processor import Processor, this_processor

X86 = """processor\t: 0
model name\t: Some Processor
flags\t\t: fpu sse2 avx2 avx512f avx512_vnni avx_vnni amx_int8

processor\t: 1
model name\t: Some Processor
flags\t\t: fpu sse2 avx2 avx512f avx512_vnni avx_vnni amx_int8
"""
ARM = """processor\t: 0
Features\t: fp asimd asimddp sve i8mm
CPU implementer\t: 0x41
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (X86, Processor("Some Processor", ("AVX2", "AVX512", "AVX-VNNI", "AVX512-VNNI", "AMX-INT8"))),
        (ARM, Processor("aarch64", ("NEON", "SVE", "NEON dot product", "I8MM"))),
        ("model name : Old\nflags : fpu avx2x\n", Processor("Old", ())),
        ("nothing that is known\n", Processor("aarch64", None)),
    ],
)
def test_on_linux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: Processor) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    path = tmp_path / "cpuinfo"
    path.write_text(text)
    assert this_processor(path) == expected


@pytest.mark.parametrize(("said", "name"), [("arm", "arm"), ("", "unknown")])
def test_elsewhere_features_are_unknown(monkeypatch: pytest.MonkeyPatch, said: str, name: str) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(platform, "processor", lambda: said)
    assert this_processor() == Processor(name, None)


@pytest.mark.parametrize(
    ("features", "text"),
    [
        (("AVX2", "AVX-VNNI"), "This (AVX2, AVX-VNNI)"),
        ((), "This (none of the features that matter)"),
        (None, "This (features unknown)"),
    ],
)
def test_in_words(features: tuple[str, ...] | None, text: str) -> None:
    assert str(Processor("This", features)) == text
