"""``chorale models``: the models that ship, with their scores."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from companion.controls.table import DEFAULT_MODEL
from companion.model.contract import Contract
from companion.model.library import bundled_models, open_model


def model_list(as_json: bool) -> str:
    """A line a model, or one JSON array."""
    contracts = [open_model(name).contract for name in bundled_models()]
    if as_json:
        hidden = ("reference", "states")
        rows = [{key: value for key, value in asdict(each).items() if key not in hidden} for each in contracts]
        return json.dumps(rows)
    last = "* is the default. Scores: test part of the JSB chorales, nats a note (less is better) / accuracy."
    return "\n".join([*map(_line, contracts), last])


def _line(contract: Contract) -> str:
    mark = "*" if contract.name == DEFAULT_MODEL else " "
    size = f"{contract.precision}  {contract.parameters:>9,} parameters"
    return f"{mark} {contract.name:<12} {size}  {_scores(contract.scores)}"


def _scores(scores: dict[str, Any]) -> str:
    found = [scores.get(protocol, {}).get("test") for protocol in ("windowed", "whole_piece")]
    if not all(found):
        return "not scored"
    names = ("windowed", "whole piece")
    return "  ".join(f"{name} {row['nll']:.3f} / {row['accuracy']:.3f}" for name, row in zip(names, found, strict=True))
