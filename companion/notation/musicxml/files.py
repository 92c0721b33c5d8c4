"""Files of notation: read as a score, whatever their kind."""

from __future__ import annotations

from pathlib import Path

from companion.errors import BadMidiFile, one_line
from companion.files.opening import read_file
from companion.notation.musicxml.reading import score_of_tree
from companion.notation.musicxml.xmltree import MOST_XML_BYTES, parse_xml, unpack
from companion.notation.score import WrittenScore

ZIP = b"PK\x03\x04"


def read_musicxml(path: Path) -> WrittenScore:
    """The score of a MusicXML file, compressed or not, whatever its ending says.

    Raises:
        BadMidiFile: it cannot be read; the line names the file, and the bar or the line.
    """
    return score_of_bytes(read_file(path, MOST_XML_BYTES, BadMidiFile), one_line(path))


def score_of_bytes(data: bytes, name: str) -> WrittenScore:
    """What ``read_musicxml`` makes of a file that holds these bytes."""
    return score_of_tree(parse_xml(unpack(data, name) if data.startswith(ZIP) else data, name), name)
