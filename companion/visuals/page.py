"""The page: one file that needs no network, with the music in it, its picture and an organ that plays it.

Whatever comes from a file is data in it and is shown as text: nothing else than the page's own script may run, by its
policy, which names that script by its digest.
"""

from __future__ import annotations

from importlib.resources import files

from companion.audio.browser import organ_numbers, organ_script
from companion.visuals.sealed import as_json, buttons_style, policy_of, with_parts
from companion.visuals.shown import ShownMusic

ORGAN_VELOCITY = 80
SCRIPTS = ("music.js", "roll.js", "arcs.js", "panel.js", "player.js", "page.js")


def page_of(shown: ShownMusic) -> str:
    """The page of some music."""
    style = f"{buttons_style()}{_source('page.css')}"
    script = "\n".join(['"use strict";', organ_script(), *map(_source, SCRIPTS)])
    parts = {
        "policy": policy_of(script, style),
        "style": style,
        "script": script,
        "shown": as_json(shown.as_json()),
        "organ": as_json(organ_numbers(ORGAN_VELOCITY)),
    }
    return with_parts(_source("page.html"), parts)


def _source(name: str) -> str:
    return files("companion.visuals").joinpath(name).read_text("utf-8")
