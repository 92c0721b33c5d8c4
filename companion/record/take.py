"""The music of a jam's log, and the MIDI file that it makes.

What the player played is taken as it was played; what the companion sounded is found again by following
what was sent to its player process, by the rules of that process (``companion.music.sounding``).
"""

from __future__ import annotations

import io
import itertools
import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import mido

from companion.errors import BadLog
from companion.files.midi import conductor_events, note_events, track_of_events
from companion.music.bars import Barlines
from companion.music.song import VoiceNote
from companion.music.sounding import Change, ChannelNote, Part, Sounding
from companion.music.timebase import step_seconds
from companion.music.vocabulary import STEPS_PER_BEAT, VOICES
from companion.record.log import (
    Entry,
    LoggedClear,
    LoggedNote,
    LoggedNow,
    LoggedSend,
    LoggedSilence,
    LoggedTransport,
    TransportEvent,
    read_entries,
)

TAKE_TICKS_PER_BEAT = 960  # half a millisecond at 120 beats a minute
TAKE_TICKS_PER_STEP = TAKE_TICKS_PER_BEAT // STEPS_PER_BEAT
PLAYER_TRACK = "Player"

LEAD_STEPS = 64  # a frame is sent less than so long before its step
TEMPO_UNSAID = 120.0  # as in a MIDI file
LEAST_BPM = 0.01  # slower than any clock
SLOWEST_BEAT_US = 0xFFFFFF  # what a MIDI file can say


class StepNote(NamedTuple):
    """A note in steps, as it was played or sounded."""

    start: float
    end: float
    pitch: int
    velocity: int
    part: int  # the player's: a channel 0..15; the companion's: a voice 0..3


@dataclass(frozen=True)
class MetreChange:
    """Bars from a position on."""

    position: float
    beats: int
    unit: int
    bar_step: int  # a step on which one begins

    @property
    def barlines(self) -> Barlines:
        return Barlines.of_metre(self.beats, self.unit, self.bar_step)


@dataclass(frozen=True)
class Take:
    """The music of a log, or of some of its steps."""

    player: Sequence[StepNote]
    voices: Sequence[StepNote]
    tempos: Sequence[tuple[float, float]]  # (position, beats a minute)
    metres: Sequence[MetreChange]
    damage: str = ""  # why it is not all; empty: it is

    @property
    def is_empty(self) -> bool:
        """Nothing was played."""
        return not (self.player or self.voices)

    @property
    def origin(self) -> int:
        """The bar line before the first note."""
        start = min(note.start for note in (*self.player, *self.voices))
        return self._metre_at(start).barlines.bar_start(math.floor(start))

    def _metre_at(self, position: float) -> MetreChange:
        before = [metre for metre in self.metres if metre.position <= position]
        return before[-1] if before else self.metres[0] if self.metres else MetreChange(position, 4, 4, 0)


def read_take(log: Path, first: int | None = None, last: int | None = None) -> Take:
    """What was played and what sounded; of steps ``first`` to ``last`` only, where they are given.

    A note of the player's belongs to the step nearest to its start, and is never cut; a note of the
    companion's is cut where the steps end.

    Raises:
        BadLog: the file is no log.
    """
    listener, damage = _Listener(), ""
    try:
        for entry in read_entries(log, None if first is None else first - LEAD_STEPS):
            listener.hear(entry)
    except BadLog as fault:
        if not listener.heard:
            raise
        damage = str(fault)
    player, voices = listener.end()
    if first is not None and last is not None:
        player = [note for note in player if first - 0.5 <= note.start < last + 0.5]
        voices = [cut for note in voices if (cut := _cut(note, first, last + 1)).end > cut.start]
    return Take(player, voices, listener.tempos, listener.metres, damage)


def _cut(note: StepNote, start: float, end: float) -> StepNote:
    return note._replace(start=max(note.start, start), end=min(note.end, end))


class _Listener:
    """Follows a log as the player process followed the jam."""

    def __init__(self) -> None:
        self.heard = False
        self.tempos: list[tuple[float, float]] = []
        self.metres: list[MetreChange] = []
        self._now = 0.0
        self._step_seconds = step_seconds(TEMPO_UNSAID)
        self._keys: dict[tuple[int, int], deque[tuple[float, int]]] = {}  # down: (start, velocity) by channel, pitch
        self._played: list[StepNote] = []
        self._sounding = Sounding(self._sounds)
        self._sounding.run(self._now)
        self._held: dict[int, _HeldNote] = {}  # by voice
        self._sounded: list[StepNote] = []

    def hear(self, entry: Entry) -> None:
        """The next entry."""
        self.heard = True
        self._advance(entry.now)
        match entry:
            case LoggedNote():
                self._key(entry)
            case LoggedTransport():
                self._transport(entry)
            case LoggedSend():
                self._sounding.receive(entry.frames)
                self._carry_out(self._sounding.play(entry.now, self._step_seconds), entry.now)
            case LoggedNow():
                part = Part(entry.pitch, True, entry.velocity, entry.channel)
                self._carry_out(self._sounding.now(entry.voice, part), entry.now)
            case LoggedClear():
                self._sounding.clear(entry.first, entry.last)
            case LoggedSilence():
                self._sounding.silence()
                self._silence()

    def end(self) -> tuple[list[StepNote], list[StepNote]]:
        """The player's notes and the companion's; whatever still sounds ends here."""
        self._silence()
        for (channel, pitch), starts in self._keys.items():
            while starts:
                self._release(channel, pitch, self._now)
        return self._played, self._sounded

    def _advance(self, now: float) -> None:
        """Frames come due one after the other."""
        self._now = max(self._now, now)
        while (step := self._sounding.next_step()) is not None and step <= now:
            self._carry_out(self._sounding.play(step, self._step_seconds), step)
        starves_at = self._sounding.starves_at(self._step_seconds)
        if starves_at is not None and starves_at <= now:
            self._carry_out(self._sounding.starve(), starves_at)

    def _sounds(self, voice: int) -> ChannelNote | None:
        return self._held[voice].note if voice in self._held else None

    def _carry_out(self, change: Change, position: float) -> None:
        for voice in change.released:
            self._stop(voice, position)
        for voice, note, velocity in change.struck:
            self._stop(voice, position)
            self._held[voice] = _HeldNote(position, note, velocity)

    def _stop(self, voice: int, position: float) -> None:
        held = self._held.pop(voice, None)
        if held is not None and position > held.start:
            _, pitch = held.note
            self._sounded.append(StepNote(held.start, position, pitch, held.velocity, voice))

    def _silence(self) -> None:
        for voice in range(len(VOICES)):
            self._stop(voice, self._now)

    def _key(self, note: LoggedNote) -> None:
        if note.velocity:
            self._keys.setdefault((note.channel, note.pitch), deque()).append((note.at, note.velocity))
        elif self._keys.get((note.channel, note.pitch)):
            self._release(note.channel, note.pitch, note.at)

    def _release(self, channel: int, pitch: int, position: float) -> None:
        start, velocity = self._keys[channel, pitch].popleft()
        self._played.append(StepNote(start, max(position, start), pitch, velocity, channel))

    def _transport(self, entry: LoggedTransport) -> None:
        if entry.event == TransportEvent.STOP:
            self._sounding.stop()
            self._silence()
        if entry.event == TransportEvent.START:
            self._sounding.run(entry.now)
        if entry.bpm:
            bpm = max(entry.bpm, LEAST_BPM)
            self._step_seconds = step_seconds(bpm)
            self.tempos.append((entry.now, bpm))
        if entry.beats is not None or entry.bar_step is not None:
            last = self.metres[-1] if self.metres else MetreChange(0, 4, 4, 0)
            beats, unit = entry.beats or last.beats, entry.unit or last.unit
            bar_step = last.bar_step if entry.bar_step is None else entry.bar_step
            self.metres.append(MetreChange(entry.now, beats, unit, bar_step))


class _HeldNote(NamedTuple):
    """A note of the companion's that has not ended."""

    start: float
    note: ChannelNote
    velocity: int


def take_file(take: Take) -> bytes:
    """A MIDI file of format 1: the player, then the four voices on channels 1-4; it begins on a bar line.

    Tempos and metres stand in the player's track: a track of their own would be an empty one in Live.
    """
    origin = take.origin
    conductor = conductor_events(_tempo_events(take, origin), _metre_events(take, origin), None, ())
    player = [
        event
        for channel in sorted({note.part for note in take.player})
        for event in note_events(_ticked(take.player, channel, origin), channel)
    ]
    tracks = [sorted([*conductor, *player], key=_order)]
    tracks += [note_events(_ticked(take.voices, voice, origin), voice) for voice in range(len(VOICES))]
    end_tick = max(events[-1][0] for events in tracks if events)
    names = (PLAYER_TRACK, *(voice.capitalize() for voice in VOICES))
    data = io.BytesIO()
    file = mido.MidiFile(type=1, ticks_per_beat=TAKE_TICKS_PER_BEAT, charset="utf-8")
    file.tracks += [track_of_events(name, events, end_tick) for name, events in zip(names, tracks, strict=True)]
    file.save(file=data)
    return data.getvalue()


def _order(event: tuple[int, Any]) -> tuple[int, bool]:
    """By tick; at one tick note-ons come last."""
    return event[0], event[1].type == "note_on"


def _tick(position: float, origin: int) -> int:
    return max(round((position - origin) * TAKE_TICKS_PER_STEP), 0)


def _ticked(notes: Iterable[StepNote], part: int, origin: int) -> list[VoiceNote]:
    """The notes of one part; each gets at least a tick."""
    ticked = []
    for note in notes:
        if note.part == part:
            start = _tick(note.start, origin)
            ticked.append(VoiceNote(0, start, max(_tick(note.end, origin), start + 1), note.pitch, note.velocity))
    return ticked


def _tempo_events(take: Take, origin: int) -> list[tuple[int, int]]:
    """(tick, microseconds a beat); of several at one tick the last counts."""
    beats = {_tick(position, origin): min(max(round(60e6 / bpm), 1), SLOWEST_BEAT_US) for position, bpm in take.tempos}
    events = sorted(beats.items())
    return [event for before, event in itertools.pairwise([(0, 0), *events]) if before[1] != event[1]]


def _metre_events(take: Take, origin: int) -> list[tuple[int, int, int]]:
    """(tick, beats, unit), each on the first bar line of its own."""
    events: dict[int, tuple[int, int, int]] = {}
    barlines: Barlines | None = None
    for metre in take.metres:
        same = barlines is not None and metre.barlines.bar_steps == barlines.bar_steps
        if same and barlines is not None and (metre.bar_step - barlines.origin) % barlines.bar_steps == 0:
            continue
        barlines = metre.barlines
        tick = _tick(barlines.next_line(metre.position, "bar"), origin) if metre.position > origin else 0
        events[tick] = (tick, metre.beats, metre.unit)
    return [events[tick] for tick in sorted(events)]
