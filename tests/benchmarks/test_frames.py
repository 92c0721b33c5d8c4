"""What a frame costs, part by part: ``pytest tests/benchmarks``. Printed, never judged; the normal run passes it by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from support.fakes import random_source

from companion.bench.parts import goes_on
from companion.controls.table import DEFAULT_STYLE
from companion.generation.generator import Generator
from companion.model.codes import NOTHING, UNDECIDED
from companion.model.features import FEATURES, FeatureRow, History, Place, decide, known_before, sounding_code
from companion.model.library import bundled_models, open_model
from companion.music.vocabulary import VOCABULARY_SIZE, VOICES, IntArray, strike
from companion.sampling.draw import choose
from companion.sampling.rules import NoteContext
from companion.sampling.styles import style

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

ROUNDS = 300
WARMUP = 50
HEARD = 16  # frames before the one that is timed
CHORD: IntArray = np.array([strike(pitch) for pitch in (67, 62, 59, 43)], dtype=np.int32)


def heard() -> History:
    """A history of single steps up and down."""
    history = History()
    for step in range(HEARD):
        history = history.advance((CHORD + step % 3).tolist())
    return history


def timed(benchmark: BenchmarkFixture, work: Any) -> Any:
    """Always as many rounds, so that runs compare."""
    return benchmark.pedantic(work, rounds=ROUNDS, warmup_rounds=WARMUP, iterations=1)


@pytest.mark.parametrize("name", bundled_models())
def test_a_frame_of_a_bundled_model(benchmark: BenchmarkFixture, name: str) -> None:
    """Features, four calls of the network, four choices led by a chord; each frame goes on from the one before."""
    generator, sampling = Generator(open_model(name), random_source()), style(DEFAULT_STYLE)
    state = generator.start()
    for step in range(HEARD):
        _, state = generator.hear(state, CHORD + np.int32(step % 3))

    def frame() -> None:
        nonlocal state
        state = goes_on(generator, state, sampling)

    timed(benchmark, frame)
    assert state.step == HEARD + WARMUP + ROUNDS


def test_features_of_a_frame(benchmark: BenchmarkFixture) -> None:
    """The rows of four notes, all features that there are."""
    row, history = FeatureRow(tuple(FEATURES)), heard()

    def rows() -> list[IntArray]:
        known = known_before(history, Place.of(HEARD, None))
        found = []
        for voice, token in enumerate(CHORD.tolist()):
            found.append(row.ids(known, voice))
            decide(known, voice, token, sounding_code(token, history.now[voice]))
        return found

    assert [len(ids) for ids in timed(benchmark, rows)] == [row.width] * 4


def test_choices_of_a_frame(benchmark: BenchmarkFixture) -> None:
    """Four notes drawn from random logits by the rules of the default style."""
    sampling, history, random = style(DEFAULT_STYLE), heard(), random_source()
    logits = np.random.default_rng(1).normal(0, 3, (len(VOICES), VOCABULARY_SIZE)).astype(np.float32)

    def choices() -> list[int]:
        tokens, codes = [UNDECIDED] * 4, [NOTHING] * 4
        for voice in range(len(VOICES)):
            context = NoteContext(voice, tuple(tokens), tuple(codes), history)
            tokens[voice] = choose(logits[voice], context, sampling, random).token
            codes[voice] = sounding_code(tokens[voice], history.now[voice])
        return tokens

    assert min(timed(benchmark, choices)) >= 0


@pytest.mark.train
def test_a_batch_of_crops(benchmark: BenchmarkFixture) -> None:
    """16 crops of 64 frames, freshly drawn and transposed, as one step of training takes them."""
    pytest.importorskip("tensorflow")
    from support.tiny import chorale, piece_of  # noqa: PLC0415

    from export.training.crops import CropBatches, CropSettings  # noqa: PLC0415

    pieces = [piece_of(f"jsb-train-{seed:03}", "train", chorale(seed, chords=60)) for seed in range(20)]
    row, settings = FeatureRow(tuple(FEATURES)), CropSettings(steps=64, batch_size=16)
    batches = CropBatches(pieces, row, settings, batches=50, seed=1, first_epoch=0)
    ids, targets = benchmark.pedantic(lambda: batches[0], rounds=20, warmup_rounds=2, iterations=1)
    assert (ids.shape, targets.shape) == ((16, 256, row.width), (16, 256, 2))
