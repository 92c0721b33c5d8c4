"""Chorales read, written and read again; the referee is music21. All of them: ``python -m tests.roundtrip``."""

from __future__ import annotations

import pytest

pytest.importorskip("music21", reason="has the chorales, and reads what we write (extra: train)")

from companion.notation.musicxml.files import read_musicxml
from tests import roundtrip

pytestmark = pytest.mark.train

WITH_REFEREE = {"bwv1.6", "bwv10.7", "bwv66.6", "bwv117.4"}  # horns; words and long ties; a pickup; repeats


@pytest.mark.parametrize("path", roundtrip.chorales()[::12], ids=lambda path: path.stem)
def test_nothing_is_lost(path: roundtrip.Path) -> None:
    assert list(roundtrip.differences(path, referee=False)) == []


@pytest.mark.parametrize("name", sorted(WITH_REFEREE))
def test_nothing_is_lost_to_another_reader(name: str) -> None:
    (path,) = [path for path in roundtrip.chorales() if path.stem == name]
    assert roundtrip.closed(read_musicxml(path)) is not None or name == "bwv1.6"
    assert list(roundtrip.differences(path)) == []


@pytest.mark.slow
def test_nothing_is_lost_of_every_fourth_chorale() -> None:
    """``python -m tests.roundtrip`` takes all: 408 of 408, 110,746 notes; 362 of them on two staves too."""
    found = {path.stem: list(roundtrip.differences(path, referee=False)) for path in list(roundtrip.chorales())[::4]}
    assert len(found) == 102
    assert not any(found.values())


def test_what_is_lost_is_found() -> None:
    """The comparison sees a note, a tie, a syllable and a fermata that are not there."""
    score = read_musicxml(next(path for path in roundtrip.chorales() if path.stem == "bwv10.7"))
    kept = roundtrip.notes_of(score)
    line = score.parts[0].lines[0]
    for change in ({"ticks": 1}, {"tied_to": True}, {"lyrics": ()}, {"fermata": "inverted"}, {"spelling": None}):
        notes = (line.notes[0]._replace(**change), *line.notes[1:])
        changed = score.parts[0].lines[0].__class__(line.voice, line.staff, notes)
        part = score.parts[0].__class__("Soprano", (changed,))
        other = score.__class__(score.ticks_per_beat, score.measures, (part, *score.parts[1:]))
        assert roundtrip.notes_of(other) != kept
