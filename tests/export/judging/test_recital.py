"""What models are asked to play: the right openings, melodies and requests, and dice that are only the seed's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.fakes import Babbler, ScriptedModel, sung, sure
from support.made_up import chorale, piece_of

from companion.controls.settings import Settings
from companion.generation import closes
from companion.generation.improviser import Guidance
from companion.music.key import Key
from companion.music.vocabulary import FIRST_STRIKE, REST, hide_onsets, strike
from companion.sampling.draw import Sampling
from export.data.pieces import Piece
from export.judging import recital
from export.judging.recital import OPENING_STEPS, Programme
from export.measures.passage import Passage
from export.measures.tally import Tally

C_MAJOR = Key(0, minor=False)
TRIAD = (72, 67, 64, 48)
PROGRAMME = Programme(continuations=3, bars=2, melodies=3, cadences=2, seed=5, live=2)


@pytest.fixture
def pieces() -> list[Piece]:
    return [
        piece_of("one", "test", chorale(1)),
        piece_of("two", "test", chorale(2)),
        piece_of("short", "test", chorale(3, 8)),
    ]


def test_pieces_come_in_turn_and_then_in_other_keys(pieces: list[Piece]) -> None:
    rounds = list(recital.in_rounds(pieces, 5))
    assert [name for name, _ in rounds] == ["one-0", "two-0", "one-1", "two-1", "one-2"]
    strikes = rounds[0][1] >= FIRST_STRIKE
    assert np.array_equal(rounds[0][1], pieces[0].frames)
    assert set((rounds[2][1] - rounds[0][1])[strikes].tolist()) == {2}
    assert set((rounds[4][1] - rounds[0][1])[strikes].tolist()) == {-2}


def test_nothing_can_be_played_from_openings_alone(pieces: list[Piece]) -> None:
    with pytest.raises(ValueError, match="no held-out piece is longer than 32 steps"):
        list(recital.in_rounds(pieces[2:], 1))


def test_continuations_begin_with_the_opening_and_are_judged_after_it(pieces: list[Piece]) -> None:
    found = list(recital.continuations(Babbler(), Sampling(), pieces, PROGRAMME))
    assert [passage.name for passage in found] == ["one-0", "two-0", "one-1"]
    for passage in found:
        assert passage.start == OPENING_STEPS
        assert passage.piece.shape == (OPENING_STEPS + 2 * 16, 4)
    assert np.array_equal(found[1].piece[:OPENING_STEPS], pieces[1].frames[:OPENING_STEPS])


def test_melodies_stay_and_nothing_else_of_the_piece_is_told(pieces: list[Piece]) -> None:
    found = list(recital.harmonisations(Babbler(), Sampling(), pieces, PROGRAMME))
    assert np.array_equal(found[0].piece[:, 0], pieces[0].frames[:, 0])
    phrase = recital.melody_of(pieces[0].frames)
    assert phrase.given == (True, False, False, False)
    assert (phrase.frames[:, 1:] == REST).all()


def test_the_same_seed_plays_the_same_and_another_another(pieces: list[Piece]) -> None:
    def played(seed: int) -> list[bytes]:
        programme = Programme(2, 1, 0, 0, seed)
        passages: list[Passage] = list(recital.continuations(Babbler(), Sampling(), pieces, programme))
        return [passage.piece.tobytes() for passage in passages]

    assert played(1) == played(1)
    assert all(first != second for first, second in zip(played(1), played(2), strict=True))


def test_everything_that_is_played_is_told(pieces: list[Piece]) -> None:
    told: list[None] = []
    played = recital.play(Babbler(), Settings(model="babbler"), pieces, PROGRAMME, lambda: told.append(None))
    assert len(told) == PROGRAMME.total == 10
    assert (len(played.continuations), len(played.harmonisations), played.cadences.among) == (3, 3, 2)
    assert [passage.name for passage in played.live] == [passage.name for passage in played.harmonisations[:2]]


def test_a_short_look_is_so_many_of_everything() -> None:
    short = replace(PROGRAMME, phrases=100, tunes=24, gaps=77).of_pieces(4)
    assert short == Programme(4, 2, 4, 4, 5, live=2, phrases=4, tunes=4, gaps=4)


@pytest.mark.parametrize(
    ("request_step", "close"),
    [
        (33, 40),  # steps up to 35 are committed; four more must lie before the close
        (34, 48),
        (41, 48),
        (42, 56),
    ],
)
def test_a_close_comes_on_the_next_strong_beat_that_is_in_reach(request_step: int, close: int) -> None:
    model = ScriptedModel(sung({}, default=strike(60)))
    last = recital.close_on_request(model, chorale(1)[:OPENING_STEPS], guidance(), 0, request_step)
    assert last.step == close


def guidance() -> Guidance:
    return Guidance(Sampling(), C_MAJOR, 1, frozenset())


def singer(chord: tuple[int, ...]) -> ScriptedModel:
    """Sings one chord, always."""
    return ScriptedModel(lambda frame, voice: sure(strike(chord[voice])))


@pytest.mark.parametrize(
    ("chord", "good"), [(TRIAD, True), ((72, 64, 60, 48), False), ((71, 65, 62, 55), False), ((73, 68, 65, 49), False)]
)
def test_a_good_close_is_a_full_triad_of_the_key(chord: tuple[int, ...], good: bool) -> None:
    opening = hide_onsets(np.tile(np.array([strike(p) for p in TRIAD], dtype=np.int32), (OPENING_STEPS, 1)))
    close = recital.close_on_request(singer(TRIAD), opening, guidance(), 0, 40)
    last = replace(close, frame=replace(close.frame, pitches=chord))
    assert recital.is_good_close(last, 40, C_MAJOR) is good
    assert not recital.is_good_close(last, last.step - 33, C_MAJOR)  # too late


def test_good_closes_are_counted(pieces: list[Piece], monkeypatch: pytest.MonkeyPatch) -> None:
    """Here of a model that sings no triad and is not made to."""
    monkeypatch.setattr(closes, "closing_rules", lambda _: ())
    told: list[None] = []
    found = recital.cadences(singer((73, 68, 66, 49)), Sampling(), pieces, PROGRAMME, lambda: told.append(None))
    assert (found, len(told)) == (Tally(0, 2), 2)
