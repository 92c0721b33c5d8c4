"""Clips between the device and the companion: nothing lost, nothing twice, nothing too much."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from hypothesis import given as given_any
from hypothesis import strategies as st
from support.clipmaker import Maker

from companion.clips.desk import ANOTHER_WISH, NO_ANSWER, NOBODY, ClipDesk
from companion.clips.maker import ClipMade, ClipProgress
from companion.clips.music import ClipAnswer
from companion.controls.settings import Settings
from companion.io.clip_messages import (
    CHUNK_NOTES,
    REWRITE,
    ClipAsk,
    ClipDrop,
    ClipGot,
    ClipHere,
    ClipMark,
    ClipMessage,
    ClipNote,
    ClipPart,
    ClipVoiceNote,
)
from companion.io.osc_messages import OscFault, decode
from companion.music.bars import Barlines
from companion.record.log import LoggedFrame

NOTES = tuple(ClipNote(60 + place % 12, place / 2, 0.5, 80) for place in range(30))
ANSWER = ClipAnswer(tuple(ClipVoiceNote(place % 4, NOTES[place]) for place in range(30)), 16.0, "G major seed 0 14:05")


class Rig:
    """A desk and its tapes."""

    def __init__(self) -> None:
        self.sent: list[ClipMessage] = []
        self.lines: list[str] = []
        self.maker = Maker()
        self.desk = ClipDesk(self.sent.append, self.lines.append, self.maker, lambda: "14:05")
        self.now_s = 0.0

    def hear(self, message: Any) -> None:
        self.desk.hear(message, self.now_s)

    def tick(self, seconds: float = 0.01, answering: bool = False) -> None:
        self.now_s += seconds
        self.desk.tick(self.now_s, Settings(seed=5), Barlines.of_metre(4, 4), answering)

    def said(self, word: str) -> list[tuple[Any, ...]]:
        return [arguments for address, arguments in self.sent if address == f"/chorale/clip/{word}"]


def ask(request: int = 7, notes: int = len(NOTES), length: float = 16.0) -> ClipAsk:
    return ClipAsk(request, "harmonise", notes, length, 4, 4, 4, 0)


def parts(request: int = 7) -> list[ClipPart]:
    starts = range(0, len(NOTES), CHUNK_NOTES)
    return [ClipPart(request, number, NOTES[at : at + CHUNK_NOTES]) for number, at in enumerate(starts, start=1)]


def given(rig: Rig, request: int = 7) -> None:
    rig.hear(ask(request))
    for part in parts(request):
        rig.hear(part)


def test_chunks_in_any_order_and_twice_make_one_wish() -> None:
    rig = Rig()
    rig.tick()
    rig.hear(ask())
    for part in (parts()[2], parts()[0], parts()[2], parts()[1], parts()[0]):
        rig.hear(part)
    assert rig.said("heard") == [(7, 0), (7, 3), (7, 1), (7, 3), (7, 2), (7, 1)]
    assert [(wish.notes, wish.settings.seed, wish.time_of_day) for wish in rig.maker.wishes] == [(NOTES, 5, "14:05")]


def test_chunks_of_another_wish_or_size_are_passed_over() -> None:
    rig = Rig()
    rig.hear(parts()[0])
    rig.hear(ask())
    rig.hear(ClipPart(6, 1, NOTES[:12]))
    rig.hear(ClipPart(7, 1, NOTES[:11]))
    rig.hear(ClipPart(7, 4, NOTES[:12]))
    assert rig.said("heard") == [(7, 0)]
    assert rig.maker.wishes == []


def test_a_wish_to_rewrite_takes_notes_with_their_voices_alone() -> None:
    rig = Rig()
    rig.hear(replace(ask(), what=REWRITE, first=4.0, stop=8.0))
    rig.hear(parts()[0])
    assert rig.said("heard") == [(7, 0)]
    marks = tuple(ClipMark(place % 4, place < 3) for place in range(len(NOTES)))
    for part in parts():
        first = (part.chunk - 1) * CHUNK_NOTES
        rig.hear(replace(part, marks=marks[first : first + CHUNK_NOTES]))
    assert rig.said("heard")[1:] == [(7, 1), (7, 2), (7, 3)]
    assert [(wish.notes, wish.marks) for wish in rig.maker.wishes] == [(NOTES, marks)]
    rig.hear(ask(8))
    rig.hear(ClipPart(8, 1, NOTES[:12], marks[:12]))
    assert rig.said("heard")[4:] == [(8, 0)]


def test_an_answer_goes_out_eight_at_once_until_all_of_it_has_arrived() -> None:
    rig = Rig()
    given(rig)
    long = ClipAnswer(ANSWER.notes * 5, 16.0, "name")
    rig.maker.told = [ClipProgress(7, 3, 64), ClipMade(7, long)]
    rig.tick()
    assert rig.said("working") == [(7, 3, 64)]
    assert rig.said("answer") == [(7, 150, 16.0, "name")]
    assert [arguments[1] for arguments in rig.said("notes")] == list(range(1, 8))
    rig.tick()
    assert len(rig.said("notes")) == 7
    rig.hear(ClipGot(7, 3))
    rig.tick()
    assert [arguments[1] for arguments in rig.said("notes")][7:] == [8]
    rig.tick(0.295)
    assert [arguments[1] for arguments in rig.said("notes")][8:] == [1, 2, 4, 5, 6, 7]  # 8 was sent later
    for chunk in range(14):
        rig.hear(ClipGot(7, chunk))
    before = len(rig.sent)
    rig.tick(5)
    assert len(rig.sent) == before and rig.lines == []


def test_every_datagram_is_small_and_comes_through_any_loss() -> None:
    dice = random.Random(4)
    rig = Rig()
    given(rig)
    rig.maker.told = [ClipMade(7, ANSWER)]
    got: dict[int, tuple[Any, ...]] = {}
    for _ in range(300):
        before = len(rig.sent)
        rig.tick(0.05)
        for address, (request, *rest) in rig.sent[before:]:
            if address.endswith(("notes", "answer")) and dice.random() < 0.5:
                chunk = int(rest[0]) if address.endswith("notes") else 0
                got[chunk] = tuple(rest[1:])
                if dice.random() < 0.5:
                    rig.hear(ClipGot(int(request), chunk))
    assert sorted(got) == [0, 1, 2, 3]
    values = [value for chunk in (1, 2, 3) for value in got[chunk]]
    expected = [
        value
        for voice, note in ANSWER.notes
        for value in (voice + 1, note.pitch, note.start, note.duration, note.velocity)
    ]
    assert values == expected
    assert rig.lines == []


def test_nobody_there_is_one_line() -> None:
    rig = Rig()
    given(rig)
    rig.maker.told = [ClipMade(7, ANSWER)]
    for _ in range(40):
        rig.tick(0.3)
    assert rig.lines == [NOBODY]
    assert len(rig.said("answer")) <= 22


def test_the_wish_said_again_asks_how_far_it_is() -> None:
    rig = Rig()
    given(rig)
    rig.hear(ask())
    assert rig.said("heard")[-1] == (7, 0)
    rig.maker.told = [ClipMade(7, None, "the clip holds all four voices: there is none to add")]
    rig.tick()
    rig.hear(ask())
    assert rig.said("fault") == [(7, "the clip holds all four voices: there is none to add")] * 2


def test_an_answer_that_got_lost_altogether_comes_again_when_asked_for() -> None:
    rig = Rig()
    given(rig)
    rig.maker.told = [ClipMade(7, ANSWER)]
    for _ in range(40):
        rig.tick(0.3)
    rig.sent.clear()
    rig.hear(ask())
    rig.tick()
    assert len(rig.said("answer")) == 1
    assert len(rig.maker.wishes) == 1


def test_another_wish_takes_the_place_of_the_first() -> None:
    rig = Rig()
    given(rig, 7)
    rig.hear(ask(8))
    assert rig.maker.cancelled == 1
    assert rig.said("fault") == [(7, ANOTHER_WISH)]  # which may be another device's
    rig.maker.told = [ClipMade(7, ANSWER)]
    rig.tick()
    assert rig.said("answer") == []


def test_an_answer_on_its_way_gives_way_to_another_wish() -> None:
    rig = Rig()
    given(rig, 7)
    rig.maker.told = [ClipMade(7, ANSWER)]
    rig.tick()
    rig.hear(ask(8))
    rig.sent.clear()
    rig.tick(1)
    assert rig.sent == []


def test_a_wish_that_is_dropped_is_not_made_and_not_sent() -> None:
    rig = Rig()
    given(rig)
    rig.maker.told = [ClipMade(7, ANSWER)]
    rig.tick()
    rig.hear(ClipDrop(7))
    rig.sent.clear()
    rig.tick(2)
    assert (rig.sent, rig.maker.cancelled) == ([], 1)


def test_too_many_notes_and_too_long_a_clip_are_one_line() -> None:
    rig = Rig()
    rig.hear(ask(7, notes=5000))
    rig.hear(ask(8, length=4000.0))
    assert rig.said("fault") == [
        (7, "the clip holds 5000 notes, and may hold 2000; shorten its loop"),
        (8, "the clip lasts 4000 beats, and may last 512; shorten its loop"),
    ]
    rig.hear(replace(ask(9, notes=5000), what=REWRITE))
    assert rig.said("fault")[2:] == [(9, "the music holds 5000 notes, and may hold 2000; rewrite shorter clips")]
    rig.hear(parts(8)[0])
    assert rig.said("heard") == []


def test_what_is_no_message_of_clips_is_one_fault() -> None:
    assert isinstance(decode("/chorale/clip/part", (7, 1, 60, 0.0, 1.0)), OscFault)  # a note without its velocity
    assert isinstance(decode("/chorale/clip/ask", (7, "sing", 1, 4.0, 4, 4, 4, 0)), OscFault)
    assert decode("/chorale/clip/got", (-3, 2)) == ClipGot(-3, 2)


def frame(step: int, origin: str, *tokens: int) -> LoggedFrame:
    from companion.music.vocabulary import FIRST_STRIKE, LOWEST_PITCH  # noqa: PLC0415

    pitches = tuple(token - FIRST_STRIKE + LOWEST_PITCH if token >= FIRST_STRIKE else None for token in tokens)
    return LoggedFrame(0.0, step, origin, tokens, pitches)


def test_keep_gives_the_last_answer_where_somebody_writes_clips() -> None:
    rig = Rig()
    rig.tick()
    assert not rig.desk.keep(0, 99)
    rig.hear(ClipHere(False))
    assert rig.desk.keep(0, 99)
    assert rig.lines == [NO_ANSWER]
    for step in range(8):
        rig.desk.tape.hear(frame(step, "heard", 30, 0, 0, 0))
    for step in range(20, 24):
        rig.desk.tape.hear(frame(step, "model", 30, 25, 20, 15))
    assert rig.desk.keep(0, 23)
    rig.tick()
    request, notes, length, name = rig.said("answer")[0]
    assert (request, notes, length) == (-1, 16, 4.0)
    assert name.endswith("seed 5 14:05")
    first = rig.said("notes")[0]
    assert first[:2] == (-1, 1) and first[4] == 1.0  # step 20 is the second beat of its bar
    rig.now_s += 6
    rig.tick()
    assert not rig.desk.keep(0, 23)


def test_every_answer_becomes_clips_where_that_is_wanted() -> None:
    for always in (False, True):
        rig = Rig()
        rig.hear(ClipHere(always))
        rig.desk.tape.hear(frame(0, "model", 30, 25, 20, 15))
        rig.tick(answering=True)
        rig.tick(answering=False)
        rig.tick()
        assert len(rig.said("answer")) == int(always)


REQUESTS = st.sampled_from((7, 8))
SAID = st.one_of(
    st.builds(ask, REQUESTS),
    st.builds(lambda request, place: parts(request)[place], REQUESTS, st.integers(0, 2)),
    st.builds(ClipGot, st.sampled_from((7, 8, -1, 9)), st.integers(0, 4)),
    st.builds(ClipDrop, REQUESTS),
    st.builds(ClipHere, st.booleans()),
    st.just("made"),
    st.just("keep"),
    st.just("tick"),
)


@given_any(st.lists(SAID, max_size=40))
def test_in_whatever_order_things_are_said_each_answer_is_of_its_own_wish(said: list[Any]) -> None:
    rig = Rig()
    rig.desk.tape.hear(frame(0, "model", 30, 25, 20, 15))
    for one in said:
        if one == "made":
            rig.maker.told += [ClipMade(wish.ask.request, ANSWER) for wish in rig.maker.wishes[-1:]]
        elif one == "keep":
            rig.desk.keep(0, 4)
        elif one == "tick":
            rig.tick(0.2)
        else:
            rig.hear(one)
    asked = [wish.ask.request for wish in rig.maker.wishes]
    assert all(wish.notes == NOTES for wish in rig.maker.wishes)
    assert {request for request, *_ in rig.said("answer") if request > 0} <= set(asked)
    assert {request for request, *_ in rig.said("heard")} <= {7, 8}
