"""Scores of melody models: nats an event and accuracy, on tunes that are held out.

An *event* is what the tune does in a step: a note, its end, or nothing. Models of chorales are scored otherwise
(export.scores.scoring): nats an event are not nats a note, since most events are that nothing happens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from companion.model.contract import REPEATS
from companion.model.features import BAR_PLACES, Place
from companion.model.runtime import Model
from companion.model.state import aside
from companion.music.vocabulary import HOLD, REST, VOICES, IntArray
from companion.screen.terminal import Progress, unseen
from export.data.pieces import Piece

EVERY_SONG = 5  # of the test's folk songs, of which there are thousands, one of so many is scored

TokenLogProbs = NDArray[np.float64]


def score_tunes(model: Model, tunes: Sequence[Piece], progress: Progress = unseen) -> dict[str, Any]:
    """A row of a melody model: its scores on each of the parts held out, by their names.

    ``valid``, ``test sopranos`` and ``test songs``: nats an event, accuracy, events; where the model says repeats, how
    often one is likelier than all else (``repeats``), and how often it is then right (``repeats_right``).
    """
    parts = tune_parts(tunes)
    total, done = sum(map(len, parts.values())), 0
    row: dict[str, Any] = {"model": model.contract.name, "parameters": model.contract.parameters}
    for name, part in parts.items():
        counts = TuneCounts()
        for tune in part:
            counts.add(tune, *hear_tune(model, tune.frames, tune.first_step))
            done += 1
            progress(done, total)
        row[name] = counts.as_dict()
    return row


def tune_parts(tunes: Sequence[Piece]) -> dict[str, list[Piece]]:
    """What is scored of a set."""
    test = [tune for tune in tunes if tune.split == "test"]
    return {
        "valid": [tune for tune in tunes if tune.split == "valid"],
        "test sopranos": [tune for tune in test if is_soprano(tune)],
        "test songs": [tune for tune in test if not is_soprano(tune)][::EVERY_SONG],
    }


def is_soprano(tune: Piece) -> bool:
    """It is of a chorale."""
    return tune.name.startswith("bwv")


def hear_tune(model: Model, frames: IntArray, first_step: int) -> tuple[TokenLogProbs, NDArray[np.float64]]:
    """Log-probabilities of the first voice's tokens ``[steps, vocabulary]``, and its repeats ``[steps, repeats]``."""
    rank = np.broadcast_to(np.arange(len(VOICES), dtype=np.int32), frames.shape)
    rows = model.row.of_pieces(frames, Place.of(first_step + np.arange(len(frames)), None), rank)[:, 0]
    has_repeats = any(each.name == REPEATS for each in model.contract.asides)
    state = model.initial_state()
    logits, repeats = [], []
    for ids in rows:
        said, state = model.step(ids, state)
        logits.append(said.astype(np.float64))
        repeats.append(aside(state, REPEATS)[0] if has_repeats else np.zeros(0))
    scores = np.stack(logits)
    scores -= scores.max(axis=-1, keepdims=True)
    scores -= np.log(np.exp(scores).sum(axis=-1, keepdims=True))
    return scores, np.stack(repeats).astype(np.float64)


def events_of(frames: IntArray) -> IntArray:
    """What a tune does in each of its steps, as tokens: going on is HOLD, also in silence, and REST ends a note."""
    tune = frames[:, 0]
    silent = np.append(True, tune[:-1] == REST)
    return np.where((tune == REST) & silent, HOLD, tune).astype(np.int32)


class TuneCounts:
    """Sums over tunes."""

    def __init__(self) -> None:
        self.nats, self.right, self.events, self.goes_on = 0.0, 0, 0, 0
        self.repeats = self.repeats_right = 0
        self.says_repeats = False

    def add(self, tune: Piece, scores: TokenLogProbs, repeats: NDArray[np.float64]) -> None:
        """One more tune, as a model hears it."""
        tokens, events = tune.frames[:, 0], events_of(tune.frames)
        self.nats -= float(scores[np.arange(len(tokens)), tokens].sum())
        self.right += int((scores.argmax(axis=-1) == tokens).sum())
        self.events += len(tokens)
        self.goes_on += int((events == HOLD).sum())
        self.says_repeats |= repeats.shape[1] > 0
        for step in np.flatnonzero(repeats.max(axis=-1, initial=0.0) > 0.5):
            back = BAR_PLACES * (1 + int(repeats[step].argmax()))
            self.repeats += 1
            self.repeats_right += int(events[step] == (events[step - back] if step >= back else HOLD))

    def as_dict(self) -> dict[str, float | int]:
        """The figures."""
        if not self.events:
            raise ValueError("there is nothing to score: no tune is held out; run: chorale-train prepare tunes")
        figures: dict[str, float | int] = {
            "nll": round(self.nats / self.events, 4),
            "accuracy": round(self.right / self.events, 4),
            "events": self.events,
            "goes_on": round(self.goes_on / self.events, 4),  # what always to guess that nothing happens gets right
        }
        if self.says_repeats:
            figures["repeats"] = round(self.repeats / self.events, 4)
            figures["repeats_right"] = round(self.repeats_right / max(self.repeats, 1), 4)
        return figures


def describe_tune_scores(row: dict[str, Any]) -> list[str]:
    """A row for people."""
    return [row["model"], *(f"  {name:<14} {_figures(row[name])}" for name in row if isinstance(row[name], dict))]


def _figures(part: dict[str, float | int]) -> str:
    said = f"{part['nll']:.4f} nats an event, accuracy {part['accuracy']:.4f}, {part['events']:,} events"
    if "repeats" not in part:
        return said
    return f"{said}; says a repeat at {part['repeats']:.1%}, right at {part['repeats_right']:.1%} of these"
