"""A trace as a table (``.csv``): a row a note, as it is written, with what its strike was drawn from.

For what reads tables: Houdini, a spreadsheet, R. A note that begins where nothing was drawn, as in bars that stay as
they were, has empty cells there.
"""

from __future__ import annotations

import csv
import io
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from companion.generation.composer import Composed
from companion.generation.job import Job
from companion.music.pitch import pitch_name
from companion.music.song import VoiceNote, seconds_of_ticks
from companion.music.vocabulary import FIRST_STRIKE, HIGHEST_PITCH, LOWEST_PITCH
from companion.workbench.trace import (
    GIVEN_NOTE,
    MODELS_NOTE,
    Struck,
    bar_lines,
    in_written_order,
    pitch_shares,
    struck_beside,
)

_PITCHES: tuple[int | None, ...] = (None, *range(LOWEST_PITCH, HIGHEST_PITCH + 1))
OF_NOTE = ("note", "voice", "pitch", "name", "start_s", "end_s", "start_tick", "end_tick", "bar", "beat", "velocity")
OF_CHOICE = ("origin", "probability", "entropy_bits", "sureness")
TABLE_COLUMNS = (*OF_NOTE, *OF_CHOICE, *("p_rest" if pitch is None else f"p_{pitch}" for pitch in _PITCHES))

_Drawn = tuple[Composed, int]  # a frame, and which of its voices


def table_file(
    job: Job, composed: Sequence[Composed], notes: Sequence[VoiceNote], summary: Mapping[str, Any] | None = None
) -> bytes:
    """A composition's notes, as they are written; the first row names the columns."""
    del summary  # a table has no place for it
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(TABLE_COLUMNS)
    written = in_written_order(notes)
    drawn = struck_beside(written, _struck(job, composed), job.song.ticks_per_beat)
    place = _Places(job)
    for number, (note, one) in enumerate(zip(written, drawn, strict=True), start=1):
        writer.writerow([number, *place.of(note), *_choice(one)])
    return text.getvalue().encode()


def _struck(job: Job, composed: Sequence[Composed]) -> Struck[_Drawn]:
    """What begins, by voice and pitch, with its tick."""
    struck: dict[tuple[int, int], list[tuple[int, _Drawn]]] = defaultdict(list)
    for one in composed:
        tick = job.phrase.tick_of_step(one.frame.step - job.phrase.first_step)
        for voice, pitch in enumerate(one.frame.pitches):
            if pitch is not None and one.frame.tokens[voice] >= FIRST_STRIKE:
                struck[voice, pitch].append((tick, (one, voice)))
    return struck


class _Places:
    """Where notes stand: in seconds, ticks and bars."""

    def __init__(self, job: Job) -> None:
        self._beat = job.song.ticks_per_beat
        self._seconds = seconds_of_ticks(job.song.tempos, self._beat)
        self._bars = list(bar_lines(job.phrase, job.phrase.end_step + job.new_steps))

    def of(self, note: VoiceNote) -> Iterator[Any]:
        """The cells of OF_NOTE after the first; beats are quarter notes, the first of a bar is 1."""
        yield from (note.voice + 1, note.pitch, pitch_name(note.pitch))
        yield from (round(self._seconds(tick), 6) for tick in (note.start_tick, note.end_tick))
        yield from (note.start_tick, note.end_tick)
        at = bisect_right(self._bars, note.start_tick, key=lambda bar: bar[0]) - 1
        tick, number = self._bars[max(at, 0)]
        yield from (number, round(1 + (note.start_tick - tick) / self._beat, 4), note.velocity)


def _choice(drawn: _Drawn | None) -> Iterator[Any]:
    """The cells of OF_CHOICE and the probabilities, rounded as in a trace."""
    if drawn is None:
        yield from [""] * (len(TABLE_COLUMNS) - len(OF_NOTE))
        return
    one, voice = drawn
    choice = one.frame.choices[voice]
    shares = pitch_shares(choice.distribution, choice.held_pitch)
    own = shares if choice.model_says is None else pitch_shares(choice.model_says, choice.held_pitch)
    yield MODELS_NOTE if one.chosen[voice] else GIVEN_NOTE
    yield from (round(choice.probability, 6), round(choice.entropy_bits, 4))
    yield round(own.get(one.frame.pitches[voice], 0.0), 4)
    yield from (round(shares.get(pitch, 0.0), 4) for pitch in _PITCHES)
