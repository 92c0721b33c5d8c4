"""Trace files (``chorale-trace/2``): every note with what it was chosen from, and the music as it was written.

They are one object (``.json``), or the same in lines (``.jsonl``): a head, then a frame each, as a jam writes them
while it plays (``companion.streams.trace``). ``docs/trace.schema.json`` says what stands where.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from companion.controls.settings import Settings
from companion.errors import BadSetting
from companion.files.midi import written_notes
from companion.generation.composer import Composed
from companion.generation.generator import Frame
from companion.generation.job import Job
from companion.model.runtime import Model
from companion.music.song import VoiceNote
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, STEPS_PER_BEAT, VOICES, struck_pitch
from companion.phrase.seed import Phrase
from companion.sampling.draw import Choice
from companion.sampling.rules import LogProbs

TRACE_FORMAT = "chorale-trace/2"
IN_ONE, IN_LINES, IN_ROWS = TRACE_ENDINGS = (".json", ".jsonl", ".csv")  # an object, a frame a line, a note a row
GIVEN_NOTE, MODELS_NOTE = NOTE_ORIGINS = ("seed", "model")  # it was there; the model chose it
LEAST_PROBABILITY = 0.001  # rarer pitches are left out of a distribution
NEAR_STEPS = 1  # a played note lies nearer than that to where it is heard

T = TypeVar("T")
Struck = Mapping[tuple[int, int], Sequence[tuple[int, T]]]  # by voice and pitch what begins, with its tick, rising
Shares = Mapping[int | None, float]  # of pitches, None for a rest


def trace_ending(path: Path) -> str:
    """Which kind of trace is written to a place, one of TRACE_ENDINGS; a name without an ending is of the first.

    Raises:
        BadSetting: it ends in something else.
    """
    ending = path.suffix.lower() or IN_ONE
    if ending not in TRACE_ENDINGS:
        raise BadSetting(
            f"--trace must end in {IN_ONE}, {IN_LINES} (a frame a line) or {IN_ROWS} (a note a row), not {path.suffix}"
        )
    return ending


def trace_file(
    job: Job, composed: Sequence[Composed], notes: Sequence[VoiceNote], summary: Mapping[str, Any] | None = None
) -> bytes:
    """A composition's trace.

    notes: all of them, as they are written.
    summary: what was heard and made, as JSON has it (see ``companion.workbench.summary``).
    """
    return line_of({**_whole(job, notes, summary), "frames": [_frame(one, job.phrase) for one in composed]})


def trace_lines(
    job: Job, composed: Sequence[Composed], notes: Sequence[VoiceNote], summary: Mapping[str, Any] | None = None
) -> bytes:
    """The same in lines: all but the frames first, then a frame each."""
    head = {**_whole(job, notes, summary), "lines": True}
    return b"".join(map(line_of, [head, *(_frame(one, job.phrase) for one in composed)]))


def line_of(row: Mapping[str, Any]) -> bytes:
    """A line of JSON; ValueError where a number in it is none."""
    return (json.dumps(row, separators=(",", ":"), allow_nan=False) + "\n").encode()


def _whole(job: Job, notes: Sequence[VoiceNote], summary: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a trace tells beside its frames."""
    told = {} if summary is None else {"summary": dict(summary)}
    key = None if job.key is None else job.key.name
    return {**trace_head(job.generator.model, job.settings, key), **told, "music": _music(job, notes)}


def bar_lines(phrase: Phrase, steps: int) -> Iterator[tuple[int, int]]:
    """The tick where each bar begins, and its number, of so many steps from the phrase's first bar on."""
    number = None
    for step in range(-phrase.first_step, steps):
        if (found := phrase.bar_of_step(step)) != number:
            number = found
            yield max(phrase.tick_of_step(step), 0), found


def trace_head(model: Model, settings: Settings | None, key: str | None) -> dict[str, Any]:
    """What every trace begins with: its format, and what makes the same music again."""
    return {
        "format": TRACE_FORMAT,
        "model": model_row(model),
        "seed": None if settings is None else settings.seed,
        "style": None if settings is None else settings.style,
        "key": key,
        "steps_per_beat": STEPS_PER_BEAT,
        "voices": list(VOICES),
    }


def model_row(model: Model) -> dict[str, str]:
    """Which model it is, and in which order it decides the voices."""
    return {"name": model.contract.name, "sha256": model.digest, "voice_order": model.contract.voice_order}


def _music(job: Job, notes: Sequence[VoiceNote]) -> dict[str, Any]:
    return {
        "ticks_per_beat": job.song.ticks_per_beat,
        "tempos": [list(tempo) for tempo in job.song.tempos],
        "bars": [list(bar) for bar in bar_lines(job.phrase, job.phrase.end_step + job.new_steps)],
        "notes": [list(note) for note in in_written_order(notes)],
    }


def in_written_order(notes: Sequence[VoiceNote]) -> list[VoiceNote]:
    """As they stand in a file, by time, then voice."""
    written = (note for voice in written_notes(notes) for note in voice)
    return sorted(written, key=lambda note: (note.start_tick, note.voice))


def struck_beside(notes: Sequence[VoiceNote], struck: Struck[T], ticks_per_beat: int) -> list[T | None]:
    """Beside each note the nearest of what is struck in its voice on its pitch, nearer than a step."""
    near = NEAR_STEPS * ticks_per_beat / STEPS_PER_BEAT
    return [_nearest(struck.get((note.voice, note.pitch), ()), note.start_tick, near) for note in notes]


def _nearest(struck: Sequence[tuple[int, T]], tick: int, near: float) -> T | None:
    at = bisect_left(struck, tick, key=lambda row: row[0])
    found = min(struck[max(at - 1, 0) : at + 1], key=lambda row: abs(row[0] - tick), default=None)
    return found[1] if found is not None and abs(found[0] - tick) < near else None


def _frame(one: Composed, phrase: Phrase) -> dict[str, Any]:
    place = {} if one.phrase is None else {"phrase": one.phrase, "to_close": one.to_close}
    tick = phrase.tick_of_step(one.frame.step - phrase.first_step)
    return frame_row(one.frame, one.chosen, {"tick": tick, **place})


def frame_row(frame: Frame, chosen: Sequence[bool], place: Mapping[str, Any]) -> dict[str, Any]:
    """A frame as a trace tells it.

    chosen: by the model, voice by voice.
    place: what is known of where it stands, beside its step.
    """
    steps_back, chords = frame.echo
    echo = {"echo": {"steps_back": steps_back, "chords": chords}} if steps_back else {}
    notes = [_note(frame, voice, chosen[voice]) for voice in range(len(VOICES))]
    return {"step": frame.step, **place, **echo, **_known_tune(frame), "notes": notes}


def _known_tune(frame: Frame) -> dict[str, Any]:
    """What the soprano sings now in a tune that the model knows by heart, where one is recalled."""
    token, moves = frame.recalled
    if not moves:
        return {}
    pitch = frame.choices[0].held_pitch if token == HOLD else struck_pitch(token)
    return {"known_tune": {"pitch": pitch, "moves": moves}}


def _note(frame: Frame, voice: int, chosen: bool) -> dict[str, Any]:
    choice = frame.choices[voice]
    return {
        "voice": VOICES[voice],
        "origin": MODELS_NOTE if chosen else GIVEN_NOTE,
        "pitch": frame.pitches[voice],
        "struck": bool(frame.tokens[voice] >= FIRST_STRIKE),
        "probability": round(choice.probability, 6),
        "entropy_bits": round(choice.entropy_bits, 4),
        "temperature": choice.temperature,
        "distribution": _rows(drawn_from := pitch_shares(choice.distribution, choice.held_pitch)),
        **_before_rules(choice, drawn_from),
        **_attention(frame, voice),
    }


def _attention(frame: Frame, voice: int) -> dict[str, list[float]]:
    """The weights of the notes before this one and of itself, the latest last, where the model says."""
    if not frame.attention or not len(frame.attention[voice]):
        return {}
    return {"attention": [round(float(weight), 4) for weight in frame.attention[voice]]}


def _before_rules(choice: Choice, drawn_from: Shares) -> dict[str, Any]:
    """What the model alone said, and what the rules took of it; nothing where that is what it was drawn from."""
    if choice.model_says is None:
        return {}
    raw, ruled = (pitch_shares(scores, choice.held_pitch) for scores in (choice.model_says, choice.scores))
    taken = _rows({pitch: share - ruled.get(pitch, 0.0) for pitch, share in raw.items()})
    is_other = _rows(raw) != _rows(drawn_from)
    return {**({"raw": _rows(raw)} if is_other else {}), **({"taken": taken} if taken else {})}


def pitch_shares(scores: LogProbs, held_pitch: int | None) -> dict[int | None, float]:
    """By pitch; a hold counts to the pitch it holds."""
    shares: dict[int | None, float] = {}
    for token, score in enumerate(scores):
        if score == -math.inf:
            continue
        pitch = _pitch(token, held_pitch)
        shares[pitch] = shares.get(pitch, 0.0) + math.exp(score)
    return shares


def _rows(shares: Shares) -> list[list[float | int | None]]:
    """[[pitch, probability], …], likeliest first; a rest is null."""
    rows = sorted(shares.items(), key=lambda row: -row[1])
    return [[pitch, round(share, 4)] for pitch, share in rows if share >= LEAST_PROBABILITY]


def _pitch(token: int, held: int | None) -> int | None:
    if token == HOLD:
        return held
    return None if token == REST else struck_pitch(token)
