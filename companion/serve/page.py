"""The page that the service serves: music dropped or played in, the answer drawn and heard."""

from __future__ import annotations

import functools
from importlib.resources import files

from companion.audio.browser import organ_numbers, organ_script
from companion.visuals.sealed import as_json, buttons_style, policy_of, with_parts

_VELOCITY = 80  # at which the organ plays
_SCRIPTS = ("asking.js", "hearing.js", "service.js")


@functools.cache
def service_page() -> tuple[bytes, str]:
    """The page, and the policy that is sent with it: nothing but its own script runs, and it asks nobody else."""
    style = f"{buttons_style()}{_source('page.css')}"
    player = files("companion.visuals").joinpath("player.js").read_text("utf-8")
    numbers = f"const ORGAN = {as_json(organ_numbers(_VELOCITY))};"
    script = "\n".join(
        ['"use strict";', numbers, organ_script(), *map(_source, _SCRIPTS[:2]), player, _source(_SCRIPTS[2])]
    )
    page = with_parts(_source("page.html"), {"style": style, "script": script})
    return page.encode(), policy_of(script, style, "connect-src 'self'", "img-src data:")


def _source(name: str) -> str:
    return files("companion.serve").joinpath(name).read_text("utf-8")
