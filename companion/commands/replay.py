"""A jam played again from its log: the same build makes the same frames of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from companion.controls.settings import Command, Settings, VoiceSettings
from companion.errors import BadLog
from companion.jam.options import known_choices
from companion.model.library import bundled_models
from companion.model.runtime import Model
from companion.music.bars import Barlines
from companion.record.log import (
    Entry,
    Header,
    LoggedCommand,
    LoggedFrame,
    LoggedLift,
    LoggedNote,
    LoggedTransport,
    TransportEvent,
    read_entries,
    read_header,
)
from companion.session.session import Session
from companion.session.sink import FrameTape

Tokens = tuple[int, ...]


@dataclass(frozen=True)
class Replayed:
    """What came of playing a log again."""

    frames: int  # of the log
    first_difference: int | None  # the step of the first frame that came out otherwise


def replay(log: Path, open_model: Callable[[str], Model]) -> Replayed:
    """Plays a log again and compares every frame.

    Raises:
        BadLog: it is none, or is damaged.
        BadModel, BadSetting: its model is not to be had.
    """
    header = read_header(log)
    entries = list(read_entries(log))
    made = _played_again(header, entries, open_model)
    logged = [(entry.step, entry.tokens) for entry in entries if isinstance(entry, LoggedFrame)]
    pairs = zip(logged, made, strict=False)
    differing = next((before[0] for before, after in pairs if before != after), None)
    if differing is None and len(made) < len(logged):
        differing = logged[len(made)][0]
    return Replayed(len(logged), differing)


def _played_again(
    header: Header, entries: Sequence[Entry], open_model: Callable[[str], Model]
) -> list[tuple[int, Tokens]]:
    sink = FrameTape()
    settings = settings_of(header)
    choices = known_choices((*bundled_models(), settings.model))
    session = Session(open_model(settings.model), settings, choices, sink, header.by_channel)
    for entry in entries:
        # What came between two ticks came together. In older logs a tick may have come at the position of the one
        # before: a frame tells of it, since only ticks fix what is due.
        if entry.now > session.position or isinstance(entry, LoggedFrame):
            session.advance(entry.now)
        match entry:
            case LoggedNote():
                session.note(entry.at, entry.pitch, entry.velocity, entry.channel)
            case LoggedLift():
                session.note(entry.at, entry.pitch, 0, entry.channel, held=True)
            case LoggedCommand() if entry.effective_step is not None:
                session.command(Command(entry.name, entry.arguments))
                if entry.name == "model":
                    session.set_model(open_model(str(entry.arguments[0])))
            case LoggedTransport():
                _move(session, entry)
            case _:
                pass
    return [(planned.step, tuple(int(token) for token in planned.frame.tokens)) for planned in sink.made]


def _move(session: Session, entry: LoggedTransport) -> None:
    if entry.event == TransportEvent.STOP:
        session.halt()
    elif entry.event in (TransportEvent.START, TransportEvent.JUMP, TransportEvent.METRE):
        assert entry.beats is not None and entry.unit is not None and entry.bar_step is not None
        barlines = Barlines.of_metre(entry.beats, entry.unit, entry.bar_step)
        if entry.event == TransportEvent.START:
            assert entry.address is not None
            session.begin(entry.address + entry.bar_step, barlines)
        else:
            session.barlines = barlines


def settings_of(header: Header) -> Settings:
    """The settings that a jam began with."""
    said: dict[str, Any] = dict(header.settings)
    try:
        voices = tuple(VoiceSettings(**voice) for voice in said.pop("voices"))
        return Settings(**said, voices=voices)
    except (KeyError, TypeError) as error:
        raise BadLog(f"the settings in the log are of another version: {error}") from None
