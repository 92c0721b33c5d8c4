"""XML and its containers from a stranger: no entities, no outside, nothing that unfolds without end."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from companion.errors import BadMidiFile

MOST_XML_BYTES = 12_000_000  # a chorale takes a tenth of a megabyte
MOST_ELEMENTS = 2_000_000
DEEPEST = 64
CONTAINER = "META-INF/container.xml"


def parse_xml(data: bytes, name: str) -> Element:
    """The root of a document.

    Raises:
        BadMidiFile: it is no XML, declares entities, or is too large or too deep; it names the line.
    """
    if len(data) > MOST_XML_BYTES:
        raise BadMidiFile(f"{name} holds more than {MOST_XML_BYTES // 1_000_000} MB of XML")
    reader = _Reader(name)
    try:
        reader.parser.Parse(data, True)
        return reader.builder.close()
    except expat.ExpatError as fault:
        what = expat.errors.messages[fault.code]
        raise BadMidiFile(f"{name} is broken XML: line {fault.lineno}: {what}; export it again") from None
    except (LookupError, ValueError, AssertionError):  # an encoding that nobody knows, a document without a root
        raise BadMidiFile(f"{name} cannot be read as XML; export it again") from None


class _Reader:
    def __init__(self, name: str) -> None:
        self.name = name
        self.builder = TreeBuilder()
        self.depth = self.elements = 0
        self.parser: Any = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.builder.data
        self.parser.EntityDeclHandler = self.refuse
        self.parser.UnparsedEntityDeclHandler = self.refuse

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.elements += 1
        if self.depth > DEEPEST or self.elements > MOST_ELEMENTS:
            much = f"nested deeper than {DEEPEST}" if self.depth > DEEPEST else f"more than {MOST_ELEMENTS:,} elements"
            raise BadMidiFile(f"{self.name}: line {self.parser.CurrentLineNumber}: {much}; no score has that")
        self.builder.start(tag.rpartition(":")[2], attributes)

    def end(self, tag: str) -> None:
        self.depth -= 1
        self.builder.end(tag.rpartition(":")[2])

    def refuse(self, *_: object) -> None:
        line = self.parser.CurrentLineNumber
        raise BadMidiFile(f"{self.name}: line {line}: it declares entities, which no score needs; export it again")


def unpack(data: bytes, name: str) -> bytes:
    """The score in a compressed MusicXML file (``.mxl``).

    Raises:
        BadMidiFile: it is no such file, or unfolds to too much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _member(archive, _score_path(archive, name), name)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError):
        raise BadMidiFile(f"{name} is no compressed MusicXML, or is damaged; export it again") from None


def _score_path(archive: zipfile.ZipFile, name: str) -> str:
    """Where the container says the score stands; without one, the only XML there is."""
    names = archive.namelist()
    if CONTAINER in names:
        roots = parse_xml(_member(archive, CONTAINER, name), name).iter("rootfile")
        for path in (root.get("full-path") or "" for root in roots):
            if path in names:
                return path
            raise BadMidiFile(f"{name}: its container names {path[:80]!r}, which is not in it; export it again")
    scores = [path for path in names if path.lower().endswith((".xml", ".musicxml")) and "META-INF" not in path]
    if len(scores) != 1:
        raise BadMidiFile(f"{name} holds {len(scores) or 'no'} scores; expected one")
    return scores[0]


def _member(archive: zipfile.ZipFile, path: str, name: str) -> bytes:
    """A member's bytes, however large it says it is."""
    with archive.open(path) as file:
        data = file.read(MOST_XML_BYTES + 1)
    if len(data) > MOST_XML_BYTES:
        raise BadMidiFile(f"{name} unfolds to more than {MOST_XML_BYTES // 1_000_000} MB of XML")
    return data


def pack(score: bytes) -> bytes:
    """A compressed MusicXML file; the same score gives the same bytes."""
    container = (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<container><rootfiles><rootfile full-path="score.musicxml"'
        b' media-type="application/vnd.recordare.musicxml+xml"/></rootfiles></container>\n'
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in ((CONTAINER, container), ("score.musicxml", score)):
            info = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return file.getvalue()
