"""OSC over UDP: what is heard and sent.

    OscIn   one thread that stamps what arrives and hands it on, in order
    OscOut  sends

python-osc reads and writes the messages. It is asked only where an address means something: what does not costs
little, however much of it comes. Its server is not used, since it waits for time tags of the future, and never
comes back from a bundle with an element of negative size.
"""

from __future__ import annotations

import errno
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage, ParseError
from pythonosc.osc_message_builder import build_msg

from companion.controls.kinds import LOOPBACK
from companion.controls.rig import OSC_PORT_OUT
from companion.errors import NoPort
from companion.io.osc_messages import Message

_RECEIVE_BYTES = 1 << 20  # asked of the system, so that a burst waits and is not lost
_CLOSING_SECONDS = 0.05  # how often the thread looks whether it is to end; messages wake it at once
_LARGEST_DATAGRAM = 1 << 16
SAFE_DATAGRAM = 1232  # bytes that no network cuts up: IPv6's least packet of 1280 without its headers

# A message of the types that Max, Pure Data and their like send.
_MESSAGE = re.compile(rb"/[^\0]*\0{1,4}(?:,[ifshdTFN]*\0.*)?", re.DOTALL)
_BUNDLE = b"#bundle\0"
_BUNDLE_HEADER = 16  # its mark and a time tag
_SIZE_BYTES = 4  # before each of its elements
_DEEPEST_BUNDLE = 8


@dataclass(frozen=True)
class Arrival:
    """A message as it came; ``companion.io.osc_messages.decode`` says what it means."""

    time_s: float  # of perf_counter
    address: str
    arguments: tuple[object, ...]


@dataclass(frozen=True)
class Unreadable:
    """A datagram that means nothing."""

    time_s: float
    text: str
    times: int = 1  # there were so many like it


Heard = Callable[[Arrival | Unreadable], None]
Verdict = Callable[[bytes], str | None]


class OscIn:
    """Hears OSC from the moment it is made until it is closed, which may be twice."""

    def __init__(
        self,
        port: int,
        host: str = LOOPBACK,
        *,
        sink: Heard,
        verdict: Verdict = lambda address: None,
        now: Callable[[], float] = time.perf_counter,
        option: str = "--osc-in",
    ) -> None:
        """Opens the port; 0 takes any that is free.

        Args:
            sink: called in the thread that hears; it stores what it is given and returns.
            verdict: what is to be said of an address in place of reading its message; "" to pass it over.
            option: what the player changes where the port cannot be had.

        Raises:
            NoPort: the port is taken, not allowed, or the host is not this machine.
        """
        try:
            self._socket = _bound(host, port)
        except (OSError, OverflowError) as fault:
            raise NoPort(why_no_port(fault, "OSC", host, port, option)) from None
        self.port = int(self._socket.getsockname()[1])  # where it hears
        self._sink, self._verdict, self._now = sink, verdict, now
        self._closed = False
        self._thread = threading.Thread(target=self._hear, name="osc-in", daemon=True)
        self._thread.start()

    def _hear(self) -> None:
        while not self._closed:
            with suppress(Exception):  # the time is over, or one datagram went wrong: the next one is heard
                self._read(self._socket.recv(_LARGEST_DATAGRAM))

    def _read(self, data: bytes) -> None:
        time_s = self._now()
        for found in read_packet(data, self._verdict):
            self._sink(Unreadable(time_s, found) if isinstance(found, str) else Arrival(time_s, *found))

    def close(self) -> None:
        """Hears no more; gives the port back."""
        if self._closed:
            return
        self._closed = True
        self._thread.join()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_packet(
    data: bytes, verdict: Verdict = lambda address: None, depth: int = 0
) -> Iterator[tuple[str, tuple[object, ...]] | str]:
    """The messages of a datagram, those of bundles one after the other; a line of text for what means nothing."""
    if data.startswith(_BUNDLE) and depth < _DEEPEST_BUNDLE:
        yield from _read_bundle(data, verdict, depth)
        return
    try:
        if not _MESSAGE.fullmatch(data):
            raise ValueError
        said = verdict(data[: data.find(b"\0")])
        if said is None:
            message = OscMessage(data)
            yield message.address, tuple(message)
        elif said:
            yield said
    except (ParseError, ValueError):  # UnicodeDecodeError
        yield f"{len(data)} bytes that are no OSC message of numbers and names: {data[:24]!r}"


def _read_bundle(data: bytes, verdict: Verdict, depth: int) -> Iterator[tuple[str, tuple[object, ...]] | str]:
    """Its elements at once: a time tag means nothing between two clocks that nobody has compared."""
    start = _BUNDLE_HEADER
    while start < len(data):
        size = int.from_bytes(data[start : start + 4], "big", signed=True)
        element = data[start + 4 : start + 4 + max(size, 0)]
        if size <= 0 or len(element) < size:
            yield f"a bundle with an element of {size} bytes, where {max(len(data) - start - 4, 0)} are left"
            return
        yield from read_packet(element, verdict, depth + 1)
        start += 4 + size


def _resolved(host: str, port: int) -> tuple[socket.AddressFamily, Any]:
    """A host's address; localhost is 127.0.0.1, which is where Max sends, even where IPv6 would come first."""
    if not 0 <= port <= 65535:
        raise OverflowError  # some systems would take the remainder
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.getaddrinfo(host, port, family, socket.SOCK_DGRAM)[0]
    return found[0], found[4]


def _bound(host: str, port: int) -> socket.socket:
    family, place = _resolved(host, port)
    heard = socket.socket(family, socket.SOCK_DGRAM)
    try:
        heard.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)
        heard.settimeout(_CLOSING_SECONDS)
        heard.bind(place)
    except (OSError, OverflowError):
        heard.close()
        raise
    return heard


def why_no_port(fault: Exception, what: str, host: str, port: int, option: str) -> str:
    """Why what was to be heard or served there cannot be; option: what the player changes."""
    number = getattr(fault, "errno", None)
    if number == errno.EADDRINUSE or getattr(fault, "winerror", None) == 10048:
        return f"{what} port {port} is taken by another program, or another companion; choose another with {option}"
    if number == errno.EACCES:
        return f"{what} port {port} is not allowed here; choose one above 1023 with {option}"
    if isinstance(fault, OverflowError):
        return f"{what} port {port} is none: 1 to 65535; choose one with {option}"
    return (
        f"{what} cannot use {host}:{port} ({getattr(fault, 'strerror', None) or fault}); choose another with {option}"
    )


def bundles(messages: Sequence[Message], most_bytes: int = SAFE_DATAGRAM) -> Iterator[bytes]:
    """Messages in their order, in as few bundles of at most so many bytes as hold them; a larger one has its own."""
    builder, size = OscBundleBuilder(IMMEDIATELY), _BUNDLE_HEADER
    for message in map(lambda one: build_msg(*one), messages):
        own = _SIZE_BYTES + message.size
        if size > _BUNDLE_HEADER and size + own > most_bytes:
            yield builder.build().dgram
            builder, size = OscBundleBuilder(IMMEDIATELY), _BUNDLE_HEADER
        builder.add_content(message)
        size += own
    if size > _BUNDLE_HEADER:
        yield builder.build().dgram


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
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)  # a place may be all of a network
        except (OSError, OverflowError) as fault:
            raise NoPort(why_no_port(fault, "OSC", host, port, option)) from None
        self._socket.setblocking(False)

    def send(self, message: Message) -> bool:
        """Sends an address with arguments; whether it left."""
        return self._send(build_msg(*message).dgram)

    def send_together(self, messages: Sequence[Message]) -> bool:
        """Sends what belongs together, in bundles to be heard at once; whether all of it left."""
        return all([self._send(bundle) for bundle in bundles(messages)])

    def _send(self, data: bytes) -> bool:
        if self._socket is None:
            return False
        try:
            self._socket.sendto(data, self._place)
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
