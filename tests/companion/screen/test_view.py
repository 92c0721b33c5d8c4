"""The views of a jam: lines for logs, and the whole terminal; and what picks one."""

from __future__ import annotations

import errno
import fcntl
import io
import os
import pickle
import pty
import re
import struct
import subprocess
import sys
import termios
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console, ConsoleDimensions

from companion.controls.keymap import KeyHelp, key_help
from companion.jam.picture import FrameView, Picture
from companion.music.pitch import pitch_name
from companion.screen.chooser import choose_view
from companion.screen.full import HEIGHT, WIDTH, FullView
from companion.screen.lines import LinesView
from companion.screen.rows import Screen, foot_text, keys_shown
from companion.screen.score import (
    ASCII,
    ASCII_NO_COLOURS,
    FULL,
    NO_COLOURS,
    SIXTEEN_COLOURS,
    Column,
    Look,
    choose_look,
    staff_step,
)

HOME = Path(__file__).parents[3]
NOW = 133  # the second 16th of beat 2 of bar 9

# Two bars heard, one answered up to now, and what is planned: (pitch, steps) from step 96 on.
CHORALE = (
    (
        (74, 4),
        (72, 4),
        (71, 4),
        (69, 4),
        (67, 8),
        (66, 4),
        (67, 4),
        (71, 4),
        (71, 4),
        (72, 4),
        (74, 4),
        (74, 4),
        (72, 4),
    ),
    ((67, 4), (67, 4), (67, 2), (66, 2), (64, 4), (64, 4), (62, 8), (62, 4), (67, 8), (69, 4), (71, 4), (67, 8)),
    (
        (59, 4),
        (60, 4),
        (62, 8),
        (60, 4),
        (57, 4),
        (57, 4),
        (59, 4),
        (62, 8),
        (64, 2),
        (66, 2),
        (67, 4),
        (62, 4),
        (64, 4),
    ),
    (
        (55, 4),
        (52, 4),
        (50, 4),
        (48, 4),
        (49, 4),
        (50, 8),
        (43, 4),
        (55, 4),
        (54, 4),
        (52, 4),
        (50, 4),
        (47, 4),
        (48, 4),
    ),
)
KEYS = (
    KeyHelp("space", "answer now, or stop", "space go/stop"),
    KeyHelp("c", "come to a close", "c cadence"),
    KeyHelp("1-6", "modes"),
    KeyHelp("?", "show or hide the keys", "? keys"),
)


def example_frames() -> list[FrameView]:
    columns: list[list[tuple[int, bool]]] = []
    for voice in CHORALE:
        columns.append([(pitch, step == 0) for pitch, steps in voice for step in range(steps)])
    frames = []
    for number, row in enumerate(zip(*columns, strict=True)):
        step = 96 + number
        origin = "seed" if step < 120 else "model"
        pitches, struck = tuple(pitch for pitch, _ in row), tuple(new for _, new in row)
        frames.append(FrameView(step, step // 16 + 1, step // 4 % 4 + 1, pitches, struck, origin))
    return frames


def example() -> Picture:
    frames = example_frames()
    return Picture(
        now_step=NOW + 0.4,
        bar=9,
        beat=2,
        playing=True,
        clock="midi",
        bpm=119.96,
        connected=True,
        mode="respond",
        activity="answering",
        bars_left=2,
        settings=("gru", "bach", "temperature 0.8", "top-p 0.95", "density 0"),
        chord="G major/F#",
        frames=tuple(frame for frame in frames if frame.step <= NOW),
        planned=tuple(frame for frame in frames if frame.step > NOW),
        committed_steps=2,
        entropies=(0.5, 1.25, 2.0, 0.06),
        locked=(True, False, False, False),
        muted=(False, False, False, True),
        latency_p50_ms=0.11,
        latency_p99_ms=0.42,
        late=1,
        ports="Keystation > chorale",
        recording="jam-2026-11-22-1",
        message="the phrase is over: answering on the next beat",
        ticker=1,
    )


def text_of(picture: Picture, look: Look = FULL, width: int = 79, height: int = 24, **given: object) -> list[str]:
    shown = {
        "heard": {frame.step: frame for frame in picture.frames},
        "messages": [picture.message] if picture.message else [],
        "foot": " space go/stop  c cadence  ? keys",
        "help": (),
        **given,
    }
    rows = Screen(picture, width=width, height=height, look=look, **shown).rows()  # type: ignore[arg-type]
    return ["".join(text for text, _ in row).rstrip() for row in rows]


BLOCKS = """\
 respond  ·  answering, 2 bars left  ·  G major/F#         120.0 bpm   bar 9.2
 gru  ·  bach  ·  temperature 0.8  ·  top-p 0.95  ·  density 0
                      ▼ you                   ▼ answer      ▼ planned
                      │               │               │     ┃          │
    ──────────────────│───────────────│───────────────│─────┃──────────│───────
    ──────────────────▄▄▄▄────────────│───────────────│─────┃──────▁▁▁▁▁▁▁▁────
 C5 ──────────────────│───▀▀▀▀▄▄▄▄────│───────────────▄▄▄▄▄▄┃▄▄▔▔▔▔▁▁▁▁│───▔▔▔▔
    ──────────────────▄▄▄▄▄▄▄▄▄▄──▀▀▀▀▄▄▄▄▄▄▄▄────▄▄▄▄▄▄▄▄▄▄┃▄▄▔▔▔▔▁▁▁▁▁▁▁▁▁▁▁▁
    ──────────────────│─────────▀▀▄▄▄▄▄▄▄▄────▀▀▀▀────│─────┃──▁▁▔▔────│───▁▁▁▁
 C4                   │   ▄▄▄▄▀▀▀▀▀▀▀▀▄▄▄▄▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀▀┃▀▀        ▔▔▔▔
    ──────────────────▀▀▀▀────────────│───▄▄▄▄▄▄▄▄▀▀▀▀│─────┃──────────│───────
    ──────────────────▀▀▀▀────────────│───────────────▀▀▀▀▄▄┃▄▄────────│───────
    ──────────────────│───▀▀▀▀▄▄▄▄────│───▄▄▄▄▄▄▄▄────│─────┃──▔▔▔▔▁▁▁▁│───────
 C3 ──────────────────│───────────▀▀▀▀▀▀▀▀────────────│─────┃──────────▁▁▁▁▔▔▔▔
    ──────────────────│───────────────│───────────▄▄▄▄│─────┃──────────│───────
                      │               │               │     ┃          │
 C2                   │               │               │     ┃          │
                      7               8               9                10
 ● soprano   B4    ━╸━━━━━━━━━━  0.50 lock      clock midi, OSC on
 ● alto      G4    ━━━━━━━━━━━━  1.25           ports Keystation > chorale
 ● tenor     D4    ━━━━━━━━━━━━  2.00           late  0.1/0.4 ms, 1 held
 ● bass      F#3   ━━━━━━━━━━━━  0.06      mute take  jam-2026-11-22-1
 the phrase is over: answering on the next beat
 space go/stop  c cadence  ? keys
"""

LETTERS = """\
 respond  -  answering, 2 bars left  -  G major/F#         120.0 bpm   bar 9.2
 gru  -  bach  -  temperature 0.8  -  top-p 0.95  -  density 0
                      v you                   v answer      v planned
                      :               :               :     |          :
    ------------------:---------------:---------------:-----|----------:-------
    ------------------S===------------:---------------:-----|------s~~~s~~~----
 C5 ------------------:---S===S===----:---------------S===S=|==s~~~a~~~:---s~~~
    ------------------A===A===A=--S===S=======----S===A=====|==a~~~t~~~a~~~~~~~
    ------------------:---------A=A===A===----S===----:-----|--t~t~----:---t~~~
 C4                   :   T===T=======T===A=======A===T=====|==        t~~~
    ------------------T===------------:---T===T===T===:-----|----------:-------
    ------------------B===------------:---------------B===B=|==--------:-------
    ------------------:---B===B===----:---B=======----:-----|--b~~~b~~~:-------
 C3 ------------------:-----------B===B===------------:-----|----------b~~~b~~~
    ------------------:---------------:-----------B===:-----|----------:-------
                      :               :               :     |          :
 C2                   :               :               :     |          :
                      7               8               9                10
   soprano   B4    =...........  0.50 lock      clock midi, OSC on
   alto      G4    ====........  1.25           ports Keystation > chorale
   tenor     D4    ======......  2.00           late  0.1/0.4 ms, 1 held
   bass      F#3   ............  0.06      mute take  jam-2026-11-22-1
 the phrase is over: answering on the next beat
 space go/stop  c cadence  ? keys
"""


@pytest.mark.parametrize(("look", "text"), [(FULL, BLOCKS), (ASCII, LETTERS), (ASCII_NO_COLOURS, LETTERS)])
def test_the_whole_picture(look: Look, text: str) -> None:
    assert text_of(example(), look) == text.splitlines()


def test_what_is_open_differs_from_what_is_committed_without_colours_too() -> None:
    row = text_of(example(), NO_COLOURS)[6]
    assert row[60:] == "┃▄▄s▔▔▔a▁▁▁│───s▔▔▔"
    assert text_of(replace(example(), committed_steps=6), NO_COLOURS)[6][60:] == "┃▄▄S▀▀▀a▁▁▁│───s▔▔▔"


def test_strikes_are_brighter_also_in_the_plan() -> None:
    bright, colour = FULL.voices[0]
    rows = Screen(example(), {}, [], "", (), 79, 24, FULL).rows()
    assert [run for run in rows[5] if run[0] == "▁"] == [("▁", bright), *[("▁", colour)] * 3] * 2


def test_bars_begin_where_they_are_said_to_even_where_a_jump_has_moved_them() -> None:
    """The song jumped from the first beat of bar 3 to beat 2 of bar 1: music steps go on."""
    places = [(3, 1)] * 2 + [(1, 2)] * 4 + [(1, 3)] * 4 + [(1, 4)] * 4 + [(2, 1)] * 4
    frames = tuple(FrameView(32 + n, bar, beat, (None,) * 4, (False,) * 4) for n, (bar, beat) in enumerate(places))
    rows = text_of(Picture(now_step=49, frames=frames))
    assert rows[3][42:60] == "│             │   "
    assert rows[17][42:] == "3             2"


def test_a_seam_is_bar_line_enough() -> None:
    rows = text_of(replace(example(), now_step=143.5, frames=(), planned=tuple(example_frames())))
    assert "┃│" not in "".join(rows)
    assert rows[17][61:62] == "1"  # the bar has its number


def test_the_step_that_sounds_may_still_be_planned() -> None:
    """Where the player's notes decide, nothing is fixed before its time is over."""
    fixed = FrameView(7, 1, 2, (60, None, None, None), (True, False, False, False))
    sounding = FrameView(8, 1, 3, (62, None, None, None), (True, False, False, False))
    picture = Picture(now_step=8.2, frames=(fixed,), planned=(sounding,))
    assert text_of(picture)[18][:18].split() == ["●", "soprano", "D4"]
    assert text_of(replace(picture, planned=()))[18][:18].split() == ["●", "soprano", "C4"]
    assert text_of(replace(picture, now_step=9.2, planned=()))[18][:18].split() == ["●", "soprano"]


def test_before_anything_has_happened() -> None:
    rows = text_of(Picture())
    assert len(rows) == 24
    assert rows[0] == " continue  ·  listening" + " " * 42 + "clock stopped"
    assert rows[18] == " ● soprano         ━━━━━━━━━━━━                 clock internal"
    assert rows[19:22] == [
        " ● alto            ━━━━━━━━━━━━                 ports –",
        " ● tenor           ━━━━━━━━━━━━                 late  –",
        " ● bass            ━━━━━━━━━━━━                 take  –",
    ]


def test_where_the_clock_goes_out_and_that_the_metronome_clicks_is_seen() -> None:
    rows = text_of(replace(Picture(), bpm=96.0, clock_out="Digitakt", click=True, connected=True, ticks_ms=(0.03, 0.2)))
    assert rows[0].endswith("click   96.0 bpm   clock stopped")
    assert rows[20].endswith("late  –, ticks 0.0/0.2")
    assert rows[18].endswith("clock internal > Digitakt, OSC")  # as far as there is room
    stream = Text()
    LinesView(stream).show(Picture(settings=("gru",), clock_out="Digitakt", click=True))
    assert stream.getvalue().splitlines()[0] == "= gru  clock > Digitakt  click"


@pytest.mark.parametrize("width", [1, 12, 20, 39, 45, 58, 59, 73, 79, 120, 300])
@pytest.mark.parametrize("height", [1, 5, 9, 10, 15, 20, 21, 23, 24, 25, 42, 60])
@pytest.mark.parametrize("keys", [(), KEYS])
def test_it_fits_whatever_the_size(width: int, height: int, keys: tuple[KeyHelp, ...]) -> None:
    shown = replace(example(), ports="合奏 " * 40)
    rows = text_of(shown, width=width, height=height, help=keys, messages=["合奏 " * 99, "word " * 99])
    assert len(rows) == height
    assert max(cell_len(row) for row in rows) <= width


TOLD = ("the MIDI input Keystation is there", "the phrase is over: answering on the next beat")

NARROW = """\
 respond           120.0 bpm   bar 9.2
 answering, 2 bars left  ·  G major/F#
 gru  ·  bach  ·  temperature 0.8
 ● soprano   B4    lock      ━━━━━━━━━━
 ● alto      G4              ━━━━━━━━━━
 ● tenor     D4              ━━━━━━━━━━
 ● bass      F#3        mute ━━━━━━━━━━
 the phrase is over: answering on the
  next beat
 space go/stop  ? keys  q q leave
"""

LOW = """\
 respond  ·  answering, 2 bars left    120.0 bpm   bar 9.2
 gru  ·  bach  ·  temperature 0.8  ·  top-p 0.95
 ● soprano   B4    ━╸━━━━━━━━━━  0.50 lock
 ● alto      G4    ━━━━━━━━━━━━  1.25
 ● tenor     D4    ━━━━━━━━━━━━  2.00
 ● bass      F#3   ━━━━━━━━━━━━  0.06      mute
 clock midi, OSC on
 ports Keystation > chorale
 late  0.1/0.4 ms, 1 held
 take  jam-2026-11-22-1


 the MIDI input Keystation is there
 the phrase is over: answering on the next beat
 space go/stop  c cadence  u undo  ? keys  q q leave
"""


def screen_of(width: int, height: int) -> list[str]:
    """Of a terminal of this size, whose last column stays empty."""
    return text_of(example(), width=width - 1, height=height, messages=TOLD, foot=foot_text(key_help(), width - 1))


@pytest.mark.parametrize(("width", "height", "text"), [(40, 10, NARROW), (60, 15, LOW)])
def test_small_terminals_show_what_matters_most(width: int, height: int, text: str) -> None:
    assert screen_of(width, height) == text.splitlines()


def test_the_score_stays_where_the_voices_have_room_in_one_row() -> None:
    rows = text_of(example(), height=21)
    assert rows[:18] == BLOCKS.splitlines()[:18]
    assert rows[18:20] == [" S B4 lock   A G4   T D4   B F#3 mute", f" {TOLD[1]}"]
    assert "┃" not in "".join(text_of(example(), height=20))


@pytest.mark.parametrize(
    ("width", "height", "steps", "lines", "messages"),
    [
        (40, 10, 0, 0, 2),
        (60, 15, 0, 0, 4),
        (40, 24, 34, 14, 3),
        (60, 24, 54, 14, 1),
        (80, 24, 74, 14, 1),
        (80, 41, 74, 14, 18),
        (80, 42, 74, 28, 5),
        (132, 50, 126, 28, 13),
        (200, 60, 194, 28, 23),
    ],
)
def test_the_larger_the_terminal_the_more_it_shows(
    width: int, height: int, steps: int, lines: int, messages: int
) -> None:
    told = [f"message {number}" for number in range(99)]
    rows = text_of(example(), width=width - 1, height=height, messages=told)
    assert [row.strip() for row in rows if "message" in row] == told[-messages:]
    score = [row for row in rows if "┃" in row]
    assert len(score) == lines
    assert {len(row.ljust(width - 1)) - 4 - 1 for row in score} == ({steps} if lines else set())


def test_a_large_terminal_has_a_row_for_each_line_and_each_space() -> None:
    rows = text_of(example(), width=131, height=50)
    score = rows[3:31]
    assert [row[:3].strip() for row in score if row[:3].strip()] == ["C5", "C4", "C3", "C2"]
    assert [line for line, row in enumerate(score) if "───" in row] == [3, 5, 7, 9, 11, 15, 17, 19, 21, 23]
    now = score[0].index("┃")
    sounding = [line for line, row in enumerate(score) if row[now - 1] == "█"]
    assert [41 - line for line in sounding] == [staff_step(pitch) for pitch in (71, 67, 62, 54)]
    assert len(score[0].ljust(131)) == now + 1 + 24  # what is planned does not take what was heard its place


def test_long_messages_go_on_in_the_next_row_and_the_newest_has_its_beginning() -> None:
    told = ["an older one", "word " * 20]
    rows = [row.strip() for row in text_of(Picture(), height=26, messages=told)[22:25]]
    assert rows == ["an older one", ("word " * 15).strip(), ("word " * 5).strip()]
    assert text_of(Picture(), height=24, messages=told)[22].strip() == ("word " * 15).strip()


def test_a_low_terminal_shows_what_it_can_of_the_voices() -> None:
    assert text_of(example(), height=10) == [
        *BLOCKS.splitlines()[:2],
        *BLOCKS.splitlines()[18:22],
        "",
        "",
        *BLOCKS.splitlines()[22:],
    ]


def test_all_keys_are_shown_page_by_page() -> None:
    keys = key_help()
    for width, height in ((39, 10), (59, 24), (79, 24), (131, 50)):
        room, shown = keys_shown(width, height), ""
        for start in range(0, len(keys), room):
            rows = text_of(example(), width=width, height=height, help=keys[start : start + room])
            shown += "\n".join(rows)
            assert len(rows) == height
        assert all(key.text in shown for key in keys)


def test_a_narrow_terminal_leaves_out_words() -> None:
    rows = text_of(example(), width=59)
    assert rows[0] == " respond  ·  answering, 2 bars left    120.0 bpm   bar 9.2"
    assert rows[1] == " gru  ·  bach  ·  temperature 0.8  ·  top-p 0.95"
    assert rows[18] == " ● soprano   B4    ━╸━━━━━━━━━━  0.50 lock      clock midi,"


def test_a_high_terminal_shows_more_messages() -> None:
    rows = text_of(example(), height=27, messages=["one", "two", "three"])
    assert rows[22:26] == ["", " one", " two", " three"]


def test_the_keys_take_the_place_of_the_score() -> None:
    rows = text_of(example(), help=KEYS)
    assert rows[2:6] == [
        "",
        "  space      answer now, or stop         1-6        modes",
        "  c          come to a close             ?          show or hide the keys",
        "",
    ]
    assert rows[18:] == BLOCKS.splitlines()[18:]


def test_pitch_names() -> None:
    assert [pitch_name(pitch) for pitch in (0, 21, 48, 59, 60, 61, 66, 70, 81, 127)] == [
        *("C-1", "A0", "C3", "B3", "C4", "C#4", "F#4", "A#4", "A5", "G9")
    ]


def test_a_frame_has_four_voices() -> None:
    with pytest.raises(ValueError, match="a frame has 4 voices, not 3 and 4"):
        FrameView(0, 1, 1, (60, 60, 60), (True,) * 4)


def test_staff_steps_follow_the_lines_and_stay_inside() -> None:
    assert [staff_step(pitch) for pitch in (60, 62, 63, 64, 65, 66, 67, 68, 70, 71, 72)] == [
        *(28, 29, 30, 30, 31, 31, 32, 32, 34, 34, 35)
    ]
    assert (staff_step(12), staff_step(36), staff_step(81), staff_step(127)) == (14, 14, 40, 41)


def test_where_voices_meet_the_one_just_struck_is_drawn_else_the_higher() -> None:
    unison = (60, 60, 61, None)
    assert Column.of(FrameView(0, 1, 1, unison, (False, True, False, False))).voices == {28: 1}
    assert Column.of(FrameView(0, 1, 1, unison, (False,) * 4)).voices == {28: 0}


def test_two_voices_share_a_cell() -> None:
    frame = FrameView(0, 1, 2, (65, 64, None, None), (True, False, False, False))
    (soprano, _), (_, alto) = FULL.voices[:2]
    rows = Screen(Picture(), {0: frame}, [], "", (), 79, 24, FULL).rows()
    assert [run for row in rows for run in row if run[0] == "▀"] == [("▀", f"{soprano} on {alto}")]


@pytest.mark.parametrize(
    ("encoding", "colours", "environ", "look"),
    [
        ("utf-8", "truecolor", {}, FULL),
        ("utf-8", "256", {}, FULL),
        ("utf-8", "standard", {}, SIXTEEN_COLOURS),
        ("utf-8", "windows", {}, SIXTEEN_COLOURS),
        ("utf-8", "truecolor", {"NO_COLOR": "1"}, NO_COLOURS),
        ("utf-8", None, {}, NO_COLOURS),
        ("cp1252", "truecolor", {}, ASCII),
        ("ascii", None, {}, ASCII_NO_COLOURS),
    ],
)
def test_the_look_is_what_the_terminal_can_do(
    encoding: str, colours: str | None, environ: dict[str, str], look: Look
) -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    given = {"force_terminal": True, "color_system": colours, "_environ": environ}
    assert choose_look(Console(file=file, **given)) == look  # type: ignore[arg-type]


class TestPlain:
    def test_lines(self) -> None:
        stream = Text()
        with LinesView(stream) as view:
            picture = replace(example(), message="", ticker=0)
            view.show(picture)
            view.show(replace(picture, now_step=NOW + 0.9, bpm=121.0, latency_p50_ms=1.0))  # nothing to say
            view.show(replace(picture, message="gone", ticker=3, earlier=("zero", "one", "two")))
            view.message("from elsewhere")
            view.show(replace(picture, now_step=136.0, bar=9, beat=3, chord="", activity="closing", ticker=3))
            view.show(
                replace(picture, bars_left=None, chord="", mode="duet", settings=("gru", "temperature 1.25"), ticker=3)
            )
            view.prompt("lock which voice?")
            view.toggle_help()
            view.refresh()
            view.repaint()
        assert stream.getvalue().splitlines() == [
            "= gru  bach  temperature 0.8  top-p 0.95  density 0",
            "    bar  mode       doing                   chord             S    A    T    B",
            "    9.2  respond    answering, 2 bars left  G major/F#        B4   G4   D4   F#3",
            "* one",
            "* two",
            "* gone",
            "* from elsewhere",
            "    9.3  respond    closing, 2 bars left                      C5   A4   E4   E3",
            "= gru  temperature 1.25",
            "    9.2  duet       answering                                 B4   G4   D4   F#3",
        ]

    def test_a_simple_encoding_and_hostile_names(self) -> None:
        raw = io.BytesIO()
        stream = io.TextIOWrapper(raw, encoding="ascii", newline="\n")
        view = LinesView(stream)
        view.show(replace(Picture(), settings=("gr\x1b[2Jü",), message="a\nb\x07", ticker=1))
        assert raw.getvalue().decode("ascii").splitlines() == [
            "* a b?",
            "= gr?[2J?",
            "    bar  mode       doing                   chord             S    A    T    B",
            "    1.1  continue   listening                                 -    -    -    -",
        ]

    def test_a_reader_that_has_gone_ends_nothing(self) -> None:
        stream = Gone()
        view = LinesView(stream)
        view.show(example())
        view.show(replace(example(), chord="", message="two", ticker=2))
        assert stream.refused == 1

    def test_does_not_wait_for_rich(self) -> None:
        code = (
            "import sys, companion.screen.chooser as j; j.choose_view(sys.stdout, False).show(j.Picture());"
            "print({'rich', 'numpy.random', 'mido'} & set(sys.modules))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=HOME)
        assert done.stdout.splitlines()[-1] == "set()"


class Text(io.StringIO):
    """Takes every character."""

    encoding = "utf-8"


class Gone(Text):
    """A terminal or a pipe that nobody reads any more."""

    refused = 0

    def write(self, _: str) -> int:
        self.refused += 1
        raise OSError(errno.EIO, "Input/output error")


def test_the_picture_is_small_and_crosses_a_pipe() -> None:
    data = pickle.dumps(example())
    assert len(data) < 8000
    assert pickle.loads(data) == example()


def test_news() -> None:
    picture = Picture(message="c", ticker=7, earlier=("a", "b"))
    assert [picture.news(ticker) for ticker in (0, 4, 5, 6, 7, 8)] == [
        *(("a", "b", "c"), ("a", "b", "c"), ("b", "c"), ("c",), (), ())
    ]


class Emulator:
    """As much of a terminal as the view makes use of: what stands on its two screens."""

    def __init__(self, width: int, height: int) -> None:
        self.other, self.cursor_shown = False, True
        self.size = width, height
        self.lines: dict[int, str] = {}
        self.x = self.y = 0

    def feed(self, text: str) -> Emulator:
        for plain, sequence in re.findall(r"([^\x1b]+)|\x1b\[([?0-9;]*[A-Za-z])", text):
            if plain:
                self._write(plain)
            elif not sequence.endswith("m"):
                self._obey(sequence)
        return self

    def _write(self, text: str) -> None:
        assert "\n" not in text
        line = self.lines.get(self.y, "").ljust(self.x)
        self.lines[self.y] = line[: self.x] + text + line[self.x + len(text) :]
        self.x += len(text)
        assert self.x < self.size[0] and self.y < self.size[1]

    def _obey(self, sequence: str) -> None:
        if sequence in ("?1049h", "?1049l"):
            self.other, self.lines = sequence.endswith("h"), {}
        elif sequence in ("?25h", "?25l"):
            self.cursor_shown = sequence.endswith("h")
        elif sequence.endswith("H"):
            self.y, self.x = (int(number) - 1 for number in (sequence[:-1] or "1;1").split(";"))
        elif sequence == "2J":
            self.lines = {}
        elif sequence == "0K":
            self.lines[self.y] = self.lines.get(self.y, "")[: self.x]
        else:
            raise AssertionError(f"unknown sequence {sequence!r}")

    def text(self) -> list[str]:
        return [self.lines.get(line, "").rstrip() for line in range(self.size[1])]


def terminal(width: int = 80, height: int = 24, file: io.StringIO | None = None) -> tuple[Console, io.StringIO]:
    file = Text() if file is None else file
    console = Console(file=file, force_terminal=True, color_system="truecolor", width=width, height=height, _environ={})
    return console, file


class TestFull:
    def test_it_shows_the_picture_and_leaves(self) -> None:
        console, file = terminal()
        with FullView(console, KEYS) as view:
            view.show(example())
            screen = Emulator(80, 24).feed(file.getvalue())
            assert (screen.other, screen.cursor_shown) == (True, False)
            assert screen.text() == BLOCKS.splitlines()
        screen.feed(file.getvalue())
        assert (screen.other, screen.cursor_shown) == (False, True)
        view.close()
        before = file.getvalue()
        view.show(example())
        view.close()
        assert file.getvalue() == before

    @pytest.mark.parametrize(("encoding", "text"), [("utf-8", " starting…"), ("ascii", " starting...")])
    def test_before_the_first_picture_it_says_no_more_than_it_knows(
        self, encoding: str, text: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Text, "encoding", encoding)
        console, file = terminal()
        with FullView(console, KEYS) as view:
            assert [line for line in Emulator(80, 24).feed(file.getvalue()).text() if line] == [text]
            view.message("a message")
            view.show(example())
            assert not any("starting" in line for line in Emulator(80, 24).feed(file.getvalue()).text())

    def test_the_terminal_is_given_back_after_an_exception(self) -> None:
        console, file = terminal()
        with pytest.raises(KeyboardInterrupt), FullView(console) as view:
            view.show(example())
            raise KeyboardInterrupt
        screen = Emulator(80, 24).feed(file.getvalue())
        assert (screen.other, screen.cursor_shown) == (False, True)

    def test_the_terminal_is_given_back_when_the_first_drawing_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        console, file = terminal()
        monkeypatch.setattr(FullView, "_waiting_rows", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError), FullView(console):
            pass
        screen = Emulator(80, 24).feed(file.getvalue())
        assert (screen.other, screen.cursor_shown) == (False, True)

    def test_only_what_changes_is_written(self) -> None:
        console, file = terminal()
        screen = Emulator(80, 24)
        with FullView(console, KEYS) as view:
            view.show(example())
            screen.feed(file.getvalue())
            written = len(file.getvalue())
            view.show(example())
            view.refresh()
            assert len(file.getvalue()) == written
            view.show(replace(example(), chord="", message="now", ticker=2))
            change = file.getvalue()[written:]
            assert change.count("H") == 2
            screen.feed(change)
        expected = BLOCKS.replace("  ·  G major/F#  ", " " * 17).splitlines()
        assert screen.text() == [*expected[:22], " now", expected[23]]

    def test_what_was_heard_stays_and_is_not_kept_for_ever(self) -> None:
        console, file = terminal(width=200)
        frames = example().frames
        with FullView(console, KEYS) as view:
            for first in range(0, 6400, 8):
                later = tuple(replace(frame, step=first + number) for number, frame in enumerate(frames))
                view.show(replace(example(), frames=later, now_step=first + len(frames) - 1, planned=()))
            assert len(view._heard) <= 512
        bass = Emulator(200, 24).feed(file.getvalue()[: file.getvalue().rindex("\x1b[?25h")]).text()[14]
        assert bass.count("│") > 10  # more bars than a picture holds

    def test_resizing(self) -> None:
        console, file = terminal()
        with FullView(console, KEYS) as view:
            view.show(example())
            for width, height in ((100, 30), (62, 12), (80, 24)):
                console.size = (width, height)
                written = len(file.getvalue())
                view.refresh()
                screen = Emulator(width, height).feed(file.getvalue()[written:])
                assert screen.text()[-1] == BLOCKS.splitlines()[-1]
                assert screen.text()[0].startswith(" respond  ·  answering, 2 bars left")
            assert screen.text() == BLOCKS.splitlines()

    def test_painting_over_what_others_wrote(self) -> None:
        console, file = terminal()
        with FullView(console, KEYS) as view:
            view.show(example())
            screen = Emulator(80, 24).feed(file.getvalue() + "\x1b[3;1HALSA lib pcm.c: unable to open slave")
            written = len(file.getvalue())
            view.repaint()
            assert screen.feed(file.getvalue()[written:]).text() == BLOCKS.splitlines()

    def test_messages_prompts_and_help(self) -> None:
        console, file = terminal()
        with FullView(console, KEYS) as view:
            view.show(replace(example(), message="", ticker=0))
            view.message("one\ntwo\x1b[2J")
            view.prompt("lock or free which voice?")
            view.toggle_help()
            text = Emulator(80, 24).feed(file.getvalue()).text()
            assert text[22:] == [" one two?[2J", " lock or free which voice?"]
            assert text[3] == "  space      answer now, or stop         1-6        modes"
            view.toggle_help()
            view.prompt("")
            text = Emulator(80, 24).feed(file.getvalue()).text()
            assert text[2] == BLOCKS.splitlines()[2]
            assert text[23] == BLOCKS.splitlines()[23]

    def test_keys_that_do_not_fit_are_a_page_each(self) -> None:
        console, file = terminal(40, 10)
        screen = Emulator(40, 10)
        with FullView(console, key_help()) as view:
            view.show(example())
            pages = []
            firsts = [each.keys for each in key_help()[::8]]
            for _ in (*firsts, "and then the picture again"):
                view.toggle_help()
                pages.append(screen.feed(file.getvalue()).text())
                file.truncate(file.seek(0))
        assert [page[1].split("  ")[1].strip() for page in pages[:-1]] == firsts
        assert pages[-1] == NARROW.splitlines()
        more = [" ? more keys"] * (len(firsts) - 1)
        assert [page[9] for page in pages] == [*more, *[" space go/stop  ? keys  q q leave"] * 2]

    def test_a_window_may_shrink_and_grow_at_any_time(self) -> None:
        sizes = [(200, 60), (132, 50), (80, 24), (60, 15), (40, 10), (9, 3), (2, 1)]
        console, file = terminal(*sizes[0])
        screen = Emulator(*sizes[0])
        with FullView(console, key_help()) as view:
            view.toggle_help()
            for number, (width, height) in enumerate([*sizes, *reversed(sizes)]):
                console.size = ConsoleDimensions(width, height)
                screen.size = (width, height)
                (view.show if number % 2 else lambda _: view.refresh())(example())  # whatever comes first
                if number == 1:
                    view.toggle_help()
                view.show(replace(example(), message=TOLD[1], ticker=number + 2))
                rows = screen.feed(file.getvalue()).text()
                file.truncate(file.seek(0))
                assert max(map(cell_len, rows)) < width
                assert rows[0] == text_of(example(), width=width - 1, height=height)[0]
                if (width, height) >= (40, 10):
                    assert rows[height - 1] == foot_text(key_help(), width - 1).rstrip()
                    assert " the phrase is over" in "".join(rows)

    def test_without_keys_there_is_no_help(self) -> None:
        console, file = terminal()
        with FullView(console) as view:
            view.show(example())
            view.toggle_help()
        assert "answer now" not in file.getvalue()

    def test_a_terminal_that_has_gone_ends_nothing(self) -> None:
        console, _ = terminal(file=Gone())
        with suppress(OSError), FullView(console) as view:  # entering may still say that there is none
            view.show(example())
            raise AssertionError("the terminal is gone from the start")
        console, _ = terminal()
        with FullView(console) as view:
            console.file = gone = Gone()
            view.show(example())
            view.message("on it goes")
        assert gone.refused

    def test_ascii_terminals_get_ascii(self) -> None:
        raw = io.BytesIO()
        file = io.TextIOWrapper(raw, encoding="ascii", newline="\n")
        console = Console(file=file, force_terminal=True, color_system="truecolor", width=80, height=24, _environ={})
        with FullView(console, KEYS) as view:
            view.show(replace(example(), message="Grüße", ticker=2))
            lines = Emulator(80, 24).feed(raw.getvalue().decode("ascii")).text()
        assert lines == LETTERS.replace("the phrase is over: answering on the next beat", "Gr??e").splitlines()


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("term", "columns", "rows", "plain", "full"),
    [
        ("xterm", 80, 24, False, True),
        ("xterm", 80, 24, True, False),
        ("dumb", 80, 24, False, False),
        ("xterm", WIDTH - 1, 24, False, False),
        ("xterm", 80, HEIGHT - 1, False, False),
    ],
)
def test_the_view_fits_the_terminal(
    monkeypatch: pytest.MonkeyPatch, term: str, columns: int, rows: int, plain: bool, full: bool
) -> None:
    for name, value in (("TERM", term), ("COLUMNS", str(columns)), ("LINES", str(rows))):
        monkeypatch.setenv(name, value)
    view = choose_view(Terminal(io.BytesIO(), encoding="utf-8"), plain)
    assert type(view) is (FullView if full else LinesView)


def test_a_pipe_gets_plain_lines() -> None:
    assert type(choose_view(io.StringIO(), plain=False)) is LinesView


SHOWING = """
import sys
from companion.screen.full import open_full
from companion.jam.picture import Picture
try:
    with open_full(sys.stdout) as view:
        view.show(Picture(message="resize me", ticker=1))
        sys.stdin.readline()
        view.refresh()
        raise SystemExit(3)
finally:
    sys.stdin.readline()  # what is still on its way when a terminal closes may be lost
"""


@pytest.mark.parametrize(
    ("opened", "resized"), [((80, 24), (100, 30)), ((80, 24), (40, 10)), ((40, 10), (200, 60)), ((60, 15), (20, 6))]
)
def test_a_real_terminal(
    fresh_python: list[str], monkeypatch: pytest.MonkeyPatch, opened: tuple[int, int], resized: tuple[int, int]
) -> None:
    """A process of its own shows a jam in a pseudo-terminal, whose size changes meanwhile."""
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("COLUMNS", "LINES", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    master, slave = pty.openpty()
    settings = termios.tcgetattr(slave)
    settings[3] &= ~termios.ECHO
    termios.tcsetattr(slave, termios.TCSANOW, settings)
    resize(slave, *opened)
    child = subprocess.Popen(
        [*fresh_python, "-c", SHOWING],
        stdin=slave,
        stdout=slave,
        stderr=subprocess.PIPE,
        env=dict(os.environ),  # readline sets COLUMNS and LINES behind Python's back
    )
    os.close(slave)
    shown = _read_until(b"resize me", master)
    resize(master, *resized)
    os.write(master, b"\n")
    shown += _read_until(b"\x1b[?1049l", master)
    os.write(master, b"\n")
    _, fault = child.communicate()
    os.close(master)
    assert (child.returncode, fault) == (3, b"")
    before, after = shown.decode().split("\x1b[2J")[1:]
    assert Emulator(*opened).feed(before).text()[opened[1] - 2] == " resize me"
    screen = Emulator(*resized).feed(after[: after.rindex("\x1b[?25h")])
    width, height = resized
    assert screen.text() == text_of(Picture(), width=width - 1, height=height, messages=["resize me"], foot="")
    screen.feed(after)
    assert (screen.other, screen.cursor_shown) == (False, True)


def resize(file: int, width: int, height: int) -> None:
    fcntl.ioctl(file, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))


def _read_until(words: bytes, file: int) -> bytes:
    shown = b""
    while words not in shown:
        shown += os.read(file, 65536)
    return shown


LINES = (
    "In Live: a hub and four voices; then Play, a phrase, a rest.",
    "No devices? devices --install",
    "Without Live: demo",
)


def test_welcome_stands_until_there_is_a_score() -> None:
    rows = text_of(Picture(), width=40, welcome=LINES)
    assert len(rows) == 24
    assert [row for row in rows[2:12] if row] == [
        " In Live: a hub and four voices; then",
        " Play, a phrase, a rest.",
        " No devices? devices --install",
        " Without Live: demo",
    ]
    assert not any("devices" in row for row in text_of(example(), welcome=LINES))


def test_welcome_in_lines_is_a_message_each() -> None:
    out = io.StringIO()
    LinesView(out).welcome(LINES)
    assert out.getvalue().splitlines() == [f"* {line}" for line in LINES]
