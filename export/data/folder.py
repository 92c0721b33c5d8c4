"""A folder of four-part MIDI files, heard as the companion hears a seed, as pieces for training."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from companion.errors import BadMidiFile, one_line
from companion.files.midi import read_song
from companion.music.bars import Bars
from companion.music.song import KeySignature, Song
from companion.music.vocabulary import VOICES
from companion.phrase.seed import phrase_of_song
from companion.screen.terminal import Progress, unseen
from export.data.corpus import Refusal
from export.data.likeness import CHORDS, progressions
from export.data.pieces import Piece

SPLIT_SEED = "chorale-1"  # another word deals the same names out differently
TRAIN_SHARE = 0.8
VALID_SHARE = 0.1  # what is left is for the test

FromSong = TypeVar("FromSong")

_SUFFIXES = (".mid", ".midi")
_MAJOR_TONICS = (
    "Cb",
    "Gb",
    "Db",
    "Ab",
    "Eb",
    "Bb",
    "F",
    "C",
    "G",
    "D",
    "A",
    "E",
    "B",
    "F#",
    "C#",
)  # 7 flats … 7 sharps
_MINOR_TONICS = ("ab", "eb", "bb", "f", "c", "g", "d", "a", "e", "b", "f#", "c#", "g#", "d#", "a#")


@dataclass(frozen=True)
class Folder:
    """What reading a folder gave."""

    pieces: tuple[Piece, ...]  # with the split that their names give them
    refusals: tuple[Refusal, ...]
    notices: tuple[Refusal, ...]  # pieces that are not heard quite as they are written, and how


def read_folder(folder: Path, progress: Progress = unseen) -> Folder:
    """Every MIDI file in a folder and those below it, named by its path from there.

    Raises:
        NotADirectoryError: There is no such folder.
        ValueError: It holds no MIDI files.
    """
    made, refusals = read_each(folder, piece_of_song, progress)
    notices = [Refusal(piece.name, notice) for piece, heard in made for notice in heard]
    return Folder(tuple(piece for piece, _ in made), tuple(refusals), tuple(notices))


def read_each(
    folder: Path, made_of: Callable[[Song, str], FromSong], progress: Progress = unseen
) -> tuple[list[FromSong], list[Refusal]]:
    """What is made of every MIDI file in a folder and those below it, by its path from there; and of which nothing.

    made_of: raises BadMidiFile or ValueError where nothing can be made of a song.

    Raises:
        NotADirectoryError: There is no such folder.
        ValueError: It holds no MIDI files.
    """
    made, refusals = list[FromSong](), list[Refusal]()
    paths = midi_files(folder)
    for done, path in enumerate(paths, start=1):
        name = path.relative_to(folder).as_posix()
        try:
            made.append(made_of(read_song(path), name))
        except (BadMidiFile, ValueError) as error:
            reason = one_line(error).removeprefix(f"{path} ").partition("; ")[0]  # without advice to a player
            refusals.append(Refusal(name, reason))
        progress(done, len(paths))
    return made, refusals


def midi_files(folder: Path) -> list[Path]:
    """Those of a folder and of the folders below it; NotADirectoryError or ValueError where there are none."""
    if not folder.is_dir():
        raise NotADirectoryError(f"no folder at {folder}")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES and path.is_file())
    if not paths:
        raise ValueError(f"no MIDI files ({', '.join(_SUFFIXES)}) in {folder}")
    return paths


def piece_of_song(song: Song, name: str) -> tuple[Piece, tuple[str, ...]]:
    """A piece from a MIDI file, and what was changed to hear it in four voices.

    The places of the closes are left unknown: MIDI files have no fermatas.

    Raises:
        BadMidiFile: The song holds no notes.
        ValueError: It has not four voices, or fewer than four chords.
    """
    phrase = phrase_of_song(song)
    if not all(phrase.given):
        missing = ", ".join(voice for voice, given in zip(VOICES, phrase.given, strict=True) if not given)
        raise ValueError(f"it has no {missing}")
    if not progressions(phrase.frames):
        raise ValueError(f"it has fewer than {CHORDS} chords")
    signature = _constant_metre(song)
    piece = Piece(
        name=name,
        split=split_of_name(name),
        frames=phrase.frames,
        onsets_known=True,
        first_step=phrase.first_step,
        key=None if song.key is None else name_of_signature(song.key),
        metre=None if signature is None else f"{signature[0]}/{signature[1]}",
        bar_steps=None if signature is None else phrase.bar_steps,
    )
    return piece, phrase.notices


def _constant_metre(song: Song) -> tuple[int, int] | None:
    """Numerator and denominator where the file gives one metre throughout, a pickup in its own left aside."""
    bars = Bars.of_metres(song.metres, song.ticks_per_beat)
    metres = set(bars.metres[1:] if bars.pickup_steps else bars.metres)
    return metres.pop() if song.metres and len(metres) == 1 else None


def split_of_name(name: str) -> str:
    """The split that a name stands for, evenly spread and the same on every machine and in every folder."""
    digest = hashlib.sha256(f"{SPLIT_SEED}/{name}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    if place < TRAIN_SHARE:
        return "train"
    return "valid" if place < TRAIN_SHARE + VALID_SHARE else "test"


def name_of_signature(key: KeySignature) -> str:
    """ "Bb major", "f# minor"."""
    tonics = _MINOR_TONICS if key.minor else _MAJOR_TONICS
    return f"{tonics[key.sharps + 7]} {'minor' if key.minor else 'major'}"
