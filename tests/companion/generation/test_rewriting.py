"""Candidates for bars that are made anew: how they are found, measured and ranked."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from support.fakes import Babbler, ScriptedModel, random_source, sung

from companion.generation.blanks import Blank
from companion.generation.gap import Gap, Means
from companion.generation.generator import Generator
from companion.generation.rewriting import REWRITTEN, Candidate, Rewriting, close_lacks, merit, nats_of
from companion.model.features import History
from companion.model.known_tunes import NOTHING_RECALLED
from companion.music.key import Key
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, STEPS_PER_BEAT, IntArray, strike
from companion.phrase.seed import Phrase
from companion.sampling.draw import Sampling
from companion.sampling.joining import parallels_in
from companion.sampling.styles import STYLES

CHORD, OTHER = (72, 67, 64, 48), (74, 65, 57, 50)
GREEDY = Sampling(temperature=0)
C_MAJOR = Key(0, minor=False)
PLAIN = Candidate((), faults=0, nats=20.0, lacking=0, changed=0.5)


def piece(beats: int = 16) -> IntArray:
    frames = np.full((beats * STEPS_PER_BEAT, 4), HOLD, dtype=np.int32)
    frames[::STEPS_PER_BEAT] = [[strike(pitch) for pitch in (CHORD, OTHER)[beat % 2]] for beat in range(beats)]
    return frames


def phrase_of(frames: IntArray) -> Phrase:
    return Phrase(frames, (True,) * 4, (), 480, 0, 0, 16, 0, ())


def rewriting_of(model: object, sampling: Sampling, voices: tuple[int, ...], means: Means, seed: int = 1) -> Rewriting:
    generator = Generator(model, random_source(seed))  # type: ignore[arg-type]
    gap = Gap(phrase_of(piece()), Blank(16, 32, voices), sampling, generator.random, means=means)
    return Rewriting(generator, gap, means)


@pytest.mark.parametrize(
    ("worse", "why"),
    [
        (replace(PLAIN, nats=21.0), "what comes after is less likely"),
        (replace(PLAIN, nats=19.5, lacking=1), "a close lacks a point"),
        (replace(PLAIN, nats=1.0, faults=1), "there is a fault"),
        (replace(PLAIN, nats=1.0, changed=0.0), "nothing is changed"),
    ],
)
def test_what_makes_a_candidate_worse(worse: Candidate, why: str) -> None:
    assert merit(worse) > merit(PLAIN), why


def test_what_was_there_before_comes_last() -> None:
    assert merit(replace(PLAIN, changed=0.0)) > merit(replace(PLAIN, faults=3))


def test_work_is_as_much_as_is_said() -> None:
    means = Means(tries=2, endings=3)
    rewriting = rewriting_of(Babbler(), STYLES["bach"], (0, 1, 2, 3), means)
    assert sum(1 for _ in rewriting.search()) == rewriting.work == 16 + 2 * (16 + 16) + 3 * (8 + 16)
    assert len(rewriting.candidates) == 5
    assert len(list(rewriting.frames())) == rewriting.length == 16


def test_the_tune_that_stood_there_is_not_told() -> None:
    """Of a model that knows it by heart: what is made anew is to be another."""
    model = Babbler()
    frames = np.full((64, 4), HOLD, dtype=np.int32)
    frames[::4] = [[strike(pitch) for pitch in (60 + up, 57, 53, 48)] for up in (0, 2, 4, 5, 7, 9, 11, 12) * 2]
    generator = Generator(model, random_source())  # type: ignore[arg-type]
    state = generator.start()
    for tokens in frames[:16]:
        heard, state = generator.hear(state, tokens)
    assert heard.recalled.moves == 3
    gap = Gap(phrase_of(frames), Blank(16, 32, (0,)), GREEDY, generator.random, means=Means(tries=1, endings=0))
    rewriting = Rewriting(generator, gap, Means(tries=1, endings=0))
    assert all(one.frame.recalled == NOTHING_RECALLED for one in rewriting.frames())


def test_endings_are_of_the_best_beginning() -> None:
    rewriting = rewriting_of(Babbler(), STYLES["bach"], (0, 1, 2, 3), Means(tries=3, endings=4))
    list(rewriting.search())
    tokens = [[one.frame.tokens.tolist() for one in candidate.frames] for candidate in rewriting.candidates]
    best = min(range(3), key=lambda number: merit(rewriting.candidates[number]))
    assert all(ending[:8] == tokens[best][:8] for ending in tokens[3:])
    assert any(ending[8:] != tokens[best][8:] for ending in tokens[3:])
    assert merit(rewriting.best) <= merit(rewriting.candidates[best])


def test_frames_without_a_search_are_the_same() -> None:
    one, other = (rewriting_of(Babbler(), STYLES["bach"], (1, 2), Means(2, 2)) for _ in range(2))
    list(one.search())
    first, second = ([composed.frame.tokens.tolist() for composed in each.frames()] for each in (one, other))
    assert first == second


def test_voices_are_marked_that_were_made() -> None:
    frames = list(rewriting_of(Babbler(), STYLES["bach"], (1, 2), Means(1, 0)).frames())
    assert {one.chosen for one in frames} == {(False, True, True, False)}
    assert {one.origin for one in frames} == {REWRITTEN}
    assert [one.frame.tokens[0] for one in frames] == piece()[16:32, 0].tolist()


def test_faults_are_counted_over_both_edges() -> None:
    """All move from the chord before to the same chord a tone higher, and to the next one."""
    higher = {(16, voice): strike(pitch + 2) for voice, pitch in enumerate(OTHER)}
    rewriting = rewriting_of(ScriptedModel(sung(higher)), GREEDY, (0, 1, 2, 3), Means(1, 0, joined=False))
    list(rewriting.search())
    before, made, after = (
        [strike(pitch + up) for pitch in chord] for chord, up in ((OTHER, 0), (OTHER, 2), (CHORD, 0))
    )
    expected = parallels_in([before, made, after])
    assert expected > 0
    assert rewriting.best.faults == expected


def test_silence_is_a_fault() -> None:
    rewriting = rewriting_of(ScriptedModel(sung({}, default=REST)), GREEDY, (0, 1, 2, 3), Means(1, 0))
    list(rewriting.search())
    assert rewriting.best.faults == 4 * 16


def test_what_is_as_before_has_changed_nothing() -> None:
    frames = piece()
    as_before = {(at, voice): int(frames[at, voice]) for at in range(16, 32) for voice in range(4)}
    rewriting = rewriting_of(ScriptedModel(sung(as_before)), GREEDY, (0, 1, 2, 3), Means(1, 0, joined=False))
    list(rewriting.search())
    assert rewriting.best.changed == 0
    assert merit(rewriting.best)[0]


@pytest.mark.parametrize(
    ("before", "last", "key", "lacks"),
    [
        pytest.param((71, 67, 62, 55), (72, 67, 64, 48), C_MAJOR, 0, id="authentic"),
        pytest.param((72, 65, 57, 53), (72, 67, 64, 48), C_MAJOR, 2, id="plagal"),
        pytest.param((72, 65, 57, 53), (72, 67, 64, 48), None, 0, id="plagal inside a piece"),
        pytest.param((67, 62, 59, 55), (72, 67, 64, 48), C_MAJOR, 1, id="by a leap"),
        pytest.param((71, 67, 62, 55), (72, 64, 60, 57), C_MAJOR, 1, id="away from the tonic"),
        pytest.param((71, 67, 62, 55), (72, 67, 64, 52), None, 2, id="on a third"),
    ],
)
def test_what_a_close_lacks(before: tuple[int, ...], last: tuple[int, ...], key: Key | None, lacks: int) -> None:
    assert close_lacks([before, last], key) == lacks


def test_a_pitch_that_goes_on_and_one_struck_again_are_as_likely() -> None:
    generator = Generator(Babbler(), random_source())  # type: ignore[arg-type]
    _, state = generator.hear(generator.start(), piece()[0])
    struck, _ = generator.hear(state, piece()[0])
    held, _ = generator.hear(state, np.full(4, HOLD, dtype=np.int32))
    assert nats_of(struck, state.history, [0]) == pytest.approx(nats_of(held, state.history, [0]))
    own = -math.log(struck.choices[0].probability)
    assert nats_of(struck, state.history, [0]) < own
    assert nats_of(struck, History(), [0]) == pytest.approx(own)
    assert nats_of(struck, state.history, []) == 0


def test_the_beats_after_decide() -> None:
    """A model that finds what comes after likely only where the tenor sang a certain pitch is listened to."""

    class Particular(Babbler):
        def step(self, ids: IntArray, state: object, options: object = None):  # type: ignore[no-untyped-def]
            logits, after = super().step(ids, state, options)  # type: ignore[arg-type]
            slot = self.row.slot("pitches")
            sounding = (ids - self.row.offsets)[slot : slot + 4]
            if int(sounding[2]) == strike(60):
                logits = logits.copy()
                logits[FIRST_STRIKE:] += 0
                logits[strike(64)] += 50
            return logits, after

    rewriting = rewriting_of(Particular(), STYLES["free"], (2,), Means(8, 0))
    list(rewriting.search())
    ends = [candidate.frames[-1].frame.pitches[2] for candidate in rewriting.candidates]
    assert merit(rewriting.best) == min(map(merit, rewriting.candidates))
    assert len(set(ends)) > 1
