"""Files that harm, or are damaged: one line each, soon, and in little memory."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from companion.errors import BadMidiFile
from companion.notation.musicxml.files import read_musicxml, score_of_bytes
from companion.notation.musicxml.xmltree import DEEPEST, MOST_XML_BYTES, pack, unpack
from companion.notation.songs import song_of_score

NOTE = "<note><pitch><step>C</step><octave>4</octave></pitch><duration>4</duration></note>"


def score(bars: str = NOTE, head: str = "", number: str = "7") -> bytes:
    """A score of one bar, whose number is 7."""
    return (
        f'<?xml version="1.0"?>{head}<score-partwise><part-list><score-part id="P1"><part-name>Tune</part-name>'
        f'</score-part></part-list><part id="P1"><measure number="{number}"><attributes><divisions>1</divisions>'
        f"</attributes>{bars}</measure></part></score-partwise>"
    ).encode()


def zipped(members: dict[str, bytes], way: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", way) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def container(path: str) -> bytes:
    return f'<container><rootfiles><rootfile full-path="{path}"/></rootfiles></container>'.encode()


def refusal(data: bytes) -> str:
    with pytest.raises(BadMidiFile) as refused:
        song_of_score(score_of_bytes(data, "x.mxl"), "x.mxl")
    assert str(refused.value).isprintable()
    return str(refused.value)


LAUGHS = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(12))
BOMB = f'<!DOCTYPE score-partwise [<!ENTITY l0 "ha">{LAUGHS}]>'
OUTSIDE = '<!DOCTYPE score-partwise [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'
PARAMETER = '<!DOCTYPE score-partwise [<!ENTITY % more SYSTEM "http://127.0.0.1:9/x.dtd"> %more;]>'


def test_a_plain_score_and_its_public_name_are_read() -> None:
    doctype = (
        '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://127.0.0.1:9/x.dtd">'
    )
    assert [note.pitch for note in song_of_score(score_of_bytes(score(head=doctype), "x"), "x").notes] == [60]


@pytest.mark.parametrize("head", [BOMB, OUTSIDE, PARAMETER], ids=["bomb", "outside", "parameter"])
def test_entities_are_refused_before_they_are_anything(head: str) -> None:
    says = "x.mxl: line 1: it declares entities, which no score needs; export it again"
    assert refusal(score("&l12;&secret;" + NOTE, head)) == says


def test_a_zip_that_unfolds_without_end_is_refused() -> None:
    data = zipped({"META-INF/container.xml": container("a.xml"), "a.xml": b" " * (MOST_XML_BYTES + 1)})
    assert len(data) < 100_000
    assert refusal(data) == f"x.mxl unfolds to more than {MOST_XML_BYTES // 1_000_000} MB of XML"


@pytest.mark.parametrize(
    ("members", "says"),
    [
        (
            {"META-INF/container.xml": container("../../etc/passwd"), "a.xml": score()},
            "x.mxl: its container names '../../etc/passwd', which is not in it; export it again",
        ),
        ({"readme.txt": b"hello"}, "x.mxl holds no scores; expected one"),
        ({"a.xml": score(), "b.xml": score()}, "x.mxl holds 2 scores; expected one"),
        ({"META-INF/container.xml": container("a.xml"), "a.xml": b"{}"}, None),
    ],
)
def test_zips_that_hold_no_score(members: dict[str, bytes], says: str | None) -> None:
    said = refusal(zipped(members))
    assert said == says or says is None


def test_a_zip_without_a_container_that_holds_one_score_is_read() -> None:
    assert unpack(zipped({"song.xml": score()}), "x") == score()


@pytest.mark.parametrize(
    "ruin", [lambda data: data[: len(data) // 2], lambda data: data[:60] + b"\0" * 40 + data[100:]]
)
def test_a_damaged_zip(ruin: Callable[[bytes], bytes]) -> None:
    assert refusal(ruin(pack(score()))) == "x.mxl is no compressed MusicXML, or is damaged; export it again"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"<html/>", "x.mxl is no MusicXML: it holds <html>, not <score-partwise>"),
        (b"<score-partwise/>", "x.mxl holds no parts; expected 1 to 200"),
        (score(""), "x.mxl holds no notes; expected a melody, chords or up to four voices"),
        (score("<a>" * DEEPEST), f"x.mxl: line 1: nested deeper than {DEEPEST}; no score has that"),
    ],
)
def test_what_is_no_score(data: bytes, says: str) -> None:
    assert refusal(data) == says


@pytest.mark.parametrize(
    "data",
    [b"", b"MThd\0\0\0\6", score()[:-20], score("<a>"), b'<?xml version="1.0" encoding="klingon"?><a/>'],
)
def test_what_is_no_xml(data: bytes) -> None:
    said = refusal(data)
    assert said.startswith(("x.mxl is broken XML: line 1: ", "x.mxl cannot be read as XML"))
    assert said.endswith("; export it again")


@pytest.mark.parametrize(
    ("bars", "says"),
    [
        (NOTE.replace(">4</duration", ">-4</duration"), "a duration of -4 is below 0"),
        (NOTE.replace(">4</duration", ">nan</duration"), "a duration of 'nan' is no number that can be"),
        (NOTE.replace(">4</duration", ">1e400</duration"), "a duration of '1e400' is no number that can be"),
        (NOTE.replace("<duration>4</duration>", ""), "a duration of 'nothing' is no number that can be"),
        (NOTE.replace(">4</duration", ">100000</duration"), "it lasts more than 1000 beats"),
        (NOTE.replace(">C<", ">H<"), "there is no pitch H4; expected C-1 to G9"),
        (NOTE.replace(">4</octave", ">99</octave"), "there is no pitch C99; expected C-1 to G9"),
        ("<attributes><divisions>0</divisions></attributes>", "divisions must be above 0, not 0"),
        (
            "<attributes><time><beats>4</beats><beat-type>5</beat-type></time></attributes>",
            "there is no metre 4/5",
        ),
    ],
)
def test_the_line_names_the_bar(bars: str, says: str) -> None:
    assert refusal(score(bars)) == f"x.mxl: bar 7: {says}"


def test_names_from_outside_do_nothing_to_a_terminal() -> None:
    said = refusal(score(NOTE.replace(">C<", ">&#x9b;31m<"), number="&#x9b;31m"))
    assert said.startswith("x.mxl: bar ")


def test_too_large_a_file(tmp_path: Path) -> None:
    path = tmp_path / "x.musicxml"
    with path.open("wb") as file:
        file.truncate(MOST_XML_BYTES + 1)
    with pytest.raises(BadMidiFile, match="is larger than 12 MB"):
        read_musicxml(path)
