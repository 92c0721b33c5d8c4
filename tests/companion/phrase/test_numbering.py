"""Bars by number: pickups, metres that change, and what is no bar of the piece."""

from __future__ import annotations

import pytest

from companion.errors import BadSetting
from companion.music.song import Metre, Song, SongNote
from companion.phrase.numbering import Numbering, numbered
from companion.phrase.seed import Phrase, phrase_of_song


def piece(start: float, end: float, *metres: tuple[float, int, int]) -> Phrase:
    """A line of quarters from beat to beat."""
    beats = [start + number for number in range(int(end - start))]
    notes = [SongNote(round(beat * 96), round((beat + 1) * 96), 67, 70, 0, 0) for beat in beats]
    changes = tuple(Metre(round(beat * 96), *metre) for beat, *metre in metres)
    return phrase_of_song(Song(tuple(notes), 96, metres=changes))


@pytest.mark.parametrize(
    ("phrase", "first", "lines"),
    [
        pytest.param(piece(0, 8), 1, (0, 16, 32), id="nothing said is 4/4"),
        pytest.param(piece(0, 9, (0, 3, 4)), 1, (0, 12, 24, 36), id="3/4"),
        pytest.param(piece(0, 6), 1, (0, 16, 32), id="the last bar is not full"),
        pytest.param(piece(3, 12), 0, (-12, 4, 20, 36), id="a pickup after rests"),
        pytest.param(piece(1, 12), 1, (-4, 12, 28, 44), id="a rest of less than half a bar"),
        pytest.param(piece(0, 9, (0, 1, 4), (1, 4, 4)), 0, (-12, 4, 20, 36), id="a pickup in a bar of its own"),
        pytest.param(piece(0, 11, (0, 2, 4), (2, 3, 4)), 0, (-4, 8, 20, 32, 44), id="a long one"),
        pytest.param(piece(8, 16), 3, (0, 16, 32), id="two bars of rest"),
        pytest.param(piece(0, 10, (0, 4, 4), (4, 3, 4)), 1, (0, 16, 28, 40), id="a metre that changes"),
        pytest.param(piece(0, 6, (0, 6, 8)), 1, (0, 8, 16), id="6/8 has two beats"),
    ],
)
def test_bars_begin_where_musicians_say(phrase: Phrase, first: int, lines: tuple[int, ...]) -> None:
    assert numbered(phrase) == Numbering(first, lines)


def test_frames_of_bars_begin_with_the_first_note() -> None:
    numbering = numbered(piece(3, 12))
    assert [numbering.frames(0, 0), numbering.frames(1, 1), numbering.frames(0, 2)] == [(0, 4), (4, 20), (0, 36)]


@pytest.mark.parametrize(("text", "bars"), [("5", (5, 5)), ("5-8", (5, 8)), (" 1 - 1 ", (1, 1)), ("05-8", (5, 8))])
def test_bars_that_are_asked_for(text: str, bars: tuple[int, int]) -> None:
    assert Numbering(1, tuple(range(0, 16 * 13, 16))).asked(text) == bars


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("13", "the piece has bars 1 to 12, not 13"),
        ("0-4", "the piece has bars 1 to 12, not 0-4"),
        ("9-20", "the piece has bars 1 to 12, not 9-20"),
        ("8-5", "bars 8-5 end before they begin; say 5-8"),
        ("", "bars must be a number or two, as in 5 or 5-8, not ''"),
        ("-3", "bars must be a number or two, as in 5 or 5-8, not '-3'"),
        ("5-", "bars must be a number or two, as in 5 or 5-8, not '5-'"),
        ("1e3", "bars must be a number or two, as in 5 or 5-8, not '1e3'"),
        ("٣", "bars must be a number or two, as in 5 or 5-8, not '٣'"),
        ("9" * 5000, "bars must be a number or two, as in 5 or 5-8, not "),
    ],
)
def test_what_is_no_bar_of_the_piece(text: str, complaint: str) -> None:
    with pytest.raises(BadSetting) as refused:
        Numbering(1, tuple(range(0, 16 * 13, 16))).asked(text)
    assert str(refused.value).startswith(complaint)
    assert len(str(refused.value)) < 200


def test_a_pickup_is_said_to_be_bar_0() -> None:
    with pytest.raises(BadSetting, match=r"^the piece has bars 0 to 2; bar 0 is the pickup, not 7$"):
        numbered(piece(3, 12)).asked("7")
    with pytest.raises(BadSetting, match=r"^the piece has bar 1 alone, not 2$"):
        numbered(piece(0, 4)).asked("2")
