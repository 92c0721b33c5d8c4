"""Where what is made of files stands: beside them or in one folder, and no two in one place."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from companion.errors import OutputFailed
from companion.files.streams import is_dash
from companion.workbench.kinds import beside

PIPED = Path("stdin.mid")  # what comes from standard input is called, where its name is needed


def place_beside(source: Path, word: str, folder: Path | None = None) -> Path:
    """``song-continued.mid`` beside ``song.mid``, or in a folder."""
    place = beside(source if source.name and not is_dash(source) else PIPED, word)
    return place if folder is None else folder / place.name


def places_of(
    sources: Sequence[Path], word: str, folder: Path | None = None, variations: int | None = None
) -> list[Path]:
    """Of what is made of each, in their order; where two would be one, or one a source, later ones are numbered.

    variations: so many stand at numbers of each place, not at the place itself.
    """
    taken = {_identity(source) for source in sources}
    places: list[Path] = []
    for source in sources:
        wanted = place_beside(source, word, folder)
        numbered = (wanted if number == 1 else name_in(wanted, number) for number in itertools.count(1))
        place, names = next(found for found in _with_names(numbered, variations) if taken.isdisjoint(found[1]))
        taken |= names
        places.append(place)
    return places


def _with_names(places: Iterable[Path], variations: int | None) -> Iterator[tuple[Path, set[str]]]:
    """Each place with the identities of the files that will stand there."""
    for place in places:
        files = [place] if variations is None else [name_in(place, number + 1) for number in range(variations)]
        yield place, {_identity(file) for file in files}


def name_in(path: Path, number: int) -> Path:
    """``song-2.mid`` for ``song.mid``."""
    return path.with_name(f"{path.stem}-{number}{path.suffix}")


def make_folder(folder: Path) -> None:
    """The folder is there afterwards; OutputFailed where it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        why = "it is not a folder" if folder.exists() else fault.strerror or fault
        raise OutputFailed(f"cannot write into {folder}: {why}") from None


def _identity(path: Path) -> str:
    """Equal for names that are one on some system: on most, capitals make no other file."""
    return os.path.realpath(path).casefold()
