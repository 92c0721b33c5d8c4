"""From what the player typed, and a preset beneath it, to the options of a jam."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from companion.controls.kinds import NetworkAddress
from companion.controls.knobs import ControlMap
from companion.controls.presets import Preset, load_preset, preset_folder, save_preset
from companion.controls.rig import Rig
from companion.controls.table import HIGHEST_SEED, Choices, Settings, change
from companion.errors import BadSetting
from companion.jam.options import JamOptions, known_choices
from companion.model.library import bundled_models

_DEFAULTS = JamOptions()


@dataclass(frozen=True)
class Said:
    """The options of the command; None: not said."""

    inputs: tuple[str, ...] | None = None
    output: str | None = None
    clock_port: str | None = None
    input: str | None = None
    echo: bool | None = None
    midi: bool | None = None
    osc_in: str | None = None
    osc_out: str | None = None
    clock: str | None = None
    bpm: float | None = None
    offset_ms: float | None = None
    channels: str | None = None  # "1,2,3,4"
    settings: Mapping[str, Any] = field(default_factory=dict)  # by the names of the controls


def preset_of(said: Said, name: str | None) -> Preset:
    """A preset with what was said over it; BadSetting says what is wrong."""
    model = said.settings.get("model")
    choices = known_choices((*bundled_models(), *([model] if model else [])))
    preset = Preset() if name is None else load_preset(name, preset_folder())
    return Preset(_settings(said, preset.settings, choices), preset.controls, _rig(said, preset.rig))


def _settings(said: Said, settings: Settings, choices: Choices) -> Settings:
    for control, value in said.settings.items():
        if value is not None:
            settings = change(settings, control, (value,), choices)
    if said.channels is not None:
        for voice, channel in enumerate(_four_channels(said.channels), start=1):
            settings = change(settings, "voice/channel", (voice, channel))
    return settings


def _four_channels(text: str) -> list[str]:
    channels = text.replace(" ", "").split(",")
    if len(channels) != 4 or not all(channel.isdecimal() for channel in channels):
        raise BadSetting(f"--channels must be four channels, as in 1,2,3,4, not {text!r}")
    return channels


def _rig(said: Said, rig: Rig) -> Rig:
    names = [known.name for known in fields(Rig)]
    new = {name: getattr(said, name) for name in names if getattr(said, name) is not None}
    return replace(rig, **new)


def options_of(preset: Preset, record: Path | None, learn: bool, osc_wanted: bool, seed_said: bool) -> JamOptions:
    """The options of a jam.

    osc_wanted: OSC was asked for, so that a port that is taken is a fault.
    seed_said: otherwise each jam throws other dice.
    """
    rig, settings = preset.rig, preset.settings
    if not seed_said and settings.seed == Settings().seed:
        settings = replace(settings, seed=secrets.randbelow(HIGHEST_SEED))
    return JamOptions(
        settings=settings,
        controls=preset.controls,
        inputs=rig.inputs or (),
        output=rig.output,
        clock_port=rig.clock_port,
        midi=rig.midi is not False,
        by_channel=rig.input == "voices",
        echo=bool(rig.echo),
        clock=rig.clock or _DEFAULTS.clock,
        bpm=_DEFAULTS.bpm if rig.bpm is None else rig.bpm,
        offset_ms=rig.offset_ms or 0.0,
        osc_in=_place(rig.osc_in, _DEFAULTS.osc_in),
        osc_out=_place(rig.osc_out, _DEFAULTS.osc_out),
        osc_wanted=osc_wanted,
        record=record,
        learn=learn,
    )


def _place(said: NetworkAddress | None, usual: NetworkAddress) -> NetworkAddress:
    return usual if said is None else said


def save(name: str, preset: Preset, controls: ControlMap, force: bool) -> Path:
    """Writes a preset with these control changes; says where."""
    return save_preset(name, replace(preset, controls=controls), preset_folder(), force=force)
