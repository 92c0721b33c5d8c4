"""The default model heard with numbers: answers to real held-out openings, and a real tune harmonised."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from companion.composer import harmonise
from companion.generator import Generator
from companion.library import open_model
from companion.model import Model
from companion.names import DEFAULT_MODEL, DEFAULT_STYLE
from companion.styles import style
from companion.vocabulary import IntArray, sounding_pitches
from export.evaluation import of_split
from export.judging import BAR_STEPS, OPENING_STEPS, answer, judge, openings, phrase_of
from export.pieces import Piece

OPENINGS = 20

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model() -> Model:
    return open_model(DEFAULT_MODEL)


@pytest.fixture(scope="module")
def test_pieces(jsb_pieces: list[Piece]) -> list[Piece]:
    return of_split(jsb_pieces, "test")


def test_answers_keep_the_key_and_the_ranges_and_do_not_stall(model: Model, test_pieces: list[Piece]) -> None:
    report = judge(model, style(DEFAULT_STYLE), test_pieces, OPENINGS, lambda done: None)
    measures = {name: row["model"] for name, row in report["measures"].items()}
    assert report["answers"] == 5 * OPENINGS
    assert measures["in_scale"]["median"] >= 0.90
    assert measures["out_of_range"]["max"] == 0
    assert measures["changing_frames"]["median"] >= 0.25
    assert measures["longest_note_steps"]["max"] <= 2 * BAR_STEPS


def test_answers_differ_by_seed_and_vary_more_when_hotter(model: Model, test_pieces: list[Piece]) -> None:
    opening = openings(test_pieces, 1)[0][:OPENING_STEPS]
    spread = {}
    for temperature in (0.2, 0.8, 1.6):
        sampling = style(DEFAULT_STYLE, temperature)
        answers = [answer(model, opening, sampling, seed) for seed in range(8)]
        assert len({found.tobytes() for found in answers}) == len(answers)
        spread[temperature] = mean_difference(answers)
    assert spread[0.2] < spread[0.8] < spread[1.6]


def mean_difference(answers: list[IntArray]) -> float:
    """The share of notes in which two answers differ, over all pairs."""
    sounds = [sounding_pitches(found) for found in answers]
    pairs = [(a != b).mean() for i, a in enumerate(sounds) for b in sounds[:i]]
    return float(np.mean(pairs))


@pytest.mark.parametrize("voice", range(4))
def test_a_harmonised_voice_stays_as_it_is(model: Model, test_pieces: list[Piece], voice: int) -> None:
    whole = openings(test_pieces, 3)[2]
    given = tuple(number == voice for number in range(4))
    phrase = replace(phrase_of(whole), given=given)
    generator = Generator(model, np.random.Generator(np.random.PCG64(5)))
    frames = np.stack([one.frame.tokens for one in harmonise(generator, phrase, style(DEFAULT_STYLE))])
    assert np.array_equal(frames[:, voice], whole[:, voice])
    others = [number for number in range(4) if number != voice]
    assert (sounding_pitches(frames)[:, others] > 0).all()
