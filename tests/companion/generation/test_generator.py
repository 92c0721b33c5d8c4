"""Frames from scripted models: with sure logits there is one exact result."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fakes import Babbler, ScriptedModel, canonical_frames, random_source, sung, sure

from companion.generation.generator import NO_CONDITIONS, DecoderState, Frame, Generator
from companion.model.codes import UNDECIDED
from companion.model.echoes import echoes_of
from companion.model.features import Conditions, Place, key_id
from companion.model.library import bundled_models, open_model
from companion.model.state import Window
from companion.model.told import Ahead
from companion.music.key import Key
from companion.music.vocabulary import HOLD, REST, IntArray, strike
from companion.sampling.draw import Sampling
from companion.sampling.rules import no_crossing, strikes_anew

GREEDY = Sampling(temperature=0)
SOPRANO, ALTO, TENOR, BASS = range(4)
FIRST = {(0, SOPRANO): strike(72), (0, ALTO): strike(67), (0, TENOR): strike(64), (0, BASS): strike(48)}


def some(
    generator: Generator, state: DecoderState, count: int, sampling: Sampling = GREEDY
) -> tuple[list[Frame], DecoderState]:
    frames = []
    for _ in range(count):
        frame, state = generator.frame(state, sampling)
        frames.append(frame)
    return frames, state


def tokens_of(frames: list[Frame]) -> list[list[int]]:
    return [frame.tokens.tolist() for frame in frames]


class TestScripted:
    def test_one_exact_result(self) -> None:
        script = sung({**FIRST, (1, BASS): strike(50), (2, SOPRANO): REST, (3, ALTO): strike(67)})
        generator = Generator(ScriptedModel(script), random_source())  # type: ignore[arg-type]
        frames, state = some(generator, generator.start(12), 4)
        s, a, t, b = (strike(pitch) for pitch in (72, 67, 64, 48))
        assert tokens_of(frames) == [
            [s, a, t, b],
            [HOLD, HOLD, HOLD, strike(50)],
            [REST, HOLD, HOLD, HOLD],
            [REST, a, HOLD, HOLD],  # a hold of silence is a rest
        ]
        assert [frame.pitches for frame in frames] == [
            (72, 67, 64, 48),
            (72, 67, 64, 50),
            (None, 67, 64, 50),
            (None, 67, 64, 50),
        ]
        assert [frame.step for frame in frames] == [12, 13, 14, 15]
        assert state.step == 16
        assert [choice.held_pitch for choice in frames[2].choices] == [72, 67, 64, 50]
        assert {choice.probability for frame in frames for choice in frame.choices} == {1.0}
        assert {frame.temperature for frame in frames} == {0}

    def test_sure_notes_come_at_any_temperature(self) -> None:
        generator = Generator(ScriptedModel(sung(FIRST)), random_source())  # type: ignore[arg-type]
        frames, _ = some(generator, generator.start(), 1, Sampling(1.0, 0.9))
        assert frames[0].pitches == (72, 67, 64, 48)
        assert max(choice.entropy_bits for choice in frames[0].choices) < 1e-9

    def test_rules_apply(self) -> None:
        generator = Generator(ScriptedModel(sung(FIRST)), random_source())  # type: ignore[arg-type]
        _, state = some(generator, generator.start(), 1)
        frames, _ = some(generator, state, 1, Sampling(0, 1.0, (strikes_anew,)))
        assert HOLD not in frames[0].tokens


class TestGiven:
    def test_given_voices_stay_exactly(self) -> None:
        """Whatever the model would rather sing."""
        model = ScriptedModel(lambda frame, voice: sure(strike(60)))
        generator = Generator(model, random_source())  # type: ignore[arg-type]
        state = generator.start()
        lines = [(strike(76), REST), (HOLD, strike(45)), (REST, HOLD), (HOLD, HOLD)]
        frames = []
        for soprano, bass in lines:
            frame, state = generator.frame(state, GREEDY, {BASS: bass, SOPRANO: soprano})
            frames.append(frame)
        middle = strike(60)
        assert tokens_of(frames) == [
            [strike(76), middle, middle, REST],
            [HOLD, middle, middle, strike(45)],
            [REST, middle, middle, HOLD],
            [REST, middle, middle, HOLD],  # to hold silence is to rest
        ]
        assert [frame.pitches for frame in frames] == [
            (76, 60, 60, None),
            (76, 60, 60, 45),
            (None, 60, 60, 45),
            (None, 60, 60, 45),
        ]
        assert frames[0].choices[SOPRANO].probability < 1e-9  # as the model sees it

    @pytest.mark.parametrize(
        ("order", "turns"),
        [
            ("any", [TENOR, BASS, SOPRANO, ALTO]),
            ("fixed", [SOPRANO, ALTO, TENOR, BASS]),
            ("rising", [BASS, TENOR, ALTO, SOPRANO]),
        ],
    )
    def test_turns(self, order: str, turns: list[int]) -> None:
        model = ScriptedModel(sung(FIRST), voice_order=order)
        generator = Generator(model, random_source())  # type: ignore[arg-type]
        generator.frame(generator.start(), GREEDY, {BASS: strike(40), TENOR: strike(60)})
        assert model.asked == [(0, voice) for voice in turns]

    @pytest.mark.parametrize("order", ["fixed", "rising"])
    def test_rules_know_what_is_given_before_its_turn(self, order: str) -> None:
        """Alto and tenor would cross a voice that the model has not come to."""
        wanted = {**FIRST, (0, ALTO): strike(77), (0, TENOR): strike(47)}
        likes = {place: sure(token) for place, token in wanted.items()}
        likes[0, ALTO][strike(67)], likes[0, TENOR][strike(55)] = 50, 50
        model = ScriptedModel(lambda frame, voice: likes[frame, voice], voice_order=order)
        generator = Generator(model, random_source())  # type: ignore[arg-type]
        given = {SOPRANO: strike(72), BASS: strike(48)}
        frame, _ = generator.frame(generator.start(), Sampling(0, 1.0, (no_crossing,)), given)
        assert frame.pitches == (72, 67, 55, 48)

    @pytest.mark.parametrize("order", ["any", "fixed"])
    def test_nothing_given(self, order: str) -> None:
        model = ScriptedModel(sung(FIRST), voice_order=order)
        generator = Generator(model, random_source())  # type: ignore[arg-type]
        some(generator, generator.start(), 2)
        assert model.asked == [(frame, voice) for frame in range(2) for voice in range(4)]

    def test_a_heard_frame_is_four_given_voices(self) -> None:
        model = ScriptedModel(sung(FIRST))
        generator = Generator(model, random_source())  # type: ignore[arg-type]
        frame, state = generator.hear(generator.start(5), np.array([strike(70), HOLD, REST, strike(50)]))
        assert frame.tokens.tolist() == [strike(70), REST, REST, strike(50)]
        assert (frame.step, frame.pitches, state.step) == (5, (70, None, None, 50), 6)


class TestReading:
    @pytest.mark.parametrize("order", ["any", "fixed", "rising"])
    @given(melody=canonical_frames(least=12, most=12), seed=st.integers(0, 1000))
    def test_reads_what_training_reads(self, order: str, melody: IntArray, seed: int) -> None:
        """The ids of every note are those of the finished piece, in the order of the turns."""
        model = Babbler(order)
        generator = Generator(model, random_source(seed))  # type: ignore[arg-type]
        state, frames = generator.start(3), []
        ahead = Ahead.of_frames(np.where([False, True, False, True], melody, UNDECIDED))
        for step, tokens in enumerate(melody):
            given_tokens = {ALTO: int(tokens[ALTO]), BASS: int(tokens[BASS])}
            conditions = Conditions(30 - step, Key(7, True), ahead.at(step))
            frame, state = generator.frame(state, Sampling(), given_tokens, conditions)
            frames.append(frame.tokens)
        turns = np.array({"any": [ALTO, BASS, SOPRANO, TENOR], "fixed": [0, 1, 2, 3], "rising": [3, 2, 1, 0]}[order])
        piece = np.array(frames)
        place = Place.of(3 + np.arange(12), 30 - np.arange(12), key_id(Key(7, True)), ahead, echoes_of(piece))
        whole = model.row.of_pieces(piece, place, np.broadcast_to(np.argsort(turns), (12, 4)))
        np.testing.assert_array_equal(np.array(model.seen).reshape(12, 4, -1), whole[:, turns])


class TestKnowing:
    """What the model is told of the notes of this frame before they are sung."""

    def known(self, given_tokens: dict[int, int], conditions: Conditions = NO_CONDITIONS) -> list[list[int]]:
        """The ids of coming, later and later_steps at the first note of a second frame, after FIRST."""
        model = ScriptedModel(sung(FIRST))
        generator = Generator(model, random_source())  # type: ignore[arg-type]
        _, state = generator.frame(generator.start(), GREEDY)
        generator.frame(state, GREEDY, given_tokens, conditions)
        ids = model.seen[4] - model.row.offsets
        slots = [model.row.slot(name) for name in ("coming", "later", "later_steps")]
        return [ids[slot : slot + 4].tolist() for slot in slots]

    def test_given_voices_are_known(self) -> None:
        assert self.known({BASS: strike(50), ALTO: HOLD})[0] == [0, HOLD + 1, 0, strike(50) + 1]

    def test_to_hold_silence_is_to_rest(self) -> None:
        model = ScriptedModel(sung({}))
        generator = Generator(model, random_source())  # type: ignore[arg-type]
        generator.frame(generator.start(), GREEDY, {BASS: HOLD})
        at = model.row.slot("coming")
        assert (model.seen[0] - model.row.offsets)[at : at + 4].tolist() == [0, 0, 0, REST + 1]

    def test_nothing_is_known_where_all_is_given_which_is_but_hearing(self) -> None:
        ahead = Ahead.of_frames(np.full((3, 4), strike(60), dtype=np.int32)).at(0)
        everything = dict.fromkeys(range(4), HOLD)
        assert self.known(everything, Conditions(ahead=ahead)) == [[0] * 4] * 3
        assert self.known({}) == [[0] * 4] * 3

    def test_what_comes_later_is_known_where_nothing_is_given_now(self) -> None:
        line = np.array([[UNDECIDED] * 4, [UNDECIDED] * 4, [strike(60)] * 4], dtype=np.int32)
        asked = Conditions(ahead=Ahead.of_frames(line).at(0))
        assert self.known({}, asked) == [[0] * 4, [strike(60)] * 4, [2] * 4]

    def test_what_comes_later_is_known_where_it_is_said(self) -> None:
        line = np.full((3, 4), UNDECIDED, dtype=np.int32)
        line[:, BASS] = [HOLD, HOLD, strike(52)]
        ahead = Ahead.of_frames(line).at(0)
        assert self.known({BASS: HOLD}, Conditions(ahead=ahead)) == [[0, 0, 0, 2], [0, 0, 0, strike(52)], [0, 0, 0, 2]]
        assert self.known({BASS: HOLD}) == [[0, 0, 0, 2], [0] * 4, [0] * 4]


class TestRepeating:
    @pytest.mark.parametrize("order", ["any", "fixed"])
    def test_equal_seeds_give_equal_music(self, order: str) -> None:
        def music(seed: int) -> list[list[int]]:
            generator = Generator(Babbler(order), random_source(seed))  # type: ignore[arg-type]
            return tokens_of(some(generator, generator.start(), 40, Sampling())[0])

        assert music(1) == music(1)
        assert music(1) != music(2)

    def test_from_a_kept_standing_the_same_music_comes_again(self) -> None:
        source = random_source(4)
        generator = Generator(Babbler(), source)  # type: ignore[arg-type]
        _, kept = some(generator, generator.start(), 10, Sampling())
        drawn = source.bit_generator.state
        once, _ = some(generator, kept, 20, Sampling())
        some(generator, kept, 7, Sampling())  # another way on, thrown away
        source.bit_generator.state = drawn
        again, _ = some(generator, kept, 20, Sampling())
        assert tokens_of(again) == tokens_of(once)
        assert [f.step for f in again] == [f.step for f in once]

    @pytest.mark.parametrize("name", bundled_models())
    def test_kept_states_of_a_real_model_stay_as_they_were(self, name: str) -> None:
        """However the music went on after them: what undo and a new plan go back to."""
        generator = Generator(open_model(name), random_source())
        state, kept = generator.start(), []
        for _ in range(6):
            _, state = generator.frame(state, Sampling())
            kept.append((state, deepcopy(state)))
        some(generator, kept[1][0], 6, Sampling())
        for state, copy in kept:
            assert (state.step, state.history, state.past) == (copy.step, copy.history, copy.past)
            for memory, before in zip(state.memory.values(), copy.memory.values(), strict=True):
                rows = [value.rows if isinstance(value, Window) else value for value in (memory, before)]
                np.testing.assert_array_equal(*rows)


def test_models_of_symbols_know_no_beats() -> None:
    """Nobody trusts them with what is held over one."""
    unknowing = {"markov", "conv-lstm", "attention-gru", "gru-onehot", "transformer-absolute"}
    for name in bundled_models():
        assert Generator(open_model(name), random_source()).knows_beats == (name not in unknowing), name
