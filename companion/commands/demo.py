"""The demo: a bundled melody is played into the engine of a jam, which sings along and then answers."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from companion.clock.internal import InternalClock
from companion.commands.files import save_work
from companion.controls.knobs import ControlMap
from companion.controls.settings import Command, Settings, read_command
from companion.generation.composer import MODEL, SEED, Composed
from companion.generation.improviser import Planned
from companion.generation.job import Job
from companion.jam.control_changes import ControlChanges
from companion.jam.device import Device
from companion.jam.engine import Engine
from companion.jam.notices import Notices
from companion.jam.outlets import Outlets
from companion.music.song import Metre, Song, SongNote, Tempo
from companion.music.sounding import SoundingFrame
from companion.music.timebase import step_seconds
from companion.music.vocabulary import STEPS_PER_BEAT, VOICES
from companion.phrase.seed import Phrase, phrase_of_song
from companion.player.messages import PlayerCommand
from companion.player.player import Player
from companion.player.port import Nowhere
from companion.record.log import Entry
from companion.sampling.styles import known_choices
from companion.screen.chooser import View, choose_view
from companion.screen.say import say
from companion.session.session import Session
from companion.session.sink import FrameTape
from companion.stage.desk import StageDesk
from companion.stage.place import StagePlace
from companion.workbench.jobs import job_of_song
from companion.workbench.outputs import Outputs
from companion.workbench.programs import CHOIR, program_of

DEMO_BPM = 84
STEP_SECONDS = step_seconds(DEMO_BPM)
LOOKS_PER_STEP = 16  # at the clock, 11 ms apart: no note is late by more
WORK_PER_TICK = 2  # frames planned in a tick, so that no tick takes long
COUNT_IN_STEPS = STEPS_PER_BEAT  # the clock runs so long before the first note
EARLY_STEPS = 1 / LOOKS_PER_STEP  # hands are a hair early: what sings along is ready on the step
LIFT_STEPS = 0.25  # hands leave a key so long before the next one
STAGE_PATIENCE_SECONDS = 6.0  # a browser has to come up so long at most
BREATH_STEPS = 3  # after the last note, when what sang along has ended too
_TICKS_PER_BEAT = 480
_VELOCITY = 84

# "O Haupt voll Blut und Wunden": Hans Leo Hassler's tune of 1601, its first two lines, with a
# one-beat pickup. (pitch, beats)
_MELODY = (
    *((64, 1.0), (69, 1.0), (67, 1.0), (65, 1.0), (64, 1.0), (62, 2.0), (64, 1.0)),
    *((71, 1.0), (72, 1.0), (72, 1.0), (71, 0.5), (69, 0.5), (71, 1.0), (69, 3.0)),
)
_PICKUP_BEATS = 1


class Sounder(Protocol):
    """What the demo may play on."""

    def note_on(self, voice: int, pitch: int, velocity: int) -> None: ...

    def note_off(self, voice: int, pitch: int) -> None: ...

    def silence(self) -> None: ...


def demo_song() -> Song:
    """The melody as a MIDI file would hold it."""
    notes, beat = [], 4.0 - _PICKUP_BEATS
    for pitch, beats in _MELODY:
        start, end = round(beat * _TICKS_PER_BEAT), round((beat + beats) * _TICKS_PER_BEAT)
        notes.append(SongNote(start, end, pitch, _VELOCITY, 0, 0))
        beat += beats
    tempo, metre = Tempo(0, round(60e6 / DEMO_BPM)), Metre(0, 4, 4)
    return Song(tuple(notes), _TICKS_PER_BEAT, (tempo,), (metre,), ("Soprano",), notes[-1].end_tick)


def demo_phrase() -> Phrase:
    """The melody as the model hears it."""
    return phrase_of_song(demo_song())


class Loudspeaker(Nowhere):
    """An output of the player that sounds here; the voices are on channels 1 to 4."""

    def __init__(self, sounder: Sounder) -> None:
        self._sounder = sounder

    def send(self, message: bytes) -> None:
        kind, voice = message[0] & 0xF0, message[0] & 0x0F
        if kind == 0x90 and message[2]:
            self._sounder.note_on(voice, message[1], message[2])
        elif kind in (0x80, 0x90):
            self._sounder.note_off(voice, message[1])

    def close(self) -> None:
        self._sounder.silence()


class DemoJam:
    """A jam without ports: the melody's keys are pressed in time, then the engine is told to answer.

    Time is that of its ticks, never the wall's, so that a seed always gives the same music.
    """

    def __init__(
        self,
        job: Job,
        settings: Settings,
        bars: int,
        sounder: Sounder | None = None,
        stage: StageDesk | None = None,
    ) -> None:
        self._phrase, self._bars = job.phrase, bars
        self._seam = job.phrase.first_step + job.phrase.end_step + -job.phrase.end_place % job.phrase.bar_steps
        self._first_step = job.phrase.first_step - COUNT_IN_STEPS
        self._keys = self._presses()
        self._now_s = 0.0
        self._player = Player(Nowhere() if sounder is None else Loudspeaker(sounder), lambda: self._now_s)
        self._tape = FrameTape()
        choices, clock, notices = known_choices((settings.model,)), InternalClock(DEMO_BPM), Notices()
        self._stage, log = stage, None if stage is None else stage.hear
        outlets = _TapedOutlets(self._tape, self, lambda: self._now_s, notices, log)
        session = Session(job.generator.model, settings, choices, outlets, by_channel=True)
        device = Device(None, None, choices, notices, outlets.resend)
        controls = ControlChanges(ControlMap(), notices)
        self._engine = Engine(
            session, outlets, clock, self, controls, choices, notices, device=device, log=log, echo=True
        )
        clock.start(0.0, self._first_step)

    def send(self, command: PlayerCommand) -> None:
        """The engine's word to the player, which is in the same thread."""
        self._player.receive(command)

    def play(self, view: View, wait: Callable[[float], object]) -> list[Composed]:
        """The whole jam; all notes are let go at its end, come what may.

        Args:
            wait: returns when so many seconds have gone by since the jam began.
        """
        try:
            for tick in range(self._tick_of(self._seam + self._bars * self._phrase.bar_steps)):
                self._now_s = tick * STEP_SECONDS / LOOKS_PER_STEP
                wait(self._now_s)
                self._tick(tick)
                if tick % LOOKS_PER_STEP == 0:
                    view.show(self._engine.picture(self._now_s))
        finally:
            self._player.close()
        return [self._composed(planned) for planned in self._tape.made]

    def _tick(self, tick: int) -> None:
        self._engine.tick(self._now_s)
        for pitch, velocity, voice in self._keys.get(tick, ()):
            self._engine.note(pitch, velocity, voice, self._now_s)
        if tick == self._tick_of(self._phrase.first_step + self._phrase.end_step + BREATH_STEPS):
            self._engine.command(Command("go", (self._bars,)))
        for _ in range(WORK_PER_TICK):
            self._engine.work()
        self._player.due(self._now_s)
        for report in self._player.take_reports():
            self._engine.report(report)
        if self._stage is not None:
            self._stage.tick(self._now_s, self._engine.session, self._engine.line)

    def _tick_of(self, step: float) -> int:
        return round((step - self._first_step) * LOOKS_PER_STEP)

    def _presses(self) -> dict[int, list[tuple[int, int, int]]]:
        """By tick, the keys that go down or (velocity 0) up: pitch, velocity and voice."""
        keys: dict[int, list[tuple[int, int, int]]] = {}
        for note in self._phrase.notes:
            start, end = (
                self._phrase.first_step + self._phrase.step_of_tick(tick) for tick in (note.start_tick, note.end_tick)
            )
            keys.setdefault(self._tick_of(start - EARLY_STEPS), []).append((note.pitch, note.velocity, note.voice))
            keys.setdefault(self._tick_of(end - LIFT_STEPS), []).append((note.pitch, 0, note.voice))
        return keys

    def _composed(self, planned: Planned) -> Composed:
        origin = SEED if planned.step < self._seam else MODEL
        return Composed(planned.frame, origin, tuple(voice not in planned.own for voice in range(len(VOICES))))


class _TapedOutlets(Outlets):
    """A jam's outlets, and a tape of what has become music."""

    def __init__(
        self,
        tape: FrameTape,
        player: DemoJam,
        now: Callable[[], float],
        notices: Notices,
        log: Callable[[Entry], object] | None,
    ) -> None:
        super().__init__(player, now, notices, log=log)
        self._tape = tape

    def fixed(self, planned: Planned, sounding: SoundingFrame | None) -> None:
        self._tape.fixed(planned, sounding)
        super().fixed(planned, sounding)


def demo_settings(settings: Settings) -> Settings:
    """As a jam is told: it sings along with what is played, and answers on the next bar line."""
    return replace(settings, mode="harmonise", grid="bar")


def demo_outputs(
    trace: Path | None = None, soundfont: Path | None = None, force: bool = False, quiet: bool = False
) -> Outputs:
    """demo.mid and demo.wav, or the first numbered ones that are free; checked."""
    midi, wav = (Path("demo.mid"), Path("demo.wav")) if force else free_names(Path(), "demo", (".mid", ".wav"))
    outputs = Outputs(midi, wav, trace, soundfont, force, program_of(CHOIR), quiet=quiet)
    outputs.check()
    return outputs


def run_demo(
    settings: Settings,
    bars: int,
    outputs: Outputs,
    waits: bool,
    sounds: bool,
    plain: bool,
    stage: StagePlace | None = None,
) -> None:
    """Plays the demo and writes it; what cannot be played so is found before the first note."""
    job = job_of_song(demo_song(), demo_phrase(), bars, (), settings)
    read_command("go", (bars,))
    with _speaker(sounds) as sounder, _shown(stage) as desk, choose_view(sys.stdout, plain) as view:
        wait = wall_clock() if waits else lambda _: None
        if desk is not None:
            desk.count_from(time.perf_counter())
        composed = DemoJam(job, demo_settings(settings), bars, sounder, desk).play(view, wait)
    save_work(job, composed, outputs)


@contextmanager
def _speaker(wanted: bool) -> Iterator[Sounder | None]:
    """The sound card, where it is wanted."""
    if not wanted:
        yield None
        return
    from companion.audio.speaker import Speaker  # noqa: PLC0415

    with Speaker() as opened:
        yield opened


@contextmanager
def _shown(place: StagePlace | None) -> Iterator[StageDesk | None]:
    """The stage, where it is wanted, and somebody before it, if anybody comes soon."""
    if place is None:
        yield None
        return
    desk = StageDesk(place, say)
    try:
        desk.open()
        desk.await_viewer(STAGE_PATIENCE_SECONDS)
        yield desk
    finally:
        desk.close()


def wall_clock(
    clock: Callable[[], float] = time.perf_counter, sleep: Callable[[float], None] = time.sleep
) -> Callable[[float], None]:
    """Waits until so many seconds have gone by from now on; what is late does not move what comes later."""
    begun = clock()
    return lambda seconds: sleep(max(0.0, begun + seconds - clock()))


def free_names(folder: Path, stem: str, suffixes: Iterable[str]) -> list[Path]:
    """``stem`` with each suffix, or the first numbered stem of which none exists: demo.mid, demo-2.mid, …"""
    suffixes = list(suffixes)
    for number in itertools.count(1):
        name = stem if number == 1 else f"{stem}-{number}"
        paths = [folder / f"{name}{suffix}" for suffix in suffixes]
        if not any(path.exists() for path in paths):
            return paths
    raise AssertionError("unreachable")
