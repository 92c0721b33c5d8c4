"""A file of music, of whatever kind, as a song."""

from __future__ import annotations

import codecs
import functools
from pathlib import Path

from companion.errors import BadMidiFile, one_line
from companion.files.midi import MOST_BYTES, read_song, song_of_bytes
from companion.files.streams import STANDARD_INPUT, is_dash, read_input
from companion.music.song import Song
from companion.workbench.kinds import ABC, MUSICXML, kind_of, tune_of

_XML, _ABC = b"<", (b"X:", b"%abc", b"%%abc")  # what a file of each kind begins with


def read_source(path: Path) -> Song:
    """What a file holds; BadMidiFile where it cannot be read as music, in one line that names the file.

    ``-`` is standard input, whose first bytes say what it is. Else the ending does; ``tunes.abc#2`` is the tune X:2 of
    a book of tunes.
    """
    if is_dash(path):
        return _standard_input()
    kind = kind_of(path)
    if kind == ABC:
        from companion.notation.abc.book import read_abc  # noqa: PLC0415 - notation is loaded for notation alone

        score, name = read_abc(*(tune_of(path) or (path, None)))
    elif kind == MUSICXML:
        from companion.notation.musicxml.files import read_musicxml  # noqa: PLC0415

        score, name = read_musicxml(path), one_line(path)
    else:
        return read_song(path)
    from companion.notation.songs import song_of_score  # noqa: PLC0415

    return song_of_score(score, name)


@functools.cache  # it can be read once, and several variations may be made of it
def _standard_input() -> Song:
    data = read_input(MOST_BYTES, BadMidiFile)
    first = data.removeprefix(codecs.BOM_UTF8).lstrip()
    if first.startswith(_XML) or data.startswith((b"PK", codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        from companion.notation.musicxml.files import score_of_bytes  # noqa: PLC0415

        score, name = score_of_bytes(data, STANDARD_INPUT), STANDARD_INPUT
    elif first.startswith(_ABC):
        from companion.notation.abc.book import score_of_abc  # noqa: PLC0415

        score, name = score_of_abc(data, STANDARD_INPUT)
    else:
        return song_of_bytes(data, STANDARD_INPUT)
    from companion.notation.songs import song_of_score  # noqa: PLC0415

    return song_of_score(score, name)
