"""Finding models: those that ship with the package, and files of the user's own."""

from __future__ import annotations

import difflib
import os
from importlib.resources import files
from pathlib import Path

from companion.errors import BadSetting
from companion.model.runtime import Model, load_model


def bundled_models() -> dict[str, Path]:
    """The models that ship with the package, by name."""
    folder = Path(str(files("companion"))) / "models"
    if not folder.is_dir():  # a checkout: the models lie beside the package
        folder = folder.parent.parent / "models"
    return {path.stem: path for path in sorted(folder.glob("*.onnx"))}


def find_model(name: str) -> Path:
    """The file of a bundled model's name, or the file itself; BadSetting lists the names there are."""
    known = bundled_models()
    if name in known:
        return known[name]
    if name.endswith(".onnx") or os.path.isfile(name):  # noqa: PTH113 - says no to names that no file can have
        return Path(name)
    close = difflib.get_close_matches(name, known, n=1)
    hint = f" (did you mean {close[0]}?)" if close else ""
    raise BadSetting(f"unknown model {name!r}{hint}; known: {', '.join(known) or 'none'}, or give an .onnx file")


def open_model(name: str) -> Model:
    """Load a model by name or file."""
    return load_model(find_model(name))
