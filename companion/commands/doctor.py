"""Checks of the installation: what is there, what is missing, and what to do about it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from companion import __version__
from companion.controls.table import DEFAULT_MODEL
from companion.errors import ChoraleError
from companion.frozen import is_frozen, ways_to_get
from companion.io.midi_bindings import BINDINGS
from companion.io.midi_ports import list_ports
from companion.io.port_names import LOOPBACK_TAKEN, LOOPMIDI, plain_name
from companion.model.library import bundled_models, open_model

OK = "ok"
NOTE = "note"  # something optional is missing
FAULT = "fault"  # something does not work


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report."""

    level: str  # OK, NOTE or FAULT
    subject: str
    text: str


def examine() -> list[Finding]:
    """Every check, in the order in which they are shown."""
    checks: tuple[Callable[[], Finding], ...] = (
        _python,
        _packages,
        _models,
        _midi_driver,
        _midi_ports,
        _link,
        _sound,
        _scores,
        _service,
        _folder,
        _training,
    )
    return [check() for check in checks]


def _python() -> Finding:
    within = ", in an app of its own" if is_frozen() else ""
    text = f"{platform.python_version()} on {platform.system()} {platform.machine()}{within}"
    return Finding(OK, "Python", text)


def _packages() -> Finding:
    names = ("numpy", "onnxruntime", "mido", "python-osc", "typer")
    try:
        found = ", ".join(f"{name} {version(name)}" for name in names)
    except PackageNotFoundError as error:
        return Finding(FAULT, "packages", f"{error.name} is missing; run: pip install chorale-companion")
    return Finding(OK, "packages", f"chorale-companion {__version__}, {found}")


def _models() -> Finding:
    names = list(bundled_models())
    if DEFAULT_MODEL not in names:
        return Finding(
            FAULT, "models", f"the default model {DEFAULT_MODEL} is not installed; install the package again"
        )
    try:
        for name in names:
            open_model(name)
    except ChoraleError as error:
        return Finding(FAULT, "models", str(error))
    return Finding(OK, "models", f"{', '.join(names)} (default {DEFAULT_MODEL}) load and give their reference logits")


def _midi_driver() -> Finding:
    listing = list_ports()
    if not listing.fault:
        return Finding(OK, "MIDI driver", listing.driver)
    return Finding(NOTE, "MIDI driver", f"{listing.fault}{_driver_advice(listing.fault)}; files and OSC work without")


def _driver_advice(fault: str) -> str:
    if "libasound" in fault:
        return "; install the ALSA library, package libasound2"
    if sys.platform == "linux" and any(find_spec(name) for name in BINDINGS):
        return "; start JACK, or load the kernel module snd-seq"
    return ""


def _midi_ports() -> Finding:
    listing = list_ports()
    if listing.fault:
        return Finding(NOTE, "MIDI ports", "none without a driver; chorale jam --no-midi runs over OSC alone")
    found = f"{len(listing.inputs)} in, {len(listing.outputs)} out; chorale ports lists them"
    if listing.virtual:
        return Finding(OK, "MIDI ports", f"{found}; chorale jam makes two of its own where none is named")
    if listing.loopback:
        return Finding(OK, "MIDI ports", f"{found}; chorale jam takes, where none is named, {LOOPBACK_TAKEN}")
    looped = set(map(plain_name, listing.inputs)) & set(map(plain_name, listing.outputs))  # a cable shows both its ends
    return Finding(OK, "MIDI ports", found) if len(looped) >= 2 else Finding(NOTE, "MIDI ports", f"{found}; {LOOPMIDI}")


def _link() -> Finding:
    if find_spec("link") is None:
        return Finding(NOTE, "Link", f"not installed; to follow Ableton Link: {ways_to_get('link')}")
    return Finding(
        OK, "Link", f"LinkPython-extern {_version('LinkPython-extern')}; chorale jam --clock link follows it"
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # it came in some other way
        return "of unknown version"


def _sound() -> Finding:
    ways = ["WAV files by the built-in organ"]
    if shutil.which("fluidsynth"):
        ways.append("and by FluidSynth with --soundfont")
    if find_spec("sounddevice") is None:
        return Finding(NOTE, "sound", f"{' '.join(ways)}; to hear the demo at once: {ways_to_get('audio')}")
    try:
        import_module("sounddevice")
    except Exception:  # the library that it binds is not there, or finds no sound system; each has its own fault
        way = "apt install libportaudio2" if sys.platform == "linux" else ways_to_get("audio")
        return Finding(NOTE, "sound", f"{' '.join(ways)}; to hear the demo at once: {way}")
    return Finding(OK, "sound", f"{' '.join(ways)}; demo --play sounds at once")


def _scores() -> Finding:
    missing = [name for name in ("verovio", "typst") if find_spec(name) is None]
    if missing:
        ways = f"read and written; drawn as piano rolls without {' and '.join(missing)}"
        return Finding(NOTE, "scores", f"{ways}; to draw them: {ways_to_get('notation')}")
    return Finding(OK, "scores", f"read, written, and drawn by verovio {_version('verovio')}")


def _service() -> Finding:
    if not all(find_spec(name) for name in ("starlette", "uvicorn")):
        text = f"not installed; to be asked by other programs: {ways_to_get('serve')}"
        return Finding(NOTE, "service", text)
    return Finding(OK, "service", f"uvicorn {_version('uvicorn')}; chorale serve is asked by other programs")


def _folder() -> Finding:
    here = Path.cwd()
    if os.access(here, os.W_OK):
        return Finding(OK, "folder", f"{here} can be written")
    return Finding(FAULT, "folder", f"{here} cannot be written; change to a folder of yours")


def _training() -> Finding:
    missing = [name for name in ("tensorflow", "keras", "tf2onnx", "music21") if find_spec(name) is None]
    if missing:
        return Finding(NOTE, "training", f"without {', '.join(missing)}; to train: {ways_to_get('train')}")
    return Finding(OK, "training", f"tensorflow {version('tensorflow')}, keras {version('keras')}")
