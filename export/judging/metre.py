"""Whether added voices keep a compound metre: tunes in 6/8 harmonised, in files and live."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from companion.controls.settings import Settings
from companion.generation.composer import harmonise
from companion.model.runtime import Model
from companion.music.vocabulary import FIRST_STRIKE, REST, VOICES, IntArray, frames_of_notes
from companion.phrase.seed import Phrase
from companion.sampling.styles import sampling_of
from export.data.folksongs import Tune
from export.judging.jamming import Played, harmonised_jam
from export.judging.recital import generator_of, melody_of

DOTTED_STEPS = 6  # a dotted quarter
IN_DOTTED_BEAT = {"0": 0, "⅓": 2, "⅔": 4}  # steps of the dotted beat; what is elsewhere is off the eighths
BARS = 8  # of a tune


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
        composed = harmonise(generator_of(model, (settings.seed, number)), tune_phrase(tune), sampling_of(settings))
        in_files.append(onsets(np.stack([one.frame.tokens for one in composed]), tune.first_step))
        tell()
    live = []
    for number, tune in enumerate(heads):
        live.append(onsets(harmonised_live_tune(model, replace(settings, seed=number), tune), tune.first_step))
        tell()
    return [_together(f"{name} harmonises", in_files), _together(f"{name} harmonises live", live)]


def tune_phrase(tune: Tune) -> Phrase:
    """A tune as a melody in its metre."""
    melody = melody_of(frames_of_notes(tune.notes, tune.steps))
    end = (tune.first_step + tune.steps) % tune.bar_steps
    return replace(melody, first_step=tune.first_step, bar_steps=tune.bar_steps, end_place=end)


def harmonised_live_tune(model: Model, settings: Settings, tune: Tune) -> IntArray:
    """A tune with the voices that a jam sings to it: frames ``[steps, 4]``."""
    keys = [Played(tune.first_step + note.start_step, note.steps, note.pitch) for note in tune.notes]
    alone = np.full((tune.first_step + tune.steps, len(VOICES)), REST, dtype=np.int32)
    alone[tune.first_step :] = frames_of_notes(tune.notes, tune.steps)
    return harmonised_jam(model, settings, keys, alone, tune.bar_steps)[tune.first_step :]


def onsets(frames: IntArray, first_step: int) -> tuple[IntArray, IntArray]:
    """``[DOTTED_STEPS]`` each: how often added voices begin a note on each step of the beat, and how often the tune."""
    struck = frames >= FIRST_STRIKE
    places = (first_step + np.arange(len(frames))) % DOTTED_STEPS
    added = np.bincount(places, weights=struck[:, 1:].sum(axis=1), minlength=DOTTED_STEPS)
    tune = np.bincount(places, weights=struck[:, 0], minlength=DOTTED_STEPS)
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
