"""Whether an answer listens, by answers that do and that do not."""

from __future__ import annotations

import numpy as np
import pytest
from support.fakes import Babbler
from support.made_up import frames_of_chords

from companion.controls.settings import Settings
from companion.music.vocabulary import Note
from export.data.folksongs import Tune
from export.judging import following
from export.judging.following import Line, Pair
from export.judging.jamming import Played
from export.measures.passage import Passage

TUNE = Tune("t", "4/4", 16, 12, tuple(Note(4 * at, 0, 67 + at % 5, 4) for at in range(20)))


def line(density: float = 1.0, height: float = 70.0, head: str = "x...x...x...x...") -> Line:
    return Line(density, density / 4, height, 80.0, 0.0, tuple(step == "x" for step in head))


def test_a_phrase_is_the_head_of_a_tune_moved_and_as_loud_as_its_dice_say() -> None:
    phrase = following.phrase_of_tune(TUNE, 3)
    assert [note.start for note in phrase] == list(range(12, 48, 4))  # the pickup and two bars
    assert {note.steps for note in phrase} == {4}
    moved = {note.pitch - own.pitch for note, own in zip(phrase, TUNE.notes, strict=False)}
    assert len(moved) == 1 and abs(moved.pop()) <= following.REGISTER
    velocities = [note.velocity for note in phrase]
    assert velocities in (sorted(velocities), sorted(velocities, reverse=True))
    assert abs(velocities[-1] - velocities[0]) <= following.WIDEST_SWELL
    assert phrase == following.phrase_of_tune(TUNE, 3) != following.phrase_of_tune(TUNE, 4)


def test_even_tunes_are_two_bars_of_notes_of_one_length() -> None:
    for steps in (8, 2):
        notes = following.even(TUNE, steps)
        assert [note.start for note in notes] == list(range(0, 32, steps))
        assert {note.steps for note in notes} == {steps}


def test_a_line_is_its_density_height_loudness_and_head() -> None:
    found = following.line_of_keys([Played(4, 8, 60, 90), Played(12, 8, 66, 70)])
    assert (found.density, found.changes, found.height, found.loudness, found.swell) == (0.5, 1 / 16, 63, 80, -20)
    assert [step for step, begins in enumerate(found.head) if begins] == [0, 8]


def test_what_follows_correlates_and_what_does_not_listen_does_not() -> None:
    follows = [Pair(line(density=one), line(density=2 * one)) for one in (0.5, 1, 2, 3)]
    found = following.correlation(follows, lambda of: of.density)
    assert found is not None and found.value == pytest.approx(1)
    deaf = [Pair(line(density=one), line(density=1.0)) for one in (0.5, 1, 2, 3)]
    assert following.correlation(deaf, lambda of: of.density) is None


def test_heads_are_alike_where_the_rhythm_comes_back() -> None:
    heads = ("x.x.x.x.x.x.x.x.", "x.......x.......", "x..xx..xx..xx..x")
    back = [Pair(line(head=head), line(head=head)) for head in heads]
    mixed = [Pair(line(head=head), line(head=heads[0])) for head in heads]
    assert following.likeness_of_heads(back) > 0.4
    assert following.likeness_of_heads(mixed) == pytest.approx(0)


def test_a_jam_is_asked_for_every_phrase_and_every_length() -> None:
    told: list[None] = []
    tunes = [TUNE, TUNE]
    found = following.following_of(Babbler(), "b", Settings(model="babbler"), tunes, lambda: told.append(None))  # type: ignore[arg-type]
    assert len(told) == following.phrases_to_play(tunes) == 10
    assert len(found.pairs) == 2
    assert set(found.changes) == {"halves", "quarters", "eighths", "16ths"}
    assert all(0 < value <= 1 for value in found.changes.values())


def test_bachs_phrases_go_to_their_ends_and_short_ones_are_left_out() -> None:
    quick, slow = [(72 + at % 2, 67, 64, 48) for at in range(8)], [(72, 67, 64, 48), (74, 67, 65, 47)]
    piece = np.concatenate(
        [
            frames_of_chords(quick, 2),
            frames_of_chords([(74, 67, 64, 48)], 8),
            frames_of_chords(slow, 4),
            frames_of_chords([(71, 67, 62, 43)], 8),
            frames_of_chords([(76, 67, 62, 43)], 8),
        ]
    )
    (pair,) = following.bachs_own([Passage("x", piece)]).pairs
    assert (pair.phrase.density, pair.answer.density) == (9 / 6, 3 / 4)
