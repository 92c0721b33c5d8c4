"""Onsets in the dotted beat, by tunes that are known and a model that babbles."""

from __future__ import annotations

import numpy as np
from support.fakes import Babbler
from support.made_up import frames_of_chords

from companion.controls.settings import Settings
from companion.music.vocabulary import FIRST_STRIKE, Note
from companion.phrase.seed import phrase_of_song
from export.data.folksongs import Tune
from export.judging import metre
from export.judging.metre import MetreKept

JIG = Tune("jig", "6/8", 12, 10, (Note(0, 0, 67, 2), *(Note(2 + 6 * at, 0, 72 - at % 3, 6) for at in range(8))))


def test_onsets_are_counted_by_their_place_in_the_dotted_beat() -> None:
    frames = frames_of_chords([(72, 67, 64, 48), (74, 67, 65, 47), (72, 67, 64, 48)], steps=4)
    begun = [(int(voice), 4 + int(step)) for step, voice in np.argwhere(frames >= FIRST_STRIKE)]
    added, tune = metre.onsets(begun)
    assert tune.tolist() == [1, 0, 1, 0, 1, 0]  # struck at 4, 8 and 12
    assert added.tolist() == [2, 0, 2, 0, 3, 0]  # the alto's G is held


def test_the_tune_stands_in_its_bar_in_files_and_live() -> None:
    phrase = phrase_of_song(metre.tune_song(JIG), 0)
    assert (phrase.bar_steps, phrase.end_place) == (8, 0)  # two beats of four steps each
    told: list[None] = []
    found = metre.keep_metre(Babbler(), "b", Settings(model="babbler"), [JIG], lambda: told.append(None))  # type: ignore[arg-type]
    assert [one.name for one in found] == ["b harmonises", "b harmonises live"]
    assert [one.tune.tolist() for one in found] == [[8, 0, 0, 0, 1, 0]] * 2
    assert len(told) == 2


def test_shares_are_of_all_onsets_of_added_voices() -> None:
    kept = MetreKept("b", np.array([6, 1, 2, 0, 1, 0], np.int32), np.array([3, 0, 0, 0, 1, 0], np.int32))
    assert metre.describe_metre([kept])[2:] == [
        "| b, added voices | 60.0 % | 20.0 % | 10.0 % | 10.0 % |",
        "| the tunes | 75.0 % | 0.0 % | 25.0 % | 0.0 % |",
    ]
    assert metre.metre_as_dict([kept]) == {"b": {"0": 0.6, "⅓": 0.2, "⅔": 0.1}}
