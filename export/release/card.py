"""Model cards: what a model file says of itself, for people."""

from __future__ import annotations

from companion.model.contract import CHORALE, MELODY, Contract
from export.scores.evaluation import table
from export.scores.tunes import describe_tune_scores

LICENCE = (
    "The weights are under the project's licence (MIT). They were learned from J. S. Bach's chorales (public domain)"
    " in two encodings: music21's corpus, whose encoders permit its use and warn that some items may bar commercial"
    " use, and the JSB chorales CSV set, which carries no licence. Neither encoding is part of this package."
)
LICENCE_OF_TUNES = (
    "The weights are under the project's licence (MIT). They were learned from the sopranos of J. S. Bach's chorales"
    " (public domain; music21's encodings, some of which may bar commercial use) and from folk songs of the Essen"
    " collection as music21 distributes them: for non-commercial use, by permission of its keeper. No encoding of"
    " either is part of this package; who needs weights without that condition trains on other tunes"
    " (chorale-train prepare FOLDER --melodies)."
)
LICENCES = {CHORALE: LICENCE, MELODY: LICENCE_OF_TUNES}
WHAT = {CHORALE: "A note-by-note model of four-voice chorales", MELODY: "A step-by-step model of tunes of one voice"}


def card(contract: Contract, size_bytes: int, digest: str) -> str:
    """The card of a model file, in Markdown; its sha256 is what the companion knows the models by that ship."""
    training = contract.training
    lines = [
        f"# {contract.name}",
        "",
        f"{WHAT[contract.kind]}: architecture `{contract.architecture}`,"
        f" {contract.parameters:,} parameters, {contract.precision}, {size_bytes / 1e6:.1f} MB.",
        "",
        "| | |",
        "|---|---|",
        *(f"| {key.replace('_', ' ')} | {_plain(value)} |" for key, value in training.items()),
        f"| order of voices | {contract.voice_order} |",
        f"| features | {', '.join(contract.features)} |",
        *_by_heart(contract),
        f"| sha256 | {digest} |",
        f"| licence | {LICENCES[contract.kind]} |",
        "",
    ]
    if contract.kind == MELODY:
        lines += _of_tunes(contract)
    elif contract.scores:
        row = {"model": contract.name, "parameters": contract.parameters, **contract.scores}
        lines += ["Scores of this very file (protocols in docs/training.md):", "", *table([row]), ""]
        lines += [f"{line[0].upper()}{line[1:]}." for line in contract.scores.get("remarks", [])]
    return "\n".join(lines).rstrip() + "\n"


def _by_heart(contract: Contract) -> list[str]:
    """What it carries of the music that it learned from."""
    if not (tunes := contract.known_tunes):
        return []
    notes = sum(len(tune.moves) for tune in tunes)
    what = "the sopranos that it learned from, as semitones from note to note and how long each sounds"
    return [f"| known by heart | {len(tunes):,} tunes of {notes:,} notes: {what} |"]


def _of_tunes(contract: Contract) -> list[str]:
    """What a card says of a melody model's scores."""
    if not contract.scores:
        return []
    _, *lines = describe_tune_scores({"model": contract.name, **contract.scores})
    parts = ["Scores of this very file on tunes that are held out (docs/models.md):", ""]
    return [*parts, *(f"- {line.strip()}" for line in lines)]


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(part)}" for key, part in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
