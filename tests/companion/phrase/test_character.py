"""What a phrase is like, whether a file holds it or hands play it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from companion.controls.settings import Settings
from companion.music.bars import Barlines
from companion.music.song import Metre, Song, SongNote
from companion.phrase.character import Character, HeadNote, Sung, character_of, head_start_of, skyline
from companion.phrase.seed import Phrase, phrase_of_song
from companion.session.hearing import Hearing

SCALE = (60, 62, 64, 65, 67, 69, 71, 72)


def evenly(steps: float, gate: float = 1.0, velocities: Sequence[int] = (80,) * 8, first: float = 0.0) -> list[Sung]:
    starts = [first + steps * number for number in range(8)]
    return [Sung(start, start + steps * gate, *note) for start, *note in zip(starts, SCALE, velocities, strict=True)]


def character(notes: Sequence[Sung]) -> Character:
    return Character.of(notes, 0, notes[0].start)


def phrase_of(notes: Sequence[Sung], metre: tuple[int, int] = (4, 4)) -> Phrase:
    written = [SongNote(round(n.start * 120), round(n.end * 120), n.pitch, n.velocity, 0, 0) for n in notes]
    return phrase_of_song(Song(tuple(written), 480, (), (Metre(0, *metre),), ("",), written[-1].end_tick))


@pytest.mark.parametrize("steps", [1, 2, 4, 8])
def test_its_pace(steps: int) -> None:
    assert character(evenly(steps)).pace == 1 / steps


def test_its_pace_with_rests_is_that_of_all_of_it() -> None:
    assert character([*evenly(2), *evenly(2, first=32)]).pace == 1 / 3


def test_its_height_is_by_length_and_as_a_model_hears_it() -> None:
    assert character([Sung(0, 6, 60, 80), Sung(6, 8, 72, 80)]).centre == 63
    assert Character.of([Sung(0, 4, 36, 80)], 0, 0).centre == 60  # out of the soprano's range


@pytest.mark.parametrize(("gate", "heard"), [(1.0, 1.0), (0.9, 1.0), (0.5, 0.5), (0.25, 0.25)])
def test_its_touch(gate: float, heard: float) -> None:
    found = character(evenly(4, gate))
    assert (found.spacing, found.gate) == (4.0, heard)


def test_rests_are_no_touch() -> None:
    assert character([Sung(start, start + 4, 60, 80) for start in (0, 16, 32, 48)]).gate == 1.0


@pytest.mark.parametrize(
    ("velocities", "swell"),
    [
        ((80,) * 8, 0),
        ((78, 82, 79, 83, 80, 78, 84, 80), 0),  # a hand
        (tuple(range(50, 90, 5)), 35),
        (tuple(range(90, 50, -5)), -35),
        (tuple(range(1, 121, 15)), 48),  # as far as is answered
    ],
)
def test_its_swell(velocities: Sequence[int], swell: float) -> None:
    assert character(evenly(4, velocities=velocities)).swell == pytest.approx(swell)


def test_its_motif() -> None:
    notes = [Sung(0, 4, 67, 80), Sung(4, 6, 72, 80), Sung(6, 8, 71, 80), Sung(8, 16, 67, 80), Sung(16, 20, 60, 80)]
    assert character(notes).head == (HeadNote(0, 0), HeadNote(4, 5), HeadNote(6, -1), HeadNote(8, -4))
    assert character(notes[:2]).head == ()  # two notes are none


@pytest.mark.parametrize(
    ("start", "place", "begins"),
    [
        (0, 0, 0),
        (12, 12, 16),  # a pickup of a beat: the motif begins after it
        (6, 6, 4),  # most of a bar is no pickup
        (18, 2, 16),
    ],
)
def test_where_its_motif_begins(start: int, place: int, begins: int) -> None:
    assert head_start_of(start, place, 16) == begins


def test_what_leads_is_above() -> None:
    melody = evenly(4)
    chords = [Sung(start, start + 8, pitch, 80) for start in (0, 8, 16) for pitch in (48, 55)]
    assert skyline([*chords, *melody]) == melody


def test_legato_hides_nothing() -> None:
    falling = [Sung(0, 4.3, 72, 80), Sung(4, 8.3, 71, 80), Sung(8, 12, 69, 80)]
    assert skyline(falling) == falling


def test_of_a_long_phrase_the_end_counts_but_for_its_motif() -> None:
    slow = [Sung(start, start + 4, 60, 80) for start in range(0, 128, 4)]
    quick = [Sung(start, start + 1, 70, 80) for start in range(128, 256)]
    found = character([*slow, *quick])
    assert (found.pace, found.centre, found.head[1].at) == (1.0, 70.0, 4)


@pytest.mark.parametrize("gate", [1.0, 0.5])
def test_a_file_and_a_hand_are_of_the_same_character(gate: float) -> None:
    notes = evenly(2, gate, tuple(range(50, 90, 5)))
    in_a_file = character_of(phrase_of(notes))
    hearing = Hearing()
    for note in notes:
        press = hearing.capture.press(round(note.start), note.pitch, note.velocity, 0)
        press.end = note.end
    assert hearing.character(Barlines()) == in_a_file
    assert in_a_file is not None and in_a_file.voice == 0 and len(in_a_file.head) == 8


def test_of_channels_the_highest_voice_leads() -> None:
    hearing = Hearing(by_channel=True)
    for step, channel in ((0, 1), (0, 3), (4, 1), (4, 3)):
        hearing.capture.press(step, 60 - 5 * channel, 80, channel)
    found = hearing.character(Barlines())
    assert found is not None and (found.voice, found.centre) == (1, 55.0)


def test_before_the_first_phrase_there_is_none() -> None:
    assert Hearing().character(Barlines()) is None
    assert Settings().follow > 0
