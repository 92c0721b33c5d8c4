"""What a beat is heard as."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.harmonies import sounding

from companion.harmony.chords import NO_TONE, QUALITIES, TONE_OF, Chord, heard_chord
from companion.model.codes import NOTHING, SILENCE
from companion.music.vocabulary import strike

MAJOR, MINOR, DIMINISHED, DOMINANT_SEVENTH = 0, 1, 2, 3
C_MAJOR = Chord(0, MAJOR, 0)
SYMMETRIC = (0, 3, 6, 9)  # each of its tones may be called its root


def beat(*chords: tuple[int, ...]) -> list[list[int]]:
    """A beat from the pitches of its steps."""
    return [[strike(pitch) if pitch else SILENCE for pitch in chord] for chord in chords]


def inverted() -> list[Chord]:
    """Every chord in every inversion."""
    return [
        Chord(root, quality, (root + tone) % 12)
        for root, (quality, shape) in product(range(12), enumerate(QUALITIES))
        for tone in shape
    ]


class TestChord:
    @given(st.sampled_from(inverted()), st.integers(-24, 24))
    def test_transposed_its_tones_move_and_its_inversion_stays(self, chord: Chord, semitones: int) -> None:
        moved = chord.transposed(semitones)
        assert moved.tones == tuple((tone + semitones) % 12 for tone in chord.tones)
        assert (moved.quality, moved.inversion) == (chord.quality, chord.inversion)
        assert moved.transposed(-semitones) == chord

    def test_tones_and_inversions(self) -> None:
        assert Chord(7, DOMINANT_SEVENTH, 11).tones == (7, 11, 2, 5)
        assert [Chord(7, DOMINANT_SEVENTH, bass).inversion for bass in (7, 11, 2, 5)] == [0, 1, 2, 3]


class TestHeard:
    @pytest.mark.parametrize("chord", [chord for chord in inverted() if QUALITIES[chord.quality] != SYMMETRIC])
    def test_every_whole_chord_is_heard_as_what_it_is(self, chord: Chord) -> None:
        """Of a minor seventh chord and a major sixth the bass decides: both are what stands on their root."""
        heard = heard_chord(sounding(chord))
        assert heard is not None
        assert set(heard.tones) == set(chord.tones) and heard.bass == chord.bass
        if not (len(QUALITIES[chord.quality]) == 4 and chord.inversion):
            assert heard == chord

    @pytest.mark.parametrize("bass", SYMMETRIC)
    def test_a_symmetric_chord_is_built_on_its_bass(self, bass: int) -> None:
        chord = Chord(bass, QUALITIES.index(SYMMETRIC), bass)
        assert heard_chord(sounding(chord)) == chord

    def test_where_nothing_sounds_there_is_none(self) -> None:
        assert heard_chord(()) is None
        assert heard_chord([[SILENCE] * 4] * 4) is None
        assert heard_chord([[NOTHING] * 4] * 4) is None

    def test_a_voice_that_rests_is_passed_over(self) -> None:
        assert heard_chord(beat(*[(72, 67, 64, 0)] * 4)) == Chord(0, MAJOR, 4)

    def test_passing_notes_are_none_of_it(self) -> None:
        whole, passing = (72, 67, 64, 48), (72, 67, 65, 50)
        assert heard_chord(beat(whole, whole, passing, passing)) == C_MAJOR

    def test_a_suspension_is_heard_as_what_it_resolves_to(self) -> None:
        held, resolved = (72, 67, 65, 48), (72, 67, 64, 48)
        assert heard_chord(beat(held, held, resolved, resolved)) == C_MAJOR

    def test_a_chord_without_its_fifth_is_still_one(self) -> None:
        assert heard_chord(beat(*[(72, 64, 60, 48)] * 4)) == C_MAJOR

    def test_a_seventh_that_sounds_as_long_as_the_rest_makes_a_seventh_chord(self) -> None:
        assert heard_chord(beat(*[(71, 65, 62, 43)] * 4)) == Chord(7, DOMINANT_SEVENTH, 7)

    def test_a_bass_that_passes_leaves_its_first_tone(self) -> None:
        steps = [(72, 67, 64, bass) for bass in (48, 48, 50, 50)]
        assert heard_chord(beat(*steps)) == C_MAJOR

    @given(st.sampled_from(inverted()), st.integers(-4, 4))
    def test_transposed_it_is_heard_alike(self, chord: Chord, semitones: int) -> None:
        here = sounding(chord)
        there = [[code + semitones for code in codes] for codes in here]
        first, second = heard_chord(here), heard_chord(there)
        assert first is not None and second == first.transposed(semitones)


def test_which_tone_of_its_chord_each_pitch_class_is() -> None:
    for quality, shape in enumerate(QUALITIES):
        for semitones in range(12):
            expected = shape.index(semitones) if semitones in shape else NO_TONE
            assert TONE_OF[quality, semitones] == expected
