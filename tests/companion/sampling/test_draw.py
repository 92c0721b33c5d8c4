"""Each rule and each step from logits to a note, alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.fakes import random_source, ruled

from companion.errors import BadModel, BadSetting
from companion.model.codes import NOTHING, SILENCE, UNDECIDED
from companion.model.features import History, sounding_code
from companion.music.key import Key
from companion.music.vocabulary import FIRST_STRIKE, HOLD, RANGES, REST, VOCABULARY_SIZE, strike
from companion.sampling.draw import (
    ASKED_KEY_PENALTY,
    Sampling,
    choose,
    denser,
    draw,
    entropy_bits,
    given_choice,
    grammatical,
    in_key,
    keep_top,
    normalise,
    temper,
)
from companion.sampling.lookahead import leaves_room
from companion.sampling.rules import (
    LONG_NOTE_STEPS,
    NEIGHBOURS,
    SPREAD,
    STILL_PENALTY,
    STILL_STEPS,
    WIDE_PENALTY,
    LogProbs,
    NoteContext,
    close_spacing,
    discourage_hold,
    favour,
    in_range,
    keep_moving,
    no_crossing,
    no_parallels,
    sings_on,
    strikes_anew,
)
from companion.sampling.styles import STYLES, style

FLAT = np.full(VOCABULARY_SIZE, -math.log(VOCABULARY_SIZE))
C5, G4, E4, C3 = strike(72), strike(67), strike(64), strike(48)
SOPRANO, ALTO, TENOR, BASS = range(4)


def context(
    voice: int,
    tokens: Sequence[int] = (UNDECIDED,) * 4,
    now: Sequence[int] = (C5, G4, E4, C3),
    held: Sequence[int] = (1, 1, 1, 1),
) -> NoteContext:
    codes = tuple(map(sounding_code, tokens, now))
    return NoteContext(voice, tuple(tokens), codes, History(tuple(now), tuple(now), tuple(now), tuple(held)))


def allowed(scores: NDArray[np.float64]) -> set[int]:
    return set(np.flatnonzero(scores > -math.inf).tolist())


def forbidden(scores: NDArray[np.float64]) -> set[int]:
    return set(range(VOCABULARY_SIZE)) - allowed(scores)


def scores_of(**shares: float) -> NDArray[np.float64]:
    """Log-probabilities of rest, hold and strikes 40, 41, …; nothing else."""
    probabilities = np.zeros(VOCABULARY_SIZE)
    for name, share in shares.items():
        probabilities[{"rest": REST, "hold": HOLD}.get(name, 0) or int(name[1:] if name[1:].isdecimal() else 0)] = share
    with np.errstate(divide="ignore"):
        return np.log(probabilities)


class TestRules:
    @pytest.mark.parametrize("voice", range(4))
    def test_in_range(self, voice: int) -> None:
        low, high = RANGES[voice]
        kept = ruled(in_range, FLAT, context(voice))
        assert allowed(kept) == {REST, HOLD, *range(strike(low), strike(high) + 1)}
        assert kept[strike(low)] == FLAT[0]

    def test_sings_on(self) -> None:
        assert forbidden(ruled(sings_on, FLAT, context(0))) == {REST}

    def test_strikes_anew(self) -> None:
        assert forbidden(ruled(strikes_anew, FLAT, context(0))) == {HOLD}

    def test_what_is_never_struck_is_struck_in_place_of_its_hold(self) -> None:
        """As by models that know pitches only: else no voice could begin with the note that it sang."""
        scores = scores_of(hold=0.75, t40=0.25)
        scores[C5] = -1000.0
        struck = ruled(strikes_anew, scores, context(0))
        assert (struck[C5], struck[HOLD]) == (scores[HOLD], -math.inf)
        scores[C5] = -math.inf  # forbidden, not unsaid
        assert allowed(ruled(strikes_anew, scores, context(0))) == {40}

    @pytest.mark.parametrize(
        ("voice", "tokens", "strikes"),
        [
            (ALTO, (UNDECIDED,) * 4, range(36, 82)),
            (ALTO, (C5, UNDECIDED, UNDECIDED, UNDECIDED), range(36, 73)),
            (ALTO, (HOLD, UNDECIDED, HOLD, UNDECIDED), range(64, 73)),
            (SOPRANO, (UNDECIDED, strike(70), E4, C3), range(70, 82)),
            (BASS, (C5, G4, strike(50), UNDECIDED), range(36, 51)),
            (TENOR, (C5, REST, UNDECIDED, REST), range(36, 73)),
        ],
    )
    def test_no_crossing(self, voice: int, tokens: Sequence[int], strikes: Sequence[int]) -> None:
        """Rest and hold stay; a unison is no crossing."""
        assert allowed(ruled(no_crossing, FLAT, context(voice, tokens))) == {REST, HOLD, *(strike(p) for p in strikes)}

    @pytest.mark.parametrize(
        ("voice", "tokens", "strikes"),
        [
            (SOPRANO, (UNDECIDED, strike(74), E4, C3), range(74, 82)),
            (BASS, (C5, strike(45), strike(47), UNDECIDED), range(36, 46)),
            (TENOR, (C5, C3, UNDECIDED, strike(60)), ()),  # the others cross: no place between them
        ],
    )
    def test_no_crossing_by_a_hold(self, voice: int, tokens: Sequence[int], strikes: Sequence[int]) -> None:
        assert allowed(ruled(no_crossing, FLAT, context(voice, tokens))) == {REST, *(strike(p) for p in strikes)}

    def test_no_parallels_by_hand(self) -> None:
        """Soprano C5 goes to D5: the bass an octave class below may not go to any D, the tenor may go anywhere."""
        tokens = (strike(74), UNDECIDED, UNDECIDED, UNDECIDED)
        assert forbidden(ruled(no_parallels, FLAT, context(BASS, tokens))) == {strike(p) for p in (38, 50, 62, 74)}
        assert forbidden(ruled(no_parallels, FLAT, context(TENOR, tokens))) == set()
        held = (HOLD, UNDECIDED, UNDECIDED, UNDECIDED)
        assert forbidden(ruled(no_parallels, FLAT, context(BASS, held))) == set()

    def test_no_parallel_fifths_by_hand(self) -> None:
        """Alto G4 over bass C3 is a fifth: when it goes to D3 the alto may go to no A above, nor to the G below."""
        tokens = (UNDECIDED, UNDECIDED, UNDECIDED, strike(50))
        assert forbidden(ruled(no_parallels, FLAT, context(ALTO, tokens))) == {strike(p) for p in (43, 57, 69, 81)}

    @pytest.mark.parametrize("step", [-12, -7, -1, 0, 2, 5])
    def test_no_parallels_with_one_other_voice(self, step: int) -> None:
        """Every interval up to two octaves on either side, against the definition."""
        for distance in range(-24, 25):
            other = 24 + distance  # the tenor's last token; the alto's is 24
            if not FIRST_STRIKE <= other + step < VOCABULARY_SIZE or other < FIRST_STRIKE:
                continue
            here = context(ALTO, (UNDECIDED, UNDECIDED, other + step, UNDECIDED), (NOTHING, 24, other, NOTHING))
            found = forbidden(ruled(no_parallels, FLAT, here))
            parallel = {
                token
                for token in range(FIRST_STRIKE, VOCABULARY_SIZE)
                if step and abs(distance) % 12 in (0, 7) and abs(token - other - step) % 12 == abs(distance) % 12
            }
            assert found == parallel - {24}, (distance, step)

    @given(st.data())
    def test_no_parallels_against_the_definition(self, data: st.DataObject) -> None:
        pitch = st.integers(FIRST_STRIKE, VOCABULARY_SIZE - 1)
        sounding = st.one_of(pitch, pitch, pitch, st.sampled_from([SILENCE, NOTHING]))
        says = st.one_of(pitch, pitch, pitch, st.sampled_from([HOLD, REST, UNDECIDED]))
        now = data.draw(st.lists(sounding, min_size=4, max_size=4))
        tokens = data.draw(st.lists(says, min_size=4, max_size=4))
        voice = data.draw(st.integers(0, 3))
        tokens[voice] = UNDECIDED
        here = context(voice, tokens, now)
        found = forbidden(ruled(no_parallels, FLAT, here))
        assert not found & {REST, HOLD}
        for candidate in range(FIRST_STRIKE, VOCABULARY_SIZE):
            parallel = False
            for other in range(4):
                was, goes = now[other], int(here.codes[other])
                if other == voice or min(was, goes, now[voice]) < FIRST_STRIKE:
                    continue
                before, after = abs(now[voice] - was) % 12, abs(candidate - goes) % 12
                parallel |= was != goes and candidate != now[voice] and before in (0, 7) and after == before
            assert (candidate in found) == parallel

    @pytest.mark.parametrize(
        ("voice", "now", "bass", "too_near"),
        [
            # Tenor and bass in unison: the bass leaps to D4, so the tenor may not, and needs a place above it.
            pytest.param(ALTO, (72, 64, 55, 55), 62, {62}, id="octave"),
            # The tenor may sing neither B3 nor C4 to the soprano's and bass's, and then needs more room.
            pytest.param(SOPRANO, (64, 57, 57, 45), 60, {60, 61}, id="two voices to come"),
            pytest.param(ALTO, (72, 67, 60, 53), 64, set(), id="any place does"),
            # On D3 it would go with the bass, on D#3 with the alto, on which it then stood; on G3 it can stay.
            pytest.param(ALTO, (72, 67, 55, 55), 50, {50, 51}, id="one voice to come"),
        ],
    )
    def test_leaves_room_by_hand(self, voice: int, now: Sequence[int], bass: int, too_near: set[int]) -> None:
        """The bass is given; so high under the voice to choose the tenor would have no place."""
        tokens = [*[HOLD] * voice, *[UNDECIDED] * (3 - voice), strike(bass)]
        here = context(voice, tokens, [strike(pitch) for pitch in now])
        scores = ruled(no_crossing, ruled(in_range, FLAT, here), here)
        assert forbidden(ruled(leaves_room, scores, here)) - forbidden(scores) == {strike(pitch) for pitch in too_near}

    def test_a_hold_too_near_is_forbidden_too(self) -> None:
        """The alto stands on D4 when the bass leaps there: the tenor, a unison with the bass, could not follow."""
        here = context(ALTO, (HOLD, UNDECIDED, UNDECIDED, strike(62)), [strike(pitch) for pitch in (72, 62, 55, 55)])
        assert forbidden(ruled(leaves_room, FLAT, here)) >= {HOLD, strike(62)}

    @pytest.mark.parametrize(
        ("voice", "tokens"),
        [
            pytest.param(SOPRANO, (UNDECIDED,) * 4, id="nothing is given below"),
            pytest.param(SOPRANO, (UNDECIDED, HOLD, UNDECIDED, UNDECIDED), id="nobody comes between"),
            pytest.param(BASS, (HOLD, HOLD, HOLD, UNDECIDED), id="the lowest voice"),
            pytest.param(ALTO, (HOLD, UNDECIDED, UNDECIDED, REST), id="the given voice is silent"),
        ],
    )
    def test_nothing_to_leave_room_for(self, voice: int, tokens: Sequence[int]) -> None:
        np.testing.assert_array_equal(ruled(leaves_room, FLAT, context(voice, tokens)), FLAT)

    @pytest.mark.parametrize(
        ("voice", "tokens", "wide"),
        [
            (ALTO, (C5, UNDECIDED, UNDECIDED, C3), [*range(36, 60)]),
            (SOPRANO, (UNDECIDED, strike(60), UNDECIDED, UNDECIDED), [*range(36, 48), *range(73, 82)]),
            (SOPRANO, (UNDECIDED, UNDECIDED, strike(50), UNDECIDED), [*range(75, 82)]),  # the alto fits in between
            (TENOR, (REST, UNDECIDED, UNDECIDED, UNDECIDED), []),
            (BASS, (C5, G4, E4, UNDECIDED), []),
        ],
    )
    def test_close_spacing(self, voice: int, tokens: Sequence[int], wide: Sequence[int]) -> None:
        """More than an octave between neighbours costs something, each semitone beyond a third a little."""
        costs = FLAT - ruled(close_spacing, FLAT, context(voice, tokens))
        others = [(abs(other - voice), code) for other, code in enumerate(tokens[:BASS]) if code >= FIRST_STRIKE]
        for token in range(FIRST_STRIKE, VOCABULARY_SIZE):
            beyond = (
                sum(max(abs(token - code) - NEIGHBOURS * apart, 0) for apart, code in others) if voice != BASS else 0
            )
            expected = SPREAD * beyond + WIDE_PENALTY * (token in {strike(pitch) for pitch in wide})
            assert costs[token] == pytest.approx(expected)
        assert costs[REST] == 0

    def test_close_spacing_of_a_hold(self) -> None:
        """The alto stays on G4 while the soprano leaps up to G#5, and so too far away."""
        here = context(ALTO, (strike(80), UNDECIDED, UNDECIDED, UNDECIDED))
        assert (FLAT - ruled(close_spacing, FLAT, here))[HOLD] == pytest.approx(
            WIDE_PENALTY + SPREAD * (13 - NEIGHBOURS)
        )

    @pytest.mark.parametrize(
        ("held", "excess"),
        [
            ((1, 1, 1, 1), 0),
            ((STILL_STEPS - 1,) * 4, 0),
            ((STILL_STEPS,) * 4, 1),
            ((STILL_STEPS + 3,) * 4, 4),
            ((STILL_STEPS + 3, 1, 20, 20), 0),
            ((LONG_NOTE_STEPS - 1, 1, 1, 1), 0),
            ((LONG_NOTE_STEPS, 1, 1, 1), 1),
            ((LONG_NOTE_STEPS + 5, 1, 1, 1), 6),
            ((1, LONG_NOTE_STEPS, 1, 1), 0),
        ],
    )
    def test_keep_moving(self, held: Sequence[int], excess: int) -> None:
        expected = FLAT.copy()
        expected[HOLD] -= STILL_PENALTY * excess
        np.testing.assert_array_equal(ruled(keep_moving, FLAT, context(SOPRANO, held=held)), expected)

    def test_favour(self) -> None:
        """C major: the sharps cost two nats, rest and hold nothing."""
        expected = FLAT.copy()
        for pitch in range(36, 82):
            expected[strike(pitch)] -= 0 if pitch % 12 in (0, 2, 4, 5, 7, 9, 11) else 2
        np.testing.assert_array_equal(ruled(favour(Key(0, False).scale, 2.0), FLAT, context(0)), expected)

    def test_in_key(self) -> None:
        free, strict = Sampling(rules=(sings_on,)), Sampling(rules=(sings_on,), key_penalty=1.5)
        assert in_key(free, Key(0, False)) is free
        assert in_key(strict, None) is strict
        kept, added = in_key(strict, Key(9, True)).rules
        assert kept is sings_on
        costs = FLAT - ruled(added, FLAT, context(0))
        outside = {pitch % 12 for pitch in range(36, 82) if costs[strike(pitch)] > 0}
        assert (outside, costs.max()) == ({1, 3, 6, 10}, pytest.approx(1.5))

    @pytest.mark.parametrize("name", STYLES)
    def test_a_key_that_is_asked_for_holds_in_every_style(self, name: str) -> None:
        """More firmly than where it is only heard, if that is less than it takes."""
        heard, asked = (in_key(STYLES[name], Key(0, False), asked) for asked in (False, True))
        penalty = max(STYLES[name].key_penalty, ASKED_KEY_PENALTY)
        assert asked.rules == (*STYLES[name].rules, favour(Key(0, False).scale, penalty))
        assert (heard == asked) == (STYLES[name].key_penalty >= ASKED_KEY_PENALTY)
        assert in_key(STYLES[name], None, asked=True) is STYLES[name]

    def test_no_rule_brings_back_what_another_forbade(self) -> None:
        """What lets them all be applied before anything is passed over."""
        nothing = np.full(VOCABULARY_SIZE, -math.inf)
        rules = (*STYLES["bach"].rules, strikes_anew, discourage_hold(-4.0), favour(Key(0, False).scale, 1.5))
        for rule in rules:
            assert not allowed(ruled(rule, nothing, context(ALTO, (strike(74), UNDECIDED, UNDECIDED, strike(62)))))


class TestGrammar:
    def test_only_a_sounding_note_can_be_held(self) -> None:
        logits = np.zeros(VOCABULARY_SIZE)
        assert allowed(grammatical(logits, context(ALTO, now=(C5, SILENCE, E4, C3)))) == {*range(VOCABULARY_SIZE)} - {
            HOLD
        }
        assert allowed(grammatical(logits, context(ALTO, now=(C5, NOTHING, E4, C3)))) == {*range(VOCABULARY_SIZE)} - {
            HOLD
        }
        assert allowed(grammatical(logits, context(ALTO))) == {*range(VOCABULARY_SIZE)}
        assert not logits.any()

    @given(st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=48))
    def test_normalise(self, scores: list[float]) -> None:
        assert np.exp(normalise(np.array(scores))).sum() == pytest.approx(1)

    @pytest.mark.parametrize("value", [math.nan, math.inf])
    def test_logits_that_are_no_numbers(self, value: float) -> None:
        """A damaged model says so, and does not sing what no MIDI note can hold."""
        logits = np.zeros(VOCABULARY_SIZE, dtype=np.float32)
        logits[9] = value
        with pytest.raises(BadModel, match="the model gives logits that are no numbers"):
            choose(logits, context(0), Sampling(), random_source())
        with pytest.raises(BadModel, match="the model gives logits that are no numbers"):
            given_choice(HOLD, logits, context(0))


class TestTemper:
    SCORES = scores_of(rest=0.1, hold=0.4, t40=0.3, t41=0.15, t42=0.05)

    def test_one_changes_nothing(self) -> None:
        assert temper(self.SCORES, 1.0, 1.0) is self.SCORES

    @pytest.mark.parametrize("temperature", [0.1, 0.5, 0.8, 1.4, 10.0])
    def test_holds_keep_their_share_and_notes_their_order(self, temperature: float) -> None:
        shaped = np.exp(temper(self.SCORES, temperature, 1.0))
        assert shaped.sum() == pytest.approx(1)
        assert shaped[HOLD] == pytest.approx(0.4)
        powers = np.array([0.1, 0.3, 0.15, 0.05]) ** (1 / temperature)
        np.testing.assert_allclose(shaped[[REST, 40, 41, 42]], 0.6 * powers / powers.sum())

    def test_zero_takes_the_likeliest_of_all(self) -> None:
        assert np.exp(temper(self.SCORES, 0, 1.0)).tolist() == [float(token == HOLD) for token in range(48)]
        without = ruled(strikes_anew, self.SCORES, context(0))
        assert np.exp(temper(without, 0, 0.5)).tolist() == [float(token == 40) for token in range(48)]

    @pytest.mark.parametrize("temperature", [1e-3, 1e-12, 1e-300, 5e-324])
    def test_nearly_zero_takes_the_likeliest_note(self, temperature: float) -> None:
        shaped = np.exp(temper(self.SCORES, temperature, 1.0))
        assert (shaped[HOLD], shaped[40]) == (pytest.approx(0.4), pytest.approx(0.6))

    @pytest.mark.parametrize(
        ("top_p", "kept"),
        [
            (1e-300, {40}),
            (0.5, {40}),  # of the notes, 40 has 0.3 / 0.6
            (0.51, {40, 41}),
            (0.74, {40, 41}),
            (0.76, {40, 41, REST}),
            (0.91, {40, 41, REST}),
            (0.92, {40, 41, REST, 42}),
            (1.0, {40, 41, REST, 42}),
        ],
    )
    def test_top_p(self, top_p: float, kept: set[int]) -> None:
        shaped = np.exp(temper(self.SCORES, 1.0, top_p))
        assert set(np.flatnonzero(shaped)) == {HOLD, *kept}
        assert shaped[HOLD] == pytest.approx(0.4)
        assert shaped.sum() == pytest.approx(1)

    def test_temperature_comes_before_top_p(self) -> None:
        """At a high temperature four notes are nearly alike, so half of them takes more than one."""
        assert set(np.flatnonzero(np.exp(temper(self.SCORES, 10.0, 0.5)))) == {HOLD, 40, 41}

    def test_certain_hold(self) -> None:
        scores = scores_of(hold=1.0)
        np.testing.assert_array_equal(temper(scores, 0.5, 0.5), scores)

    def test_equal_tokens_fall_to_the_first(self) -> None:
        assert set(np.flatnonzero(np.exp(keep_top(scores_of(t40=0.5, t41=0.5), 0.3)))) == {40}


class TestSettings:
    @pytest.mark.parametrize("temperature", [math.nan, -0.1, 10.1, math.inf, -math.inf])
    def test_temperature(self, temperature: float) -> None:
        with pytest.raises(BadSetting) as caught:
            Sampling(temperature=temperature)
        assert str(caught.value) == f"temperature must be from 0 to 10, not {temperature}"

    @pytest.mark.parametrize("top_p", [math.nan, 0.0, -1.0, 1.01, math.inf])
    def test_top_p(self, top_p: float) -> None:
        with pytest.raises(BadSetting) as caught:
            Sampling(top_p=top_p)
        assert str(caught.value) == f"top-p must be above 0 and at most 1, not {top_p:g}"

    def test_limits(self) -> None:
        assert (Sampling(0, 1).temperature, Sampling(10, 1e-9).temperature) == (0, 10)

    def test_styles(self) -> None:
        assert style("wild") == STYLES["wild"]
        assert style("wild", 0.5, 0.25) == replace(STYLES["wild"], temperature=0.5, top_p=0.25)
        assert style("bach", top_p=0.5) == replace(STYLES["bach"], top_p=0.5)
        assert style("bach", temperature=0).temperature == 0
        assert style("free", density=-0.5) == denser(STYLES["free"], -0.5)
        assert style("free", None, None, 0.0, [None, 0.5, None, 2]).voice_temperatures == (None, 0.5, None, 2)
        with pytest.raises(BadSetting) as caught:
            style("jazz")
        assert str(caught.value) == "unknown style 'jazz'; choose one of bach, free, wild"


class TestDraw:
    def test_frequencies(self) -> None:
        """Pearson's statistic of 20,000 draws stays below its 99.9th percentile for four degrees of freedom."""
        shares = {"rest": 0.1, "hold": 0.4, "t40": 0.3, "t41": 0.15, "t42": 0.05}
        scores, source, draws = scores_of(**shares), random_source(3), 20_000
        found = np.bincount([draw(scores, source) for _ in range(draws)], minlength=VOCABULARY_SIZE)
        expected = draws * np.exp(scores)
        likely = expected > 0
        assert not found[~likely].any()
        assert np.sum((found - expected)[likely] ** 2 / expected[likely]) < 18.47

    def test_never_what_is_impossible(self) -> None:
        class Edge:
            """A generator that draws the ends of its interval."""

            def __init__(self, value: float) -> None:
                self.value = value

            def random(self) -> float:
                return self.value

        scores = scores_of(t40=0.3, t42=0.7)
        assert draw(scores, Edge(0.0)) == 40  # type: ignore[arg-type]
        assert draw(scores, Edge(np.nextafter(1, 0))) == 42  # type: ignore[arg-type]

    def test_entropy(self) -> None:
        assert entropy_bits(scores_of(t40=1.0)) == 0
        assert entropy_bits(scores_of(t40=0.5, t41=0.5)) == pytest.approx(1)
        assert entropy_bits(scores_of(hold=0.5, t40=0.25, t41=0.25)) == pytest.approx(1.5)
        assert entropy_bits(FLAT) == pytest.approx(math.log2(48))


class TestChoose:
    def test_what_a_choice_tells(self) -> None:
        """Entropy is the model's own; probability and distribution are those drawn from."""
        shares = scores_of(rest=0.25, hold=0.25, t40=0.25, t41=0.25)
        logits = np.maximum(shares, -60.0).astype(np.float32)
        choice = choose(logits, context(ALTO), Sampling(0, 1.0, (sings_on, strikes_anew)), random_source())
        assert (choice.token, choice.probability) == (40, 1.0)
        assert choice.entropy_bits == pytest.approx(2)
        assert choice.held_pitch == 67
        assert allowed(choice.distribution) == {40}

    def test_rules_in_order(self) -> None:
        logits = np.zeros(VOCABULARY_SIZE, dtype=np.float32)
        sampling = Sampling(1.0, 1.0, (in_range, sings_on, no_crossing, strikes_anew))
        choice = choose(logits, context(ALTO, (strike(60), UNDECIDED, UNDECIDED, UNDECIDED)), sampling, random_source())
        assert allowed(choice.distribution) == {strike(pitch) for pitch in range(50, 61)}
        assert choice.probability == pytest.approx(1 / 11)

    def test_rule_that_leaves_nothing_is_passed_over(self) -> None:
        logits = np.zeros(VOCABULARY_SIZE, dtype=np.float32)
        crossed = context(TENOR, (C5, C3, UNDECIDED, strike(60)), now=(C5, G4, SILENCE, C3))
        sampling = Sampling(1.0, 1.0, (sings_on, no_crossing, in_range))
        choice = choose(logits, crossed, sampling, random_source())
        assert allowed(choice.distribution) == {strike(pitch) for pitch in range(45, 72)}

    def test_only_the_rule_that_leaves_nothing_is_passed_over(self) -> None:
        """Those after it hold again."""

        def nothing(scores: LogProbs, _: NoteContext) -> None:
            scores[:] = -math.inf

        logits = np.zeros(VOCABULARY_SIZE, dtype=np.float32)
        sampling = Sampling(1.0, 1.0, (sings_on, nothing, strikes_anew))
        choice = choose(logits, context(ALTO), sampling, random_source())
        assert allowed(choice.distribution) == set(range(FIRST_STRIKE, VOCABULARY_SIZE))

    def test_given_notes_are_seen_as_the_model_sees_them(self) -> None:
        logits = np.maximum(scores_of(hold=0.5, t40=0.5), -1e4).astype(np.float32)
        choice = given_choice(40, logits, context(BASS))
        assert (choice.token, choice.held_pitch) == (40, 48)
        assert (choice.probability, choice.entropy_bits) == (pytest.approx(0.5), pytest.approx(1))
        assert given_choice(41, logits, context(BASS)).probability == 0

    def test_equal_sources_choose_alike(self) -> None:
        logits = np.zeros(VOCABULARY_SIZE, dtype=np.float32)

        def some(seed: int) -> list[int]:
            source = random_source(seed)
            return [choose(logits, context(0), Sampling(), source).token for _ in range(50)]

        assert some(1) == some(1) != some(2)

    @pytest.mark.parametrize("name", STYLES)
    def test_what_the_model_said_stays_as_it_was(self, name: str) -> None:
        """And what the rules look up: choosing again gives the same scores."""
        logits = np.linspace(-1, 1, VOCABULARY_SIZE, dtype=np.float32)
        here = context(BASS, (strike(74), G4, E4, UNDECIDED), held=(30, 30, 30, 30))
        once, again = (choose(logits, here, STYLES[name], random_source()) for _ in range(2))
        assert (logits == np.linspace(-1, 1, VOCABULARY_SIZE, dtype=np.float32)).all()
        np.testing.assert_array_equal(once.scores, again.scores)


class TestWhatAPlayerTurns:
    LOGITS = np.zeros(VOCABULARY_SIZE, dtype=np.float32)

    @pytest.mark.parametrize("nats", [2.0, -2.0])
    def test_discourage_hold_moves_only_the_hold(self, nats: float) -> None:
        scores = ruled(discourage_hold(nats), FLAT, context(0))
        assert scores[HOLD] == FLAT[HOLD] - nats
        assert np.array_equal(np.delete(scores, HOLD), np.delete(FLAT, HOLD))

    def test_denser_means_fewer_holds(self) -> None:
        def holds(nats: float) -> int:
            source = random_source()
            sampling = denser(Sampling(), nats)
            logits = self.LOGITS.copy()
            logits[HOLD] = 4.0
            return sum(choose(logits, context(0), sampling, source).token == HOLD for _ in range(400))

        assert holds(4.0) < holds(0.0) < holds(-4.0)

    def test_no_density_no_rule(self) -> None:
        sampling = Sampling()
        assert denser(sampling, 0.0) is sampling

    def test_denser_goes_after_the_other_rules(self) -> None:
        assert denser(Sampling(rules=(sings_on,)), 1.0).rules[0] is sings_on

    def test_a_voice_may_have_its_own_temperature(self) -> None:
        sampling = Sampling(1.0, voice_temperatures=(0.0, None, 3.0, None))
        assert [sampling.temperature_of(voice) for voice in range(4)] == [0.0, 1.0, 3.0, 1.0]
        logits = self.LOGITS.copy()
        logits[C5] = 0.1
        source = random_source()
        assert {choose(logits, context(SOPRANO), sampling, source).token for _ in range(50)} == {C5}
        choice = choose(logits, context(TENOR), sampling, source)
        assert choice.temperature == 3.0
        assert len({choose(logits, context(ALTO), sampling, source).token for _ in range(50)}) > 20

    @pytest.mark.parametrize("temperature", [-0.1, 10.1, math.nan])
    def test_a_voice_s_temperature_is_checked_too(self, temperature: float) -> None:
        with pytest.raises(BadSetting, match="temperature must be from 0 to 10"):
            Sampling(voice_temperatures=(None, temperature, None, None))
