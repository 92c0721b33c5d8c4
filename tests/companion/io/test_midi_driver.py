"""Drivers over made-up bindings: which one is found, what it opens, and what it says when it cannot."""

from __future__ import annotations

import sys
import threading
import time
import tomllib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from companion.errors import NoPort
from companion.io import midi_bindings, midi_driver
from companion.io.midi_driver import find_driver, no_binding_text

NUMBERS = {"UNSPECIFIED": 0, "MACOSX_CORE": 1, "LINUX_ALSA": 2, "UNIX_JACK": 3, "WINDOWS_MM": 4}


class World:
    """Ports of a system, and what became of ours."""

    def __init__(self) -> None:
        self.names = ["Keys", "Live"]
        self.answering = {2, 3}
        self.compiled = [2, 3]
        self.log: list[tuple[Any, ...]] = []
        self.callbacks: list[Callable[..., None]] = []
        self.refusing = False
        self.waiting: list[list[int]] = []
        self.queues: set[int] = set()  # how much inputs keep until they are asked


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A system on which both packages are installed."""
    made = World()
    monkeypatch.setitem(sys.modules, "rtmidi", Package(made, RtmidiPort))
    monkeypatch.setitem(sys.modules, "rtmidi2", Package(made, Rtmidi2Port))
    monkeypatch.setattr(midi_driver.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(midi_driver, "_CALLBACK_GRACE_SECONDS", 0.0)
    monkeypatch.setattr(midi_bindings, "_system_jack", lambda: None)
    monkeypatch.setattr(midi_bindings, "_jack_answers", lambda jack: 3 in made.answering)
    monkeypatch.delenv("RTMIDI_API", raising=False)
    return made


class Package:
    """Either binding's module."""

    def __init__(self, world: World, port: type[RtmidiPort | Rtmidi2Port]) -> None:
        self.world = world
        self.MidiIn = self.MidiOut = partial(port, world)

    def __getattr__(self, name: str) -> int:
        try:
            return NUMBERS[name.removeprefix("API_")]
        except KeyError:
            raise AttributeError(name) from None

    def get_compiled_api(self) -> list[int]:
        return self.world.compiled


class RtmidiPort:
    """An instance of python-rtmidi."""

    def __init__(self, world: World, api: int, name: str, queue_size_limit: int = 1024) -> None:
        self.world = world
        world.queues.add(queue_size_limit)
        if api not in world.answering:
            raise SystemError(f"no {api}\nhere")
        world.log.append(("client", name))

    def get_ports(self) -> list[str]:
        return list(self.world.names)

    def open_port(self, index: int, name: str) -> None:
        if self.world.refusing:
            raise OSError("error creating Windows MM MIDI input port.")
        self.world.log.append(("open", self.world.names[index], name))

    def open_virtual_port(self, name: str) -> None:
        self.world.log.append(("virtual", name))

    def ignore_types(self, sysex: bool, timing: bool, active_sense: bool) -> None:
        self.world.log.append(("ignore", sysex, timing, active_sense))

    def set_callback(self, callback: Callable[..., None]) -> None:
        self.world.callbacks.append(lambda message: callback((message, 0.1), None))

    def get_message(self) -> tuple[list[int], float] | None:
        return (self.world.waiting.pop(0), 0.1) if self.world.waiting else None

    def cancel_callback(self) -> None:
        self.world.log.append(("cancel",))

    def send_message(self, message: bytes) -> None:
        self.world.log.append(("send", bytes(message)))

    def close_port(self) -> None:
        self.world.log.append(("close",))

    def delete(self) -> None:
        self.world.log.append(("delete",))


class Rtmidi2Port:
    """An instance of rtmidi2."""

    def __init__(self, world: World, name: str, *more: int) -> None:
        self.world = world
        world.queues |= set(more[:-1])
        if more[-1] not in world.answering:
            raise RuntimeError(f"no {more[-1]} here")
        world.log.append(("client", name))

    @property
    def ports(self) -> list[str | None]:
        return [*self.world.names, None]

    def open_port(self, index: int) -> None:
        self.world.log.append(("open", self.world.names[index]))

    def open_virtual_port(self, name: str) -> None:
        self.world.log.append(("virtual", name))

    def ignore_types(self, *ignored: bool) -> None:
        self.world.log.append(("ignore", *ignored))

    @property
    def callback(self) -> None:
        return None

    @callback.setter
    def callback(self, callback: Callable[..., None] | None) -> None:
        self.world.log.append(("callback", callback is not None))
        if callback is not None:
            self.world.callbacks.append(lambda message: callback(message, 0.1))

    def get_message(self) -> list[int] | None:
        return self.world.waiting.pop(0) if self.world.waiting else None

    def send_raw(self, *message: int) -> None:
        self.world.log.append(("send", bytes(message)))

    def close_port(self) -> None:
        self.world.log.append(("close",))


@pytest.fixture(params=["rtmidi", "rtmidi2"])
def binding(request: pytest.FixtureRequest, world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """Either binding on Linux."""
    monkeypatch.setattr(midi_bindings.sys, "platform", "linux")
    monkeypatch.setattr(midi_bindings._Rtmidi2, "try_out", lambda *_: world.log.append(("tried",)))
    return str(request.param)


# Which driver.


def test_the_first_that_answers(world: World) -> None:
    assert find_driver().name == "ALSA by python-rtmidi"
    world.answering = {3}
    assert find_driver().name == "JACK by python-rtmidi"


def test_none_answers(world: World) -> None:
    world.answering = set()
    with pytest.raises(NoPort) as caught:
        find_driver()
    assert str(caught.value) == ("no MIDI driver answers (ALSA: no 2 here; JACK: no 3 here)")


def test_a_binding_without_any(world: World) -> None:
    world.compiled = []
    with pytest.raises(NoPort, match="the binding was built without any"):
        find_driver()


@pytest.mark.usefixtures("world")
def test_the_environment_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RTMIDI_API", "UNIX_JACK")
    assert find_driver().name == "JACK by python-rtmidi"
    assert find_driver("LINUX_ALSA").name == "ALSA by python-rtmidi"
    monkeypatch.setenv("RTMIDI_API", "WINDOWS_MM")
    with pytest.raises(NoPort, match="python-rtmidi has no MIDI interface 'WINDOWS_MM'; it has LINUX_ALSA, UNIX_JACK"):
        find_driver()


def test_no_binding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(midi_driver.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(midi_driver.sys, "version_info", (3, 12))
    monkeypatch.setattr(midi_driver.platform, "machine", lambda: "x86_64")
    with pytest.raises(NoPort, match=r"^no MIDI binding is installed; run: pip install python-rtmidi$"):
        find_driver()
    monkeypatch.setattr(midi_driver.sys, "version_info", (3, 14))
    with pytest.raises(NoPort, match=r"^no MIDI binding is installed; run: pip install rtmidi2$"):
        find_driver()


RTMIDI, RTMIDI2 = "run: pip install python-rtmidi", "run: pip install rtmidi2"
NO_ARM_WINDOWS, NO_ARM_LINUX = "wheel for Windows on ARM; use a Python for x64 there", "aarch64; use Python 3.12 there"


@pytest.mark.parametrize(
    ("system", "machine", "version", "text"),
    [
        ("linux", "x86_64", "3.12", RTMIDI),
        ("linux", "aarch64", "3.12", RTMIDI),
        ("linux", "x86_64", "3.13", RTMIDI2),
        ("linux", "aarch64", "3.13", NO_ARM_LINUX),
        ("darwin", "arm64", "3.12", RTMIDI),
        ("darwin", "arm64", "3.14", RTMIDI2),
        ("darwin", "x86_64", "3.14", RTMIDI2),
        ("win32", "AMD64", "3.11", RTMIDI),
        ("win32", "AMD64", "3.14", RTMIDI2),
        ("win32", "ARM64", "3.12", NO_ARM_WINDOWS),
        ("win32", "ARM64", "3.14", NO_ARM_WINDOWS),
    ],
)
def test_what_is_installed_is_what_is_advised(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, version: str, text: str
) -> None:
    """Where no binding has a wheel none is asked for, or nothing could be installed at all."""
    monkeypatch.setattr(midi_driver.sys, "platform", system)
    monkeypatch.setattr(midi_driver.platform, "machine", lambda: machine)
    monkeypatch.setattr(midi_driver.sys, "version_info", tuple(map(int, version.split("."))))
    assert no_binding_text().endswith(text)
    there = {"sys_platform": system, "platform_machine": machine, "python_version": version}
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    wanted = [Requirement(line) for line in project["dependencies"] if "rtmidi" in line]
    named = [each.name for each in wanted if each.marker is not None and each.marker.evaluate(there)]
    assert named == ([text.rsplit(maxsplit=1)[-1]] if text.startswith("run:") else [])


@pytest.mark.usefixtures("world")
def test_a_binding_that_cannot_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rtmidi", None)
    with pytest.raises(NoPort, match=r"^the MIDI binding rtmidi cannot be loaded "):
        find_driver()


def test_the_second_binding(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(midi_driver.importlib.util, "find_spec", lambda name: name == "rtmidi2" or None)
    monkeypatch.setattr(midi_bindings.sys, "platform", "linux")
    world.answering = {3}
    assert find_driver().name == "JACK by rtmidi2"
    world.answering = set()
    with pytest.raises(NoPort, match=r"JACK: the server is not running"):
        find_driver()


@pytest.mark.parametrize(("platform", "number", "name"), [("darwin", 1, "CoreMIDI"), ("win32", 4, "Windows MM")])
def test_other_systems(world: World, monkeypatch: pytest.MonkeyPatch, platform: str, number: int, name: str) -> None:
    world.compiled, world.answering = [number], {number}
    monkeypatch.setattr(midi_bindings.sys, "platform", platform)
    for binding in ("rtmidi", "rtmidi2"):
        driver = find_driver(bindings=[binding])
        assert driver.name.startswith(f"{name} by ")
        assert driver.virtual == (platform == "darwin")


# What a driver does.


@pytest.mark.usefixtures("world")
def test_lists_both_directions(binding: str) -> None:
    driver = find_driver(bindings=[binding])
    assert [name for name in driver.inputs() if name] == ["Keys", "Live"]
    assert [name for name in driver.outputs() if name] == ["Keys", "Live"]
    driver.close()
    driver.close()


def test_input(world: World, binding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = find_driver(bindings=[binding])
    arrived: list[Any] = []
    monkeypatch.setattr(midi_bindings.time, "perf_counter", lambda: 12.5)
    port = driver.open_input("Live", lambda message, time_s: arrived.append((message, time_s)))
    [deliver] = world.callbacks
    deliver([0xF8])
    port.close()
    deliver([0xFA])  # one was under way
    port.close()
    assert arrived == [([0xF8], 12.5)]
    assert ("ignore", True, False, True) in world.log
    opened = [entry[1] for entry in world.log if entry[0] == "open"]
    assert opened == ["Live"]


def test_the_callback_goes_before_the_port(world: World, binding: str) -> None:
    driver = find_driver(bindings=[binding])
    port = driver.open_input("Live", lambda message, time_s: None)
    world.log.clear()
    port.close()
    end = [("cancel",), ("close",), ("delete",)] if binding == "rtmidi" else [("callback", False), ("close",)]
    assert world.log == end


def test_jack_is_asked(world: World, binding: str) -> None:
    world.waiting = [[0xF8], [0x90, 60, 64]]
    arrived: list[Sequence[int]] = []
    done = threading.Event()

    def receive(message: Sequence[int], time_s: float) -> None:
        assert time_s <= time.perf_counter()
        arrived.append(message)
        if len(arrived) == 2:
            done.set()

    port = find_driver("UNIX_JACK", bindings=[binding]).open_input("Live", receive)
    assert max(world.queues) >= 10_000  # a burst waits
    assert done.wait(60)
    port.close()
    port.close()
    assert arrived == [[0xF8], [0x90, 60, 64]]
    assert (world.callbacks, ("ignore", True, False, True) in world.log) == ([], True)
    assert world.log.count(("close",)) == 1


def test_output(world: World, binding: str) -> None:
    port = find_driver(bindings=[binding]).open_output("Keys")
    port.send(b"\x90\x3c\x40")
    port.close()
    port.close()
    assert ("send", b"\x90\x3c\x40") in world.log
    with pytest.raises(NoPort, match="the MIDI output is closed"):
        port.send(b"\x80\x3c\x40")


def test_virtual(world: World, binding: str) -> None:
    driver = find_driver(bindings=[binding])
    driver.open_output("Ours Out", virtual=True)
    driver.open_input("Ours In", lambda message, time_s: None, virtual=True)
    assert [entry[1] for entry in world.log if entry[0] == "virtual"] == ["Ours Out", "Ours In"]


def test_two_ports_of_one_name_are_told_apart(world: World, binding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world.names = ["Keys", "Live", "Keys"]
    opened: list[int] = []
    package = midi_bindings._Rtmidi if binding == "rtmidi" else midi_bindings._Rtmidi2
    monkeypatch.setattr(package, "open", lambda self, midi, index, own_name: opened.append(index))
    driver = find_driver(bindings=[binding])
    assert [name for name in driver.inputs() if name] == ["Keys (1)", "Live", "Keys (2)"]
    assert driver.outputs() == driver.inputs()
    for name in ("Keys (2)", "Keys (1)", "Live"):
        driver.open_output(name)
        driver.open_input(name, lambda message, time_s: None)
    assert opened == [2, 2, 0, 0, 1, 1]
    with pytest.raises(NoPort, match="it is gone"):
        driver.open_output("Keys")


@pytest.mark.usefixtures("world")
def test_gone_before_it_is_opened(binding: str) -> None:
    with pytest.raises(NoPort) as caught:
        find_driver(bindings=[binding]).open_output("Piano")
    assert str(caught.value) == "the MIDI output 'Piano' cannot be opened (it is gone)"


def test_taken(world: World) -> None:
    world.refusing = True
    driver = find_driver()
    with pytest.raises(NoPort) as caught:
        driver.open_input("Keys", lambda message, time_s: None)
    assert str(caught.value) == ("the MIDI input 'Keys' cannot be opened (error creating Windows MM MIDI input port.)")


def test_rtmidi2_tries_a_port_in_another_process_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    class Done:
        returncode = -6

    commands: list[list[str]] = []

    def run(command: list[str], **_: Any) -> Done:
        commands.append(command)
        return Done()

    monkeypatch.setattr(midi_bindings.sys, "platform", "linux")
    monkeypatch.setattr("companion.frozen.subprocess.run", run)
    driver = find_driver(bindings=["rtmidi2"])
    with pytest.raises(NoPort) as caught:
        driver.open_input("Keys", lambda message, time_s: None)
    assert str(caught.value) == "the MIDI input 'Keys' cannot be opened (it is taken by another program, or gone)"
    assert commands[0][0] == sys.executable
    assert commands[0][2:] == ["companion.io.midi_bindings", "LINUX_ALSA", "input", "Keys"]
    assert ("open", "Keys") not in world.log


@pytest.mark.usefixtures("world")
def test_ports_that_cannot_be_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = find_driver()
    monkeypatch.setattr(midi_bindings._Rtmidi, "ports", lambda *_: 1 / 0)
    with pytest.raises(NoPort, match="MIDI ports cannot be listed"):
        driver.inputs()
