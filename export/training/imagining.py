"""Pieces that models imagine from nothing: music without end to teach another model on, where Bach's own runs out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from companion.generation.generator import Generator
from companion.model.runtime import Model
from companion.sampling.draw import Sampling
from companion.screen.terminal import Progress, unseen
from export.data.pieces import Piece

PLAINLY = Sampling()  # as the model has it: no rules, nothing sharpened


def imagine(models: Sequence[Model], pieces: int, steps: int, seed: int, progress: Progress = unseen) -> list[Piece]:
    """``pieces`` pieces of ``steps`` steps, by each model in turn; each depends on the seed and its number alone.

    They begin on a beat, for the training part; progress is told how many are done.
    """
    made = []
    for number in range(pieces):
        model = models[number % len(models)]
        generator = Generator(model, np.random.Generator(np.random.PCG64([seed, number])))
        state = generator.start()
        frames = []
        for _ in range(steps):
            frame, state = generator.frame(state, PLAINLY)
            frames.append(frame.tokens)
        name = f"imagined-{number + 1:04}-by-{model.contract.name}"
        made.append(Piece(name, "train", np.stack(frames).astype(np.int32), onsets_known=True, first_step=0))
        progress(number + 1)
    return made
