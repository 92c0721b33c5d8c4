"""The architectures there are, by name. A new one is one more file and one more line here."""

from __future__ import annotations

from typing import Any

import keras

from export.gru import GruModel
from export.transformer import TransformerModel

ARCHITECTURES: dict[str, type[keras.Model]] = {model.architecture: model for model in (GruModel, TransformerModel)}


def build(name: str, **settings: Any) -> keras.Model:
    """A fresh model; ValueError names the architectures there are."""
    if name not in ARCHITECTURES:
        raise ValueError(f"unknown architecture {name!r}; choose one of {', '.join(ARCHITECTURES)}")
    return ARCHITECTURES[name](**settings)
