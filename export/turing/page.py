"""The page: one file that needs no network, with the test in it and an organ that plays it.

The music is in it as notes, which the browser sounds by the companion's organ: a page of some 50 kB where sound itself
would take many megabytes, and an encoder that nobody has. Who reads the notes there learns nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from companion.audio.browser import organ_numbers, organ_script
from companion.visuals.sealed import as_json, buttons_style, policy_of, with_parts
from export.judging.keeping import VELOCITY

EXCERPT_LOUDNESS = (
    0.1  # root mean square of every excerpt, 1 is full scale; soft enough for the peaks of all that was tried
)

_SCRIPTS = ("excerpt.js", "page.js")
_NUMBERS = """const TEST = JSON.parse(document.getElementById("test").textContent);
const ORGAN = JSON.parse(document.getElementById("organ").textContent);"""


def listening_page(heard: Mapping[str, Any]) -> str:
    """The page of what SealedTest holds for it."""
    style = f"{buttons_style()}{_source('page.css')}"
    script = "\n".join(['"use strict";', _NUMBERS, organ_script(), *map(_source, _SCRIPTS)])
    parts = {
        "policy": policy_of(script, style),
        "style": style,
        "script": script,
        "organ": as_json(excerpts_organ()),
        "test": as_json(heard),
    }
    return with_parts(_source("page.html"), parts)


def excerpts_organ() -> dict[str, Any]:
    """What the page's organ is told."""
    return {**organ_numbers(VELOCITY), "loudness": EXCERPT_LOUDNESS}


def _source(name: str) -> str:
    return files("export.turing").joinpath(name).read_text("utf-8")
