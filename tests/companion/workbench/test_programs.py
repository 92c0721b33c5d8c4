"""Programs by their names and numbers."""

from __future__ import annotations

import pytest

from companion.errors import BadSetting
from companion.workbench.programs import _USUAL, CHOIR, PROGRAMS, program_of


def test_general_midi() -> None:
    assert len(PROGRAMS) == len({name.lower() for name in PROGRAMS}) == 128
    places = {1: "Acoustic Grand Piano", 20: "Church Organ", 49: "String Ensemble 1", 53: "Choir Aahs", 128: "Gunshot"}
    assert {number: PROGRAMS[number - 1] for number in places} == places


@pytest.mark.parametrize("number", [1, 20, 53, 128])
def test_by_number_and_whole_name(number: int) -> None:
    assert program_of(str(number)) == program_of(f" {PROGRAMS[number - 1].upper()}  ") == number - 1


@pytest.mark.parametrize(
    ("text", "program"),
    [
        *((CHOIR, 52), ("organ", 19), ("choir", 52), ("piano", 0), ("Strings", 48), ("flute", 73), ("violin", 40)),
        *(("harpsi", 6), ("oohs", 53), ("none", None), ("NONE", None)),
    ],
)
def test_by_name(text: str, program: int | None) -> None:
    assert program_of(text) == program


def test_usual_names_are_programs() -> None:
    assert {name for name in _USUAL.values()} <= {name.lower() for name in PROGRAMS}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("0", "program must be a number from 1 to 128, a name or none, not 0"),
        ("129", "program must be a number from 1 to 128, a name or none, not 129"),
        ("9" * 9999, "program must be a number from 1 to 128, a name or none, not 999999999"),
        ("", "program must be a name of General MIDI, 1 to 128 or none, not ''"),
        ("-1", "program must be a name of General MIDI, 1 to 128 or none, not '-1'"),
        ("²", "program must be a name of General MIDI, 1 to 128 or none, not '²'"),
        ("tuba\n", None),
        ("vuvuzela", "program must be a name of General MIDI, 1 to 128 or none, not 'vuvuzela'"),
        ("accordion", None),
        ("clav", None),
        ("sax ", None),
        ("recor", None),
        ("soprano", None),
        ("trump", "'trump' are several programs: 57 Trumpet, 60 Muted Trumpet; name one"),
        ("synth strings", "'synth strings' are several programs: 51 Synth Strings 1, 52 Synth Strings 2; name one"),
    ],
)
def test_what_is_no_program(text: str, fault: str | None) -> None:
    if fault is None:
        assert program_of(text) in range(128)
        return
    with pytest.raises(BadSetting) as caught:
        program_of(text)
    assert str(caught.value) == fault
