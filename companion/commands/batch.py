"""What is made of one file or of many, once or in variations.

Of many files, what cannot be done is said in a line each, and the rest is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from companion.audio.wav import find_fluidsynth
from companion.commands.again import again
from companion.commands.files import ProgressBar, check_sound, compose, say_done, say_notices
from companion.commands.options import Said, file_settings
from companion.controls.settings import Settings
from companion.errors import BadSetting, ChoraleError
from companion.files.streams import is_dash
from companion.generation.job import Job
from companion.model.library import kept_model
from companion.screen.say import say
from companion.screen.terminal import Progress, progress_bar
from companion.workbench.jobs import run
from companion.workbench.outputs import Contents, Outputs, contents_of, write_contents
from companion.workbench.places import make_folder, place_beside, places_of
from companion.workbench.summary import Summary, drawn_with
from companion.workbench.traits import traits_of
from companion.workbench.variations import Variation, comparison, ranking, seeds_of

SHARES = 100  # of each of many files, in which progress is told


@dataclass(frozen=True)
class Work:
    """What is to be made of a file."""

    word: str  # in the names of what is made, as in song-continued.mid
    job: Callable[[Path, Settings], Job]
    variations: int | None = None  # so many of each file


def work_on(
    sources: Sequence[Path],
    work: Work,
    said: Said,
    asked: Said,
    variations: int | None = None,
    out_dir: Path | None = None,
) -> None:
    """Make something of each file, or several things, and write all of it.

    said: the settings, as they were typed.
    asked: likewise what is written; see ``Outputs.planned``.

    Raises:
        ChoraleError: it cannot be made; of several files some cannot, and the others are done.
    """
    work = replace(work, variations=variations)
    if out_dir is not None and "out" in asked:
        raise BadSetting("-o names a file and --out-dir a folder for it; give one of them")
    if len(sources) > 1:
        _work_on_many(sources, work, said, asked, out_dir)
        return
    (source,) = sources
    if out_dir is not None:
        make_folder(out_dir)
        asked = {**asked, "out": place_beside(source, work.word, out_dir)}
    outputs = Outputs.planned(source, work.word, **asked)
    _check_places(outputs, variations)
    _make(work, source, file_settings(said), outputs)


def _work_on_many(sources: Sequence[Path], work: Work, said: Said, asked: Said, out_dir: Path | None) -> None:
    _check_many(sources, work, asked)
    settings = file_settings(said)
    kept_model(settings.model)
    if out_dir is not None:
        make_folder(out_dir)
    bad, places = 0, places_of(sources, work.word, out_dir, work.variations)
    with progress_bar(f"{len(sources)} files", SHARES * len(sources)) as tell:
        for number, (source, place) in enumerate(zip(sources, places, strict=True)):
            try:
                outputs = replace(Outputs.planned(source, work.word, **asked, out=place), brief=True)
                _check_places(outputs, work.variations)
                _make(work, source, settings, outputs, _share_of(tell, number))
            except ChoraleError as error:
                bad += 1
                say(f"chorale: {_naming(source, error)}", err=True)
    good = len(sources) - bad
    if bad:
        raise ChoraleError(f"{good} of {len(sources)} files {work.word}; {bad} could not be")
    if not asked.get("quiet"):
        say(f"{good} files {work.word}")


def _check_many(sources: Sequence[Path], work: Work, asked: Said) -> None:
    """BadSetting, or what else is wrong with all of them, before the first."""
    for option, name in (("out", "-o"), ("trace", "--trace")):
        if option in asked:
            raise BadSetting(f"{name} names one file, and there are {len(sources)}; give --out-dir, a folder for all")
    if any(map(is_dash, sources)):
        raise BadSetting("standard input (-) is a file by itself; give it alone")
    if work.variations is not None:
        seeds_of(0, work.variations)
    if "soundfont" in asked:
        find_fluidsynth(asked["soundfont"])


def _naming(source: Path, error: ChoraleError) -> str:
    """The line of a fault, which says of which file it is."""
    return str(error) if source.name in str(error) else f"{source}: {error}"


def _share_of(tell: Progress, number: int) -> ProgressBar:
    """The part of all progress that one of many files is."""

    @contextmanager
    def bar(_: str, total: int) -> Iterator[Callable[[int], None]]:
        yield lambda done: tell(SHARES * number + SHARES * done // max(total, 1))

    return bar


def _check_places(outputs: Outputs, variations: int | None) -> None:
    """Before any work: what ``Outputs.check`` raises about any of the files."""
    if variations is None:
        outputs.check()
        return
    if outputs.is_piped:
        raise BadSetting("variations are several files; name them: -o song.mid makes song-1.mid, song-2.mid, …")
    for number, _ in enumerate(seeds_of(0, variations), start=1):
        outputs.numbered(number).check()


def _make(work: Work, source: Path, settings: Settings, outputs: Outputs, bar: ProgressBar = progress_bar) -> None:
    if work.variations is None:
        compose(work.job(source, settings), outputs, bar)
        return
    job = work.job(source, settings)
    if warning := check_sound(job, outputs):
        say(warning, err=True)
    seeds = seeds_of(settings.seed, work.variations)
    made: list[_Made] = []
    with bar(f"{job.task}, {len(seeds)} times", len(seeds) * job.work) as tell:
        for seed in seeds:
            one = work.job(source, replace(settings, seed=seed)) if made else job
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
