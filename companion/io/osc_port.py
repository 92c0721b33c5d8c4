"""OSC over UDP: what is heard and sent, and whether the other side is there.

    OscIn   one thread that stamps what arrives and hands it on, in order
    OscOut  sends
    Peer    the bookkeeping of hello and alive; pure, time is an argument

python-osc reads and writes the messages. Three habits of it are kept away from strangers' datagrams: it logs
to the screen what it does not know, waits for time tags of the future, and never comes back from a bundle
with an element of negative size.
"""

from __future__ import annotations

import errno
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_message import OscMessage, ParseError
from pythonosc.osc_message_builder import build_msg
from pythonosc.osc_server import BlockingOSCUDPServer

from companion.controls.kinds import LOOPBACK
from companion.controls.rig import OSC_PORT_OUT
from companion.errors import NoPort
from companion.io.osc_messages import Message

_RECEIVE_BYTES = 1 << 20  # asked of the system, so that a burst waits and is not lost
_CLOSING_SECONDS = 0.05  # how often the thread looks whether it is to end; messages wake it at once

# A message of the types that Max, Pure Data and their like send.
_MESSAGE = re.compile(rb"/[^\0]*\0{1,4}(?:,[ifshdTFN]*\0.*)?", re.DOTALL)
_BUNDLE = b"#bundle\0"
_BUNDLE_HEADER = 16  # its mark and a time tag
_DEEPEST_BUNDLE = 8


@dataclass(frozen=True)
class Arrival:
    """A message as it came; ``companion.io.osc_messages.decode`` says what it means."""

    time_s: float  # of perf_counter
    address: str
    arguments: tuple[object, ...]


@dataclass(frozen=True)
class Unreadable:
    """A datagram that is no OSC."""

    time_s: float
    text: str


Heard = Callable[[Arrival | Unreadable], None]


class OscIn:
    """Hears OSC from the moment it is made until it is closed, which may be twice."""

    def __init__(
        self,
        port: int,
        host: str = LOOPBACK,
        *,
        sink: Heard,
        now: Callable[[], float] = time.perf_counter,
        option: str = "--osc-in",
    ) -> None:
        """Opens the port; 0 takes any that is free.

        Args:
            sink: called in the thread that hears; it stores what it is given and returns.
            option: what the player changes where the port cannot be had.

        Raises:
            NoPort: the port is taken, not allowed, or the host is not this machine.
        """
        try:
            self._server = _Server(_resolved(host, port)[1][:2], _Reader(sink, now))
        except (OSError, OverflowError) as fault:
            raise NoPort(_why(fault, host, port, option)) from None
        self._server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_CLOSING_SECONDS,), name="osc-in", daemon=True
        )
        self._closed = False
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it hears."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Hears no more; gives the port back."""
        if self._closed:
            return
        self._closed = True
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(BlockingOSCUDPServer):
    """The server, with its mouth shut."""

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Everything goes to the reader, which says what it cannot read."""
        del request, client_address
        return True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing on the screen; the next datagram is heard all the same."""


class _Reader(Dispatcher):
    """Stamps each datagram and hands its messages on, unsorted and unread."""

    def __init__(self, sink: Heard, now: Callable[[], float]) -> None:
        super().__init__()
        self._sink = sink
        self._now = now

    def call_handlers_for_packet(self, data: bytes, client_address: Any) -> list[Any]:
        """What the server calls; it answers nothing."""
        del client_address
        time_s = self._now()
        for found in read_packet(data):
            self._sink(Unreadable(time_s, found) if isinstance(found, str) else Arrival(time_s, *found))
        return []


def read_packet(data: bytes, depth: int = 0) -> Iterator[tuple[str, tuple[object, ...]] | str]:
    """The messages of a datagram, those of bundles one after the other; a line of text for what is none."""
    if data.startswith(_BUNDLE) and depth < _DEEPEST_BUNDLE:
        yield from _read_bundle(data, depth)
        return
    try:
        if not _MESSAGE.fullmatch(data):
            raise ValueError
        message = OscMessage(data)
        yield message.address, tuple(message)
    except (ParseError, ValueError):  # UnicodeDecodeError
        yield f"{len(data)} bytes that are no OSC message of numbers and names: {data[:24]!r}"


def _read_bundle(data: bytes, depth: int) -> Iterator[tuple[str, tuple[object, ...]] | str]:
    """Its elements at once: a time tag means nothing between two clocks that nobody has compared."""
    start = _BUNDLE_HEADER
    while start < len(data):
        size = int.from_bytes(data[start : start + 4], "big", signed=True)
        element = data[start + 4 : start + 4 + max(size, 0)]
        if size <= 0 or len(element) < size:
            yield f"a bundle with an element of {size} bytes, where {max(len(data) - start - 4, 0)} are left"
            return
        yield from read_packet(element, depth + 1)
        start += 4 + size


def _resolved(host: str, port: int) -> tuple[socket.AddressFamily, Any]:
    """A host's address; localhost is 127.0.0.1, which is where Max sends, even where IPv6 would come first."""
    if not 0 <= port <= 65535:
        raise OverflowError  # some systems would take the remainder
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.getaddrinfo(host, port, family, socket.SOCK_DGRAM)[0]
    return found[0], found[4]


def _why(fault: Exception, host: str, port: int, option: str) -> str:
    number = getattr(fault, "errno", None)
    if number == errno.EADDRINUSE or getattr(fault, "winerror", None) == 10048:
        return f"OSC port {port} is taken by another program, or another companion; choose another with {option}"
    if number == errno.EACCES:
        return f"OSC port {port} is not allowed here; choose one above 1023 with {option}"
    if isinstance(fault, OverflowError):
        return f"OSC port {port} is none: 1 to 65535; choose one with {option}"
    return f"OSC cannot use {host}:{port} ({getattr(fault, 'strerror', None) or fault}); choose another with {option}"


class OscOut:
    """Sends OSC; what does not get through is lost, as UDP is, and never a fault of the music."""

    def __init__(self, host: str = LOOPBACK, port: int = OSC_PORT_OUT, *, option: str = "--osc-out") -> None:
        """Finds the host, once.

        Raises:
            NoPort: there is no such host.
        """
        try:
            family, self._place = _resolved(host, port)
            self._socket: socket.socket | None = socket.socket(family, socket.SOCK_DGRAM)
        except (OSError, OverflowError) as fault:
            raise NoPort(_why(fault, host, port, option)) from None
        self._socket.setblocking(False)

    def send(self, message: Message) -> bool:
        """Sends an address with arguments; whether it left."""
        if self._socket is None:
            return False
        try:
            self._socket.sendto(build_msg(*message).dgram, self._place)
        except OSError:  # nobody there, a network that is gone, a full buffer
            return False
        return True

    def close(self) -> None:
        """Sends no more."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
