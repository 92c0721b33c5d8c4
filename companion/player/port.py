"""An output and the notes that sound on it, through the loss and the return of the port."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from companion.io.events import PortBack, PortEvent, PortLost
from companion.music.messages import ALL_NOTES_OFF, ALL_SOUND_OFF
from companion.music.sounding import ChannelNote
from companion.player.channel_state import ChannelState, ProgramChange, Touch, at_rest
from companion.player.held_notes import HeldNotes, Owner, Strike, note_off


class Output(Protocol):
    """A MIDI output as the player needs it; ``companion.io.midi_ports.OutputPort`` is one."""

    @property
    def name(self) -> str:
        """The port's name."""

    def send(self, message: bytes) -> None:
        """Sends one message. Whatever it raises means that the port is lost."""

    def poll(self, now_s: float) -> list[PortEvent]:
        """What has become of the port."""

    def close(self) -> None:
        """Closes the port."""


class Nowhere:
    """An output without a port."""

    name = ""

    def send(self, message: bytes) -> None:
        """Does nothing."""

    def poll(self, now_s: float) -> list[PortEvent]:
        """Nothing ever happens."""
        del now_s
        return []

    def close(self) -> None:
        """Does nothing."""


class SoundingPort:
    """Keeps the book of an output's notes. Nothing that the output raises gets out of here.

    While the port is lost nothing sounds, and what is struck is not remembered; what sounded when it got
    lost is released first when it is back, then pedals and bends, and programs are told again.
    """

    def __init__(self, output: Output, sent: Callable[[], None]) -> None:
        """sent: is told after each message that the output took."""
        self._output = output
        self._sent = sent
        self._notes = HeldNotes(self._send)
        self._state = ChannelState(self._send)
        self._hanging: tuple[ChannelNote, ...] = ()  # sounded when the port got lost
        self._channels: set[int] = set()  # used so far
        self._events: list[PortEvent] = []
        self.lost = False

    def of(self, owner: Owner) -> ChannelNote | None:
        """What an owner sounds."""
        return self._notes.of(owner)

    def move(self, released: Iterable[Owner] = (), struck: Sequence[Strike] = ()) -> None:
        """What happens at one moment, note-offs first; ValueError for a note that MIDI has not."""
        self._try(lambda: self._notes.move(released, struck))

    def pass_on(self, message: bytes) -> bool:
        """Sends a message that belongs to no channel; whether the output took it."""
        if self.lost:
            return False
        try:
            self._output.send(message)
        except Exception:  # every driver has its own
            self._lose()
            return False
        return True

    def release_all(self) -> None:
        """Stops everything that sounds, and lets go of pedals and bends that were passed on."""
        self._try(self._notes.release_all)
        self._try(self._state.let_go)

    def touch(self, channel: int, wanted: Touch) -> None:
        """The pedal and the bend of a channel."""
        self._try(lambda: self._state.touch(channel, wanted))

    def set_programs(self, programs: Sequence[ProgramChange]) -> None:
        """What channels sound like: told now, and whenever the port is back."""
        if self.lost:
            self._state.keep_programs(programs)
        self._try(lambda: self._state.set_programs(programs))

    def reset(self, notes: Sequence[ChannelNote] = (), touched: Sequence[int] = ()) -> None:
        """Tells all channels that were used that no note is on, and lets these notes go, whoever began them.

        touched: channels whose pedal and bend are let go too.

        Other people's channels are left alone.
        """
        told = [
            bytes((0xB0 | channel, control, 0))
            for channel in sorted(self._channels.union(channel for channel, _ in notes))
            for control in (ALL_NOTES_OFF, ALL_SOUND_OFF)
        ]
        let_go = [message for channel in touched for message in at_rest(channel)]
        self._try(lambda: self._send_all([*map(note_off, notes), *let_go, *told]))

    def watch(self, now_s: float) -> None:
        """Looks whether the port is still there, or there again."""
        for event in self._output.poll(now_s):
            if isinstance(event, PortBack):
                self._recover(event)
            elif isinstance(event, PortLost):
                self._lose()
            else:
                self.lost = True
                self._events.append(event)

    def take_events(self) -> list[PortEvent]:
        """What has become of the port since the last call."""
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        """Releases everything and closes the output."""
        self.release_all()
        self._output.close()

    def _send(self, message: bytes) -> None:
        try:
            self._output.send(message)
        except Exception as error:  # every driver has its own
            raise _NotSent from error
        self._channels.add(message[0] & 0x0F)
        self._sent()

    def _send_all(self, messages: Iterable[bytes]) -> None:
        for message in messages:
            self._send(message)

    def _try(self, act: Callable[[], None]) -> None:
        if self.lost:
            return
        try:
            act()
        except _NotSent:
            self._lose()

    def _lose(self) -> None:
        if self.lost:
            return
        self.lost = True
        self._hanging += self._notes.forget()
        self._events.append(PortLost(self._output.name))

    def _recover(self, event: PortBack) -> None:
        self.lost = False
        self._events.append(event)
        self._try(lambda: self._send_all(note_off(key) for key in self._hanging))
        self._try(self._state.begin_again)
        if not self.lost:
            self._hanging = ()


class _NotSent(Exception):  # noqa: N818 - says what happened
    """The output did not take a message."""
