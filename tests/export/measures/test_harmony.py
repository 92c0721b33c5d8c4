"""Chords, dissonances, keys and endings, each by an example that would tell if it were counted otherwise."""

from __future__ import annotations

import numpy as np
import pytest
from support.made_up import frames_of_chords

from companion.music.key import Key
from companion.music.vocabulary import REST
from export.measures import harmony
from export.measures.tally import Tally

C_MAJOR, A_MINOR = Key(0, minor=False), Key(9, minor=True)
TRIAD = (72, 67, 64, 48)
CLASH = (72, 67, 61, 48)  # C, D flat and G


@pytest.mark.parametrize(
    ("chord", "consonant"),
    [
        (TRIAD, True),
        ((71, 65, 62, 55), True),  # a dominant seventh
        ((72, 65, 62, 55), False),  # G, C, D and F
        ((77, 71, 62, 55), True),
        ((71, 65, 55, 43), True),  # one without its fifth
        ((72, 67, 60, 48), False),  # an open fifth says too little
        ((72, 64, 60, 48), False),  # and so does a third
        ((72, 68, 64, 48), False),  # augmented
        ((71, 65, 62, 59), True),  # diminished
        ((69, 66, 60, 63), True),  # a diminished seventh
        (CLASH, False),
    ],
)
def test_beats_on_a_triad_or_seventh_chord(chord: tuple[int, ...], consonant: bool) -> None:
    assert harmony.consonant_beats(frames_of_chords([chord])) == Tally(int(consonant), 1)


def test_only_beats_count_wherever_they_begin() -> None:
    frames = np.concatenate([frames_of_chords([CLASH], steps=3), frames_of_chords([TRIAD], steps=5)])
    assert harmony.consonant_beats(frames) == Tally(1, 2)
    assert harmony.consonant_beats(frames, first_beat=3) == Tally(2, 2)


def test_silent_beats_do_not_count() -> None:
    frames = frames_of_chords([TRIAD, (0, 0, 0, 0), TRIAD])
    assert harmony.consonant_beats(frames) == Tally(2, 2)


def test_a_dissonance_is_resolved_when_it_lasts_a_beat_at_most() -> None:
    short, long = frames_of_chords([CLASH], 4), frames_of_chords([CLASH], 5)
    rest = frames_of_chords([TRIAD])
    assert harmony.resolved_dissonances(np.concatenate([rest, short, rest, long, rest])) == Tally(1, 2)
    assert harmony.resolved_dissonances(np.concatenate([rest, long])) == Tally(0, 1)


def test_what_belongs_to_some_chord_is_no_dissonance() -> None:
    open_fifth, third, silence = (72, 67, 60, 48), (72, 64, 60, 48), (0, 0, 0, 0)
    assert harmony.resolved_dissonances(frames_of_chords([open_fifth, third, silence, TRIAD])) == Tally(0, 0)


def test_notes_in_key_are_counted_by_the_step() -> None:
    frames = frames_of_chords([(72, 67, 64, 48), (73, 67, 64, 49)])
    assert harmony.notes_in_key(frames, C_MAJOR) == Tally(24, 32)


def test_a_minor_key_has_both_sixths_and_both_sevenths() -> None:
    frames = frames_of_chords([(66, 67, 65, 56), (70, 70, 70, 57)], steps=1)
    assert harmony.notes_in_key(frames, A_MINOR) == Tally(5, 8)


def test_windows_are_whole_and_heard_by_themselves() -> None:
    cadence = [(72, 67, 64, 48), (69, 65, 60, 53), (71, 65, 62, 55), (72, 67, 64, 48)]
    home = frames_of_chords(cadence * 4)
    away = frames_of_chords([tuple(pitch + 6 for pitch in chord) for chord in cadence * 4])
    music = np.concatenate([home, away, home, home[:60]])
    assert harmony.windows_in_key(music, C_MAJOR) == Tally(2, 3)
    assert harmony.windows_in_key(home[:63], C_MAJOR) == Tally(0, 0)


@pytest.mark.parametrize(
    ("last", "triad", "tonic"),
    [
        (TRIAD, 1, 1),
        ((72, 67, 60, 48), 1, 1),  # without a third
        ((71, 67, 62, 55), 1, 0),
        ((71, 65, 62, 55), 0, 0),  # a seventh chord
        ((71, 65, 62, 59), 0, 0),  # diminished
        ((76, 72, 67, 52), 1, 0),  # inverted
    ],
)
def test_the_last_chord(last: tuple[int, ...], triad: int, tonic: int) -> None:
    frames = frames_of_chords([CLASH, last, (0, 0, 0, 0)])
    assert harmony.ends_on_triad(frames) == Tally(triad, 1)
    assert harmony.ends_on_tonic(frames, C_MAJOR) == Tally(tonic, 1)


def test_silence_has_no_last_chord() -> None:
    silence = np.full((8, 4), REST, dtype=np.int32)
    assert harmony.last_chord(silence) is None
    assert harmony.ends_on_triad(silence) == harmony.ends_on_tonic(silence, C_MAJOR) == Tally(0, 1)
