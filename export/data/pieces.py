"""Chorales as the trainer keeps them: frames with what is known of their metre, key and closes."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from companion.errors import one_line
from companion.files.writing import write_output
from companion.music.key import Key, find_key
from companion.music.vocabulary import FIRST_STRIKE, LOWEST_PITCH, RANGES, IntArray

SPLITS = ("train", "valid", "test")
PIECES_FORMAT = "chorale-pieces/1"


@dataclass(frozen=True)
class Piece:
    """One chorale on the step grid."""

    name: str  # "bwv253", "jsb-test-003": unique within its set
    split: str  # train, valid or test
    frames: IntArray  # [steps, 4] tokens, canonical
    onsets_known: bool  # False: repeated pitches are written as holds
    first_step: int  # place of frame 0 on the beat grid; step 0 of the grid is a downbeat where bars are known
    closes: tuple[int, ...] = ()  # frames at which a fermata's chord, or the last one, is struck; () unknown
    key: str | None = None  # "G major", "a minor" style: tonic, a space, the mode
    metre: str | None = None  # "4/4"
    bar_steps: int | None = None  # length of a bar in steps, where it is constant


def transpositions(frames: IntArray) -> range:
    """The semitones by which frames can be moved with every voice inside its range (0 always is).

    At most −6..+6, so that a piece meets each key once.
    """
    lowest, highest = -6, 6
    for voice, (bottom, top) in enumerate(RANGES):
        tokens = frames[:, voice]
        pitches = tokens[tokens >= FIRST_STRIKE] + LOWEST_PITCH - FIRST_STRIKE
        if len(pitches):
            lowest = max(lowest, bottom - int(pitches.min()))
            highest = min(highest, top - int(pitches.max()))
    return range(min(lowest, 0), max(highest, 0) + 1)


def steps_to_close(piece: Piece) -> IntArray:
    """[steps]: steps until the next closing chord is struck, −1 after the last and where unknown."""
    steps = np.arange(len(piece.frames))
    closes = np.array(piece.closes, dtype=np.int64)
    following = np.searchsorted(closes, steps)
    distance = np.append(closes, -1)[following] - steps
    return np.where(following < len(closes), distance, -1).astype(np.int32)


def key_of(piece: Piece) -> Key | None:
    """The key it is said to be in, else the one that is heard, as the companion hears it."""
    return find_key(piece.frames) if piece.key is None else Key.of_name(piece.key)


def save_pieces(pieces: Sequence[Piece], path: Path) -> None:
    """Write a set of pieces as one .npz: the frames end to end, and the rest as JSON."""
    rows = []
    for piece in pieces:
        row = asdict(piece)
        row["steps"] = len(row.pop("frames"))
        rows.append(row)
    header = json.dumps({"format": PIECES_FORMAT, "pieces": rows})
    frames = np.concatenate([piece.frames for piece in pieces]).astype(np.int8)
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = io.BytesIO()
    np.savez_compressed(whole, header=np.array(header), frames=frames)
    path = path if path.suffix == ".npz" else path.with_name(f"{path.name}.npz")
    write_output(path, whole.getvalue(), force=True)


def load_pieces(path: Path) -> list[Piece]:
    """Read what save_pieces wrote; FileNotFoundError or ValueError name the file."""
    if not path.is_file():
        raise FileNotFoundError(f"no prepared data at {path}; run: chorale-train prepare")
    with _damage_named(path), np.load(io.BytesIO(path.read_bytes())) as archive:
        header = json.loads(str(archive["header"]))
        frames = archive["frames"].astype(np.int32)
        is_ours = header.get("format") == PIECES_FORMAT
    if not is_ours:
        raise ValueError(f"{path} is of format {header.get('format')!r}, not {PIECES_FORMAT!r}; prepare it again")
    with _damage_named(path):
        return _pieces_of(header["pieces"], frames)


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path} is damaged ({one_line(error):.120}); prepare it again") from None


def _pieces_of(rows: Sequence[dict[str, Any]], frames: IntArray) -> list[Piece]:
    """From frames end to end."""
    pieces, start = [], 0
    for row in rows:
        stop = start + row.pop("steps")
        row["closes"] = tuple(row["closes"])
        pieces.append(Piece(frames=frames[start:stop], **row))
        start = stop
    return pieces
