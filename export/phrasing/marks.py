"""Folk songs of music21's corpus (Essen) with their phrases, each of which has a line of its own in the books."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from companion.errors import BadMidiFile
from companion.music.song import Song
from companion.music.vocabulary import notes_of_frames
from companion.notation.abc.book import score_of_abc
from companion.notation.songs import song_of_score
from companion.screen.terminal import Progress, unseen
from export.data.folksongs import BOOKS, DOTTED_METRES, PLAIN_METRES, Tune, essen_folder, in_turn
from export.data.tunes import songs_in, tune_of_song

METRES = (*PLAIN_METRES, *DOTTED_METRES, "3/8")
FEWEST_PHRASES = 2
LEARNT_BOOKS = ("erk30", "ballad40", "lux", "dva0", "altdeu20", "ballad50", "lot", "ballad30", "ballad10", "erk5")


@dataclass(frozen=True)
class MarkedSong:
    """A tune and its phrases."""

    tune: Tune
    ends: tuple[int, ...]  # the number of each phrase's last note, from 0

    def phrases(self) -> Iterator[range]:
        """The numbers of the notes of each phrase."""
        first = 0
        for last in self.ends:
            yield range(first, last + 1)
            first = last + 1


def held_out_songs(count: int, progress: Progress = unseen) -> list[MarkedSong]:
    """So many songs of the books that are kept for judging, from all of them in turn; MissingExtra without music21."""
    return _read(BOOKS, count, progress)


def learnt_songs(count: int, progress: Progress = unseen) -> list[MarkedSong]:
    """So many songs of other European books."""
    return _read(LEARNT_BOOKS, count, progress)


def _read(books: Sequence[str], count: int, progress: Progress) -> list[MarkedSong]:
    folder = essen_folder()
    return in_turn([_songs(folder / f"{book}.abc") for book in books], count, progress)


def _songs(path: Path) -> Iterator[MarkedSong]:
    for number, text in songs_in(path):
        try:
            song = marked_song(text, f"{path.stem}-{number}")
        except (BadMidiFile, ValueError):  # what cannot be used, as for the sets of tunes
            continue
        if len(song.ends) >= FEWEST_PHRASES:
            yield song


def marked_song(text: str, name: str) -> MarkedSong:
    """A song of a book, in ABC: what stands on one line is a phrase.

    Raises:
        BadMidiFile: its notation cannot be read.
        ValueError: it cannot be used as a tune.
    """
    lines = text.strip().splitlines()
    head = next((number for number, line in enumerate(lines, start=1) if line.startswith("K:")), len(lines))
    music = [line for line in lines[head:] if line.strip() and not line.startswith("%")]
    song = _song(lines, name)
    piece = tune_of_song(song, name, "", METRES)
    notes = tuple(notes_of_frames(piece.frames))
    sung = [len(_song([*lines[:head], *music[:upto]], name).notes) for upto in range(1, len(music))]
    ends = sorted({count - 1 for count in (*sung, len(notes)) if count})
    if len(notes) != len(song.notes):
        raise ValueError("notes of it are too short")
    assert piece.metre is not None and piece.bar_steps is not None
    return MarkedSong(Tune(name, piece.metre, piece.bar_steps, piece.first_step, notes), tuple(ends))


def _song(lines: Sequence[str], name: str) -> Song:
    return song_of_score(score_of_abc("\n".join(lines).encode(), name)[0], name)
