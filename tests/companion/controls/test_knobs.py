"""Control changes: what knobs and buttons say, and how they are learnt."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.controls.knobs import (
    DEFAULT_BINDINGS,
    GO_STOP,
    Binding,
    ControlMap,
    ControlReader,
    Learning,
    Target,
    all_targets,
    read_target,
)
from companion.controls.settings import (
    Command,
    Settings,
    change,
    read_command,
)
from companion.controls.table import ACTIONS, CONTROLS, MODES, VOICE_CONTROL, Choices, StyleDefaults
from companion.errors import BadSetting
from companion.music.vocabulary import VOICES

CHOICES = Choices(("gru", "transformer"), (StyleDefaults("bach", 0.8, 0.95),))


def said(
    reader: ControlReader, *changes: tuple[int, int], settings: Settings | None = None, answering: bool = False
) -> list[Command | None]:
    """What the reader says to (number, value) after (number, value), on channel 1."""
    settings = settings or Settings()
    return [reader.receive(number, value, 0, settings, answering, CHOICES) for number, value in changes]


def turned(target: str, value: int) -> Any:
    """The last argument of the command that one target says to one value."""
    (command,) = said(ControlReader(ControlMap((Binding(1, read_target(target)),))), (1, value))
    return None if command is None else command.arguments[-1 if command.name.startswith("voice/") else 0]


def test_default_map() -> None:
    assert [(binding.number, str(binding.target), binding.channel) for binding in ControlMap().bindings] == [
        (20, "temperature", None),
        (21, "top_p", None),
        (22, "mode", None),
        (23, "go/stop", None),
        (24, "cadence", None),
        (25, "undo", None),
        (26, "voice/mute soprano", None),
        (27, "voice/mute alto", None),
        (28, "voice/mute tenor", None),
        (29, "voice/mute bass", None),
        (30, "model", None),
        (31, "panic", None),
        (85, "follow", None),
        (102, "tap", None),
        (103, "click", None),
    ]


def test_a_knob_sets_the_temperature() -> None:
    assert said(ControlReader(ControlMap()), (20, 0), (20, 64), (20, 127)) == [
        Command("temperature", (0.1,)),
        Command("temperature", (round(0.1 + 64 / 127 * 1.9, 6),)),
        Command("temperature", (2.0,)),
    ]


def test_choices_are_split_evenly() -> None:
    values = [turned("mode", value) for value in range(128)]
    assert [values.count(mode) for mode in MODES] == [22, 21, 21, 22, 21, 21]
    assert values == sorted(values, key=MODES.index)
    assert [turned("model", value) for value in (0, 63, 64, 127)] == ["gru", "gru", "transformer", "transformer"]
    assert [turned("voice/mute soprano", value) for value in (0, 63, 64, 127)] == [0, 0, 1, 1]
    assert [turned("grid", value) for value in (0, 42, 43, 85, 86, 127)] == [
        "step",
        "step",
        "beat",
        "beat",
        "bar",
        "bar",
    ]


@pytest.mark.parametrize(
    ("target", "low", "high"),
    [
        ("top_p", 0.05, 1.0),
        ("density", -4.0, 4.0),
        ("follow", 0.0, 1.0),
        ("key", "auto", "D minor"),
        ("seed", 0, 127),
        ("velocity", "played", "127"),
        ("bars", 1, 64),
        ("phrase_end", "sense", "rest"),
        ("rest", 0.25, 4.0),
        ("transpose", -24, 24),
        ("voice/octave bass", -3, 3),
        ("voice/velocity bass", 0, 127),
        ("voice/channel bass", 1, 16),
        ("voice/program alto", 0, 127),
        ("voice/bank alto", 0, 127),
        ("temperature bass", 0.1, 2.0),
        ("style", "bach", "bach"),
    ],
)
def test_ends_of_a_knob(target: str, low: Any, high: Any) -> None:
    assert (turned(target, 0), turned(target, 127)) == (low, high)


def test_a_model_knob_with_no_models_says_nothing() -> None:
    reader = ControlReader(ControlMap())
    assert reader.receive(30, 64, 0, Settings(), False, Choices()) is None


def test_a_button_acts_on_the_rise_through_64() -> None:
    cadence = Command("cadence")
    values = (0, 63, 64, 127, 127, 64, 63, 100, 0)
    assert said(ControlReader(ControlMap()), *((24, value) for value in values)) == [
        None, None, cadence, None, None, None, None, cadence, None,
    ]  # fmt: skip


def test_the_first_message_of_a_button_may_press_it() -> None:
    assert said(ControlReader(ControlMap()), (31, 127), (31, 127), (31, 0), (31, 127)) == [
        Command("panic"), None, None, Command("panic"),
    ]  # fmt: skip


def test_go_stop_depends_on_whether_it_answers() -> None:
    assert said(ControlReader(ControlMap()), (23, 127)) == [Command("go")]
    assert said(ControlReader(ControlMap()), (23, 127), answering=True) == [Command("stop")]


def test_mutes_are_switches() -> None:
    assert said(ControlReader(ControlMap()), (27, 127), (27, 127), (27, 0)) == [
        Command("voice/mute", (2, 1)),
        Command("voice/mute", (2, 1)),  # the same again changes nothing
        Command("voice/mute", (2, 0)),
    ]


def test_a_switch_can_be_a_button() -> None:
    reader = ControlReader(ControlMap((Binding(40, read_target("toggle voice/lock alto")),)))
    settings = Settings()
    for value, expected in ((127, (2, 1)), (127, None), (0, None), (127, (2, 0))):
        (command,) = said(reader, (40, value), settings=settings)
        assert command == (Command("voice/lock", expected) if expected else None)
        if command is not None:
            settings = change(settings, command.name, command.arguments)


def test_what_is_not_bound_says_nothing() -> None:
    assert said(ControlReader(ControlMap()), (1, 127), (123, 0), (19, 64)) == [None, None, None]


def test_a_binding_may_be_for_one_channel() -> None:
    bindings = (Binding(20, Target("density"), channel=3), Binding(20, Target("panic")))
    reader = ControlReader(ControlMap(bindings))
    assert reader.receive(20, 127, 2, Settings(), False) == Command("density", (4.0,))
    assert reader.receive(20, 127, 0, Settings(), False) == Command("panic")
    assert reader.receive(20, 127, 1, Settings(), False) == Command("panic")  # each channel has its own buttons
    assert reader.receive(20, 127, 1, Settings(), False) is None


def test_targets_are_written_and_read() -> None:
    targets = all_targets()
    assert targets[: len(DEFAULT_BINDINGS)] == tuple(binding.target for binding in DEFAULT_BINDINGS)
    assert len(set(targets)) == len(targets)
    assert {target.name for target in targets} == {GO_STOP, *(control.name for control in CONTROLS)}
    for target in targets:
        assert read_target(str(target)) == target
    assert str(read_target("toggle voice/mute 3")) == "toggle voice/mute tenor"
    assert sum(target.is_button for target in targets) == 1 + len(ACTIONS)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("temprature", "unknown control 'temprature'; did you mean temperature?"),
        ("voice/mute", "voice/mute takes voice, not 0 arguments"),
        ("voice/mute nobody", "voice must be 1 to 4 or soprano, alto, tenor, bass, not 'nobody'"),
        ("mode alto", "mode takes no arguments, not 1 argument"),
        ("go/stop 1", "go/stop takes no arguments, not 1 argument"),
        ("toggle panic", "panic cannot be toggled: only what is on or off can"),
        ("toggle go/stop", "go/stop cannot be toggled: only what is on or off can"),
        ("toggle temperature alto", "temperature cannot be toggled: only what is on or off can"),
    ],
)
def test_targets_that_are_none(text: str, line: str) -> None:
    with pytest.raises(BadSetting) as fault:
        read_target(text)
    assert str(fault.value) == line


def test_a_switch_of_the_whole_is_a_button_too() -> None:
    reader = ControlReader(ControlMap((Binding(40, read_target("toggle click")),)))
    assert said(reader, (40, 127), (40, 0)) == [Command("click", (1,)), None]
    assert said(reader, (40, 127), settings=Settings(click=True)) == [Command("click", (0,))]


@pytest.mark.parametrize("text", ["", " ", "toggle ", "toggle"])
def test_an_empty_target_is_none(text: str) -> None:
    with pytest.raises(BadSetting, match="unknown control"):
        read_target(text)


def test_bindings_are_checked() -> None:
    with pytest.raises(BadSetting, match="control change must be a whole number from 0 to 119, not 123"):
        Binding(123, Target("panic"))
    with pytest.raises(BadSetting, match="channel must be a whole number from 1 to 16, not 0"):
        Binding(1, Target("panic"), 0)
    with pytest.raises(BadSetting, match="CC 5 on channel 2 is given twice, for panic and for undo"):
        ControlMap((Binding(5, Target("panic"), 2), Binding(5, Target("undo"), 2)))


@given(st.sampled_from(all_targets()), st.lists(st.integers(0, 127), min_size=1, max_size=9), st.booleans())
def test_whatever_moves_says_what_a_control_takes(target: Target, values: list[int], answering: bool) -> None:
    reader = ControlReader(ControlMap((Binding(9, target),)))
    for command in said(reader, *((9, value) for value in values), answering=answering):
        if command is not None:
            assert read_command(command.name, command.arguments, CHOICES) == command


def test_all_voice_controls_can_be_assigned() -> None:
    voiced = {str(target) for target in all_targets() if target.voice is not None}
    names = ["temperature", *(control.name for control in CONTROLS if control.group == VOICE_CONTROL)]
    assert voiced == {f"{name} {voice}" for name in names for voice in VOICES}


# Learning ------------------------------------------------------------------------------------------------------------


def targets(*texts: str) -> list[Target]:
    return [read_target(text) for text in texts]


def test_learning_steps_through_the_controls() -> None:
    learning = Learning(ControlMap(()), targets("temperature", "panic", "voice/mute alto"))
    assert str(learning.asked) == "temperature"
    assert learning.receive(70, 12, 4, 10.0) == "CC 70 moves temperature"
    assert str(learning.asked) == "panic"
    assert learning.receive(36, 127, 4, 12.0) == "CC 36 moves panic"
    learning.skip()
    assert learning.asked is None
    assert learning.receive(37, 127, 4, 20.0) is None
    assert learning.map == ControlMap((Binding(70, Target("temperature")), Binding(36, Target("panic"))))


def test_a_knob_that_goes_on_turning_binds_once() -> None:
    learning = Learning(ControlMap(()), targets("temperature", "top_p"))
    lines = [learning.receive(70, value, 0, 10 + value / 10) for value in range(1, 30)]
    lines += [learning.receive(102, 1, 0, 13.1)]  # the low half of a knob of 14 bits
    assert [line for line in lines if line] == ["CC 70 moves temperature"]
    assert learning.receive(71, 5, 0, 14.0) == "CC 71 moves top_p"


def test_a_button_let_go_late_binds_nothing() -> None:
    learning = Learning(ControlMap(()), targets("panic", "undo"))
    assert learning.receive(36, 127, 0, 1.0) == "CC 36 moves panic"
    assert learning.receive(36, 0, 0, 4.0) is None
    assert learning.receive(37, 127, 0, 5.0) == "CC 37 moves undo"


def test_what_is_in_the_way_is_replaced_and_said() -> None:
    learning = Learning(ControlMap(), targets("voice/lock bass", "temperature", "undo"), any_channel=False)
    assert learning.receive(24, 127, 15, 1.0) == "CC 24 on channel 16 moves voice/lock bass; no longer cadence"
    assert learning.receive(21, 3, 0, 3.0) == "CC 21 on channel 1 moves temperature; no longer top_p; CC 20 is free"
    learning = Learning(learning.map, targets("undo", "density"))
    assert learning.receive(24, 127, 0, 5.0) == "CC 24 moves undo; no longer voice/lock bass; CC 25 is free"
    assert learning.receive(24, 127, 0, 7.0) == "CC 24 moves density; no longer undo"


def test_learning_the_same_again_changes_nothing() -> None:
    learning = Learning(ControlMap(), targets("temperature"))
    assert learning.receive(20, 9, 0, 0.0) == "CC 20 moves temperature"
    assert set(learning.map.bindings) == set(ControlMap().bindings)


def test_channel_mode_messages_cannot_be_learnt() -> None:
    learning = Learning(ControlMap(), targets("temperature"))
    assert learning.receive(123, 127, 0, 0.0) is None
    assert learning.asked is not None
