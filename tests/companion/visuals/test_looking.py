"""To which earlier frames a frame looks back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.traced import chord, small_trace, struck, trace_of

from companion.visuals.looking import looked_back
from companion.visuals.traced import TracedFrame, TracedModel

CHORD = (67, 62, 59, 43)


def looking(voice: int, attention: tuple[float, ...], origin: str = "seed") -> TracedFrame:
    """The fourth frame, whose one voice looks; the soprano is the model's or given."""
    notes = [struck(pitch) for pitch in CHORD]
    notes[0] = struck(CHORD[0], origin=origin)
    notes[voice] = replace(notes[voice], attention=attention)
    return TracedFrame(3, 90, tuple(notes))


def back(frame: TracedFrame, **of_model: str) -> tuple[tuple[int, float], ...]:
    model = TracedModel("gru", "0" * 64, "any")._replace(**of_model)
    return looked_back(trace_of((*(chord(step, CHORD) for step in range(3)), frame), model=model))[3]


def test_an_echo_is_where_the_music_was_like_it() -> None:
    looks = looked_back(small_trace())
    assert looks[12] == ((4, 1.0),)
    assert all(not look for at, look in enumerate(looks) if at != 12)


def test_an_echo_before_what_is_told_is_left_out() -> None:
    assert looked_back(trace_of((chord(0, CHORD), chord(1, CHORD, echo_steps=8, echo_chords=2)))) == ((), ())


@pytest.mark.parametrize(
    ("voice", "order", "origin", "notes_back", "frame"),
    [
        (1, "fixed", "model", 1, None),  # the soprano of its own frame
        (1, "fixed", "model", 2, 2),  # the bass of the frame before
        (1, "fixed", "model", 6, 1),
        (3, "rising", "model", 1, 2),  # the bass comes first
        (3, "fixed", "model", 3, None),
        (0, "any", "model", 1, 2),
        (1, "any", "seed", 1, None),  # the soprano, which is given, came first
        (1, "fixed", "model", 40, None),  # before the beginning
    ],
)
def test_attention_is_to_notes_in_the_order_in_which_they_were_decided(
    voice: int, order: str, origin: str, notes_back: int, frame: int | None
) -> None:
    attention = tuple(1.0 if back == notes_back else 0.0 for back in range(50, -1, -1))
    looks = back(looking(voice, attention, origin), voice_order=order)
    assert looks == (() if frame is None else ((frame, 1.0),))


def test_a_frame_of_another_model_is_read_as_that_one_decides() -> None:
    """A bass looks one note back: to the tenor of its own frame, or, where it comes first, to the frame before."""
    frame = looking(3, (*(0.0,) * 6, 1.0, 0.0), "model")
    others = replace(frame, model=TracedModel("roll", "1" * 64, "rising"))
    assert [back(one, voice_order="fixed") for one in (frame, others)] == [(), ((2, 1.0),)]


def test_a_tunes_attention_is_to_its_notes() -> None:
    frame = looking(0, (1.0, 0.0, 0.0), "model")
    assert back(frame, digest="0" * 64 + "+" + "1" * 64) == ((1, 1.0),)


def test_what_is_given_looks_at_nothing() -> None:
    assert back(looking(0, (1.0,) * 16)) == ()


def test_an_even_attention_says_nothing() -> None:
    assert back(looking(3, (1 / 16,) * 16), voice_order="fixed") == ()
