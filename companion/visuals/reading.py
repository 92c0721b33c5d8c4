"""Traces read, in one object or in lines, those of format 1 too: whatever is wrong with a file is one line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from companion.errors import BadTrace, one_line
from companion.files.opening import read_file
from companion.generation.improviser import HEARD
from companion.model.contract import LONGEST_ASIDE, VOICE_ORDERS
from companion.music.song import Tempo, VoiceNote
from companion.music.vocabulary import STEPS_PER_BEAT, VOICES
from companion.sampling.draw import HIGHEST_TEMPERATURE
from companion.visuals.checked import Checked, WrongValue, checked_json
from companion.visuals.lines import CUT_NOTICE, JamTime, one_of_lines
from companion.visuals.traced import (
    BarLine,
    PitchShare,
    Trace,
    TracedFrame,
    TracedModel,
    TracedNote,
    WrittenMusic,
    in_order,
)
from companion.workbench.trace import GIVEN_NOTE, IN_LINES, MODELS_NOTE, NOTE_ORIGINS, TRACE_FORMAT

LARGEST_TRACE = 64_000_000  # bytes; one of a thousand bars has some 20 million
MOST_TRACED = 20_000  # 1,250 bars of 4/4
OLDER_FORMAT = "chorale-trace/1"  # origins of frames, no music as it was written, nothing of rules
OLDER_BEAT_US = 750_000  # 80 beats a minute
OLDER_BAR_STEPS = 16
OLDER_NOTICE = "the trace is of an older kind: it knows no tempo, no metre, and nothing of what the rules took away"
JAM_NOTICE = "the notes are those of a jam's frames, all equally loud; what was imagined to a phrase is not among them"

_MOST_NOTES, _MOST_CHANGES, _MOST_PITCHES = 200_000, 20_000, 130
_LAST_TICK, _LAST_STEP, _LONGEST_BEAT_US = 2**31, 10**7, 2**24 - 1
_HIGHEST_SEED, _MOST_BITS = 2**64, 16
_LOUDNESS = 80


def read_trace(path: Path) -> Trace:
    """A trace of either format; BadTrace where it is none, or of another version, damaged or too large."""
    data = read_file(path, LARGEST_TRACE, BadTrace)
    try:
        return trace_of_lines(data) if path.suffix.lower() == IN_LINES else trace_of_json(checked_json(data))
    except ValueError as error:
        raise BadTrace(f"{one_line(path)} is not a trace that can be read: {one_line(error):.200}") from None


def trace_of_lines(data: bytes) -> Trace:
    """Of one that is cut short what there is; WrongValue as below."""
    told, is_cut = one_of_lines(data)
    trace = trace_of_json(told)
    return replace(trace, notices=(*trace.notices, CUT_NOTICE)) if is_cut else trace


def trace_of_json(told: Checked) -> Trace:
    """WrongValue where something in it cannot be."""
    said = told["format"].value
    if said not in (TRACE_FORMAT, OLDER_FORMAT):
        what = f"its format is {said!r:.40}" if said is not None else "it does not say its format"
        raise WrongValue(f"{what}; this program reads {TRACE_FORMAT} and {OLDER_FORMAT}")
    told["steps_per_beat"].whole(STEPS_PER_BEAT, STEPS_PER_BEAT)
    return _older_trace(told) if said == OLDER_FORMAT else _trace(told)


def _trace(told: Checked) -> Trace:
    rows = list(told["frames"].items(MOST_TRACED))
    if is_jam := bool(told["lines"]) and not told["music"]:
        music, frames = _jam(rows)
    else:
        frames = _rising([_frame(one, one["tick"].whole(0, _LAST_TICK)) for one in rows])
        music = _music(told["music"])
    return Trace(
        music=music,
        frames=frames,
        model=_model(told["model"]),
        seed=told["seed"].whole(0, _HIGHEST_SEED) if told["seed"] else None,
        style=_maybe_text(told["style"]),
        key=_maybe_text(told["key"]),
        again=_again(told),
        notices=(JAM_NOTICE,) if is_jam else (),
    )


def _jam(rows: Sequence[Checked]) -> tuple[WrittenMusic, tuple[TracedFrame, ...]]:
    """The music of a jam is that of its frames, but for what was imagined."""
    time = JamTime.of(rows)
    frames = _rising([_frame(row, tick) for row, tick in zip(rows, time.ticks, strict=True)])
    heard = [row["origin"].value == HEARD for row in rows]
    sung = [_as_played(frame) if is_heard else frame for is_heard, frame in zip(heard, frames, strict=True)]
    return WrittenMusic(STEPS_PER_BEAT, tuple(time.tempos), tuple(time.bars), _notes_of_frames(sung)), frames


def _as_played(frame: TracedFrame) -> TracedFrame:
    """A frame of the player's, without what the model imagined to it."""
    notes = (note if note.origin == GIVEN_NOTE else replace(note, pitch=None) for note in frame.notes)
    return replace(frame, notes=tuple(notes))


def _model(told: Checked) -> TracedModel:
    return TracedModel(told["name"].text(), told["sha256"].text(), told["voice_order"].text(*VOICE_ORDERS))


def _older_trace(told: Checked) -> Trace:
    """Its music is made of its frames."""
    rows = list(told["frames"].items(MOST_TRACED))
    steps = [row["step"].whole(-_LAST_STEP, _LAST_STEP) for row in rows]
    first = steps[0] - steps[0] % OLDER_BAR_STEPS if steps else 0
    added = _added_voices(rows)
    traced = _rising(
        [_frame(row, max(step - first, 0), _origins(row, added)) for row, step in zip(rows, steps, strict=True)]
    )
    return Trace(
        _music_of_frames(traced), traced, TracedModel(told["model"].text()), again=_again(told), notices=(OLDER_NOTICE,)
    )


def _added_voices(rows: Sequence[Checked]) -> set[int]:
    """Those that were not given in the seed: what is given is seen at temperature 1, always."""
    return {
        voice
        for row in rows
        if row["origin"].text() == GIVEN_NOTE
        for voice, note in enumerate(row["notes"].items(len(VOICES)))
        if note["temperature"].number(0, HIGHEST_TEMPERATURE) != 1
    }


def _origins(row: Checked, added: set[int]) -> list[str]:
    is_seed = row["origin"].text() == GIVEN_NOTE
    return [GIVEN_NOTE if is_seed and voice not in added else MODELS_NOTE for voice in range(len(VOICES))]


def _maybe_text(told: Checked) -> str | None:
    return told.text() if told else None


def _again(told: Checked) -> str:
    summary = told["summary"]
    return summary["again"].text() if summary and summary["again"] else ""


def _rising(frames: Sequence[TracedFrame]) -> tuple[TracedFrame, ...]:
    for at, (before, after) in enumerate(pairwise(frames), start=1):
        if not (before.step < after.step and before.tick <= after.tick):
            raise WrongValue(f"frames[{at}] does not come after the one before it")
    return tuple(frames)


def _frame(told: Checked, tick: int, origins: Sequence[str] = ()) -> TracedFrame:
    """origins: of its notes, where they do not say so themselves."""
    rows = told["notes"].items(len(VOICES), len(VOICES))
    notes = tuple(_note(note, voice, origins) for voice, note in enumerate(rows))
    step, echo = told["step"].whole(-_LAST_STEP, _LAST_STEP), told["echo"]
    back = (echo["steps_back"].whole(1, _LAST_STEP), echo["chords"].whole(0, _LAST_STEP)) if echo else (0, 0)
    return TracedFrame(step, tick, notes, *back, _model(told["model"]) if told["model"] else None)


def _note(told: Checked, voice: int, origins: Sequence[str]) -> TracedNote:
    told["voice"].text(VOICES[voice])
    looked = told["attention"]
    return TracedNote(
        origin=origins[voice] if origins else told["origin"].text(*NOTE_ORIGINS),
        pitch=told["pitch"].whole(0, 127) if told["pitch"] else None,
        struck=told["struck"].flag(),
        entropy_bits=told["entropy_bits"].number(-0.001, _MOST_BITS),  # of what is certain it may be rounded below 0
        distribution=_shares(told["distribution"]),
        raw=_shares(told["raw"]) if told["raw"] else (),
        taken=_shares(told["taken"]) if told["taken"] else (),
        attention=tuple(weight.number(0, 1.01) for weight in looked.items(LONGEST_ASIDE)) if looked else (),
    )


def _shares(told: Checked) -> tuple[PitchShare, ...]:
    return tuple(_share(*row.items(2, 2)) for row in told.items(_MOST_PITCHES))


def _share(pitch: Checked, share: Checked) -> PitchShare:
    return PitchShare(pitch.whole(0, 127) if pitch else None, share.number(0, 1.01))


def _music(told: Checked) -> WrittenMusic:
    tempos = (Tempo(tick, beat_us) for tick, beat_us in _changes(told["tempos"], 1, _LONGEST_BEAT_US))
    bars = (BarLine(tick, number) for tick, number in _changes(told["bars"], -_MOST_CHANGES, _MOST_CHANGES))
    return WrittenMusic(
        told["ticks_per_beat"].whole(1, 0x7FFF),
        tuple(tempos),
        tuple(bars),
        in_order(_written(*row.items(5, 5)) for row in told["notes"].items(_MOST_NOTES)),
    )


def _changes(told: Checked, low: int, high: int) -> Iterator[tuple[int, int]]:
    """What begins at a tick, of such a range; the ticks rise."""
    before = -1
    for row in told.items(_MOST_CHANGES):
        tick, value = row.items(2, 2)
        before = tick.whole(before + 1, _LAST_TICK)
        yield before, value.whole(low, high)


def _written(voice: Checked, start: Checked, end: Checked, pitch: Checked, velocity: Checked) -> VoiceNote:
    begin = start.whole(0, _LAST_TICK)
    return VoiceNote(
        voice.whole(0, len(VOICES) - 1),
        begin,
        end.whole(begin + 1, _LAST_TICK + 1),
        pitch.whole(0, 127),
        velocity.whole(1, 127),
    )


def _music_of_frames(frames: Sequence[TracedFrame]) -> WrittenMusic:
    """A tick a step."""
    last = frames[-1].tick + 1 if frames else 0
    bars = tuple(BarLine(tick, 1 + tick // OLDER_BAR_STEPS) for tick in range(0, last, OLDER_BAR_STEPS))
    tempos = (Tempo(0, OLDER_BEAT_US),)
    return WrittenMusic(STEPS_PER_BEAT, tempos, bars, _notes_of_frames(frames))


def _notes_of_frames(frames: Sequence[TracedFrame]) -> tuple[VoiceNote, ...]:
    return in_order(note for voice in range(len(VOICES)) for note in _notes_of_voice(frames, voice))


def _notes_of_voice(frames: Sequence[TracedFrame], voice: int) -> Iterator[VoiceNote]:
    sounding: VoiceNote | None = None
    for frame in frames:
        note = frame.notes[voice]
        goes_on = sounding is not None and sounding.end_tick == frame.tick and not note.struck
        if sounding is not None and goes_on and note.pitch == sounding.pitch:
            sounding = sounding._replace(end_tick=frame.tick + 1)
            continue
        if sounding is not None:
            yield sounding
        sounding = None if note.pitch is None else VoiceNote(voice, frame.tick, frame.tick + 1, note.pitch, _LOUDNESS)
    if sounding is not None:
        yield sounding
