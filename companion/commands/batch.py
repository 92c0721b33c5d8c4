"""What is made of one file or of many.

Of many files, what cannot be done is said in a line each, and the rest is done.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from companion.commands.files import ProgressBar, Work
from companion.commands.options import Said, file_settings
from companion.errors import BadSetting, ChoraleError
from companion.files.streams import is_dash
from companion.model.library import kept_model
from companion.screen.say import say
from companion.screen.terminal import Progress, progress_bar
from companion.workbench.outputs import Outputs
from companion.workbench.places import make_folder, place_beside, places_of

SHARES = 100  # of each of many files, in which progress is told


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
    if not gc.get_freeze_count():
        gc.freeze()  # what is loaded stays: to look through it all once would take 40 ms
    if variations is not None:
        from companion.commands.variations import Variations  # noqa: PLC0415 - most runs make one

        work = Variations(work.word, work.job, variations)
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
    work.check(outputs)
    work.make(source, file_settings(said), outputs)


def _work_on_many(sources: Sequence[Path], work: Work, said: Said, asked: Said, out_dir: Path | None) -> None:
    _check_many(sources, asked)
    settings = file_settings(said)
    kept_model(settings.model)
    if out_dir is not None:
        make_folder(out_dir)
    bad, places = 0, places_of(sources, work.word, out_dir, work.count)
    with progress_bar(f"{len(sources)} files", SHARES * len(sources)) as tell:
        for number, (source, place) in enumerate(zip(sources, places, strict=True)):
            try:
                outputs = replace(Outputs.planned(source, work.word, **asked, out=place), brief=True)
                work.check(outputs)
                work.make(source, settings, outputs, _share_of(tell, number))
            except ChoraleError as error:
                bad += 1
                say(f"chorale: {_naming(source, error)}", err=True)
    good = len(sources) - bad
    if bad:
        raise ChoraleError(f"{good} of {len(sources)} files {work.word}; {bad} could not be")
    if not asked.get("quiet"):
        say(f"{good} files {work.word}")


def _check_many(sources: Sequence[Path], asked: Said) -> None:
    """BadSetting, or what else is wrong with all of them, before the first."""
    for option, name in (("out", "-o"), ("trace", "--trace")):
        if option in asked:
            raise BadSetting(f"{name} names one file, and there are {len(sources)}; give --out-dir, a folder for all")
    if any(map(is_dash, sources)):
        raise BadSetting("standard input (-) is a file by itself; give it alone")
    if "soundfont" in asked:
        from companion.audio.wav import find_fluidsynth  # noqa: PLC0415 - sound is loaded for sound alone

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
