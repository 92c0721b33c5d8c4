"""Which output the clock goes out on, and what is refused."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from support.recording import RecordingOutput

from companion.controls.rig import Rig
from companion.errors import NoPort
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


def test_what_this_system_cannot_is_said() -> None:
    with pytest.raises(NoPort, match="does not let us; name one"):
        opener(Rig(clock_out="own"), virtual=False)
    with pytest.raises(NoPort, match="clock_out 'own' needs MIDI, which is off"):
        clock_opener(Rig(clock_out="own", midi=False), None, ())
