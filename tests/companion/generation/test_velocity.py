"""How loud: one rule by name."""

from __future__ import annotations

import pytest

from companion.errors import BadSetting
from companion.generation.velocity import velocity_rule
from companion.music.song import VoiceNote


def played(*voices_and_velocities: tuple[int, int]) -> list[VoiceNote]:
    return [VoiceNote(voice, 0, 1, 60, velocity) for voice, velocity in voices_and_velocities]


def test_as_played() -> None:
    """Each voice by its own mean; a voice that was not played by the mean of all notes."""
    rule = velocity_rule("played", played((0, 90), (0, 101), (3, 40)))
    assert [rule(voice, 5.0, 0) for voice in range(4)] == [96, 77, 77, 40]


def test_as_played_where_nothing_was() -> None:
    assert velocity_rule("played")(2, 0.0, 0) == 80


def test_by_entropy() -> None:
    rule = velocity_rule("entropy")
    assert [rule(0, bits, 0) for bits in (0.0, 1.5, 3.0, 5.6)] == [104, 76, 48, 48]


@pytest.mark.parametrize("number", [1, 64, 127])
def test_by_number(number: int) -> None:
    assert velocity_rule(str(number), played((0, 90)))(0, 2.0, 0) == number


@pytest.mark.parametrize("name", ["0", "128", "-3", "loud", "", "6.5", "1e2", "nan"])
def test_names_there_are_not(name: str) -> None:
    with pytest.raises(BadSetting) as caught:
        velocity_rule(name)
    assert str(caught.value) == f"velocity must be played, entropy or 1..127, not {name!r}"
