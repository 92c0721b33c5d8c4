"""Scores drawn, by Verovio and without."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from companion.notation import engraving
from companion.notation.musicxml.files import read_musicxml
from companion.notation.pianoroll import VOICE_COLOURS, drawn, roll
from companion.notation.pictures import HINT, picture
from companion.notation.score import WrittenScore

HYMN = Path(__file__).parents[3] / "docs" / "composing" / "old-hundredth-harmonised.musicxml"
BEGINNINGS = {"png": b"\x89PNG\r\n\x1a\n", "svg": b"<svg ", "pdf": b"%PDF-"}

with_verovio = pytest.mark.skipif(not engraving.is_there(), reason="needs Verovio and Typst (extra: notation)")


@pytest.fixture(scope="module")
def hymn() -> WrittenScore:
    return read_musicxml(HYMN)


@with_verovio
@pytest.mark.parametrize("kind", BEGINNINGS)
def test_the_score_is_drawn_the_same_each_time(hymn: WrittenScore, kind: str) -> None:
    data, hint = picture(hymn, kind)
    assert hint == ""
    assert data.startswith(BEGINNINGS[kind])
    assert len(data) < 150_000
    assert picture(hymn, kind) == (data, "")


@with_verovio
def test_what_is_in_the_score_is_in_the_drawing(hymn: WrittenScore) -> None:
    """Verovio has read two staves of two voices, every note, syllable and fermata."""
    page = fromstring(picture(hymn, "svg")[0])
    classes = [one.get("class") or "" for one in page.iter()]
    notes = sum(note.spelling is not None for part in hymn.parts for line in part.lines for note in line.notes)
    verses = sum(len(note.lyrics) for part in hymn.parts for line in part.lines for note in line.notes)
    assert [classes.count(name) for name in ("note", "verse", "measure")] == [notes, verses, len(hymn.measures)]
    assert classes.count("layer") == 4 * len(hymn.measures)
    assert classes.count("fermata") == sum(bool(n.fermata) for p in hymn.parts for v in p.lines for n in v.notes)
    text = "".join(page.itertext())
    assert "Old Hundredth" in text and "dwell," in text


@with_verovio
def test_of_a_score_too_long_for_one_picture_the_beginning_is_drawn(
    hymn: WrittenScore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engraving, "ENDLESS", 800)
    data, hint = picture(hymn, "svg")
    assert hint == "the score is too long for one picture: the first of 2 parts is in the svg, and all of it in --pdf"
    assert 0 < data.count(b'class="measure"') < len(hymn.measures)


class TestWithout:
    @pytest.fixture(autouse=True)
    def _without(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(engraving, "is_there", lambda: False)

    @pytest.mark.parametrize("kind", BEGINNINGS)
    def test_it_is_a_piano_roll_and_says_so(self, hymn: WrittenScore, kind: str) -> None:
        data, hint = picture(hymn, kind)
        assert data.startswith(BEGINNINGS[kind])
        assert hint == HINT

    def test_each_note_is_a_box_as_long_as_it_lasts(self, hymn: WrittenScore) -> None:
        boxes = [box for box in roll(hymn).boxes if box.colour == VOICE_COLOURS[0]]
        assert len(boxes) == 32
        longest = max(boxes, key=lambda box: box.width)
        assert longest.width == pytest.approx(24 - 1.5)

    def test_the_dots_are_those_of_the_boxes(self, hymn: WrittenScore) -> None:
        data = drawn(hymn, "png")
        width, height = struct.unpack(">II", data[16:24])
        start = data.index(b"IDAT") + 4
        (length,) = struct.unpack(">I", data[start - 8 : start - 4])
        rows = zlib.decompress(data[start : start + length])
        assert len(rows) == height * (1 + 3 * width)
        box = next(box for box in roll(hymn).boxes if box.colour == VOICE_COLOURS[3])
        at = round(box.y * 2 + 2) * (1 + 3 * width) + 1 + 3 * round(box.x * 2 + 2)
        assert rows[at : at + 3].hex() == VOICE_COLOURS[3][1:]

    def test_the_table_of_the_pdf_finds_its_objects(self, hymn: WrittenScore) -> None:
        data = drawn(hymn, "pdf")
        table = data[int(data.split(b"startxref\n")[1].split()[0]) :].split(b"\n")
        places = [int(line.split()[0]) for line in table[3:8]]
        assert [data[place : place + 7] for place in places] == [b"%d 0 obj" % number for number in range(1, 6)]
