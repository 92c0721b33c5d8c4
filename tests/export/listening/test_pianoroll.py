"""The piano rolls, read back from the figure: bars and their places, not pixels."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

pytest.importorskip("matplotlib")

from matplotlib.colors import to_hex, to_rgb

from companion.music.vocabulary import VOICES, Note
from export.listening import pianoroll
from export.listening.pianoroll import GAP_STEPS, NOTE_HEIGHT, Roll

pytestmark = pytest.mark.train

# The same pitch struck twice, two voices in unison, and a voice that rests.
NOTES = (Note(0, 0, 67, 4), Note(4, 0, 67, 12), Note(0, 1, 60, 8), Note(8, 1, 55, 8), Note(8, 2, 55, 8))
OTHERS = (Note(0, 0, 72, 20), Note(16, 3, 38, 4))


def notes_drawn(panel: Any) -> list[Note]:
    """What the bars of a panel say, their voice by their colour."""
    return sorted(
        Note(
            start_step=int(bar.get_x()),
            voice=pianoroll.COLOURS.index(to_hex(bar.get_facecolor())),
            pitch=round(bar.get_y() + NOTE_HEIGHT / 2),
            steps=round(bar.get_width() + GAP_STEPS),
        )
        for group in panel.containers
        for bar in group
    )


def shades_of(panel: Any) -> list[Any]:
    """What is drawn that is no note."""
    bars = {bar for group in panel.containers for bar in group}
    return [patch for patch in panel.patches if patch not in bars]


def texts(labels: list[Any]) -> list[str]:
    return [label.get_text() for label in labels]


def test_each_note_is_one_bar_at_its_place() -> None:
    upper, lower = pianoroll.draw_rolls([Roll("upper", NOTES), Roll("lower", OTHERS)], bar_steps=16).axes
    assert notes_drawn(upper) == sorted(NOTES)
    assert notes_drawn(lower) == sorted(OTHERS)
    assert (upper.get_title(loc="left"), lower.get_title(loc="left")) == ("upper", "lower")


def test_only_an_opening_is_shaded() -> None:
    figure = pianoroll.draw_rolls([Roll("with", NOTES, opening_steps=8), Roll("without", NOTES)], bar_steps=16)
    shades = [shades_of(panel) for panel in figure.axes]
    assert [len(of_panel) for of_panel in shades] == [1, 0]
    assert (shades[0][0].get_x(), shades[0][0].get_width()) == (0, 8)


def test_bars_are_numbered_and_pitches_named_alike_in_all_rows() -> None:
    figure = pianoroll.draw_rolls([Roll("upper", NOTES), Roll("lower", OTHERS)], bar_steps=16)
    for panel in figure.axes:
        assert panel.get_xlim() == (0, 32)  # the bar that was begun is drawn whole
        assert panel.get_xticks().tolist() == [0, 16]
        assert texts(panel.get_xticklabels()) == ["1", "2"]
        assert panel.get_yticks().tolist() == [36, 43, 48, 55, 60, 67, 72]
        assert texts(panel.get_yticklabels()) == ["C2", "G2", "C3", "G3", "C4", "G4", "C5"]
    (legend,) = figure.legends
    assert texts(legend.get_texts()) == list(VOICES)


def test_voices_differ_in_grey_too() -> None:
    lightness = [_lightness(colour) for colour in pianoroll.COLOURS]
    assert min(higher - lower for higher, lower in pairwise(lightness)) > 15
    assert _lightness(pianoroll.OPENING_COLOUR) - lightness[0] > 10


def _lightness(colour: str) -> float:
    """L* of CIE 1976, 0 black to 100 white."""
    linear = [(c + 0.055) ** 2.4 / 1.055**2.4 if c > 0.04045 else c / 12.92 for c in to_rgb(colour)]
    red, green, blue = linear
    return float(116 * (0.2126 * red + 0.7152 * green + 0.0722 * blue) ** (1 / 3) - 16)


def test_the_same_rolls_are_the_same_picture() -> None:
    first, second = (pianoroll.png(pianoroll.draw_rolls([Roll("one", NOTES)], bar_steps=16)) for _ in range(2))
    assert first == second
    assert first.startswith(b"\x89PNG")
