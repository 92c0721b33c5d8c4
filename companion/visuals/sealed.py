"""Pages in one piece, in which nothing but their own script runs: by a policy that names it by its digest."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from importlib.resources import files


def with_parts(page: str, parts: Mapping[str, str]) -> str:
    """A page with its parts in their ``{{places}}``."""
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], page)


def buttons_style() -> str:
    """How buttons look in every page, in the colours that the page names."""
    return files("companion.visuals").joinpath("buttons.css").read_text("utf-8")


def policy_of(script: str, style: str, *more: str) -> str:
    """A content security policy that lets this script run and this style be seen, and what more it names."""
    allowed = (
        "default-src 'none'",
        f"script-src '{_digest(script)}'",
        f"style-src '{_digest(style)}'",
        *more,
        "base-uri 'none'",
        "form-action 'none'",
    )
    return "; ".join(allowed)


def as_json(value: object) -> str:
    """As it can stand in a page: no tag can begin in it."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def _digest(text: str) -> str:
    """As a policy names what stands in a page."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
