"""The other end of OSC: whether it is there, and what it must be told."""

from __future__ import annotations

import math
from dataclasses import dataclass

from companion.io import osc_messages
from companion.io.osc_messages import Alive, Hello, Message

ALIVE_SECONDS = 0.5  # between two signs of life
OFFLINE_SECONDS = 2.0  # without one
ANSWER_SECONDS = 0.25  # between two answers to one device


@dataclass(frozen=True)
class PeerNews:
    """What has come of a message or of time going by."""

    send: tuple[Message, ...] = ()  # in this order, before anything else
    resend: bool = False  # the whole state and all frames ahead are to follow
    online: bool | None = None  # the other side came (True) or went (False)
    warning: str = ""  # a line for the player and for /chorale/error


NO_NEWS = PeerNews()


class Peer:
    """Whether the Max device is there, and what it must be told.

    The device asks with hello, and asks again when it has started or when the companion's session number
    is another; the companion answers. A hello from the companion is never answered, so none goes round.
    """

    def __init__(self, session: int) -> None:
        """Args: session: another number after each start of the companion."""
        self._session = session
        self._theirs: int | None = None  # the session that is online
        self._refused: int | None = None  # a session of another version of the protocol
        self._heard_s = self._met_s = -math.inf
        self._alive_due_s: float | None = None  # None: nothing was said yet

    @property
    def online(self) -> bool:
        """The device has been heard within OFFLINE_SECONDS, as of the last call."""
        return self._theirs is not None

    def hello(self, message: Hello, now_s: float) -> PeerNews:
        """The device asks for everything."""
        answer = (osc_messages.hello(self._session),)
        if message.version != osc_messages.VERSION:
            return self._refuse(message, answer)
        return self._meet(message.session, now_s, answer)

    def alive(self, message: Alive, now_s: float) -> PeerNews:
        """The device is there; with a session that was not, it or the companion has started again."""
        if message.session == self._refused:
            return NO_NEWS
        if self._theirs is None:
            return self._meet(message.session, now_s, (osc_messages.hello(self._session),))
        if message.session == self._theirs:
            self._heard_s = now_s
        return NO_NEWS  # another session while this one is heard: the last words of one that was replaced

    def poll(self, now_s: float) -> PeerNews:
        """What the time asks for: a sign of life, the end of the other side."""
        gone = self._theirs is not None and now_s - self._heard_s >= OFFLINE_SECONDS
        if gone:
            self._theirs = None
        return PeerNews(self._signs(now_s), online=False if gone else None)

    def _signs(self, now_s: float) -> tuple[Message, ...]:
        if self._alive_due_s is not None and now_s < self._alive_due_s:
            return ()
        first = self._alive_due_s is None
        self._alive_due_s = now_s + ALIVE_SECONDS
        alive = osc_messages.alive(self._session)
        return (osc_messages.hello(self._session), alive) if first else (alive,)

    def _meet(self, session: int, now_s: float, answer: tuple[Message, ...]) -> PeerNews:
        if session == self._theirs and now_s < self._met_s + ANSWER_SECONDS:
            return NO_NEWS  # two companions that hear each other would never end
        came = self._theirs is None
        self._met_s = now_s
        self._theirs, self._heard_s, self._refused = session, now_s, None
        return PeerNews(answer, resend=True, online=True if came else None)

    def _refuse(self, message: Hello, answer: tuple[Message, ...]) -> PeerNews:
        self._refused = message.session
        went = self._theirs == message.session
        self._theirs = None if went else self._theirs
        text = f"the device speaks version {message.version} of the protocol, the companion {osc_messages.VERSION}"
        return PeerNews(answer, online=False if went else None, warning=f"{text}; update the older one")
