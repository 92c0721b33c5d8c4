"""The chord of a beat, and what its rule makes of the notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fakes import Babbler, random_source, ruled
from support.harmonies import pitch_classes, sounding

from companion.generation.generator import Generator
from companion.harmony.chords import Chord
from companion.harmony.keeping import OFF_BEAT, ON_BEAT, UNAWARE, keep_to_chord
from companion.harmony.keys import EVERY_KEY
from companion.harmony.leading import AskedBeat, Harmony, triad_of
from companion.harmony.progressions import PhrasePlace, tables
from companion.model.codes import UNDECIDED
from companion.model.features import History, sounding_code
from companion.music.key import Key
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, VOCABULARY_SIZE, strike
from companion.sampling.draw import Sampling
from companion.sampling.rules import LogProbs, NoteContext, strikes_anew

C_MAJOR, A_MINOR = Key(0, False), Key(9, True)
MAJOR, DOMINANT_SEVENTH = 0, 3
FLAT = np.zeros(VOCABULARY_SIZE)
SOPRANO, ALTO, TENOR, BASS = range(4)
MODES = st.sampled_from(EVERY_KEY)


def state_of(key: Key, chord: Chord) -> int:
    found = tables().of_key(key).of_chord(chord.transposed(-key.tonic))
    assert found is not None
    return found


def context(
    voice: int,
    tokens: Sequence[int] = (UNDECIDED,) * 4,
    now: Sequence[int] = (0,) * 4,
    held: int = 1,
    before: Sequence[int] = (0,) * 4,
) -> NoteContext:
    history = History(tuple(now), tuple(now), tuple(before), (held,) * 4)
    return NoteContext(voice, tuple(tokens), tuple(map(sounding_code, tokens, now)), history, 0)


class TestChord:
    @pytest.mark.parametrize("key", [C_MAJOR, A_MINOR, Key(6, True), Key(8, False)])
    def test_music_opens_on_a_triad_and_nearly_always_of_the_key(self, key: Key) -> None:
        lead, dice = Harmony(key), random_source()
        chords = [lead.named(lead.chord((), {}, dice)) for _ in range(400)]
        assert all(chord.quality in {0, 1} and chord.inversion == 0 for chord in chords)
        assert np.mean([key.scale.issuperset(chord.tones) for chord in chords]) > 0.93
        assert np.mean([chord.root == key.tonic for chord in chords]) > 0.5

    def test_a_tune_that_may_be_in_several_places_leads_between_them(self) -> None:
        """After the dominant, of a tune that is before its close for sure, and one that may be inside as well."""
        before = sounding(Chord(7, MAJOR, 7))
        at = np.eye(len(PhrasePlace))
        sure, inside, between = (
            Harmony(C_MAJOR, AskedBeat(places=places))._likely(before, {})
            for places in (at[PhrasePlace.CLOSE], at[PhrasePlace.INSIDE], (at[0] + at[PhrasePlace.INSIDE]) / 2)
        )
        plain = Harmony(C_MAJOR, AskedBeat(PhrasePlace.INSIDE))._likely(before, {})
        np.testing.assert_allclose(inside, plain)
        tonic = state_of(C_MAJOR, Chord(0, MAJOR, 0))
        shares = [likely[tonic] / likely.sum() for likely in (inside, between, sure)]
        assert shares == sorted(shares) and shares[0] < shares[-1]

    @given(MODES, st.integers(0, 10**6), st.integers(0, 11), st.integers(0, 7))
    def test_a_phrase_closes_on_a_triad_whatever_came_before(
        self, key: Key, seed: int, root: int, quality: int
    ) -> None:
        lead = Harmony(key, AskedBeat(PhrasePlace.CLOSE))
        before = sounding(Chord(root, quality, root))
        chord = lead.named(lead.chord(before, {}, random_source(seed)))
        assert chord.quality in {0, 1} and chord.inversion == 0

    @given(MODES, st.integers(0, 10**6), st.sampled_from(PhrasePlace))
    def test_the_same_dice_choose_the_same_chord(self, key: Key, seed: int, place: PhrasePlace) -> None:
        lead = Harmony(key, AskedBeat(place))
        before = sounding(Chord(key.tonic, MAJOR, key.tonic))
        assert lead.chord(before, {}, random_source(seed)) == lead.chord(before, {}, random_source(seed))

    def test_of_another_key_it_is_the_same_in_that_key(self) -> None:
        for tonic in range(12):
            lead, home = Harmony(Key(tonic, False)), Chord(tonic, MAJOR, tonic)
            assert lead.chord(sounding(home), {}, random_source(3)) == Harmony(C_MAJOR).chord(
                sounding(Chord(0, MAJOR, 0)), {}, random_source(3)
            )

    @pytest.mark.parametrize("key", [C_MAJOR, A_MINOR])
    def test_a_given_soprano_is_a_tone_of_it(self, key: Key) -> None:
        """Nearly always: Bach has suspensions and passing notes on beats too."""
        home = sounding(Chord(key.tonic, int(key.minor), key.tonic))
        for tone in sorted(key.scale):
            code = strike(60 + tone)
            lead, dice = Harmony(key), random_source(tone)
            chords = [lead.named(lead.chord(home, {SOPRANO: code}, dice)) for _ in range(200)]
            assert np.mean([tone in chord.tones for chord in chords]) > 0.85, tone

    def test_a_given_bass_says_more_than_a_given_soprano(self) -> None:
        lead, dice = Harmony(C_MAJOR), random_source()
        chords = [lead.named(lead.chord((), {BASS: strike(55)}, dice)) for _ in range(200)]
        assert Counter(chords).most_common(1)[0][0] == Chord(7, MAJOR, 7)

    def test_silence_that_is_given_says_nothing(self) -> None:
        lead = Harmony(C_MAJOR)
        rests = {voice: 1 for voice in range(4)}
        for seed in range(20):
            assert lead.chord((), rests, random_source(seed)) == lead.chord((), {}, random_source(seed))

    def test_it_goes_where_the_course_leads(self) -> None:
        chain = tables().major
        toward = np.full(len(chain.chords), 1e-9)
        goal = state_of(C_MAJOR, Chord(5, MAJOR, 5))
        toward[goal] = 1.0
        lead = Harmony(C_MAJOR, AskedBeat(PhrasePlace.INSIDE, toward))
        home = sounding(Chord(0, MAJOR, 0))
        assert {lead.chord(home, {}, random_source(seed)) for seed in range(50)} == {goal}

    def test_before_a_close_dominants_come_most_often(self) -> None:
        dice, home = random_source(), sounding(Chord(0, MAJOR, 4))
        lead = Harmony(C_MAJOR, AskedBeat(PhrasePlace.LAST))
        roots = Counter(lead.named(lead.chord(home, {}, dice)).root for _ in range(500))
        assert roots.most_common(1)[0][0] == 7


def held_odds(scores: LogProbs) -> float:
    """Of holding on, against striking anything."""
    return float(scores[HOLD] - np.logaddexp.reduce(scores[FIRST_STRIKE:]))


class TestRule:
    @pytest.mark.parametrize("voice", range(4))
    @pytest.mark.parametrize("key", [C_MAJOR, A_MINOR, Key(6, False)])
    def test_tones_of_the_chord_win(self, key: Key, voice: int) -> None:
        chord = Chord(key.tonic, int(key.minor), key.tonic)
        scores = ruled(keep_to_chord(UNAWARE, key, state_of(key, chord), ON_BEAT, 1.0), FLAT, context(voice))
        pitches = range(48, 73)
        inside = [scores[strike(pitch)] for pitch in pitches if pitch % 12 in chord.tones]
        outside = [scores[strike(pitch)] for pitch in pitches if pitch % 12 not in chord.tones]
        best = max(inside) if voice == BASS else min(inside)  # the bass has one tone
        assert best > max(outside) + 1

    def test_rests_are_neither_better_nor_worse(self) -> None:
        for step in range(4):
            rule = Harmony(C_MAJOR).rule(0, step, 1.0)
            assert ruled(rule, FLAT, context(ALTO))[REST] == 0

    def test_off_the_beat_a_held_note_wins_what_it_would_win_struck_but_for_moving(self) -> None:
        rule = keep_to_chord(UNAWARE, C_MAJOR, state_of(C_MAJOR, Chord(7, MAJOR, 7)), OFF_BEAT, 1.0)
        for pitch in range(55, 75):
            now = (strike(76), strike(pitch), strike(55), strike(43))
            scores = ruled(rule, FLAT, context(ALTO, now=now))
            assert scores[HOLD] == pytest.approx(scores[strike(pitch)])

    def test_tones_of_the_chord_are_held_rather_than_others(self) -> None:
        rule = keep_to_chord(UNAWARE, C_MAJOR, state_of(C_MAJOR, Chord(7, MAJOR, 7)), ON_BEAT, 1.0)

        def held(pitch: int) -> float:
            return float(
                ruled(rule, FLAT, context(ALTO, now=(strike(76), strike(pitch), strike(55), strike(43))))[HOLD]
            )

        assert min(held(67), held(62)) > max(held(64), held(69)) + 0.9

    @pytest.mark.parametrize("pitch", [60, 64, 69])
    def test_whether_a_tone_above_one_of_the_chord_is_suspended_the_model_says(self, pitch: int) -> None:
        """Over G, B, D: C, E and A; the odds of holding and striking are a little higher than the model's own."""
        rule = keep_to_chord(UNAWARE, C_MAJOR, state_of(C_MAJOR, Chord(7, MAJOR, 7)), ON_BEAT, 1.0, suspends=True)
        model = np.random.default_rng(4).normal(0, 2, VOCABULARY_SIZE)
        now = (strike(76), strike(pitch), strike(55), strike(43))
        assert held_odds(ruled(rule, model, context(ALTO, now=now))) == pytest.approx(
            held_odds(model) + UNAWARE.suspending
        )

    def test_but_not_of_the_bass_nor_of_what_cannot_go_down_to_the_chord(self) -> None:
        plain, other = (
            keep_to_chord(UNAWARE, C_MAJOR, state_of(C_MAJOR, Chord(7, MAJOR, 7)), ON_BEAT, 1.0, suspends=suspends)
            for suspends in (False, True)
        )
        for voice, pitch in ((BASS, 48), (ALTO, 65), (ALTO, 67)):
            now = [strike(76), strike(69), strike(55), strike(43)]
            now[voice] = strike(pitch)
            at = context(voice, now=now)
            np.testing.assert_array_equal(ruled(plain, FLAT, at), ruled(other, FLAT, at))

    def test_a_close_and_the_beat_before_it_are_kept_clean_and_what_knows_no_beats(self) -> None:
        toward = np.ones(len(tables().major.chords))
        state, now = state_of(C_MAJOR, Chord(7, MAJOR, 7)), (strike(76), strike(60), strike(55), strike(43))
        held = {
            place: held_odds(
                ruled(Harmony(C_MAJOR, AskedBeat(place, toward)).rule(state, 0, 1.0), FLAT, context(ALTO, now=now))
            )
            for place in PhrasePlace
        }
        unknowing = Harmony(C_MAJOR, AskedBeat(PhrasePlace.INSIDE, toward), suspends=False).rule(state, 0, 1.0)
        inside = held.pop(PhrasePlace.INSIDE)
        assert held_odds(ruled(unknowing, FLAT, context(ALTO, now=now))) < inside - 0.4
        assert max(held.pop(PhrasePlace.CLOSE), held.pop(PhrasePlace.LAST)) < inside - 0.4
        assert set(held.values()) == {inside}

    def test_what_was_suspended_goes_on_within_the_beat(self) -> None:
        """C over G, B, D that sounded before the beat; not what began on it, nor a tone of the chord, nor the bass."""
        rule = keep_to_chord(UNAWARE, C_MAJOR, state_of(C_MAJOR, Chord(7, MAJOR, 7)), OFF_BEAT, 1.0)

        def held(voice: int, pitch: int, steps: int) -> float:
            now = [strike(76), strike(69), strike(55), strike(43)]
            now[voice] = strike(pitch)
            return float(ruled(rule, FLAT, context(voice, now=now, held=steps))[HOLD])

        assert held(ALTO, 60, 6) == pytest.approx(held(ALTO, 60, 2) - UNAWARE.leaning * UNAWARE.resolving)
        assert held(ALTO, 62, 6) == pytest.approx(held(ALTO, 62, 2) + UNAWARE.dotted)
        assert held(BASS, 48, 6) == pytest.approx(held(BASS, 48, 2) + UNAWARE.dotted)

    @pytest.mark.parametrize(("bass", "nats"), [(48, UNAWARE.passing), (50, UNAWARE.lasting)])
    def test_on_the_second_eighth_what_fits_no_chord_is_seldom(self, bass: int, nats: float) -> None:
        """Over C and G a D or a B fits a chord of neither; the more where it was one on the beat."""
        rule = keep_to_chord(UNAWARE, C_MAJOR, state_of(C_MAJOR, Chord(0, MAJOR, 0)), OFF_BEAT, 1.0)
        now = (strike(72), strike(64), strike(55), strike(bass))
        at = context(ALTO, (strike(72), UNDECIDED, HOLD, strike(48)), now)
        early, second = (ruled(rule, FLAT, at._replace(beat=beat)) for beat in (1, 2))
        assert early[strike(62)] - second[strike(62)] == pytest.approx(nats)
        assert early[strike(64)] == second[strike(64)]
        assert early[HOLD] == second[HOLD]

    def test_the_fifth_is_in_the_bass_where_the_chord_has_it_there(self) -> None:
        root, fifth = (
            ruled(
                keep_to_chord(UNAWARE, C_MAJOR, state_of(C_MAJOR, Chord(0, MAJOR, bass)), ON_BEAT, 1.0),
                FLAT,
                context(BASS),
            )
            for bass in (0, 7)
        )
        assert fifth[strike(43)] - root[strike(43)] > UNAWARE.six_four

    @pytest.mark.parametrize("when", [ON_BEAT, OFF_BEAT])
    def test_thirds_and_turning_back_are_seldom(self, when: int) -> None:
        """From D to C is a step, from E a third."""
        rule = keep_to_chord(UNAWARE, C_MAJOR, state_of(C_MAJOR, Chord(0, MAJOR, 0)), when, 1.0)

        def scores(sounds: int, before: int) -> LogProbs:
            now, was = ([strike(76), strike(pitch), strike(55), strike(48)] for pitch in (sounds, before))
            return ruled(rule, FLAT, context(ALTO, now=now, before=was))

        step, third = (float(scores(sounds, 69)[strike(60)]) for sounds in (62, 64))
        assert third == pytest.approx(step - UNAWARE.leaning * (2 * UNAWARE.leaps[when] + UNAWARE.thirds[when]))
        assert scores(62, 60)[strike(60)] == pytest.approx(step - UNAWARE.turning * UNAWARE.leaning)

    def test_off_the_beat_it_is_much_weaker(self) -> None:
        state = state_of(C_MAJOR, Chord(0, MAJOR, 0))
        on = ruled(keep_to_chord(UNAWARE, C_MAJOR, state, ON_BEAT, 1.0), FLAT, context(SOPRANO))
        off = ruled(keep_to_chord(UNAWARE, C_MAJOR, state, OFF_BEAT, 1.0), FLAT, context(SOPRANO))
        assert np.abs(off).max() <= np.abs(on).max() * (UNAWARE.off_beat + 0.1)

    def test_half_as_strong_it_does_half_as_much(self) -> None:
        state = state_of(C_MAJOR, Chord(0, MAJOR, 0))
        at = context(ALTO, (strike(72), UNDECIDED, UNDECIDED, UNDECIDED))
        whole, half = (ruled(keep_to_chord(UNAWARE, C_MAJOR, state, ON_BEAT, much), FLAT, at) for much in (1.0, 0.5))
        np.testing.assert_allclose(half[FIRST_STRIKE:], whole[FIRST_STRIKE:] / 2)

    @pytest.mark.parametrize("chord", [Chord(7, MAJOR, 7), Chord(7, DOMINANT_SEVENTH, 7)])
    @pytest.mark.parametrize("when", [ON_BEAT, OFF_BEAT])
    def test_a_leading_tone_that_is_sung_is_not_sung_again(self, chord: Chord, when: int) -> None:
        rule = keep_to_chord(UNAWARE, C_MAJOR, state_of(C_MAJOR, chord), when, 1.0)
        alone = ruled(rule, FLAT, context(ALTO))
        doubled = ruled(rule, FLAT, context(ALTO, (strike(71), UNDECIDED, UNDECIDED, UNDECIDED)))
        for pitch in (59, 71):
            assert doubled[strike(pitch)] < alone[strike(pitch)] - 4
            assert doubled[strike(pitch)] < min(doubled[strike(60 + tone)] for tone in (2, 7))

    def test_nor_the_third_of_a_dominant_seventh_to_another_degree(self) -> None:
        """E7 in C major leads to a minor by its g sharp."""
        rule = keep_to_chord(UNAWARE, C_MAJOR, state_of(C_MAJOR, Chord(4, DOMINANT_SEVENTH, 4)), ON_BEAT, 1.0)
        sung = context(ALTO, (strike(68), UNDECIDED, UNDECIDED, UNDECIDED))
        assert ruled(rule, FLAT, sung)[strike(56)] < ruled(rule, FLAT, context(ALTO))[strike(56)] - 4

    def test_a_chord_that_stood_for_a_beat_is_not_held_on_by_all(self) -> None:
        state = state_of(C_MAJOR, Chord(0, MAJOR, 0))
        now = tuple(map(strike, (72, 67, 64, 48)))
        within = Harmony(C_MAJOR, replace(AskedBeat(), toward=np.ones(len(tables().major.chords)))).rule(state, 0, 1.0)
        last = (HOLD, HOLD, HOLD, UNDECIDED)
        young, old = (ruled(within, FLAT, context(BASS, last, now, held)) for held in (1, 4))
        assert old[HOLD] < young[HOLD] - 4
        assert old[now[BASS]] < young[now[BASS]] - 4  # nor struck again by all
        others = np.delete(np.arange(len(old)), [HOLD, now[BASS]])
        assert old[others].tolist() == young[others].tolist()
        moved = ruled(within, FLAT, context(BASS, (strike(74), HOLD, HOLD, UNDECIDED), now, 4))
        assert moved[HOLD] == young[HOLD]  # one voice moves already

    def test_equal_chords_have_one_rule(self) -> None:
        assert Harmony(C_MAJOR).rule(3, 0, 1.0) is Harmony(Key(0, False)).rule(3, 0, 1.0)

    def test_a_model_that_says_anything_is_heard_to_keep_to_it(self) -> None:
        """Of all notes on the beat most are tones of the chord."""
        chord = Chord(7, MAJOR, 7)
        rules = (strikes_anew, keep_to_chord(UNAWARE, C_MAJOR, state_of(C_MAJOR, chord), ON_BEAT, 1.0))
        found: list[bool] = []
        for seed in range(60):
            generator = Generator(Babbler("any", level=1.0), random_source(seed))  # type: ignore[arg-type]
            frame, _ = generator.frame(generator.start(), Sampling(rules=rules))
            found += [pitch % 12 in chord.tones for pitch in frame.pitches if pitch is not None]
        assert np.mean(found) > 0.9


def test_the_triad_of_a_seventh_chord_is_sung_without_its_seventh() -> None:
    rules = (strikes_anew, triad_of(Chord(7, DOMINANT_SEVENTH, 7)))
    for seed in range(20):
        generator = Generator(Babbler("any"), random_source(seed))  # type: ignore[arg-type]
        _, after = generator.frame(generator.start(), Sampling(rules=rules))
        assert pitch_classes(after.history.now) == {7, 11, 2}
