"""What the file commands do: read files, compose, write everything or nothing, and say what was heard and made."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from companion.commands.again import again
from companion.controls.settings import Settings
from companion.errors import BadSetting
from companion.files.streams import STANDARD_OUTPUT, is_dash
from companion.generation.composer import Composed
from companion.generation.job import Job
from companion.music.song import seconds_of_ticks
from companion.music.vocabulary import voice_index
from companion.screen.say import say
from companion.screen.terminal import LONG_SECONDS, progress_bar, span
from companion.workbench.jobs import run
from companion.workbench.outputs import Outputs, contents_of, write_contents
from companion.workbench.summary import Summary, drawn_with

LONGEST_SOUND_SECONDS = 3600  # which takes two gigabytes of memory
SOUND_SPEED = 60  # seconds of sound made in a second, by a slow machine

BYTES_A_SECOND = 150_000  # of a MIDI file read and written again, by a slow machine
MOST_WRITTEN_NAMED = 6  # of files that were written; of more the first and the last are told

ProgressBar = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]  # of a task, of so many steps


@dataclass(frozen=True)
class Work:
    """What is to be made of a file."""

    word: str  # in the names of what is made, as in song-continued.mid
    job: Callable[[Path, Settings], Job]

    @property
    def count(self) -> int | None:
        """How many are made of each file, at numbers of its place; None: one, at the place itself."""
        return None

    def check(self, outputs: Outputs) -> None:
        """Before any work: what ``Outputs.check`` raises about any of the files."""
        outputs.check()

    def make(self, source: Path, settings: Settings, outputs: Outputs, bar: ProgressBar = progress_bar) -> None:
        """Make it of a file, and write it."""
        if warning := long_read(source):
            say(warning, err=True)
        compose(self.job(source, settings), outputs, bar)


def compose(job: Job, outputs: Outputs, bar: ProgressBar = progress_bar) -> None:
    """Make the music, and write it."""
    if warning := check_sound(job, outputs):
        say(warning, err=True)
    with bar(job.task, job.work) as tell:
        composed = run(job, tell)
    save_work(job, composed, outputs)


def save_work(job: Job, composed: Sequence[Composed], outputs: Outputs) -> None:
    """Write what was made, and say what was heard, made and written."""
    say_notices(job.notices, outputs)
    summary = Summary.of(job, composed, again(drawn_with(job), outputs.source))
    contents = contents_of(job, composed, outputs, summary)
    say_notices(contents.said, outputs)
    write_contents(contents.files, outputs.force)
    say_done(outputs, summary.lines(), outputs.paths)


def say_notices(notices: Sequence[str], outputs: Outputs) -> None:
    """What was heard otherwise than it stands in the file, or is not as it could be."""
    of_which = f"{outputs.source}: " if outputs.brief else ""
    say(*(f"note: {of_which}{notice}" for notice in notices), err=True)


def say_done(outputs: Outputs, lines: Sequence[str], written: Sequence[Path]) -> None:
    """What was made, unless few words are wanted or none, and what was written."""
    names = [STANDARD_OUTPUT if is_dash(path) else str(path) for path in written]
    listed = ", ".join(names) if len(names) <= MOST_WRITTEN_NAMED else f"{names[0]} … {names[-1]}"
    if not outputs.quiet:
        say(*([] if outputs.brief else lines), f"wrote {listed}", err=outputs.is_piped)


def long_read(source: Path) -> str:
    """What to say of a file that alone takes long to read and to write again; empty where it does not."""
    known = not is_dash(source) and os.path.isfile(source)  # noqa: PTH113 - says no to names that no file can have
    size = source.stat().st_size if known else 0
    seconds = size / BYTES_A_SECOND
    return f"about {span(seconds)}: {size / 1e6:.1f} MB to read and to write again" if seconds > LONG_SECONDS else ""


def check_sound(job: Job, outputs: Outputs) -> str:
    """What to say of a sound that takes long to make; empty where it does not.

    Raises:
        BadSetting: it would last too long.
    """
    if outputs.wav is None:
        return ""
    end_tick = job.phrase.tick_of_step(job.phrase.end_step + job.new_steps)
    seconds = seconds_of_ticks(job.song.tempos, job.song.ticks_per_beat)(end_tick)
    if seconds > LONGEST_SOUND_SECONDS:
        raise BadSetting(
            f"the sound would last {span(seconds)}, and can last {span(LONGEST_SOUND_SECONDS)}; leave out --wav"
        )
    work_seconds = seconds / SOUND_SPEED
    return f"about {span(work_seconds)}: {span(seconds)} of sound" if work_seconds > LONG_SECONDS else ""


def voice_number(name: str | None) -> int | None:
    """The voice of a name or number; BadSetting where there is none."""
    try:
        return None if name is None else voice_index(name)
    except ValueError as error:
        raise BadSetting(str(error)) from error
