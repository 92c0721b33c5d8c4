"""A jam played again from its log: the same build makes the same frames of it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import floor
from pathlib import Path
from typing import Any

from companion.controls.settings import Command, Settings, VoiceSettings
from companion.controls.table import BY_REST
from companion.errors import BadLog, one_line
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
from companion.sampling.styles import known_choices
from companion.screen.terminal import Progress, unseen
from companion.session.session import Session
from companion.session.sink import FrameTape

Tokens = tuple[int, ...]

HOP_STEPS = 64  # so far the music goes at once; between two looks whether there is still a log to compare it with
FRAMES_UNLOGGED = 256  # made at most beyond those of the log, which a kill may have left without them
FARTHEST_STEPS = 10_000  # between where the music is and what is to happen
MOST_IN_A_STEP = 20_000  # entries; what 5,000 messages a second make of a step at 15 beats a minute


@dataclass(frozen=True)
class Replayed:
    """What came of playing a log again."""

    frames: int  # of the log
    first_difference: int | None  # the step of the first frame that came out otherwise


def replay(log: Path, open_model: Callable[[str], Model], tell: Progress = unseen) -> Replayed:
    """Plays a log again and compares every frame; tell is told how many are made, and of how many.

    Raises:
        BadLog: it is none, or is damaged.
        BadModel, BadSetting: its model is not to be had.
    """
    header = read_header(log)
    entries = list(_in_bounds(read_entries(log), one_line(log)))
    logged = [(entry.step, entry.tokens) for entry in entries if isinstance(entry, LoggedFrame)]
    most = len(logged) + FRAMES_UNLOGGED
    made = _played_again(header, entries, functools.cache(open_model), most, lambda done: tell(done, len(logged)))
    pairs = zip(logged, made, strict=False)
    differing = next((before[0] for before, after in pairs if before != after), None)
    if differing is None and len(made) < len(logged):
        differing = logged[len(made)][0]
    if differing is None and len(made) > most:
        differing = made[len(logged)][0]
    return Replayed(len(logged), differing)


def _in_bounds(entries: Iterable[Entry], name: str) -> Iterator[Entry]:
    """The entries; BadLog for a rate or a distance that no jam has."""
    for step, group in groupby(entries, lambda entry: floor(entry.now)):
        for number, entry in enumerate(group):
            if number == MOST_IN_A_STEP:
                raise BadLog(f"{name} holds more than {MOST_IN_A_STEP} entries for step {step}")
            if isinstance(entry, LoggedNote) and abs(entry.at - entry.now) > FARTHEST_STEPS:
                raise BadLog(f"{name} holds a note for step {entry.at:.0f} at step {step}")
            yield entry


def _played_again(
    header: Header,
    entries: Sequence[Entry],
    open_model: Callable[[str], Model],
    most_frames: int,
    tell: Callable[[int], None],
) -> list[tuple[int, Tokens]]:
    sink = FrameTape()
    settings = settings_of(header)
    choices = known_choices((*bundled_models(), settings.model))
    session = Session(open_model(settings.model), settings, choices, sink, header.by_channel)
    for entry in entries:
        while entry.now - session.position > HOP_STEPS and len(sink.made) <= most_frames:
            session.advance(session.position + HOP_STEPS)
        if len(sink.made) > most_frames:
            break
        # What came between two ticks came together. In older logs a tick may have come at the position of the one
        # before: a frame tells of it, since only ticks fix what is due.
        if (entry.now > session.position and not _is_tempo(entry)) or isinstance(entry, LoggedFrame):
            session.advance(entry.now)
        tell(len(sink.made))
        _obey(session, entry, open_model)
    return [(planned.step, tuple(int(token) for token in planned.frame.tokens)) for planned in sink.made]


def _obey(session: Session, entry: Entry, open_model: Callable[[str], Model]) -> None:
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


def _is_tempo(entry: Entry) -> bool:
    """It tells the player where the clock is, which the session, waiting for its plan, may not have come to."""
    return isinstance(entry, LoggedTransport) and entry.event == TransportEvent.TEMPO


def _move(session: Session, entry: LoggedTransport) -> None:
    if entry.event == TransportEvent.STOP:
        session.halt()
    elif entry.event in (TransportEvent.START, TransportEvent.JUMP, TransportEvent.METRE):
        start = entry.now if entry.address is None or entry.bar_step is None else entry.address + entry.bar_step
        if entry.beats is None or entry.unit is None or entry.bar_step is None or _is_far(session, start, entry):
            raise BadLog(f"the log does not say where the bars are at step {entry.now:.0f}")
        barlines = Barlines.of_metre(entry.beats, entry.unit, entry.bar_step)
        if entry.event == TransportEvent.START:
            session.begin(start, barlines)
        else:
            session.barlines = barlines


def _is_far(session: Session, start: float, entry: LoggedTransport) -> bool:
    """The music is to begin where it has not come to yet."""
    return entry.event == TransportEvent.START and start - session.position > FARTHEST_STEPS


def settings_of(header: Header) -> Settings:
    """The settings that a jam began with."""
    # Before there was following no answer followed, and before there was a sense of phrases a rest ended them.
    said: dict[str, Any] = {"follow": 0.0, "phrase_end": BY_REST, **header.settings}
    try:
        voices = tuple(VoiceSettings(**voice) for voice in said.pop("voices"))
        return Settings(**said, voices=voices)
    except (KeyError, TypeError, ValueError) as error:
        raise BadLog(f"the settings in the log are of another version: {error}") from None
