"""Several variations of each file in the place of one, the best first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from companion.commands.again import again
from companion.commands.files import ProgressBar, Work, check_sound, say_done, say_notices
from companion.controls.settings import Settings
from companion.errors import BadSetting
from companion.generation.job import Job
from companion.screen.say import say
from companion.screen.terminal import progress_bar
from companion.workbench.jobs import run
from companion.workbench.outputs import Contents, Outputs, contents_of, write_contents
from companion.workbench.summary import Summary, drawn_with
from companion.workbench.traits import traits_of
from companion.workbench.variations import Variation, comparison, ranking, seeds_of


@dataclass(frozen=True)
class Variations(Work):
    """So many of each file."""

    number: int

    def __post_init__(self) -> None:
        seeds_of(0, self.number)  # BadSetting where so many are not made

    @property
    def count(self) -> int:
        return self.number

    def check(self, outputs: Outputs) -> None:
        if outputs.is_piped:
            raise BadSetting("variations are several files; name them: -o song.mid makes song-1.mid, song-2.mid, …")
        for number in range(1, self.number + 1):
            outputs.numbered(number).check()

    def make(self, source: Path, settings: Settings, outputs: Outputs, bar: ProgressBar = progress_bar) -> None:
        job = self.job(source, settings)
        if warning := check_sound(job, outputs):
            say(warning, err=True)
        seeds = seeds_of(settings.seed, self.number)
        made: list[_Made] = []
        with bar(f"{job.task}, {len(seeds)} times", len(seeds) * job.work) as tell:
            for seed in seeds:
                one = self.job(source, replace(settings, seed=seed)) if made else job
                made.append(_made(one, outputs, _after(tell, len(made) * job.work)))
        ranked = [made[at] for at in ranking([one.variation for one in made])]
        contents: dict[Path, bytes] = {}
        for number, variation in enumerate(ranked, start=1):
            contents |= zip(outputs.numbered(number).paths, variation.contents.files.values(), strict=True)
        say_notices(job.notices, outputs)
        say_notices(ranked[0].contents.said, outputs)
        write_contents(contents, outputs.force)
        say_done(outputs, [ranked[0].heard, *comparison([one.variation for one in ranked])], list(contents))


class _Made(NamedTuple):
    """One of several."""

    variation: Variation
    heard: str  # what is said of all of them
    contents: Contents


def _made(job: Job, outputs: Outputs, tell: Callable[[int], None]) -> _Made:
    composed = run(job, tell)
    summary = Summary.of(job, composed, again(drawn_with(job), outputs.source))
    contents = contents_of(job, composed, outputs, summary)
    return _Made(Variation(summary.seed, traits_of(job, composed)), summary.lines()[0], contents)


def _after(tell: Callable[[int], None], done: int) -> Callable[[int], None]:
    return lambda more: tell(done + more)
