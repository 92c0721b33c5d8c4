"""One frame after another: heard, answered, closed, repeated; the same frame asked again comes out the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from support.fakes import Babbler, ScriptedModel, sung
from support.jamfakes import Shadow, chords_at

from companion.generation import improviser as improviser_module
from companion.generation.closes import CLOSE_IN_SIGHT, TRIES, closing_quality
from companion.generation.generator import DecoderState, Frame
from companion.generation.improviser import (
    ANSWER,
    HEARD,
    IMAGINED_TEMPERATURE,
    LOOP,
    Answer,
    Context,
    Guidance,
    Improviser,
    Planned,
    sounding_frame,
)
from companion.harmony.whereabouts import Whereabouts
from companion.music.key import Key
from companion.music.pulse import Pulse
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, strike
from companion.phrase.hands import Hands, Press
from companion.sampling.course import AT_HOME
from companion.sampling.draw import Sampling
from companion.sampling.styles import STYLES

GREEDY = Guidance(Sampling(temperature=0), None, 1, frozenset())
FREE = Guidance(STYLES["free"], None, 1, frozenset())
C_MAJOR = Key(0, False)


def made(
    improviser: Improviser, answer: Answer, guidance: Guidance, frames: int, hands: Hands | None = None
) -> list[Planned]:
    """The first frames of an answer with nothing before it."""
    context = Context(improviser.start(answer.start), hands or Hands())
    found: list[Planned] = []
    for _ in range(frames):
        found.append(improviser.next(context, context.hands, answer, guidance))
        context = found[-1].after
    return found


def tokens(planned: Sequence[Planned]) -> list[list[int]]:
    return [one.frame.tokens.tolist() for one in planned]


def playing(pitch: int, step: int = 0, end: float | None = None) -> Hands:
    """Hands of which the soprano sings one key."""
    return Hands().deal(step, [Press(step, pitch, 80, 0, end)], [0], False)


class TestHeard:
    def test_what_is_played_is_kept_and_the_rest_imagined(self) -> None:
        improviser = Improviser(Shadow())  # type: ignore[arg-type]
        hands = playing(74)
        planned = improviser.heard(Context(improviser.start(0), Hands()), hands, GREEDY, 0)
        assert planned.frame.pitches == (74, 69, 65, 50)
        assert (planned.origin, planned.own, planned.step, planned.silent) == (HEARD, {0}, 0, False)
        assert planned.after.hands is hands and planned.after.step == 1

    def test_what_is_imagined_is_calm_though_the_player_is_bold(self) -> None:
        """Neither the temperature of all nor a voice's own makes it wild."""
        sampling = Sampling(5.0, voice_temperatures=(None, 9.0, 0.1, None))
        improviser = Improviser(Babbler())  # type: ignore[arg-type]
        context = Context(improviser.start(0), Hands())
        planned = improviser.heard(context, playing(74), replace(FREE, sampling=sampling), 0)
        warmth = [choice.temperature for choice in planned.frame.choices[1:]]
        assert warmth == [IMAGINED_TEMPERATURE, 0.1, 1.0]  # the first chord of all is bold, but for voices set apart
        following = improviser.heard(planned.after, playing(74), replace(FREE, sampling=sampling), 0)
        assert [choice.temperature for choice in following.frame.choices[1:]] == [
            IMAGINED_TEMPERATURE,
            0.1,
            IMAGINED_TEMPERATURE,
        ]


class TestDice:
    def test_the_same_frame_asked_again_is_the_same(self) -> None:
        improviser = Improviser(Babbler())  # type: ignore[arg-type]
        first = made(improviser, Answer(3, 0), FREE, 12)
        again = improviser.next(first[7].before, Hands(), Answer(3, 0), FREE)
        assert again.frame.tokens.tolist() == first[7].frame.tokens.tolist()

    def test_whatever_was_asked_in_between(self) -> None:
        improviser = Improviser(Babbler())  # type: ignore[arg-type]
        first = made(improviser, Answer(3, 0), FREE, 12)
        made(improviser, Answer(4, 0), FREE, 5)
        assert tokens(made(improviser, Answer(3, 0), FREE, 12)) == tokens(first)

    @pytest.mark.parametrize(
        ("answer", "guidance"), [(Answer(4, 0), FREE), (Answer(3, 1), FREE), (Answer(3, 0), replace(FREE, seed=2))]
    )
    def test_another_answer_seed_or_step_throws_others(self, answer: Answer, guidance: Guidance) -> None:
        improviser = Improviser(Babbler())  # type: ignore[arg-type]
        assert tokens(made(improviser, answer, guidance, 12)) != tokens(made(improviser, Answer(3, 0), FREE, 12))


class TestAnswers:
    def test_every_voice_begins_with_the_answer(self) -> None:
        improviser = Improviser(chords_at({0: (72, 67, 64, 48), 8: (74, 67, 62, 47)}))  # type: ignore[arg-type]
        context = Context(improviser.start(0), Hands())
        for _ in range(8):
            context = improviser.heard(context, context.hands, GREEDY, 0).after
        free = Guidance(Sampling(temperature=1.0), None, 1, frozenset())
        planned = improviser.next(context, context.hands, Answer(0, 8), free)
        assert (planned.frame.tokens >= FIRST_STRIKE).all() and planned.origin == ANSWER

    def test_only_the_first_chord_of_all_is_chosen_from_several(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """After nothing any chord may come; after music it leads on."""
        offered: list[list[tuple[int | None, ...]]] = []

        def last_of(openings: Iterable[tuple[Frame, DecoderState]]) -> tuple[Frame, DecoderState]:
            found = list(openings)
            offered.append([frame.pitches for frame, _ in found])
            return found[-1]

        monkeypatch.setattr(improviser_module, "best_opening", last_of)
        frames = made(Improviser(Babbler()), Answer(0, 0), FREE, 4)  # type: ignore[arg-type]
        assert [len(chords) for chords in offered] == [TRIES]
        assert len(set(offered[0])) > 1 and frames[0].frame.pitches == offered[0][-1]

    @pytest.mark.parametrize("tone", range(60, 72))
    def test_before_a_key_is_heard_they_open_on_a_whole_triad_to_what_is_played(self, tone: int) -> None:
        improviser = Improviser(Babbler("any"))  # type: ignore[arg-type]
        for seed in range(8):
            guidance = Guidance(STYLES["bach"], None, seed, frozenset())
            (first,) = made(improviser, Answer(0, 0, with_player=True), guidance, 1, playing(tone))
            assert first.frame.pitches[0] == tone and closing_quality(first.frame.pitches, None) >= 3, first.frame

    def test_whatever_is_played(self) -> None:
        """Two keys that no triad has: one is taken out of none."""
        hands = playing(72).deal(0, [Press(0, 49, 80, 0, None)], [3], False)
        guidance = Guidance(STYLES["bach"], None, 1, frozenset())
        (first,) = made(Improviser(Babbler("any")), Answer(0, 0, with_player=True), guidance, 1, hands)  # type: ignore[arg-type]
        assert (first.frame.pitches[0], first.frame.pitches[3]) == (72, 49) and None not in first.frame.pitches

    def test_a_locked_voice_is_the_player_s(self) -> None:
        locked = replace(GREEDY, locked=frozenset({0}))
        improviser = Improviser(Shadow())  # type: ignore[arg-type]
        (first,) = made(improviser, Answer(0, 0), locked, 1, playing(74))
        assert first.frame.pitches == (74, 69, 65, 50) and first.own == {0}
        (first,) = made(improviser, Answer(0, 0), locked, 1)
        assert first.frame.pitches == (None, 65, 60, 41) and first.own == {0}

    def test_with_the_player_they_fall_silent_and_enter_together(self) -> None:
        improviser = Improviser(Shadow())  # type: ignore[arg-type]
        answer = Answer(0, 0, with_player=True)
        frames = made(improviser, answer, GREEDY, 6, playing(74, end=2.0))
        assert [frame.frame.pitches for frame in frames] == [(74, 69, 65, 50)] * 4 + [(None,) * 4] * 2
        assert [frame.silent for frame in frames] == [False] * 4 + [True] * 2
        again = playing(72, step=6)
        planned = improviser.next(frames[-1].after, again, answer, GREEDY)
        assert planned.frame.tokens.tolist() == [strike(pitch) for pitch in (72, 67, 63, 48)]

    def test_under_the_player_s_tune_chords_know_where_its_phrase_is(self) -> None:
        """A beat more with every beat, however often a frame is asked for; anew after a silence."""
        improviser, answer = Improviser(Shadow()), Answer(0, 0, with_player=True)  # type: ignore[arg-type]
        guidance = replace(GREEDY, key=C_MAJOR)
        frames = made(improviser, answer, guidance, 10, playing(74, end=7.0))
        again = [improviser.next(one.before, one.before.hands, answer, guidance) for one in frames]
        for one, other in zip(frames, again, strict=True):
            assert one.after.where is not None and other.after.where is not None
            np.testing.assert_array_equal(one.after.where.likely, other.after.where.likely)
        where = [None if one.after.where is None else one.after.where.places for one in frames]
        begun = Whereabouts.at_the_beginning()
        for step, expected in (
            (0, begun),
            (3, begun),
            (4, begun.next(moved=False)),
            (8, begun.next(moved=False).next(False)),
        ):
            np.testing.assert_array_equal(where[step], expected.places)
        fresh = improviser.next(frames[-1].after, playing(72, step=10), answer, guidance)
        assert fresh.after.where is frames[-1].after.where  # between beats nothing begins
        late = replace(frames[-1].after, state=replace(frames[-1].after.state, step=12))
        entered = improviser.next(late, playing(72, step=12), answer, guidance).after.where
        assert entered is not None
        np.testing.assert_array_equal(entered.likely, begun.likely)

    def test_voices_added_to_a_tune_are_at_home_as_high_as_it_is(self) -> None:
        improviser, answer = Improviser(Shadow()), Answer(0, 0, with_player=True)  # type: ignore[arg-type]
        frames = made(improviser, answer, GREEDY, 48, playing(74))
        courses = [one.after.state.course for one in frames]
        assert [course.heard for course in courses] == [*range(1, 49)]
        up = 0.6 * (74 - AT_HOME.home[0])
        assert courses[-1].home == pytest.approx((74, *(home + up for home in AT_HOME.home[1:])))


class TestCloses:
    def test_the_model_is_told_and_the_last_chord_is_struck_and_held(self) -> None:
        model = chords_at({0: (71, 67, 62, 43), 4: (72, 67, 64, 48)})
        improviser = Improviser(model)  # type: ignore[arg-type]
        frames = made(improviser, Answer(0, 0, close=4, end=8), GREEDY, 8)
        assert [frame.frame.pitches for frame in frames] == [(71, 67, 62, 43)] * 4 + [(72, 67, 64, 48)] * 4
        assert (frames[4].frame.tokens >= FIRST_STRIKE).all()
        assert all((frame.frame.tokens == HOLD).all() for frame in frames[5:])
        slot = model.row.slot("close")
        closes = [int(ids[slot] - model.row.offsets[slot]) for ids in model.seen[-32::4]]
        assert closes == [5, 4, 3, 2, 1, 0, 0, 0]  # 0: nothing is said

    def test_a_close_far_off_is_not_said(self) -> None:
        model = chords_at({0: (72, 67, 64, 48)})
        made(Improviser(model), Answer(0, 0, close=CLOSE_IN_SIGHT + 2, end=40), GREEDY, 3)  # type: ignore[arg-type]
        slot = model.row.slot("close")
        closes = [int(ids[slot] - model.row.offsets[slot]) for ids in model.seen[-12::4]]
        assert closes == [0, 0, CLOSE_IN_SIGHT + 1]

    def found(
        self, improviser: Improviser, context: Context, answer: Answer, guidance: Guidance
    ) -> tuple[list[Planned], int]:
        search, steps = improviser.ending(context, context.hands, answer, guidance), 0
        while True:
            try:
                next(search)
                steps += 1
            except StopIteration as end:
                return end.value, steps

    def test_an_ending_that_could_not_be_better_is_taken_at_once(self) -> None:
        improviser = Improviser(chords_at({0: (71, 67, 62, 43), 4: (72, 67, 64, 48)}))  # type: ignore[arg-type]
        context = Context(improviser.start(0), Hands())
        frames, steps = self.found(improviser, context, Answer(0, 0, 4, 8), replace(GREEDY, key=C_MAJOR))
        assert [frame.step for frame in frames] == [0, 1, 2, 3, 4] and steps == 5
        assert frames[-1].frame.pitches == (72, 67, 64, 48)

    def test_else_the_best_of_several(self) -> None:
        improviser = Improviser(Babbler())  # type: ignore[arg-type]
        context = Context(improviser.start(0), Hands())
        answer = Answer(0, 0, 2, 4)
        frames, steps = self.found(improviser, context, answer, replace(FREE, key=C_MAJOR))
        assert steps in range(3, 3 * TRIES + 1, 3)
        again, _ = self.found(improviser, context, answer, replace(FREE, key=C_MAJOR))
        assert tokens(again) == tokens(frames)


class TestLoops:
    def test_repeats_what_it_is_given(self) -> None:
        frames = (np.array([strike(72), strike(67), REST, REST]), np.array([HOLD, strike(65), REST, strike(48)]))
        improviser = Improviser(chords_at({}))  # type: ignore[arg-type]
        found = made(improviser, Answer(0, 6, loop=frames), GREEDY, 5)
        assert [frame.frame.pitches for frame in found] == [
            (72, 67, None, None),
            (72, 65, None, 48),
            (72, 67, None, None),
            (72, 65, None, 48),
            (72, 67, None, None),
        ]
        assert {frame.origin for frame in found} == {LOOP}


class TestBeats:
    def beats(self, model: ScriptedModel) -> list[int]:
        slot = model.row.slot("beat")
        return [int(ids[slot] - model.row.offsets[slot]) for ids in model.seen[::4]]

    def test_the_model_counts_from_where_beats_lie(self) -> None:
        """After a jump they may lie anywhere; the steps of the music go on."""
        model = chords_at({0: (72, 67, 64, 48)})
        improviser, guidance = Improviser(model), replace(GREEDY, pulse=Pulse(origin=3))  # type: ignore[arg-type]
        context = improviser.heard(Context(improviser.start(2), Hands()), Hands(), guidance, 0).after
        assert set(self.beats(model)) == {3}  # the first chord is chosen from several
        model.seen.clear()
        answered = improviser.next(context, Hands(), Answer(0, 3), guidance)
        looped = improviser.next(answered.after, Hands(), Answer(0, 4, loop=(answered.frame.tokens,)), guidance)
        assert self.beats(model) == [0, 1]
        assert [made.step for made in (answered, looped)] == [made.frame.step for made in (answered, looped)] == [3, 4]
        model.seen.clear()
        again = improviser.rehear([answered, looped], guidance)
        assert self.beats(model) == [0, 1] and again[-1].after.step == 5


class TestRehearing:
    def test_another_model_catches_up_from_the_middle_of_held_notes(self) -> None:
        first = Improviser(chords_at({0: (72, 67, 64, 48), 4: (None, 65, None, None)}))  # type: ignore[arg-type]
        past = made(first, Answer(0, 0), GREEDY, 8)[2:]
        model = ScriptedModel(sung({}))
        renewed = Improviser(model).rehear(past, GREEDY)  # type: ignore[arg-type]
        assert [one.frame for one in renewed] == [one.frame for one in past]
        assert [one.before.step for one in renewed] == list(range(2, 8))
        assert renewed[-1].after.step == 8
        assert renewed[-1].after.state.memory == {"notes": 24}
        assert renewed[-1].after.state.history.now == tuple(strike(pitch) for pitch in (72, 65, 64, 48))
        assert all(one.after.hands is old.after.hands for one, old in zip(renewed, past, strict=True))

    def test_nothing_heard(self) -> None:
        assert Improviser(ScriptedModel(sung({}))).rehear([], GREEDY) == []  # type: ignore[arg-type]

    def test_pauses_keep_their_place(self) -> None:
        first = Improviser(chords_at({0: (72, 67, 64, 48)}))  # type: ignore[arg-type]
        before, later = made(first, Answer(0, 0), GREEDY, 2), made(first, Answer(0, 30), GREEDY, 2)
        renewed = Improviser(ScriptedModel(sung({}))).rehear([*before, *later], GREEDY)  # type: ignore[arg-type]
        assert [one.before.step for one in renewed] == [0, 1, 30, 31]


def test_sounding_frame_strikes_what_is_held() -> None:
    improviser = Improviser(chords_at({0: (72, 67, None, 48)}))  # type: ignore[arg-type]
    frames = made(improviser, Answer(0, 0), GREEDY, 2)
    assert frames[1].frame.tokens.tolist() == [HOLD, HOLD, REST, HOLD]
    assert sounding_frame(frames[1].frame).tolist() == [strike(72), strike(67), REST, strike(48)]
