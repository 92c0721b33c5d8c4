"""Files of ABC, which hold one tune or many, and the lines of a tune."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from companion.errors import BadMidiFile, one_line
from companion.files.opening import read_file
from companion.notation.abc.music import MusicReader
from companion.notation.abc.voice import ONLY, TICKS_PER_BEAT, TuneVoice
from companion.notation.abc.words import words_under
from companion.notation.assembling import assembled
from companion.notation.score import TREBLE_CLEF, ScorePart, VoiceLine, WrittenScore

MOST_ABC_BYTES = 4_000_000
MOST_LETTERS = 50_000  # of a tune; a long one has some thousands
MOST_VOICES = 16
MOST_NAMED = 5  # tunes that are named where there are several
_FIELD = re.compile(r"([A-Za-z]):(.*)")
_COMMENT = re.compile(r"(?<!\\)%.*")
_VOICE = re.compile(r"\[V:\s*([^\]]*)\]")
_Lines = Sequence[tuple[int, str]]  # with their numbers in the file


def read_abc(path: Path, number: int | None = None) -> tuple[WrittenScore, str]:
    """The score of an ABC file that holds one tune, or of its tune X:number; and what to call it.

    Raises:
        BadMidiFile: it cannot be read; the line names the line of the file.
    """
    return score_of_abc(read_file(path, MOST_ABC_BYTES, BadMidiFile), one_line(path), number)


def score_of_abc(data: bytes, name: str, number: int | None = None) -> tuple[WrittenScore, str]:
    """What ``read_abc`` makes of a file that holds these bytes."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    lines = [(at, line.rstrip()) for at, line in enumerate(text.splitlines(), start=1)]
    tune = _chosen(list(_tunes(lines)), name, number)
    return _Tune(name).read(tune), name if number is None else f"{name}#{number}"


def _tunes(lines: _Lines) -> Iterator[_Lines]:
    """From an X: to the next, or all of a file that has none."""
    starts = [at for at, (_, line) in enumerate(lines) if line.startswith("X:")]
    if not starts and any(line.startswith("K:") for _, line in lines):
        starts = [0]
    for start, end in pairwise([*starts, len(lines)]):
        yield lines[start:end]


def _chosen(tunes: Sequence[_Lines], name: str, number: int | None) -> _Lines:
    if not tunes:
        raise BadMidiFile(f"{name} holds no tune; one begins with X:1, and its music follows K:")
    numbers = [_number(tune) for tune in tunes]
    if number in numbers:
        return tunes[numbers.index(number)]
    if number is None and len(tunes) == 1:
        return tunes[0]
    first = list(zip(numbers, tunes, strict=True))[:MOST_NAMED]
    listed = ", ".join(f"X:{own} {_title(tune)}".strip() for own, tune in first)
    listed += f" and {len(tunes) - MOST_NAMED} more" if len(tunes) > MOST_NAMED else ""
    if number is None:
        raise BadMidiFile(f"{name} holds {len(tunes)} tunes; name one, as in {name}#{numbers[0]}: {listed}")
    raise BadMidiFile(f"{name} holds no tune X:{number}; it holds {listed}")


def _number(tune: _Lines) -> int:
    match = re.match(r"X:\s*(\d{1,9})", tune[0][1])
    return int(match[1]) if match else 0


def _title(tune: _Lines) -> str:
    return next((one_line(line[2:].strip())[:60] for _, line in tune if line.startswith("T:")), "")


class _Tune:
    """Goes through the lines of a tune."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.title = self.composer = ""
        self.header = TuneVoice()
        self.voices: dict[str, MusicReader] = {}
        self.said: dict[str, str] = {}  # of voices in the header
        self.reader: MusicReader | None = None  # None: before the music
        self.goes_on = False  # the last line of music does, so that words are for both

    def read(self, lines: _Lines) -> WrittenScore:
        """The score; BadMidiFile names the line that cannot be read."""
        if sum(len(line) for _, line in lines) > MOST_LETTERS:
            raise BadMidiFile(f"{self.name}: a tune of more than {MOST_LETTERS:,} letters; choose a shorter one")
        for number, line in lines:
            text = "" if line.startswith("%") else _COMMENT.sub("", line).rstrip()
            field = _FIELD.fullmatch(text)
            try:
                if field is not None:
                    self._field(field[1], field[2].strip())
                elif text and self.reader is not None:
                    self._music(text)
            except ValueError as fault:
                raise BadMidiFile(f"{self.name}: line {number}: {fault}") from None
        return self._score()

    def _field(self, letter: str, value: str) -> None:
        match letter:
            case "T":
                self.title = self.title or one_line(value)[:200]
            case "C":
                self.composer = self.composer or one_line(value)[:200]
            case "V":
                self._voice(value)
            case "w":
                if self.reader is not None:
                    words_under(self.reader.voice, value)
            case "K" | "M" | "L" | "Q":
                (self.header if self.reader is None else self.reader.voice).field(letter, value)
                if letter == "K" and self.reader is None:
                    self._begin()

    def _begin(self) -> None:
        """The header is over."""
        for name, text in self.said.items():
            self.reader = self._opened(name)
            self.reader.voice.describe(text)
        self.reader = next(iter(self.voices.values()), None) or MusicReader(self.header.beginning())

    def _voice(self, value: str) -> None:
        """Of the header, or whose music follows."""
        name, _, text = value.partition(" ")
        if self.reader is None:
            self.said[name] = f"{self.said.get(name, '')} {text}"
            return
        if name not in self.voices and not self.voices and self.reader.voice.bars[0].ticks:
            self.voices[name] = self.reader  # what came before belongs to it
        self.reader = self._opened(name)
        self.reader.voice.describe(text)

    def _opened(self, name: str) -> MusicReader:
        if name not in self.voices:
            if len(self.voices) == MOST_VOICES:
                raise ValueError(f"more than {MOST_VOICES} voices")
            self.voices[name] = MusicReader(self.header.beginning())
        return self.voices[name]

    def _music(self, text: str) -> None:
        """A line of music, in which other voices may be named."""
        music, *others = _VOICE.split(text)
        self._line(music)
        for value, rest in zip(others[::2], others[1::2], strict=True):
            self._voice(value)
            self._line(rest)

    def _line(self, text: str) -> None:
        if text.strip() and self.reader is not None:
            if not self.goes_on:
                self.reader.voice.line, self.reader.voice.verses = [], 0
            self.reader.read(text)
            self.goes_on = text.endswith("\\")

    def _score(self) -> WrittenScore:
        readers = list(self.voices.values()) or ([self.reader] if self.reader is not None else [])
        voices = [reader.voice for reader in readers if any(bar.ticks for bar in reader.voice.bars)]
        if not voices:
            raise BadMidiFile(f"{self.name} holds no music after K:")
        for voice in voices:
            voice.close()
        whole = assembled([voice.bars for voice in voices], TICKS_PER_BEAT, self.name)
        parts = tuple(
            ScorePart(voice.name, (VoiceLine("1", 1, tuple(own[ONLY])),), (voice.clef or TREBLE_CLEF,))
            for voice, own in zip(voices, whole.lines, strict=True)
        )
        return WrittenScore(
            TICKS_PER_BEAT, whole.measures, parts, whole.harmonies, whole.tempos, self.title, self.composer
        )
