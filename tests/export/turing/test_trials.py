"""What is heard: Bach's music and a model's, alike in all but who made them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from support.blind import PLAN, held_out, one, trials
from support.fakes import Babbler
from support.made_up import chorale, piece_of

from companion.controls.settings import Settings
from companion.music.vocabulary import FIRST_STRIKE, IntArray, excerpt, hide_onsets, sounding_pitches, strike
from export.turing.places import PhraseStart
from export.turing.trials import (
    BY_BACH,
    BY_PROGRAM,
    CONTINUATIONS,
    HARMONISATIONS,
    BlindPlan,
    Trial,
    find_places,
    play_trials,
)

AUTHORS_OF_ALL = [(BY_BACH,), (BY_PROGRAM,)] * 2 + [(BY_BACH, BY_PROGRAM)] * 2


def played(plan: BlindPlan = PLAN) -> list[Trial]:
    return play_trials({"babbler": Babbler()}, find_places(held_out(), plan, 1), plan)


def music(trial: Trial) -> list[IntArray]:
    return [heard.frames for heard in trial.excerpts]


def test_continuations_come_with_counterparts_and_harmonisations_in_pairs() -> None:
    found = trials()
    assert [trial.part for trial in found] == [CONTINUATIONS] * 4 + [HARMONISATIONS] * 2
    assert [tuple(heard.author for heard in trial.excerpts) for trial in found] == AUTHORS_OF_ALL
    assert {trial.model for trial in found} == {"babbler"}
    places = [trial.place for trial in found]
    assert [places[at] is places[at + 1] for at in (0, 2)] == [True, True]
    assert len({place.piece.name for place in places}) == 4


def test_every_excerpt_is_equally_long_strikes_at_once_and_holds_what_is_repeated() -> None:
    for frames in (frames for trial in trials() for frames in music(trial)):
        assert frames.shape == (PLAN.steps, 4)
        assert np.array_equal(frames, hide_onsets(frames))
        assert np.array_equal(frames[0] >= FIRST_STRIKE, sounding_pitches(frames)[0] > 0)


def test_bachs_are_his_own_bars_from_the_place_on() -> None:
    for trial in trials():
        for heard in (heard for heard in trial.excerpts if heard.author == BY_BACH):
            expected = excerpt(hide_onsets(trial.place.piece.frames), trial.place.start, PLAN.steps)
            assert np.array_equal(heard.frames, expected)


def test_pairs_share_their_soprano_and_nothing_else() -> None:
    for bachs, programs in (music(trial) for trial in trials() if trial.part == HARMONISATIONS):
        assert np.array_equal(bachs[:, 0], programs[:, 0])
        assert not np.array_equal(bachs[:, 1:], programs[:, 1:])


def test_a_model_hears_what_is_before_the_place_and_nothing_after_it() -> None:
    """Two pieces that differ only after the place are continued alike; that differ before it, otherwise."""
    plan = replace(PLAN, excerpts=1)
    same, other = one(1), one(1).frames.copy()
    other[64:] = chorale(2, 48)[64:]
    early = one(1).frames.copy()
    early[32:36, 3] = strike(50)

    def continued(frames: IntArray) -> IntArray:
        places = [PhraseStart(piece_of("x", "test", frames), 64), PhraseStart(one(3), 32)]
        return music(play_trials({"babbler": Babbler()}, places, plan)[1])[0]

    assert np.array_equal(continued(same.frames), continued(other))
    assert not np.array_equal(continued(same.frames), continued(early))


def test_the_same_settings_give_the_same_music_and_another_seed_another() -> None:
    once, again = played(), played()
    assert all(
        np.array_equal(one, two)
        for a, b in zip(once, again, strict=True)
        for one, two in zip(*map(music, (a, b)), strict=True)
    )
    elsewhere = played(replace(PLAN, settings=Settings(seed=2)))
    assert [trial.place.piece.name for trial in once] != [trial.place.piece.name for trial in elsewhere]


def test_every_model_has_places_of_its_own() -> None:
    plan = replace(PLAN, excerpts=1)
    places = find_places(held_out(), plan, 2)
    told: list[int] = []
    found = play_trials({"a": Babbler(), "b": Babbler()}, places, plan, lambda done, total=None: told.append(done))
    assert [trial.model for trial in found] == ["a", "a", "a", "b", "b", "b"]
    assert len({trial.place.piece.name for trial in found}) == 4
    assert told == [1, 2, 3, 4]
