"""A player that is started again when its process has been killed: no note hangs, and the music goes on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace

from companion.errors import ChoraleError
from companion.music.messages import SIDE_STICK
from companion.music.sounding import ChannelNote
from companion.player.channel_state import AT_REST
from companion.player.messages import (
    EchoKey,
    EchoTouch,
    Panic,
    PlayerCommand,
    PlayerReport,
    PlayFrames,
    PlayNow,
    SetClick,
    SetOffset,
    SetPrograms,
    SetTimebase,
)
from companion.player.process import PlayerHandle

MOST_DEATHS, DEATHS_SECONDS = 3, 10.0  # so many in so short a time, and it is given up


class LastingPlayer:
    """The engine's end of a player, whichever process that is."""

    def __init__(self, start: Callable[[], PlayerHandle], offset_s: float) -> None:
        """
        Args:
            start: starts a player.
            offset_s: what is sent comes so much later than the clock says.
        """
        self._start, self._offset_s = start, offset_s
        self._timebase, self._click = SetTimebase(None), SetClick(on=False)
        self._programs: SetPrograms | None = None
        self._touched: set[int] = set()  # channels whose pedal or bend may not be at rest
        self._notes: set[ChannelNote] = set()  # that may sound: all that were ever sent
        self._deaths: deque[float] = deque(maxlen=MOST_DEATHS)
        self._handle = self._begin()

    def _begin(self) -> PlayerHandle:
        handle = self._start()
        handle.send(SetOffset(self._offset_s))
        return handle

    def send(self, command: PlayerCommand) -> bool:
        """Sends a command; False when nobody is there to take it."""
        if isinstance(command, SetTimebase):
            self._timebase = command
        elif isinstance(command, SetClick):
            self._click = command
        elif isinstance(command, SetPrograms):
            self._programs = command
        elif isinstance(command, (EchoKey, EchoTouch)) and command.touch != AT_REST:
            self._touched.add(command.channel)
        self._notes.update(_notes_of(command))
        return self._handle.send(command)

    def reports(self) -> list[PlayerReport]:
        """What has been reported since the last call; never waits."""
        return self._handle.reports()

    def revived(self, now_s: float) -> bool:
        """Whether the player had ended by itself, so that another one was started, which has no frames yet.

        Raises:
            ChoraleError: it ends again and again.
        """
        if self._handle.alive:
            return False
        self._deaths.append(now_s)
        if len(self._deaths) == MOST_DEATHS and now_s - self._deaths[0] < DEATHS_SECONDS:
            raise ChoraleError("the player process ends again and again by itself: the jam is over")
        self._handle.close(0.0)
        self._handle = self._begin()
        self._handle.send(Panic(0, tuple(sorted(self._notes)), tuple(sorted(self._touched))))
        if self._programs is not None:
            self._handle.send(self._programs)
        self._handle.send(replace(self._timebase, anew=True))
        if self._click != SetClick(on=False):
            self._handle.send(self._click)
        return True

    def close(self, timeout_s: float) -> None:
        """Silences and ends the player, by force where it does not obey."""
        self._handle.close(timeout_s)


def _notes_of(command: PlayerCommand) -> Iterable[ChannelNote]:
    match command:
        case PlayFrames(frames):
            return (note for frame in frames for part in frame.parts if (note := part.note) is not None)
        case PlayNow(_, pitch, _, channel) if pitch:
            return ((channel, pitch),)
        case EchoKey(pitch, velocity, channel) if velocity:
            return ((channel, pitch),)
        case SetClick(channel=channel):
            return ((channel, SIDE_STICK),)
    return ()
