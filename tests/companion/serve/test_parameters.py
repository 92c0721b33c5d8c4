"""What can be said in an address is what can be typed."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from companion.cli import continue_, harmonise_command, rewrite_command
from companion.errors import BadSetting
from companion.serve.parameters import PARAMETERS, said_in

COMMANDS = {"continue": continue_, "harmonise": harmonise_command, "rewrite": rewrite_command}
OF_FILES = {"out", "trace", "wav", "soundfont", "png", "svg", "pdf", "force", "quiet", "variations", "out_dir"}


@pytest.mark.parametrize("what", COMMANDS)
def test_every_option_of_the_music_is_a_parameter_in_the_same_order(what: str) -> None:
    """In the same order, since the command that makes it again stands in the file."""
    _, *typed = inspect.signature(COMMANDS[what]).parameters  # the first is the files
    assert [one.name for one in PARAMETERS[what]] == [name for name in typed if name not in OF_FILES]


def test_values_are_of_their_kind() -> None:
    given = [("bars", "4"), ("to_its_end", "true"), ("voice_temperature", "bass=1"), ("voice_temperature", "alto=2")]
    assert said_in("continue", given) == {"bars": 4, "to_its_end": True, "voice_temperature": ["bass=1", "alto=2"]}
    assert said_in("continue", [("to_its_end", "0")]) == {}
    assert said_in("rewrite", [("bars", "5-8")]) == {"bars": "5-8"}


@pytest.mark.parametrize(
    ("what", "given", "told"),
    [
        ("continue", [("to_its_end", "maybe")], "to_its_end must be true or false, not 'maybe'"),
        ("continue", [("bars", "²")], "bars must be a whole number, not '²'"),
        ("harmonise", [("form", "AABA")], "harmonise has no parameter 'form'; it has voice, "),
        ("harmonise", [("key", "G"), ("key", "C")], "key is said 2 times, and can be said once"),
        ("rewrite", [], "rewrite must be told bars"),
    ],
)
def test_what_cannot_be_said_is_one_line(what: str, given: Any, told: str) -> None:
    with pytest.raises(BadSetting) as caught:
        said_in(what, given)
    assert str(caught.value).startswith(told)
