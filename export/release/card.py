"""Model cards: what a model file says of itself, for people."""

from __future__ import annotations

from companion.model.contract import Contract
from export.scores.evaluation import table

LICENCE = (
    "The weights are under the project's licence (MIT). They were learned from J. S. Bach's chorales (public domain)"
    " in two encodings: music21's corpus, whose encoders permit its use and warn that some items may bar commercial"
    " use, and the JSB chorales CSV set, which carries no licence. Neither encoding is part of this package."
)


def card(contract: Contract, size_bytes: int, digest: str) -> str:
    """The card of a model file, in Markdown; its sha256 is what the companion knows the models by that ship."""
    training = contract.training
    lines = [
        f"# {contract.name}",
        "",
        f"A note-by-note model of four-voice chorales: architecture `{contract.architecture}`,"
        f" {contract.parameters:,} parameters, {contract.precision}, {size_bytes / 1e6:.1f} MB.",
        "",
        "| | |",
        "|---|---|",
        *(f"| {key.replace('_', ' ')} | {_plain(value)} |" for key, value in training.items()),
        f"| order of voices | {contract.voice_order} |",
        f"| features | {', '.join(contract.features)} |",
        f"| sha256 | {digest} |",
        f"| licence | {LICENCE} |",
        "",
    ]
    if contract.scores:
        row = {"model": contract.name, "parameters": contract.parameters, **contract.scores}
        lines += ["Scores of this very file (protocols in docs/training.md):", "", *table([row]), ""]
        lines += [f"{line[0].upper()}{line[1:]}." for line in contract.scores.get("remarks", [])]
    return "\n".join(lines).rstrip() + "\n"


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(part)}" for key, part in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
