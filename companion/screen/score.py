"""Four voices as a score made of characters: what the full screen draws.

Drawing is pure: frames in, rows of (text, style) out.

A row of the score is a line of the staff (its lower half) and the space above it (its upper half),
so the whole range of the chorales takes fourteen rows, from C2 to B5, with the ten lines of the
grand staff where a musician expects them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby, pairwise

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style

from companion.jam.picture import FrameView
from companion.music.pitch import pitch_name
from companion.music.vocabulary import VOICES
from companion.screen.say import can_carry

Run = tuple[str, str]  # text and its style in rich's words
Row = list[Run]

ROWS = 14
LABEL_WIDTH = 4  # the names of the octaves, left of the score

STAFF_STEPS = frozenset((18, 20, 22, 24, 26, 30, 32, 34, 36, 38))  # G2 … A3 and E4 … F5
LOWEST_STEP = 14  # C2, counted in staff steps from C0

# Staff step of each of the twelve notes: C#, F# and G# on the lower line, Eb and Bb on the upper, as
# the common keys write them.
_STAFF_STEPS = (0, 0, 1, 2, 2, 3, 3, 4, 4, 5, 6, 6)

WIDEST_ENTROPY_BITS = 4.0  # a full bar


@dataclass(frozen=True)
class Look:
    """The characters and the colours of a picture."""

    upper: str = "▀"
    lower: str = "▄"
    both: str = "█"
    open_upper: str = "▔"  # the same for a note that may still change
    open_lower: str = "▁"
    open_both: str = "═"
    staff: str = "─"
    bar_line: str = "│"
    seam: str = "┃"  # between what was played and what was answered; between now and what is planned
    seam_label: str = "▼"
    full: str = "━"  # a cell of an entropy bar
    half: str = "╸"  # its last cell, half filled; empty: there are only whole ones
    unfilled: str = "━"
    dot: str = "●"
    rest: str = "–"
    between: str = "·"  # the words of a heading
    letters: bool = False  # strikes are letters, where colours cannot tell the voices apart
    faint: str = "#6b727d"
    lines: str = "#3a3f47"
    # For each voice, a strike and the rest of the note: gold, coral, green, blue, which the
    # colour-blind can tell apart by their brightness.
    voices: tuple[tuple[str, str], ...] = (
        ("#ffe08a", "#e0a526"),
        ("#ffb3a1", "#dd6a52"),
        ("#a8f0cd", "#2fae7d"),
        ("#b3d1ff", "#4c86e0"),
    )

    def colour(self, frame: FrameView, voice: int) -> str:
        """The style of a voice in a frame."""
        return self.voices[voice][0 if frame.struck[voice] else 1]


FULL = Look()
SIXTEEN_COLOURS = replace(
    FULL,
    faint="bright_black",
    lines="bright_black",
    voices=tuple((f"bright_{name}", name) for name in ("yellow", "magenta", "green", "cyan")),
)
NO_COLOURS = replace(
    FULL, letters=True, half="", unfilled="·", dot=" ", faint="", lines="", voices=(("bold", ""),) * len(VOICES)
)
ASCII = replace(
    SIXTEEN_COLOURS,
    upper="=",
    lower="=",
    both="=",
    open_upper="~",
    open_lower="~",
    open_both="~",
    staff="-",
    bar_line=":",
    seam="|",
    seam_label="v",
    full="=",
    half="",
    unfilled=".",
    dot=" ",
    rest="-",
    between="-",
    letters=True,
)
ASCII_NO_COLOURS = replace(ASCII, faint="", lines="", voices=NO_COLOURS.voices)


def choose_look(console: Console) -> Look:
    """The best look that the terminal's characters and colours allow."""
    colours = "none" if console.no_color else console.color_system or "none"
    if not can_carry(console.file, "".join(value for value in vars(FULL).values() if isinstance(value, str))):
        return ASCII_NO_COLOURS if colours == "none" else ASCII
    return {"none": NO_COLOURS, "standard": SIXTEEN_COLOURS, "windows": SIXTEEN_COLOURS}.get(colours, FULL)


def staff_step(pitch: int) -> int:
    """Lines and spaces from C0 up to a pitch; those beyond the score stand at its edge."""
    step = 7 * (pitch // 12 - 1) + _STAFF_STEPS[pitch % 12]
    return min(max(step, LOWEST_STEP), LOWEST_STEP + 2 * ROWS - 1)


@dataclass(frozen=True)
class Column:
    """What stands over each other in the score; without a frame it is empty, or the line of a seam."""

    frame: FrameView | None
    voices: Mapping[int, int]  # staff step → the voice that is drawn there
    barred: bool = False  # a bar begins here
    open: bool = False  # it may still change

    @classmethod
    def of(cls, frame: FrameView, barred: bool | None = None, open: bool = False) -> Column:
        """Where two voices meet, the one just struck is drawn, or else the higher.

        barred: as the frame says where that is None.
        """
        pitched = [(voice, pitch) for voice, pitch in enumerate(frame.pitches) if pitch is not None]
        pitched.sort(key=lambda pair: (frame.struck[pair[0]], -pair[0]))
        voices = {staff_step(pitch): voice for voice, pitch in pitched}
        return cls(frame, voices, frame.begins_bar if barred is None else barred, open)


SEAM = Column(None, {})
EMPTY = Column(None, {})  # told from a seam by identity


@dataclass(frozen=True)
class Staves:
    """Columns at the right edge of the rows."""

    columns: Sequence[Column]
    width: int
    look: Look
    spread: bool = False  # each line and each space has a row

    @property
    def _padding(self) -> int:
        return self.width - LABEL_WIDTH - len(self.columns)

    def rows(self) -> list[Row]:
        """The staves, from the highest line down."""
        each = 1 if self.spread else 2
        return [self._row(step, step + each - 1) for step in reversed(range(LOWEST_STEP, LOWEST_STEP + 2 * ROWS, each))]

    def ruler(self, marks: Iterable[tuple[int, str]], style: str) -> Row:
        """A row with words that begin at columns; one that would touch the word before it is left out."""
        line = " " * (LABEL_WIDTH + self._padding)
        start = len(line)
        for column, word in marks:
            if start + column >= len(line):
                line = line.ljust(start + column) + word + " "
        return [(line[: self.width], style)]

    def bar_numbers(self) -> Row:
        """The number of each bar under its first column."""
        frames = [(index, column.frame) for index, column in enumerate(self.columns) if column.barred]
        return self.ruler([(index, str(frame.bar)) for index, frame in frames if frame], self.look.faint)

    def _row(self, low: int, high: int) -> Row:
        octave, degree = divmod(high, 7)
        label = f"C{octave}" if degree <= high - low else ""
        ground = self.look.staff if low in STAFF_STEPS else " "
        cells = list(self._grounds[ground])
        for index in {place for step in (low, high) for place in self._places.get(step, ())}:
            cells[index] = self._note(self.columns[index], low, high)
        return [(f" {label}".ljust(LABEL_WIDTH), self.look.faint), (ground * self._padding, self.look.lines), *cells]

    @cached_property
    def _places(self) -> Mapping[int, Sequence[int]]:
        """Staff step → the columns in which a voice is there."""
        places: dict[int, list[int]] = {}
        for index, column in enumerate(self.columns):
            for step in column.voices:
                places.setdefault(step, []).append(index)
        return places

    @cached_property
    def _grounds(self) -> Mapping[str, Row]:
        """What is drawn where no voice is, on a line and elsewhere."""
        return {ground: list(self._ground(ground)) for ground in (self.look.staff, " ")}

    def _ground(self, ground: str) -> Iterator[Run]:
        for before, column in pairwise([*self.columns[:1], *self.columns]):
            barred = column.barred and before is not SEAM  # a seam is bar line enough
            line = self.look.bar_line if barred else ground
            yield (self.look.seam, "bold") if column is SEAM else (line, self.look.lines)

    def _note(self, column: Column, low: int, high: int) -> Run:
        lower, upper = column.voices.get(low), column.voices.get(high)
        frame = column.frame
        assert frame is not None  # it has voices
        if column.open:
            return self._open(frame, upper, lower)
        return self._lettered(frame, upper, lower) if self.look.letters else self._block(frame, upper, lower)

    def _block(self, frame: FrameView, upper: int | None, lower: int | None) -> Run:
        if upper == lower and upper is not None:  # in a row of its own
            return self.look.both, self.look.colour(frame, upper)
        colours = [self.look.colour(frame, voice) for voice in (upper, lower) if voice is not None]
        glyph = self.look.lower if upper is None else self.look.upper
        return glyph, " on ".join(colours)  # two halves: the upper glyph on the colour of the lower

    def _lettered(self, frame: FrameView, upper: int | None, lower: int | None) -> Run:
        voice = _foremost(frame, upper, lower)
        glyph = _glyph(upper, lower, (self.look.upper, self.look.lower, self.look.both))
        return VOICES[voice][0].upper() if frame.struck[voice] else glyph, self.look.colour(frame, voice)

    def _open(self, frame: FrameView, upper: int | None, lower: int | None) -> Run:
        """A thin line, or a small letter, where a note that is fixed has a thick one."""
        voice = _foremost(frame, upper, lower)
        glyph = _glyph(upper, lower, (self.look.open_upper, self.look.open_lower, self.look.open_both))
        lettered = self.look.letters and frame.struck[voice]
        return VOICES[voice][0] if lettered else glyph, self.look.colour(frame, voice)


def _foremost(frame: FrameView, upper: int | None, lower: int | None) -> int:
    """Of two voices that share a cell the one that is struck, or else the upper."""
    there = [voice for voice in (upper, lower) if voice is not None]
    return min(there, key=lambda voice: not frame.struck[voice])


def _glyph(upper: int | None, lower: int | None, glyphs: tuple[str, str, str]) -> str:
    return glyphs[2] if upper is not None and lower is not None else glyphs[lower is not None]


def voice_row(voice: int, frame: FrameView | None, look: Look) -> Row:
    """A voice's name, and the note that it sounds in a frame."""
    bright, colour = look.voices[voice]
    name: Row = [(f" {look.dot} ", colour), (VOICES[voice].ljust(10), "")]
    if frame is None:
        return name
    pitch = frame.pitches[voice]
    sounding = look.rest if pitch is None else pitch_name(pitch)
    return [*name, (sounding.ljust(6), f"bold {bright}" if frame.struck[voice] else colour)]


def entropy_row(bits: float | None, voice: int, cells: int, look: Look, unit: str = " bits") -> Row:
    """How open a voice's choice was, as a bar of so many cells and in bits."""
    if bits is None:
        return [(look.unfilled * cells, look.lines)]
    halves = round(min(max(bits / WIDEST_ENTROPY_BITS, 0), 1) * 2 * cells)
    bar = look.full * (halves // 2) + look.half * (halves % 2)
    rest = look.unfilled * (cells - len(bar))
    return [(bar, look.voices[voice][1]), (rest, look.lines), (f"  {bits:.2f}{unit}", look.faint)]


def joined(words: Iterable[str], look: Look, first: Row) -> Row:
    """A heading: its first words and the others, with a dot before each."""
    row = list(first)
    for word in words:
        row += [(f"  {look.between}  ", look.faint), (word, "")]
    return row


def row_width(row: Iterable[Run]) -> int:
    """The columns that a row takes on the screen."""
    return sum(cell_len(text) for text, _ in row)


def segments(row: Iterable[Run]) -> Iterator[Segment]:
    """Straight to segments: rich's own layout of text would take ten times as long."""
    for style, runs in groupby(row, key=lambda run: run[1]):
        yield Segment("".join(text for text, _ in runs), Style.parse(style))
