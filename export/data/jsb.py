"""The JSB chorales as CSV: 229/76/77 pieces, the split that published figures use; no onsets."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import tarfile
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np

from companion.music.vocabulary import FIRST_STRIKE, LOWEST_PITCH, REST, IntArray, hide_onsets
from export.data.pieces import SPLITS, Piece

HOME = "https://raw.githubusercontent.com/ageron/data/main/jsb_chorales.tgz"
SHA256 = "e722fbc866fc1ba0bac56a6fcad95d7e3e584da80173e13932e3da441440efd7"
COUNTS = {"train": 229, "valid": 76, "test": 77}
_MEMBER = re.compile(r"(?:.*/)?(train|valid|test)/chorale_(\d+)\.csv")


def read_archive(source: Path | None) -> bytes:
    """The archive from a file, or from its public home; OSError or ValueError say what failed."""
    if source is not None:
        content = source.read_bytes()
    else:
        try:
            with urllib.request.urlopen(HOME, timeout=60) as response:
                content = response.read()
        except urllib.error.URLError as error:
            raise OSError(f"cannot fetch {HOME} ({error.reason}); give the archive with --data PATH") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != SHA256:
        raise ValueError(f"{source or HOME} has sha256 {digest}, not {SHA256}")
    return content


def pieces_of_archive(content: bytes) -> list[Piece]:
    """Every piece of the archive, in the order of split and number."""
    found: dict[tuple[int, int], Piece] = {}
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive:
            match = _MEMBER.fullmatch(member.name)
            stream = archive.extractfile(member) if match else None
            if match is None or stream is None:
                continue
            split, number = match.groups()
            frames = frames_of_csv(stream.read().decode())
            name = f"jsb-{split}-{number}"
            found[SPLITS.index(split), int(number)] = Piece(name, split, frames, onsets_known=False, first_step=0)
    return [found[key] for key in sorted(found)]


def frames_of_csv(text: str) -> IntArray:
    """Frames from four pitches a line, soprano first, 0 for silence; repeated pitches are held."""
    rows = list(csv.reader(io.StringIO(text)))[1:]
    pitches = np.array(rows, dtype=np.int32)
    tokens = np.where(pitches == 0, REST, pitches - LOWEST_PITCH + FIRST_STRIKE).astype(np.int32)
    return hide_onsets(tokens)
