"""The doctor: each finding is one line, and a fault says what to do."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from support.programs import Command

from companion.commands import doctor
from companion.commands.doctor import FAULT, NOTE, OK, Finding, examine
from companion.controls.table import DEFAULT_MODEL
from companion.io.midi_ports import Listing
from companion.io.port_names import LOOPBACK_TAKEN, LOOPMIDI, plain_name

SUBJECTS = [
    *(
        "Python",
        "packages",
        "models",
        "MIDI driver",
        "MIDI ports",
        "Link",
        "sound",
        "scores",
        "service",
        "folder",
        "training",
    ),
]


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
    monkeypatch.setattr("companion.model.library.bundled_models", lambda: {DEFAULT_MODEL: damaged})
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
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    assert [(found.subject, found.level) for found in examine() if found.level != OK] == [
        ("MIDI driver", NOTE),
        ("MIDI ports", NOTE),
        ("Link", NOTE),
        ("sound", NOTE),
        ("scores", NOTE),
        ("service", NOTE),
        ("training", NOTE),
    ]
    package = "rtmidi2" if sys.version_info >= (3, 13) else "python-rtmidi"
    assert finding("MIDI driver").text == (
        f"no MIDI binding is installed; run: pip install {package}; files and OSC work without"
    )
    assert finding("Link").text == "not installed; to follow Ableton Link: pip install 'chorale-companion[link]'"
    assert finding("scores").text == (
        "read and written; drawn as piano rolls without verovio and typst;"
        " to draw them: pip install 'chorale-companion[notation]'"
    )
    assert finding("service").text == (
        "not installed; to be asked by other programs: pip install 'chorale-companion[serve]'"
    )
    assert finding("training").text == (
        "without tensorflow, keras, tf2onnx, music21; to train: pip install 'chorale-companion[train]'"
    )


def listed(monkeypatch: pytest.MonkeyPatch, *listing: object) -> None:
    monkeypatch.setattr(doctor, "list_ports", lambda: Listing(*listing))  # type: ignore[arg-type]


def test_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    listed(monkeypatch, "ALSA by python-rtmidi", ("Keys",), ("Synth", "Live"), True)
    assert finding("MIDI driver") == Finding(OK, "MIDI driver", "ALSA by python-rtmidi")
    assert finding("MIDI ports") == Finding(
        OK, "MIDI ports", "1 in, 2 out; chorale ports lists them; chorale jam makes two of its own where none is named"
    )


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_no_midi_driver(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    listed(monkeypatch, "", (), (), False, "no MIDI driver answers (none)")
    monkeypatch.setattr(doctor, "find_spec", lambda name: object())
    monkeypatch.setattr(doctor.sys, "platform", platform)
    advice = "start JACK, or load the kernel module snd-seq; " if platform == "linux" else ""
    assert doctor._midi_driver() == Finding(
        NOTE, "MIDI driver", f"no MIDI driver answers (none); {advice}files and OSC work without"
    )
    assert doctor._midi_ports() == Finding(
        NOTE, "MIDI ports", "none without a driver; chorale jam --no-midi runs over OSC alone"
    )


def test_windows_needs_two_cables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "plain_name", lambda name: plain_name(name, windows=True))
    synth = "Microsoft GS Wavetable Synth 0"
    listed(monkeypatch, "Windows MM by python-rtmidi", ("Keys 0", "Cable 1"), (synth, "Cable 1"), False)
    assert finding("MIDI ports") == Finding(NOTE, "MIDI ports", f"2 in, 2 out; chorale ports lists them; {LOOPMIDI}")
    names = ("Chorale In 0", "Chorale Out 1")
    listed(monkeypatch, "Windows MM by python-rtmidi", names, (synth, "Chorale In 1", "Chorale Out 2"), False)
    assert finding("MIDI ports") == Finding(OK, "MIDI ports", "2 in, 3 out; chorale ports lists them")


def test_windows_own_loopback_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = ("Default App Loopback (A) 0", "Default App Loopback (B) 1")
    listed(monkeypatch, "Windows MM by rtmidi2", pair, ("Microsoft GS Wavetable Synth 0", *pair), False)
    assert finding("MIDI ports") == Finding(
        OK,
        "MIDI ports",
        f"2 in, 3 out; chorale ports lists them; chorale jam takes, where none is named, {LOOPBACK_TAKEN}",
    )


def test_link(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find_spec", lambda name: object())
    monkeypatch.setattr(doctor, "version", lambda name: "1.1.1")
    assert doctor._link() == Finding(OK, "Link", "LinkPython-extern 1.1.1; chorale jam --clock link follows it")


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
    assert "\nfault  models      the default model bach is not installed; install the package again\n" in ran.out


def test_no_alsa_library(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = "the MIDI binding rtmidi cannot be loaded (libasound.so.2: cannot open shared object file)"
    listed(monkeypatch, "", (), (), False, fault)
    assert finding("MIDI driver").text == (
        f"{fault}; install the ALSA library, package libasound2; files and OSC work without"
    )


@pytest.mark.parametrize(
    ("fault", "level", "end"),
    [
        (None, OK, "demo --play sounds at once"),
        (OSError("PortAudio library not found"), NOTE, "to hear the demo at once: apt install libportaudio2"),
    ],
)
def test_sound_is_there_when_its_library_is(
    fault: OSError | None, level: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(name: str) -> None:
        assert name == "sounddevice"
        if fault:
            raise fault

    monkeypatch.setattr(doctor, "find_spec", lambda name: object())
    monkeypatch.setattr(doctor, "import_module", load)
    found = doctor._sound()
    assert (found.level, found.subject) == (level, "sound")
    assert found.text.endswith(end)
