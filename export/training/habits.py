"""How a model hears music, beyond the features that it names: told by its class, heeded wherever crops are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from companion.model.contract import CHORALE, MELODY, turns_of
from companion.music.vocabulary import VOICES, IntArray
from export.data.by_heart import ByHeart


@dataclass(frozen=True)
class Habits:
    """What a model's class says of how it is to be told of music."""

    voice_order: str = "any"
    ends: bool = False  # it speaks the end of a piece, as a word after its last
    needs_key: bool = False  # it is told the key, always
    pitches_only: bool = False  # to it a pitch that is repeated goes on
    at_once: int = 1024  # steps that it can well be checked on in one go
    hears_coming: bool = True  # it is told beforehand of voices that are given
    kind: str = CHORALE
    by_heart: ByHeart | None = None  # tunes that it knows

    @classmethod
    def of(cls, model: Any) -> Habits:
        """Of a model, or of its class."""
        return cls(
            model.voice_order,
            getattr(model, "ends", False),
            getattr(model, "needs_key", False),
            getattr(model, "pitches_only", False),
            getattr(model, "at_once", cls.at_once),
            "coming" in model.features,
            getattr(model, "kind", CHORALE),
            getattr(model, "by_heart", None),
        )

    @property
    def is_tune(self) -> bool:
        """It sings the first voice alone, and hears that a pitch is struck again."""
        return self.kind == MELODY

    @property
    def voices(self) -> int:
        """How many it sings."""
        return 1 if self.is_tune else len(VOICES)

    @property
    def rank(self) -> IntArray:
        """``[4]``: the turn in which each voice is decided, where none is given."""
        return np.argsort(turns_of(self.voice_order)).astype(np.int32)


USUAL_HABITS = Habits()
