"""Scores built by hand must give exactly these frames. The whole corpus is read in test_prepare.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from companion.music.vocabulary import HOLD, REST, Note, notes_of_frames, sounding_pitches, strike
from export.data.corpus import piece_of_score

music21: Any = pytest.importorskip("music21", reason="reads scores with music21 (extra: train)")

pytestmark = pytest.mark.train

Event = tuple[int | None, float] | tuple[int | None, float, str]  # pitch or rest, beats, marks


def element_of(event: Event) -> Any:
    """A note or rest; marks: "(" begins a tie, "-" goes on with it, ")" ends it, "^" is a fermata."""
    pitch, beats, *marks = event
    if pitch is None:
        return music21.note.Rest(quarterLength=beats)
    element = music21.note.Note(pitch, quarterLength=beats)
    for mark in "".join(marks):
        if mark == "^":
            element.expressions.append(music21.expressions.Fermata())
        else:
            element.tie = music21.tie.Tie({"(": "start", "-": "continue", ")": "stop"}[mark])
    return element


def part_of(bars: Sequence[Sequence[Event]], name: str, metre: str = "4/4", pickup_beats: float = 0) -> Any:
    """A part with one measure a bar; the first is a pickup where it says so."""
    part = music21.stream.Part()
    part.partName = name
    for number, bar in enumerate(bars):
        measure = music21.stream.Measure(number=number)
        if number == 0:
            measure.insert(0, music21.meter.TimeSignature(metre))
            if pickup_beats:
                measure.paddingLeft = music21.meter.TimeSignature(metre).barDuration.quarterLength - pickup_beats
        for event in bar:
            measure.append(element_of(event))
        part.append(measure)
    return part


NAMES = ("Soprano", "Alto", "Tenor", "Bass")


def score_of(*voices: Sequence[Sequence[Event]], metre: str = "4/4", pickup_beats: float = 0) -> Any:
    score = music21.stream.Score()
    for bars, name in zip(voices, NAMES, strict=False):
        score.insert(0, part_of(bars, name, metre, pickup_beats))
    return score


def first_bar(score: Any, voice: int) -> Any:
    return score.parts[voice].getElementsByClass("Measure").first()


def plain(pitch: int, bars: Sequence[float]) -> Sequence[Sequence[Event]]:
    """One long note a bar."""
    return [[(pitch, beats)] for beats in bars]


def test_ties_are_held_and_repetitions_are_struck_again() -> None:
    soprano: list[list[Event]] = [[(72, 1), (72, 1), (71, 2, "(")], [(71, 1, "-"), (71, 1, ")"), (71, 2)]]
    score = score_of(soprano, plain(65, (4, 4)), plain(60, (4, 4)), plain(48, (4, 4)))
    piece, moved = piece_of_score(score, "made")
    assert moved == 0
    assert [each for each in notes_of_frames(piece.frames) if each.voice == 0] == [
        Note(0, 0, 72, 4),
        Note(4, 0, 72, 4),
        Note(8, 0, 71, 16),
        Note(24, 0, 71, 8),
    ]
    assert piece.onsets_known
    assert piece.split == "train"


def test_every_frame_of_a_short_score() -> None:
    score = score_of(
        [[(69, 0.5), (None, 0.25), (69, 0.25)]],
        [[(64, 1)]],
        [[(None, 0.5), (60, 0.5)]],
        [[(45, 0.25), (45, 0.75)]],
        metre="1/4",
    )
    piece, _ = piece_of_score(score, "made")
    assert piece.frames.tolist() == [
        [strike(69), strike(64), REST, strike(45)],
        [HOLD, HOLD, REST, strike(45)],
        [REST, HOLD, strike(60), HOLD],
        [strike(69), HOLD, HOLD, HOLD],
    ]


def test_a_tie_to_another_pitch_or_across_a_gap_is_struck() -> None:
    soprano: list[list[Event]] = [[(72, 1, "("), (71, 1, ")"), (None, 1), (71, 1, ")")]]
    piece, _ = piece_of_score(score_of(soprano, plain(65, (4,)), plain(60, (4,)), plain(48, (4,))), "made")
    assert [each for each in notes_of_frames(piece.frames) if each.voice == 0] == [
        Note(0, 0, 72, 4),
        Note(4, 0, 71, 4),
        Note(12, 0, 71, 4),
    ]


def test_a_pickup_and_a_fermata_in_three_four() -> None:
    soprano: list[list[Event]] = [[(67, 1)], [(69, 2), (71, 1, "^")], [(72, 1), (71, 1), (69, 1)], [(67, 2, "^")]]
    lower = [plain(pitch, (1, 3, 3, 2)) for pitch in (62, 55, 43)]
    piece, _ = piece_of_score(score_of(soprano, *lower, metre="3/4", pickup_beats=1), "made")
    assert (piece.metre, piece.bar_steps, piece.first_step) == ("3/4", 12, 8)
    assert piece.closes == (12, 28)
    assert len(piece.frames) == 36


def test_a_pickup_of_one_beat_in_four_four_begins_at_step_twelve() -> None:
    voices = [plain(pitch, (1, 4, 3)) for pitch in (67, 62, 55, 43)]
    piece, _ = piece_of_score(score_of(*voices, pickup_beats=1), "made")
    assert (piece.metre, piece.bar_steps, piece.first_step) == ("4/4", 16, 12)


def test_a_first_bar_filled_up_with_rests_is_a_pickup_too() -> None:
    voices: list[list[list[Event]]] = [[[(None, 3), (pitch, 1)], [(pitch, 4)]] for pitch in (67, 62, 55, 43)]
    piece, _ = piece_of_score(score_of(*voices), "made")
    assert (piece.first_step, len(piece.frames)) == (12, 20)
    assert np.all(piece.frames[0] != REST)
    assert piece.closes == (4,)


def test_a_bar_too_short_leaves_the_length_of_the_bar_unknown() -> None:
    voices = [plain(pitch, (4, 3, 4, 4)) for pitch in (67, 62, 55, 43)]
    piece, _ = piece_of_score(score_of(*voices), "made")
    assert (piece.metre, piece.bar_steps, piece.first_step) == ("4/4", None, 0)


def test_without_a_fermata_in_the_soprano_any_voice_closes() -> None:
    bars: list[list[Event]] = [[(48, 2), (43, 2, "^")], [(48, 4)]]
    upper = [plain(pitch, (4, 4)) for pitch in (67, 62, 55)]
    piece, _ = piece_of_score(score_of(*upper, bars), "made")
    assert piece.closes == (8, 16)


def test_a_fermata_in_the_soprano_silences_those_below() -> None:
    bass: list[list[Event]] = [[(48, 2), (43, 2, "^")], [(48, 4)]]
    soprano: list[list[Event]] = [[(67, 1), (67, 3, "^")], [(67, 4)]]
    piece, _ = piece_of_score(score_of(soprano, plain(62, (4, 4)), plain(55, (4, 4)), bass), "made")
    assert piece.closes == (4, 16)


def test_the_encoded_key_counts_and_flats_are_written_b() -> None:
    voices = [plain(pitch, (4,)) for pitch in (67, 62, 55, 43)]
    score = score_of(*voices)
    first_bar(score, 0).insert(0, music21.key.Key("B-"))
    assert piece_of_score(score, "made")[0].key == "Bb major"
    first_bar(score, 0).removeByClass("Key")
    first_bar(score, 0).insert(0, music21.key.Key("f#"))
    assert piece_of_score(score, "made")[0].key == "f# minor"


def test_without_an_encoded_mode_the_key_is_analysed() -> None:
    scale: list[Event] = [(pitch, 1) for pitch in (72, 74, 76, 71, 67, 72, 71, 72)]
    score = score_of([scale], plain(64, (8,)), plain(55, (8,)), plain(48, (8,)), metre="8/4")
    assert piece_of_score(score, "made")[0].key == "C major"


def test_parts_stand_in_the_order_of_their_names() -> None:
    score = music21.stream.Score()
    for name, pitch in (("Bass", 43), ("Tenor", 55), ("Alto", 62), ("Soprano", 67)):
        score.insert(0, part_of(plain(pitch, (4,)), name))
    piece, _ = piece_of_score(score, "made")
    assert sounding_pitches(piece.frames)[0].tolist() == [67, 62, 55, 43]


def test_voices_are_found_among_instruments() -> None:
    """Whatever plays beside them, and where a part is shared with an instrument the voice is named first."""
    score = music21.stream.Score()
    names = ("Horn 1", "Soprano\rViolin 1", "Alto", "Tenor", "Bass", "Continuo")
    for name, pitch in zip(names, (79, 67, 62, 55, 43, 31), strict=True):
        score.insert(0, part_of(plain(pitch, (4,)), name))
    piece, _ = piece_of_score(score, "made")
    assert sounding_pitches(piece.frames)[0].tolist() == [67, 62, 55, 43]


def test_two_sopranos_are_one_too_many() -> None:
    score = music21.stream.Score()
    for name, pitch in (("Soprano 1", 69), ("Soprano 2", 67), ("Alto", 62), ("Tenor", 55), ("Bass", 43)):
        score.insert(0, part_of(plain(pitch, (4,)), name))
    with pytest.raises(ValueError, match="it has 5 parts, not four"):
        piece_of_score(score, "made")


def test_a_missing_part_is_refused() -> None:
    score = score_of(*[plain(pitch, (4,)) for pitch in (67, 62, 43)])
    with pytest.raises(ValueError, match="it has 3 parts, not four"):
        piece_of_score(score, "made")


def test_a_silent_part_chords_and_two_notes_at_once_are_refused() -> None:
    upper = [plain(pitch, (4,)) for pitch in (67, 62, 55)]
    with pytest.raises(ValueError, match="its bass has no notes"):
        piece_of_score(score_of(*upper, [[(None, 4)]]), "made")
    chords = score_of(*upper, plain(43, (4,)))
    first_bar(chords, 3).append(music21.chord.Chord([43, 50], quarterLength=4))
    with pytest.raises(ValueError, match="its bass has chords"):
        piece_of_score(chords, "made")
    doubled = score_of(*upper, plain(43, (4,)))
    first_bar(doubled, 3).insert(1, music21.note.Note(45, quarterLength=1))
    with pytest.raises(ValueError, match="its bass has two notes at once"):
        piece_of_score(doubled, "made")


def test_a_turn_of_32nds_falls_onto_the_grid_and_is_counted() -> None:
    run: list[Event] = [(pitch, 0.25) for pitch in (72, 71) * 24]
    soprano = [[*run, (71, 0.75), (72, 0.125), (71, 0.125), (69, 3)]]
    lower = [[[(pitch, 0.5)] * 32] for pitch in (64, 57, 45)]
    piece, moved = piece_of_score(score_of(soprano, *lower, metre="16/4"), "made")
    assert moved == 2
    assert [each for each in notes_of_frames(piece.frames) if each.voice == 0][-3:] == [
        Note(48, 0, 71, 3),
        Note(51, 0, 72, 1),
        Note(52, 0, 69, 12),
    ]


def test_a_piece_of_triplets_is_refused() -> None:
    triplets: list[Event] = [(72, 1 / 3), (71, 1 / 3), (69, 1 / 3)] * 4
    lower = [plain(pitch, (4,)) for pitch in (64, 57, 45)]
    with pytest.raises(ValueError, match="12 of its 15 notes are off the 16th grid"):
        piece_of_score(score_of([triplets], *lower), "made")


def test_outside_the_vocabulary_the_whole_piece_moves() -> None:
    voices = [plain(pitch, (4,)) for pitch in (72, 64, 52, 34)]
    score = score_of(*voices)
    first_bar(score, 0).insert(0, music21.key.Key("C"))
    piece, _ = piece_of_score(score, "made")
    assert sounding_pitches(piece.frames)[0].tolist() == [74, 66, 54, 36]
    assert piece.key == "D major"


def test_slightly_outside_a_range_is_kept_as_it_is() -> None:
    piece, _ = piece_of_score(score_of(*[plain(pitch, (4,)) for pitch in (72, 64, 52, 67)]), "made")
    assert sounding_pitches(piece.frames)[0].tolist() == [72, 64, 52, 67]


def test_wider_than_the_vocabulary_is_refused() -> None:
    with pytest.raises(ValueError, match=r"its pitches 33\.\.81 leave 36\.\.81, and no transposition fits"):
        piece_of_score(score_of(*[plain(pitch, (4,)) for pitch in (81, 64, 52, 33)]), "made")


def test_bwv_253_of_the_corpus() -> None:
    piece, moved = piece_of_score(music21.corpus.parse("bach/bwv253"), "bwv253")
    assert (moved, piece.key, piece.metre, piece.bar_steps, piece.first_step) == (0, "A major", "4/4", 16, 12)
    assert sounding_pitches(piece.frames)[0].tolist() == [73, 69, 64, 45]
    assert piece.closes[0] == 28
