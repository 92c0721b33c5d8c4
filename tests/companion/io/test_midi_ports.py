"""Ports by name: matching, loss and return, under a driver that does what it is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from companion.errors import AmbiguousPort, NoPort
from companion.io import midi_ports, port_names
from companion.io.events import PortBack, PortLost, PortMissing
from companion.io.midi_driver import Receive
from companion.io.midi_ports import (
    POLL_SECONDS,
    InputPort,
    Listing,
    OutputPort,
    PortEvent,
    list_ports,
    refuse_several,
    takes_loopback,
)
from companion.io.port_names import LOOPBACK_TAKEN, LOOPMIDI, find_port, plain_name, told_apart

ALSA = ["Midi Through:Midi Through Port-0 14:0", "Launchkey Mini:Launchkey Mini MIDI 1 24:0", "Live:out 128:3"]
WINDOWS = ["Microsoft GS Wavetable Synth 0", "Chorale In 1", "loopMIDI Port 1 2", "loopMIDI Port 3"]


class Handle:
    """An open port."""

    def __init__(self, name: str, receive: Receive | None = None) -> None:
        self.name = name
        self.receive = receive
        self.sent: list[bytes] = []
        self.broken = False
        self.closed = 0

    def send(self, message: bytes) -> None:
        if self.broken:
            raise OSError("unplugged")
        self.sent.append(message)

    def close(self) -> None:
        self.closed += 1
        if self.broken:
            raise OSError("unplugged")


class FakeDriver:
    """Lists what it is told; opens what it lists."""

    name = "fake"

    def __init__(self, *names: str, virtual: bool = True) -> None:
        self.names = list(names)
        self.virtual = virtual
        self.opened: list[Handle] = []
        self.taken: set[str] = set()
        self.deaf = False
        self.closed = False

    def inputs(self) -> list[str]:
        if self.deaf:
            raise NoPort("MIDI ports cannot be listed")
        return list(self.names)

    outputs = inputs

    def open_input(self, name: str, receive: Receive | None, virtual: bool = False) -> Handle:
        if name in self.taken:
            raise NoPort(f"{name!r} is taken")
        assert virtual or name in self.names
        self.opened.append(Handle(name, receive))
        return self.opened[-1]

    def open_output(self, name: str, virtual: bool = False) -> Handle:
        return self.open_input(name, None, virtual)

    def close(self) -> None:
        self.closed = True


class Polled:
    """A port that is looked at once a second."""

    def __init__(self, port: InputPort | OutputPort) -> None:
        self.port = port
        self.now_s = 0.0

    def __call__(self) -> list[PortEvent]:
        self.now_s += 1.0
        return self.port.poll(self.now_s)


# Names.


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("Launchkey Mini:Launchkey Mini MIDI 1 24:0", ALSA[1]),
        ("Launchkey Mini:Launchkey Mini MIDI 1 28:0", ALSA[1]),  # plugged in elsewhere since
        ("launchkey mini:launchkey mini midi 1", ALSA[1]),
        ("launch", ALSA[1]),
        (" LIVE:OUT ", ALSA[2]),
        ("out", ALSA[2]),
    ],
)
def test_alsa_names(wanted: str, found: str) -> None:
    assert find_port(wanted, ALSA, "input", windows=False) == found


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("Chorale In 1", "Chorale In 1"),
        ("Chorale In", "Chorale In 1"),
        ("Chorale In 4", "Chorale In 1"),  # the index has changed since
        ("loopMIDI Port 1", "loopMIDI Port 1 2"),
        ("loopMIDI Port", "loopMIDI Port 3"),
        ("gs wave", "Microsoft GS Wavetable Synth 0"),
    ],
)
def test_windows_names(wanted: str, found: str) -> None:
    assert find_port(wanted, WINDOWS, "output", windows=True) == found


def test_an_exact_name_wins() -> None:
    assert find_port("Keys", ["Keys 2", "Keys", "keys"], "input", windows=False) == "Keys"


@pytest.mark.parametrize(
    ("wanted", "names", "message"),
    [
        ("Piano", ["Keys", "Live"], "no MIDI input is called 'Piano'; there are: 'Keys', 'Live'"),
        ("Piano", [], "no MIDI input is called 'Piano'; there is none at all"),
        ("", ["Keys"], "no MIDI input is called ''; there are: 'Keys'"),
        ("0", ["Keys"], "no MIDI input is called '0'; there are: 'Keys'"),
        (
            "key",
            ["Keys A", "Keys B", "Live"],
            "'key' could be any of these MIDI inputs: 'Keys A', 'Keys B'; say more of the name",
        ),
        (
            "Keys",
            ["Keys 20:0", "Keys 24:0"],
            "'Keys' could be any of these MIDI inputs: 'Keys 20:0', 'Keys 24:0'; say more of the name",
        ),
    ],
)
def test_no_silent_first_choice(wanted: str, names: Sequence[str], message: str) -> None:
    with pytest.raises(NoPort) as caught:
        find_port(wanted, names, "input", windows=False)
    assert str(caught.value) == message


def test_plain_names() -> None:
    assert plain_name("Live:out 128:3", windows=False) == "Live:out"
    assert plain_name("Port 3", windows=False) == "Port 3"
    assert plain_name("Port 3", windows=True) == "Port"


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ([], []),
        (["Keys", "Live"], ["Keys", "Live"]),
        (["Keys", "Live", "Keys", "Keys"], ["Keys (1)", "Live", "Keys (2)", "Keys (3)"]),
        (["Keys", "Keys (1)", "Keys"], ["Keys (2)", "Keys (1)", "Keys (3)"]),  # one of that very name is there
    ],
)
def test_told_apart(names: list[str], told: list[str]) -> None:
    assert told_apart(names) == told


@pytest.mark.parametrize(
    ("wanted", "names", "found"),
    [
        ("keys (2)", ["Keys (1)", "Keys (2)"], "Keys (2)"),
        ("(2)", ["Keys (1)", "Keys (2)"], "Keys (2)"),
        ("Keys (1)", ["Keys", "Live"], "Keys"),  # the other has gone
        ("Keys", ["Keys 28:0"], "Keys 28:0"),
    ],
)
def test_one_of_several(wanted: str, names: list[str], found: str) -> None:
    assert find_port(wanted, names, "input", windows=False) == found


@pytest.mark.parametrize(
    ("wanted", "names", "message"),
    [
        ("Keys", ["Keys (1)", "Keys (2)"], "'Keys' could be any of these MIDI inputs: 'Keys (1)', 'Keys (2)'; "),
        ("Keys", ["Keys 0", "Keys 1"], "'Keys' could be any of these MIDI inputs: 'Keys 0', 'Keys 1'; "),
        ("Keys (2)", ["Keys", "Live"], "no MIDI input is called 'Keys (2)'; there are: 'Keys', 'Live'"),
    ],
)
def test_none_of_several_is_taken_silently(wanted: str, names: list[str], message: str) -> None:
    with pytest.raises(NoPort) as caught:
        find_port(wanted, names, "input", windows=True)
    assert str(caught.value).startswith(message)


# Opening.


def test_named_ports() -> None:
    driver = FakeDriver("Keys 24:0", "Live 128:0")
    port = OutputPort("live", driver)
    assert (port.name, port.is_open) == ("Live 128:0", True)
    port.send(b"\x90\x3c\x40")
    assert driver.opened[0].sent == [b"\x90\x3c\x40"]


def test_virtual_ports() -> None:
    driver = FakeDriver()
    assert InputPort(None, driver).name == "Chorale Companion In"
    output = OutputPort(None, driver)
    assert output.name == "Chorale Companion Out"
    assert [handle.name for handle in driver.opened] == ["Chorale Companion In", "Chorale Companion Out"]
    assert output.poll(100.0) == []  # nothing to look for


def test_no_virtual_ports() -> None:
    with pytest.raises(NoPort) as caught:
        OutputPort(None, FakeDriver(virtual=False))
    assert str(caught.value) == LOOPMIDI
    assert "loopMIDI" in LOOPMIDI
    assert LOOPMIDI.isprintable()


PAIR = ("Default App Loopback (A) 1", "Default App Loopback (B) 2")


@pytest.mark.parametrize("kind", [InputPort, OutputPort])
def test_our_end_of_windows_own_loopback(kind: type[InputPort | OutputPort]) -> None:
    driver = FakeDriver("Synth 0", *PAIR, virtual=False)
    port = kind(None, driver)
    assert (port.name, port.is_open, takes_loopback(driver)) == (PAIR[0], True, True)
    poll = Polled(port)
    driver.names = []  # the service is started anew
    assert poll() == [PortLost(PAIR[0])]
    driver.names = ["Synth 0", *PAIR]
    assert poll() == [PortBack(PAIR[0])]


@pytest.mark.parametrize("names", [PAIR[:1], PAIR[1:], ()])
def test_half_a_loopback_is_none(names: tuple[str, ...]) -> None:
    driver = FakeDriver(*names, virtual=False)
    assert not takes_loopback(driver)
    with pytest.raises(NoPort, match=r"^Windows lets no program make MIDI ports; "):
        InputPort(None, driver)


def test_windows_own_loopback_is_waited_for() -> None:
    driver = FakeDriver("Synth 0", virtual=False)
    port = OutputPort(None, driver, patient=True)
    poll = Polled(port)
    assert poll() == [PortMissing(LOOPMIDI)]
    assert poll() == []
    driver.names += PAIR
    assert poll() == [PortBack(PAIR[0])]
    port.send(b"\xf8")
    assert driver.opened[-1].sent == [b"\xf8"]


def test_a_system_with_ports_of_our_own_takes_those() -> None:
    driver = FakeDriver(*PAIR)
    assert (InputPort(None, driver).name, takes_loopback(driver)) == ("Chorale Companion In", False)


@pytest.mark.parametrize("kind", [InputPort, OutputPort])
def test_a_missing_port(kind: type[InputPort | OutputPort]) -> None:
    with pytest.raises(NoPort, match="there is none at all"):
        kind("Keys", FakeDriver())


def test_a_missing_port_is_waited_for() -> None:
    driver = FakeDriver("Live")
    port = OutputPort("Keys", driver, patient=True)
    poll = Polled(port)
    with pytest.raises(NoPort, match="the MIDI output 'Keys' is not open"):
        port.send(b"\xf8")
    assert poll() == [PortMissing("no MIDI output is called 'Keys'; there are: 'Live'")]
    assert poll() == []
    driver.names.append("Keys 20:0")
    driver.taken.add("Keys 20:0")
    assert poll() == []
    driver.taken.clear()
    assert poll() == [PortBack("Keys 20:0")]
    port.send(b"\xf8")
    assert driver.opened[-1].sent == [b"\xf8"]


# Loss and return.


@pytest.mark.parametrize("kind", [InputPort, OutputPort])
def test_lost_and_back(kind: type[InputPort | OutputPort]) -> None:
    driver = FakeDriver("Keys 24:0", "Live 128:0")
    poll = Polled(kind("Keys", driver))
    assert poll() == []
    driver.names.remove("Keys 24:0")
    assert poll() == [PortLost("Keys 24:0")]
    assert driver.opened[0].closed == 1
    assert poll() == []
    driver.names.append("Keys 28:0")
    assert poll() == [PortBack("Keys 28:0")]
    assert poll() == []
    assert [handle.name for handle in driver.opened] == ["Keys 24:0", "Keys 28:0"]


def test_noticed_in_time() -> None:
    assert POLL_SECONDS * 2 < 3
    driver = FakeDriver("Keys")
    port = OutputPort("Keys", driver)
    assert port.poll(10.0) == []
    driver.names.clear()
    assert port.poll(10.0 + POLL_SECONDS / 2) == []
    assert port.poll(10.0 + POLL_SECONDS) == [PortLost("Keys")]


def test_another_device_of_the_same_name_is_not_ours() -> None:
    driver = FakeDriver("Keys 20:0", "Keys 24:0")
    poll = Polled(InputPort("Keys 20:0", driver))
    poll()
    driver.names.remove("Keys 20:0")
    assert poll() == [PortLost("Keys 20:0")]
    assert poll() == []
    driver.names.append("Keys 20:0")
    assert poll() == [PortBack("Keys 20:0")]


def test_two_of_one_name_are_lost_and_come_back_by_their_count() -> None:
    driver = FakeDriver("Keys (1)", "Live", "Keys (2)")
    first, second = InputPort("keys (1)", driver), InputPort("Keys (2)", driver)
    poll_first, poll_second = Polled(first), Polled(second)
    assert poll_first() == poll_second() == []
    driver.names = ["Keys", "Live"]  # one of them has gone, and nobody can say which
    assert poll_first() == [PortLost("Keys (1)")]
    assert poll_second() == [PortLost("Keys (2)")]
    assert poll_first() == [PortBack("Keys")]
    assert poll_second() == []
    driver.names = ["Keys (1)", "Live", "Keys (2)"]
    assert poll_first() == []
    assert poll_second() == [PortBack("Keys (2)")]
    driver.names = []
    assert (poll_first(), poll_second()) == ([PortLost("Keys")], [PortLost("Keys (2)")])
    driver.names = ["Keys (1)", "Keys (2)"]
    assert (poll_first(), poll_second()) == ([PortBack("Keys (1)")], [PortBack("Keys (2)")])
    assert [handle.name for handle in driver.opened] == [
        "Keys (1)",
        "Keys (2)",
        "Keys",
        "Keys (2)",
        "Keys (1)",
        "Keys (2)",
    ]


def test_another_of_the_name_that_is_plugged_in_is_no_loss() -> None:
    driver = FakeDriver("Keys")
    poll = Polled(InputPort("Keys", driver))
    driver.names = ["Keys (1)", "Keys (2)"]
    assert poll() == []
    driver.names = ["Keys"]
    assert poll() == [PortLost("Keys")]
    assert poll() == [PortBack("Keys")]


def test_the_loss_of_one_of_two_is_noticed_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(port_names.sys, "platform", "win32")
    monkeypatch.setattr(port_names, "plain_name", lambda name, windows=True: plain_name(name, windows=True))
    driver = FakeDriver("Keys 0", "Keys 1")
    poll = Polled(InputPort("Keys 1", driver))
    driver.names = ["Keys 0"]
    assert poll() == [PortLost("Keys 1")]
    assert poll() == [PortBack("Keys 0")]


def test_a_name_that_several_have_is_refused() -> None:
    driver = FakeDriver("Keys (1)", "Keys (2)", "Live")
    for kind in ("input", "output"):
        with pytest.raises(AmbiguousPort) as caught:
            refuse_several("keys", kind, driver)
        assert str(caught.value) == (
            f"'keys' could be any of these MIDI {kind}s: 'Keys (1)', 'Keys (2)'; say more of the name"
        )
    for wanted in (None, "Keys (2)", "live", "Piano"):
        refuse_several(wanted, "input", driver)
    driver.deaf = True
    refuse_several("keys", "input", driver)


def test_an_index_that_changes_is_no_loss_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(port_names.sys, "platform", "win32")
    monkeypatch.setattr(port_names, "plain_name", lambda name, windows=True: plain_name(name, windows=True))
    driver = FakeDriver("Synth 0", "Keys 1")
    poll = Polled(InputPort("Keys 1", driver))
    driver.names = ["Keys 0"]
    assert poll() == []
    driver.names = []
    assert poll() == [PortLost("Keys 1")]


def test_a_list_that_cannot_be_had_says_nothing() -> None:
    driver = FakeDriver("Keys")
    poll = Polled(InputPort("Keys", driver))
    driver.deaf = True
    assert poll() == []
    driver.deaf = False
    assert poll() == []


def test_a_send_that_fails_loses_the_port() -> None:
    driver = FakeDriver("Keys")
    port = OutputPort("Keys", driver)
    driver.opened[0].broken = True
    with pytest.raises(OSError, match="unplugged"):
        port.send(b"\xf8")
    assert not port.is_open
    assert Polled(port)() == [PortBack("Keys")]
    port.send(b"\xf8")
    assert driver.opened[1].sent == [b"\xf8"]


def test_closing_twice() -> None:
    driver = FakeDriver("Keys")
    with InputPort("Keys", driver) as port:
        pass
    port.close()
    driver.names.clear()
    assert (driver.opened[0].closed, port.is_open, port.poll(99.0)) == (1, False, [])


# What comes in.


def test_messages_with_their_time() -> None:
    driver = FakeDriver("Keys")
    woken: list[int] = []
    port = InputPort("Keys", driver, arrived=lambda: woken.append(len(woken)))
    receive = driver.opened[0].receive
    assert receive is not None
    receive([0x90, 60, 64], 1.5)
    receive([0xF8], 1.6)
    assert port.messages() == [([0x90, 60, 64], 1.5), ([0xF8], 1.6)]
    assert (port.messages(), woken) == ([], [0, 1])


def test_an_input_that_nobody_reads_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(midi_ports, "WAITING_MESSAGES", 3)
    driver = FakeDriver("Keys")
    port = InputPort("Keys", driver)
    receive = driver.opened[0].receive
    assert receive is not None
    for number in range(5):
        receive([number], 0.0)
    assert [message for message, _ in port.messages()] == [[2], [3], [4]]


# The list.


def test_listing() -> None:
    listing = list_ports(FakeDriver("Keys", "Live"))
    assert listing.lines() == [
        "fake",
        "inputs  (--in, --clock-port)",
        "  Keys",
        "  Live",
        "outputs (--out)",
        "  Keys",
        "  Live",
        "without --in and --out: the virtual ports 'Chorale Companion In' and 'Chorale Companion Out'",
    ]


OURS = ["Chorale Companion In:Chorale Companion In 128:0", "Chorale Companion Out", "chorale companion in"]


def test_ports_of_companions_are_not_offered() -> None:
    listing = list_ports(FakeDriver("Keys", *OURS))
    assert (listing.inputs, listing.outputs) == (("Keys",), ("Keys",))
    with pytest.raises(NoPort, match=r"^no MIDI output is called 'Organ'; there are: 'Keys'$"):
        find_port("Organ", ["Keys", *OURS], "output")
    with pytest.raises(NoPort, match=r"^no MIDI output is called 'chorale'; there is none at all$"):
        find_port("chorale", OURS, "output")


def test_a_companions_port_is_found_by_its_full_name() -> None:
    assert find_port("Chorale Companion Out", OURS, "input") == OURS[1]
    assert find_port("Chorale In", ["Chorale In 1", *OURS], "output", windows=True) == "Chorale In 1"


def test_listing_without_ports() -> None:
    assert list_ports(FakeDriver(virtual=False)).lines()[1:] == [
        "inputs  (--in, --clock-port)",
        "  none",
        "outputs (--out)",
        "  none",
        LOOPMIDI,
    ]


def test_listing_with_windows_own_loopback() -> None:
    listing = list_ports(FakeDriver(*PAIR, virtual=False))
    assert listing.loopback
    assert listing.lines()[-1] == f"without --in and --out: {LOOPBACK_TAKEN}"
    assert "'Default App Loopback (A)' is ours" in LOOPBACK_TAKEN
    assert LOOPBACK_TAKEN.isprintable()


def test_listing_without_a_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> FakeDriver:
        raise NoPort("no MIDI driver answers (ALSA: …)")

    monkeypatch.setattr(midi_ports, "find_driver", none)
    listing = list_ports()
    assert listing == Listing("", (), (), False, "no MIDI driver answers (ALSA: …)")
    assert listing.lines() == ["no MIDI driver answers (ALSA: …)", "chorale jam --no-midi runs over OSC alone"]


def test_listing_closes_the_driver_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = FakeDriver("Keys")
    finder: Callable[[], FakeDriver] = lambda: driver  # noqa: E731
    monkeypatch.setattr(midi_ports, "find_driver", finder)
    assert list_ports().inputs == ("Keys",)
    assert driver.closed
