"""What follows what: likelihoods that are whole, and what everybody knows of Bach in them."""

from __future__ import annotations

import numpy as np
import pytest

from companion.harmony.chords import QUALITIES, Chord
from companion.harmony.progressions import ChordChain, Closing, Counts, PhrasePlace, tables
from companion.music.key import Key

MAJOR, MINOR, DOMINANT_SEVENTH = 0, 1, 3
MODES = [False, True]
V, V7 = Chord(7, MAJOR, 7), Chord(7, DOMINANT_SEVENTH, 7)


def mode(minor: bool) -> ChordChain:
    return tables().of_key(Key(0, minor))


def tonic(minor: bool) -> Chord:
    return Chord(0, MINOR if minor else MAJOR, 0)


def state(chain: ChordChain, chord: Chord) -> int:
    found = chain.of_chord(chord)
    assert found is not None
    return found


@pytest.mark.parametrize("minor", MODES)
class TestShipped:
    def test_likelihoods_are_whole_and_nothing_is_impossible(self, minor: bool) -> None:
        chain, chords = mode(minor), len(mode(minor).chords)
        assert chain.openings.shape == (chords,)
        assert chain.following.shape == (len(PhrasePlace), chords, chords)
        assert chain.singing.shape == chain.leaning.shape == (4, 2, chords, 12)
        for shares in (chain.openings, chain.following, chain.singing):
            np.testing.assert_allclose(shares.sum(axis=-1), 1.0)
            assert shares.min() > 0
        assert chain.closing.shape == (len(Closing), chords) and chain.closing.min() > 0
        assert np.isfinite(chain.leaning).all()

    def test_every_triad_of_the_key_is_a_state(self, minor: bool) -> None:
        degrees = [(2, MINOR), (4, MINOR), (5, MAJOR), (7, MAJOR), (9, MINOR)]
        if minor:
            degrees = [(3, MAJOR), (5, MINOR), (7, MAJOR), (8, MAJOR), (10, MAJOR)]
        for root, quality in [(0, tonic(minor).quality), *degrees]:
            assert mode(minor).of_chord(Chord(root, quality, root)) is not None

    def test_after_its_dominant_a_phrase_closes_on_the_tonic(self, minor: bool) -> None:
        """In minor also on the major tonic."""
        chain = mode(minor)
        for dominant in (V, V7):
            after = chain.following[PhrasePlace.CLOSE, state(chain, dominant)]
            assert after[chain.on_tonic].sum() > 0.6

    def test_to_a_close_dominants_lead_oftener_than_was_counted_and_all_else_as_often(self, minor: bool) -> None:
        """Twice as often to another degree, in root position, and not on other beats."""
        chain = mode(minor)
        likelier = chain.after(PhrasePlace.CLOSE) / chain.following[PhrasePlace.CLOSE]
        home, away = state(chain, tonic(minor)), state(chain, Chord(7, MAJOR, 7))
        dominant_of_it = [state(chain, Chord(2, quality, 2)) for quality in (MAJOR, DOMINANT_SEVENTH)]
        np.testing.assert_allclose(likelier[[state(chain, V), state(chain, V7)], home], 1.4)
        np.testing.assert_allclose(likelier[dominant_of_it, away], 2.0)
        assert (likelier[:, ~chain.triads] == 1).all()
        assert (likelier[state(chain, Chord(7, MAJOR, 11))] == 1).all()
        np.testing.assert_array_equal(chain.after(PhrasePlace.LAST), chain.following[PhrasePlace.LAST])

    def test_before_a_close_the_dominant_is_likelier_than_inside(self, minor: bool) -> None:
        chain = mode(minor)
        dominants = [state(chain, V), state(chain, V7)]
        shares = {
            place: chain.following[place].mean(axis=0)[dominants].sum()
            for place in (PhrasePlace.LAST, PhrasePlace.INSIDE)
        }
        assert shares[PhrasePlace.LAST] > 1.5 * shares[PhrasePlace.INSIDE]

    def test_a_piece_ends_at_home_more_often_than_its_phrases(self, minor: bool) -> None:
        chain = mode(minor)
        assert chain.closing[Closing.FINAL, state(chain, Chord(0, MAJOR, 0))] > 1
        assert chain.closing[Closing.FINAL, state(chain, V)] < 1

    def test_the_last_phrase_but_one_seldom_closes_at_home(self, minor: bool) -> None:
        """Of 234 phrases before the last 11 % do, and of those early in the piece 37."""
        chain = mode(minor)
        home = state(chain, tonic(minor))
        assert chain.closing[Closing.LAST_BUT_ONE, home] < 0.5 < chain.closing[Closing.EARLY, home]
        assert chain.closing[Closing.EARLY, home] > chain.closing[Closing.INNER, home]

    def test_pieces_open_on_triads_of_the_tonic_most_often(self, minor: bool) -> None:
        chain = mode(minor)
        assert chain.openings[chain.on_tonic].sum() > 0.5
        assert chain.openings[chain.triads].sum() > 0.7

    def test_the_bass_sings_its_own_tone(self, minor: bool) -> None:
        chain = mode(minor)
        for number, chord in enumerate(chain.chords[:40]):
            assert chain.singing[3, 0, number].argmax() == chord.bass
            assert chain.leaning[3, 0, number, chord.bass] > 0

    def test_upper_voices_lean_to_the_tones_of_the_chord(self, minor: bool) -> None:
        chain = mode(minor)
        for number in (state(chain, V), state(chain, tonic(minor))):
            tones = set(chain.chords[number].tones)
            for voice in range(3):
                leaning = chain.leaning[voice, 0, number]
                assert min(leaning[list(tones)]) > max(leaning[list(set(range(12)) - tones)])

    def test_triads_in_root_position_and_what_is_on_the_tonic(self, minor: bool) -> None:
        chain = mode(minor)
        for number, chord in enumerate(chain.chords):
            assert chain.triads[number] == (
                len(set(QUALITIES[chord.quality]) & {3, 4}) == 1
                and chord.quality in (MAJOR, MINOR)
                and chord.bass == chord.root
            )
            assert chain.on_tonic[number] == (chord.root == 0)


class TestStates:
    def test_each_chord_is_its_own(self) -> None:
        chain = mode(False)
        assert [chain.of_chord(chord) for chord in chain.chords] == list(range(len(chain.chords)))

    def test_an_inversion_that_is_none_counts_as_its_root_position(self) -> None:
        chain = mode(False)
        unknown = [
            chord._replace(bass=bass)
            for chord in chain.chords
            if chord.inversion == 0
            for bass in chord.tones
            if chord._replace(bass=bass) not in chain.chords
        ]
        assert unknown
        for chord in unknown:
            assert chain.chords[state(chain, chord)] == chord._replace(bass=chord.root)

    def test_nothing_and_what_never_was_are_none(self) -> None:
        chain = mode(False)
        assert chain.of_chord(None) is None
        strange = [Chord(root, quality, root) for root in range(12) for quality in range(len(QUALITIES))]
        none = [chord for chord in strange if chord not in chain.chords]
        assert none and all(chain.of_chord(chord) is None for chord in none)


def test_what_was_hardly_counted_is_filled_by_what_is_alike() -> None:
    """Two chords of a kind, of which one was never sung: its voices sing what those of the other do, as far up."""
    chords = np.array([[0, MAJOR, 0], [5, MAJOR, 5]])
    counts = Counts(
        chords,
        np.array([3.0, 0.0]),
        np.zeros((len(PhrasePlace), 2, 2)),
        np.zeros((Closing.INNER, 2)),
        np.zeros((4, 2, 2, 12)),
        np.zeros((4, 2, 12)),
    )
    counts.following[PhrasePlace.INSIDE, 0, 1] = 10
    counts.following[PhrasePlace.LAST, 1, 0] = 1
    counts.singing[0, 0, 0, 7] = 50
    counts.holding[0, 0, 7] = 10
    found = counts.progressions()
    assert found.holding[0, 0].argmax() == 7
    assert found.holding[0, 1].argmax() == (5 + 7) % 12
    assert found.singing[0, 0, 0].argmax() == 7
    assert found.singing[0, 0, 1].argmax() == (5 + 7) % 12
    assert found.following[PhrasePlace.INSIDE, 0, 1] > 0.7
    assert found.following[PhrasePlace.CLOSE, 0, 1] > 0.5  # as elsewhere, since nothing was counted there
    np.testing.assert_allclose(found.following.sum(axis=-1), 1.0)


@pytest.mark.parametrize("minor", [False, True])
class TestStress:
    def test_roots_stay_onto_weak_beats_and_fall_by_a_fifth_onto_strong_ones(self, minor: bool) -> None:
        chain = mode(minor)
        roots = np.array([chord.root for chord in chain.chords])
        motions = (roots[None, :] - roots[:, None]) % 12
        strong, weak = (
            [(chain.following[place] * (motions == motion)).sum(axis=1).mean() for motion in (0, 5)]
            for place in (PhrasePlace.STRONG, PhrasePlace.WEAK)
        )
        assert strong[0] < 0.7 * weak[0] and strong[1] > 1.3 * weak[1]

    @pytest.mark.parametrize("place", [PhrasePlace.STRONG, PhrasePlace.WEAK])
    def test_by_how_far_the_root_goes_whatever_the_chord(self, minor: bool, place: PhrasePlace) -> None:
        """Up to a factor for each chord that is followed."""
        chain = mode(minor)
        roots = np.array([chord.root for chord in chain.chords])
        likelier = chain.following[place] / chain.following[PhrasePlace.INSIDE]
        likelier /= np.diag(likelier)[:, None]
        motions = (roots[None, :] - roots[:, None]) % 12
        for motion in range(12):
            found = likelier[motions == motion]
            np.testing.assert_allclose(found, found[0])


def test_they_are_read_once() -> None:
    assert tables() is tables()
    assert tables().of_key(Key(5, True)) is tables().minor and tables().of_key(Key(5, False)) is tables().major


class TestChurchModes:
    @pytest.mark.parametrize(
        ("name", "own", "not_its_own"),
        [
            ("dorian", Chord(5, MAJOR, 5), Chord(8, MAJOR, 8)),
            ("mixolydian", Chord(7, MINOR, 7), V),
            ("lydian", Chord(2, MAJOR, 2), Chord(5, MAJOR, 5)),
            ("phrygian", Chord(1, MAJOR, 1), V),
            ("aeolian", Chord(7, MINOR, 7), V),
        ],
    )
    def test_their_own_chords_take_the_place_of_others(self, name: str, own: Chord, not_its_own: Chord) -> None:
        minor = name in ("dorian", "phrygian", "aeolian")
        plain, church = mode(minor), tables().of_key(Key(0, minor, name))
        before = state(plain, tonic(minor))

        def share(chain: ChordChain, chord: Chord) -> float:
            return float(chain.following[PhrasePlace.INSIDE, before, state(chain, chord)])

        np.testing.assert_allclose(church.following.sum(axis=-1), 1.0)
        np.testing.assert_allclose(church.openings.sum(), 1.0)
        assert church.following.min() > 0
        assert share(church, own) > 2 * share(plain, own)
        assert share(church, not_its_own) < 0.1 * share(plain, not_its_own)
