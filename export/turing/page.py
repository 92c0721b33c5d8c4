"""The page: one file that needs no network, with the test in it and an organ that plays it.

The music is in it as notes, which the browser sounds by the companion's organ: a page of some 50 kB where sound itself
would take many megabytes, and an encoder that nobody has. Who reads the notes there learns nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from companion.audio.browser import organ_numbers, organ_script
from export.judging.keeping import VELOCITY

EXCERPT_LOUDNESS = (
    0.1  # root mean square of every excerpt, 1 is full scale; soft enough for the peaks of all that was tried
)


def listening_page(heard: Mapping[str, Any]) -> str:
    """The page of what SealedTest holds for it."""
    parts = {
        "style": _source("page.css"),
        "script": f"{organ_script()}\n{_source('excerpt.js')}\n{_source('page.js')}",
        "organ": _json(excerpts_organ()),
        "test": _json(heard),
    }
    page = _source("page.html")
    for name, text in parts.items():
        page = page.replace(f"{{{{{name}}}}}", text)
    return page


def excerpts_organ() -> dict[str, Any]:
    """What the page's organ is told."""
    return {**organ_numbers(VELOCITY), "loudness": EXCERPT_LOUDNESS}


def _source(name: str) -> str:
    return files("export.turing").joinpath(name).read_text("utf-8")


def _json(value: object) -> str:
    """As it can stand in a page: no tag can begin in it."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")
