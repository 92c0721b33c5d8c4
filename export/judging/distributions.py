"""The distributions of every measure, and every trait with its interval, side by side, as pictures."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from export.judging.musician import TraitReport, TraitRow
from export.judging.report import BACH, MeasureRow, MusicReport

PANELS_ACROSS = 4
PANEL_INCHES = (4.2, 0.5)  # the width of a panel, and the height of a box in it


def plot_distributions(report: MusicReport, path: Path) -> None:
    """Draw a box for each column in each measure's panel, Bach on top."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - takes a second to import

    lines = math.ceil(len(report.rows) / PANELS_ACROSS)
    height = lines * (0.9 + PANEL_INCHES[1] * (1 + len(report.columns)))
    figure = Figure(figsize=(PANELS_ACROSS * PANEL_INCHES[0], height), layout="constrained")
    panels = figure.subplots(lines, PANELS_ACROSS, sharey=True, squeeze=False).ravel()
    for panel, row in zip(panels, report.rows, strict=False):
        _draw(panel, row, [BACH, *(column.name for column in report.columns)])
    for panel in panels[len(report.rows) :]:
        panel.set_axis_off()
    figure.savefig(path, dpi=110)


def plot_traits(report: TraitReport, path: Path) -> None:
    """Draw a point with its interval for each column in each trait's panel, Bach on top."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - takes a second to import

    names = [BACH, *(column.name for column in report.columns)]
    lines = math.ceil(len(report.rows) / PANELS_ACROSS)
    height = lines * (0.9 + PANEL_INCHES[1] * len(names))
    figure = Figure(figsize=(PANELS_ACROSS * PANEL_INCHES[0], height), layout="tight")
    panels = figure.subplots(lines, PANELS_ACROSS, sharey=True, squeeze=False).ravel()
    for panel, row in zip(panels, report.rows, strict=False):
        _draw_trait(panel, row, names)
    for panel in panels[len(report.rows) :]:
        panel.set_axis_off()
    figure.savefig(path, dpi=110)


def _draw_trait(panel: Any, row: TraitRow, names: list[str]) -> None:
    for number, estimate in enumerate((row.bach, *(None if cell is None else cell.estimate for cell in row.cells))):
        if estimate is not None:
            panel.hlines(number, estimate.low, estimate.high, color="#9db8d6" if number else "#d9c27a", linewidth=6)
            panel.plot(estimate.value, number, "ko", markersize=5)
    panel.axvspan(row.bach.low, row.bach.high, color="#d9c27a", alpha=0.2, zorder=0)
    panel.set_yticks(range(len(names)), names)
    panel.set_title(f"{row.trait.name}\n{row.trait.unit}", fontsize=8)
    panel.tick_params(labelsize=8)
    if not panel.yaxis_inverted():
        panel.invert_yaxis()


def _draw(panel: Any, row: MeasureRow, names: list[str]) -> None:
    spreads = [row.bach, *(None if cell is None else cell.spread for cell in row.cells)]
    scale = row.measure.scale
    values = [[] if spread is None else [value * scale for value in spread.values] for spread in spreads]
    drawn = panel.boxplot(
        values, orientation="horizontal", tick_labels=names, whis=(5, 95), widths=0.6, showmeans=True, patch_artist=True
    )
    for number, box in enumerate(drawn["boxes"]):
        box.set_facecolor("#d9c27a" if number == 0 else "#9db8d6")
    panel.axvspan(row.bach.low * scale, row.bach.high * scale, color="#d9c27a", alpha=0.2, zorder=0)
    panel.set_title(f"{row.measure.name}, {row.measure.unit}", fontsize=9)
    panel.tick_params(labelsize=8)
    if not panel.yaxis_inverted():
        panel.invert_yaxis()
