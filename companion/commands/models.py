"""``chorale models``: the models that ship, with their scores."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from companion.controls.table import DEFAULT_MODEL
from companion.model.contract import MELODY, Contract
from companion.model.library import bundled_models, open_file


def model_list(as_json: bool) -> str:
    """A line a model, or one JSON array."""
    contracts = [open_file(path).contract for path in bundled_models().values()]
    if as_json:
        hidden = ("reference", "states")
        rows = [{key: value for key, value in asdict(each).items() if key not in hidden} for each in contracts]
        return json.dumps(rows)
    last = "* is the default. Scores: test part of the JSB chorales, nats a note (less is better) / accuracy."
    tunes = "Of a melody model, which leads another (--under): test part of the tunes, nats an event / accuracy."
    is_there = any(contract.kind == MELODY for contract in contracts)
    return "\n".join([*map(_line, contracts), last, *[tunes] * is_there])


def _line(contract: Contract) -> str:
    mark = "*" if contract.name == DEFAULT_MODEL else " "
    size = f"{contract.precision}  {contract.parameters:>9,} parameters"
    told = _tune_scores(contract.scores) if contract.kind == MELODY else _scores(contract.scores)
    return f"{mark} {contract.name:<20} {contract.kind:<7}  {size}  {told}"


def _tune_scores(scores: dict[str, Any]) -> str:
    found = {name: row for name, row in scores.items() if name.startswith("test ")}
    if not found:
        return "not scored"
    return "  ".join(f"{name[5:]} {row['nll']:.3f} / {row['accuracy']:.3f}" for name, row in found.items())


def _scores(scores: dict[str, Any]) -> str:
    found = [scores.get(protocol, {}).get("test") for protocol in ("windowed", "whole_piece")]
    if not all(found):
        return "not scored"
    names = ("windowed", "whole piece")
    return "  ".join(f"{name} {row['nll']:.3f} / {row['accuracy']:.3f}" for name, row in zip(names, found, strict=True))
