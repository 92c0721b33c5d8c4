"""The player's keys and pedal, until they reach the session.

A key that is let go while the pedal is down sounds on: the session is told that the finger has left it, and when the
pedal comes up that it ends. The log is told the same, so that a note stands in it as long as it sounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from companion.controls.knobs import PRESSED
from companion.io.feedback import Feedback
from companion.jam.conductor import Conductor
from companion.jam.player_side import OwnKeys
from companion.player.channel_state import CENTRE
from companion.record.log import Entry, LoggedLift, LoggedNote
from companion.session.session import Session

PEDAL = 64
RESET = 121  # lets the pedal go
ALL_OFF = (120, *range(123, 128))  # all sound, all notes; the four modes let go of all keys too

_Key = tuple[int, int]  # channel 0..15, pitch


class Sustain:
    """Which keys sound, and what the pedal holds of them."""

    def __init__(self, by_channel: bool) -> None:
        """by_channel: each channel has a pedal of its own; else one is for all, as MPE keyboards send it."""
        self._by_channel = by_channel
        self._fingers: dict[_Key, bool] = {}  # the keys that sound: whether a finger is on them
        self._pedals: set[int] = set()  # those that are down

    def sounds(self, key: _Key) -> bool:
        """Whether a key sounds, by a finger or by the pedal."""
        return key in self._fingers

    def press(self, key: _Key) -> bool:
        """A key goes down; whether the pedal held it, so that it ends and begins anew."""
        held = not self._fingers.pop(key, True)
        self._fingers[key] = True
        return held

    def lift(self, key: _Key) -> bool:
        """A finger leaves a key; whether the pedal holds it."""
        if key in self._fingers and self._pedal(key[0]) in self._pedals:
            self._fingers[key] = False
            return True
        self._fingers.pop(key, None)
        return False

    def pedal(self, channel: int, down: bool) -> list[_Key]:
        """A pedal goes down or up; the keys that end with it."""
        if down:
            self._pedals.add(self._pedal(channel))
            return []
        self._pedals.discard(self._pedal(channel))
        return self._ended(key for key, finger in self._fingers.items() if not finger and self._same(key, channel))

    def release(self, channel: int) -> list[_Key]:
        """All keys that sound end, whatever holds them."""
        return self._ended(key for key in self._fingers if self._same(key, channel))

    def _pedal(self, channel: int) -> int:
        return channel if self._by_channel else 0

    def _same(self, key: _Key, channel: int) -> bool:
        return self._pedal(key[0]) == self._pedal(channel)

    def _ended(self, keys: Iterable[_Key]) -> list[_Key]:
        ended = list(keys)
        for key in ended:
            del self._fingers[key]
        return ended


class PlayerKeys:
    """Brings keys and pedals to the session, into the log, and where they are echoed to the player process."""

    def __init__(
        self,
        session: Session,
        conductor: Conductor,
        feedback: Feedback,
        log: Callable[[Entry], object],
        own: OwnKeys | None,
    ) -> None:
        """own: sounds the keys, where that is wanted."""
        self._session, self._conductor, self._feedback, self._log, self._own = session, conductor, feedback, log, own
        self._sustain = Sustain(session.by_channel)

    def note(self, pitch: int, velocity: int, channel: int, time_s: float) -> None:
        """A key goes down, or up with velocity 0."""
        line = self._conductor.line()
        if self._feedback.is_own(channel, pitch, velocity, time_s, line, self._sustain.sounds((channel, pitch))):
            return
        at = self._session.position if line is None else line.step_at(time_s)
        key = channel, pitch
        if velocity:
            if self._sustain.press(key):
                self._sound(at, key, 0)
            self._sound(at, key, velocity)
        elif self._sustain.lift(key):
            self._log(LoggedLift(self._session.position, at, pitch, channel))
            self._session.note(at, pitch, 0, channel, held=True)
        else:
            self._sound(at, key, 0)

    def control(self, number: int, value: int, channel: int, time_s: float) -> None:
        """A control change that may be the pedal's, or let go of keys."""
        ended: list[_Key] = []
        if number in (PEDAL, RESET):
            ended = self._sustain.pedal(channel, number == PEDAL and value >= PRESSED)
        elif number in ALL_OFF:
            ended = self._sustain.release(channel)
        line = self._conductor.line()
        at = self._session.position if line is None else line.step_at(time_s)
        for key in ended:
            self._sound(at, key, 0)
        if self._own is not None and number in (PEDAL, RESET):
            self._own.pedal(value if number == PEDAL else 0, channel)
        if self._own is not None and number == RESET:
            self._own.bend(CENTRE, channel)

    def bend(self, value: int, channel: int) -> None:
        """The pitch wheel of a channel, which is nothing to the music, and heard in echoed keys."""
        if self._own is not None:
            self._own.bend(value, channel)

    def let_go(self) -> None:
        """Pedals and bends that were passed on go back to rest."""
        if self._own is not None:
            self._own.let_go()

    def _sound(self, at: float, key: _Key, velocity: int) -> None:
        """A key begins to sound, or ends."""
        channel, pitch = key
        self._log(LoggedNote(self._session.position, at, pitch, velocity, channel))
        voice = self._session.note(at, pitch, velocity, channel)
        if self._own is not None:
            settings = self._session.settings
            self._own.play(
                pitch, velocity, channel, (settings.voices[voice or 0].channel - 1, pitch + settings.transpose)
            )
