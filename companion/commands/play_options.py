"""The options that say how the companion plays to a file, alike in every command that has them."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from companion.controls.kinds import AUTO, Voice, shown
from companion.controls.table import DEFAULT_MODEL, DEFAULT_STYLE, Settings, change
from companion.errors import BadSetting

if TYPE_CHECKING:
    from companion.commands.files import Playing

ModelOption = Annotated[str, typer.Option("--model", help="A model's name (see: chorale models) or an .onnx file.")]
Style = Annotated[str, typer.Option("--style", help="Sampling defaults: bach (strict), free or wild.")]
Temperature = Annotated[
    float | None,
    typer.Option("--temperature", "-t", help="0: the likeliest note; higher: bolder. Default: the style's."),
]
TopP = Annotated[float | None, typer.Option("--top-p", help="Keep the likeliest notes up to this share, above 0 to 1.")]
Seed = Annotated[int | None, typer.Option("--seed", help="A number that makes the result repeatable.")]


VoiceTemperature = Annotated[
    list[str] | None,
    typer.Option("--voice-temperature", help="Of one voice, as in bass=0.5; may be given more than once."),
]
Density = Annotated[float, typer.Option("--density", help="Above 0 more notes, below 0 fewer; from -4 to 4.")]
KeyOption = Annotated[
    str, typer.Option("--key", help="The key to keep to, as in 'e minor'; auto is the one that is heard.")
]
Velocity = Annotated[str, typer.Option("--velocity", help="How loud: played, entropy, or 1..127.")]


def _playing(
    model: ModelOption = DEFAULT_MODEL,
    style: Style = DEFAULT_STYLE,
    temperature: Temperature = None,
    voice_temperature: VoiceTemperature = None,
    top_p: TopP = None,
    density: Density = 0.0,
    key: KeyOption = AUTO,
    seed: Seed = None,
    velocity: Velocity = "played",
) -> Playing:
    """What the options say; they stand in ``--help`` in this order."""
    from companion.commands.files import Playing  # noqa: PLC0415 - heavy

    own = voice_temperatures(voice_temperature or ())
    return Playing(model, style, temperature, top_p, seed, velocity, density, key, own)


def with_playing(command: Callable[..., None]) -> Callable[..., None]:
    """A command with all these options in the place of its parameter ``playing``, which is made of them."""
    options = _parameters(_playing)

    @functools.wraps(command)
    def run(**said: Any) -> None:
        chosen = {name: said.pop(name) for name in options}
        command(**said, playing=_playing(**chosen))

    spread = [options.values() if name == "playing" else [own] for name, own in _parameters(command).items()]
    parameters = list(itertools.chain(*spread))
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """A function's parameters with their types, by name only, so that their order is free."""
    types = get_type_hints(function, localns={"Playing": Any}, include_extras=True)  # a name for type checkers only
    return {
        name: parameter.replace(annotation=types[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in inspect.signature(function).parameters.items()
    }


def voice_temperatures(said: Sequence[str]) -> tuple[float | None, ...]:
    """The temperatures of the voices, soprano first, from ``bass=0.5`` and the like.

    Raises:
        BadSetting: that is not how one is written, or a voice is named twice.
    """
    settings, named = Settings(), set()
    for one in said:
        voice, sign, value = (part.strip() for part in one.partition("="))
        if not sign:
            raise BadSetting(f"voice-temperature must be written like bass=0.5, not {shown(one)}")
        settings = change(settings, "temperature", (_number(value), voice))
        number = Voice().read(voice)
        if number in named:
            raise BadSetting(f"voice-temperature names one voice twice: {shown(one)}")
        named.add(number)
    return tuple(voice.temperature for voice in settings.voices)


def _number(text: str) -> float | str:
    """The number that a text is, or the text: it may be ``auto``."""
    try:
        return float(text)
    except ValueError:
        return text
