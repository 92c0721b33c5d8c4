"""Named sets of sampling defaults."""

from __future__ import annotations

from dataclasses import replace

from companion.errors import BadSetting
from companion.rules import in_range, keep_moving, no_crossing, no_parallels, sings_on
from companion.sampling import Sampling

STYLES: dict[str, Sampling] = {
    # Clean part-writing, sure choices, and a hold on the key.
    "bach": Sampling(0.8, 0.95, (in_range, sings_on, no_crossing, no_parallels, keep_moving), key_penalty=1.5),
    # The model as it is, inside the voices' ranges.
    "free": Sampling(1.0, 1.0, (in_range, keep_moving)),
    # Surprises.
    "wild": Sampling(1.4, 1.0, (in_range, keep_moving)),
}


def style(name: str, temperature: float | None = None, top_p: float | None = None) -> Sampling:
    """A style with the user's own values over its defaults; BadSetting lists the styles there are."""
    if name not in STYLES:
        raise BadSetting(f"unknown style {name!r}; choose one of {', '.join(STYLES)}")
    chosen = STYLES[name]
    return replace(
        chosen,
        temperature=chosen.temperature if temperature is None else temperature,
        top_p=chosen.top_p if top_p is None else top_p,
    )
