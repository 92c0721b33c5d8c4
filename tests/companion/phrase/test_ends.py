"""Whether a phrase is over, by what was sung."""

from __future__ import annotations

import math
from itertools import accumulate

import pytest

from companion.music.bars import Barlines
from companion.music.key import Key
from companion.phrase.character import Sung
from companion.phrase.ends import END_NATS, SURE, LastTone, silence_that_ends

C_MAJOR = Key(0, False)
SONG = "60 62 64 65 67 69 67 65 64 62 60"  # eleven tones in C major


def tone(pitches: str, lengths: str, key: Key | None = C_MAJOR, gate: float = 1.0) -> LastTone:
    """Tones of so many steps each, from a bar line on, in 4/4."""
    steps = [int(length) for length in lengths.split()]
    starts = accumulate(steps[:-1], initial=0)
    line = (
        Sung(start, start + gate * length, int(pitch), 80)
        for start, length, pitch in zip(starts, steps, pitches.split(), strict=True)
    )
    return LastTone(tuple(line), key, Barlines())


def test_every_sign_has_a_weight() -> None:
    assert len(tone(SONG, "4 4 4 4 4 4 4 4 2 2 8").signs(1)) == len(END_NATS)


def test_signs_of_a_tone() -> None:
    told = dict(zip(END_NATS, tone(SONG, "4 4 4 4 4 4 2 2 2 2 8").signs(2), strict=True))
    assert told == {
        "from the start": 1,
        "tonic": 1,
        "fifth": 0,
        "third": 0,
        "no key heard": 0,
        "step down": 1,
        "leap down": 0,
        "leap up": 0,
        "began on a bar line": 1,
        "began on another beat": 0,
        "began on any beat": 1,
        "two bars long": 0,
        "four bars long": 0,
        "doublings of a bar": pytest.approx(math.log2(2.5)),
        "few tones": 0,
        "longer than four bars": 0,
        "doublings of the others' length": pytest.approx(math.log2(2.5)),  # 10 steps after a median of 4
        "beats since it began": 2.5,
        "two beats since it began": 1,
        "quarter notes of silence": 0.5,
        "quarter notes of silence, up to one": 0.5,
    }


def test_a_long_tonic_after_a_falling_line_needs_no_rest_and_a_rising_line_is_waited_for() -> None:
    falls = tone(SONG, "4 4 4 4 2 2 2 2 2 2 4")  # two bars
    rises = tone("60 62 64 60 62 65 67 69", "4 4 4 4 2 2 2 2")
    assert silence_that_ends(falls, 12) == 1
    assert silence_that_ends(rises, 12) > 6


def test_the_longest_silence_ends_every_phrase() -> None:
    first = tone("60", "4")
    assert silence_that_ends(first, 8) == 8
    assert silence_that_ends(first, 2.5) == 2.5


def test_the_longer_nothing_follows_the_likelier_it_is_the_end() -> None:
    after = tone(SONG, "4 4 4 4 4 4 2 2 2 2 2")
    odds = [after.odds(steps) for steps in range(1, 17)]
    assert odds == sorted(odds) and odds[0] < SURE < odds[-1]


def test_a_tone_of_the_key_tells_more_than_one_that_is_not() -> None:
    lengths = "4 4 4 4 4 4 4 4 2 2 8"
    at_home, elsewhere = tone(SONG, lengths), tone(SONG, lengths, Key(6, False))
    assert at_home.odds(1) > elsewhere.odds(1)


def test_a_key_that_nobody_knows_yet_and_a_tone_alone_are_no_faults() -> None:
    assert silence_that_ends(tone("60", "4", key=None), 8) == 8
