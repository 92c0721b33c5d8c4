"""One scenario for each mode: everything that sounds, under a model that says what it is told to.

Notes are (start, end, voice 1..4, pitch), in steps. The player's own key is not among them: it is heard where it is
played.
"""

from __future__ import annotations

import pytest
from fakes import ScriptedModel, sung
from jamfakes import Jam

from companion.controls import Settings
from companion.vocabulary import strike

OPENING = (67, 64, 60, 48)  # to the G that the player begins with
TONIC = (72, 67, 64, 48)
DOMINANT = (71, 67, 62, 43)
UNDER_A = (69, 65, 60, 41)

Chord = tuple[int, int, int, int]
Notes = list[tuple[float, float, int, int]]


def scripted(*chords: tuple[int, Chord]) -> ScriptedModel:
    """Strikes these chords in these frames, counted from the first that is heard, and holds on in between."""
    return ScriptedModel(
        sung({(frame, voice): strike(pitch) for frame, pitches in chords for voice, pitch in enumerate(pitches)})
    )


def held(start: float, end: float, chord: Chord, voices: str = "1234") -> Notes:
    return [(start, end, int(voice), chord[int(voice) - 1]) for voice in voices]


def heard(jam: Jam) -> Notes:
    assert not jam.listener.sounding, "notes are left sounding"
    return jam.listener.notes()


def test_continue_answers_on_the_next_beat_after_the_rest_until_told_to_stop() -> None:
    jam = Jam(scripted((0, OPENING), (8, TONIC), (12, DOMINANT)))
    jam.play((0, 3.7, 67)).to(15)
    jam.tell("stop")
    jam.to(40)
    assert heard(jam) == [*held(8, 12, TONIC), *held(12, 15, DOMINANT)]


def test_continue_is_silent_as_soon_as_it_is_played_over_and_answers_the_new_phrase() -> None:
    jam = Jam(scripted((0, OPENING), (8, TONIC), (16, DOMINANT)))
    jam.play((0, 3.7, 67), (10.1, 12, 72)).to(20)
    jam.tell("stop")
    assert heard(jam) == [*held(8, 10.1, TONIC), *held(16, 20, DOMINANT)]


def test_respond_answers_a_bar_with_a_bar_and_closes_on_its_second_half() -> None:
    jam = Jam(scripted((0, OPENING), (16, TONIC), (20, DOMINANT), (24, TONIC)), Settings(mode="respond", bars=1))
    jam.play((0, 3.7, 67)).to(60)
    assert heard(jam) == [*held(16, 20, TONIC), *held(20, 24, DOMINANT), *held(24, 32, TONIC)]


def test_harmonise_adds_the_other_voices_in_the_same_step_and_falls_silent_with_the_player() -> None:
    jam = Jam(scripted((0, OPENING), (4, UNDER_A)), Settings(mode="harmonise"))
    jam.play((0, 3.9, 67), (3.9, 7.5, 69)).to(30)
    assert heard(jam) == [*held(0, 4, OPENING, "234"), *held(4, 10, UNDER_A, "234")]


def test_harmonise_answers_a_late_key_at_once() -> None:
    jam = Jam(scripted((0, OPENING), (4, UNDER_A)), Settings(mode="harmonise"))
    jam.strike(0.3, 67)
    assert jam.lines == ["now alto 64!", "now tenor 60!", "now bass 48!"]
    jam.release(3.9, 67)
    jam.to(30)
    assert heard(jam)[:3] == held(0.3, 4, OPENING, "234")


def test_duet_plays_around_the_locked_voice() -> None:
    jam = Jam(scripted((0, OPENING), (4, UNDER_A), (8, TONIC)), Settings(mode="duet"))
    jam.tell("voice/lock", 1, 1)
    jam.play((0.9, 3.9, 67), (3.9, 7.5, 69)).to(12)
    jam.tell("stop")
    assert heard(jam) == [
        (0, 1, 1, 67),  # until the voice was locked
        *held(0, 4, OPENING, "234"),
        *held(4, 8, UNDER_A, "234"),
        *held(8, 12, TONIC, "234"),
    ]


def test_loop_repeats_the_last_take_from_bar_line_to_bar_line() -> None:
    jam = Jam(scripted((0, OPENING), (8, TONIC), (12, DOMINANT)))
    jam.play((0, 3.7, 67)).to(15)
    jam.tell("stop")
    jam.listener.sounds.clear()
    jam.tell("mode", "loop")
    jam.to(34)
    jam.tell("stop")
    assert heard(jam) == [
        *held(16, 24, OPENING),  # the phrase, with the voices that were imagined to it
        *held(24, 28, TONIC),
        *held(28, 32, DOMINANT),
        *held(32, 34, OPENING),
    ]


def test_listen_sounds_nothing() -> None:
    jam = Jam(scripted((0, OPENING)), Settings(mode="listen"))
    jam.play((0, 3.7, 67)).to(40)
    assert heard(jam) == []
    assert jam.session.activity == "listening"


@pytest.mark.parametrize("grid", ["step", "beat", "bar"])
@pytest.mark.parametrize("release", [2.6, 3.0, 3.7, 4.0, 7.9])
def test_an_answer_begins_on_the_next_line_of_the_grid_and_never_later(grid: str, release: float) -> None:
    jam = Jam(scripted(*[(frame, TONIC) for frame in range(40)]), Settings(grid=grid))
    jam.play((0, release, 67)).to(40)
    jam.tell("stop")
    over = release + 4
    length = {"step": 1, "beat": 4, "bar": 16}[grid]
    assert min(start for start, *_ in heard(jam)) == -(-over // length) * length


def test_a_cadence_closes_on_a_full_chord_on_a_strong_beat_within_two_bars_and_rests() -> None:
    jam = Jam(scripted((0, OPENING), (8, DOMINANT), *[(frame, TONIC) for frame in range(20, 30)]))
    jam.play((0, 3.7, 67)).to(13)
    jam.tell("cadence")
    jam.to(80)
    last = max(start for start, *_ in heard(jam))
    assert [note for note in heard(jam) if note[0] == last] == held(last, last + 8, TONIC)
    assert last % 8 == 0 and last <= 13 + 32


def test_undo_takes_the_music_back_to_before_the_answer() -> None:
    model = scripted((0, OPENING), (8, TONIC), (12, DOMINANT))
    jam = Jam(model)
    jam.play((0, 3.7, 67)).to(15)
    jam.tell("undo")
    assert not jam.listener.sounding
    jam.to(20)
    jam.tell("go")
    jam.to(23)
    jam.tell("stop")
    assert heard(jam)[-4:] == held(20, 23, TONIC)  # the same frame of the script: the answer was never heard


@pytest.mark.parametrize("before", ["continue", "respond", "harmonise", "duet", "loop", "listen"])
@pytest.mark.parametrize("after", ["continue", "respond", "harmonise", "duet", "loop", "listen"])
def test_no_note_stays_when_the_mode_changes(before: str, after: str) -> None:
    jam = Jam(scripted(*[(frame, (TONIC, DOMINANT)[frame // 4 % 2]) for frame in range(0, 200, 4)]))
    jam.play((0, 3.7, 67)).to(15)
    jam.tell("mode", before)
    jam.play((16.1, 19, 72)).to(21.3)
    jam.tell("mode", after)
    jam.to(30)
    jam.tell("stop")
    assert not jam.listener.sounding
    jam.to(60)
    assert not jam.listener.sounding
    jam.session.halt()
    assert not jam.listener.sounding
