"""What is counted in pieces whose harmony everybody can read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.harmonies import sounding
from support.made_up import frames_of_chords

from companion.harmony.chords import Chord
from companion.harmony.doubling import DEALT_NUMBER
from companion.harmony.form import HELD_BEATS, PHRASE_BEATS
from companion.harmony.progressions import Closing, PhrasePlace
from companion.music.key import Key
from companion.music.vocabulary import HOLD, IntArray, transpose
from export.data.pieces import Piece
from export.harmony.counting import counts_of, dealt_counts, heard_piece, heard_pieces, key_counts, phrase_counts

C_MAJOR = Key(0, False)
HOME, FOURTH, FIFTH, SIXTH = Chord(0, 0, 0), Chord(5, 0, 5), Chord(7, 0, 7), Chord(9, 1, 9)

# Two lines, whose last chords are held: I I V I IV V I and I IV V vi V I.
LINES = [HOME, HOME, FIFTH, HOME, FOURTH, FIFTH, HOME, None, HOME, FOURTH, FIFTH, SIXTH, FIFTH, HOME, None, None]
FIRST_CLOSE, LAST_CLOSE = 6, 13


def frames_of(chords: list[Chord | None], up: int = 0) -> IntArray:
    """A beat each, struck; None holds on."""
    frames = np.full((4 * len(chords), 4), HOLD, dtype=np.int32)
    for beat, chord in enumerate(chords):
        if chord is not None:
            frames[4 * beat] = sounding(chord)[0]
    return transpose(frames, up)


def piece(up: int = 0, **changes: object) -> Piece:
    closes = (4 * FIRST_CLOSE, 4 * LAST_CLOSE)
    key = {0: "C major", 2: "D major"}[up]
    whole = Piece("made", "train", frames_of(LINES, up), True, 0, closes, key, "4/4", 16)
    return replace(whole, **changes)  # type: ignore[arg-type]


class TestHeard:
    def test_chords_places_closes_and_beginnings(self) -> None:
        heard = heard_piece(piece(), C_MAJOR)
        assert heard.chords == tuple(
            chord if chord is not None else LINES[beat - 1] or HOME for beat, chord in enumerate(LINES)
        )
        assert (heard.closes, heard.begins) == ((FIRST_CLOSE, LAST_CLOSE), (0, 8))
        leading = (PhrasePlace.LAST_BUT_TWO, PhrasePlace.LAST_BUT_ONE, PhrasePlace.LAST, PhrasePlace.CLOSE)
        strong, weak = PhrasePlace.STRONG, PhrasePlace.WEAK
        assert heard.places == (
            *(strong, weak, strong, *leading, None),
            *(PhrasePlace.BEGIN, strong, *leading, None, None),
        )
        assert not heard.in_threes

    def test_in_threes_every_third_beat_is_strong(self) -> None:
        places = heard_piece(piece(metre="3/4", bar_steps=12), C_MAJOR).places
        assert places[:3] == (PhrasePlace.STRONG, PhrasePlace.WEAK, PhrasePlace.WEAK)

    def test_in_another_key_it_is_the_same(self) -> None:
        here, there = heard_piece(piece(), C_MAJOR), heard_piece(piece(2), Key(2, False))
        assert here.chords == there.chords and here.places == there.places

    def test_a_pickup_of_half_a_beat_is_left_out(self) -> None:
        whole = piece()
        pickup = np.concatenate([whole.frames[:2], whole.frames])
        late = piece(frames=pickup, first_step=14, closes=tuple(close + 2 for close in whole.closes))
        assert heard_piece(late, C_MAJOR).chords == heard_piece(whole, C_MAJOR).chords
        assert heard_piece(late, C_MAJOR).closes == (FIRST_CLOSE, LAST_CLOSE)

    @pytest.mark.parametrize("changes", [{"bar_steps": None}, {"closes": ()}, {"closes": (52,)}])
    def test_pieces_whose_bars_or_phrases_are_unknown_are_passed_over(self, changes: dict[str, object]) -> None:
        assert list(heard_pieces([piece(**changes)])) == []
        assert len(list(heard_pieces([piece(**changes), piece()]))) == 1

    def test_three_beats_in_a_bar(self) -> None:
        assert heard_piece(piece(metre="3/4", bar_steps=12), C_MAJOR).in_threes


class TestCounts:
    def counted(self) -> tuple[dict[Chord, int], object]:
        counts = counts_of([heard_piece(piece(), C_MAJOR), heard_piece(piece(2), Key(2, False))])
        return {Chord(*map(int, chord)): number for number, chord in enumerate(counts.chords)}, counts

    def test_chords_that_were_heard_often_enough(self) -> None:
        numbers, _ = self.counted()
        assert set(numbers) == {HOME, FOURTH, FIFTH}  # SIXTH was heard but twice

    def test_what_followed_what_and_where(self) -> None:
        numbers, counts = self.counted()
        following = counts.following  # type: ignore[attr-defined]
        found = {
            (place.name, before, after): int(following[place, numbers[before], numbers[after]])
            for place in [place for place in PhrasePlace if place < PhrasePlace.INSIDE]
            for before in numbers
            for after in numbers
            if following[place, numbers[before], numbers[after]]
        }
        assert found == {
            ("WEAK", HOME, HOME): 2,
            ("STRONG", HOME, FIFTH): 2,
            ("LAST_BUT_TWO", FIFTH, HOME): 2,
            ("LAST_BUT_ONE", HOME, FOURTH): 2,
            ("LAST", FOURTH, FIFTH): 2,
            ("CLOSE", FIFTH, HOME): 4,
            ("BEGIN", HOME, HOME): 2,
            ("STRONG", HOME, FOURTH): 2,
            ("LAST_BUT_TWO", FOURTH, FIFTH): 2,
            ("LAST", FIFTH, FIFTH): 2,  # over the chord that is no state
        }

    def test_openings_and_closes(self) -> None:
        numbers, counts = self.counted()
        openings, closing = counts.openings, counts.closing  # type: ignore[attr-defined]
        assert openings[numbers[HOME]] == openings.sum() == 2
        assert closing[Closing.FIRST, numbers[HOME]] == closing[Closing.FINAL, numbers[HOME]] == 2
        assert closing[Closing.BEFORE_FINAL, numbers[FIFTH]] == 2
        assert closing.sum() == 6

    def test_where_in_the_piece_a_phrase_closes(self) -> None:
        """Seven phrases of a chord and its close, all but the first on the fifth."""
        heard = heard_piece(piece(), C_MAJOR)
        chords = (FIFTH, HOME, *(HOME, FIFTH) * 6)
        places = (PhrasePlace.WEAK, PhrasePlace.CLOSE) * 7
        long = replace(heard, chords=chords, places=places, closes=tuple(range(1, 14, 2)))
        counts = counts_of([replace(long, sounds=np.ones((56, 4), dtype=np.int32))])
        home, fifth = counts.closing[:, [tuple(chord) == HOME for chord in counts.chords].index(True)], counts.closing
        assert home.tolist() == [1, 0, 0, 0, 0, 1]
        assert fifth.sum(axis=1).tolist() == [1, 2, 2, 1, 1, 1]

    def test_what_was_held_over_the_beat(self) -> None:
        """The last chords of both lines are held on, and of what is struck again nothing is."""
        numbers, counts = self.counted()
        holding, singing = counts.holding, counts.singing  # type: ignore[attr-defined]
        assert holding[:, numbers[HOME]].sum() == 4 * 2 * 3  # voices, pieces, beats: one after a line and two
        assert not holding[:, numbers[FIFTH]].any()
        assert (holding <= singing[:, 0]).all()

    def test_what_the_bass_sang(self) -> None:
        numbers, counts = self.counted()
        for when in range(2):
            sung = counts.singing[3, when, numbers[FIFTH]]  # type: ignore[attr-defined]
            assert sung[7] == sung.sum() == 8


def test_how_upper_voices_shared_their_chords() -> None:
    """Roots doubled in the bass: the upper voices sing root, third and fifth."""
    counts = dealt_counts([heard_piece(piece(), C_MAJOR)])
    assert counts[0, 0, DEALT_NUMBER[0, 1, 2]] == 15
    assert counts[1, 0, DEALT_NUMBER[0, 1, 2]] == 1
    assert counts.sum() == 16


def test_a_voice_that_rests_shares_nothing() -> None:
    frames = frames_of_chords([(72, 67, 0, 48)] * 8)
    resting = piece(frames=frames, closes=(12, 28))
    assert dealt_counts([heard_piece(resting, C_MAJOR)]).sum() == 0


def test_lengths_of_phrases_but_the_last() -> None:
    counts = phrase_counts([heard_piece(piece(), C_MAJOR), heard_piece(piece(metre="3/4"), C_MAJOR)])
    assert counts.shape == (2, len(PHRASE_BEATS), len(HELD_BEATS))
    assert counts.sum() == 2
    assert counts[0, 8 - PHRASE_BEATS[0], 2 - HELD_BEATS[0]] == counts[1, 8 - PHRASE_BEATS[0], 2 - HELD_BEATS[0]] == 1


def test_what_tells_a_key() -> None:
    tones, edges = key_counts([heard_piece(piece(), C_MAJOR), heard_piece(piece(2), Key(2, False))])
    assert tones[1].sum() == 2 * 64 * 4 and tones[0].sum() == 2 * 64
    assert set(np.flatnonzero(tones[1])) == {0, 2, 4, 5, 7, 9, 11}
    assert edges.sum(axis=1).tolist() == [2, 2, 2]
    assert edges[1, 0] == 2  # the bass begins on the tonic
