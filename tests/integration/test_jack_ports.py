"""Ports over a real JACK server: two processes, both bindings, loss and return, and peers that are not ours."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from integration.jack import HOME, JackServer, Peer, jack_server, need, wait_until

pytestmark = pytest.mark.peers

# Notes on four channels with all velocities, controls, a bend, clock and song position among them.
MESSAGES = [
    [status | channel, number, value]
    for number, value in ((0, 1), (60, 64), (127, 127))
    for channel in (0, 1, 2, 15)
    for status in (0x90, 0xB0, 0x80, 0xE0)
] + [[0xFA], [0xF8], [0xF8], [0xF2, 16, 1], [0xFB], [0xFC], [0xC3, 9]]

PACKAGES = {"rtmidi": "python-rtmidi", "rtmidi2": "rtmidi2"}
TRIED = os.environ.get("CHORALE_TRY")  # a binding more, as tests.bindings says


@pytest.fixture(scope="module")
def jack() -> Iterator[JackServer]:
    with jack_server() as server:
        yield server


@pytest.fixture(params=[*PACKAGES, *([TRIED] if TRIED else [])])
def binding(request: pytest.FixtureRequest) -> str:
    if request.param == "rtmidi" and sys.version_info >= (3, 13):
        pytest.skip("python-rtmidi has no wheel for this Python")
    need(packages=[request.param])
    return str(request.param)


def test_the_binding_speaks_jack(jack: JackServer, binding: str) -> None:
    with Peer(jack, binding) as peer:
        assert peer.driver() == f"JACK by {PACKAGES.get(binding, binding)}"


def test_from_a_virtual_output_to_a_named_input(jack: JackServer, binding: str) -> None:
    with Peer(jack, binding) as sender, Peer(jack, binding) as receiver:
        sender.virtual_output("Keys")
        assert receiver.open_input("keys") == "Keys:Keys"
        before_s = time.perf_counter()
        sender.send(*MESSAGES)
        stamps: list[float] = []
        arrived: list[list[int]] = []

        def all_there() -> bool:
            for message, time_s in receiver.take():
                arrived.append(message)
                stamps.append(time_s)
            return len(arrived) >= len(MESSAGES)

        wait_until(all_there, "all messages")
        assert arrived == MESSAGES
        assert before_s < stamps[0]  # one clock for all processes
        assert stamps == sorted(stamps)


def test_from_a_named_output_to_a_virtual_input(jack: JackServer, binding: str) -> None:
    with Peer(jack, binding) as sender, Peer(jack, binding) as receiver:
        receiver.virtual_input("Synth")
        assert sender.open_output("synth").endswith(":Synth")
        sender.send(*MESSAGES)
        assert receiver.wait_for(len(MESSAGES)) == MESSAGES


def test_a_burst_keeps_its_order(jack: JackServer, binding: str) -> None:
    burst = [[0x90 | count % 4, count % 128, 1 + count % 127] for count in range(1000)]
    with Peer(jack, binding) as sender, Peer(jack, binding) as receiver:
        receiver.virtual_input("Synth")
        sender.open_output("Synth")
        arrived = []
        for first in range(0, len(burst), 50):
            sender.send(*burst[first : first + 50])
            arrived += receiver.wait_for(50)
        assert arrived == burst


def test_two_thousand_at_once(jack: JackServer, binding: str) -> None:
    """As many as one period of JACK takes: they come before anybody can ask for them."""
    burst = [[0x90 | count % 4, count % 128, 1 + count // 128] for count in range(2_000)]
    with Peer(jack, binding) as sender, Peer(jack, binding) as receiver:
        receiver.virtual_input("Synth")
        sender.open_output("Synth")
        sender.send(*burst)
        assert receiver.wait_for(len(burst)) == burst


@pytest.mark.parametrize("kind", ["input", "output"])
def test_a_port_that_vanishes_and_returns(jack: JackServer, binding: str, kind: str) -> None:
    other = "virtual_output" if kind == "input" else "virtual_input"
    with Peer(jack, binding) as ours:
        theirs = Peer(jack, binding)
        getattr(theirs, other)("Box")
        getattr(ours, f"open_{kind}")("box")
        assert ours.poll(kind) == []
        theirs.kill()
        gone_s = time.monotonic()
        assert wait_until(lambda: ours.poll(kind), "the loss is noticed") == ["PortLost"]
        assert time.monotonic() - gone_s < 3
        with Peer(jack, binding) as again:
            getattr(again, other)("Box")
            assert wait_until(lambda: ours.poll(kind), "the return is noticed") == ["PortBack"]
            sender, receiver = (again, ours) if kind == "input" else (ours, again)
            sender.send([0x90, 60, 64], [0x80, 60, 64])
            assert receiver.wait_for(2) == [[0x90, 60, 64], [0x80, 60, 64]]


def test_wrong_names(jack: JackServer, binding: str) -> None:
    with Peer(jack, binding) as sender, Peer(jack, binding) as second, Peer(jack, binding) as receiver:
        sender.virtual_output("Box A")
        second.virtual_output("Box B")
        assert receiver.open_input("Piano") == {
            "error": "no MIDI input is called 'Piano'; there are: 'Box A:Box A', 'Box B:Box B'"
        }
        assert receiver.open_input("box") == {
            "error": "'box' could be any of these MIDI inputs: 'Box A:Box A', 'Box B:Box B'; say more of the name"
        }
        assert receiver.open_input("BOX b") == "Box B:Box B"


def test_two_of_one_name(jack: JackServer, binding: str) -> None:
    """JACK gives the second client of a name a number: neither is taken silently, and the second is the second."""
    with Peer(jack, binding) as first, Peer(jack, binding) as second, Peer(jack, binding) as receiver:
        first.virtual_output("Keys")
        second.virtual_output("Keys")
        names = [name for name in receiver.lists()[0] if name.endswith(":Keys")]
        assert names[0] == "Keys:Keys"
        assert len(set(names)) == 2
        assert receiver.open_input("keys") == {
            "error": f"'keys' could be any of these MIDI inputs: {names[0]!r}, {names[1]!r}; say more of the name"
        }
        assert receiver.open_input(names[1]) == names[1]
        first.send([0x90, 60, 1])
        second.send([0x90, 60, 2])
        assert receiver.wait_for(1) == [[0x90, 60, 2]]


def test_no_server(binding: str) -> None:
    need("jackd")
    environment = {**os.environ, "JACK_DEFAULT_SERVER": "chorale-nowhere", "RTMIDI_API": "UNIX_JACK"}
    program = (
        "from companion.errors import NoPort\n"
        "from companion.io.midi_driver import find_driver\n"
        f"try: find_driver(bindings=[{binding!r}])\n"
        "except NoPort as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=HOME, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("no MIDI driver answers (JACK: ")
    assert done.stdout.count("\n") == 1


def test_what_is_sent_reaches_a_program_that_is_not_ours(jack: JackServer, binding: str) -> None:
    need("jack_midi_dump", "stdbuf")
    with Peer(jack, binding) as sender:
        sender.open_output(None)
        dump = jack.start("stdbuf", "-oL", "jack_midi_dump", "-a")
        try:
            jack.connect(jack.port("Chorale Companion Out"), jack.port("midi-monitor:"))
            sender.send([0x92, 60, 100], [0x82, 60, 64])
            assert dump.stdout is not None
            seen = [" ".join(dump.stdout.readline().split(":", 1)[1].split()[:3]) for _ in range(2)]
        finally:
            dump.terminate()
            dump.communicate()
        assert seen == ["92 3c 64", "82 3c 40"]


def test_a_clock_that_is_not_ours(jack: JackServer, binding: str) -> None:
    need("jack_midi_clock", "jack_transport")
    with Peer(jack, binding) as receiver:
        receiver.open_input(None)
        transport(jack, "stop", "locate 0")
        clock = jack.start("jack_midi_clock", "-b", "240", "-B")
        try:
            jack.connect(jack.port("jack_midi_clock:"), jack.port("Chorale Companion In"))
            transport(jack, "play")
            arrived = receiver.wait_for(26)
        finally:
            transport(jack, "stop")
            clock.terminate()
            clock.communicate()
        kinds = [message[0] for message in arrived if message[0] in (0xF8, 0xFA)]
        assert kinds[:25] == [0xFA] + [0xF8] * 24


def transport(jack: JackServer, *commands: str) -> None:
    """Drives the server's transport."""
    lines = "".join(f"{command}\n" for command in (*commands, "quit"))
    subprocess.run(
        ["jack_transport"], input=lines, env=jack.environment, capture_output=True, text=True, check=True, timeout=20
    )
