from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.fakes import Babbler
from support.jamfakes import babbling
from support.jamrig import Rig

from companion.clock.internal import InternalClock
from companion.clock.midi import MidiClock
from companion.clock.transport import TransportClock
from companion.commands.replay import replay
from companion.controls.knobs import ControlMap, Learning, Target
from companion.controls.settings import Settings, VoiceSettings
from companion.io.events import PortBack, PortLost, PortMissing
from companion.io.osc_port import Unreadable
from companion.jam.engine import Loaded
from companion.music.sounding import SoundingFrame
from companion.player.channel_state import ProgramChange, Touch
from companion.player.lateness import Lateness
from companion.player.messages import (
    ClockLateness,
    ClockPortNews,
    EchoKey,
    EchoTouch,
    Fault,
    HeldOver,
    PlayFrames,
    PlayNow,
    Ready,
    SetPrograms,
    SetTimebase,
    Silence,
)
from companion.record.log import (
    Header,
    LoggedCommand,
    LoggedFrame,
    LoggedNote,
    LoggedTransport,
    LogWriter,
)
from companion.session.turns import ANSWERING, IDLE, PHRASE

SETTINGS = babbling(seed=5)


def answering(**kwargs: Any) -> Rig:
    """A rig whose phrase of two beats is over."""
    rig = Rig(Babbler(), SETTINGS, **kwargs)
    rig.play(67, 69)
    rig.run_to(13)
    assert rig.session.activity == ANSWERING
    return rig


def frames_of(rig: Rig) -> dict[int, SoundingFrame]:
    """What the player has for each step, the last word counting."""
    return {frame.step: frame for command in rig.player.of(PlayFrames) for frame in command.frames}


def test_a_phrase_is_answered_on_the_next_beat_after_the_rest() -> None:
    rig = answering()
    assert min(frames_of(rig)) == 12  # released at 7.7, over at 11.7
    assert all(part.struck for part in frames_of(rig)[12].parts)


def test_the_player_and_the_device_have_the_same_frames_a_beat_ahead() -> None:
    rig = answering()
    steps = sorted(frames_of(rig))
    assert [arguments[0] for arguments in rig.heard("frame")] == steps
    assert steps[-1] >= 13 + 4


def test_an_echo_of_its_own_notes_is_not_heard_but_the_key_itself_is() -> None:
    rig = answering()
    soprano = frames_of(rig)[12].parts[0]
    assert soprano.pitch is not None
    rig.now_s = 1.5 + 0.01
    echo = [0x90 | soprano.channel, soprano.pitch, soprano.velocity]
    rig.engine.midi(echo, rig.now_s)
    rig.engine.midi([0x80 | soprano.channel, soprano.pitch, 0], rig.now_s)
    assert rig.session.activity == ANSWERING
    rig.engine.midi(echo, rig.now_s)
    assert rig.session.activity == PHRASE
    assert [entry.pitch for entry in rig.entries if isinstance(entry, LoggedNote)][-1] == soprano.pitch


def test_control_changes_and_keys_obey() -> None:
    rig = Rig(Babbler(), SETTINGS)
    rig.engine.midi([0xB0, 20, 127], 0.0)
    rig.engine.stroke("t")
    rig.engine.midi([0xB0, 22, 127], 0.0)
    assert rig.session.settings.temperature == pytest.approx(1.9)
    assert rig.session.settings.mode == "loop"


def test_a_wrong_command_is_one_line_and_changes_nothing() -> None:
    rig = Rig(Babbler(), SETTINGS)
    rig.osc("temperature", 99)
    rig.osc("style", "jazz")
    rig.osc("nonsense")
    rig.engine.osc(Unreadable(0.0, "7 bytes that are no OSC message"))
    assert rig.session.settings == SETTINGS
    assert len(rig.heard("error")) == 4
    assert rig.engine.picture(0.0).message.startswith("7 bytes")


def test_a_transport_that_makes_no_sense_is_said() -> None:
    rig = Rig(Babbler(), SETTINGS, TransportClock())
    rig.osc("transport", 1, 0.0, 9999.0)
    assert "tempo" in rig.heard("error")[0][0]


def test_hello_is_answered_with_the_whole_state_and_what_is_ahead() -> None:
    rig = answering()
    rig.sent.clear()
    rig.osc("hello", 1, 77)
    assert rig.sent[0] == ("/chorale/hello", (1, 1))
    keys = {arguments[0] for arguments in rig.heard("state")}
    assert {"mode", "temperature", "voice/lock", "connected", "chord", "bars_left", "models", "styles"} <= keys
    assert [arguments[0] for arguments in rig.heard("frame")] == [step for step in sorted(frames_of(rig)) if step >= 13]
    assert rig.heard("status") == [("the device is there",)]


def test_the_transport_of_live_starts_jumps_and_stops() -> None:
    rig = Rig(Babbler(), babbling(mode="duet"), TransportClock())

    def live(from_s: float, to_s: float, step: float) -> None:
        while rig.now_s < to_s - 1e-9:
            rig.osc("transport", 1, step + (rig.now_s - from_s) / 0.125, 120.0, 4, 4)
            rig.run_until(rig.now_s + 0.05)

    live(0.0, 2.0, 64.0)
    assert min(arguments[0] for arguments in rig.heard("frame")) == 64
    told = {arguments[0]: arguments[1:5] for arguments in rig.heard("frame")}
    music = {frame.step: frame for frame in frames_of(rig).values()}
    shift = 64 - min(music)
    assert shift % 16 == 0
    rig.sent.clear()
    live(2.0, 3.0, 128.0)  # a jump: the music goes on, at other addresses
    jumped = {arguments[0]: arguments[1:5] for arguments in rig.heard("frame")}
    assert min(jumped) in (128, 129)
    assert jumped[130] == told[82]
    assert rig.heard("clear")
    rig.osc("transport", 0, 136.0, 120.0, 4, 4)
    rig.run_until(3.1)
    assert rig.session.activity == IDLE and not rig.session.running
    assert isinstance(rig.player.commands[-1], SetTimebase) and rig.player.commands[-1].timebase is None
    assert rig.player.of(Silence)


def test_a_loop_is_told_ahead_at_the_addresses_after_its_wrap() -> None:
    rig = Rig(Babbler(), babbling(mode="duet"), TransportClock())
    rig.osc("loop", 1, 0.0, 16.0)
    for tick in range(30):
        rig.osc("transport", 1, tick * 0.4, 120.0, 4, 4)
        rig.run_until(rig.now_s + 0.05)
    assert {arguments[0] for arguments in rig.heard("frame")} <= set(range(16))
    assert not rig.heard("clear")


def test_a_silent_transport_stops_the_music_within_a_second() -> None:
    rig = Rig(Babbler(), babbling(mode="duet"), TransportClock())
    for tick in range(20):
        rig.osc("transport", 1, tick * 0.4, 120.0)
        rig.run_until(rig.now_s + 0.05)
    rig.run_until(rig.now_s + 1.0)
    assert not rig.session.running
    assert rig.heard("status")[-1] == ("the transport fell silent",)


def test_midi_clock_runs_the_music_from_start_to_stop() -> None:
    rig = Rig(Babbler(), babbling(mode="duet"), MidiClock())
    rig.engine.midi([0xFA], 0.0)
    for _ in range(96):
        rig.engine.midi([0xF8], rig.now_s)
        rig.run_until(rig.now_s + 60 / 120 / 24)
    assert rig.session.position == pytest.approx(16, abs=0.2)
    assert sorted(frames_of(rig))[0] in (0, 1, 4)
    rig.engine.midi([0xFC], rig.now_s)
    rig.run_until(rig.now_s + 0.01)
    assert rig.player.of(Silence)
    assert not rig.session.running


def test_clock_bytes_of_another_port_are_not_heard() -> None:
    rig = Rig(Babbler(), SETTINGS, MidiClock())
    rig.engine.midi([0xFA], 0.0, clock=False)
    rig.engine.midi([0xF8], 0.0, clock=False)
    rig.run_until(0.5)
    assert not rig.session.running


def test_the_players_own_key_is_echoed_on_its_voices_channel_and_let_go_there() -> None:
    rig = Rig(Babbler(), babbling(mode="harmonise"), echo=True)
    rig.run_to(0.2)
    rig.press(72, channel=9)
    rig.osc("voice/channel", 1, 7)
    rig.run_to(2)
    rig.release(72, channel=9)
    assert rig.player.of(EchoKey) == [EchoKey(72, 80, 0), EchoKey(72, 0, 0)]


def test_without_echo_the_player_sounds_itself() -> None:
    rig = Rig(Babbler(), babbling(mode="harmonise"))
    rig.play(72)
    assert rig.player.of(EchoKey) == []
    assert all(frame.parts[0].pitch is None for frame in frames_of(rig).values())


def test_harmony_to_a_late_note_sounds_at_once_here_and_there() -> None:
    rig = Rig(Babbler(), babbling(mode="harmonise"))
    rig.run_to(0.3)
    rig.press(72)
    voices = [(command.voice, command.pitch) for command in rig.player.of(PlayNow)]
    assert [voice for voice, _ in voices] == [1, 2, 3]
    assert [(arguments[0] - 1, arguments[1]) for arguments in rig.heard("now")] == voices


def test_hints_are_said_once_not_after_every_note_or_key() -> None:
    clock = InternalClock()
    rig = Rig(Babbler(), SETTINGS, clock)
    for _ in range(3):
        rig.play(60, 62)
        rig.osc("keep")
    assert rig.heard("status") == [("waiting for the clock: press play",), ("nothing to keep yet",)]
    clock.start(rig.now_s)
    rig.run_until(rig.now_s + 0.1)
    clock.stop(rig.now_s)
    rig.run_until(rig.now_s + 0.1)
    rig.play(60, 62)
    assert len(rig.heard("status")) == 3  # it is news again


def test_learning_binds_what_moves() -> None:
    targets = (Target("temperature"), Target("panic"))
    rig = Rig(Babbler(), SETTINGS, learning=Learning(ControlMap(()), targets))
    rig.engine.midi([0xB0, 70, 5], 0.0)
    rig.engine.midi([0xB0, 71, 127], 2.0)
    rig.engine.midi([0xB0, 70, 127], 4.0)
    assert rig.session.settings.temperature == pytest.approx(2.0)
    assert "all is learnt" in rig.heard("status")[-1][0]


def test_a_model_is_loaded_beside_the_music_and_a_bad_one_changes_nothing() -> None:
    asked: list[str] = []
    rig = answering(load=asked.append)
    rig.osc("model", "gru")
    assert asked == ["gru"]
    assert rig.session.settings.model == "babbler"
    rig.engine.loaded(Loaded("gru", None, "gru.onnx: damaged"))
    assert rig.session.settings.model == "babbler"
    assert rig.heard("error")[-1] == ("the old model plays on: gru.onnx: damaged",)
    rig.engine.loaded(Loaded("gru", Babbler()))  # type: ignore[arg-type]
    assert rig.session.settings.model == "gru"
    assert rig.session.activity == ANSWERING
    rig.osc("model", "nobody")
    assert "nobody" in rig.heard("error")[-1][0]


def test_reports_of_the_player_are_shown() -> None:
    rig = Rig(Babbler(), SETTINGS)
    for report in (Ready("Synth", True), HeldOver(3), Lateness(0.1, 0.4, 1.0, 10)):
        rig.engine.report(report)
    assert rig.heard("latency") == [(0.1, 0.4, 1)]
    picture = rig.engine.picture(0.0)
    assert (rig.engine.player_state.output, picture.late, picture.latency_p99_ms) == ("Synth", 1, 0.4)
    rig.engine.report(PortLost("Synth"))
    rig.engine.report(PortBack("Synth 2"))
    rig.engine.report(Fault("it broke"))
    assert [arguments[0] for arguments in rig.heard("status")] == [
        "the MIDI output Synth is gone; it is opened again when it returns",
        "the MIDI output Synth 2 is there",
        "it broke",
    ]
    assert rig.engine.player_state.output == "Synth 2"


def test_keep_names_the_steps_of_the_take() -> None:
    rig = answering()
    rig.run_to(20)
    rig.osc("keep")
    ((first, last),) = rig.kept
    assert first == 0
    assert 20 <= last <= 23


def test_the_picture_tells_all() -> None:
    rig = answering()
    rig.osc("voice/mute", 2, 1)
    while rig.engine.work():
        pass
    picture = rig.engine.picture(rig.now_s, "Keys > Synth", "jam-1")
    assert (picture.activity, picture.mode, picture.playing, picture.clock, picture.bpm) == (
        ANSWERING,
        "continue",
        True,
        "internal",
        pytest.approx(120),
    )
    assert picture.muted == (False, True, False, False)
    assert (picture.ports, picture.recording) == ("Keys > Synth", "jam-1")
    assert [frame.step for frame in (*picture.frames, *picture.planned)] == list(range(30))
    assert picture.frames[-1].step == 13
    assert picture.committed_steps == 2


def test_the_log_played_again_gives_the_same_notes(tmp_path: Path) -> None:
    path = tmp_path / "jam.jsonl"
    settings = babbling(seed=9)
    header = Header("0", "babbler", "", 9, _plain(settings), "")
    writer = LogWriter(path, header)
    rig = Rig(Babbler(), settings, log=writer.write)
    rig.play(67, 69, 71)
    rig.run_to(20)
    rig.osc("temperature", 1.7)
    rig.run_to(26.3)
    rig.osc("voice/lock", 1, 1)
    rig.play(72, 74)
    rig.osc("cadence")
    rig.run_to(60)
    rig.osc("undo")
    rig.osc("go", 2)
    rig.osc("temperature", 44)
    rig.run_to(80)
    rig.press(60)
    rig.run_to(100.1)
    rig.osc("mode", "harmonise")
    rig.play(64, 65, 67, steps=3.7)
    rig.osc("mode", "loop")
    rig.run_to(150)
    writer.close()
    result = replay(path, lambda name: Babbler())  # type: ignore[arg-type,return-value]
    assert result.frames > 80
    assert result.first_difference is None
    other = replay(path, lambda name: Babbler(level=1.0))  # type: ignore[arg-type,return-value]
    assert other.first_difference is not None


def _plain(settings: Settings) -> dict[str, Any]:
    from dataclasses import asdict  # noqa: PLC0415

    return asdict(settings)


def test_a_refused_command_is_logged_as_such() -> None:
    rig = Rig(Babbler(), SETTINGS)
    rig.osc("style", "jazz")
    rig.osc("bars", 8)
    commands = [entry for entry in rig.entries if isinstance(entry, LoggedCommand)]
    assert [(entry.name, entry.effective_step is None) for entry in commands] == [("style", True), ("bars", False)]


def test_a_simulated_hour_leaves_nothing_behind() -> None:
    rig = Rig(Babbler(), babbling(mode="duet"), log=lambda entry: None)
    rig.run_to(64)
    sizes = _sizes(rig)
    for _ in range(20):  # as many bars, with the state looked at after each
        rig.sent.clear()
        rig.player.commands.clear()
        rig.run_to(rig.now_s / rig.step_s + 16)
    assert all(after <= before + 64 for before, after in zip(sizes, _sizes(rig), strict=True))


def _sizes(rig: Rig) -> list[int]:
    outlets, session = rig.engine.outlets, rig.session
    return [len(outlets._ahead), len(outlets.feedback._due), len(session.plan), len(session._turns.plan.music.past)]


def test_transport_entries_say_where_bars_begin() -> None:
    rig = Rig(Babbler(), SETTINGS, TransportClock())
    rig.osc("transport", 1, 8.0, 100.0, 3, 4)
    rig.run_until(0.05)
    starts = [entry for entry in rig.entries if isinstance(entry, LoggedTransport) and entry.event == "start"]
    assert [(entry.address, entry.beats, entry.unit) for entry in starts] == [(8.0, 3, 4)]
    assert starts[0].bar_step is not None and (8 + starts[0].bar_step) % 12 == 8
    assert not [entry for entry in rig.entries if isinstance(entry, LoggedFrame)]


def test_where_messages_were_lost_no_key_stays_down() -> None:
    rig = Rig(Babbler(), babbling(mode="harmonise"), echo=True)
    rig.press(60)
    rig.engine.overrun(3, rig.now_s)
    assert [(key.pitch, key.velocity) for key in rig.player.of(EchoKey)] == [(60, 80), (60, 0)]
    assert rig.heard("error") == [("too much comes over OSC: 3 messages lost",)]


def test_where_a_keyboard_is_gone_its_keys_pedal_and_wheel_are_let_go() -> None:
    rig = Rig(Babbler(), babbling(mode="harmonise"), echo=True)
    rig.engine.midi([0xE0, 0, 80], rig.now_s)
    rig.press(60)
    rig.engine.midi([0xB0, 64, 127], rig.now_s)
    rig.engine.lift_keys(rig.now_s)
    assert rig.player.of(EchoKey)[-1] == EchoKey(60, 0, 0, Touch())
    rig.press(62)
    rig.release(62)  # no pedal holds it
    assert rig.player.of(EchoKey)[-1] == EchoKey(62, 0, 0, Touch())


@pytest.mark.parametrize("way", ["key", "cc", "osc"])
def test_a_tapped_tempo_is_taken_and_the_music_goes_on_from_where_it_is(way: str) -> None:
    rig = answering()
    tempi, places = [], []
    for count in range(4):
        rig.run_until(2.0 + 0.6 * count)
        line = rig.engine.line
        assert line is not None
        places.append(line.step_at(rig.now_s))
        if way == "key":
            rig.engine.stroke("b", rig.now_s)
        elif way == "osc":
            rig.osc("tap")
        else:
            rig.engine.midi([0xB0, 102, 127], rig.now_s)
            rig.engine.midi([0xB0, 102, 0], rig.now_s)
        rig.engine.tick(rig.now_s)
        after = rig.engine.line
        assert after is not None and after.step_at(rig.now_s) == pytest.approx(places[-1], abs=1e-6)
        tempi.append(after.bpm)
    assert tempi == pytest.approx([120, 100, 100, 100])
    assert places == pytest.approx([16, 20.8, 24.8, 28.8])
    assert ("tempo 100.0 bpm, of 4 taps",) in rig.heard("status")
    assert rig.player.of(SetTimebase)[-1].timebase.bpm == pytest.approx(100)
    assert rig.session.activity == ANSWERING


def test_a_tap_counts_from_when_it_was_pressed_and_not_from_when_it_is_heard() -> None:
    rig = Rig(Babbler(), SETTINGS)
    rig.run_until(1.0)
    for time_s in (0.1, 0.6):
        rig.engine.stroke("b", time_s)
    assert rig.engine.clock.bpm == pytest.approx(120)


@pytest.mark.parametrize("clock", [MidiClock(), TransportClock()])
def test_where_somebody_else_leads_a_tap_is_refused_in_a_line(clock: Any) -> None:
    rig = Rig(Babbler(), SETTINGS, clock)
    rig.osc("tap")
    said = f"the tempo is that of the {clock.name} clock, which is followed: set it there"
    assert rig.heard("error") == [(said,)]


def test_a_tempo_that_is_none_is_refused_and_the_old_one_stays() -> None:
    rig = Rig(Babbler(), SETTINGS)
    rig.engine.stroke("b", 0.0)
    rig.engine.stroke("b", 0.145)
    assert rig.heard("error") == [("bpm must be from 20 to 400, not 413.793",)]
    assert rig.engine.clock.bpm == pytest.approx(120)


def test_what_becomes_of_the_clock_that_goes_out_is_said_and_shown() -> None:
    rig = Rig(Babbler(), SETTINGS)
    rig.engine.report(Ready("Bus 1", realtime=True, clock_port="Digitakt"))
    none, off = Lateness(0.1, 0.2, 0.3, 9), Lateness(0.03, 0.17, 1.9, 9)
    rig.engine.report(ClockLateness(none, off))
    picture = rig.engine.picture(0.0)
    assert (picture.clock_out, picture.ticks_ms) == ("Digitakt", (0.03, 0.17))
    for event in (PortLost("Digitakt"), PortBack("Digitakt 2"), PortMissing("no MIDI output is called 'x'")):
        rig.engine.report(ClockPortNews(event))
    assert rig.heard("status") == [
        ("the port Digitakt that clock goes out on is gone; it is opened again when it returns",),
        ("the port Digitakt 2 that clock goes out on is there",),
        ("no MIDI output is called 'x'",),
    ]
    assert rig.engine.picture(0.0).clock_out == "Digitakt 2"
    assert rig.engine.player_state.output == "Bus 1"


def test_pedal_and_wheel_go_along_with_keys_that_are_echoed_and_are_let_go_at_a_stop() -> None:
    rig = Rig(Babbler(), babbling(mode="harmonise"), echo=True)
    rig.run_to(0.2)
    rig.engine.midi([0xE9, 0, 80], rig.now_s)
    rig.engine.midi([0xB9, 64, 100], rig.now_s)
    rig.press(72, channel=9)
    rig.engine.midi([0xE9, 0, 70], rig.now_s)
    rig.engine.midi([0xE8, 0, 90], rig.now_s)  # the wheel of another channel
    rig.release(72, channel=9)
    rig.osc("stop")
    rig.engine.midi([0xB9, 64, 0], rig.now_s)
    down, bent = Touch(100, 80 << 7), Touch(100, 70 << 7)
    told = [command for command in rig.player.commands if isinstance(command, (EchoKey, EchoTouch))]
    assert told == [
        EchoKey(72, 80, 0, down),
        EchoTouch(0, bent),
        EchoTouch(0, Touch()),  # at the stop
        EchoKey(72, 0, 0),  # as the foot leaves the pedal
        EchoTouch(0, Touch()),
    ]


def test_a_change_of_mode_lets_go_of_pedal_and_wheel() -> None:
    rig = Rig(Babbler(), babbling(mode="harmonise"), echo=True)
    rig.run_to(0.2)
    rig.press(72)
    rig.engine.midi([0xB0, 64, 127], rig.now_s)
    rig.osc("mode", "listen")
    assert rig.player.of(EchoTouch) == [EchoTouch(0, Touch(127)), EchoTouch(0, Touch())]


def test_without_echo_pedal_and_wheel_are_not_passed_on() -> None:
    rig = Rig(Babbler(), babbling(mode="harmonise"))
    rig.press(72)
    rig.engine.midi([0xB0, 64, 127], rig.now_s)
    rig.engine.midi([0xE0, 0, 80], rig.now_s)
    assert rig.player.of(EchoTouch) == []


def test_an_echoed_key_is_let_go_at_the_pitch_it_began_with_whatever_the_transposition_is_meanwhile() -> None:
    rig = Rig(Babbler(), babbling(mode="harmonise", transpose=2), echo=True)
    rig.run_to(0.2)
    rig.press(72)
    rig.osc("transpose", -3)
    rig.run_to(2)
    rig.release(72)
    rig.press(72)
    assert rig.player.of(EchoKey) == [EchoKey(74, 80, 0), EchoKey(74, 0, 0), EchoKey(69, 80, 0)]


def test_programs_are_told_at_the_start_and_when_they_change() -> None:
    soprano = VoiceSettings(channel=3, program=53, bank=131)
    voices = (soprano, *(VoiceSettings(channel=number) for number in (2, 3, 4)))
    rig = Rig(Babbler(), babbling(voices=voices))
    assert rig.player.of(SetPrograms) == [SetPrograms((ProgramChange(2, 130, 52),))]
    rig.osc("voice/program", "bass", 33)
    rig.osc("density", 1)
    rig.osc("voice/program", 1, 0)
    assert rig.player.of(SetPrograms)[1:] == [
        SetPrograms((ProgramChange(2, 130, 52), ProgramChange(3, None, 32))),
        SetPrograms((ProgramChange(2, 130, None), ProgramChange(3, None, 32))),
    ]


def test_without_programs_none_are_told() -> None:
    rig = Rig(Babbler(), SETTINGS)
    rig.play(60)
    assert rig.player.of(SetPrograms) == []


def test_of_two_voices_on_one_channel_the_lower_ones_program_counts() -> None:
    voices = tuple(VoiceSettings(channel=1, program=number) for number in (1, 2, 3, 4))
    rig = Rig(Babbler(), babbling(voices=voices))
    rig.osc("voice/program", 1, 9)
    assert rig.player.of(SetPrograms) == [SetPrograms((ProgramChange(0, None, 3),))]
