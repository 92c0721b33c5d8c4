"""The page as text: whole in itself, and silent about what is right."""

from __future__ import annotations

import json
import re

from support.blind import sealed_test

from companion.audio.organ import RANKS, Room
from export.turing.page import excerpts_organ, listening_page
from export.turing.results import RESULT_FORMAT, SURENESS


def part(page: str, name: str) -> object:
    found = re.search(f'<script type="application/json" id="{name}">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_the_test_and_the_organ_stand_in_it() -> None:
    page = listening_page(sealed_test().heard)
    assert part(page, "test") == sealed_test().heard
    assert part(page, "organ") == json.loads(json.dumps(excerpts_organ()))
    assert "{{" not in page


def test_it_needs_nothing_else_and_may_fetch_nothing() -> None:
    page = listening_page(sealed_test().heard)
    assert re.findall(r"""\b(?:src|href)\s*=\s*["'][^"']*|https?://|@import|url\(""", page) == []
    assert "default-src 'none'" in page


def test_it_names_neither_pieces_nor_models() -> None:
    page = listening_page(sealed_test().heard)
    for question in sealed_test().answers.questions:
        assert question.piece not in page
        assert question.model not in page


def test_no_tag_can_begin_in_what_is_put_into_it() -> None:
    page = listening_page({"test": "</script><b>"})
    assert "</script><b>" not in page
    assert part(page, "test") == {"test": "</script><b>"}


def test_both_sides_speak_of_the_same_things() -> None:
    page = listening_page(sealed_test().heard)
    assert f'"{RESULT_FORMAT}"' in page
    assert [one.lower() for one in re.findall(r'\["([A-Z][a-z ]+)", "[a-z]"\]', page)] == list(SURENESS)


def test_the_organ_is_the_companions() -> None:
    numbers = excerpts_organ()
    assert [rank["harmonics"] for rank in numbers["ranks"]] == [rank.harmonics for rank in RANKS]
    assert numbers["room"]["delays"] == Room.DELAYS.ravel().tolist()
