"""Tunes of one voice, from any song: cleaned, and kept as pieces in which the soprano alone sings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np

from companion.errors import BadMidiFile
from companion.music.bars import bar_steps
from companion.music.song import Song, SongNote
from companion.music.vocabulary import REST, STEPS_PER_BEAT, VOICES, IntArray, Note, frames_of_notes
from companion.notation.abc.book import score_of_abc
from companion.notation.songs import song_of_score
from companion.screen.terminal import Progress, unseen
from export.data.corpus import Refusal
from export.data.folder import read_each, split_of_name
from export.data.folksongs import BOOKS, PLAIN_METRES, essen_folder, in_soprano_range
from export.data.pieces import Piece

FEWEST_NOTES = 12
LOWEST_KEY, HIGHEST_KEY = 24, 108  # C1 to C8: outside nobody sings, and few play
OFF_GRID_STEPS = 0.125  # so far a note may begin beside a 16th

Read = tuple[list[Piece], list[Refusal]]


def tune_of_song(song: Song, name: str, split: str, metres: Collection[str] = PLAIN_METRES) -> Piece:
    """The only voice of a song in one of these metres, by octaves where sopranos sing.

    Raises:
        ValueError: it says why there is none that can be used.
    """
    notes = sorted(song.notes)
    if len({note.track for note in notes}) > 1:
        raise ValueError("it has several tracks with notes")
    _check_notes(notes)
    starts = _steps(song, [note.start_tick for note in notes])
    ends = np.maximum(np.round(_positions(song, [note.end_tick for note in notes])).astype(int), starts + 1)
    if any(ends[:-1] > starts[1:]):
        raise ValueError("notes sound together: it is no tune of one voice")
    (numerator, denominator), origin = _metre(song, metres)
    length = bar_steps(numerator, denominator)
    if max(starts[1:] - ends[:-1]) >= length:
        raise ValueError("a bar of it is empty")
    pitches = in_soprano_range([note.pitch for note in notes])
    if pitches is None:
        raise ValueError("it spans more than a soprano's range")
    first = int(starts[0])
    line = (Note(int(a) - first, 0, pitch, int(b - a)) for a, b, pitch in zip(starts, ends, pitches, strict=True))
    return Piece(
        name,
        split,
        frames_of_notes(line, int(ends[-1]) - first),
        onsets_known=True,
        first_step=(first - origin) % length,
        metre=f"{numerator}/{denominator}",
        bar_steps=length,
    )


def _check_notes(notes: Sequence[SongNote]) -> None:
    if len(notes) < FEWEST_NOTES:
        raise ValueError(f"it has fewer than {FEWEST_NOTES} notes")
    if any(not LOWEST_KEY <= note.pitch <= HIGHEST_KEY for note in notes):
        raise ValueError("notes lie beyond C1 to C8")


def _positions(song: Song, ticks: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """In steps."""
    return np.array(ticks, dtype=np.float64) * STEPS_PER_BEAT / song.ticks_per_beat


def _steps(song: Song, ticks: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.int_]]:
    """Whole steps; ValueError where a note begins between them."""
    positions = _positions(song, ticks)
    steps = np.round(positions).astype(int)
    if np.abs(positions - steps).max() > OFF_GRID_STEPS:
        raise ValueError("notes are off the 16th grid")
    return steps


def _metre(song: Song, among: Collection[str]) -> tuple[tuple[int, int], int]:
    """The metre of most of it, and a step on which a bar begins; pickups and cut bars are passed over."""
    metres = [(0, 4, 4), *song.metres]
    ends = [*(metre[0] for metre in metres[1:]), max(song.length_ticks, song.notes[-1].end_tick)]
    lasting: Counter[tuple[int, int]] = Counter()
    for (tick, *sign), end in zip(metres, ends, strict=True):
        lasting[sign[0], sign[1]] += end - tick
    chief = max(lasting, key=lambda sign: lasting[sign])
    if f"{chief[0]}/{chief[1]}" not in among:
        raise ValueError("its metre is none of plain beats" if among is PLAIN_METRES else "its metre is another")
    length = bar_steps(*chief)
    at = [tick for (tick, *sign), end in zip(metres, ends, strict=True) if (*sign,) == chief and end > tick]
    places = _steps(song, at)
    if len(set(places % length)) > 1:
        raise ValueError("its metre changes")
    return chief, int(places[0])


def read_books(progress: Progress = unseen) -> Read:
    """The folk songs that come with music21: those of the judge's books are for the test, the rest by their names.

    Raises:
        MissingExtra: music21 is not installed.
    """
    books = sorted(path for path in essen_folder().glob("*.abc") if not path.stem.startswith("test"))
    songs = [(path.stem, number, text) for path in books for number, text in songs_in(path)]
    pieces, refusals = [], []
    for done, (book, number, text) in enumerate(songs, start=1):
        name = f"{book}-{number}"
        try:
            song = song_of_score(score_of_abc(text.encode(), name)[0], name)
            pieces.append(tune_of_song(song, name, "test" if book in BOOKS else _learned(name)))
        except BadMidiFile:
            refusals.append(Refusal(name, "its notation cannot be read"))
        except ValueError as error:
            refusals.append(Refusal(name, str(error)))
        progress(done, len(songs))
    return pieces, refusals


def songs_in(path: Path) -> Iterator[tuple[str, str]]:
    """The songs of a book of ABC, with their numbers."""
    for song in path.read_text("utf-8", errors="replace").split("\nX:")[1:]:
        number, _, text = song.partition("\n")
        yield number.strip(), f"X:{number}\n{text}"


def _learned(name: str) -> str:
    """Train or valid: the test has books of its own."""
    return "train" if split_of_name(name) == "test" else split_of_name(name)


def read_melodies(folder: Path, progress: Progress = unseen) -> Read:
    """Every MIDI file of a folder and those below it, split by their names.

    Raises:
        NotADirectoryError: There is no such folder.
        ValueError: It holds no MIDI files.
    """
    return read_each(folder, lambda song, name: tune_of_song(song, name, split_of_name(name)), progress)


def soprano_of(piece: Piece) -> Piece:
    """The tune of a chorale."""
    return Piece(
        piece.name,
        piece.split,
        _alone(piece.frames),
        piece.onsets_known,
        piece.first_step,
        key=piece.key,
        metre=piece.metre,
        bar_steps=piece.bar_steps,
    )


def _alone(frames: IntArray) -> IntArray:
    """The same with the lower voices silent."""
    alone = np.full((len(frames), len(VOICES)), REST, dtype=np.int32)
    alone[:, 0] = frames[:, 0]
    return alone
