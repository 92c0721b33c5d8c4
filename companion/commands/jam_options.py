"""From what was typed, and a preset beneath it, to the options of a jam."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from companion.commands.options import Said, asked_settings, rig_of, thrown
from companion.controls.knobs import ControlMap
from companion.controls.presets import Preset, load_preset, preset_folder, save_preset
from companion.controls.settings import Settings, change
from companion.errors import BadSetting
from companion.files.writing import refuse_existing
from companion.jam.options import JamOptions
from companion.stage.place import StagePlace
from companion.streams.trace import check_jam_trace


def preset_of(said: Said, rig: Said, channels: str | None, name: str | None) -> Preset:
    """A preset with what was said over it; BadSetting says what is wrong."""
    preset = Preset() if name is None else load_preset(name, preset_folder())
    settings = asked_settings(said, preset.settings)
    if channels is not None:
        settings = _with_channels(settings, channels)
    return Preset(settings, preset.controls, rig_of(rig, preset.rig))


def _with_channels(settings: Settings, text: str) -> Settings:
    channels = text.replace(" ", "").split(",")
    if len(channels) != 4 or not all(channel.isdecimal() for channel in channels):
        raise BadSetting(f"--channels must be four channels, as in 1,2,3,4, not {text!r}")
    for voice, channel in enumerate(channels, start=1):
        settings = change(settings, "voice/channel", (voice, int(channel)))
    return settings


def options_of(
    preset: Preset, said: Said, rig: Said, record: Path | None, stage: StagePlace | None, learn: bool
) -> JamOptions:
    """The options of a jam; a port for OSC that was asked for must be free."""
    settings = thrown(preset.settings, said)
    return JamOptions(preset.rig, settings, preset.controls, "osc_in" in rig, record, stage, learn)


def traced(options: JamOptions, trace: Path | None, force: bool) -> JamOptions:
    """With a trace, where one is wanted.

    Raises:
        BadSetting, OutputExists, OutputFailed: it cannot be written there.
    """
    if trace is None:
        return options
    check_jam_trace(trace)
    refuse_existing(trace, force=force)
    return replace(options, trace=trace, force=force)


def save(name: str, preset: Preset, controls: ControlMap, force: bool) -> str:
    """Writes a preset with these control changes; says where."""
    return f"wrote {save_preset(name, replace(preset, controls=controls), preset_folder(), force=force)}"
