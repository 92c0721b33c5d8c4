"""Likeness knows a piece again at another pitch, in other durations and as an excerpt, and nothing else."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.made_up import frames_of_chords

from companion.music.vocabulary import IntArray, transpose
from export.data import jsb
from export.data.likeness import ALIKE_SHARE, SAME_SHARE, LikenessIndex, progressions, share
from export.data.pieces import Piece


def random_chords(seed: int, count: int) -> list[tuple[int, int, int, int]]:
    """Chords of which no two neighbours are the same."""
    generator = np.random.default_rng(seed)
    chords = [tuple(int(base + generator.integers(7)) for base in (67, 60, 53, 45)) for _ in range(3 * count)]
    different = [chord for chord, before in zip(chords[1:], chords, strict=False) if chord != before]
    return [(chord[0], chord[1], chord[2], chord[3]) for chord in different[:count]]


def piece_of(name: str, frames: IntArray) -> Piece:
    return Piece(name, "train", frames, onsets_known=True, first_step=0)


@given(seed=st.integers(0, 10_000), semitones=st.integers(-6, 6))
def test_a_transposed_piece_is_wholly_alike(seed: int, semitones: int) -> None:
    frames = frames_of_chords(random_chords(seed, 12))
    piece, moved = piece_of("piece", frames), piece_of("moved", transpose(frames, semitones))
    match = LikenessIndex([moved]).best(piece)
    assert match is not None
    assert (match.name, match.share, match.semitones) == ("moved", 1.0, semitones)


def test_durations_and_repetitions_change_nothing() -> None:
    chords = random_chords(1, 12)
    doubled = [chord for chord in chords for _ in range(2)]
    restruck = frames_of_chords(chords)
    restruck[2::4] = restruck[0::4]
    first = progressions(frames_of_chords(chords))
    assert len(first) == 9
    assert progressions(frames_of_chords(doubled, steps=1)) == first
    assert progressions(restruck) == first


def test_an_excerpt_is_wholly_alike_and_a_half_by_half() -> None:
    chords = random_chords(2, 40)
    whole = progressions(frames_of_chords(chords))
    assert share(whole, progressions(frames_of_chords(chords[10:20]))) == 1.0
    other = chords[:10] + random_chords(3, 7)
    assert share(whole, progressions(frames_of_chords(other))) == pytest.approx(7 / 14)


def test_one_changed_voice_makes_another_progression() -> None:
    chords = random_chords(4, 12)
    changed = [(chord[0], chord[1] - 8, chord[2], chord[3]) for chord in chords]
    assert share(progressions(frames_of_chords(chords)), progressions(frames_of_chords(changed))) == 0.0


def test_rests_are_told_from_pitches_and_silence_is_no_chord() -> None:
    chords = random_chords(5, 6)
    rested = [(0, chord[1], chord[2], chord[3]) for chord in chords]
    silent = [chords[0], (0, 0, 0, 0), *chords[1:]]
    assert share(progressions(frames_of_chords(chords)), progressions(frames_of_chords(rested))) == 0.0
    assert progressions(frames_of_chords(silent)) == progressions(frames_of_chords(chords))
    moved = progressions(transpose(frames_of_chords(rested), 3))
    assert moved.keys() == progressions(frames_of_chords(rested)).keys()


def test_too_short_pieces_are_like_nothing() -> None:
    short = frames_of_chords(random_chords(6, 3))
    assert progressions(short) == {}
    assert share(progressions(short), progressions(short)) == 0.0
    assert LikenessIndex([piece_of("a", short)]).best(piece_of("b", short)) is None


def test_matches_are_sorted_and_leave_out_the_piece_itself() -> None:
    chords = random_chords(7, 20)
    pieces = [piece_of("half", frames_of_chords(chords[:10] + random_chords(8, 10)))]
    pieces += [piece_of("all", frames_of_chords(chords)), piece_of("own", frames_of_chords(chords))]
    found = LikenessIndex(pieces).matches(pieces[2], 0.1)
    assert [match.name for match in found] == ["all", "half"]
    assert [match.shared for match in found] == [17, 7]
    assert [match.name for match in LikenessIndex(pieces).matches(pieces[2], 0.5)] == ["all"]


@pytest.fixture(scope="module")
def csv_pieces() -> dict[str, Piece]:
    path = os.environ.get("CHORALE_JSB")
    if not path:
        pytest.skip("CHORALE_JSB names no CSV archive")
    return {piece.name: piece for piece in jsb.pieces_of_archive(jsb.read_archive(Path(path)))}


@pytest.mark.parametrize(
    ("held", "train", "low", "high", "semitones"),
    [
        ("jsb-valid-303", "jsb-train-224", SAME_SHARE, 1.0, -2),  # BWV 414 twice
        ("jsb-valid-287", "jsb-train-142", SAME_SHARE, 0.9, 3),
        ("jsb-test-374", "jsb-train-124", ALIKE_SHARE, SAME_SHARE, 0),  # long passages in common
    ],
)
def test_known_pairs(
    csv_pieces: dict[str, Piece], held: str, train: str, low: float, high: float, semitones: int
) -> None:
    index = LikenessIndex([piece for piece in csv_pieces.values() if piece.split == "train"])
    match = index.best(csv_pieces[held])
    assert match is not None
    assert (match.name, match.semitones) == (train, semitones)
    assert low <= match.share <= high


def test_the_threshold_stands_in_a_valley(csv_pieces: dict[str, Piece]) -> None:
    """Few pairs near the threshold: fewer than on either side of it, so that it separates two groups."""
    index = LikenessIndex([replace(piece) for piece in csv_pieces.values()])
    pairs = [
        match.share for piece in csv_pieces.values() for match in index.matches(piece, 0.05) if piece.name < match.name
    ]
    near = sum(ALIKE_SHARE - 0.01 <= value < ALIKE_SHARE + 0.01 for value in pairs)
    below = sum(ALIKE_SHARE - 0.11 <= value < ALIKE_SHARE - 0.09 for value in pairs)
    assert near <= 3 < below
    assert not [value for value in pairs if 0.48 < value < 0.62]
