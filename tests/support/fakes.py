"""Small stand-ins that several test files share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import mido
import numpy as np
from hypothesis import strategies as st

from companion.model.contract import Contract, Reference
from companion.model.features import WITHOUT_BARS, FeatureRow
from companion.model.known_tunes import KnownTune, KnownTunes
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, VOCABULARY_SIZE, IntArray, canonical
from companion.sampling.rules import LogProbs, NoteContext, Rule

SURE = 100.0  # a logit that leaves nothing to chance

VOICE_NAMES = ("Soprano", "Alto", "Tenor", "Bass")


def contract_of(features: Sequence[str] = WITHOUT_BARS, voice_order: str = "any", name: str = "scripted") -> Contract:
    return Contract(name, "script", "fp32", voice_order, tuple(features), (), Reference([], [], 0.0))


def sure(token: int) -> IntArray:
    """Logits that leave only one token."""
    logits = np.zeros(VOCABULARY_SIZE, dtype=np.float32)
    logits[token] = SURE
    return logits


class ScriptedModel:
    """Gives the logits that a script says for (frame, voice); all it remembers is how many notes have gone."""

    def __init__(self, script: Callable[[int, int], Any], voice_order: str = "any") -> None:
        self.contract = contract_of(voice_order=voice_order)
        self.digest = "0" * 64
        self.row = FeatureRow(self.contract.features)
        self.known_tunes = KnownTunes(())
        self.script = script
        self.asked: list[tuple[int, int]] = []  # (frame, voice) of each call
        self.seen: list[IntArray] = []  # the ids of each call

    def initial_state(self) -> Mapping[str, Any]:
        return {"notes": 0}

    def step(self, ids: IntArray, state: Mapping[str, Any], options: object = None) -> tuple[Any, Mapping[str, Any]]:
        del options
        slot = self.row.slot("voice")
        place = state["notes"] // 4, int(ids[slot] - self.row.offsets[slot])
        self.asked.append(place)
        self.seen.append(ids.copy())
        return self.script(*place), {"notes": state["notes"] + 1}


def sung(tokens: Mapping[tuple[int, int], int], default: int = HOLD) -> Callable[[int, int], Any]:
    """A script that is sure of these tokens by (frame, voice), and of a hold elsewhere."""
    return lambda frame, voice: sure(tokens.get((frame, voice), default))


_FEW_FEATURES = ("voice", "own_pitch", "pitches", "decided")  # so that many frames take little time


class Babbler:
    """Varied music that depends on everything heard and read: for what must be repeatable, not beautiful."""

    def __init__(self, voice_order: str = "any", level: float = 2.0) -> None:
        self.contract = contract_of(voice_order=voice_order, name="babbler")
        self.digest = "0" * 64
        self.row = FeatureRow(self.contract.features)
        self.known_tunes = KnownTunes([KnownTune(0, (0, 2, 2, 1, 2, 2, 2, 1), (4,) * 8)])
        self.table = np.random.default_rng(7).normal(0, level, (97, VOCABULARY_SIZE)).astype(np.float32)
        self.weights = np.random.default_rng(8).integers(1, 97, self.row.width)
        self.seen: list[IntArray] = []

    def initial_state(self) -> Mapping[str, Any]:
        return {"memory": 0}

    def step(self, ids: IntArray, state: Mapping[str, Any], options: object = None) -> tuple[Any, Mapping[str, Any]]:
        del options
        self.seen.append(ids.copy())
        memory = (31 * state["memory"] + int(ids @ self.weights)) % 97
        return self.table[memory], {"memory": memory}


def ruled(rule: Rule, scores: LogProbs, context: NoteContext) -> LogProbs:
    """What a rule makes of scores, which stay as they are."""
    after = scores.copy()
    rule(after, context)
    return after


class ShortSighted(Babbler):
    """Babbles from less, and quicker."""

    def __init__(self, level: float = 2.0) -> None:
        super().__init__(level=level)
        self.contract = contract_of(_FEW_FEATURES)
        self.row = FeatureRow(_FEW_FEATURES)
        self.weights = self.weights[: self.row.width]


def random_source(seed: int = 1) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


TOKENS = st.one_of(
    st.just(HOLD), st.just(HOLD), st.just(REST), st.integers(FIRST_STRIKE, VOCABULARY_SIZE - 1), st.integers(20, 24)
)


@st.composite
def canonical_frames(draw: st.DrawFn, least: int = 1, most: int = 24) -> IntArray:
    """Frames of any four voices in which only sounding notes are held."""
    rows = draw(st.lists(st.tuples(TOKENS, TOKENS, TOKENS, TOKENS), min_size=least, max_size=most))
    return canonical(np.array(rows, dtype=np.int32).reshape(-1, 4))


class Played(NamedTuple):
    """A note of a MIDI file, in ticks."""

    start: int
    end: int
    pitch: int
    velocity: int
    channel: int


class MidiFacts(NamedTuple):
    """What a MIDI file says, read by mido."""

    form: int
    ticks_per_beat: int
    names: list[str]
    notes: list[list[Played]]  # by track, in order of time
    markers: list[tuple[int, str]]
    tempos: list[tuple[int, int]]
    metres: list[tuple[int, int, int]]

    @property
    def end_tick(self) -> int:
        return max(note.end for track in self.notes for note in track)


# A note to write: start and length in beats, pitch, velocity.
Line = Sequence[tuple[float, float, int, int]]


def write_seed(
    path: Path,
    lines: Sequence[Line],
    *,
    names: Sequence[str] = (),
    metres: Sequence[tuple[float, int, int]] = (),
    tempos: Sequence[tuple[float, int]] = (),
    ticks: int = 480,
) -> Path:
    """A MIDI file by mido: one track a line, each on its own channel; places in beats."""
    file = mido.MidiFile(type=1, ticks_per_beat=ticks)
    conductor = [
        mido.MetaMessage("time_signature", numerator=n, denominator=d, time=round(beat * ticks))
        for beat, n, d in metres
    ] + [mido.MetaMessage("set_tempo", tempo=us, time=round(beat * ticks)) for beat, us in tempos]
    for number, line in enumerate(lines):
        events = list(conductor) if number == 0 else []
        for start, length, pitch, velocity in line:
            on, off = round(start * ticks), round((start + length) * ticks)
            events.append(mido.Message("note_off", note=pitch, velocity=0, channel=number, time=off))
            events.append(mido.Message("note_on", note=pitch, velocity=velocity, channel=number, time=on))
        track, now = mido.MidiTrack(), 0
        if number < len(names):
            track.append(mido.MetaMessage("track_name", name=names[number]))
        for event in sorted(events, key=lambda event: (event.time, event.type == "note_on")):
            track.append(event.copy(time=event.time - now))
            now = event.time
        file.tracks.append(track)
    file.save(path)
    return path


def read_facts(path: Path) -> MidiFacts:
    """A MIDI file as mido understands it; every note must be ended."""
    file = mido.MidiFile(path)
    facts = MidiFacts(file.type, file.ticks_per_beat, [], [], [], [], [])
    for track in file.tracks:
        now, held, notes = 0, {}, []
        for event in track:
            now += event.time
            if event.type == "note_on" and event.velocity > 0:
                held[event.note] = (now, event.velocity)
            elif event.type in ("note_on", "note_off"):
                start, velocity = held.pop(event.note)
                notes.append(Played(start, now, event.note, velocity, event.channel))
            elif event.type == "track_name":
                facts.names.append(event.name)
            elif event.type == "marker":
                facts.markers.append((now, event.text))
            elif event.type == "set_tempo":
                facts.tempos.append((now, event.tempo))
            elif event.type == "time_signature":
                facts.metres.append((now, event.numerator, event.denominator))
        assert not held, f"notes without an end: {held}"
        facts.notes.append(sorted(notes))
    return facts


def quarters(pitches: Sequence[int], start: float = 0.0, velocity: int = 70) -> list[tuple[float, float, int, int]]:
    """A line of quarter notes, each a little louder than the one before."""
    return [(start + beat, 1.0, pitch, velocity + beat % 20) for beat, pitch in enumerate(pitches)]


# One bar of 4/4 in four voices.
CHORALE = (
    quarters((67, 69, 71, 72), velocity=60),
    quarters((62, 64, 62, 64), velocity=70),
    quarters((59, 57, 55, 55), velocity=80),
    quarters((43, 48, 43, 48), velocity=90),
)
MELODY = (67, 69, 71, 72, 74, 72, 71, 69)
