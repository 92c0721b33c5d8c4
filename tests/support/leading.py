"""A melody model that sings as a script says, and one that it leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from companion.model.contract import AsideContract, StateContract
from companion.model.features import FeatureRow
from companion.model.leading import LedModel
from companion.music.vocabulary import HOLD, IntArray
from support.fakes import ScriptedModel, sung, sure

TUNE_FEATURES = ("own_pitch", "pitches")
OWN = FeatureRow(TUNE_FEATURES).slot("own_pitch")


class ScriptedTune:
    """Says what a script says for a step, and how often it was asked; remembers the codes that it read."""

    def __init__(self, script: Mapping[int, int], asides: tuple[AsideContract, ...] = ()) -> None:
        contract = ScriptedModel(sung({})).contract
        states = (StateContract("steps", (1,), "int32", "replace"),)
        self.contract = replace(
            contract, name="tune", kind="melody", features=TUNE_FEATURES, states=states, asides=asides
        )
        self.row = FeatureRow(TUNE_FEATURES)
        self.digest, self.is_stranger = "d1", False
        self.script, self.read = script, list[int]()

    def initial_state(self) -> Mapping[str, Any]:
        return {"steps": np.zeros(1, np.int32)}

    def step(self, ids: IntArray, state: Mapping[str, Any], options: object = None) -> tuple[Any, Mapping[str, Any]]:
        del options
        self.read.append(int(ids[OWN] - self.row.offsets[OWN]))
        step = int(state["steps"][0])
        said = {aside.name: np.full((1, aside.size), step, np.float32) for aside in self.contract.asides}
        return sure(self.script.get(step, HOLD)), {"steps": state["steps"] + 1, **said}


def led(tune: Mapping[int, int], under: Mapping[tuple[int, int], int], order: str = "any", **more: Any) -> LedModel:
    follower = ScriptedModel(sung(under), order)
    follower.digest, follower.is_stranger = "d2", True  # type: ignore[attr-defined]
    return LedModel(ScriptedTune(tune, **more), follower)  # type: ignore[arg-type]
