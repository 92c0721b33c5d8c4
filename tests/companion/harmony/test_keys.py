"""The key that is heard: in tunes, in chorales, and that it stays."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fakes import canonical_frames, ruled
from support.harmonies import alone, tune_of

from companion.harmony.keys import EVERY_KEY, likeliest_key, opening_in_some_key
from companion.harmony.symbols import AskedChord, chord_of_symbol
from companion.model.codes import NOTHING, UNDECIDED
from companion.model.features import History
from companion.music.key import Key
from companion.music.vocabulary import REST, VOCABULARY_SIZE, IntArray, sounding_pitches, strike, transpose
from companion.sampling.rules import NoteContext
from export.data.pieces import Piece

A_MAJOR_TUNE = (60, 62, 64, 65, 67, 69, 67, 65, 64, 62, 60)
A_MINOR_TUNE = (60, 62, 63, 65, 67, 68, 67, 65, 63, 62, 59, 60)
E_MINOR = tune_of([(64, 1), (67, 1), (66, 1), (64, 1), (63, 1), (64, 1), (66, 2), (67, 1), (69, 1), (71, 2), (64, 4)])
C_MAJOR_CHORDS = np.array(
    [[strike(p) for p in chord] for chord in ((72, 67, 64, 48), (72, 69, 65, 53), (71, 67, 62, 55), (72, 67, 64, 48))],
    dtype=np.int32,
).repeat(4, axis=0)


def melody(pitches: tuple[int, ...], up: int = 0) -> IntArray:
    return alone(tune_of([(pitch + up, 1) for pitch in pitches]))


@pytest.mark.parametrize(("minor", "up"), [*product([False, True], range(12))])
class TestTunes:
    def test_a_plain_tune_in_every_key(self, minor: bool, up: int) -> None:
        tune = melody(A_MINOR_TUNE if minor else A_MAJOR_TUNE, up)
        assert likeliest_key(tune, ended=True) == likeliest_key(tune) == Key(up, minor)

    @pytest.mark.parametrize("voice", range(4))
    def test_whoever_sings_it(self, minor: bool, up: int, voice: int) -> None:
        tune = tune_of([(pitch + up - 12 * (voice == 3), 1) for pitch in (A_MINOR_TUNE if minor else A_MAJOR_TUNE)])
        assert likeliest_key(alone(tune, voice), ended=True) == Key(up, minor)


def test_chords() -> None:
    for up in range(-5, 6):
        assert likeliest_key(transpose(C_MAJOR_CHORDS, up)) == Key(up % 12, False)


def test_an_unaccompanied_tune_in_e_minor_is_not_heard_in_g_major() -> None:
    assert likeliest_key(alone(E_MINOR), ended=True) == Key(4, True)


class TestOpeningInSomeKey:
    def costs(self, given: dict[int, int], bass: int) -> float:
        """Nats off a bass under E and G, above the cheapest one."""
        tokens = (strike(76), strike(67), strike(64), UNDECIDED)
        at = NoteContext(3, tokens, (*tokens[:3], NOTHING), History(), 0)
        scores = ruled(opening_in_some_key(given), np.zeros(VOCABULARY_SIZE), at)
        return float(scores.max() - scores[strike(bass)])

    def test_the_triads_of_tonics_alone(self) -> None:
        assert [tone for tone in range(48, 60) if self.costs({}, tone) < np.inf] == [48, 59]  # C major and e minor

    def test_as_likely_as_the_tune_begins_so(self) -> None:
        """Tunes begin oftener on the tonic of minor than on the third of major; basses nearly always on the tonic."""
        assert self.costs({}, 48) == self.costs({}, 59) == 0.0
        assert self.costs({0: strike(76)}, 48) > self.costs({0: strike(76)}, 59) == 0.0
        assert self.costs({0: strike(76), 3: strike(48)}, 59) > self.costs({0: strike(76), 3: strike(48)}, 48) == 0.0

    def test_rests_tell_nothing(self) -> None:
        assert opening_in_some_key({0: REST}) is opening_in_some_key({})


def test_where_nothing_sounds_there_is_none() -> None:
    silence = np.full((16, 4), REST, dtype=np.int32)
    assert likeliest_key(silence) is likeliest_key(silence, ended=True) is None
    assert likeliest_key(silence, before=Key(3, True)) is None
    assert likeliest_key(silence[:0]) is None


def test_the_last_note_tells_where_the_rest_does_not() -> None:
    """The same tones, ended on the tonic of one key or of the other."""
    tones = [(67, 1), (69, 1), (71, 1), (72, 1), (71, 1), (69, 1), (67, 1)]
    assert likeliest_key(alone(tune_of([*tones, (67, 1)])), ended=True) == Key(7, False)
    assert likeliest_key(alone(tune_of([*tones, (72, 1)])), ended=True) == Key(0, False)


@given(canonical_frames(), st.booleans())
def test_silence_before_changes_nothing(frames: IntArray, ended: bool) -> None:
    silence = np.full((5, 4), REST, dtype=np.int32)
    assert likeliest_key(np.concatenate([silence, frames]), ended) == likeliest_key(frames, ended)


@given(canonical_frames(), st.integers(-6, 6))
def test_transposed_the_key_is_transposed(frames: IntArray, semitones: int) -> None:
    pitches = sounding_pitches(frames)
    if not (pitches > 0).any():
        return
    try:
        moved = transpose(frames, semitones)
    except ValueError:
        return  # beyond the vocabulary
    here, there = likeliest_key(frames), likeliest_key(moved)
    assert here is not None and there == here.transposed(semitones)


class TestStays:
    def test_one_strange_note_does_not_change_it(self) -> None:
        """A sharpened fourth at the end of a phrase in C major."""
        plain = [(60, 2), (64, 1), (65, 1), (67, 2), (69, 1), (67, 1)]
        modulating = alone(tune_of([*plain, (66, 1), (67, 1), (66, 1), (67, 3)]))
        assert likeliest_key(modulating, before=Key(0, False)) == Key(0, False)

    def test_another_key_that_goes_on_is_heard(self) -> None:
        tune = melody(tuple(pitch + 2 for pitch in A_MAJOR_TUNE * 2))
        assert likeliest_key(tune, before=Key(0, False)) == Key(2, False)

    @given(canonical_frames(), st.sampled_from(EVERY_KEY))
    def test_what_was_heard_stays_heard(self, frames: IntArray, before: Key) -> None:
        """Heard again, the same music never goes back and forth."""
        first = likeliest_key(frames, before=before)
        assert likeliest_key(frames, before=first) == first
        if first != before:
            assert first == likeliest_key(frames)


@pytest.mark.slow
@pytest.mark.train
class TestHeldOut:
    """Chorales from which nothing was learned, by the key that the edition names."""

    def test_of_most_tunes_alone(self, chorales: list[Piece]) -> None:
        right = [likeliest_key(alone(frames[:, 0]), ended=True) == key for frames, key in named(chorales)]
        assert len(right) > 100 and np.mean(right) >= 0.8

    def test_of_most_chorales(self, chorales: list[Piece]) -> None:
        assert np.mean([likeliest_key(frames, ended=True) == key for frames, key in named(chorales)]) >= 0.85


def named(pieces: list[Piece]) -> list[tuple[IntArray, Key]]:
    return [(one.frames, Key.of_name(one.key)) for one in pieces if one.split != "train" and one.key is not None]


def chords(symbols: str) -> list[AskedChord]:
    return [chord for symbol in symbols.split() if (chord := chord_of_symbol(symbol))]


class TestChordsThatAreAskedFor:
    """A third and a fifth that several keys share: the chords say which one it is."""

    TUNE = alone(tune_of([(67, 1), (69, 1), (71, 1), (67, 1), (74, 2), (71, 2)]))

    @pytest.mark.parametrize(
        ("symbols", "key"),
        [
            ("G C D7 G", Key(7, False)),
            ("Em Am B7 Em", Key(4, True)),
            ("C G7 C F G C", Key(0, False)),
            ("D G A7 D", Key(2, False)),
        ],
    )
    def test_they_tell_the_key(self, symbols: str, key: Key) -> None:
        assert likeliest_key(self.TUNE, chords=chords(symbols)) == key

    def test_in_every_key(self) -> None:
        for up in range(12):
            asked = [chord._replace(root=(chord.root + up) % 12) for chord in chords("Am Dm E7 Am F G C E7 Am")]
            assert likeliest_key(alone(tune_of([(62 + up, 4)])), chords=asked) == Key((9 + up) % 12, True)
