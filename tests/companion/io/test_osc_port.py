"""OSC over real sockets of this machine, and the bookkeeping of who is there."""

from __future__ import annotations

import logging
import queue
import random
import socket
import struct
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import build_msg

from companion.errors import NoPort
from companion.io import osc_messages
from companion.io.osc_messages import Alive, Hello
from companion.io.osc_peer import Peer, PeerNews
from companion.io.osc_port import SAFE_DATAGRAM, Arrival, OscIn, OscOut, Unreadable, bundles, read_packet

PATIENCE_SECONDS = 30.0  # after which a message is lost; none is measured


class Heard:
    """What an OscIn has heard, in order."""

    def __init__(self) -> None:
        self.queue: queue.SimpleQueue[Arrival | Unreadable] = queue.SimpleQueue()

    def next(self) -> Arrival | Unreadable:
        return self.queue.get(timeout=PATIENCE_SECONDS)

    def messages(self, count: int) -> list[tuple[object, ...]]:
        arrivals = [self.next() for _ in range(count)]
        assert all(isinstance(arrival, Arrival) for arrival in arrivals)
        return [(arrival.address, *arrival.arguments) for arrival in arrivals if isinstance(arrival, Arrival)]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def osc_in(heard: Heard) -> Iterator[OscIn]:
    with OscIn(0, sink=heard.queue.put) as port:
        yield port


@pytest.fixture
def osc_out(osc_in: OscIn) -> Iterator[OscOut]:
    with OscOut(port=osc_in.port) as out:
        yield out


def test_messages_arrive_as_they_were_sent(heard: Heard, osc_out: OscOut) -> None:
    assert osc_out.send(osc_messages.state("key", ("Eb major", 3, 0.5)))
    assert osc_out.send(("/chorale/go", ()))
    assert osc_out.send(osc_messages.status("für Elise"))
    assert heard.messages(3) == [
        ("/chorale/state", "key", "Eb major", 3, 0.5),
        ("/chorale/go",),
        ("/chorale/status", "für Elise"),
    ]


def test_a_thousand_messages_arrive_in_order(heard: Heard, osc_out: OscOut) -> None:
    for first in range(0, 1000, 100):  # as many as any system's buffer holds
        for number in range(first, first + 100):
            assert osc_out.send(("/chorale/note", (number % 128, number // 128)))
        assert heard.messages(100) == [("/chorale/note", n % 128, n // 128) for n in range(first, first + 100)]


def test_messages_are_stamped_on_arrival(heard: Heard) -> None:
    times = iter([10.5, 11.25])
    with OscIn(0, sink=heard.queue.put, now=lambda: next(times)) as port, OscOut(port=port.port) as out:
        out.send(("/a", ()))
        out.send(("/b", (1,)))
        assert [heard.next(), heard.next()] == [Arrival(10.5, "/a", ()), Arrival(11.25, "/b", (1,))]


def datagrams() -> list[bytes]:
    """Random bytes, and messages that are nearly right."""
    chance = random.Random(1)
    good = build_msg("/chorale/note", (60, 100, 1)).dgram
    wild = [chance.randbytes(chance.randrange(64)) for _ in range(100)]
    for _ in range(200):
        broken = bytearray(good)
        for _ in range(chance.randrange(1, 4)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        wild.append(bytes(broken[: chance.randrange(1, len(broken) + 1)]))
    wild.append(b"#bundle\0" + bytes(8) + struct.pack(">i", -4))  # python-osc would never come back
    wild.append(b"#bundle\0" + bytes(8) + struct.pack(">i", 2**31 - 1) + good)
    wild.append(b"/a\0\0,Q\0\0")  # python-osc would log it
    wild.append(b"/" + b"x" * 8000)
    return wild


def test_junk_is_survived_in_silence(
    heard: Heard,
    osc_in: OscIn,
    osc_out: OscOut,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number, datagram in enumerate(datagrams()):
            sender.sendto(datagram, ("127.0.0.1", osc_in.port))
            assert osc_out.send(("/mark", (number,)))
            while True:  # what came of the junk, then the mark
                arrival = heard.next()
                if isinstance(arrival, Arrival) and arrival.address == "/mark":
                    assert arrival.arguments == (number,)
                    break
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_a_sink_that_fails_does_not_end_it(heard: Heard, capfd: pytest.CaptureFixture[str]) -> None:
    def sink(arrival: Arrival | Unreadable) -> None:
        if isinstance(arrival, Arrival) and arrival.address == "/bad":
            raise RuntimeError
        heard.queue.put(arrival)

    with OscIn(0, sink=sink) as port, OscOut(port=port.port) as out:
        out.send(("/bad", ()))
        out.send(("/good", ()))
        assert heard.messages(1) == [("/good",)]
    assert capfd.readouterr() == ("", "")


def test_a_bundle_is_heard_at_once_and_in_its_order(heard: Heard, osc_in: OscIn) -> None:
    """Whatever its time tags say: nobody has compared the clocks."""
    inner = OscBundleBuilder(2e9)  # some time in 2033
    inner.add_content(build_msg("/b", (2,)))
    outer = OscBundleBuilder(IMMEDIATELY)
    outer.add_content(build_msg("/a", (1,)))
    outer.add_content(inner.build())
    outer.add_content(build_msg("/c", (3,)))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(outer.build().dgram, ("127.0.0.1", osc_in.port))
    assert heard.messages(3) == [("/a", 1), ("/b", 2), ("/c", 3)]


@given(st.binary(max_size=80) | st.binary(max_size=60).map(lambda tail: b"#bundle\0" + tail))
def test_any_datagram_can_be_read(data: bytes) -> None:
    for found in read_packet(data):
        assert isinstance(found, str) or found[0].startswith("/")


def test_bundles_in_bundles_without_end() -> None:
    data = build_msg("/a", ()).dgram
    for _ in range(400):
        data = b"#bundle\0" + bytes(8) + struct.pack(">i", len(data)) + data
    (found,) = read_packet(data)
    assert isinstance(found, str)


def test_what_can_be_read_of_a_bundle_is() -> None:
    good = build_msg("/a", (1,)).dgram
    elements = b"".join(struct.pack(">i", len(element)) + element for element in (good, b"junk", good))
    assert [*read_packet(b"#bundle\0" + bytes(8) + elements)] == [
        ("/a", (1,)),
        "4 bytes that are no OSC message of numbers and names: b'junk'",
        ("/a", (1,)),
    ]


def test_a_port_that_is_taken_is_said(heard: Heard, osc_in: OscIn) -> None:
    with pytest.raises(NoPort) as fault:
        OscIn(osc_in.port, sink=heard.queue.put)
    assert str(fault.value) == (
        f"OSC port {osc_in.port} is taken by another program, or another companion; choose another with --osc-in"
    )


@pytest.mark.parametrize("port", [-1, 65536, 70000])
def test_ports_that_are_none(port: int, heard: Heard) -> None:
    with pytest.raises(NoPort, match=f"OSC port {port} is none: 1 to 65535; choose one with --osc-in"):
        OscIn(port, sink=heard.queue.put)
    with pytest.raises(NoPort, match=f"OSC port {port} is none: 1 to 65535; choose one with --osc-out"):
        OscOut(port=port)


def test_hosts_that_are_none(heard: Heard) -> None:
    with pytest.raises(NoPort, match=r"OSC cannot use 192\.0\.2\.1:0"):  # TEST-NET-1, RFC 5737: nobody's address
        OscIn(0, "192.0.2.1", sink=heard.queue.put)
    with pytest.raises(NoPort, match=r"OSC cannot use no host:7402 .*; choose another with --osc-out"):
        OscOut("no host")


def test_only_this_machine_is_heard_unless_asked(osc_in: OscIn) -> None:
    assert osc_in._socket.getsockname()[0] == "127.0.0.1"


def test_everything_closes_twice(heard: Heard) -> None:
    port = OscIn(0, sink=heard.queue.put)
    out = OscOut(port=port.port)
    for _ in range(2):
        out.close()
        port.close()
    assert not out.send(("/a", ()))
    OscIn(port.port, sink=heard.queue.put).close()  # the port is free again


def test_what_cannot_be_sent_is_lost_quietly() -> None:
    with OscOut() as out:
        assert not out.send(("/a", ("x" * 70_000,)))  # longer than a datagram


def test_what_belongs_together_comes_in_bundles_that_no_network_cuts_up(heard: Heard, osc_out: OscOut) -> None:
    messages = [("/a", (number, *[0.5] * 48)) for number in range(40)]
    assert osc_out.send_together(messages)
    assert heard.messages(40) == [(address, *arguments) for address, arguments in messages]
    sizes = [len(bundle) for bundle in bundles(messages)]
    assert max(sizes) <= SAFE_DATAGRAM < max(sizes) + len(next(bundles(messages[:1])))
    assert [data[:16] for data in bundles(messages)] == [b"#bundle\0" + bytes(7) + b"\1"] * len(sizes)  # at once
    assert list(bundles([])) == []


def test_what_is_larger_than_a_bundle_may_be_has_one_of_its_own() -> None:
    large = ("/b", tuple([0.5] * 400))
    found = [list(read_packet(bundle)) for bundle in bundles([("/a", (1,)), large, ("/c", (2,))])]
    assert found == [[("/a", (1,))], [large], [("/c", (2,))]]


def test_a_network_may_be_told_as_a_whole() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hears:
        hears.bind(("127.255.255.255", 0))
        hears.settimeout(PATIENCE_SECONDS)
        with OscOut("127.255.255.255", hears.getsockname()[1]) as out:
            assert out.send(("/a", (1,)))
        assert hears.recv(100).startswith(b"/a\0")


# The other side ------------------------------------------------------------------------------------------------------

HELLO, ALIVE = osc_messages.hello(7), osc_messages.alive(7)
NOTHING = PeerNews()
MEETING = PeerNews((HELLO,), resend=True, online=True)


def test_the_companion_announces_itself_and_then_shows_life_twice_a_second() -> None:
    peer = Peer(7)
    news = [peer.poll(tick / 8) for tick in range(10)]
    assert news == [
        PeerNews((HELLO, ALIVE)),
        *[NOTHING] * 3,
        PeerNews((ALIVE,)),
        *[NOTHING] * 3,
        PeerNews((ALIVE,)),
        NOTHING,
    ]
    assert not peer.online


def test_a_late_poll_sends_one_sign_and_no_burst() -> None:
    peer = Peer(7)
    peer.poll(0.0)
    assert peer.poll(60.0) == PeerNews((ALIVE,))
    assert peer.poll(60.1) == NOTHING


def test_hello_is_answered_with_everything() -> None:
    peer = Peer(7)
    peer.poll(0.0)
    assert peer.hello(Hello(1, 30), 0.1) == MEETING
    assert peer.online
    assert peer.hello(Hello(1, 30), 0.2) == NOTHING  # as if nobody had asked: it has just been told
    assert peer.hello(Hello(1, 30), 1.1) == PeerNews((HELLO,), resend=True)  # asked again, told again


def test_two_seconds_without_a_sign_are_offline() -> None:
    peer = Peer(7)
    peer.hello(Hello(1, 30), 0.0)
    for half in range(1, 5):
        assert peer.alive(Alive(30), half / 2) == NOTHING
        assert peer.poll(half / 2).online is None
    assert peer.poll(3.99).online is None
    assert peer.poll(4.0).online is False
    assert not peer.online
    assert peer.poll(9.0).online is None  # said once
    assert peer.alive(Alive(30), 9.5) == MEETING  # what was sent meanwhile may be lost


def test_a_device_that_starts_again_is_told_everything() -> None:
    peer = Peer(7)
    peer.hello(Hello(1, 30), 0.0)
    assert peer.hello(Hello(1, 31), 0.5) == PeerNews((HELLO,), resend=True)
    assert peer.alive(Alive(30), 0.6) == NOTHING  # the last word of the old one
    assert peer.poll(2.4).online is None
    assert peer.poll(2.5).online is False  # it does not count as the new one's


def test_a_device_that_starts_again_and_loses_its_hello_is_found_by_its_session() -> None:
    peer = Peer(7)
    peer.hello(Hello(1, 30), 0.0)
    assert peer.alive(Alive(31), 1.0) == NOTHING
    assert peer.poll(2.0).online is False
    assert peer.alive(Alive(31), 2.1) == MEETING


def test_a_companion_that_starts_again_finds_the_device_there() -> None:
    peer = Peer(8)  # after a start it knows nobody
    assert peer.alive(Alive(30), 0.0) == PeerNews((osc_messages.hello(8),), resend=True, online=True)


def test_another_version_is_refused_and_said() -> None:
    peer = Peer(7)
    warning = "the device speaks version 2 of the protocol, the companion 1; update the older one"
    assert peer.hello(Hello(2, 30), 0.0) == PeerNews((HELLO,), warning=warning)
    assert peer.alive(Alive(30), 0.5) == NOTHING
    assert not peer.online
    assert peer.hello(Hello(1, 30), 1.0) == MEETING
    assert peer.hello(Hello(2, 31), 1.1) == PeerNews((HELLO,), warning=warning)  # a stranger takes nothing away
    assert peer.online
    assert peer.hello(Hello(2, 30), 1.2) == PeerNews((HELLO,), online=False, warning=warning)


class Device:
    """A Max device that keeps to the handshake of docs/protocol.md."""

    def __init__(self, session: int) -> None:
        self.session = session
        self.known: int | None = None  # the companion's session

    def hear(self, message: osc_messages.Message) -> list[Hello | Alive]:
        session = int(message[1][-1])
        asks = message[0].endswith("alive") and session != self.known
        self.known = session if message[0].endswith("hello") else self.known
        return [Hello(1, self.session)] if asks else []


def test_hellos_do_not_go_round() -> None:
    """However the two start and start again, they are quiet after one question and one answer."""
    peer, device = Peer(7), Device(30)
    said: list[str] = []
    for tick in range(40):
        if tick == 12:
            peer = Peer(8)
        if tick == 24:
            device = Device(31)
        now_s = tick / 4
        waiting = list(peer.poll(now_s).send)
        waiting += peer.alive(Alive(device.session), now_s).send if tick % 2 else ()
        while waiting:
            message = waiting.pop(0)
            said.append(message[0])
            for answer in device.hear(message):
                assert isinstance(answer, Hello)
                waiting += peer.hello(answer, now_s).send
    assert peer.online
    assert device.known == 8
    assert said.count("/chorale/hello") <= 6
