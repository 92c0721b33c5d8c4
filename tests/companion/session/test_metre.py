"""Jams whose beats are no quarters."""

from __future__ import annotations

from typing import Any

import pytest
from support.fakes import Babbler
from support.jamfakes import Jam, Sound

from companion.controls.settings import Settings, VoiceSettings
from companion.generation.improviser import HEARD
from companion.model.library import open_model
from companion.music.bars import Barlines
from companion.music.vocabulary import FIRST_STRIKE, HOLD

HEARD_PLACES = {0, 2, 4, 5}  # of a dotted quarter, in 16ths
JIG = [
    (6 * beat + at, 6 * beat + at + length - 0.2, 72 + step)
    for beat in range(4)
    for at, length, step in ((0, 4, beat), (4, 2, 4))
]


def jam(model: Any, mode: str, metre: tuple[int, int] = (6, 8), **settings: Any) -> Jam:
    return Jam(model, Settings(mode=mode, bars=2, seed=2, **settings), Barlines.of_metre(*metre))


def begun(sounds: list[Sound], beat: int = 6) -> list[int]:
    """Where sounds begin within their beat."""
    return [round(sound.start) % beat for sound in sounds]


@pytest.mark.parametrize("metre", [(6, 8), (9, 8), (12, 8), (3, 8)])
def test_answers_move_in_dotted_beats(metre: tuple[int, int]) -> None:
    playing = jam(open_model("bach"), "continue", metre)
    playing.play(*JIG).to(120)
    places = begun(playing.listener.sounds)
    assert len(places) > 40 and set(places) <= HEARD_PLACES
    assert places.count(0) / len(places) > 0.5


def test_a_response_closes_on_a_bar_and_is_as_long_as_it_should() -> None:
    playing = jam(open_model("bach"), "respond")
    playing.play(*JIG).to(60)
    sounds = playing.listener.sounds
    assert {sound.start for sound in sounds if sound.end == 48} == {36.0}  # the last chord is a bar
    assert min(sound.start for sound in sounds) == 24


def test_the_answer_begins_on_a_dotted_beat() -> None:
    playing = jam(open_model("bach"), "continue")
    playing.play((0, 3.8, 72), (4, 5.8, 74), (6, 9.8, 76)).to(30)
    assert min(sound.start for sound in playing.listener.sounds) % 6 == 0


def test_what_is_played_between_is_heard_on_the_next_step() -> None:
    """A 16th that no model hears stands where it was played, and its harmony on the step after."""
    model = Babbler()
    playing = jam(model, "harmonise")
    playing.play((0, 0.9, 72), (1, 5.8, 74), (6, 11.8, 76)).to(24)
    music = {step: planned.frame for step, (planned, _) in playing.listener.music.items()}
    assert [int(music[step].tokens[0]) >= FIRST_STRIKE for step in range(7)] == [True, True, *[False] * 4, True]
    assert [music[step].pitches[0] for step in range(7)] == [72, 74, 74, 74, 74, 74, 76]
    assert int(music[2].tokens[0]) == HOLD
    assert set(begun(playing.listener.sounds)) <= HEARD_PLACES


@pytest.mark.parametrize("metre", [(5, 8), (7, 8), (6, 8), (7, 16)])
@pytest.mark.parametrize("mode", ["continue", "respond", "harmonise", "duet", "loop"])
def test_every_mode_goes_on(metre: tuple[int, int], mode: str) -> None:
    """With a voice that is locked, closes and undo, in step with the clock."""
    locked = (VoiceSettings(lock=True, channel=1), *(VoiceSettings(channel=number) for number in (2, 3, 4)))
    for voices in (None, locked):
        playing = jam(Babbler(), mode, metre, grid="step", **({} if voices is None else {"voices": voices}))
        playing.play((1, 1.9, 72), (3, 4.9, 74), (5, 8.8, 76)).to(40)
        playing.play((41, 42.9, 72), (43, 47.9, 74)).to(60)
        playing.tell("cadence")
        playing.to(120)
        playing.tell("undo")
        playing.to(140)
        assert sorted(playing.listener.music) == sorted(set(playing.listener.music))
        assert playing.listener.late == []


def test_the_same_calls_give_the_same_music() -> None:
    music = []
    for work in (True, False):
        playing = jam(Babbler(), "continue", (7, 8))
        playing.play(*JIG)
        playing.to(100, work=work)
        music.append([planned.frame.tokens.tolist() for planned, _ in playing.listener.music.values()])
    assert music[0] == music[1]


def test_a_metre_that_changes_is_followed() -> None:
    playing = jam(open_model("bach"), "continue", (4, 4))
    playing.play((0, 3.8, 72), (4, 7.8, 74)).to(31)
    playing.session.barlines = Barlines.of_metre(6, 8, 32)
    playing.to(120)
    later = [sound for sound in playing.listener.sounds if sound.start >= 36]
    assert set(begun([sound._replace(start=sound.start - 32) for sound in later])) <= HEARD_PLACES


def test_another_model_takes_over() -> None:
    playing = jam(open_model("bach"), "continue")
    playing.play((0, 0.9, 72), (1, 5.8, 74), (6, 11.8, 76)).to(26)
    playing.session.set_model(open_model("gru"))
    playing.to(60)
    assert any(planned.origin != HEARD for planned, _ in playing.listener.music.values())
    assert set(begun(playing.listener.sounds)) <= HEARD_PLACES
