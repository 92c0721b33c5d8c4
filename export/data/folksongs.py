"""Folk songs of music21's own corpus (Essen), for the judge: tunes of books that no model here has learned from.

Nothing is fetched: the songs come with music21, which only this module and the corpus import, and only when asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from companion.errors import MissingExtra
from companion.music.bars import bar_steps
from companion.music.vocabulary import RANGES, STEPS_PER_BEAT, Note
from companion.screen.terminal import Progress, unseen

BOOKS = ("erk10", "boehme10", "kinder0", "fink0", "altdeu10", "zuccal0", "erk20", "boehme20")
DOTTED_METRES = ("6/8", "9/8", "12/8")
PLAIN_METRES = ("4/4", "3/4", "2/4", "2/2", "3/2")
HIGHEST_MEAN, LOWEST_MEAN = 74, 64  # of a tune within the soprano's range

Item = TypeVar("Item")


@dataclass(frozen=True)
class Tune:
    """A tune on the step grid, its first note at ``first_step`` of a bar."""

    name: str
    metre: str
    bar_steps: int
    first_step: int  # place of the first note in its bar
    notes: tuple[Note, ...]  # of voice 0, the first at step 0

    @property
    def steps(self) -> int:
        """Up to the end of the last note."""
        last = self.notes[-1]
        return last.start_step + last.steps

    def head(self, bars: int) -> Tune:
        """What begins within so many bars, a pickup beside them; the last note ends with them."""
        end = bars * self.bar_steps + (-self.first_step) % self.bar_steps
        kept = (note for note in self.notes if note.start_step < end)
        cut = (Note(n.start_step, 0, n.pitch, min(n.steps, end - n.start_step)) for n in kept)
        return Tune(self.name, self.metre, self.bar_steps, self.first_step, tuple(cut))


def read_tunes(metres: Sequence[str], count: int) -> list[Tune]:
    """So many tunes of these metres, as far as there are; each is of the soprano's range, whole on the 16th grid.

    Raises:
        MissingExtra: music21 is not installed.
    """
    folder = essen_folder()
    import music21  # noqa: PLC0415 — slow to import, and only the train extra has it

    return in_turn([_tunes(folder / f"{book}.abc", metres, music21.converter) for book in BOOKS], count)


def in_turn(books: Sequence[Iterator[Item]], count: int, progress: Progress = unseen) -> list[Item]:
    """So many of what books hold, one of each in turn, as far as there are."""
    left, found = list(books), list[Item]()
    while left and len(found) < count:
        for book in list(left):
            one = next(book, None)
            if one is None:
                left.remove(book)
            elif len(found) < count:
                found.append(one)
                progress(len(found), count)
    return found


def essen_folder() -> Path:
    """Where the books lie; MissingExtra where music21 is not installed, which is not loaded here."""
    found = find_spec("music21")
    if found is None or found.origin is None:
        raise MissingExtra("the folk songs come with music21: pip install 'chorale-companion[train]'")
    return Path(found.origin).parent / "corpus" / "essenFolksong"


def _tunes(path: Path, metres: Sequence[str], converter: Any) -> Iterator[Tune]:
    """Of a book, song by song: to read all of it takes long."""
    for song in path.read_text("utf-8", errors="replace").split("\nX:")[1:]:
        number, _, text = song.partition("\n")
        if _metre_of(text) in metres:
            score = converter.parse(f"X:{number}\n{text}", format="abc")
            tune = tune_of_score(score, f"{path.stem}-{number.strip()}")
            if tune is not None:
                yield tune


def _metre_of(text: str) -> str:
    fields = (line[2:].strip() for line in text.splitlines() if line.startswith("M:"))
    return next(fields, "")


def tune_of_score(score: Any, name: str) -> Tune | None:
    """From a music21 score of one part; None where metres change or notes are off the grid."""
    signatures = list(score.recurse().getElementsByClass("TimeSignature"))
    if len({one.ratioString for one in signatures}) != 1:
        return None
    metre = signatures[0].ratioString
    part = score.parts[0].stripTies()
    sounds = [note for note in part.flatten().notes if note.isNote and note.quarterLength > 0]
    if not sounds:
        return None
    times = np.array([(float(n.offset), float(n.offset + n.quarterLength)) for n in sounds]) * STEPS_PER_BEAT
    if len(sounds) < 2 or np.abs(times - times.round()).max() > 1e-6:
        return None
    starts, ends = times.round().astype(int).T
    length = bar_steps(*(int(number) for number in metre.split("/")))
    first = part.getElementsByClass("Measure").first()
    pickup = round(float(first.duration.quarterLength) * STEPS_PER_BEAT) if first is not None else length
    place = (int(starts[0]) + (length - pickup if 0 < pickup < length else 0)) % length
    pitches = in_soprano_range([int(note.pitch.midi) for note in sounds])
    if pitches is None:
        return None
    notes = (
        Note(int(start - starts[0]), 0, pitch, int(end - start))
        for start, end, pitch in zip(starts, ends, pitches, strict=True)
    )
    return Tune(name, metre, length, place, tuple(notes))


def in_soprano_range(pitches: list[int]) -> list[int] | None:
    """The pitches by octaves where sopranos sing them; None where they span too much."""
    middle = (HIGHEST_MEAN + LOWEST_MEAN) / 2
    octaves = round((middle - float(np.mean(pitches))) / 12)
    moved = [pitch + 12 * octaves for pitch in pitches]
    lowest, highest = RANGES[0]
    return moved if lowest <= min(moved) and max(moved) <= highest else None
