"""Folk songs on the step grid: from scores made by hand, and from music21's own."""

from __future__ import annotations

import pytest

music21 = pytest.importorskip("music21")

from companion.music.vocabulary import RANGES, Note
from export.data.folksongs import DOTTED_METRES, PLAIN_METRES, Tune, read_tunes, tune_of_score

pytestmark = pytest.mark.train

HEAD = "X:1\nT:t\nM:{metre}\nL:1/8\nK:C\n"


def tune(metre: str, notes: str) -> Tune | None:
    return tune_of_score(music21.converter.parse(HEAD.format(metre=metre) + notes, format="abc"), "t")


def test_a_pickup_stands_at_the_end_of_its_bar_and_ties_are_one_note() -> None:
    found = tune("3/4", "c2 | e2 g2 z2 | c6- | c4 z2 |")
    assert found is not None
    assert (found.metre, found.bar_steps, found.first_step) == ("3/4", 12, 8)
    assert found.notes == (Note(0, 0, 72, 4), Note(4, 0, 76, 4), Note(8, 0, 79, 4), Note(16, 0, 72, 20))
    assert found.steps == 36


def test_a_head_is_whole_bars_beside_the_pickup() -> None:
    found = tune("2/4", "c2 | e2 g2 | c4 | d8 |")
    assert found is not None
    assert [note.start_step for note in found.head(2).notes] == [0, 4, 8, 12]
    assert found.head(3).steps == 4 + 3 * 8  # the last note ends with the bar


def test_a_tune_is_moved_by_octaves_to_where_sopranos_sing() -> None:
    found = tune("4/4", "C,2 D,2 E,2 F,2 |")
    assert found is not None
    assert [note.pitch for note in found.notes] == [72, 74, 76, 77]  # two octaves up
    assert all(RANGES[0][0] <= note.pitch <= RANGES[0][1] for note in found.notes)


@pytest.mark.parametrize(
    ("metre", "notes"),
    [
        ("4/4", "(3c2d2e2 c4 |"),  # off the 16th grid
        ("4/4", "C,,2 c'2 c2 c2 |"),  # too wide for a voice
        ("4/4", "z8 |"),
    ],
)
def test_what_no_jam_could_be_played_is_left_out(metre: str, notes: str) -> None:
    assert tune(metre, notes) is None


def test_a_tune_whose_metre_changes_is_left_out() -> None:
    part = music21.stream.Part()
    for metre in ("4/4", "3/4"):
        bar = music21.stream.Measure()
        bar.append([music21.meter.TimeSignature(metre), music21.note.Note("C5", quarterLength=int(metre[0]))])
        part.append(bar)
    score = music21.stream.Score([part])
    assert tune_of_score(score, "t") is None


def test_songs_come_from_several_books_and_are_the_same_every_time() -> None:
    found = read_tunes(PLAIN_METRES, 12)
    assert len(found) == 12 and len({one.name.split("-")[0] for one in found}) > 4
    assert {one.metre for one in found} <= set(PLAIN_METRES)
    assert found == read_tunes(PLAIN_METRES, 12)
    jigs = read_tunes(DOTTED_METRES, 3)
    assert {one.metre for one in jigs} <= set(DOTTED_METRES)
    assert all(one.notes[0].start_step == 0 for one in (*found, *jigs))
