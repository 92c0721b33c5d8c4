"""Whether added voices keep a compound metre: tunes in 6/8 harmonised, in files and live."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from companion.controls.settings import Settings
from companion.generation.composer import voice_notes
from companion.generation.job import harmonise_song
from companion.generation.velocity import DEFAULT_VELOCITY
from companion.model.runtime import Model
from companion.music.bars import Barlines
from companion.music.song import Metre, Song, SongNote
from companion.music.vocabulary import FIRST_STRIKE, REST, STEPS_PER_BEAT, VOICES, IntArray, frames_of_notes
from companion.phrase.seed import phrase_of_song
from export.data.folksongs import Tune
from export.judging.jamming import Played, harmonised_jam

DOTTED_STEPS = 6  # a dotted quarter
IN_DOTTED_BEAT = {"0": 0, "⅓": 2, "⅔": 4}  # steps of the dotted beat; what is elsewhere is off the eighths
BARS = 8  # of a tune
LEADING = 0  # its voice
STEP_TICKS = 120


@dataclass(frozen=True)
class MetreKept:
    """Onsets of added voices, and of the tune, by their step in the dotted beat: ``[DOTTED_STEPS]``."""

    name: str
    added: IntArray
    tune: IntArray


def keep_metre(
    model: Model, name: str, settings: Settings, tunes: Sequence[Tune], tell: Callable[[], None]
) -> list[MetreKept]:
    """Tunes of dotted beats harmonised as ``chorale harmonise`` does it, and as a jam does."""
    heads = [tune.head(BARS) for tune in tunes]
    in_files = []
    for number, tune in enumerate(heads):
        in_files.append(onsets(harmonised_tune(model, replace(settings, seed=settings.seed + number), tune)))
        tell()
    live = []
    for number, tune in enumerate(heads):
        live.append(onsets(harmonised_live_tune(model, replace(settings, seed=number), tune)))
        tell()
    return [_together(f"{name} harmonises", in_files), _together(f"{name} harmonises live", live)]


def tune_song(tune: Tune) -> Song:
    """A tune as a MIDI file in its metre holds it."""
    metre = Metre(0, *(int(number) for number in tune.metre.split("/")))
    notes = ((tune.first_step + note.start_step, note.steps, note.pitch) for note in tune.notes)
    played = (
        SongNote(start * STEP_TICKS, (start + steps) * STEP_TICKS, pitch, DEFAULT_VELOCITY, 0, 0)
        for start, steps, pitch in notes
    )
    return Song(tuple(played), STEP_TICKS * STEPS_PER_BEAT, metres=(metre,))


def harmonised_tune(model: Model, settings: Settings, tune: Tune) -> list[tuple[int, int]]:
    """Voice and 16th of every note that a tune and the voices added by ``chorale harmonise`` begin."""
    song = tune_song(tune)
    phrase = phrase_of_song(song, LEADING)
    job = harmonise_song(song, phrase, settings, lambda _: model)
    notes = [*phrase.notes, *voice_notes(list(job.frames), phrase, job.velocity)]
    return [(note.voice, round(note.start_tick / STEP_TICKS)) for note in notes]


def harmonised_live_tune(model: Model, settings: Settings, tune: Tune) -> list[tuple[int, int]]:
    """The same of a jam in ``harmonise``."""
    keys = [Played(tune.first_step + note.start_step, note.steps, note.pitch) for note in tune.notes]
    alone = np.full((tune.first_step + tune.steps, len(VOICES)), REST, dtype=np.int32)
    alone[tune.first_step :] = frames_of_notes(tune.notes, tune.steps)
    barlines = Barlines.of_metre(*(int(number) for number in tune.metre.split("/")))
    struck = harmonised_jam(model, settings, keys, alone, barlines) >= FIRST_STRIKE
    return [(int(voice), int(step)) for step, voice in np.argwhere(struck)]


def onsets(begun: Sequence[tuple[int, int]]) -> tuple[IntArray, IntArray]:
    """``[DOTTED_STEPS]`` each: how often added voices begin a note on each 16th of the beat, and how often the tune.

    begun: voice and 16th of each note, counted from a bar line.
    """
    added, tune = (
        np.bincount([at % DOTTED_STEPS for voice, at in begun if (voice == LEADING) == is_tune], minlength=DOTTED_STEPS)
        for is_tune in (False, True)
    )
    return added.astype(np.int32), tune.astype(np.int32)


def _together(name: str, found: Sequence[tuple[IntArray, IntArray]]) -> MetreKept:
    added, tune = np.array(found).reshape(-1, 2, DOTTED_STEPS).sum(axis=0).astype(np.int32)
    return MetreKept(name, added, tune)


def describe_metre(columns: Sequence[MetreKept]) -> list[str]:
    """As a table, in Markdown: percent of the onsets."""
    head = ["onsets in the dotted beat at", *IN_DOTTED_BEAT, "off the eighths"]
    lines = [head, ["---"] * len(head)]
    for one in columns:
        lines.append([f"{one.name}, added voices", *_shares(one.added)])
    if columns:
        lines.append(["the tunes", *_shares(columns[0].tune)])
    return [f"| {' | '.join(cells)} |" for cells in lines]


def metre_as_dict(columns: Sequence[MetreKept]) -> dict[str, dict[str, float]]:
    """Shares of the onsets of added voices on the beat, and at ⅓ and ⅔ of it."""
    return {
        one.name: {place: round(_share(one.added, step), 4) for place, step in IN_DOTTED_BEAT.items()}
        for one in columns
    }


def _shares(counts: IntArray) -> list[str]:
    shares = [_share(counts, step) for step in IN_DOTTED_BEAT.values()]
    return [f"{100 * share:.1f} %" for share in (*shares, 1 - sum(shares))]


def _share(counts: IntArray, step: int) -> float:
    return float(counts[step]) / max(int(counts.sum()), 1)
