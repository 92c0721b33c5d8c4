"""Times frames for tests.faster: run as a program of its own, with the tree to be timed on its path.

Each line of its input asks for a block of frames; each line of its output is a block's milliseconds, frame by frame,
without those during which the system gave the core to something else.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np

from companion.bench.memory import peak_megabytes
from companion.generation.generator import Generator
from companion.model.library import open_model
from companion.music.vocabulary import strike
from companion.player.lateness import involuntary_switches
from companion.sampling.styles import style

BLOCK_FRAMES = 64
PIECE_BLOCKS = 8  # a fresh piece after so many blocks, as in practice
OPENING = [np.array([strike(pitch) for pitch in chord]) for chord in ((67, 62, 59, 43), (69, 62, 57, 42)) * 2]


def serve(model: str, style_name: str) -> None:
    generator = Generator(open_model(model), np.random.Generator(np.random.PCG64(1)))
    sampling, switches = style(style_name), involuntary_switches()
    for number, _ in enumerate(sys.stdin):
        if number % PIECE_BLOCKS == 0:
            state = generator.start()
            for tokens in OPENING:
                _, state = generator.hear(state, tokens)
        milliseconds = []
        for _ in range(BLOCK_FRAMES):
            switched, begun = switches(), time.perf_counter()
            _, state = generator.frame(state, sampling)
            elapsed_ms = (time.perf_counter() - begun) * 1000
            if switches() == switched:
                milliseconds.append(elapsed_ms)
        sys.stdout.write(json.dumps({"ms": milliseconds, "peak_mb": peak_megabytes()}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve(*sys.argv[1:])
