"""``python -m companion.bench.first_frame MODEL``: a process that makes one frame, and says what memory it needed.

MODEL is a file, or two with ``+`` between. It is timed from outside, so that its start counts.
"""

from __future__ import annotations

import json
import sys

import numpy as np

from companion.bench.memory import peak_megabytes
from companion.controls.table import DEFAULT_STYLE
from companion.generation.closes import Request
from companion.generation.generator import Generator
from companion.harmony.leading import Harmony
from companion.model.library import open_model
from companion.music.key import Key
from companion.sampling.styles import style
from companion.screen.say import print_out


def make_first_frame(model: str) -> dict[str, float | None]:
    """What of the process was measured: its peak memory in MB."""
    generator = Generator(open_model(model), np.random.Generator(np.random.PCG64(1)))
    Request(style(DEFAULT_STYLE), harmony=Harmony(Key(9, minor=True))).made(generator, generator.start())
    return {"rss_mb": peak_megabytes()}


if __name__ == "__main__":
    print_out(json.dumps(make_first_frame(sys.argv[1])))
