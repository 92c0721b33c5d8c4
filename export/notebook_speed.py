"""For scale: a note as the notebooks generate it, by Keras' predict on a sequence that grows.

``python -m export.notebook_speed`` prints one JSON object: milliseconds a note, p50 and max.
"""

from __future__ import annotations

import json
import sys
import time

import keras
import numpy as np
from keras import layers

NOTES = 24
NOTEBOOK_SYMBOLS = 47


def main() -> None:
    """Time a small stacked GRU, compiled once before."""
    model = keras.Sequential(
        [
            layers.Embedding(NOTEBOOK_SYMBOLS, 64),
            layers.GRU(192, return_sequences=True),
            layers.GRU(192),
            layers.Dense(NOTEBOOK_SYMBOLS),
        ]
    )
    sequence = [0] * 64
    model.predict(np.array([sequence]), verbose=0)
    milliseconds = []
    for _ in range(NOTES):
        begun = time.perf_counter()
        logits = model.predict(np.array([sequence]), verbose=0)
        sequence.append(int(logits[0].argmax()))
        milliseconds.append((time.perf_counter() - begun) * 1000)
    figures = {"p50": round(float(np.median(milliseconds)), 1), "max": round(max(milliseconds), 1)}
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
