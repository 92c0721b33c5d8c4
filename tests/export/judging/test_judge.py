"""What targets are judged with: whose tunes are sung."""

from __future__ import annotations

import numpy as np
import pytest
from support.harmonies import alone, tune_of
from support.made_up import piece_of

pytest.importorskip("music21", reason="knows which piece of the corpus each of the CSV set is (extra: train)")

from companion.music.vocabulary import FIRST_STRIKE, IntArray, hide_onsets
from export.data.pieces import Piece
from export.data.prepare import read_map
from export.judging.judge import as_sung

pytestmark = pytest.mark.train

NAME, IN_CORPUS = next((csv, corpus) for csv, corpus in read_map().items() if csv.startswith("jsb-test"))
TUNE = tune_of([(67, 1), (67, 1), (69, 1), (71, 1), (71, 1), (71, 1), (69, 1), (67, 1), (66, 1), (67, 3)])
REPEATED = [4, 16, 20]


def piece_with(tune: IntArray, name: str = NAME) -> Piece:
    return piece_of(name, "test", alone(tune))


CSV = piece_with(hide_onsets(alone(TUNE))[:, 0])


def test_a_tune_is_sung_with_the_notes_that_it_repeats() -> None:
    """Though its twin begins elsewhere and is in another key."""
    rest = np.zeros(12, dtype=np.int32)
    higher = np.where(TUNE >= FIRST_STRIKE, TUNE + 3, TUNE)
    (sung,) = as_sung([CSV], [piece_with(np.concatenate([rest, higher]), IN_CORPUS)])
    assert sung.frames[:, 0].tolist() == TUNE.tolist()
    assert np.flatnonzero(sung.frames[:, 0] != CSV.frames[:, 0]).tolist() == REPEATED
    assert (sung.name, sung.split) == (CSV.name, CSV.split)


def test_where_the_two_do_not_go_alike_for_long_it_stays() -> None:
    other = TUNE.copy()
    other[:28:4] += [0, 1, 0, 1, 0, 1, 0]
    (sung,) = as_sung([CSV], [piece_with(other, IN_CORPUS)])
    assert np.array_equal(sung.frames, CSV.frames)


@pytest.mark.parametrize("corpus", [[], [piece_with(TUNE, "another")]], ids=["no corpus", "another piece"])
def test_without_its_twin_too(corpus: list[Piece]) -> None:
    assert as_sung([CSV], corpus) == (CSV,)
