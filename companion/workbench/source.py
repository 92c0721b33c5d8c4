"""A file of music, of whatever kind, as a song."""

from __future__ import annotations

from pathlib import Path

from companion.files.midi import read_song
from companion.music.song import Song


def read_source(path: Path) -> Song:
    """What a file holds; BadMidiFile where it cannot be read as music, in one line that names the file."""
    return read_song(path)
