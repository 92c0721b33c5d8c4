"""The process in which a jam's music is made: opens ports and clocks, runs the engine, closes everything.

It talks with the process that started it through one pipe: keys, ``Shown`` and ``Quit`` come in, pictures and one
``Ended`` go out, no picture before the last was taken, so that a terminal that stands still does not stop the music.
When that pipe breaks, the jam ends. Ctrl-C is for the process that shows the jam; this one is told.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import secrets
import signal
import sys
import time
import traceback
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from companion.clips.desk import ClipDesk
from companion.clock.base import Clock
from companion.clock.table import make_clock
from companion.controls.knobs import ControlMap, Learning, all_targets
from companion.controls.rig import Rig
from companion.errors import ChoraleError, NoPort, one_line
from companion.io import osc_messages
from companion.io.events import PortBack, PortLost, PortMissing
from companion.io.inbox import Inbox
from companion.io.midi_driver import Driver, find_driver
from companion.io.midi_ports import InputPort, open_output, refuse_several, takes_loopback
from companion.io.osc_peer import Peer
from companion.io.osc_port import Arrival, OscIn, OscOut, Unreadable
from companion.io.port_names import LOOPBACK_TAKEN
from companion.jam.aside import Aside
from companion.jam.control_changes import ControlChanges
from companion.jam.device import Device
from companion.jam.engine import Engine, Loaded
from companion.jam.notices import Notices
from companion.jam.options import JamOptions
from companion.jam.outlets import Outlets
from companion.jam.recording import Recording, open_streams
from companion.model.library import bundled_models, find_files, open_files
from companion.model.runtime import Model
from companion.parent import end_with_parent
from companion.player.clock_port import clock_opener
from companion.player.lasting import LastingPlayer
from companion.player.messages import Ready
from companion.player.port import Nowhere
from companion.player.process import ORPHAN_SECONDS, PlayerHandle
from companion.record.log import Entry
from companion.sampling.styles import known_choices
from companion.session.session import Session
from companion.stage.desk import StageDesk

PICTURE_SECONDS = 0.05  # between two pictures
ENDING_SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
IDLE_SECONDS = 0.004  # between two looks at the clock while nothing comes in
SWITCH_SECONDS = 0.0005  # how soon a thread that only stamps what arrives gets its turn
MOST_MODELS = 3  # kept in memory once they were read: going back to one costs nothing
MOST_AT_ONCE = 16  # things that arrived over OSC between two frames
LEAD_SECONDS = 0.1  # before an own clock begins that is sent out too, so that its first tick is
PLAYER_SECONDS = 2.0  # for the player process to let go of all notes and end


@dataclass(frozen=True)
class Stroke:
    """A key of the computer's keyboard."""

    stroke: str
    time_s: float  # when it was pressed, of time.perf_counter


@dataclass(frozen=True)
class Shown:
    """The last picture was taken; the next may follow."""


@dataclass(frozen=True)
class Quit:
    """The jam is to end."""


@dataclass(frozen=True)
class Ended:
    """The jam is over; these lines are left to say."""

    lines: tuple[str, ...] = ()
    fault: str = ""  # why, where it was not asked to end
    controls: ControlMap | None = None  # as they are bound now, where they were to be learnt


def run_engine(options: JamOptions, connection: Connection) -> None:
    """The whole life of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent(ORPHAN_SECONDS)
    sys.setswitchinterval(SWITCH_SECONDS)
    lines: list[str] = []
    fault, controls = "", None
    try:
        with ExitStack() as stack:
            controls = _Jam(options, connection, stack, lines).run()
    except ChoraleError as error:
        fault = str(error)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        fault = f"the jam broke: {type(error).__name__}: {one_line(error)} ({place.name}:{place.lineno})"
    with contextlib.suppress(OSError):
        connection.send(Ended(tuple(lines), fault, controls if options.learn else None))
    connection.close()


class _Jam:
    """All that is open while a jam goes on."""

    def __init__(self, options: JamOptions, connection: Connection, stack: ExitStack, lines: list[str]) -> None:
        self._options, self._connection, self._stack, self._lines = options, connection, stack, lines
        self._inbox = Inbox()
        self._notices = Notices()
        self._ended, self._shown = False, True
        for name in ENDING_SIGNALS:
            signal.signal(name, self._end)
        self._stage = self._start_stage()  # first, so that it opens while all else does
        self._choices = known_choices(_model_names(options))
        self._wanted = options.settings.model
        self._loader = Aside("load-model", self._inbox.put)
        read = _read_model(self._wanted)
        if read.model is None:
            raise ChoraleError(read.fault)
        model = read.model
        self._recording = Recording(options, model, self._notices)
        stack.callback(lambda: lines.extend(self._recording.finish()))
        driver = self._find_driver()
        self._clock = self._open_clock()
        self._inputs = self._open_inputs(driver)
        osc = self._open_osc()
        if self._stage is not None:
            self._stage.open()
        self._streams = open_streams(options, model, self._clock, self._notices, stack, lines)
        # last, so that it is closed first: whatever else fails, the notes are let go
        self._player = self._open_player(driver)
        self._engine = self._make_engine(model, osc)

    def _start_stage(self) -> StageDesk | None:
        place = self._options.stage
        if place is None:
            return None
        stage = StageDesk(place, self._notices.say, self._options.rig.offset_ms / 1000)
        self._stack.callback(stage.close)
        return stage

    def _end(self, *_: object) -> None:
        self._ended = True
        self._inbox.wake()

    # Opening

    def _find_driver(self) -> Driver | None:
        if not self._options.rig.midi:
            if self._options.rig.clock == "midi":
                raise NoPort("clock 'midi' needs MIDI, which is off")
            return None
        try:
            return find_driver()
        except NoPort as error:
            rig = self._options.rig
            if rig.inputs or rig.output or rig.clock_out or rig.clock == "midi":
                raise
            self._notices.say(f"{error}; OSC alone")
            return None

    def _open_clock(self) -> Clock:
        clock = make_clock(self._options.rig.clock, self._options.rig.bpm)
        self._stack.callback(clock.close)
        if self._options.rig.metre != Rig.metre:
            clock.count(*self._options.rig.beats)
        self._waits = self._options.rig.clock_out is not None  # for whoever sends it out
        if not self._waits:
            clock.start(time.perf_counter())
        return clock

    def _open_inputs(self, driver: Driver | None) -> list[tuple[InputPort, bool]]:
        """Each input, and whether its clock is heard."""
        if driver is None:
            return []
        options = self._options
        wanted: list[str | None] = [*options.rig.inputs] or [None]
        if options.rig.clock_port is not None and options.rig.clock_port not in wanted:
            wanted.append(options.rig.clock_port)
        ports = []
        for name in wanted:
            refuse_several(name, "input", driver)
            port = InputPort(name, driver, patient=True, arrived=self._inbox.wake)
            self._stack.callback(port.close)
            ports.append((port, options.rig.clock_port in (None, name)))
        return ports

    def _open_osc(self) -> OscOut | None:
        options = self._options
        try:
            heard = OscIn(
                options.rig.osc_in.port, options.rig.osc_in.host, sink=self._inbox.put, verdict=osc_messages.verdict
            )
        except NoPort as error:
            if options.osc_wanted or options.rig.clock == "osc" or not options.rig.midi:
                raise
            self._notices.say(f"{error}; MIDI alone")
            return None
        self._stack.callback(heard.close)
        spoken = OscOut(options.rig.osc_out.host, options.rig.osc_out.port)
        self._stack.callback(spoken.close)
        return spoken

    def _open_player(self, driver: Driver | None) -> LastingPlayer:
        rig = self._options.rig
        if driver is not None:
            refuse_several(rig.output, "output", driver)
            if (rig.output is None or not rig.inputs) and takes_loopback(driver):
                self._notices.say(LOOPBACK_TAKEN)
        output = Nowhere if driver is None else functools.partial(open_output, rig.output)
        followed = [port.name for port, clock in self._inputs if clock]
        clock_output = clock_opener(rig, driver, followed)
        player = LastingPlayer(lambda: PlayerHandle.in_process(output, clock_output), rig.offset_ms / 1000)
        self._stack.callback(player.close, PLAYER_SECONDS)
        return player

    def _make_engine(self, model: Model, osc: OscOut | None) -> Engine:
        options = self._options
        send = None if osc is None else osc.send
        self._clips = (
            None if osc is None else ClipDesk(osc.send, self._notices.say_once, first_own=-1 - secrets.randbits(30))
        )
        if self._clips is not None:
            self._stack.callback(self._clips.close)
        recorded = self._recording.name is not None
        log = self._write if recorded or self._clips is not None or self._stage is not None else None
        outlets = Outlets(self._player, time.perf_counter, self._notices, send, log, self._keep, self._streams)
        session = Session(model, options.settings, self._choices, outlets, options.rig.by_channel)
        peer = None if osc is None else Peer(secrets.randbits(30))
        device = Device(peer, send, self._choices, self._notices, outlets.resend)
        learning = Learning(options.controls, all_targets()) if options.learn else None
        self._control_changes = ControlChanges(options.controls, self._notices, learning)
        return Engine(
            session,
            outlets,
            self._clock,
            self._player,
            self._control_changes,
            self._choices,
            self._notices,
            device=device,
            clips=self._clips,
            log=self._hear if recorded or self._stage is not None else None,
            load=self._load,
            echo=options.rig.echo,
        )

    def _write(self, entry: Entry) -> None:
        """What the session gives goes into the log, where there is one, and is remembered for Live's clips."""
        self._hear(entry)
        if self._clips is not None:
            self._clips.tape.hear(entry)

    def _hear(self, entry: Entry) -> None:
        """What is written is seen on the stage, too."""
        self._recording.write(entry)
        if self._stage is not None:
            self._stage.hear(entry)

    def _keep(self, first: int, last: int) -> None:
        """A take is saved as a file, where the jam is recorded, and as clips, where somebody writes them."""
        in_live = self._clips is not None and self._clips.keep(first, last)
        if self._recording.name is not None or not in_live:
            self._recording.keep(first, last)

    def _load(self, name: str) -> None:
        """Begins to read a model, in place of any that was asked for before; the one that plays is none to read."""
        self._wanted = name
        plays = name == self._engine.session.settings.model
        self._loader.ask(None if plays else functools.partial(_read_model, name))

    # Running

    def run(self) -> ControlMap:
        """Until told to end; the control changes as they are bound then."""
        gc.freeze()
        shown_s = 0.0
        while not self._ended and self._heed_connection():
            self._receive()
            now_s = time.perf_counter()
            self._engine.tick(now_s)
            if self._stage is not None:
                self._stage.tick(now_s, self._engine.session, self._engine.line)
            if now_s - shown_s >= PICTURE_SECONDS:
                shown_s = now_s
                self._watch(now_s)
                self._show(now_s)
            if not self._engine.work():
                self._inbox.wait(IDLE_SECONDS)
        self._engine.session.halt()
        return self._control_changes.map

    def _receive(self) -> None:
        """What has arrived, in its order; not all of it where that is much, so that the music goes on."""
        for item in self._inbox.take(MOST_AT_ONCE):
            self._take(item)
        lost = self._inbox.take_lost()
        if lost:
            self._engine.overrun(lost, time.perf_counter())
        arrived = [(time_s, message, clock) for port, clock in self._inputs for message, time_s in port.messages()]
        for time_s, message, clock in sorted(arrived, key=lambda one: one[0]):
            self._engine.midi(message, time_s, clock)
        for report in self._player.reports():
            self._engine.report(report)
            if self._waits and isinstance(report, Ready):
                self._waits = False
                self._clock.start(time.perf_counter() + LEAD_SECONDS)

    def _take(self, item: Any) -> None:
        if isinstance(item, (Arrival, Unreadable)):
            self._engine.osc(item)
        elif isinstance(item, Loaded) and item.name == self._wanted:
            self._engine.loaded(item)

    def _show(self, now_s: float) -> None:
        if self._shown:
            self._shown = False
            self._connection.send(self._engine.picture(now_s, self._ports_text(), self._recording.name))

    def _heed_connection(self) -> bool:
        """What the process that shows the jam says; False when the jam is to end."""
        try:
            while self._connection.poll():
                message = self._connection.recv()
                match message:
                    case Quit():
                        return False
                    case Shown():
                        self._shown = True
                    case Stroke(stroke, time_s):
                        self._engine.stroke(stroke, time_s)
        except (EOFError, OSError):
            return False
        return True

    def _watch(self, now_s: float) -> None:
        """The ports, the recording, the player process."""
        for port, _ in self._inputs:
            for event in port.poll(now_s):
                self._notices.say(_input_text(event))
                if isinstance(event, PortLost):
                    self._engine.lift_keys(now_s)
        self._recording.watch()
        if self._player.revived(now_s):
            self._notices.say("the player process has ended by itself; another one plays on")
            self._engine.play_again()

    def _ports_text(self) -> str:
        if not self._inputs:
            return "no MIDI"
        names = [port.name for port, _ in self._inputs if port.is_open]
        return f"{', '.join(names) or 'no MIDI input'} > {self._engine.player_state.output or 'no MIDI output'}"


def _read_model(name: str) -> Loaded:
    try:
        paths = find_files(name)
        changed = tuple(path.stat().st_mtime_ns if path.is_file() else 0 for path in paths)
        return Loaded(name, _model_of(paths, changed))
    except (ChoraleError, OSError) as error:  # a file that went away meanwhile
        return Loaded(name, None, str(error))


@functools.lru_cache(MOST_MODELS)
def _model_of(paths: tuple[Path, ...], changed_ns: tuple[int, ...]) -> Model:
    """A model's files as they were at those times."""
    del changed_ns
    return open_files(paths)


def _input_text(event: PortLost | PortBack | PortMissing) -> str:
    match event:
        case PortLost(name):
            return f"the MIDI input {name} is gone; it is opened again when it returns"
        case PortBack(name):
            return f"the MIDI input {name} is there"
        case PortMissing(text):
            return text


def _model_names(options: JamOptions) -> tuple[str, ...]:
    """Those that ship, and the one that was asked for."""
    return tuple(dict.fromkeys((*bundled_models(), options.settings.model)))
