"""Every mode once, from the first key to the last note-off: all that the session says, and all that is heard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.fakes import ScriptedModel
from support.jamfakes import PLAIN, Jam, Shadow, chord, chords_at, heard, rest

from companion.controls.settings import Settings
from companion.controls.table import MODES
from companion.model.contract import AsideContract
from companion.music.vocabulary import IntArray
from companion.session.modes import mode_named
from companion.session.turns import ANSWERING, IDLE, PHRASE


class Ending(ScriptedModel):
    """Sings a chord and holds it; it says that the piece is over before a frame."""

    def __init__(self, over: int) -> None:
        super().__init__(chords_at({0: (72, 67, 64, 48), 8: (76, 67, 60, 48)}).script)
        self.contract = replace(self.contract, asides=(AsideContract("end", 1),))
        self.over = over

    def step(self, ids: IntArray, state: Mapping[str, Any], options: object = None) -> tuple[Any, Mapping[str, Any]]:
        ended = np.array([[float(state["notes"] == 4 * self.over)]], np.float32)
        logits, following = super().step(ids, state, options)
        return logits, {**following, "end": ended}


def in_mode(mode: str, **changes: object) -> Settings:
    return replace(PLAIN, mode=mode, **changes)  # type: ignore[arg-type]


def soprano_locked() -> Settings:
    return in_mode("duet", voices=(replace(PLAIN.voices[0], lock=True), *PLAIN.voices[1:]))


def test_listen() -> None:
    """It hears, and never sounds."""
    jam = Jam(chords_at({0: (None, 67, 64, 48), 8: (76, 67, 60, 48)}), in_mode("listen"))
    jam.play((0, 1.9, 72), (2, 3.8, 74)).to(40)
    assert jam.lines == ["taken back 0"]  # the key is heard: the other voices to it are imagined anew
    assert jam.listener.notes() == []
    assert sorted(jam.listener.music) == list(range(8))  # the phrase, and the rest that ended it
    assert [planned.frame.pitches for planned, _ in jam.listener.music.values()] == (
        [(72, 67, 64, 48)] * 2 + [(74, 67, 64, 48)] * 6
    )


def test_continue() -> None:
    """A phrase of a beat; when a beat of rest has lasted (at 7.8) the next beat brings the answer, until stopped."""
    jam = Jam(chords_at({0: (None, 67, 64, 48), 8: (76, 67, 60, 48), 12: (74, 67, 59, 43)}), in_mode("continue"))
    jam.play((0, 1.9, 72), (2, 3.8, 74)).to(16.5)
    assert jam.lines == [
        "taken back 0",  # the key is heard
        *chord(8, 11, "76 67 60 48"),
        *chord(12, 32, "74 67 59 43"),
    ]
    jam.tell("stop")
    jam.to(40)
    assert jam.lines == ["taken back 17", "silence"]
    assert jam.listener.notes() == [
        *heard(8, 12, "76 67 60 48"),
        *heard(12, 16.5, "74 67 59 43"),
    ]
    assert sorted(jam.listener.music) == list(range(17))


@pytest.mark.parametrize("ahead", [True, False])
def test_a_model_ends_its_answer(ahead: bool) -> None:
    """At the 28th frame, planned long before or when it is due: the last chord is held through it, then silence."""
    jam = Jam(Ending(28), in_mode("continue"))
    for start, end, pitch in ((0, 1.9, 72), (2, 3.8, 74)):
        jam.to(start, work=ahead).session.note(start, pitch, 80, 0)
        jam.to(end, work=ahead).session.note(end, pitch, 0, 0)
    jam.to(60, work=ahead)
    assert jam.listener.notes() == heard(8, 29, "76 67 60 48")
    assert jam.listener.messages == ["the piece ended by itself"]
    assert jam.session.activity == IDLE


def test_no_answer_ends_within_its_first_bar() -> None:
    jam = Jam(Ending(23), in_mode("continue"))
    jam.play((0, 1.9, 72), (2, 3.8, 74)).to(60)
    assert jam.session.activity == ANSWERING


def test_an_end_that_is_only_planned_is_found_anew() -> None:
    """The end is in the plan; as settings change, what is planned is made anew, and the end with it."""
    jam = Jam(Ending(28), in_mode("continue"))
    jam.play((0, 1.9, 72), (2, 3.8, 74)).to(16)
    assert jam.session.answer is not None
    assert jam.session.answer.end == 29
    jam.tell("top_p", 0.5)
    assert jam.session.answer.end is None
    jam.to(60)
    assert jam.session.activity == IDLE


@pytest.mark.parametrize(("mode", "ends"), [("duet", False), ("respond", True)])
def test_another_mode_keeps_no_end_of_the_model(mode: str, ends: bool) -> None:
    """A duet goes on; a response has its own length, four bars from where the answer began."""
    jam = Jam(Ending(28), in_mode("continue"))
    jam.play((0, 1.9, 72), (2, 3.8, 74)).to(16)
    jam.tell("mode", mode)
    jam.to(60)
    answer = jam.session.answer
    assert answer is not None
    assert answer.end == (8 + 4 * 16 if ends else None)


def test_a_close_that_is_asked_for_comes_in_place_of_the_models_end() -> None:
    jam = Jam(Ending(40), in_mode("continue"))
    jam.play((0, 1.9, 72), (2, 3.8, 74)).to(16)
    jam.tell("cadence")
    assert jam.session.answer is not None
    assert jam.session.answer.end == 32
    jam.to(60)
    assert jam.listener.notes()[-1][1] == 32


def test_respond() -> None:
    """A call of a bar with an upbeat before it, a response of a bar that closes on its third beat; and once more."""
    chords = {0: (None, 67, 64, 48), 18: (72, 67, 64, 48), 22: (71, 67, 62, 43), 26: (72, 67, 64, 48)}
    again = {50: (76, 67, 60, 48), 58: (72, 67, 64, 48)}  # frames are counted as they are heard
    jam = Jam(chords_at({**chords, **again}), in_mode("respond", bars=1))
    jam.play((14, 15.8, 67), (16, 23.9, 72), (24, 30, 71)).to(46.1)
    assert jam.lines == [
        "taken back 14",
        *chord(32, 35, "72 67 64 48"),
        *chord(36, 39, "71 67 62 43"),
        *chord(40, 47, "72 67 64 48"),
        "clear 48-80",
        *rest(48),
    ]
    jam.play((46.2, 47.9, 67), (48, 55, 72)).to(90)  # the next upbeat, into the last chord
    assert jam.lines == [
        "taken back 46",
        *chord(64, 71, "76 67 60 48"),
        *chord(72, 79, "72 67 64 48"),
        "clear 80-112",
        *rest(80),
    ]
    assert jam.listener.notes() == [
        *heard(32, 36, "72 67 64 48"),
        *heard(36, 40, "71 67 62 43"),
        *heard(40, 48, "72 67 64 48"),
        *heard(64, 72, "76 67 60 48"),
        *heard(72, 80, "72 67 64 48"),
    ]


def test_harmonise_a_note_before_its_line() -> None:
    """The other voices begin on the line; they sing two steps longer than the player, and wait for the next phrase."""
    jam = Jam(Shadow(), in_mode("harmonise"))
    jam.play((3.8, 6.0, 72)).to(20)
    assert jam.lines == [
        *chord(4, 14, ". 67 63 48"),  # as long as the key is down
        "7: . 67 63 48",
        *rest(8, 16),
        "clear 9-41",
    ]
    assert jam.listener.notes() == heard(4, 8, ". 67 63 48")


def test_harmonise_a_note_after_its_line() -> None:
    """The other voices begin with the note; frames go on from there."""
    jam = Jam(Shadow(), in_mode("harmonise"))
    jam.strike(4.3, 72)
    assert jam.lines == ["now alto 67!", "now tenor 63!", "now bass 48!"]
    jam.to(8.1)
    assert jam.lines == [f"{step}: . 67 63 48" for step in range(5, 17)]
    jam.strike(8.2, 74)
    assert jam.lines == [
        "now alto 69!",
        "now tenor 65!",
        "now bass 50!",
        "8: . 69 65 50",  # should the frame of the step not have sounded yet
    ]
    jam.release(8.2, 72)
    jam.release(12, 74)
    jam.to(20)
    assert jam.listener.notes() == [
        *heard(4.3, 8.2, ". 67 63 48"),
        *heard(8.2, 14, ". 69 65 50"),
    ]


def test_harmonise_a_note_on_its_line() -> None:
    """It comes when the frame of the step has gone out already: at once."""
    jam = Jam(Shadow(), in_mode("harmonise"))
    jam.play((4, 7.9, 72), (8, 11.9, 76)).to(20)
    assert jam.listener.notes() == [
        *heard(4, 8, ". 67 63 48"),
        *heard(8, 14, ". 71 67 52"),
    ]


def test_duet() -> None:
    """It runs by itself from the first beat, around the soprano that is the player's."""
    jam = Jam(Shadow(), soprano_locked())
    jam.to(3.5)
    assert jam.lines == chord(0, 11, ". 65 60 41")
    jam.strike(3.8, 72)
    assert jam.lines == chord(4, 4, ". 67 63 48")  # at once: its step may be about to come
    jam.to(5.9)
    assert jam.lines == [f"{step}: . 67 63 48" for step in range(5, 14)]
    jam.release(5.9, 72)
    jam.work()
    assert jam.lines == [*[f"{step}: . 67 63 48" for step in (6, 7)], *chord(8, 13, ". 65 60 41")]
    jam.to(12.5)
    jam.lines.clear()
    jam.tell("stop")
    assert jam.lines == ["silence"]
    assert jam.listener.notes() == [
        *heard(0, 4, ". 65 60 41"),
        *heard(4, 8, ". 67 63 48"),
        *heard(8, 12.5, ". 65 60 41"),
    ]


def test_loop() -> None:
    """The last take, filled up to a bar, again and again from the next bar line."""
    jam = Jam(chords_at({0: (None, 67, 64, 48)}), in_mode("listen"))
    jam.play((2, 4, 72), (4, 6, 74)).to(11)
    jam.lines.clear()
    jam.tell("mode", "loop")
    jam.work()
    assert jam.lines == [
        *rest(16, 17),
        "18: 72! 67! 64! 48!",
        "19: 72 67 64 48",
        "20: 74! 67 64 48",
        *[f"{step}: 74 67 64 48" for step in range(21, 26)],
        *rest(26, 27),
    ]
    jam.to(34.5)
    assert jam.lines == [
        *rest(28, 33),
        "34: 72! 67! 64! 48!",
        "35: 72 67 64 48",
        "36: 74! 67 64 48",
        *[f"{step}: 74 67 64 48" for step in range(37, 42)],
        *rest(42, 49),
        "50: 72! 67! 64! 48!",
    ]
    jam.tell("stop")
    assert jam.lines == ["taken back 35", "silence"]
    assert jam.listener.notes() == sorted(
        [
            *heard(18, 20, "72 . . ."),
            *heard(18, 26, ". 67 64 48"),
            *heard(20, 26, "74 . . ."),
            *heard(34, 34.5, "72 67 64 48"),
        ]
    )


def test_a_loop_begins_by_itself_when_the_phrase_is_over() -> None:
    jam = Jam(chords_at({0: (None, 67, 64, 48)}), in_mode("loop"))
    jam.play((2, 4, 72), (4, 6, 74)).to(10.5)
    assert jam.session.activity == ANSWERING
    jam.to(34.5)
    jam.tell("stop")
    notes = [heard(18, 20, "72 . . ."), heard(18, 26, ". 67 64 48"), heard(20, 26, "74 . . .")]
    assert jam.listener.notes() == sorted(sum(notes, heard(34, 34.5, "72 67 64 48")))
    jam.play((36, 38, 76)).to(50.5)
    assert jam.listener.pitches[0] is None
    jam.to(52.5)
    assert jam.listener.pitches[0] == 76  # the last phrase


def test_a_phrase_that_goes_on_before_its_loop_is_looped_whole() -> None:
    jam = Jam(chords_at({0: (None, 67, 64, 48)}), in_mode("loop"))
    jam.play((0, 3, 72)).to(8)
    assert jam.session.activity == ANSWERING
    jam.play((9, 11, 74))
    assert jam.session.activity == PHRASE
    jam.to(25.5)
    assert jam.session.activity == ANSWERING and jam.listener.pitches[0] == 74


def test_a_loop_that_is_chosen_in_a_phrase_waits_for_its_end() -> None:
    jam = Jam(chords_at({0: (None, 67, 64, 48)}), in_mode("listen"))
    jam.play((0, 3, 72)).strike(4, 74)
    jam.tell("mode", "loop")
    jam.to(20)
    assert jam.session.activity == PHRASE
    jam.release(20, 74)
    jam.to(32.5)
    assert jam.session.activity == ANSWERING and jam.listener.pitches[0] == 72


def test_every_mode_of_the_table_has_its_file() -> None:
    assert [mode_named(name).name for name in MODES] == [*MODES]
