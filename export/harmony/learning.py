"""The file of harmony that ships with the companion: counts, small enough to be read at once."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from companion.files.writing import write_output
from companion.harmony.doubling import completing
from companion.harmony.progressions import TABLES_FORMAT
from export.data.pieces import Piece
from export.harmony.counting import counts_of, dealt_counts, heard_pieces, key_counts, phrase_counts


def learn(pieces: Sequence[Piece], path: Path, force: bool = False) -> dict[str, int]:
    """Count the training pieces and write the tables; how much was counted, for people."""
    heard = list(heard_pieces(piece for piece in pieces if piece.split == "train"))
    modes = {"major": [piece for piece in heard if not piece.key.minor], "minor": [p for p in heard if p.key.minor]}
    tables: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]] = {"format": np.array(TABLES_FORMAT)}
    for mode, own in modes.items():
        counts = counts_of(own)
        tables[f"{mode}_chords"] = counts.chords.astype(np.uint8)
        for what in ("openings", "following", "closing", "singing", "holding"):
            tables[f"{mode}_{what}"] = getattr(counts, what).astype(np.uint16)
    tables["completing"] = completing(dealt_counts(heard)).astype(np.float32)
    tables["phrases"] = phrase_counts(heard)
    tables["tones"], tables["edges"] = (np.stack(two) for two in zip(*map(key_counts, modes.values()), strict=True))
    whole = io.BytesIO()
    np.savez_compressed(whole, **tables)  # type: ignore[arg-type]
    write_output(path, whole.getvalue(), force=force)
    return {
        "pieces": len(heard),
        "beats": sum(len(piece.chords) for piece in heard),
        "chords of major": len(tables["major_chords"]),
        "chords of minor": len(tables["minor_chords"]),
        "phrases": int(tables["phrases"].sum()),
        "bytes": len(whole.getvalue()),
    }
