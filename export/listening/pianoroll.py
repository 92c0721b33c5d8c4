"""Piano rolls one above the other: what different hands make of the same beginning."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from companion.music.pitch import pitch_name
from companion.music.vocabulary import VOICES, Note

# From light to dark as the voices go down, so that they differ in grey; and by hues that stay apart
# for eyes that take red for green.
COLOURS = ("#f5bb2c", "#4a9bd6", "#b5442e", "#14183a")
OPENING_COLOUR = "#e7e4dc"
LINE_COLOUR = "#d9d9d9"
BAR_LINE_COLOUR = "#adadad"

NOTE_HEIGHT = 1.3  # semitones
GAP_STEPS = 0.3  # before the next note, so that a note that is struck again is two
MARGIN_SEMITONES = 2
WIDTH_INCHES = 11.0
ROW_INCHES = 2.8
DOTS_PER_INCH = 100


@dataclass(frozen=True)
class Roll:
    """One row of a picture."""

    title: str
    notes: tuple[Note, ...]
    opening_steps: int = 0  # of another hand; shaded
    closes: tuple[int, ...] = ()  # the steps on which planned phrases close; marked above


def draw_rolls(rolls: Sequence[Roll], bar_steps: int) -> Any:
    """A matplotlib Figure: a row a roll, time and pitch alike in all."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - takes a second to import

    figure = Figure(figsize=(WIDTH_INCHES, ROW_INCHES * len(rolls)), layout="constrained")
    panels = list(figure.subplots(len(rolls), 1, sharex=True, sharey=True, squeeze=False).flat)
    for panel, roll in zip(panels, rolls, strict=True):
        _draw_roll(panel, roll)
    _draw_grid(panels, [note for roll in rolls for note in roll.notes], bar_steps)
    panels[-1].set_xlabel("bar", fontsize=9)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=len(VOICES), fontsize=9)
    return figure


def png(figure: Any) -> bytes:
    """The picture as a file: the same figure, the same bytes."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return file.getvalue()


def _draw_roll(panel: Any, roll: Roll) -> None:
    panel.set_title(roll.title, loc="left", fontsize=10)
    if roll.opening_steps:
        panel.axvspan(0, roll.opening_steps, color=OPENING_COLOUR, linewidth=0, zorder=0)
    for step in roll.closes:
        panel.annotate("▾", (step + 1, 1.0), xycoords=("data", "axes fraction"), fontsize=9, ha="center", va="center")
    for voice, name in enumerate(VOICES):
        notes = [note for note in roll.notes if note.voice == voice]
        panel.barh(
            [note.pitch for note in notes],
            [note.steps - GAP_STEPS for note in notes],
            left=[note.start_step for note in notes],
            height=NOTE_HEIGHT,
            color=COLOURS[voice],
            linewidth=0,
            snap=False,  # else some notes were thicker than others
            label=name,
            zorder=2,
        )


def _draw_grid(panels: Sequence[Any], notes: Sequence[Note], bar_steps: int) -> None:
    """Bar lines and their numbers, lines and names for every C and G."""
    bars = -(-max(note.start_step + note.steps for note in notes) // bar_steps)
    low = min(note.pitch for note in notes) - MARGIN_SEMITONES
    high = max(note.pitch for note in notes) + MARGIN_SEMITONES
    named = list(_named_pitches(low, high))
    for panel in panels:
        panel.set_xlim(0, bars * bar_steps)
        panel.set_ylim(low, high)
        panel.set_xticks([bar * bar_steps for bar in range(bars)], [str(bar + 1) for bar in range(bars)])
        panel.set_yticks(named, [pitch_name(pitch) for pitch in named])
        panel.tick_params(labelsize=8, length=0, labelbottom=True)
        panel.grid(axis="x", color=BAR_LINE_COLOUR, linewidth=0.8)
        panel.grid(axis="y", color=LINE_COLOUR, linewidth=0.6)
        panel.set_axisbelow(True)
        panel.spines[:].set_color(BAR_LINE_COLOUR)


def _named_pitches(low: int, high: int) -> Iterator[int]:
    return (pitch for pitch in range(low, high + 1) if pitch % 12 in (0, 7))
