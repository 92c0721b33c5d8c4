import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from rich.console import Console

from companion.jam.picture import FrameView
from companion.music.pitch import pitch_name
from companion.screen.full_view import HEIGHT, WIDTH, FullView, Picture, open_full_view
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
from companion.screen.view import Heading, PlainView, make_view

HEADING = Heading("gru-large", 0.9, 84)
STRUCK, HELD = (True,) * 4, (False,) * 4


def terminal(encoding: str = "utf-8") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")


def written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode(stream.encoding)


def example() -> list[FrameView]:
    """A chord of the player's, the alto moving to an F sharp; then one of the model's, the tenor resting."""
    seed, moved, answer = (67, 64, 60, 48), (67, 66, 60, 48), (69, 65, None, 41)
    return [
        FrameView(60, 4, 4, seed, STRUCK, origin="seed"),
        FrameView(61, 4, 4, seed, HELD, origin="seed"),
        FrameView(62, 4, 4, moved, (False, True, False, False), origin="seed"),
        FrameView(63, 4, 4, moved, HELD, origin="seed"),
        FrameView(64, 5, 1, answer, (True, True, False, True), (0.5, 1.25, 5.0, 0.0), latency_ms=2.34),
        FrameView(65, 5, 1, answer, HELD, (0.5, 1.25, 5.0, 0.0), latency_ms=2.34),
        FrameView(66, 5, 1, answer, (False, True, False, False), (1.0, 2.0, 3.0, 0.06), latency_ms=2.34),
    ]


def test_pitch_names() -> None:
    assert [pitch_name(pitch) for pitch in (0, 21, 48, 59, 60, 61, 66, 70, 81, 127)] == [
        *("C-1", "A0", "C3", "B3", "C4", "C#4", "F#4", "A#4", "A5", "G9")
    ]


def test_a_frame_has_four_voices() -> None:
    with pytest.raises(ValueError, match="a frame has 4 voices, not 3 and 4"):
        FrameView(0, 1, 1, (60, 60, 60), STRUCK)


@pytest.mark.parametrize(("encoding", "hold", "eighth"), [("utf-8", "–", "♪"), ("ascii", "-", "?")])
def test_plain_lines(encoding: str, hold: str, eighth: str) -> None:
    stream = terminal(encoding)
    with PlainView(stream) as view:
        view.headed(HEADING)
        view.message("listening ♪")
        for frame in example():
            view.show(frame)
        view.headed(Heading())
    assert written(stream).splitlines() == [
        "gru-large  temperature 0.9  84 bpm",
        f"* listening {eighth}",
        "place    S    A    T    B     origin entropy in bits",
        "4.4.1    G4   E4   C4   C3    seed",
        f"4.4.3    {hold}    F#4  {hold}    {hold}     seed",
        "5.1.1    A4   F4   .    F2    model  0.50  1.25  5.00  0.00",
        f"5.1.3    {hold}    F4   .    {hold}     model  1.00  2.00  3.00  0.06",
        "",
    ]


def test_plain_lines_tell_of_a_rest_and_of_a_new_origin() -> None:
    stream = terminal()
    view = PlainView(stream)
    view.show(FrameView(-1, 0, 4, (60, None, None, None), (True, False, False, False), origin="seed"))
    view.show(FrameView(0, 1, 1, (None,) * 4, HELD, origin="seed"))
    view.show(FrameView(1, 1, 1, (None,) * 4, HELD, origin="seed"))
    view.show(FrameView(2, 1, 1, (None,) * 4, HELD, origin="model"))
    assert written(stream).splitlines()[1:] == [
        "0.4.4    C4   .    .    .     seed",
        "1.1.1    .    .    .    .     seed",
        "1.1.3    .    .    .    .     model",
    ]


def test_staff_steps_follow_the_lines_and_stay_inside() -> None:
    assert [staff_step(pitch) for pitch in (60, 62, 63, 64, 65, 66, 67, 68, 70, 71, 72)] == [
        *(28, 29, 30, 30, 31, 31, 32, 32, 34, 34, 35)
    ]
    assert (staff_step(12), staff_step(36), staff_step(81), staff_step(127)) == (14, 14, 40, 41)


def test_where_voices_meet_the_one_just_struck_is_drawn_else_the_higher() -> None:
    unison = (60, 60, 61, None)
    assert Column.of(FrameView(0, 1, 1, unison, (False, True, False, False))).voices == {28: 1}
    assert Column.of(FrameView(0, 1, 1, unison, HELD)).voices == {28: 0}


def lines(look: Look, frames: list[FrameView] | None = None, width: int = 60, text: str = "the answer") -> list[str]:
    picture = Picture(HEADING, example() if frames is None else frames, text, width, look)
    return ["".join(run for run, _ in row).rstrip() for row in picture.rows()]


def test_the_whole_picture_in_blocks() -> None:
    staff = "    " + "─" * 52
    blank = " " * 56
    assert lines(FULL, width=64) == [
        " chorale  ·  gru-large  ·  temperature 0.9  ·  84 bpm   bar 5.1",
        blank + "you ▼ an",
        blank + "    ┃",
        staff + "────┃───",
        staff + "────┃───",
        " C5 " + "─" * 52 + "────┃───",
        staff + "▄▄▄▄┃▀▀▀",
        staff + "▄▄▀▀┃▀▀▀",
        " C4 " + " " * 52 + "▄▄▄▄┃",
        staff + "────┃───",
        staff + "────┃───",
        staff + "────┃───",
        " C3 " + "─" * 52 + "▀▀▀▀┃───",
        staff + "────┃───",
        blank + "    ┃▀▀▀",
        " C2 " + " " * 56 + "┃",
        blank + "     5",
        "",
        " ● soprano   A4    ━━━━━━━━━━━━━━━━━━━━━━━━  1.00 bits",
        " ● alto      F4    ━━━━━━━━━━━━━━━━━━━━━━━━  2.00 bits",
        " ● tenor     –     ━━━━━━━━━━━━━━━━━━━━━━━━  3.00 bits",
        " ● bass      F2    ╸━━━━━━━━━━━━━━━━━━━━━━━  0.06 bits",
        " the answer",
    ]


def test_the_whole_picture_in_ascii() -> None:
    staff = "    " + "-" * 52
    blank = " " * 56
    assert lines(ASCII, width=64) == [
        " chorale  -  gru-large  -  temperature 0.9  -  84 bpm   bar 5.1",
        blank + "you v an",
        blank + "    |",
        staff + "----|---",
        staff + "----|---",
        " C5 " + "-" * 52 + "----|---",
        staff + "S===|S==",
        staff + "A=A=|A=A",
        " C4 " + " " * 52 + "T===|",
        staff + "----|---",
        staff + "----|---",
        staff + "----|---",
        " C3 " + "-" * 52 + "B===|---",
        staff + "----|---",
        blank + "    |B==",
        " C2 " + " " * 56 + "|",
        blank + "     5",
        "",
        "   soprano   A4    ======..................  1.00 bits",
        "   alto      F4    ============............  2.00 bits",
        "   tenor     -     ==================......  3.00 bits",
        "   bass      F2    ........................  0.06 bits",
        " the answer",
    ]


def test_strikes_are_brighter_and_two_voices_share_a_cell() -> None:
    frame = FrameView(0, 1, 2, (65, 64, None, None), (True, False, False, False))
    (soprano, _), (_, alto) = FULL.voices[:2]
    rows = Picture(HEADING, [frame], "", 60, FULL).rows()
    assert [row[-1] for row in rows if row[-1][0] == "▀"] == [("▀", f"{soprano} on {alto}")]


@pytest.mark.parametrize("nothing", [None, ()])
def test_what_was_played_has_no_entropy(nothing: tuple[float, ...] | None) -> None:
    assert lines(FULL, [replace(example()[2], entropies_bits=nothing)])[18:22] == [
        " ● soprano   G4    ━━━━━━━━━━━━━━━━━━━━━━━━",
        " ● alto      F#4   ━━━━━━━━━━━━━━━━━━━━━━━━",
        " ● tenor     C4    ━━━━━━━━━━━━━━━━━━━━━━━━",
        " ● bass      C3    ━━━━━━━━━━━━━━━━━━━━━━━━",
    ]


def test_an_empty_picture_is_as_high_as_a_full_one() -> None:
    assert len(lines(FULL, [])) == len(lines(FULL)) == HEIGHT - 1


def test_a_long_piece_scrolls_and_bar_lines_stay_with_their_bars() -> None:
    frames = [FrameView(step, step // 16 + 1, step // 4 % 4 + 1, (None,) * 4, HELD) for step in range(400)]
    picture = lines(FULL, frames, width=80)
    assert picture[1] == "    answer"
    assert picture[2] == " " + 4 * "               │"
    assert [picture[16].index(str(bar)) - picture[2].index("│") for bar in range(22, 26)] == [0, 16, 32, 48]


@pytest.mark.parametrize(
    ("width", "head"),
    [
        (80, " chorale  ·  gru-large  ·  temperature 0.9  ·  84 bpm  latency 2.3 ms   bar 5.1"),
        (70, " chorale  ·  gru-large  ·  temperature 0.9  ·  84 bpm         bar 5.1"),
        (60, " chorale  ·  gru-large                              bar 5.1"),
        (20, "bar 5.1"),
    ],
)
def test_the_heading_leaves_out_what_finds_no_room(width: int, head: str) -> None:
    assert lines(FULL, width=width)[0] == head


def console(stream: io.TextIOWrapper, colours: str | None, environ: dict[str, str] | None = None) -> Console:
    return Console(
        file=stream,
        force_terminal=True,
        color_system=colours,  # type: ignore[arg-type]
        width=80,
        height=24,
        record=True,
        _environ=environ or {},
    )


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
    assert choose_look(console(terminal(encoding), colours, environ)) == look


def seconds(*values: float) -> Callable[[], float]:
    ticks: Iterator[float] = iter(values)
    return lambda: next(ticks)


def test_the_picture_is_drawn_fifteen_times_a_second_at_most_and_at_the_end() -> None:
    stream = terminal()
    drawn: list[int] = []
    with FullView(console(stream, None), clock=seconds(0.0, 0.05, 0.07, 0.07, 0.1, 0.2)) as view:
        for frame in example()[:3]:
            view.show(frame)
            drawn.append(written(stream).count("chorale  "))
    first = drawn[0]
    assert [count - first for count in drawn] == [0, 1, 1]
    last_picture = written(stream).rsplit(" chorale", maxsplit=1)[1]
    assert "bar 4.4" in last_picture
    assert "F#4" in last_picture


def test_the_last_picture_stays_on_the_screen() -> None:
    stream = terminal("ascii")
    recording = console(stream, None)
    with FullView(recording, clock=lambda: 0.0) as view:
        view.headed(HEADING)
        view.message("done\n in  time ♪")
        for frame in example():
            view.show(frame)
    shown = recording.export_text()
    last = [line.rstrip() for line in shown[shown.rindex(" chorale") :].splitlines()]
    assert last == lines(ASCII, width=80, text="done in time ?")


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
    view = make_view(Terminal(io.BytesIO(), encoding="utf-8"), plain)
    assert type(view) is (FullView if full else PlainView)


def test_a_pipe_gets_plain_lines() -> None:
    assert type(make_view(terminal(), plain=False)) is PlainView


def test_no_picture_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert open_full_view(Terminal(io.BytesIO(), encoding="utf-8")) is None


def test_plain_lines_do_not_wait_for_rich() -> None:
    shown = "from companion.screen.view import make_view; make_view(sys.stdout, True)"
    code = f"import sys; {shown}; print('rich' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
