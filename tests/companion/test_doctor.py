"""The doctor: each finding is one line, and a fault says what to do."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from fakes import Command

from companion import doctor
from companion.doctor import FAULT, NOTE, OK, Finding, examine
from companion.names import DEFAULT_MODEL

SUBJECTS = ["Python", "packages", "models", "MIDI ports", "sound", "folder", "training"]


def finding(subject: str) -> Finding:
    return next(finding for finding in examine() if finding.subject == subject)


def test_every_subject_in_one_line() -> None:
    findings = examine()
    assert [finding.subject for finding in findings] == SUBJECTS
    assert all(finding.level in (OK, NOTE, FAULT) and finding.text.isprintable() for finding in findings)


def test_models_load() -> None:
    assert finding("models").level == OK
    assert f"(default {DEFAULT_MODEL})" in finding("models").text


def test_no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "bundled_models", dict)
    assert finding("models") == Finding(
        FAULT, "models", f"the default model {DEFAULT_MODEL} is not installed; install the package again"
    )


def test_damaged_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    damaged = tmp_path / "gru.onnx"
    damaged.write_bytes(b"nothing")
    monkeypatch.setattr("companion.library.bundled_models", lambda: {DEFAULT_MODEL: damaged})
    monkeypatch.setattr(doctor, "bundled_models", lambda: {DEFAULT_MODEL: damaged})
    assert finding("models").level == FAULT
    assert finding("models").text.startswith(f"{damaged}: not a usable ONNX model")


def test_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "mido":
            raise PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(doctor, "version", version)
    assert finding("packages") == Finding(FAULT, "packages", "mido is missing; run: pip install chorale-companion")


def test_optional_things_are_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    assert [(found.subject, found.level) for found in examine() if found.level != OK] == [
        ("MIDI ports", NOTE),
        ("sound", NOTE),
        ("training", NOTE),
    ]
    assert finding("training").text == (
        "without tensorflow, keras, tf2onnx, music21; to train: pip install 'chorale-companion[train]'"
    )


def test_no_midi_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    class Rtmidi:
        """Like rtmidi without ALSA and JACK."""

        @staticmethod
        def get_compiled_api() -> list[int]:
            return []

        class MidiIn:
            def __init__(self) -> None:
                raise SystemError("no backend")

    monkeypatch.setattr(doctor, "find_spec", lambda name: object())
    monkeypatch.setitem(sys.modules, "rtmidi", Rtmidi)  # type: ignore[arg-type]
    found = doctor._midi()
    assert found.level == NOTE
    assert found.text.startswith("no MIDI driver answers (no backend); ")


def test_folder_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: False)
    assert finding("folder") == Finding(FAULT, "folder", f"{tmp_path} cannot be written; change to a folder of yours")


def test_command(chorale: Command) -> None:
    ran = chorale("doctor")
    lines = ran.out.splitlines()
    assert [line[7:18].strip() for line in lines] == SUBJECTS
    assert (ran.code, ran.err) == (int(any(line.startswith(FAULT) for line in lines)), "")


def test_command_with_a_fault(chorale: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "bundled_models", dict)
    ran = chorale("doctor")
    assert ran.code == 1
    assert "\nfault  models      the default model gru is not installed; install the package again\n" in ran.out
