"""The kinds of files, by their endings: which are read, which are written, and which picture a score."""

from __future__ import annotations

import re
from pathlib import Path

MIDI, MUSICXML, PACKED, ABC = "MIDI", "MusicXML", "compressed MusicXML", "ABC"
_KINDS = {
    "": MIDI,
    ".mid": MIDI,
    ".midi": MIDI,
    ".rmi": MIDI,
    ".musicxml": MUSICXML,
    ".xml": MUSICXML,
    ".mxl": MUSICXML,
    ".abc": ABC,
}
_WRITTEN = {"": MIDI, ".mid": MIDI, ".midi": MIDI, ".musicxml": MUSICXML, ".xml": MUSICXML, ".mxl": PACKED}
PICTURES = ("png", "svg", "pdf")
WRITTEN = ".mid, .musicxml or .mxl"
_TUNE = r"(?i)(.+\.abc)#(\d{1,9})"


def kind_of(path: Path) -> str:
    """What a file that is read holds; what has another ending is read as MIDI, whose reader says what is wrong."""
    return ABC if tune_of(path) is not None else _KINDS.get(path.suffix.lower(), MIDI)


def written_kind(path: Path) -> str | None:
    """What is written to a place; None where its ending names nothing that is."""
    return _WRITTEN.get(path.suffix.lower())


def tune_of(path: Path) -> tuple[Path, int] | None:
    """The file and the number of ``tunes.abc#2``; None for another name, and for a file that is called so."""
    match = re.fullmatch(_TUNE, path.name)
    if match is None or path.exists():
        return None
    return path.with_name(match[1]), int(match[2])


def beside(path: Path, word: str) -> Path:
    """Where a command writes if it is not told: beside what was read, and of its kind as far as that is written."""
    tune = tune_of(path)
    stem = path.stem if tune is None else f"{tune[0].stem}-{tune[1]}"
    kind = kind_of(path)
    suffix = ".mid" if kind == MIDI else ".mxl" if path.suffix.lower() == ".mxl" else ".musicxml"
    return path.with_name(f"{stem}-{word}{suffix}")
