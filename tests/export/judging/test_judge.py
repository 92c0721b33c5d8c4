"""What targets are judged with: whose tunes are sung."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.made_up import chorale, piece_of

pytest.importorskip("music21", reason="knows which piece of the corpus each of the CSV set is (extra: train)")

from companion.music.vocabulary import hide_onsets
from export.data.prepare import read_map
from export.judging.judge import as_sung

pytestmark = pytest.mark.train

NAME, IN_CORPUS = next((csv, corpus) for csv, corpus in read_map().items() if csv.startswith("jsb-test"))
CSV = replace(piece_of(NAME, "test", hide_onsets(chorale(1))), onsets_known=False)
TWIN = piece_of(IN_CORPUS, "test", chorale(1))


def test_a_tune_is_sung_with_the_notes_that_it_repeats() -> None:
    (sung,) = as_sung([CSV], [TWIN])
    assert sung == replace(TWIN, name=CSV.name)


@pytest.mark.parametrize(
    "corpus",
    [
        [],
        [replace(TWIN, split="train")],
        [replace(TWIN, first_step=2)],
        [replace(TWIN, onsets_known=False)],
        [replace(TWIN, name="another")],
    ],
    ids=["no corpus", "other part", "off the beat", "no onsets", "another piece"],
)
def test_else_as_the_csv_set_has_it(corpus: list) -> None:  # type: ignore[type-arg]
    assert as_sung([CSV], corpus) == (CSV,)
