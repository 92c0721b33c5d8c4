"""pylibremidi as a binding, for the trial of `tests.bindings`; the program itself does not use it."""

from __future__ import annotations

import importlib
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from companion.io.midi_bindings import Receive, _jack_answers, _system_jack

APIS = {"MACOSX_CORE": "COREMIDI", "LINUX_ALSA": "ALSA_SEQ", "UNIX_JACK": "JACK_MIDI", "WINDOWS_MM": "WINDOWS_MM"}


class Port:
    """An input or an output with what lists the ports it could be connected to."""

    def __init__(self, module: Any, api: Any, direction: str) -> None:
        self.waiting: deque[list[int]] = deque()
        self._observer = module.Observer(module.ObserverConfiguration(), api)
        self._direction = direction
        if direction == "output":
            self.port = module.MidiOut(module.OutputConfiguration(), api)
            return
        self._configuration = module.InputConfiguration()
        self._configuration.ignore_sysex, self._configuration.ignore_timing = True, False
        self._configuration.ignore_sensing = True
        self._configuration.on_raw_data = lambda message, _: self.waiting.append(message)
        self.port = module.MidiIn(self._configuration, api)

    def found(self) -> list[Any]:
        observer = self._observer
        ports = observer.get_output_ports() if self._direction == "output" else observer.get_input_ports()
        return list(ports)


class Libremidi:
    """pylibremidi: says of a fault nothing but that there was one, and gives a port no name of its client."""

    package = "pylibremidi"

    def __init__(self) -> None:
        self._jack = _system_jack()
        self._module: Any = importlib.import_module("pylibremidi")

    def apis(self) -> list[str]:
        there = {api.name for api in self._module.available_apis()}
        return [name for name, theirs in APIS.items() if theirs in there]

    def _api(self, api: str) -> Any:
        if api == "UNIX_JACK" and not _jack_answers(self._jack):
            raise OSError("the server is not running")
        return getattr(self._module.API, APIS[api])

    def midi_in(self, api: str, client: str) -> Any:
        del client  # no way to say it
        return Port(self._module, self._api(api), "input")

    def midi_out(self, api: str, client: str) -> Any:
        del client
        return Port(self._module, self._api(api), "output")

    def ports(self, midi: Any) -> list[str]:
        return [port.port_name for port in midi.found()]

    def try_out(self, api: str, direction: str, name: str) -> None:
        del api, direction, name

    def open(self, midi: Any, index: int, own_name: str) -> None:
        if midi.port.open_port(midi.found()[index], own_name):
            raise OSError("it cannot be opened")

    def open_virtual(self, midi: Any, name: str) -> None:
        if midi.port.open_virtual_port(name):
            raise OSError("it cannot be made")

    def hear_clock(self, midi: Any) -> None:
        del midi  # said when it was made

    def call_back(self, midi: Any, receive: Receive) -> None:
        del midi, receive
        raise NotImplementedError("it calls back only where it is polled")

    def waiting(self, midi: Any) -> list[int] | None:
        if not midi.waiting:
            midi.port.poll()
        return midi.waiting.popleft() if midi.waiting else None

    def sender(self, midi: Any) -> Callable[[bytes], None]:
        send = midi.port.send_message

        def sends(message: bytes) -> None:
            if send(list(message)):
                raise OSError("it cannot be sent")

        return sends

    def stop_calling(self, midi: Any) -> None:
        del midi

    def free(self, midi: Any) -> None:
        midi.port.close_port()
        time.sleep(0)
