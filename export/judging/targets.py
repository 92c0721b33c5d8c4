"""What is judged: models by name or file, and folders of four-voice MIDI files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from companion.errors import BadSetting
from companion.model.library import bundled_models, open_model
from companion.model.runtime import Model
from export.data.folder import read_folder
from export.judging.report import BACH, Repertoire, continuing, harmonising
from export.measures.passage import whole_pieces


@dataclass(frozen=True)
class Judged:
    """A model that is to play, or music that is there already."""

    name: str
    model: Model | None = None
    column: Repertoire | None = None  # of a folder
    notices: tuple[str, ...] = ()  # lines for the user: files that could not be judged

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns it may have in a report."""
        return (self.name,) if self.model is None else (continuing(self.name), harmonising(self.name))


def find_targets(names: Sequence[str]) -> list[Judged]:
    """Every target, in order.

    Raises:
        BadSetting: A name is unknown, two targets have one name, or a folder holds nothing to judge.
    """
    targets = [_find(name) for name in names]
    called = [BACH.lower(), *(column.lower() for target in targets for column in target.columns)]
    for target in targets:
        if any(called.count(column.lower()) > 1 for column in target.columns):
            raise BadSetting(f"two columns would be called {target.columns[0]}; rename a file or folder")
    return targets


def _find(name: str) -> Judged:
    if name not in bundled_models() and Path(name).is_dir():
        return _of_folder(Path(name))
    model = open_model(name)
    return Judged(Path(name).stem if name.endswith(".onnx") else name, model)


def _of_folder(folder: Path) -> Judged:
    found = read_folder(folder)
    name = folder.resolve().name
    notices = tuple(f"{refusal.name}: not judged: {refusal.reason}" for refusal in found.refusals)
    if not found.pieces:
        raise BadSetting("; ".join((f"{folder} holds nothing to judge", *notices)))
    return Judged(name, column=Repertoire(name, whole_pieces(found.pieces), {}), notices=notices)
