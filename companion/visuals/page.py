"""The page: one file that needs no network, with the music in it, its picture and an organ that plays it.

Whatever comes from a file is data in it and is shown as text: nothing else than the page's own script may run, by its
policy, which names that script by its digest.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from importlib.resources import files

from companion.audio.browser import organ_numbers, organ_script
from companion.visuals.shown import ShownMusic

ORGAN_VELOCITY = 80
SCRIPTS = ("music.js", "roll.js", "arcs.js", "panel.js", "player.js", "page.js")


def page_of(shown: ShownMusic) -> str:
    """The page of some music."""
    style = _source("page.css")
    script = "\n".join(['"use strict";', organ_script(), *map(_source, SCRIPTS)])
    parts = {
        "policy": f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}';"
        " base-uri 'none'; form-action 'none'",
        "style": style,
        "script": script,
        "shown": _json(shown.as_json()),
        "organ": _json(organ_numbers(ORGAN_VELOCITY)),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], _source("page.html"))


def _source(name: str) -> str:
    return files("companion.visuals").joinpath(name).read_text("utf-8")


def _digest(text: str) -> str:
    """As a policy names what stands in a page."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _json(value: object) -> str:
    """As it can stand in a page: no tag can begin in it."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")
