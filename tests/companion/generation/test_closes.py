"""Endings: what a good chord is, and that the best of several is taken."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support.fakes import Babbler, ShortSighted, random_source

from companion.generation.closes import (
    BEST,
    CLOSE_IN_SIGHT,
    TRIES,
    Made,
    Request,
    before_close,
    best_ending,
    best_opening,
    closing_quality,
    ending_quality,
    finished,
    towards_close,
)
from companion.generation.generator import NO_CONDITIONS, DecoderState, Generator
from companion.harmony.form import Span
from companion.harmony.keeping import AT_SIGHT, AWARE, UNAWARE
from companion.harmony.leading import AskedBeat, Harmony
from companion.harmony.symbols import AskedChord
from companion.model.echoes import Past
from companion.model.features import Conditions, History
from companion.model.told import UNSAID
from companion.music.key import Key
from companion.music.vocabulary import HOLD, strike
from companion.sampling.draw import Sampling

C_MAJOR, A_MINOR = Key(0, False), Key(9, True)


class TestChordsAreSaid:
    """A model that reads chords is told that of each beat, as it was drawn or is asked for."""

    @staticmethod
    def told(model: Babbler | ShortSighted, harmony: Harmony, steps: int = 6) -> list[tuple[int, tuple[int, ...]]]:
        """Of each step: the chord that was drawn, and what the model was told at its first note."""
        generator = Generator(model, random_source())  # type: ignore[arg-type]
        state, told = generator.start(), []
        for _ in range(steps):
            model.seen.clear()
            state = Request(Sampling(harmony=1.0), harmony=harmony).made(generator, state).after
            row, ids = model.row, model.seen[0]
            slots = [row.slot(name) for name in ("root", "kind", "then_root", "then_kind")]
            assert state.chord is not None
            told.append((state.chord, tuple(int(ids[slot] - row.offsets[slot]) for slot in slots)))
        return told

    def test_that_of_the_beat(self) -> None:
        harmony = Harmony(A_MINOR)
        for chord, said in self.told(Babbler(), harmony):
            assert said == (*harmony.named(chord).said, UNSAID, UNSAID)

    def test_one_that_is_asked_for_and_the_next(self) -> None:
        dominant, tonic = AskedChord(4, (4, 7)), AskedChord(9, (3, 7), slash=0)
        harmony = Harmony(A_MINOR, AskedBeat(options=(dominant,), then=tonic))
        assert [said for _, said in self.told(Babbler(), harmony)] == [(5, 1, 10, 6)] * 6

    def test_of_one_that_chorales_do_not_have_nothing_is_said(self) -> None:
        suspended = AskedChord(7, (5, 7))
        harmony = Harmony(A_MINOR, AskedBeat(options=(suspended,), then=AskedChord(9, (3, 7))))
        assert [said for _, said in self.told(Babbler(), harmony)] == [(UNSAID,) * 4] * 6

    def test_one_that_reads_none_keeps_to_them_by_rule_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        manners = []
        rules = Harmony.rules

        def noted(harmony: Harmony, *arguments: Any) -> Any:
            manners.append(harmony.manner)
            return rules(harmony, *arguments)

        monkeypatch.setattr(Harmony, "rules", noted)
        known = AskedBeat(toward=np.ones(len(Harmony(C_MAJOR).progressions.chords)))
        for model in (Babbler(), ShortSighted()):
            generator = Generator(model, random_source())  # type: ignore[arg-type]
            for beat in (known, AskedBeat()):
                Request(Sampling(harmony=1.0), harmony=Harmony(C_MAJOR, beat)).made(generator, generator.start())
        assert manners == [AWARE, AT_SIGHT, UNAWARE, UNAWARE]


@pytest.mark.parametrize(
    ("pitches", "key", "points"),
    [
        ((72, 67, 64, 48), C_MAJOR, BEST),
        ((76, 67, 60, 48), C_MAJOR, BEST),
        ((69, 64, 61, 45), A_MINOR, BEST),  # a major triad ends a minor piece as well
        ((72, 67, 64, 48), None, BEST),
        ((72, 64, 60, 48), C_MAJOR, 5),  # without its fifth
        ((72, 67, 60, 52), C_MAJOR, 5),  # on its third
        ((71, 67, 62, 43), C_MAJOR, 6),  # on the dominant
        ((70, 66, 61, 54), C_MAJOR, 5),  # out of the scale
        ((72, 67, 60, 48), C_MAJOR, 0),  # without its third
        ((72, 67, 65, 48), C_MAJOR, 0),
        ((72, 67, 64, 58), C_MAJOR, 0),
        ((72, 67, 64, None), C_MAJOR, 5),
        ((None, None, None, None), C_MAJOR, 0),
    ],
)
def test_quality_of_chords(pitches: tuple[int | None, ...], key: Key | None, points: int) -> None:
    assert closing_quality(pitches, key) == points


def ending(*pitches: int) -> Any:
    return [Made(SimpleNamespace(pitches=pitches), None)]  # type: ignore[arg-type]


GOOD, FAIR, POOR = ending(72, 67, 64, 48), ending(71, 67, 62, 43), ending(72, 67, 65, 48)


def test_first_perfect_ending_is_taken() -> None:
    made = iter([POOR, FAIR, GOOD])
    assert finished(best_ending(lambda _: iter(next(made)), C_MAJOR)) == GOOD


@pytest.mark.parametrize(
    ("before", "by_step", "is_led"),
    [
        ((71, 67, 62, 43), True, True),
        ((74, 67, 59, 43), True, True),
        ((74, 69, 65, 53), True, False),
        ((72, 67, 62, 43), True, False),
        ((69, 67, 59, 43), False, True),  # as a phrase begins
        ((67, 64, 60, 48), False, False),
        ((None, 71, 62, 43), True, True),  # the highest that sounds
        ((None, None, None, None), True, False),
    ],
)
def test_of_equal_chords_that_which_the_highest_voice_comes_to_by_step_and_by_a_dominant(
    before: tuple[int | None, ...], by_step: bool, is_led: bool
) -> None:
    last = (72, 67, 64, 48)
    assert ending_quality([before, last], C_MAJOR) == (BEST, by_step, is_led)
    assert ending_quality([before, last], None) == (BEST, by_step, True)  # led to by anything
    assert ending_quality([last], C_MAJOR) == (BEST, True, True)


def test_an_ending_come_to_by_step_is_looked_for() -> None:
    leaping, stepping = ending(67, 64, 60, 48) + GOOD, ending(71, 67, 62, 43) + GOOD
    made = iter([leaping, FAIR, stepping, POOR])
    assert finished(best_ending(lambda _: iter(next(made)), C_MAJOR)) == stepping
    made = iter([leaping, FAIR, *[POOR] * (TRIES - 2)])
    assert finished(best_ending(lambda _: iter(next(made)), C_MAJOR)) == leaping


def test_best_of_all_tries_is_taken_and_of_equals_the_first() -> None:
    other = ending(67, 62, 59, 55)
    made = iter([POOR, FAIR, other, *[POOR] * (TRIES - 3)])
    assert finished(best_ending(lambda _: iter(next(made)), C_MAJOR)) == FAIR
    assert list(made) == []


def test_only_the_last_stretch_is_made_again() -> None:
    walks = []

    def walk(state: Any, first: int, last: int) -> Any:
        walks.append((state, first, last))
        close = (72, 67, 64, 48) if len(walks) == 4 else (72, 67, 65, 48)
        for step in range(first, last + 1):
            chord = close if step == last else (71, 67, 62, 43)
            yield Made(SimpleNamespace(pitches=chord, step=step), step)  # type: ignore[arg-type]

    frames = list(towards_close(walk, "start", (3, 40), C_MAJOR))
    seen = 40 - CLOSE_IN_SIGHT
    assert walks == [("start", 3, seen - 1), *[(seen - 1, seen, 40)] * 3]
    assert [frame.step for frame, _ in frames] == list(range(3, 41))  # type: ignore[attr-defined]


def test_a_close_is_said_only_in_sight() -> None:
    assert before_close(CLOSE_IN_SIGHT).steps_to_close == CLOSE_IN_SIGHT
    assert before_close(0).steps_to_close == 0
    assert before_close(CLOSE_IN_SIGHT + 1) == before_close(-1) == NO_CONDITIONS


def test_a_close_is_said_besides_what_is_said_anyway() -> None:
    assert before_close(3, Conditions(key=A_MINOR)) == Conditions(3, A_MINOR)
    assert before_close(-1, Conditions(key=A_MINOR)) == Conditions(None, A_MINOR)


class TestOpening:
    def openings(self, *chords: tuple[int, ...]) -> Iterator[Any]:
        self.made = 0
        for chord in chords:
            self.made += 1
            yield Made(SimpleNamespace(pitches=chord), None)  # type: ignore[arg-type]

    def test_the_first_that_could_not_be_better_is_taken(self) -> None:
        chords = self.openings((72, 67, 65, 48), (74, 69, 65, 50), (72, 67, 64, 48))
        assert best_opening(chords).frame.pitches == (74, 69, 65, 50)
        assert self.made == 2

    def test_else_the_best(self) -> None:
        chords = self.openings((72, 67, 65, 48), (72, 67, 64, 52), (72, 67, 62, 48))
        assert best_opening(chords).frame.pitches == (72, 67, 64, 52)
        assert self.made == 3


class TestReturns:
    """A phrase of one beat, ten chords before: it comes back whole, or where that would be in parallel in its tune."""

    SPAN = Span(start=12, close=16, end=20, repeats=0)

    def state(self, last: tuple[int, ...]) -> DecoderState:
        """SaidChords of a beat, C major first, and another one before the phrase comes back."""
        past, history = Past(), History()
        for chord in ((72, 67, 64, 48), (71, 67, 62, 55), last):
            for step in range(4):
                tokens = [strike(pitch) if step == 0 else HOLD for pitch in chord]
                history = history.advance(tokens)
                past = past.advance(tokens, history)
        return DecoderState(12, history, {}, past)

    def test_it_comes_back_whole(self) -> None:
        asked = Request(Sampling()).again(self.state((71, 67, 62, 55)), self.SPAN, 12)
        assert dict(asked.given) == dict(enumerate(map(strike, (72, 67, 64, 48))))

    def test_over_a_faulty_seam_in_its_tune_alone(self) -> None:
        parallel = (74, 69, 65, 50)  # an octave between soprano and bass, as in the chord that comes back
        for since in range(4):
            asked = Request(Sampling()).again(self.gone_on(self.state(parallel), since), self.SPAN, 12 + since)
            assert dict(asked.given) == {0: strike(72) if since == 0 else HOLD}

    def test_under_a_tune_it_comes_in_on_a_beat_and_holds_what_sounds(self) -> None:
        """The tenor of the chord two beats before sounds already."""
        tune = Request(Sampling(), {0: strike(76)})
        asked = tune.as_then(self.state((72, 65, 62, 48)), 8)
        assert dict(asked.given) == {0: strike(76), 1: strike(67), 2: HOLD, 3: strike(55)}
        assert asked.harmony is None
        between = self.gone_on(self.state((72, 65, 62, 48)), 1)
        assert tune.as_then(between, 8) is tune

    def test_under_a_tune_it_goes_on_step_by_step(self) -> None:
        state = self.state((71, 67, 62, 55))
        tune = Request(Sampling(), {0: HOLD})
        assert dict(tune.as_then(state, 4).given) == {0: HOLD, 1: strike(67), 2: strike(62), 3: strike(55)}
        inside = self.gone_on(state, 2)  # other chords than two beats before
        assert tune.as_then(inside, 8) is tune
        assert dict(tune.as_then(self.as_eight_before(state, 2), 8).given) == dict.fromkeys(range(4), HOLD)

    def as_eight_before(self, state: DecoderState, steps: int) -> DecoderState:
        history, past = state.history, state.past
        assert past is not None
        for _ in range(steps):
            tokens = past.again(8)
            assert tokens is not None
            history = history.advance(tokens)
            past = past.advance(tokens, history)
        return DecoderState(state.step + steps, history, {}, past)

    def test_it_does_not_come_in_in_parallel(self) -> None:
        tune = Request(Sampling(), {0: strike(72)})
        assert tune.as_then(self.state((74, 69, 65, 50)), 12) is tune

    def gone_on(self, state: DecoderState, steps: int) -> DecoderState:
        history, past = state.history, state.past
        assert past is not None
        for step in range(steps):
            tokens = [strike(pitch) if step == 0 else HOLD for pitch in (72, 67, 60, 52)]
            history = history.advance(tokens)
            past = past.advance(tokens, history)
        return DecoderState(state.step + steps, history, {}, past)
