"""Which tones upper voices share: what is missing is welcome, what is there already less so."""

from __future__ import annotations

import numpy as np
import pytest

from companion.harmony.chords import NO_TONE, QUALITIES
from companion.harmony.doubling import DEALT, DEALT_NUMBER, TONES, UPPER, Dealt, completing
from companion.harmony.progressions import tables
from companion.model.codes import INVERSIONS

ROOT, THIRD, FIFTH = 0, 1, 2
MAJOR, MINOR, DOMINANT_SEVENTH = 0, 1, 3


def nothing_counted() -> np.ndarray:
    return np.zeros((len(QUALITIES), INVERSIONS, len(DEALT)))


def won(table: np.ndarray, sung: Dealt, quality: int = MAJOR, inversion: int = 0) -> list[float]:
    """Nats of each tone, where so much is sung already."""
    return table[quality, inversion, DEALT_NUMBER[sung]].tolist()


def test_every_way_to_deal_has_its_number() -> None:
    assert len(DEALT) == len(set(DEALT)) == len(DEALT_NUMBER)
    assert [DEALT[DEALT_NUMBER[dealt]] for dealt in DEALT] == list(DEALT)
    assert all(list(dealt) == sorted(dealt) and len(dealt) <= UPPER for dealt in DEALT)
    assert len([dealt for dealt in DEALT if len(dealt) == UPPER]) == 35  # multisets of three among five


@pytest.mark.parametrize("table", [completing(nothing_counted()), tables().completing])
def test_shape_and_what_is_whole_has_nothing_to_win(table: np.ndarray) -> None:
    assert table.shape == (len(QUALITIES), INVERSIONS, len(DEALT), TONES)
    assert np.isfinite(table).all() and np.abs(table).max() <= 4
    for number, dealt in enumerate(DEALT):
        if len(dealt) in {0, UPPER}:
            np.testing.assert_allclose(table[:, :, number], 0, atol=1e-6)


def test_where_nothing_was_counted_no_tone_of_the_chord_is_better_than_another() -> None:
    tones = won(completing(nothing_counted()), (ROOT,))[:NO_TONE]
    assert max(tones) - min(tones) < 1e-9


def test_what_was_counted_wins() -> None:
    counts = nothing_counted()
    counts[MAJOR, 0, DEALT_NUMBER[ROOT, THIRD, FIFTH]] = 100
    table = completing(counts)
    for sung, missing in (((ROOT, THIRD), FIFTH), ((ROOT, FIFTH), THIRD), ((THIRD, FIFTH), ROOT)):
        nats = won(table, sung)
        assert int(np.argmax(nats)) == missing
        assert all(nats[tone] < 0 for tone in sung)
    other = won(table, (ROOT, THIRD), quality=MINOR)
    assert max(other[:NO_TONE]) - min(other[:NO_TONE]) < 1e-9  # only in chords of that quality


@pytest.mark.parametrize("quality", [MAJOR, MINOR])
class TestAsBachDoes:
    def test_a_third_is_not_left_out(self, quality: int) -> None:
        nats = won(tables().completing, (ROOT, FIFTH), quality)
        assert int(np.argmax(nats)) == THIRD and nats[THIRD] > 0.5

    def test_a_third_is_not_doubled_in_root_position(self, quality: int) -> None:
        nats = won(tables().completing, (THIRD,), quality)
        assert nats[THIRD] < min(nats[ROOT], nats[FIFTH]) and nats[THIRD] < -0.3


def test_a_seventh_is_never_doubled() -> None:
    nats = won(tables().completing, (3,), DOMINANT_SEVENTH)
    assert int(np.argmin(nats[:NO_TONE])) == 3
