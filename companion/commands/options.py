"""Options of the command line, made of the tables of controls and of a rig's ports and clock."""

from __future__ import annotations

import functools
import inspect
import itertools
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from companion.commands.again import remember
from companion.controls.kinds import Kind, Named, Sent, Switch, Voice, from_text, shown
from companion.controls.rig import RIG_KEYS, Rig, RigKey, Text, Texts
from companion.controls.settings import Settings, change
from companion.controls.table import HIGHEST_SEED, IN_FILES_ALONE, OF_A_VOICE, OF_ALL, Control
from companion.errors import BadSetting

Said = Mapping[str, Any]  # what was said, by the names of the options' parameters

_VOICE = "voice_"
_USUAL = Settings()
_UNDER = "under"


def parameter(
    name: str, type_: Any, help_: str, option: str, *flags: str, metavar: str | None = None
) -> inspect.Parameter:
    """A parameter that is None where it is not said."""
    info = typer.Option(f"--{option.replace('_', '-')}", *flags, help=help_, metavar=metavar, show_default=False)
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[type_ | None, info]
    )


def control_options(in_files: bool = False) -> list[inspect.Parameter]:
    """Of every control, or of those that bear on files too; those of one voice stand last."""
    under = "What sings the voices under a melody model (--model): a model of chorales. Default: bach."
    return [
        *(_of_all(name, control) for name, control in OF_ALL.items() if control.in_files or not in_files),
        *(_of_all(name, control) for name, control in IN_FILES_ALONE.items() if in_files),
        parameter(_UNDER, str, under, _UNDER, metavar="NAME"),
        *(_of_a_voice(key, control) for key, control in OF_A_VOICE.items() if control.in_files or not in_files),
    ]


def rig_options() -> list[inspect.Parameter]:
    """Of the ports and the clock."""
    return [_of_rig(key) for key in RIG_KEYS]


def output_options(*names: str) -> list[inspect.Parameter]:
    """Of what is written beside; of these names, or all."""
    options = [
        parameter("out", Path, "The file to write: .mid, .musicxml or .mxl. Default: beside the input.", "out", "-o"),
        parameter(
            "trace", Path, "Also write every choice: .json, .jsonl (a frame a line) or .csv (a note a row).", "trace"
        ),
        parameter("wav", bool, "Also write the sound beside it.", "wav"),
        parameter("soundfont", Path, "Render the WAV by FluidSynth with this .sf2.", "soundfont"),
        parameter("png", bool, "Also draw the score beside it.", "png"),
        parameter("svg", bool, "The same, as it can be scaled.", "svg"),
        parameter("pdf", bool, "The same, to print.", "pdf"),
        parameter("force", bool, "Replace outputs that exist.", "force"),
        parameter(
            "program",
            str,
            "What the added voices sound like: a name or number of General MIDI, or none. Default: choir aahs.",
            "program",
        ),
        parameter("quiet", bool, "Say only what went wrong, and what was heard otherwise.", "quiet", "-q"),
    ]
    return [option for option in options if option.name in names or not names]


def many_options() -> list[inspect.Parameter]:
    """Of several files, and of several that are made of one."""
    of_one = "Make so many of each file, the best first, with seeds of their own that are told."
    return [
        parameter("variations", int, of_one, "variations", metavar="COUNT"),
        parameter("out_dir", Path, "The folder that the outputs go to; made if it is not there.", "out_dir"),
    ]


def wish_options(*names: str) -> list[inspect.Parameter]:
    """Of the harmony and the closes that are asked for; of these names, or all."""
    chords = (
        'Chords bar by bar, as in "G D7 | C . G/B D"; none: not even those of the file. Default: those of the file.'
    )
    closes = (
        "Bars in which phrases close, as in 4,8 or 4:half,8:authentic; continue counts from the first new one. "
        "Default: at the file's fermatas."
    )
    kinds = "How they close: authentic, half, deceptive or plagal; one, or one for each close."
    options = [
        parameter("chords", str, chords, "chords"),
        parameter("close_at", str, closes, "close-at", metavar="BARS"),
        parameter("cadence", str, kinds, "cadence"),
    ]
    return [option for option in options if option.name in names or not names]


def _of_all(name: str, control: Control) -> inspect.Parameter:
    flags = (control.flag,) if control.flag else ()
    usual = None if name == "seed" else getattr(_USUAL, control.field)  # other dice each time
    if isinstance(control.kind, Switch):
        return parameter(name, bool, _help(control.doc), f"{name}/--no-{name}", *flags)
    help_ = _help(control.doc, control.kind, usual)
    return parameter(name, str, help_, name, *flags, metavar=control.argument.upper())


def _of_a_voice(key: str, control: Control) -> inspect.Parameter:
    value = control.argument.upper()
    help_ = f"{_help(control.doc, control.kind)} A voice each time, as in bass={value}."
    return parameter(f"{_VOICE}{key}", list[str], help_, f"{_VOICE}{key}", metavar=f"VOICE={value}")


def _of_rig(key: RigKey) -> inspect.Parameter:
    if isinstance(key.kind, Switch):
        return parameter(key.field, bool, _help(key.doc), f"{key.key}/--no-{key.key}")
    if isinstance(key.kind, Texts):
        return parameter(key.field, list[str], f"{_help(key.doc)} May be given more than once.", key.key)
    return parameter(key.field, str, _help(key.doc, key.kind, key.default), key.key)


def _help(doc: str, kind: Kind | None = None, default: Any = None) -> str:
    words = "" if kind is None or isinstance(kind, (Named, Text)) else f" ({kind.words()})"
    usual = "" if kind is None or default is None else f" Default: {_plain(kind.sent(default))}."
    return f"{doc[0].upper()}{doc[1:]}{words}.{usual}"


def _plain(sent: Sent) -> str:
    return f"{sent:g}" if isinstance(sent, float) else str(sent)


def with_options(**groups: Sequence[inspect.Parameter]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command with many options in the place of a parameter, which is given what was said of them."""

    def dress(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def run(**given: Any) -> None:
            remember(command.__name__.removesuffix("_command").rstrip("_"), parameters, given)
            for group, options in groups.items():
                values = {option.name: given.pop(option.name) for option in options}
                given[group] = {name: value for name, value in values.items() if value is not None}
            command(**given)

        spread = [groups.get(name, [own]) for name, own in _own_parameters(command).items()]
        parameters = list(itertools.chain(*spread))
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return run

    return dress


def _own_parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """A function's parameters with their types, by name only, so that their order is free."""
    types = get_type_hints(function, include_extras=True)
    return {
        name: parameter.replace(annotation=types[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in inspect.signature(function).parameters.items()
    }


def asked_settings(said: Said, settings: Settings | None = None) -> Settings:
    """The settings with what was said over them, and dice of their own where no seed is named.

    Raises:
        BadSetting: something that was said cannot be.
    """
    from companion.model.library import bundled_models  # noqa: PLC0415
    from companion.sampling.styles import known_choices  # noqa: PLC0415 - brings numpy

    settings = settings or _USUAL
    said = _with_follower(said, settings)
    named = [said["model"]] if "model" in said else []
    choices = known_choices((*bundled_models(), *named))
    for name, given in said.items():
        if name in IN_FILES_ALONE:
            control = IN_FILES_ALONE[name]
            changed: dict[str, Any] = {control.field: _sent(control, given)}
            settings = replace(settings, **changed)
        elif name in OF_ALL:
            settings = change(settings, name, (_sent(OF_ALL[name], given),), choices)
        else:
            settings = _with_voices(settings, name, given)
    return settings


def _with_follower(said: Said, settings: Settings) -> Said:
    """With the model under the tune in the name of the model that leads it; BadSetting where none can."""
    if _UNDER not in said:
        return said
    from companion.model.library import led_name  # noqa: PLC0415 - brings numpy

    kept = {name: given for name, given in said.items() if name != _UNDER}
    return {**kept, "model": led_name(said.get("model", settings.model), said[_UNDER])}


def file_settings(said: Said) -> Settings:
    """What a command that writes files draws with."""
    return thrown(asked_settings(said), said)


def thrown(settings: Settings, said: Said) -> Settings:
    """With other dice each time, unless a seed is named here or in a preset."""
    if "seed" in said or settings.seed != _USUAL.seed:
        return settings
    return replace(settings, seed=secrets.randbelow(HIGHEST_SEED))


def _with_voices(settings: Settings, name: str, said: Sequence[str]) -> Settings:
    """With values of single voices, from ``bass=0.5`` and the like."""
    control, option, named = OF_A_VOICE[name.removeprefix(_VOICE)], name.replace("_", "-"), set()
    for one in said:
        voice, sign, value = (part.strip() for part in one.partition("="))
        if not sign:
            raise BadSetting(f"{option} must be written like bass={control.argument.upper()}, not {shown(one)}")
        settings = change(settings, control.name, control.of_voice(voice, _sent(control, value)))
        number = Voice().read(voice)
        if number in named:
            raise BadSetting(f"{option} names one voice twice: {shown(one)}")
        named.add(number)
    return settings


def _sent(control: Control, text: str) -> int | float | str:
    assert control.kind is not None  # only an action may have none
    return from_text(control.kind, text)


def rig_of(said: Said, rig: Rig) -> Rig:
    """The rig with what was said over it; BadSetting where that cannot be."""
    kinds = {key.field: key.kind for key in RIG_KEYS}
    sent: Said = {
        name: from_text(kinds[name], said[name]) if isinstance(said[name], str) else said[name] for name in said
    }
    return replace(rig, **sent)
