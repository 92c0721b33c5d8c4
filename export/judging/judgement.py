"""What was judged, as it is printed, drawn and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from companion.files.writing import refuse_existing
from export.judging.distributions import plot_distributions, plot_traits
from export.judging.following import Listening, describe_following, following_as_dict
from export.judging.keeping import keep, refuse_kept
from export.judging.listener import Opinion, describe_opinions, opinions_as_dict
from export.judging.metre import MetreKept, describe_metre, metre_as_dict
from export.judging.musician import Before, TraitReport, describe_traits, traits_as_dict
from export.judging.report import BACH, MusicReport, Repertoire, as_dict, describe_report
from export.judging.rewriting import Joining, describe_rewriting, rewriting_as_dict
from export.judging.targets import Judged

PICTURE, TRAITS_PICTURE = "distributions.png", "traits.png"


@dataclass(frozen=True)
class Judgement:
    """The reports that were wanted."""

    music: tuple[Repertoire, ...]  # all that was judged, Bach first
    counted: MusicReport | None = None
    musician: TraitReport | None = None
    following: tuple[Listening, ...] = ()
    metres: tuple[MetreKept, ...] = ()
    opinions: tuple[Opinion, ...] | None = None
    rewriting: tuple[Joining, ...] = ()

    def lines(self, before: Before | None = None) -> list[str]:
        """As tables, in Markdown; with an earlier musician's report before the figures of this one."""
        tables = [
            [] if self.counted is None else describe_report(self.counted),
            [] if self.musician is None else describe_traits(self.musician, before),
            describe_following(self.following) if self.following else [],
            describe_metre(self.metres) if self.metres else [],
            describe_rewriting(self.rewriting) if self.rewriting else [],
            [] if self.opinions is None else describe_opinions(self.opinions),
        ]
        return [line for table in tables if table for line in ("", *table)][1:]

    def as_dict(self) -> dict[str, Any]:
        """What ``chorale-train judge --json`` prints of them."""
        found: dict[str, Any] = {} if self.counted is None else as_dict(self.counted)
        if self.musician is not None:
            found["musician"] = traits_as_dict(self.musician)
        if self.following:
            found["following"] = following_as_dict(self.following)
        if self.metres:
            found["metre"] = metre_as_dict(self.metres)
        if self.rewriting:
            found["rewriting"] = rewriting_as_dict(self.rewriting)
        if self.opinions is not None:
            found["listener"] = opinions_as_dict(self.opinions)
        return found


@dataclass(frozen=True)
class ReportFiles:
    """What is written besides the table."""

    plots: Path | None = None  # a folder
    music: Path | None = None  # a folder
    force: bool = False

    def check(self, targets: Sequence[Judged]) -> None:
        """Before any work: OutputExists for what may not be replaced. A folder of plots is made."""
        if self.plots is not None:
            self.plots.mkdir(parents=True, exist_ok=True)
            for picture in (PICTURE, TRAITS_PICTURE):
                refuse_existing(self.plots / picture, force=self.force)
        if self.music is not None:
            refuse_kept(self.music, [BACH, *(name for target in targets for name in target.columns)], force=self.force)

    def write(self, judgement: Judgement) -> list[str]:
        """Write everything that is wanted; returns a line for each."""
        lines = []
        if self.plots is not None and judgement.counted is not None:
            plot_distributions(judgement.counted, self.plots / PICTURE)
            lines.append(f"wrote {self.plots / PICTURE}")
        if self.plots is not None and judgement.musician is not None:
            plot_traits(judgement.musician, self.plots / TRAITS_PICTURE)
            lines.append(f"wrote {self.plots / TRAITS_PICTURE}")
        if self.music is not None:
            written = keep(self.music, judgement.music, force=self.force)
            lines.append(f"wrote {written} MIDI files into {self.music}")
        return lines
