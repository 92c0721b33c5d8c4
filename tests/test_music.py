"""The default model heard with numbers: answers to real held-out openings, and a real tune harmonised."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from companion.controls.table import DEFAULT_MODEL, DEFAULT_STYLE
from companion.generation.asked import AskedHarmony
from companion.generation.composer import harmonise
from companion.generation.generator import Generator
from companion.harmony.chords import QUALITIES
from companion.harmony.symbols import AskedChord
from companion.model.codes import INVERSIONS
from companion.model.library import open_model
from companion.model.runtime import Model
from companion.model.told import UNSAID, SaidChords
from companion.music.key import find_key
from companion.music.vocabulary import STEPS_PER_BEAT, IntArray, sounding_pitches
from companion.sampling.styles import style
from export.data.pieces import Piece
from export.harmony.hearing import heard_chords, said_chords
from export.judging.recital import (
    OPENING_STEPS,
    Programme,
    answer,
    cadences,
    continuations,
    generator_of,
    in_rounds,
    melody_of,
    phrase_of,
)
from export.measures import harmony, pacing, partwriting
from export.measures.tally import together
from export.scores.evaluation import of_split

BARS = 8
PROGRAMME = Programme(continuations=50, bars=BARS, cadences=40)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model() -> Model:
    return open_model(DEFAULT_MODEL)


@pytest.fixture(scope="module")
def test_pieces(jsb_pieces: list[Piece]) -> list[Piece]:
    return of_split(jsb_pieces, "test")


def test_answers_keep_the_key_and_the_ranges_and_do_not_stall(model: Model, test_pieces: list[Piece]) -> None:
    played = list(continuations(model, style(DEFAULT_STYLE), test_pieces, PROGRAMME))
    keys = [find_key(passage.piece[:OPENING_STEPS]) for passage in played]
    in_key = [harmony.notes_in_key(passage.frames, key).rate for passage, key in zip(played, keys, strict=True) if key]
    shares = [share for share in in_key if share is not None]
    assert len(shares) == 50
    assert np.median(shares) >= 0.90
    assert sum(partwriting.out_of_range(passage.frames).found for passage in played) == 0
    changing = together(pacing.changing_frames(passage.frames) for passage in played).rate
    still = together(pacing.still_frames(passage.frames) for passage in played).rate
    assert changing is not None and changing >= 0.25
    assert still is not None and still <= 0.08  # Bach: 0.026


def test_most_closes_that_are_asked_for_come_well(model: Model, test_pieces: list[Piece]) -> None:
    found = cadences(model, style(DEFAULT_STYLE), test_pieces, PROGRAMME, lambda: None)
    assert found.rate is not None
    assert found.rate >= 0.8


def test_chords_that_are_asked_for_are_heard(model: Model, jsb_pieces: list[Piece]) -> None:
    """Bach's own under his own sopranos, over whole beats and with their inversions: 92 of 100 if it is told none."""
    heard = []
    for piece in of_split(jsb_pieces, "valid")[:16]:
        said = said_chords(piece)
        asked = {at: (_asked(root, kind),) for at, (root, kind) in _beats(said).items() if root != UNSAID}
        made = harmonise(
            generator_of(model, 1), melody_of(piece.frames), style(DEFAULT_STYLE), None, AskedHarmony(chords=asked)
        )
        found = _beats(heard_chords(np.stack([one.frame.tokens for one in made]), piece.first_step))
        heard += [found[at] == _beats(said)[at] for at in asked if at in found]
    assert len(heard) > 700
    assert np.mean(heard) > 0.95


def _beats(chords: SaidChords) -> dict[int, tuple[int, int]]:
    return {at: (int(chords.root[at]), int(chords.kind[at])) for at in range(0, len(chords.root), STEPS_PER_BEAT)}


def _asked(root: int, kind: int) -> AskedChord:
    quality, inversion = divmod(kind - 1, INVERSIONS)
    shape = QUALITIES[quality]
    return AskedChord(root - 1, shape[1:], slash=(root - 1 + shape[inversion]) % 12)


def test_answers_differ_by_seed_and_vary_more_when_hotter(model: Model, test_pieces: list[Piece]) -> None:
    ((_, whole),) = in_rounds(test_pieces, 1)
    opening = whole[:OPENING_STEPS]
    spread = {}
    for temperature in (0.2, 3.0):  # forms differ by seed, however cool
        sampling = style(DEFAULT_STYLE, temperature)
        answers = [answer(model, opening, sampling, seed, BARS) for seed in range(8)]
        assert len({found.tobytes() for found in answers}) == len(answers)
        spread[temperature] = mean_difference(answers)
    assert spread[0.2] < spread[3.0]


def mean_difference(answers: list[IntArray]) -> float:
    """The share of notes in which two answers differ, over all pairs."""
    sounds = [sounding_pitches(found) for found in answers]
    pairs = [(a != b).mean() for i, a in enumerate(sounds) for b in sounds[:i]]
    return float(np.mean(pairs))


@pytest.mark.parametrize("voice", range(4))
def test_a_harmonised_voice_stays_as_it_is(model: Model, test_pieces: list[Piece], voice: int) -> None:
    *_, (_, whole) = in_rounds(test_pieces, 3)
    given = tuple(number == voice for number in range(4))
    phrase = replace(phrase_of(whole), given=given)
    generator = Generator(model, np.random.Generator(np.random.PCG64(5)))
    frames = np.stack([one.frame.tokens for one in harmonise(generator, phrase, style(DEFAULT_STYLE))])
    assert np.array_equal(frames[:, voice], whole[:, voice])
    others = [number for number in range(4) if number != voice]
    assert (sounding_pitches(frames)[:, others] > 0).all()
