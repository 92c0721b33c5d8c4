"""Where the music has been before."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import fields

import numpy as np
from hypothesis import given
from support.fakes import canonical_frames

from companion.model.codes import LONGEST_PAST, UNDECIDED
from companion.model.echoes import Past, echoes_of
from companion.model.features import ECHO_FEATURES, FeatureRow, History, Place, known_before
from companion.model.told import Echo
from companion.music.vocabulary import HOLD, REST, IntArray, sounding_pitches, strike, transpose

CHORDS = np.array([[strike(bass + up) for up in (28, 19, 12, 0)] for bass in range(40, 48)], dtype=np.int32)


def in_crotchets(*chords: int) -> IntArray:
    """Chords of CHORDS by number, four steps each."""
    frames = np.full((4 * len(chords), 4), HOLD, dtype=np.int32)
    frames[::4] = CHORDS[list(chords)]
    return frames


def naive_likest(pitches: IntArray) -> tuple[int | None, int]:
    """The frame that is most like the one to come after ``pitches``, the latest one, and how much was alike."""
    now = len(pitches)
    best, found = 0, None
    for then in range(now - 4, 0, -4):
        alike = 0
        for back in range(1, then + 1):
            if (pitches[now - back] != pitches[then - back]).any():
                break
            alike += bool((pitches[now - back - 1] != pitches[now - back]).any())
        if alike > best:
            best, found = alike, then
    return found, best


def naive_echo(frames: IntArray) -> Echo:
    """Before the frame after ``frames``, from the definition."""
    pitches = sounding_pitches(frames)
    there, chords = naive_likest(pitches)
    tune_there, notes = naive_likest(pitches[:, :1])
    nowhere = Echo.none()
    return Echo(
        nowhere.tokens if there is None else frames[there],
        np.array(chords),
        nowhere.tune if tune_there is None else frames[tune_there, 0],
        np.array(notes),
        nowhere.known,
        nowhere.moves,
    )


def listed(echo: Echo) -> list[object]:
    return [echo.tokens.tolist(), int(echo.chords), int(echo.tune), int(echo.notes)]


class TestEchoes:
    def test_nothing_was_before(self) -> None:
        assert listed(Past().echo()) == [[UNDECIDED] * 4, 0, UNDECIDED, 0]

    def test_a_phrase_comes_again(self) -> None:
        """Of the chord that sounds only the coming counts: what was before it may be another thing."""
        frames = in_crotchets(0, 1, 2, 3, 0, 1, 2, 4)
        echo = echoes_of(frames)
        assert echo.chords[16:].tolist() == [0, *([1] * 4), *([2] * 4), *([3] * 4), 0, 0, 0]

    def test_what_came_there(self) -> None:
        echo = echoes_of(in_crotchets(0, 1, 2, 3, 0, 1, 2, 4))
        np.testing.assert_array_equal(echo.tokens[28], CHORDS[3])
        np.testing.assert_array_equal(echo.tokens[29], np.full(4, UNDECIDED))  # the new chord was never heard

    def test_the_latest_of_two(self) -> None:
        echo = echoes_of(in_crotchets(0, 1, 2, 5, 0, 1, 3, 5, 0, 1, 4))
        np.testing.assert_array_equal(echo.tokens[40], CHORDS[3])

    def test_the_longer_of_two(self) -> None:
        echo = echoes_of(in_crotchets(6, 0, 1, 2, 5, 0, 1, 3, 6, 0, 1, 4))
        np.testing.assert_array_equal(echo.tokens[44], CHORDS[2])

    def test_another_place_in_the_beat_is_another_thing(self) -> None:
        frames = np.concatenate([in_crotchets(0, 1, 2, 3), in_crotchets(5)[:2], in_crotchets(0, 1, 2, 4)])
        assert echoes_of(frames).chords.max() == 1  # a chord alone, of which it hears no more than its last half

    def test_the_tune_alone(self) -> None:
        """Under another harmony it is still heard as the same tune."""
        frames = in_crotchets(0, 1, 2, 3, 0, 1, 2, 4)
        frames[16:, 1:] = transpose(frames[16:, 1:], -1)
        echo = echoes_of(frames)
        assert (echo.chords[28], echo.notes[28], echo.tune[28]) == (0, 3, CHORDS[3, 0])

    def test_moved_with_the_music(self) -> None:
        frames = in_crotchets(0, 1, 2, 3, 0, 1, 2, 4)
        echo, moved = echoes_of(frames), echoes_of(transpose(frames, 3))
        np.testing.assert_array_equal(moved.chords, echo.chords)
        np.testing.assert_array_equal(moved.tokens, transpose(echo.tokens, 3))
        np.testing.assert_array_equal(moved.tune, transpose(echo.tune, 3))

    def test_a_hold_and_a_strike_sound_alike(self) -> None:
        frames = in_crotchets(0, 1, 2, 3, 0, 1, 2, 4)
        again = frames.copy()
        again[18] = CHORDS[0]
        np.testing.assert_array_equal(echoes_of(again).chords, echoes_of(frames).chords)

    @given(canonical_frames(most=40))
    def test_as_defined(self, frames: IntArray) -> None:
        echo = echoes_of(frames)
        for step in range(len(frames)):
            here = Echo(*(getattr(echo, each.name)[step] for each in fields(Echo)))
            assert listed(here) == listed(naive_echo(frames[:step]))


class TestPast:
    def test_it_forgets(self) -> None:
        """A night-long jam weighs no more than its last bars."""
        past, history = Past(), History()
        silence = [[REST] * 4] * (LONGEST_PAST + 5)
        for frame in [*in_crotchets(0, 1).tolist(), *silence]:
            history = history.advance(frame)
            past = past.advance(frame, history)
        assert [len(row) for row in (past.tokens, past.chords, past.tune)] == [4 * LONGEST_PAST, *[LONGEST_PAST] * 2]
        assert past.echo().chords == 0

    def test_what_goes_round_for_long_is_told_as_far_as_the_model_reads(self) -> None:
        """More chords alike than are remembered: the row of ids stays within its tables."""
        past, history = Past(), History()
        for frame in np.tile(in_crotchets(0, 3), (LONGEST_PAST // 2 + 8, 1)).tolist():
            history = history.advance(frame)
            past = past.advance(frame, history)
        echo = past.echo()
        assert (int(echo.chords), int(echo.notes)) == (LONGEST_PAST, LONGEST_PAST)
        row = FeatureRow(sorted(ECHO_FEATURES | {"voice"}))
        ids = row.ids(known_before(history, Place.of(np.array(0), None, echo=echo)), 1)
        limits = np.append(row.offsets[1:], row.rows)
        assert ((row.offsets <= ids) & (ids < limits)).all()

    def test_a_past_is_kept_as_it_was(self) -> None:
        """It is a value: going on from it in two ways, any number of frames, changes nothing of it."""
        some, history, past = in_crotchets(0, 1, 2, 0, 1).tolist(), History(), Past()
        for frame in some:
            history = history.advance(frame)
            past = past.advance(frame, history)
        kept = deepcopy(past)
        for ways_on in (some, some[::-1]):
            later, then = past, history
            for frame in ways_on:
                then = then.advance(frame)
                later = later.advance(frame, then)
        assert past == kept
