"""Every option of the command line that the tables make: said, and found in the settings or the rig."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.programs import Command

from companion.commands import options
from companion.controls.kinds import NetworkAddress
from companion.controls.presets import load_preset
from companion.controls.rig import Rig
from companion.controls.settings import Settings, VoiceSettings
from companion.sampling.styles import STYLES

# For each option of a jam a value that is not its default, and the fields that are another then.
SETTINGS: dict[str, tuple[str | None, dict[str, Any]]] = {
    "--mode": ("respond", {"mode": "respond"}),
    "--temperature": ("1.2", {"temperature": 1.2}),
    "-t": ("0", {"temperature": 0.0}),
    "--top-p": ("0.9", {"top_p": 0.9}),
    "--density": ("-0.5", {"density": -0.5}),
    "--follow": ("0.5", {"follow": 0.5}),
    "--key": ("e minor", {"key": "E minor"}),
    "--style": ("wild", {"style": "wild"}),
    "--seed": ("7", {"seed": 7}),
    "--model": ("gru", {"model": "gru"}),
    "--under": ("gru", {"model": "bach+gru"}),  # that bach leads nobody is told when it is loaded
    "--velocity": ("90", {"velocity": "90"}),
    "--bars": ("2", {"bars": 2}),
    "--grid": ("bar", {"grid": "bar"}),
    "--phrase-end": ("rest", {"phrase_end": "rest"}),
    "--rest": ("3", {"rest_beats": 3.0}),
    "--click": (None, {"click": True}),
    "--click-channel": ("16", {"click_channel": 16}),
    "--count-in": ("2", {"count_in": 2}),
    "--transpose": ("-5", {"transpose": -5}),
}
VOICES: dict[str, tuple[str, dict[str, Any]]] = {
    "--voice-temperature": ("bass=0.5", {"temperature": 0.5}),
    "--voice-lock": ("Bass=1", {"lock": True}),
    "--voice-mute": ("4=1", {"mute": True}),
    "--voice-octave": ("bass=-1", {"octave": -1}),
    "--voice-velocity": ("bass = 70", {"velocity": 70}),
    "--voice-channel": ("bass=10", {"channel": 10}),
    "--voice-program": ("bass=33", {"program": 33}),
    "--voice-bank": ("bass=1", {"bank": 1}),
}
RIG: dict[str, tuple[str | None, dict[str, Any]]] = {
    "--in": ("Keystation", {"inputs": ("Keystation",)}),
    "--out": ("12", {"output": "12"}),
    "--clock-port": ("Live", {"clock_port": "Live"}),
    "--clock-out": ("Digitakt", {"clock_out": "Digitakt"}),
    "--input": ("voices", {"input": "voices"}),
    "--echo": (None, {"echo": True}),
    "--no-midi": (None, {"midi": False}),
    "--osc-in": ("0.0.0.0:7001", {"osc_in": NetworkAddress("0.0.0.0", 7001)}),
    "--osc-out": ("7002", {"osc_out": NetworkAddress("127.0.0.1", 7002)}),
    "--choices-out": ("wall.local:7000", {"choices_out": NetworkAddress("wall.local", 7000)}),
    "--clock": ("midi", {"clock": "midi"}),
    "--bpm": ("96", {"bpm": 96.0}),
    "--metre": ("6/8", {"metre": "6/8"}),
    "--offset-ms": ("-12", {"offset_ms": -12.0}),
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def told(chorale: Command, *words: str) -> tuple[Settings, Rig]:
    """What a jam with these options would be."""
    ran = chorale("jam", *words, "--save-preset", "./told.toml", "--force")
    assert (ran.code, ran.err) == (0, "")
    preset = load_preset("./told.toml", Path())
    return preset.settings, preset.rig


@pytest.mark.parametrize("option", SETTINGS)
def test_of_all(chorale: Command, option: str) -> None:
    value, new = SETTINGS[option]
    assert told(chorale, option, *([value] if value else [])) == (replace(Settings(), **new), Rig())


@pytest.mark.parametrize("option", VOICES)
def test_of_a_voice(chorale: Command, option: str) -> None:
    value, new = VOICES[option]
    voices = (*Settings().voices[:3], replace(Settings().voices[3], **new))
    assert told(chorale, option, value) == (Settings(voices=voices), Rig())


@pytest.mark.parametrize("option", RIG)
def test_of_the_rig(chorale: Command, option: str) -> None:
    value, new = RIG[option]
    assert told(chorale, option, *([value] if value else [])) == (Settings(), replace(Rig(), **new))


def test_channels(chorale: Command) -> None:
    voices = tuple(VoiceSettings(channel=channel) for channel in (5, 6, 7, 8))
    assert told(chorale, "--channels", "5,6,7,8") == (Settings(voices=voices), Rig())


def test_none_is_left_out() -> None:
    made = [*options.control_options(), *options.rig_options()]
    tried = [*SETTINGS, *VOICES, *RIG]
    assert len(made) == len(tried) - 1  # -t is --temperature


def test_what_is_said_stands_over_a_preset(chorale: Command) -> None:
    told(chorale, "--bars", "2", "--no-midi", "--bpm", "96", "--seed", "5")
    settings, rig = told(chorale, "--preset", "./told.toml", "--bars", "4", "--midi", "--bpm", "120")
    assert (settings, rig) == (Settings(seed=5), Rig())


def test_other_dice_where_no_seed_is_said() -> None:
    drawn = {options.thrown(Settings(), {}).seed for _ in range(4)}
    assert len(drawn) > 1
    assert options.thrown(Settings(), {"seed": "0"}).seed == 0
    assert options.thrown(Settings(seed=3), {}).seed == 3


def test_the_help_names_all_styles(chorale: Command) -> None:
    text = chorale("continue", "--help").out.partition("--style")[2].partition("--seed")[0]
    assert all(name in text for name in STYLES)
