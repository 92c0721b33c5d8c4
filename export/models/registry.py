"""The architectures there are, by name. A new one is one more file and one more line here."""

from __future__ import annotations

from inspect import signature
from typing import Any

import keras

from export.models.bach import BachModel
from export.models.gru import GruModel, TeacherModel
from export.models.transformer import TransformerModel

ARCHITECTURES: dict[str, type[keras.Model]] = {
    model.architecture: model for model in (BachModel, GruModel, TeacherModel, TransformerModel)
}


def build(name: str, **settings: Any) -> keras.Model:
    """A fresh model; ValueError names the architectures there are, or the settings and what they may be."""
    if name not in ARCHITECTURES:
        raise ValueError(f"unknown architecture {name!r}; choose one of {', '.join(ARCHITECTURES)}")
    defaults = {each.name: each.default for each in signature(ARCHITECTURES[name]).parameters.values()}
    for setting, value in settings.items():
        if setting not in defaults:
            raise ValueError(f"{name} has no setting {setting!r}; it has {', '.join(defaults)}")
        _check(setting, value, whole=isinstance(defaults[setting], int))
    return ARCHITECTURES[name](**settings)


def _check(setting: str, value: object, whole: bool) -> None:
    """Sizes are whole numbers; what is none is a share that is dropped."""
    if whole and not (type(value) is int and value >= 1):
        raise ValueError(f"{setting} must be a whole number from 1, not {value!r}")
    if not whole and not (isinstance(value, int | float) and 0 <= value < 1):
        raise ValueError(f"{setting} must be from 0 to less than 1, not {value!r}")
