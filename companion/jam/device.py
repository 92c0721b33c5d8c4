"""The Max device at the other end of OSC: whether it is there, and what it is told of the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from companion.controls.settings import Settings, state_changes, state_items
from companion.controls.table import Choices
from companion.io import osc_messages
from companion.io.osc_messages import Alive, Hello, Message
from companion.io.osc_peer import Peer, PeerNews
from companion.jam.notices import Notices
from companion.session.session import Session


class Device:
    """Speaks to the device; without OSC it speaks to nobody."""

    def __init__(
        self,
        peer: Peer | None,
        send: Callable[[Message], object] | None,
        choices: Choices,
        notices: Notices,
        resend: Callable[[], object],
    ) -> None:
        """resend: sends all frames ahead again."""
        self._peer, self._send, self._choices = peer, send, choices
        self._notices, self._resend = notices, resend
        self._said: dict[str, tuple[Any, ...]] = {}
        self._settings: Settings | None = None  # as the device knows them

    @property
    def connected(self) -> bool | None:
        """Whether it is there; None without OSC."""
        return None if self._peer is None else self._peer.online

    def send(self, message: Message) -> None:
        """Sends a message, where there is OSC."""
        if self._send is not None:
            self._send(message)

    def greet(self, message: Hello | Alive, now_s: float, session: Session) -> None:
        """It has said hello, or is alive."""
        if self._peer is not None:
            news = self._peer.hello(message, now_s) if isinstance(message, Hello) else self._peer.alive(message, now_s)
            self._heed(news, session)

    def tick(self, now_s: float, session: Session) -> None:
        """A sign of life, and what has changed of the state."""
        if self._peer is not None:
            self._heed(self._peer.poll(now_s), session)
            self._send_state(session)

    def tell(self, now_s: float) -> None:
        """The lines that wait for the player."""
        for notice in self._notices.take(now_s):
            self.send(osc_messages.error(notice.line) if notice.fault else osc_messages.status(notice.line))

    def _heed(self, news: PeerNews, session: Session) -> None:
        for message in news.send:
            self.send(message)
        if news.resend:
            self._said, self._settings = {}, None
            self._send_state(session)
            self._resend()
        if news.warning:
            self._notices.say(news.warning)
        if news.online is not None:
            self._notices.say("the device is there" if news.online else "the device is gone")

    def _send_state(self, session: Session) -> None:
        settings = session.settings
        if settings is not self._settings:
            before, self._settings = self._settings, settings
            news = state_items(settings, self._choices)
            if before is not None:
                news = state_changes(before, settings, self._choices)
            for key, values in news:
                self.send(osc_messages.state(key, values))
        for key, values in self._state(session).items():
            if self._said.get(key) != values:
                self._said[key] = values
                self.send(osc_messages.state(key, values))

    def _state(self, session: Session) -> dict[str, tuple[Any, ...]]:
        left = session.progress.bars_left
        return {
            "connected": (int(bool(self.connected)),),
            "chord": (session.harmony.chord,),
            "bars_left": (-1 if left is None else left,),
            "models": tuple(self._choices.models or ()),
            "styles": tuple(style.name for style in self._choices.styles or ()),
        }
