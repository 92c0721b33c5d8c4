"""The beats of metres."""

from __future__ import annotations

import pytest

from companion.music.beats import DOTTED, QUARTER, Beat, beats_of


@pytest.mark.parametrize(
    ("metre", "beats"),
    [
        ((4, 4), [QUARTER] * 4),
        ((3, 4), [QUARTER] * 3),
        ((2, 2), [QUARTER] * 4),
        ((6, 4), [QUARTER] * 6),
        ((8, 8), [QUARTER] * 4),
        ((3, 8), [DOTTED]),
        ((6, 8), [DOTTED] * 2),
        ((9, 8), [DOTTED] * 3),
        ((12, 8), [DOTTED] * 4),
        ((6, 16), [Beat(0.75, in_three=True)] * 2),
        ((5, 8), [DOTTED, QUARTER]),
        ((7, 8), [QUARTER, QUARTER, DOTTED]),
        ((1, 8), [Beat(0.5)]),
        ((7, 16), [QUARTER, Beat(0.75)]),
        ((1, 64), [QUARTER]),  # no beat is as short as that
    ],
)
def test_beats(metre: tuple[int, int], beats: list[Beat]) -> None:
    assert list(beats_of(*metre)) == beats


@pytest.mark.parametrize("unit", [1, 2, 4, 8, 16, 32, 64])
def test_a_bar_is_as_long_as_its_beats(unit: int) -> None:
    for beats in range(1, 33):
        if 4 * beats / unit >= 0.5:
            assert sum(beat.quarters for beat in beats_of(beats, unit)) == pytest.approx(4 * beats / unit)


@pytest.mark.parametrize(
    ("eighths", "strong", "lengths"),
    [(5, {0, 2}, [1, 1.5]), (5, {0, 3}, [1.5, 1]), (7, {0, 3, 5}, [1.5, 1, 1]), (7, {0, 2, 5}, [1, 1.5, 1])],
)
def test_unequal_beats_lie_where_most_speaks_for_them(eighths: int, strong: set[int], lengths: list[float]) -> None:
    assert [beat.quarters for beat in beats_of(eighths, 8, lambda place: place in strong)] == lengths
