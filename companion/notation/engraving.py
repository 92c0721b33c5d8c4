"""Scores engraved by Verovio (https://www.verovio.org), and its drawings turned into PNG and PDF by Typst.

Both come with the extra ``notation``; Typst brings the fonts, so that lyrics look alike everywhere.
"""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import Any, Literal
from xml.sax.saxutils import escape

PAGE_WIDTH, PAGE_HEIGHT = 2100, 2970  # tenths of a millimetre: A4
ENDLESS = 60_000  # the tallest page that Verovio makes
SCALE = 40  # percent
PAGE_MARGIN, TITLE_MARGIN = 50, 150  # tenths of a millimetre
TITLE_SIZE, TITLE_PLACE = 600, 1000  # in the units of the drawing, ten to a tenth of a millimetre
PRINT_DPI = 144
_SMUFL = re.compile(r'<tspan font-family="Leipzig" font-size="(\d+)px">[^<]*</tspan>')
_OUTER_END = re.compile(r"</svg>\s*</svg>\s*$")


def is_there() -> bool:
    """Whether the extra is installed."""
    return all(find_spec(name) is not None for name in ("verovio", "typst"))


def pages(xml: str, on_paper: bool, title: str = "") -> list[str]:
    """The score as drawings in SVG: pages of A4, or one as tall as it must be.

    Raises:
        ValueError: Verovio cannot read it.
    """
    import verovio  # noqa: PLC0415 - an extra

    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setOptions(
        {
            "pageWidth": PAGE_WIDTH,
            "pageHeight": PAGE_HEIGHT if on_paper else ENDLESS,
            "adjustPageHeight": not on_paper,
            "pageMarginTop": TITLE_MARGIN if title else PAGE_MARGIN,
            "scale": SCALE,
            "header": "none",
            "footer": "none",
            "breaks": "auto",
            "svgViewBox": True,
            "svgFormatRaw": True,
            "smuflTextFont": "none",
            "lyricSize": 4.2,
            "lyricWordSpace": 2.4,
            "spacingSystem": 8,
            "xmlIdSeed": 1,  # the same score, the same drawing
        }
    )
    if not toolkit.loadData(xml):
        raise ValueError("Verovio cannot read the score")
    drawn = [_plain(toolkit.renderToSVG(number)) for number in range(1, toolkit.getPageCount() + 1)]
    return [_titled(drawn[0], title), *drawn[1:]]


def _plain(page: str) -> str:
    """With the note of a metronome mark in a font that everyone has."""
    return _SMUFL.sub(lambda found: f'<tspan font-size="{found[1]}px">\u2669</tspan>', page)


def _titled(page: str, title: str) -> str:
    """With a title in the middle above."""
    if not title:
        return page
    text = (
        f'<text x="{5 * PAGE_WIDTH}" y="{TITLE_PLACE}" text-anchor="middle" font-size="{TITLE_SIZE}px">'
        f"{escape(title)}</text>"
    )
    return _OUTER_END.sub(lambda end: text + end[0], page)


def png_of(page: str) -> bytes:
    """A drawing as a picture of dots, on white."""
    return _typeset("height: auto", [page], "png")


def pdf_of(drawn: list[str]) -> bytes:
    """Drawings as pages to print."""
    return _typeset("height: 297mm", drawn, "pdf")


def _typeset(height: str, drawn: list[str], kind: Literal["png", "pdf"]) -> bytes:
    import typst  # noqa: PLC0415 - an extra

    files = {f"{number}.svg": page.encode() for number, page in enumerate(drawn)}
    images = "\n#pagebreak()\n".join(f'#image("{name}", width: 100%)' for name in files)
    source = f"#set page(width: 210mm, {height}, margin: 0mm, fill: white)\n#set document(date: none)\n{images}\n"
    folder: Any = {"main.typ": source.encode(), **files}  # which its types do not know of
    made = typst.compile(folder, format=kind, ppi=PRINT_DPI)
    return bytes(made[0] if isinstance(made, list) else made)
