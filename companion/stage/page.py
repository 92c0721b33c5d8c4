"""The page of the stage, and the policy by which nothing but its own script runs in it."""

from __future__ import annotations

import functools
from importlib.resources import files

from companion.visuals.sealed import policy_of, with_parts

_SCRIPTS = ("feed.js", "drawing.js", "stage.js")


def stage_page(host: str) -> tuple[bytes, str]:
    """The page, and the policy that is sent with it; the socket is at ``host``, as the browser names it."""
    page, style, script = _parts()
    return page, policy_of(script, style, f"connect-src ws://{host}")


@functools.cache
def _parts() -> tuple[bytes, str, str]:
    style = _source("page.css")
    script = "\n".join(['"use strict";', *map(_source, _SCRIPTS)])
    return with_parts(_source("page.html"), {"style": style, "script": script}).encode(), style, script


def _source(name: str) -> str:
    return files("companion.stage").joinpath(name).read_text("utf-8")
