"""What a jam leaves behind and tells beside: its log, takes that are saved of it, streams; only what is asked for."""

from __future__ import annotations

import datetime
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from companion import __version__
from companion.clock.base import Clock
from companion.io.osc_port import OscOut
from companion.jam.aside import Aside
from companion.jam.notices import Notices
from companion.jam.options import JamOptions
from companion.model.runtime import Model
from companion.record.log import Entry, Header
from companion.record.recorder import Recorder, Saved, recover, save_jam, save_take
from companion.streams.choices import ChoiceStream
from companion.streams.lines import GrowingFile
from companion.streams.stream import MusicStream
from companion.streams.trace import TraceStream


class Recording:
    """The log of one jam while it goes on."""

    def __init__(self, options: JamOptions, model: Model, notices: Notices) -> None:
        """Begins the log, where one is wanted, and saves what another jam could not save of its own."""
        self._notices = notices
        self._recorder = None if options.record is None else _begin(options.record, options, model, notices)
        self._saving = Aside("keep-take", self._told)

    @property
    def name(self) -> str | None:
        """Of the jam; None where it is not recorded."""
        return None if self._recorder is None else self._recorder.name

    def write(self, entry: Entry) -> None:
        """Appends to the log."""
        if self._recorder is not None:
            self._recorder.write(entry)

    def keep(self, first: int, last: int) -> None:
        """Saves the take of these steps, beside the music."""
        log = None if self._recorder is None else self._recorder.log
        if log is None:
            self._notices.say_once("nothing is recorded: start with --record DIR")
        else:
            self._saving.ask(lambda: save_take(log, first, last))

    def watch(self) -> None:
        """Says what has gone wrong."""
        fault = None if self._recorder is None else self._recorder.take_fault()
        if fault is not None:
            self._notices.say(fault)

    def finish(self) -> list[str]:
        """Ends the log and saves the jam; what is to be said of it."""
        if self._recorder is None:
            return []
        self._recorder.close()
        return [] if self._recorder.log is None else [save_jam(self._recorder.log).text]

    def _told(self, saved: Saved) -> None:
        self._notices.say_once(saved.text)


def open_streams(
    options: JamOptions, model: Model, clock: Clock, notices: Notices, stack: ExitStack, lines: list[str]
) -> list[MusicStream]:
    """What is told of the music beside, where somebody asks for it."""
    streams = list[MusicStream]()
    if (place := options.rig.choices_out) is not None:
        told = OscOut(place.host, place.port, option="--choices-out")
        stack.callback(told.close)
        streams.append(ChoiceStream(told.send_together, time.perf_counter))
    if options.trace is not None:
        file = GrowingFile(options.trace, notices.say, force=options.force)
        trace = TraceStream(file, model, options.settings, time.perf_counter, lambda: clock.bpm)
        stack.callback(lambda: lines.append(trace.finish()))
        streams.append(trace)
    return streams


def _begin(folder: Path, options: JamOptions, model: Model, notices: Notices) -> Recorder:
    started = datetime.datetime.now().astimezone()
    for saved in recover(folder) if folder.is_dir() else ():
        notices.say(saved.text)
    settings = options.settings
    header = Header(
        __version__,
        model.contract.name,
        model.digest,
        settings.seed,
        asdict(settings),
        started.isoformat(timespec="seconds"),
        options.rig.by_channel,
    )
    return Recorder(folder, header, started.date())
