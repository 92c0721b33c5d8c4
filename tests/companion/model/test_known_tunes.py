"""Tunes that a model knows by heart."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support.fakes import canonical_frames

from companion.model.echoes import echoes_of
from companion.model.known_tunes import (
    LEAST_MOVES,
    NOTHING_RECALLED,
    KnownTune,
    KnownTunes,
    Recall,
    Recollection,
    tunes_of,
)
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, IntArray, hide_onsets, sounding_tokens, strike

TUNE = (60, 62, 64, 65, 63, 70, 67, 72)


def sung(*notes: tuple[int, int]) -> IntArray:
    """Frames whose soprano sings pitches for so many steps (0: a rest), over voices that rest."""
    column = [token for pitch, steps in notes for token in [strike(pitch) if pitch else REST, *[HOLD] * (steps - 1)]]
    frames = np.full((len(column), 4), REST, dtype=np.int32)
    frames[:, 0] = column
    return frames


def crotchets(*pitches: int) -> IntArray:
    return sung(*((pitch, 4) for pitch in pitches))


def heard(known: KnownTunes, frames: IntArray, first_step: int = 0) -> Recollection:
    hearing = known.start(first_step)
    for code in sounding_tokens(frames)[:, 0].tolist():
        hearing = hearing.advance(code)
    return hearing


def knowing(*pieces: IntArray) -> KnownTunes:
    return KnownTunes([tune for piece in pieces for tune in tunes_of(piece, 0)])


class TestTunes:
    def test_moves_and_steps(self) -> None:
        assert tunes_of(sung((60, 4), (62, 2), (62, 2), (59, 8)), 2) == [KnownTune(2, (0, 2, -3), (4, 4, 8))]

    def test_a_rest_ends_one(self) -> None:
        frames = sung((60, 4), (62, 4), (0, 4), (64, 2), (65, 2), (0, 8), (67, 4))
        assert tunes_of(frames, 0) == [KnownTune(0, (0, 2), (4, 4)), KnownTune(0, (0, 1), (2, 2))]

    def test_silence_is_none(self) -> None:
        assert tunes_of(sung((0, 16)), 0) == []


class TestRecall:
    KNOWN = knowing(crotchets(*TUNE))

    def test_nothing_is_known(self) -> None:
        assert heard(KnownTunes([]), crotchets(*TUNE)).recall() == NOTHING_RECALLED

    def test_before_three_moves_nothing_is_recalled(self) -> None:
        assert heard(self.KNOWN, crotchets(*TUNE[:3])).recall() == NOTHING_RECALLED

    def test_how_it_goes_on(self) -> None:
        assert heard(self.KNOWN, crotchets(*TUNE[:4])).recall() == Recall(strike(63), 3)
        assert heard(self.KNOWN, crotchets(*TUNE[:6])).recall() == Recall(strike(67), 5)

    def test_a_note_goes_on_first(self) -> None:
        assert heard(self.KNOWN, crotchets(*TUNE[:4])[:-1]).recall() == Recall(HOLD, 3)

    def test_at_any_transposition(self) -> None:
        assert heard(self.KNOWN, crotchets(*(pitch + 5 for pitch in TUNE[:4]))).recall() == Recall(strike(68), 3)

    def test_on_another_step_of_the_beat_it_is_another_tune(self) -> None:
        assert heard(self.KNOWN, crotchets(*TUNE[:5]), first_step=2).recall() == NOTHING_RECALLED
        assert heard(self.KNOWN, crotchets(*TUNE[:5]), first_step=8).recall().token == strike(70)

    def test_in_other_note_values_too(self) -> None:
        assert heard(self.KNOWN, sung(*((pitch, 8) for pitch in TUNE[:5]))).recall() == NOTHING_RECALLED

    def test_a_note_held_longer_ends_it(self) -> None:
        assert heard(self.KNOWN, sung(*((pitch, 4) for pitch in TUNE[:4]), (63, 5))).recall() == NOTHING_RECALLED

    def test_after_its_end_nothing_comes(self) -> None:
        assert heard(self.KNOWN, crotchets(*TUNE)[:-1]).recall() == Recall(HOLD, 7)
        assert heard(self.KNOWN, crotchets(*TUNE)).recall() == NOTHING_RECALLED

    def test_a_rest_is_forgotten_over(self) -> None:
        notes = [(pitch, 4) for pitch in TUNE[:5]]
        assert heard(self.KNOWN, sung(*notes, (0, 4), (70, 4))).recall() == NOTHING_RECALLED

    def test_where_most_was_alike(self) -> None:
        known = knowing(crotchets(60, 62, 64, 65, 69), crotchets(55, 60, 62, 64, 65, 67))
        assert heard(known, crotchets(60, 62, 64, 65)).recall().moves == LEAST_MOVES
        assert heard(known, crotchets(55, 60, 62, 64, 65)).recall() == Recall(strike(67), 4)

    def test_of_several_what_most_say(self) -> None:
        ends = (69, 67, 67)
        known = knowing(*(crotchets(60, 62, 64, 65, end) for end in ends))
        assert heard(known, crotchets(60, 62, 64, 65)).recall() == Recall(strike(67), 3)

    def test_a_repeated_note_is_one(self) -> None:
        twice = sung((60, 4), (62, 4), (64, 2), (64, 2), (65, 4))
        assert heard(self.KNOWN, twice).recall() == Recall(strike(63), 3)

    def test_beyond_all_pitches_nothing_is_recalled(self) -> None:
        known = knowing(crotchets(60, 61, 62, 63, 64, 81))
        assert heard(known, crotchets(60, 61, 62, 63, 64)).recall() == Recall(strike(81), 4)
        assert heard(known, crotchets(61, 62, 63, 64, 65)).recall() == NOTHING_RECALLED

    def test_what_is_heard_and_not_known_is_not_remembered(self) -> None:
        """Else a jam of hours would."""
        known = knowing(crotchets(*TUNE))
        for up in range(1, 9):
            hearing = heard(known, crotchets(60, 60 + up, 60, 60 + up + 1, 60))
            assert hearing.turn and hearing.recall() == NOTHING_RECALLED
        assert not known._usual

    def test_hearing_more_leaves_what_was_heard(self) -> None:
        hearing = heard(self.KNOWN, crotchets(*TUNE[:4]))
        hearing.advance(strike(81))
        assert hearing.recall() == Recall(strike(63), 3)


def naive_recall(heard: IntArray, tunes: list[IntArray]) -> tuple[int, Counter[int]]:
    """By the definition, back from every place in every tune: how many moves were alike at most, what came there."""
    found: dict[int, Counter[int]] = {0: Counter()}
    now = len(heard)
    for tune in tunes:
        hidden, codes = hide_onsets(tune)[:, 0], sounding_tokens(tune)[:, 0]
        for then in range(1, len(tune)):
            if (now - then) % 4 or codes[then] < FIRST_STRIKE:
                continue
            moves = moves_alike(heard, codes[:then])
            if moves >= LEAST_MOVES:
                token = HOLD if hidden[then] == HOLD else heard[-1] + codes[then] - codes[then - 1]
                found.setdefault(moves, Counter())[int(token)] += 1
    return max(found), found[max(found)]


def moves_alike(heard: IntArray, then: IntArray) -> int:
    moves = 0
    for back in range(1, min(len(heard), len(then))):
        pairs = (heard[-back - 1], heard[-back], then[-back - 1], then[-back])
        if min(pairs) < FIRST_STRIKE or heard[-back] - heard[-back - 1] != then[-back] - then[-back - 1]:
            break
        moves += bool(heard[-back] != heard[-back - 1])
    return moves


@given(canonical_frames(most=40), st.lists(st.integers(0, 3), min_size=8, max_size=30), st.data())
def test_as_the_definition_says(piece: IntArray, notes: list[int], data: st.DataObject) -> None:
    """Tunes of four pitches, so that much is alike; one of them is heard again from somewhere."""
    tunes = [sung(*((60 + pitch, 1 + pitch % 2) for pitch in notes)), piece]
    start = data.draw(st.integers(0, 2)) * 4
    again = tunes[0][start : start + data.draw(st.integers(1, 40))]
    codes = sounding_tokens(again)[:, 0]
    found = heard(knowing(*tunes), again).recall()
    moves, came = naive_recall(codes, tunes)
    assert found.moves == moves
    if moves:
        assert came[found.token] == max(came.values())


def test_the_echo_tells_of_it() -> None:
    echo = echoes_of(crotchets(*TUNE[:5]), knowing(crotchets(*TUNE)).start(0))
    assert echo.moves[[12, 13, 16]].tolist() == [0, 3, 3]
    assert echo.known[[13, 16]].tolist() == [HOLD, strike(63)]
