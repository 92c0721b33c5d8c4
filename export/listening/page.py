"""The listening page, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from urllib.parse import quote

from companion.controls.table import DEFAULT_STYLE
from companion.model.runtime import Model
from companion.sampling.styles import style
from export.data.pieces import Piece
from export.data.prepare import Leak, find_leaks, read_map
from export.judging.recital import BAR_STEPS, OPENING_STEPS
from export.listening.exhibit import CONTINUED, HARMONISED, LEAST_BARS, ORIGINAL, Exhibit
from export.listening.make import BEATS_PER_MINUTE

COLUMNS = 118  # of a line of text


@dataclass(frozen=True)
class Known:
    """What is known of the pieces by their names in the CSV set."""

    works: Mapping[str, str]  # the name in music21's corpus, as "bwv393"
    leaks: Mapping[str, Leak]  # of those that are like a training piece of the set

    @classmethod
    def of(cls, pieces: Sequence[Piece]) -> Known:
        """Of a set with its training pieces."""
        return cls(read_map(), {leak.held: leak for leak in find_leaks(pieces)})


def page(model: Model, file: str, exhibits: Sequence[Exhibit], folder: str, known: Known) -> str:
    """The page of what ``model`` plays, from the model file ``file``; the links lead into ``folder``."""
    seeds = exhibits[-1].seed
    blocks = ["# Listen", *_about(model, seeds), *_again(model, file, seeds)]
    for exhibit in exhibits:
        blocks += _section(exhibit, quote(folder), known)
    return "\n\n".join(blocks) + "\n"


def _about(model: Model, seeds: int) -> Iterator[str]:
    sampling = style(DEFAULT_STYLE)
    yield _text(
        f"What the model `{model.contract.name}` plays, beside Bach. Nothing here was chosen: seed 1 goes to the first"
        f" piece of the JSB test part that has {LEAST_BARS} bars or more, seed 2 to the second, and so on to seed"
        f" {seeds}. Each has three pieces of music and a picture of them:"
    )
    yield "\n".join(
        _text(item, indent="  ")
        for item in (
            "- **continued**: Bach's first two bars, shaded in the picture; then the model goes on alone, for as many"
            " bars as the piece has left, and comes to a close. A marker in the file says where it begins.",
            "- **harmonised**: Bach's soprano, note for note; alto, tenor and bass are the model's.",
            "- **Bach**: the piece as he wrote it. A ▾ above the model's rolls is where a phrase was planned to close.",
        )
    )
    yield _text(
        "The model's are what `chorale continue` and `chorale harmonise` make in their default style, which is"
        f" `{DEFAULT_STYLE}` (temperature {sampling.temperature:g}, top-p {sampling.top_p:g}). Every MIDI file has four"
        f" tracks, one a voice, on channels 1–4, at {BEATS_PER_MINUTE} beats a minute. The traces tell of every note"
        " what it was drawn from (`chorale view` shows them, once `gunzip` has unpacked them). The set knows neither"
        " upbeats nor repeated notes: bars are counted from the first note, and what Bach repeats is held here."
    )


def _again(model: Model, file: str, seeds: int) -> Iterator[str]:
    yield "All of it, this page too, is written by one command:"
    yield f"```bash\nchorale-train listen {file} --seeds {seeds} --force\n```"
    yield f"This was `{model.contract.name}` from the file with the sha256\n`{model.digest}`."


def _section(exhibit: Exhibit, folder: str, known: Known) -> Iterator[str]:
    yield f"## Seed {exhibit.seed}: {_title(exhibit.piece.name, known)}"
    leak = known.leaks.get(exhibit.piece.name)
    if leak is not None:
        share = f"{100 * leak.share:.0f} % of its progressions stand in {leak.train} too"
        yield _text(f"A leak of the published split: {share}, which the model may have learned.")
    yield f"![Three piano rolls: continued, harmonised, Bach]({folder}/{exhibit.picture})"
    bars = f"{OPENING_STEPS // BAR_STEPS} bars and {exhibit.new_bars} new ones"
    rows = (
        ("", "music", "trace"),
        ("---", "---", "---"),
        (f"continued: {bars}", _link(folder, exhibit.midi(CONTINUED)), _link(folder, exhibit.trace(CONTINUED))),
        ("harmonised", _link(folder, exhibit.midi(HARMONISED)), _link(folder, exhibit.trace(HARMONISED))),
        ("Bach", _link(folder, exhibit.midi(ORIGINAL)), ""),
    )
    yield "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def _title(name: str, known: Known) -> str:
    """Its name in the set, and its number in the catalogue of Bach's works where that is known."""
    work = known.works.get(name)
    return name if work is None else f"{name}, {work.replace('bwv', 'BWV ')}"


def _link(folder: str, name: str) -> str:
    return f"[{name}]({folder}/{name})"


def _text(words: str, indent: str = "") -> str:
    return fill(words, COLUMNS, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
