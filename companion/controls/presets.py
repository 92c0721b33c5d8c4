"""Presets: settings, control changes, ports and clock of a jam, in one TOML file.

A preset is a name, which stands for a file in the player's own folder of presets, or a file. Whatever a
file leaves out is as it is without a preset; whatever it says is checked, and a key that means nothing is
an error, so that a slip of the pen is not passed over.
"""

from __future__ import annotations

import difflib
import os
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli_w

from companion.controls.kinds import Kind, shown
from companion.controls.knobs import Binding, ControlMap, read_target
from companion.controls.rig import RIG_KEYS, Rig
from companion.controls.settings import Settings, change
from companion.controls.table import ANY, OF_A_VOICE, OF_ALL, Choices
from companion.errors import BadSetting, OutputFailed
from companion.files.folders import SETTINGS, user_folder
from companion.files.opening import read_file
from companion.files.writing import write_output
from companion.music.vocabulary import VOICES

SUFFIX = ".toml"
_MOST_BYTES = 100_000  # fifty times what one with all settings has
_MOST_DOTS = 300  # in a line: tomllib's memory grows with the square of the parts of a key
_HEADER = "# A preset of chorale jam. Every key may be left out; docs/protocol.md says what each may be.\n\n"
_NAME = re.compile(r"(?!(?:con|prn|aux|nul|com\d|lpt\d)$)\w[\w -]*(?<! )", re.IGNORECASE)  # a file's on any system


@dataclass(frozen=True)
class Preset:
    """All that a preset says."""

    settings: Settings = field(default_factory=Settings)
    controls: ControlMap = field(default_factory=ControlMap)
    rig: Rig = field(default_factory=Rig)


def preset_folder(platform: str = sys.platform, environ: Mapping[str, str] = os.environ) -> Path | None:
    """Where presets lie that are called by name: the system's folder for what users tell their programs.

    None: this user has no home.
    """
    folder = user_folder(SETTINGS, platform, environ)
    return None if folder is None else folder / "presets"


def preset_names(folder: Path) -> list[str]:
    """The presets that can be called by name."""
    return sorted(path.stem for path in folder.glob(f"*{SUFFIX}"))


def preset_file(name: str, folder: Path | None) -> Path:
    """The file of a preset: the one that is named, or in the folder the one of that name.

    Raises:
        BadSetting: the name cannot be that of a file, or there is no folder.
    """
    if name.endswith(SUFFIX) or "/" in name or "\\" in name:
        return Path(name)
    if not _NAME.fullmatch(name):
        raise BadSetting(f"a preset's name is of letters, digits, spaces, - and _, and not {shown(name)}")
    if folder is None:
        raise BadSetting("presets have no folder, for this user has no home; give a preset as a file")
    return folder / f"{name}{SUFFIX}"


def load_preset(name: str, folder: Path | None, choices: Choices = ANY) -> Preset:
    """A preset by its name or file.

    Raises:
        BadSetting: there is none, it cannot be read, or something in it is unknown or out of range.
    """
    path = preset_file(name, folder)
    if not os.path.lexists(path):
        raise BadSetting(_missing(name, path, folder))
    try:
        text = read_file(path, _MOST_BYTES, BadSetting).decode("utf-8")
    except UnicodeDecodeError as fault:
        raise BadSetting(f"cannot read the preset {path}: {fault}") from None
    return read_preset(text, str(path), choices)


def _missing(name: str, path: Path, folder: Path | None) -> str:
    if folder is None or path.parent != folder:
        return f"there is no preset {path}"
    known = preset_names(folder)
    close = difflib.get_close_matches(name, known, n=1)
    hint = f" (did you mean {close[0]}?)" if close else ""
    return f"unknown preset {shown(name)}{hint}; in {folder}: {', '.join(known) or 'none'}"


def save_preset(name: str, preset: Preset, folder: Path | None, *, force: bool = False) -> Path:
    """Writes a preset by its name or file, and says where.

    Raises:
        BadSetting: the name cannot be that of a file.
        OutputExists: the file is there already and ``force`` is not set.
        OutputFailed: it could not be written.
    """
    path = preset_file(name, folder)
    if folder is not None and path.parent == folder:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise OutputFailed(f"cannot make the folder {folder}: {fault.strerror or fault}") from None
    write_output(path, write_preset(preset).encode(), force=force)
    return path


def read_preset(text: str, source: str, choices: Choices = ANY) -> Preset:
    """A preset from TOML; BadSetting names the source, the key, and what would be right."""
    try:
        if any(line.count(".") > _MOST_DOTS for line in text.splitlines()):
            raise ValueError
        return _preset(tomllib.loads(text), choices)
    except (tomllib.TOMLDecodeError, BadSetting) as fault:
        raise BadSetting(f"{source}: {fault}") from None
    except (ValueError, RecursionError):  # a number of thousands of digits, brackets in thousands of brackets
        raise BadSetting(f"{source}: this is no preset") from None


def _preset(data: dict[str, Any], choices: Choices) -> Preset:
    tables = ("cc", "voice", *dict.fromkeys(key.table for key in RIG_KEYS))
    _know(data, (*OF_ALL, *tables), "")
    settings = Settings()
    for name in OF_ALL:
        if name in data:
            settings = change(settings, name, (data[name],), choices)
    settings = _with_voices(settings, _table(data, "voice"))
    controls = _control_map(data["cc"]) if "cc" in data else ControlMap()
    return Preset(settings, controls, _rig(data))


def _with_voices(settings: Settings, tables: dict[str, Any]) -> Settings:
    _know(tables, VOICES, "voice.")
    for voice in tables:
        table = _table(tables, voice, "voice.")
        _know(table, OF_A_VOICE, f"voice.{voice}.")
        for key, value in table.items():
            control = OF_A_VOICE[key]
            settings = _at(f"voice.{voice}.{key}", change, settings, control.name, control.of_voice(voice, value))
    return settings


def _control_map(entries: object) -> ControlMap:
    if not isinstance(entries, list):
        raise BadSetting(f"cc must be a list of tables, not {shown(entries)}")
    return ControlMap(tuple(_at(f"cc entry {number}", _binding, entry) for number, entry in enumerate(entries, 1)))


def _binding(entry: object) -> Binding:
    if not isinstance(entry, dict) or not {"number", "moves"} <= entry.keys() or not isinstance(entry["moves"], str):
        raise BadSetting(f'this must be like {{ number = 20, moves = "temperature" }}, not {shown(entry)}')
    _know(entry, ("number", "moves", "channel"), "")
    return Binding(entry["number"], read_target(entry["moves"]), entry.get("channel"))


def _rig(data: dict[str, Any]) -> Rig:
    said: dict[str, Any] = {}
    for name in dict.fromkeys(key.table for key in RIG_KEYS):
        table = _table(data, name)
        keys = {key.key: key for key in RIG_KEYS if key.table == name}
        _know(table, keys, f"{name}.")
        said |= {keys[key].field: value for key, value in table.items()}
    return Rig(**said)


def _table(data: dict[str, Any], key: str, path: str = "") -> dict[str, Any]:
    table = data.get(key, {})
    if not isinstance(table, dict):
        raise BadSetting(f"{path}{key} must be a table, not {shown(table)}")
    return table


def _know(data: Mapping[str, Any], known: Iterable[str], path: str) -> None:
    known = tuple(known)
    for key in data:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
            raise BadSetting(f"unknown key {shown(f'{path}{key}')}; {hint}")


def _at(place: str, work: Callable[..., Any], *arguments: Any) -> Any:
    """Does the work; its faults say where."""
    try:
        return work(*arguments)
    except BadSetting as fault:
        raise BadSetting(f"{place}: {fault}") from None


def write_preset(preset: Preset) -> str:
    """A preset as TOML, with all settings and what is unusual of the rig; ``read_preset`` gives the same again."""
    settings, rig = preset.settings, preset.rig
    data: dict[str, Any] = {
        name: _plain(control.kind, getattr(settings, control.field)) for name, control in OF_ALL.items()
    }
    data["cc"] = [_entry(binding) for binding in preset.controls.bindings]
    for key in RIG_KEYS:
        if getattr(rig, key.field) != key.default:
            data.setdefault(key.table, {})[key.key] = _plain(key.kind, getattr(rig, key.field))
    data["voice"] = {
        name: {key: _plain(control.kind, getattr(voice, control.field)) for key, control in OF_A_VOICE.items()}
        for name, voice in zip(VOICES, settings.voices, strict=True)
    }
    return _HEADER + tomli_w.dumps(data)


def _plain(kind: Kind | None, value: Any) -> Any:
    """A value as TOML has it."""
    if kind is None or isinstance(value, bool):
        return value
    return list(value) if isinstance(value, tuple) else kind.sent(value)


def _entry(binding: Binding) -> dict[str, Any]:
    entry: dict[str, Any] = {"number": binding.number, "moves": str(binding.target)}
    return entry if binding.channel is None else entry | {"channel": binding.channel}
