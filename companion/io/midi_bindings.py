"""The only place that touches a MIDI binding: python-rtmidi, or rtmidi2 where that has no wheel.

Both wrap the same C++ library, RtMidi, in slightly different words; ``MidiBinding`` is what we need of it.
"""

from __future__ import annotations

import ctypes
import importlib
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from companion.frozen import run_module
from companion.io.port_names import CLIENT, told_apart

BINDINGS = ("rtmidi", "rtmidi2")  # python-rtmidi first: it tells us when a port cannot be opened
API_NAMES = {"MACOSX_CORE": "CoreMIDI", "LINUX_ALSA": "ALSA", "UNIX_JACK": "JACK", "WINDOWS_MM": "Windows MM"}
_TRIAL_TIMEOUT_SECONDS = 10.0
_WAITING_MESSAGES = 16_384  # of an input, until it is asked; what comes beyond that is lost

# A message as it came, and its time of arrival by time.perf_counter. Called in the binding's own thread.
Receive = Callable[[Sequence[int], float], None]


def load_binding(name: str) -> MidiBinding:
    """A binding by its import name; raises what importing it raises."""
    return _Rtmidi() if name == "rtmidi" else _Rtmidi2()


class MidiBinding(Protocol):
    """What differs between the two packages. Every method may raise whatever the package raises.

    A port either calls back for every message, or keeps messages ``waiting`` until it is asked.
    """

    package: str

    def apis(self) -> list[str]: ...

    def midi_in(self, api: str, client: str) -> Any: ...

    def midi_out(self, api: str, client: str) -> Any: ...

    def ports(self, midi: Any) -> list[str]: ...

    def try_out(self, api: str, direction: str, name: str) -> None: ...

    def open(self, midi: Any, index: int, own_name: str) -> None: ...

    def open_virtual(self, midi: Any, name: str) -> None: ...

    def hear_clock(self, midi: Any) -> None: ...

    def call_back(self, midi: Any, receive: Receive) -> None: ...

    def waiting(self, midi: Any) -> list[int] | None: ...

    def sender(self, midi: Any) -> Callable[[bytes], None]: ...

    def stop_calling(self, midi: Any) -> None: ...

    def free(self, midi: Any) -> None: ...


class _Rtmidi:
    """python-rtmidi: tells every failure as an exception."""

    package = "python-rtmidi"

    def __init__(self) -> None:
        self._module: Any = importlib.import_module("rtmidi")

    def apis(self) -> list[str]:
        compiled = self._module.get_compiled_api()
        return [api for api in API_NAMES if self._api(api) in compiled]

    def _api(self, api: str) -> int:
        return int(getattr(self._module, f"API_{api}"))

    def midi_in(self, api: str, client: str) -> Any:
        return self._module.MidiIn(self._api(api), name=client, queue_size_limit=_WAITING_MESSAGES)

    def midi_out(self, api: str, client: str) -> Any:
        return self._module.MidiOut(self._api(api), name=client)

    def ports(self, midi: Any) -> list[str]:
        return list(midi.get_ports())

    def try_out(self, api: str, direction: str, name: str) -> None:
        """Not needed: opening can fail without harm."""
        del api, direction, name

    def open(self, midi: Any, index: int, own_name: str) -> None:
        midi.open_port(index, own_name)

    def open_virtual(self, midi: Any, name: str) -> None:
        midi.open_virtual_port(name)

    def hear_clock(self, midi: Any) -> None:
        midi.ignore_types(sysex=True, timing=False, active_sense=True)

    def call_back(self, midi: Any, receive: Receive) -> None:
        def arrived(event: tuple[list[int], float], _: object) -> None:
            receive(event[0], time.perf_counter())

        midi.set_callback(arrived)

    def waiting(self, midi: Any) -> list[int] | None:
        event: tuple[list[int], float] | None = midi.get_message()
        return event[0] if event else None

    def sender(self, midi: Any) -> Callable[[bytes], None]:
        send: Callable[[bytes], None] = midi.send_message
        return send

    def stop_calling(self, midi: Any) -> None:
        midi.cancel_callback()

    def free(self, midi: Any) -> None:
        midi.close_port()
        midi.delete()  # a virtual port goes only with its instance


class _Rtmidi2:
    """rtmidi2: a port that cannot be opened ends the process (its issue 13), so each is tried in another one first."""

    package = "rtmidi2"

    def __init__(self) -> None:
        self._jack = _system_jack()
        self._module: Any = importlib.import_module("rtmidi2")

    def apis(self) -> list[str]:
        built = {"darwin": ("MACOSX_CORE",), "win32": ("WINDOWS_MM",)}.get(sys.platform, ("LINUX_ALSA", "UNIX_JACK"))
        return [api for api in built if hasattr(self._module, f"API_{api}")]

    def _api(self, api: str) -> int:
        if api == "UNIX_JACK" and not _jack_answers(self._jack):  # the binding would not say so
            raise OSError("the server is not running")
        return int(getattr(self._module, f"API_{api}"))

    def midi_in(self, api: str, client: str) -> Any:
        return self._module.MidiIn(client, _WAITING_MESSAGES, self._api(api))

    def midi_out(self, api: str, client: str) -> Any:
        return self._module.MidiOut(client, self._api(api))

    def ports(self, midi: Any) -> list[str]:
        return [name or "" for name in midi.ports]

    def try_out(self, api: str, direction: str, name: str) -> None:
        """Opens and closes the port in a process of its own; OSError where that process does not survive it."""
        done = run_module(__spec__.name, api, direction, name, timeout_seconds=_TRIAL_TIMEOUT_SECONDS)
        if done.returncode != 0:
            raise OSError("it is taken by another program, or gone")

    def open(self, midi: Any, index: int, own_name: str) -> None:
        del own_name  # it has one of its own
        midi.open_port(index)

    def open_virtual(self, midi: Any, name: str) -> None:
        midi.open_virtual_port(name)

    def hear_clock(self, midi: Any) -> None:
        midi.ignore_types(True, False, True)

    def call_back(self, midi: Any, receive: Receive) -> None:
        def arrived(message: list[int], _: float) -> None:
            receive(message, time.perf_counter())

        midi.callback = arrived

    def waiting(self, midi: Any) -> list[int] | None:
        message: list[int] | None = midi.get_message()
        return message

    def sender(self, midi: Any) -> Callable[[bytes], None]:
        send = midi.send_raw
        return lambda message: send(*message)

    def stop_calling(self, midi: Any) -> None:
        midi.callback = None

    def free(self, midi: Any) -> None:
        midi.close_port()  # the rest goes with the instance


def open_exactly(binding: MidiBinding, api: str, direction: str, name: str) -> Any:
    """An instance of the binding with the port of exactly this name open; LookupError where there is none."""
    make = binding.midi_in if direction == "input" else binding.midi_out
    midi = make(api, CLIENT)
    names = told_apart(binding.ports(midi))
    if name not in names:
        raise LookupError("it is gone")
    binding.open(midi, names.index(name), direction)
    return midi


def _system_jack() -> Any:
    """The system's JACK library, loaded so that rtmidi2 finds it before the one in its wheel.

    The wheel of rtmidi2 1.5 brings a libjack of protocol 8; servers since jack2 1.9.13 speak 9 only.
    """
    if sys.platform != "linux":
        return None
    try:
        return ctypes.CDLL("libjack.so.0", mode=ctypes.RTLD_GLOBAL)
    except OSError:
        return None


def _jack_answers(jack: Any) -> bool:
    if jack is None:
        return False
    no_start_server, status = 1, ctypes.c_int(0)  # jack/types.h: JackNoStartServer
    jack.jack_client_open.restype = ctypes.c_void_p
    client = jack.jack_client_open(CLIENT.encode(), no_start_server, ctypes.byref(status))
    if not client:
        return False
    jack.jack_client_close(ctypes.c_void_p(client))
    return True


if __name__ == "__main__":  # the trial of a port: API, direction and name
    open_exactly(load_binding("rtmidi2"), *sys.argv[1:])
