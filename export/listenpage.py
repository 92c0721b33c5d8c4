"""The listening page, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from companion.model import Model
from companion.names import DEFAULT_STYLE
from companion.styles import style
from export.exhibit import BACH, CONTINUED, HARMONISED, LEAST_BARS, Exhibit
from export.listening import BEATS_PER_MINUTE
from export.recital import OPENING_STEPS


@dataclass(frozen=True)
class Known:
    """What is known of the pieces by their names in the CSV set."""

    catalogue: Mapping[str, str]  # the name in music21's corpus, as "bwv393"
    leaks: Mapping[str, str]  # the training piece of the same set that it is like


def page(model: Model, file: str, exhibits: Sequence[Exhibit], folder: str, known: Known) -> str:
    """The page of what ``model`` plays, from the model file ``file``; the links lead into ``folder``."""
    lines = [*_introduction(model, file, exhibits)]
    for exhibit in exhibits:
        lines += ["", *_section(exhibit, quote(folder), known)]
    return "\n".join(lines) + "\n"


def _introduction(model: Model, file: str, exhibits: Sequence[Exhibit]) -> Iterator[str]:
    sampling = style(DEFAULT_STYLE)
    last = exhibits[-1].seed
    yield from (
        "# Listen",
        "",
        f"What the model `{model.contract.name}` plays, beside Bach. Nothing here was chosen: seed 1 is given to the",
        f"first piece of the JSB test part that has {LEAST_BARS} bars or more, seed 2 to the second, and so on to seed",
        f"{last}; what came is what stands here. Each seed has three pieces of music, and a picture of them:",
        "",
        "- **continued**: Bach's first two bars, shaded in the picture; then the model goes on alone for as many bars",
        "  as the piece has left, and comes to a close. A marker in the file says where it begins.",
        "- **harmonised**: Bach's soprano, note for note; alto, tenor and bass are the model's.",
        "- **Bach**: the piece as he wrote it.",
        "",
        "The model's are what `chorale continue` and `chorale harmonise` make, in their default style,",
        f"`{DEFAULT_STYLE}` (temperature {sampling.temperature:g}, top-p {sampling.top_p:g}). Every MIDI file has four",
        f"tracks, one a voice, on channels 1–4, at {BEATS_PER_MINUTE} beats a minute. The traces tell of every note",
        "what it was drawn from (`chorale-trace/1`, unpacked by `gunzip`). The set knows no upbeats and no repeated",
        "notes: bars are counted from the first note, and what Bach repeats is held in his bars.",
        "",
        "All of it, this page too, is written by one command:",
        "",
        "```bash",
        f"chorale-train listen {file} --seeds {last} --force",
        "```",
        "",
        f"This was `{model.contract.name}` from the file with the sha256",
        f"`{model.digest}`.",
    )


def _section(exhibit: Exhibit, folder: str, known: Known) -> Iterator[str]:
    yield f"## Seed {exhibit.seed}: {_title(exhibit.piece.name, known)}"
    yield ""
    if exhibit.piece.name in known.leaks:
        yield f"Bach himself wrote passages of it twice: it is like the training piece {known.leaks[exhibit.piece.name]}."
        yield ""
    yield f"![Three piano rolls: continued, harmonised, Bach]({folder}/{exhibit.picture})"
    yield ""
    yield "| | music | trace |"
    yield "|---|---|---|"
    opening = f"{OPENING_STEPS // 16} bars and {exhibit.new_bars} new ones"
    yield _row(f"continued: {opening}", _link(folder, exhibit.midi(CONTINUED)), _link(folder, exhibit.trace(CONTINUED)))
    yield _row("harmonised", _link(folder, exhibit.midi(HARMONISED)), _link(folder, exhibit.trace(HARMONISED)))
    yield _row("Bach", _link(folder, exhibit.midi(BACH)), "")


def _title(name: str, known: Known) -> str:
    """``jsb-test-307`` as "307 of the set, BWV 393"."""
    number = name.rpartition("-")[2]
    work = known.catalogue.get(name, "")
    return f"chorale {number}{', ' if work else ''}{work.replace('bwv', 'BWV ')}"


def _link(folder: str, name: str) -> str:
    return f"[{name}]({folder}/{name})"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
