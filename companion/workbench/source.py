"""A file of music, of whatever kind, as a song."""

from __future__ import annotations

import functools
from pathlib import Path

from companion.errors import BadMidiFile
from companion.files.midi import MOST_BYTES, read_song, song_of_bytes
from companion.files.streams import STANDARD_INPUT, is_dash, read_input
from companion.music.song import Song


def read_source(path: Path) -> Song:
    """What a file holds; BadMidiFile where it cannot be read as music, in one line that names the file.

    ``-`` is standard input: a MIDI file.
    """
    return _standard_input() if is_dash(path) else read_song(path)


@functools.cache  # it can be read once, and several variations may be made of it
def _standard_input() -> Song:
    return song_of_bytes(read_input(MOST_BYTES, BadMidiFile), STANDARD_INPUT)
