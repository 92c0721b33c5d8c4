"""Where a session's music goes: to the player process, to the Max device, and into the log."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from companion.clock.addresses import Addresses
from companion.generation.improviser import Planned
from companion.io import osc_messages
from companion.io.feedback import Feedback
from companion.io.osc_messages import Message
from companion.jam.notices import Notices
from companion.music.sounding import Part, SoundingFrame
from companion.music.vocabulary import VOICES
from companion.player.messages import ClearSteps, Panic, PlayerCommand, PlayFrames, PlayNow, Silence
from companion.record.log import (
    Entry,
    LoggedClear,
    LoggedFrame,
    LoggedNow,
    LoggedSend,
    LoggedSilence,
)
from companion.streams.stream import MusicStream

_ON_THE_LINE = 1e-6  # steps; rounding


class CommandSink(Protocol):
    """What plays; the player process."""

    def send(self, command: PlayerCommand) -> object: ...


class Outlets:
    """A session's sink."""

    def __init__(
        self,
        player: CommandSink,
        now: Callable[[], float],
        notices: Notices,
        osc: Callable[[Message], object] | None = None,
        log: Callable[[Entry], object] | None = None,
        keep: Callable[[int, int], object] | None = None,
        streams: Sequence[MusicStream] = (),
    ) -> None:
        """
        Args:
            now: the time in seconds.
            notices: takes lines for the player.
            osc: sends a message to the device, where there is one.
            log: writes an entry, where a log is kept.
            keep: saves the take of these steps.
            streams: are told of what has become music.
        """
        self.feedback = Feedback()
        self._player, self._now, self._notices = player, now, notices
        self._osc, self._log, self._keep, self.streams = osc, log, keep, streams
        self._addresses, self._position = Addresses(), 0.0  # as the conductor has told them last
        self._tokens = 0  # counts what the player is to answer
        self._hints: set[str] = set()  # said since all was silenced last
        self._ahead: dict[int, tuple[int, SoundingFrame]] = {}  # step → address and frame that the device has
        self._waiting: dict[int, SoundingFrame] = {}  # of a later round of a loop: their places are taken still

    # What a session says

    def frames(self, frames: Sequence[SoundingFrame]) -> None:
        self._player.send(PlayFrames(tuple(frames)))
        self.feedback.planned(frames)
        self._write(LoggedSend(self._position, tuple(frames)))
        if self._osc is not None:
            self._send_ahead(frames, self._position)

    def now(self, voice: int, part: Part) -> None:
        pitch = part.pitch or 0
        self.feedback.sounded(part, self._now())
        self._player.send(PlayNow(voice, pitch, part.velocity, part.channel))
        self._write(LoggedNow(self._position, voice, part.pitch, part.velocity, part.channel))
        if self._osc is not None:
            self._osc(osc_messages.now(voice, pitch, part.velocity if pitch else 0))

    def clear(self, first: int, last: int) -> None:
        self._player.send(ClearSteps(first, last))
        self.feedback.clear(first, last)
        self._write(LoggedClear(self._position, first, last))
        self._waiting = {step: frame for step, frame in self._waiting.items() if not first <= step <= last}
        self._withdraw(step for step in list(self._ahead) if first <= step <= last)

    def silence(self) -> None:
        self._tokens += 1
        self._player.send(Silence(self._tokens))
        self._hush(panic=False)

    def panic(self) -> None:
        self._tokens += 1
        self._player.send(Panic(self._tokens))
        self._hush(panic=True)

    def fixed(self, planned: Planned, sounding: SoundingFrame | None) -> None:
        entropies = tuple(round(choice.entropy_bits, 3) for choice in planned.frame.choices)
        tokens = tuple(int(token) for token in planned.frame.tokens)
        self._write(LoggedFrame(self._position, planned.step, planned.origin, tokens, planned.frame.pitches, entropies))
        if self._osc is not None and sounding is not None:
            self._osc(osc_messages.confidence(self._addresses.address_of(planned.step), entropies))
        for stream in self.streams:
            stream.fixed(planned)

    def taken_back(self, step: int) -> None:
        """The log shows it: what was sent is followed by its silence."""
        for stream in self.streams:
            stream.taken_back(step)

    def keep(self, first: int, last: int) -> None:
        if self._keep is not None:
            self._keep(first, last)

    def message(self, text: str) -> None:
        """Once, whatever is said between; a silence, such as the clock's stopping, may make it news again."""
        if text not in self._hints:
            self._hints.add(text)
            self._notices.say_once(text)

    # What the conductor says

    def reach(self, position: float) -> None:
        """The music comes to a position: what the session says from now on it says there."""
        self._position = max(self._position, position)
        for stream in self.streams:
            stream.come_to(self._position)

    def moved(self, addresses: Addresses, position: float, sure: bool) -> None:
        """The song is elsewhere: what the device has ahead is sent again at its new addresses.

        position: of the music, now.
        sure: the addresses were known before, as across a loop: the device has everything where it belongs.
        """
        self._addresses = addresses
        for stream in self.streams:
            stream.moved(addresses)
        if sure or self._osc is None:
            return
        ahead = self._still_to_sound(position)
        self._withdraw(list(self._ahead))
        self._send_ahead(ahead, position)

    def resend(self) -> None:
        """The device has started again: it is told all that is ahead."""
        if self._osc is not None:
            self._send_ahead(self._still_to_sound(self._position), self._position)

    def _still_to_sound(self, position: float) -> list[SoundingFrame]:
        return [frame for step, (_, frame) in sorted(self._ahead.items()) if step + 1 > position + _ON_THE_LINE]

    def forget_past(self) -> None:
        """What is over need not be known any more, and what had to wait for its place may go there."""
        position = self._position
        self.feedback.forget_before(position)
        for stream in self.streams:  # of what was fixed late
            stream.come_to(position)
        waiting, self._waiting = self._waiting, {}
        if waiting:
            self._send_ahead([frame for _, frame in sorted(waiting.items())], position)
        for step in [step for step in self._ahead if step + 2 < position]:
            del self._ahead[step]

    def _send_ahead(self, frames: Iterable[SoundingFrame], position: float) -> None:
        assert self._osc is not None
        for frame in frames:
            if self._is_taken(frame.step, position):
                self._waiting[frame.step] = frame
                continue
            address = self._addresses.address_of(frame.step)
            self._ahead[frame.step] = address, frame
            self._osc(osc_messages.frame(address, frame))

    def _is_taken(self, step: int, position: float) -> bool:
        """Whether another step of this round of a loop has the address still."""
        loop = self._addresses.loop
        return loop is not None and loop.length >= 1 and step >= math.floor(position) + math.floor(loop.length)

    def _withdraw(self, steps: Iterable[int]) -> None:
        """Tell the device which addresses are empty again, in as few messages as there are stretches."""
        addresses = sorted({self._ahead.pop(step)[0] for step in steps})
        if self._osc is None:
            return
        while addresses:
            length = next((n for n, address in enumerate(addresses) if address != addresses[0] + n), len(addresses))
            self._osc(osc_messages.clear(addresses[0], addresses[length - 1]))
            del addresses[:length]

    def _hush(self, panic: bool) -> None:
        self.feedback.silence()
        for stream in self.streams:
            stream.silence()
        self._hints.clear()
        self._write(LoggedSilence(self._position, panic))
        self._waiting.clear()
        self._withdraw(list(self._ahead))
        if self._osc is not None:
            for voice in range(len(VOICES)):
                self._osc(osc_messages.now(voice, 0, 0))

    def _write(self, entry: Entry) -> None:
        if self._log is not None:
            self._log(entry)
