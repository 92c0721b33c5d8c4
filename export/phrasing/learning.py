"""What tells for the end of a phrase, counted: a logistic regression on every 16th of silence in played folk songs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from companion.generation.velocity import DEFAULT_VELOCITY
from companion.harmony.keys import likeliest_key
from companion.music.bars import Barlines
from companion.music.key import Key
from companion.music.vocabulary import REST, STEPS_PER_BEAT, VOICES, IntArray, strike
from companion.phrase.character import Sung
from companion.phrase.ends import END_NATS, LastTone
from companion.screen.terminal import Progress, unseen
from companion.session.hearing import FEWEST_KEY_STEPS, KEY_STEPS
from export.phrasing.hands import PLAYING_DICE, HandKey, Playing, hands
from export.phrasing.marks import MarkedSong

Matrix = NDArray[np.float64]

GATES = (1.0, 0.75, 0.5)  # songs are learnt as played so, one in three each …
BREATHES = 0.5  # … and half of their phrases with a breath in them
LEARNT_STEPS = 16  # of silence after a phrase that are learnt from
FLATTENED = 1.0  # what a squared nat costs, in nats: a sign that is seldom there tells little
MOST_ROUNDS, SETTLED_NATS = 50, 1e-6


def fit_weights(songs: Sequence[MarkedSong], progress: Progress = unseen) -> dict[str, float]:
    """The nats of every sign, by its name, in the order of ``END_NATS``."""
    rows: list[tuple[float, ...]] = []
    ends: list[bool] = []
    for number, song in enumerate(songs):
        for signs, is_end in silences_of(song, number):
            rows.append(signs)
            ends.append(is_end)
        progress(number + 1, len(songs))
    weights = logistic(np.array(rows), np.array(ends, dtype=np.float64))
    return {name: round(float(weight), 2) for name, weight in zip(END_NATS, weights, strict=True)}


def silences_of(song: MarkedSong, number: int) -> Iterator[tuple[tuple[float, ...], bool]]:
    """The signs of every 16th of silence in a song, and whether a phrase is over there."""
    gate = float(np.random.default_rng((PLAYING_DICE, number, 1)).choice(GATES))
    played = hands(song, Playing("learnt", gate, BREATHES), number)
    beats, unit = (int(count) for count in song.tune.metre.split("/"))
    barlines = Barlines.of_metre(beats, unit, -song.tune.first_step)
    frames = _frames([key for keys in played for key in keys])
    heard: Key | None = None
    for keys in played:
        for place, key in enumerate(keys):
            heard = _key(frames, key.up, heard)
            is_end = place == len(keys) - 1
            until = key.up + LEARNT_STEPS if is_end else keys[place + 1].down
            tone = LastTone(tuple(_sung(one) for one in keys[: place + 1]), heard, barlines)
            for steps in range(1, LEARNT_STEPS + 1):
                if key.up + steps < until:
                    yield tone.signs(steps), is_end


def _sung(key: HandKey) -> Sung:
    return Sung(key.down, key.up, key.pitch, DEFAULT_VELOCITY)


def _frames(keys: Sequence[HandKey]) -> IntArray:
    """What a jam tells the key by: each tone until the next one."""
    frames = np.full((keys[-1].written, len(VOICES)), REST, dtype=np.int32)
    for key, end in zip(keys, [*(key.down for key in keys[1:]), keys[-1].written], strict=True):
        frames[key.down : end, 0] = strike(key.pitch)
    return frames


def _key(frames: IntArray, at: float, before: Key | None) -> Key | None:
    """The key as a jam hears it, beat by beat."""
    until = int(at) // STEPS_PER_BEAT * STEPS_PER_BEAT
    if until < FEWEST_KEY_STEPS:
        return None
    return likeliest_key(frames[max(until - KEY_STEPS, 0) : until], before=before)


def logistic(signs: Matrix, ends: Matrix) -> Matrix:
    """The weights [signs] with which the signs ``[cases, signs]`` tell best; the first sign is always there.

    By Newton's method (iteratively reweighted least squares).
    """
    cost = np.eye(signs.shape[1]) * FLATTENED
    cost[0, 0] = 0.0
    weights = np.zeros(signs.shape[1])
    for _ in range(MOST_ROUNDS):
        chances = 1 / (1 + np.exp(-(signs @ weights)))
        slope = signs.T @ (ends - chances) - cost @ weights
        change = np.linalg.solve((signs * (chances * (1 - chances))[:, None]).T @ signs + cost, slope)
        weights = weights + change
        if np.abs(change).max() < SETTLED_NATS:
            break
    return np.asarray(weights)
