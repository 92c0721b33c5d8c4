"""Two bars torn out and made anew: edges counted, columns described, Bach joined better than without looking."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from support.fakes import Babbler
from support.made_up import chorale, frames_of_chords, piece_of

from companion.controls.settings import Settings
from companion.generation.gap import ALL_MEANS, UNSEEING
from companion.model.library import open_model
from companion.music.vocabulary import FIRST_STRIKE
from companion.sampling.styles import sampling_of
from export.data.pieces import Piece
from export.judging.rewriting import (
    TRIED,
    Edge,
    Joining,
    Joint,
    Torn,
    average,
    describe_rewriting,
    filled,
    of_pieces,
    rewriting_as_dict,
    rewriting_of,
)

CHORD, HIGHER, WIDE = (72, 67, 64, 48), (74, 69, 66, 50), (79, 60, 55, 48)


def test_edges_are_counted_at_both_bar_lines() -> None:
    frames = frames_of_chords([CHORD] * 16)
    made = frames_of_chords([HIGHER, *[CHORD] * 6, WIDE])
    joint = Torn.at(frames, 0, 16).joint(made, range(4), 5.0, 1.5)
    assert joint.before == Edge(parallels=2, steps=1.0, leaps=0.0, overlaps=0, silent=0)
    assert joint.after == Edge(parallels=0, steps=0.0, leaps=1.0, overlaps=1, silent=0)
    assert joint.same == pytest.approx((6 * 4 + 1) / (8 * 4))
    silent = made.copy()
    silent[:, 2] = 0
    assert Torn.at(frames, 0, 16).joint(silent, range(4), 5.0, 1.5).after.silent == 1


def test_what_lasts_over_the_edges_is_struck_there_again() -> None:
    torn = Torn.at(frames_of_chords([CHORD] * 16), 0, 16)
    assert [step for step in range(64) if (torn.frames[step] >= FIRST_STRIKE).all()] == [0, 16, 48]


def test_pieces_are_torn_at_a_bar_line_with_music_on_both_sides() -> None:
    pieces = [piece_of(f"p{seed}", "test", chorale(seed, 40)) for seed in range(6)]
    short = piece_of("short", "test", chorale(9, 14))
    found = list(of_pieces([*pieces, short], 7))
    assert len(found) == 6
    assert all(torn.start % 16 == 0 and 32 <= torn.start <= 160 - 48 for torn in found)
    assert len({torn.start for torn in found}) > 1
    assert [torn.start for torn in of_pieces(pieces, 2)] == [torn.start for torn in found[:2]]


def test_columns_of_a_model_that_babbles() -> None:
    pieces = [piece_of(f"p{seed}", "test", chorale(seed, 40)) for seed in range(2)]
    told: list[None] = []
    ticks = itertools.count()
    found = rewriting_of(
        Babbler(), "babbler", Settings(), pieces, 2, lambda: told.append(None), lambda: float(next(ticks))
    )
    assert len(told) == 2 * 2 * TRIED
    assert [column.name for column in found] == [
        f"{whose}{what}"
        for whose in ("Bach", "babbler's own")
        for what in (
            " as it was",
            ", four voices made anew",
            ", four voices not looking ahead",
            ", inner voices made anew",
            ", inner voices not looking ahead",
        )
    ]
    assert all(len(column.joints) == 2 for column in found)
    assert {joint.seconds for column in found for joint in column.joints} == {0.0, 1.0}
    assert {joint.same for joint in found[0].joints} == {1.0}
    lines = describe_rewriting(found)
    assert lines[0].startswith("| two bars | gaps | parallels, of 100 |")
    assert len(lines) == 2 + len(found)
    assert list(rewriting_as_dict(found)) == [column.name for column in found]


def test_averages_are_of_all_figures() -> None:
    edge = Edge(1, 0.5, 0.0, 2, 0)
    joints = [Joint(edge, Edge(0, 1, 0, 0, 0), 10.0, 0.2, 1.0), Joint(edge, Edge(2, 0, 0, 0, 0), 20.0, 0.4, 3.0)]
    assert average(joints) == Joint(edge, Edge(1, 0.5, 0, 0, 0), 15.0, pytest.approx(0.3), 2.0)
    line = describe_rewriting([Joining("some", tuple(joints))])[-1]
    expected = (
        "| some | 2 | 100.0 / 100.0 | 50.0 / 50.0 | 0.0 / 0.0 | 200.0 / 0.0 | 0.0 / 0.0 | 15.0 ± 3.5 | 30 | 2.0 |"
    )
    assert line == expected


def test_bach_goes_on_likelier_after_what_looks_ahead(jsb_pieces: list[Piece]) -> None:
    """Of few pieces: two nats at least of ten that are found on all, and no parallels at the edge."""
    model, sampling = open_model("bach"), sampling_of(Settings())
    held_out = [piece for piece in jsb_pieces if piece.split == "test"]
    found = {}
    for name, means in (("seeing", ALL_MEANS), ("unseeing", UNSEEING)):
        joints = []
        for number, torn in enumerate(of_pieces(held_out, 6)):
            made, nats = filled(model, sampling, torn, (0, 1, 2, 3), number, means)
            joints.append(torn.joint(made, range(4), nats, 0.0))
        found[name] = average(joints)
    assert found["seeing"].nats < found["unseeing"].nats - 2
    assert found["seeing"].after.parallels == found["seeing"].before.parallels == 0
    assert np.isfinite(found["unseeing"].nats)
