"""The page as text: whole in itself, and safe whatever is in it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

import pytest
from support.traced import HOSTILE, small_trace

from companion.audio.browser import organ_numbers
from companion.visuals.page import ORGAN_VELOCITY, page_of
from companion.visuals.shown import shown_trace
from companion.visuals.traced import TracedModel


@pytest.fixture(scope="module")
def page() -> str:
    return page_of(shown_trace("song", small_trace()))


def part(page: str, name: str) -> Any:
    found = re.search(f'<script type="application/json" id="{name}">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_the_music_and_the_organ_stand_in_it(page: str) -> None:
    assert part(page, "shown") == shown_trace("song", small_trace()).as_json()
    assert part(page, "organ") == json.loads(json.dumps(organ_numbers(ORGAN_VELOCITY)))
    assert "{{" not in page


def test_it_needs_nothing_else_and_may_fetch_nothing(page: str) -> None:
    assert re.findall(r"""\b(?:src|href)\s*=\s*["'][^"']*|@import|url\(""", page) == []
    assert set(re.findall(r"https?://[^\"'\s]*", page)) == {"http://www.w3.org/2000/svg"}  # the name of SVG


def test_nothing_but_its_own_script_and_style_may_run(page: str) -> None:
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    digests = {
        kind: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for kind, text in (
            ("script", page.rpartition("<script>")[2].partition("</script>")[0]),
            ("style", page.partition("<style>")[2].partition("</style>")[0]),
        )
    }
    assert policy.split("; ") == [
        "default-src 'none'",
        f"script-src 'sha256-{digests['script']}'",
        f"style-src 'sha256-{digests['style']}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert "innerHTML" not in page and "insertAdjacentHTML" not in page and "document.write" not in page


def test_no_tag_can_begin_in_what_is_put_into_it() -> None:
    trace = small_trace(model=TracedModel(HOSTILE), style=HOSTILE, key=HOSTILE, again=HOSTILE)
    page = page_of(shown_trace(HOSTILE, trace))
    assert page.count("<script") == 3
    assert "<img" not in page
    assert part(page, "shown")["title"] == HOSTILE


def test_a_piece_of_two_minutes_weighs_less_than_a_megabyte() -> None:
    """By the numbers of one note, all of which are struck here."""
    trace = small_trace()
    empty, full = (len(page_of(shown_trace("x", one))) for one in (small_trace(), trace))
    frames = len(trace.frames)
    two_minutes = 120 / 60 * 100 * 4  # steps at 100 beats a minute
    assert empty == full < 70_000
    assert two_minutes / frames * len(json.dumps(shown_trace("x", trace).as_json())) < 500_000
