"""Which output the clock goes out on, and what is refused."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from support.recording import RecordingOutput

from companion.controls.rig import Rig
from companion.errors import NoPort
from companion.io.port_names import is_port
from companion.player.clock_port import clock_opener


class Outputs:
    """A driver that only lists."""

    name = "fake"

    def __init__(self, *names: str, virtual: bool = True) -> None:
        self.names, self.virtual = names, virtual

    def outputs(self) -> list[str]:
        return list(self.names)


def opener(rig: Rig, *heard: str, virtual: bool = True) -> Any:
    return clock_opener(rig, Outputs("Bus 1 20:0", "Digitakt", virtual=virtual), heard)  # type: ignore[arg-type]


def test_no_clock_is_sent_unasked() -> None:
    assert opener(Rig()) is None


def test_the_output_of_the_notes_takes_it_too() -> None:
    notes = RecordingOutput()
    assert opener(Rig(clock_out="same"))(notes) is notes


@pytest.mark.parametrize("wanted", ["same", "own", "Digitakt"])
def test_what_opens_it_travels_to_another_process(wanted: str) -> None:
    assert pickle.loads(pickle.dumps(opener(Rig(clock_out=wanted)))) is not None


@pytest.mark.parametrize(
    ("rig", "heard"),
    [
        (Rig(clock="midi", clock_out="digi"), ("Keys", "Digitakt")),
        (Rig(clock="midi", clock_out="Bus 1"), ("Bus 1 128:0",)),  # ALSA numbers inputs and outputs as it likes
        (Rig(clock="midi", clock_out="same", output="bus"), ("Bus 1 20:0",)),
        (Rig(clock="midi", clock_out="Gone"), ("gone",)),  # neither is there yet
    ],
)
def test_a_clock_that_would_come_back_is_refused_in_a_line(rig: Rig, heard: tuple[str, ...]) -> None:
    with pytest.raises(NoPort) as fault:
        opener(rig, *heard)
    said = f"clock_out {rig.clock_out!r} is {heard[-1]!r}, which the clock comes from: it would hear itself"
    assert str(fault.value) == said


@pytest.mark.parametrize(
    "rig",
    [
        Rig(clock="midi", clock_out="Bus"),
        Rig(clock="midi", clock_out="own"),
        Rig(clock="midi", clock_out="same"),  # a port of our own
        Rig(clock="link", clock_out="Digitakt"),
        Rig(clock_out="Digitakt"),
    ],
)
def test_a_clock_is_passed_on_to_others(rig: Rig) -> None:
    assert opener(rig, "Digitakt") is not None


LOOPBACK = ("Default App Loopback (A)", "Default App Loopback (B)")


@pytest.mark.parametrize(("heard", "back"), [LOOPBACK, LOOPBACK[::-1]])
def test_what_goes_into_one_end_of_windows_loopback_comes_out_of_the_other(heard: str, back: str) -> None:
    driver: Any = Outputs(*LOOPBACK, virtual=False)
    assert clock_opener(Rig(clock="midi", clock_out=heard), driver, (heard,)) is not None
    with pytest.raises(NoPort, match="it would hear itself"):
        clock_opener(Rig(clock="midi", clock_out=back), driver, (heard,))


def test_of_two_devices_of_one_name_the_clock_goes_to_the_one_that_is_meant() -> None:
    names = ["Synth 28:0", "Synth 32:0"]
    assert [is_port("Synth 32:0", name, names, "output") for name in names] == [False, True]
    assert is_port("synth", "Synth 28:0", ["Synth 28:0"], "output")
    assert is_port("Synth 28:0", "Synth", ["Keys"], "output")  # neither is there yet


def test_what_this_system_cannot_is_said() -> None:
    with pytest.raises(NoPort, match="does not let us; name one"):
        opener(Rig(clock_out="own"), virtual=False)
    with pytest.raises(NoPort, match="clock_out 'own' needs MIDI, which is off"):
        clock_opener(Rig(clock_out="own", midi=False), None, ())
