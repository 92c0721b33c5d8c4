"""What the file commands do: read a seed, compose, write everything or nothing."""

from __future__ import annotations

from collections.abc import Sequence

from companion.audio.wav import seconds_of_ticks
from companion.errors import BadSetting
from companion.generation.composer import Composed
from companion.generation.job import Job
from companion.music.vocabulary import voice_index
from companion.screen.say import say
from companion.screen.terminal import LONG_SECONDS, progress_bar, span
from companion.workbench.jobs import run
from companion.workbench.outputs import Outputs, write_outputs

LONGEST_SOUND_SECONDS = 3600  # which takes two gigabytes of memory
SOUND_SPEED = 60  # seconds of sound made in a second, by a slow machine


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


def compose(job: Job, outputs: Outputs) -> None:
    """Make the music, and write it."""
    if warning := check_sound(job, outputs):
        say(warning, err=True)
    with progress_bar(job.task, job.total) as tell:
        composed = run(job, tell)
    save_work(job, composed, outputs)


def save_work(job: Job, composed: Sequence[Composed], outputs: Outputs) -> None:
    """Write what was made, and say what and where."""
    say(*(f"note: {notice}" for notice in job.notices), err=True)
    said = write_outputs(job, composed, outputs)
    say(*(f"note: {line}" for line in said), err=True)
    say(f"wrote {', '.join(str(path) for path in outputs.places)}")
