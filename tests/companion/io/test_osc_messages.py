"""OSC messages: what comes in is understood or refused, what goes out is exact."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.clock.transport import TransportClock
from companion.controls.settings import Command, Settings, state_items
from companion.controls.table import CONTROLS
from companion.io import osc_messages
from companion.io.osc_messages import (
    INCOMING,
    LONGEST_TEXT,
    OUTGOING,
    STREAMED,
    Alive,
    Hello,
    LoopReport,
    OscFault,
    PlayedNote,
    TransportReport,
    decode,
    verdict,
)
from companion.music.sounding import Part, SoundingFrame


@pytest.mark.parametrize(
    ("address", "arguments", "meaning"),
    [
        ("hello", (1, 4711), Hello(1, 4711)),
        ("alive", (4711.0,), Alive(4711)),
        ("note", (60, 100), PlayedNote(60, 100, 0)),
        ("note", (60.0, 0.0, 16.0), PlayedNote(60, 0, 15)),
        ("transport", (1, 12.5, 120), TransportReport(True, 12.5, 120.0)),
        ("transport", (0, -3, 99.5, 6, 8), TransportReport(False, -3.0, 99.5, 6, 8)),
        ("loop", (1, 0, 64), LoopReport(True, 0.0, 64.0)),
        ("loop", (0, 0, 0), LoopReport(False, 0.0, 0.0)),
        ("mode", ("duet",), Command("mode", ("duet",))),
        ("go", (), Command("go")),
        ("go", (4,), Command("go", (4,))),
        ("panic", (), Command("panic")),
        ("panic", (1, "now"), Command("panic")),  # a button may send its value too
        ("temperature", (0.800000011920929,), Command("temperature", (0.8,))),
        ("temperature", (1, "bass"), Command("temperature", (1.0, 4))),
        ("key", ("eb", "minor"), Command("key", ("Eb minor",))),
        ("model", ("anything",), Command("model", ("anything",))),  # known only to who carries it out
        ("voice/lock", ("alto", 1.0), Command("voice/lock", (2, 1))),
    ],
)
def test_messages_are_understood(address: str, arguments: tuple[Any, ...], meaning: object) -> None:
    assert decode(f"/chorale/{address}", arguments) == meaning


def test_every_control_has_an_address() -> None:
    for control in CONTROLS:
        meaning = decode(f"/chorale/{control.name}", ())
        takes_none = all(argument.optional for argument in control.arguments())
        assert isinstance(meaning, Command if takes_none else OscFault)


@pytest.mark.parametrize(
    ("address", "arguments", "text"),
    [
        ("/chorale/temperatur", (1,), "unknown address /chorale/temperatur; did you mean /chorale/temperature?"),
        ("/transport", (1, 0, 120), "unknown address /transport; did you mean /chorale/transport?"),
        ("/live/song/get/tempo", (), "unknown address /live/song/get/tempo"),
        ("/chorale/note", (60,), "/chorale/note takes pitch velocity [channel], not 1 argument"),
        ("/chorale/note", (128, 1), "/chorale/note: pitch must be a whole number from 0 to 127, not 128"),
        ("/chorale/note", (60.5, 1), "/chorale/note: pitch must be a whole number from 0 to 127, not 60.5"),
        ("/chorale/note", ("C4", 1), "/chorale/note: pitch must be a whole number from 0 to 127, not 'C4'"),
        ("/chorale/note", (60, 1, 0), "/chorale/note: channel must be a whole number from 1 to 16, not 0"),
        ("/chorale/hello", (), "/chorale/hello takes version session, not 0 arguments"),
        ("/chorale/transport", (2, 0, 120), "/chorale/transport: playing must be 0 or 1, not 2"),
        ("/chorale/transport", (1, math.nan, 120), None),
        ("/chorale/transport", (1, 0, 0), "/chorale/transport: tempo must be from 20 to 400, not 0"),
        ("/chorale/transport", (1, 0, 120, 4), "/chorale/transport: beats comes with unit"),
        ("/chorale/transport", (1, 0, 120, 4, 3), "/chorale/transport: unit must be 1, 2, 4, 8, 16 or 32, not 3"),
        ("/chorale/loop", (1, 16, 16), "/chorale/loop: end must be above start (16), not 16"),
        ("/chorale/temperature", (11,), "/chorale/temperature: temperature must be from 0 to 10 or auto, not 11"),
        ("/chorale/keep", (1,), "/chorale/keep: keep takes no arguments, not 1 argument"),
        ("/chorale/voice/lock", (9, 1), None),
        ("/chorale/key", (b"\0",), None),
        (f"/chorale/{'x' * 999}", (), None),
        ("/chorale/\n\x1b[2J", (), "unknown address /chorale/ ?[2J"),
    ],
)
def test_what_means_nothing_is_said(address: str, arguments: tuple[Any, ...], text: str | None) -> None:
    fault = decode(address, arguments)
    assert isinstance(fault, OscFault)
    assert fault.text.isprintable()
    assert len(fault.text) <= LONGEST_TEXT
    assert text is None or fault.text == text


ADDRESSES = [incoming.address for incoming in INCOMING] + [f"/chorale/{control.name}" for control in CONTROLS]
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63),
    st.integers(0, 20),
    st.floats(),
    st.text(max_size=8),
    st.binary(max_size=3),
    st.lists(st.integers(), max_size=2),
)


@given(st.sampled_from(ADDRESSES) | st.text(max_size=20), st.lists(ANYTHING, max_size=6))
def test_any_message_is_understood_or_a_fault_in_one_line(address: str, arguments: list[Any]) -> None:
    meaning = decode(address, arguments)
    if isinstance(meaning, OscFault):
        assert meaning.text.isprintable()
        assert len(meaning.text) <= LONGEST_TEXT


@given(
    st.floats(20, 400),
    st.floats(-1e7, 1e7),
    st.none() | st.tuples(st.integers(1, 99), st.sampled_from([1, 2, 4, 8, 16, 32])),
)
def test_a_transport_that_is_understood_is_one_that_the_clock_takes(
    tempo: float, step: float, metre: tuple[int, int] | None
) -> None:
    report = decode("/chorale/transport", (1, step, tempo, *(metre or ())))
    assert isinstance(report, TransportReport)
    TransportClock().transport(report.playing, report.step, report.tempo, report.beats, report.unit, 0.0)


@given(st.booleans(), st.floats(-1e7, 1e7), st.floats(-1e7, 1e7))
def test_a_loop_that_is_understood_is_one_that_the_clock_takes(on: bool, start: float, end: float) -> None:
    report = decode("/chorale/loop", (on, start, end))
    if isinstance(report, LoopReport):
        TransportClock().loop(report.on, report.start, report.end)


def part(pitch: int | None, struck: bool = True, velocity: int = 80, channel: int = 0) -> Part:
    return Part(pitch, struck, velocity, channel)


def test_a_frame_strikes_goes_on_and_rests() -> None:
    sounding = SoundingFrame(5, (part(72, velocity=90), part(64, struck=False), part(None), part(48, velocity=1)))
    assert osc_messages.frame(133, sounding) == ("/chorale/frame", (133, 72, -64, 0, 48, 90, 80, 0, 1))


def test_midi_note_0_rests() -> None:
    sounding = SoundingFrame(0, (part(0), part(0, struck=False), part(127), part(None, velocity=5)))
    assert osc_messages.frame(0, sounding) == ("/chorale/frame", (0, 0, 0, 127, 0, 0, 0, 80, 0))


def test_what_goes_out() -> None:
    assert osc_messages.hello(7) == ("/chorale/hello", (1, 7))
    assert osc_messages.alive(7) == ("/chorale/alive", (7,))
    assert osc_messages.now(3, 48, 90) == ("/chorale/now", (4, 48, 90))
    assert osc_messages.clear(16, 31) == ("/chorale/clear", (16, 31))
    assert osc_messages.confidence(16, (0, 0.5, 1.25, 2)) == ("/chorale/confidence", (16, 0.0, 0.5, 1.25, 2.0))
    assert osc_messages.state("connected", (True,)) == ("/chorale/state", ("connected", 1))
    assert osc_messages.state("models", ("gru", "wild")) == ("/chorale/state", ("models", "gru", "wild"))
    assert osc_messages.status("a\nb") == ("/chorale/status", ("a b",))
    assert osc_messages.error("\x07 ü " + "x" * 999) == ("/chorale/error", (f"? ü {'x' * (LONGEST_TEXT - 5)}…",))
    assert osc_messages.latency(0.1, 2, 3) == ("/chorale/latency", (0.1, 2.0, 3))


def test_the_types_on_the_wire_do_not_change_with_the_value() -> None:
    for _, arguments in (osc_messages.confidence(1, (0, 0, 0, 0)), osc_messages.latency(0, 0, 0)):
        assert [type(argument) for argument in arguments].count(float) in (2, 4)
    for key, values in state_items(Settings()):
        address, arguments = osc_messages.state(key, values)
        assert (address, arguments) == ("/chorale/state", (key, *values))
        assert not any(isinstance(argument, bool) for argument in arguments)


def test_addresses_are_listed_once() -> None:
    addresses = [*ADDRESSES]
    assert len(set(addresses)) == len(addresses)
    assert len({outgoing.address for outgoing in OUTGOING}) == len(OUTGOING)


def test_what_is_told_for_pictures_is_passed_over_when_it_is_heard() -> None:
    """A companion may be told of another's choices, or of its own."""
    assert [verdict(each.address.encode()) for each in STREAMED] == ["", ""]
    assert not {each.address for each in OUTGOING} & {each.address for each in STREAMED}
