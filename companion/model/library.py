"""Finding models: those that ship with the package, and files of the user's own."""

from __future__ import annotations

import contextlib
import difflib
import functools
import os
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from companion.errors import BadSetting
from companion.model.contract import MELODY
from companion.model.ending import heed_signals
from companion.model.leading import UNDER, LedModel, split_name
from companion.model.runtime import Model, load_model

FOLLOWER = "bach"  # what a melody model leads, where no other is named


def bundled_models() -> dict[str, Path]:
    """The models that ship with the package, by name."""
    folder = Path(str(files("companion"))) / "models"
    if not folder.is_dir():  # a checkout: the models lie beside the package
        folder = folder.parent.parent / "models"
    return {path.stem: path for path in sorted(folder.glob("*.onnx"), key=lambda path: path.stem)}


def find_model(name: str) -> Path:
    """The file of a bundled model's name, or the file itself; BadSetting lists the names there are."""
    known = bundled_models()
    if name in known:
        return known[name]
    if name.endswith(".onnx") or _is_model(name):
        return Path(name)
    close = difflib.get_close_matches(name, known, n=1)
    hint = f" (did you mean {close[0]}?)" if close else ""
    raise BadSetting(f"unknown model {name!r}{hint}; known: {', '.join(known) or 'none'}, or give an .onnx file")


def find_files(name: str) -> tuple[Path, ...]:
    """The file of a model, or of two, where one leads another: "melody-lookback+gru"."""
    return tuple(find_model(each) for each in split_name(name, _is_model))


def _is_model(name: str) -> bool:
    return name in bundled_models() or os.path.isfile(name)  # noqa: PTH113 - says no to names that no file can have


def open_model(name: str) -> Model:
    """Load a model by name or file; a melody model leads another, which is the usual one where none is named."""
    return open_files(find_files(name))


def led_name(leader: str, follower: str) -> str:
    """What a model is called that leads another; BadSetting where it does already, or the other is not to be had."""
    if len(split_name(leader, _is_model)) > 1:
        raise BadSetting(f"the model {leader!r} names already what sings under the tune: leave out --under")
    find_model(follower)
    return f"{leader}{UNDER}{follower}"


def open_files(paths: Sequence[Path]) -> Model:
    """Load what ``find_files`` found; BadModel where one cannot lead the other."""
    first, *rest = map(open_file, paths)
    if rest:
        return LedModel(first, rest[0])
    return LedModel(first, open_file(find_model(FOLLOWER))) if first.contract.kind == MELODY else first


def kept_model(name: str) -> Model:
    """The same, loaded once for all that is made in a row."""
    return _kept(name, os.path.realpath(name))


@functools.lru_cache(maxsize=1)
def _kept(name: str, _place: str) -> Model:
    return open_model(name)


def open_file(path: Path) -> Model:
    """Load the model of one file, which nobody need know.

    One that does not ship is tried, and no run of it outlasts a signal.
    """
    heed_signals()
    return load_model(path, _try_unknown)


def _try_unknown(content: bytes, digest: str) -> bool:
    if _ships(digest):
        return False
    from companion.model.trial import try_model  # noqa: PLC0415 - the models that ship do without

    try_model(content, digest)
    return True


def _ships(digest: str) -> bool:
    """A card beside the models that ship tells it: chorale-train writes it there."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return any(digest in path.with_suffix(".md").read_text("utf-8") for path in bundled_models().values())
    return False
