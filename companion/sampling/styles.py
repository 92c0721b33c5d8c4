"""Named sets of sampling defaults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from companion.controls.settings import Settings
from companion.controls.table import Choices, StyleDefaults
from companion.errors import BadSetting
from companion.music.vocabulary import VOICES
from companion.sampling.draw import Sampling, denser
from companion.sampling.following import stays_home
from companion.sampling.lookahead import leaves_room
from companion.sampling.rules import (
    close_spacing,
    in_range,
    keep_moving,
    no_crossing,
    no_parallels,
    sings_on,
)

_PART_WRITING = (in_range, sings_on, no_crossing, no_parallels, leaves_room, close_spacing)

STYLES: dict[str, Sampling] = {
    # Clean part-writing, sure choices, and a hold on the key.
    "bach": Sampling(0.8, 0.95, (*_PART_WRITING, keep_moving, stays_home), key_penalty=1.8, harmony=1.0),
    # The model as it is, inside the voices' ranges and near to where they were heard.
    "free": Sampling(1.0, 1.0, (in_range, keep_moving, stays_home)),
    # Surprises.
    "wild": Sampling(1.4, 1.0, (in_range, keep_moving, stays_home)),
}


def known_choices(models: tuple[str, ...]) -> Choices:
    """The models and styles there are."""
    return Choices(models, tuple(StyleDefaults(name, own.temperature, own.top_p) for name, own in STYLES.items()))


def sampling_of(settings: Settings) -> Sampling:
    """What a player's settings say of sampling; BadSetting where that cannot be."""
    own = [voice.temperature for voice in settings.voices]
    sampling = style(settings.style, settings.temperature, settings.top_p, settings.density, own)
    return replace(sampling, threshold=settings.threshold)


def style(
    name: str,
    temperature: float | None = None,
    top_p: float | None = None,
    density: float = 0.0,
    voice_temperatures: Sequence[float | None] = (None,) * len(VOICES),
) -> Sampling:
    """A style with the user's own values over its defaults; BadSetting lists the styles there are."""
    if name not in STYLES:
        raise BadSetting(f"unknown style {name!r}; choose one of {', '.join(STYLES)}")
    chosen = STYLES[name]
    own = replace(
        chosen,
        temperature=chosen.temperature if temperature is None else temperature,
        top_p=chosen.top_p if top_p is None else top_p,
        voice_temperatures=tuple(voice_temperatures),
    )
    return denser(own, density)
