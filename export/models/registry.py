"""The architectures there are: each is a file beside this one, found by its name. A new one is one more file."""

from __future__ import annotations

from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from companion.model.features import FeatureRow

if TYPE_CHECKING:
    import keras

_SHARED = ("__init__", "registry", "layers", "symbols")  # files that hold none
_HERE = Path(__file__).parent
_MODULES = {  # by name; those of tunes have a folder of their own
    path.stem.replace("_", "-"): ".".join(("export.models", *path.relative_to(_HERE).with_suffix("").parts))
    for path in _HERE.rglob("*.py")
    if path.stem not in _SHARED
}
ARCHITECTURES = tuple(sorted(_MODULES))


def model_class(name: str) -> type[keras.Model]:
    """The model that a file holds; ValueError names the architectures there are."""
    if name not in ARCHITECTURES:
        raise ValueError(f"unknown architecture {name!r}; choose one of {', '.join(ARCHITECTURES)}")
    found = vars(import_module(_MODULES[name])).values()
    model: type[keras.Model] = next(each for each in found if getattr(each, "architecture", None) == name)
    return model


def build(name: str, **settings: Any) -> keras.Model:
    """A fresh model; ValueError names the architectures there are, or the settings and what they may be."""
    defaults = settings_of_model(name)
    for setting, value in settings.items():
        if setting not in defaults:
            raise ValueError(f"{name} has no setting {setting!r}; it has {', '.join(defaults)}")
        if isinstance(defaults[setting], tuple):
            FeatureRow(value)
        else:
            _check(setting, value, whole=isinstance(defaults[setting], int))
    return model_class(name)(**settings)


def settings_of_model(name: str) -> dict[str, Any]:
    """The settings of an architecture and their defaults; ValueError names the architectures there are.

    The class itself is not asked: of one that inherits its ``__init__``, Python 3.11.2 tells Keras' ``__new__``.
    """
    _self, *settings = signature(model_class(name).__init__).parameters.values()
    return {each.name: each.default for each in settings}


def _check(setting: str, value: object, whole: bool) -> None:
    """Sizes are whole numbers; what is none is a share that is dropped."""
    if whole and not (type(value) is int and value >= 1):
        raise ValueError(f"{setting} must be a whole number from 1, not {value!r}")
    if not whole and not (isinstance(value, int | float) and 0 <= value < 1):
        raise ValueError(f"{setting} must be from 0 to less than 1, not {value!r}")
