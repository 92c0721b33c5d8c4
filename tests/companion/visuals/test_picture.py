"""The picture without a browser."""

from __future__ import annotations

import struct
from dataclasses import replace
from xml.etree.ElementTree import fromstring

import pytest
from support.traced import HOSTILE, small_trace

from companion.errors import BadSetting
from companion.notation.pianoroll import VOICE_COLOURS
from companion.visuals.picture import GIVEN_COLOUR, MOST_ROWS, picture_file
from companion.visuals.shown import ShownMusic, shown_trace
from companion.visuals.traced import BarLine


@pytest.fixture(scope="module")
def shown() -> ShownMusic:
    return shown_trace(HOSTILE, small_trace())


def boxes(shown: ShownMusic) -> list[dict[str, str]]:
    return [one.attrib for one in fromstring(picture_file(shown, "svg")) if one.tag.endswith("rect")]


def test_each_note_is_a_box_in_the_colour_of_its_voice(shown: ShownMusic) -> None:
    high = [one for one in boxes(shown) if float(one["height"]) == 5]
    assert [high.count(one) for one in high] == [1] * 16
    colours = [one["fill"] for one in high]
    assert [colours.count(colour) for colour in VOICE_COLOURS] == [4] * 4


def test_inside_it_is_as_deep_as_the_model_was_sure_and_grey_where_it_was_given(shown: ShownMusic) -> None:
    inner = [one["fill"] for one in boxes(shown) if float(one["height"]) == pytest.approx(3.6)]
    assert inner.count(GIVEN_COLOUR) == 4
    assert inner.count("#72b1df") == 4  # 0.12 + 0.88 * 0.75 of the alto's on white
    assert len(inner) == 16


def test_words_are_the_bars_and_the_chords(shown: ShownMusic) -> None:
    words = [one.text for one in fromstring(picture_file(shown, "svg")) if one.tag.endswith("text")]
    assert words == ["1", "2", "G", "D", "G", "D"]


def test_png_is_of_the_same_size_at_two_dots_a_point(shown: ShownMusic) -> None:
    svg, png = fromstring(picture_file(shown, "svg")), picture_file(shown, "png")
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == tuple(2 * int(svg.attrib[side]) for side in ("width", "height"))


def test_of_notes_alone_no_curves_are_drawn(shown: ShownMusic) -> None:
    plain = replace(shown, frames=(), drawn=(), looks=())
    assert len([one for one in boxes(plain) if one["fill"] in VOICE_COLOURS]) == 16


def test_a_row_holds_whole_bars_and_too_many_rows_are_refused(shown: ShownMusic) -> None:
    note = shown.music.notes[0]._replace(end_tick=240 * 16 * (MOST_ROWS + 1))
    bars = tuple(BarLine(240 * number, number + 1) for number in range(16 * (MOST_ROWS + 1)))
    long = replace(shown, music=replace(shown.music, notes=(note,), bars=bars), frames=(), drawn=(), beats=())
    with pytest.raises(
        BadSetting, match=f"the music has {MOST_ROWS + 1} rows, too many for one picture; leave out --png"
    ):
        picture_file(long, "png")
