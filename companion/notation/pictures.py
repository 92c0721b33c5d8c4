"""A score drawn: as music where Verovio is installed, else as a piano roll."""

from __future__ import annotations

from companion.frozen import ways_to_get
from companion.notation import engraving
from companion.notation.musicxml.writing import musicxml
from companion.notation.score import WrittenScore

HINT = f"drawn as a piano roll; for the score itself: {ways_to_get('notation')}"

TOO_LONG = "the score is too long for one picture: the first of {} parts is in the {}, and all of it in --pdf"


def picture(score: WrittenScore, kind: str) -> tuple[bytes, str]:
    """A picture of this kind, png, svg or pdf; and a line for the user where it is not what it could be."""
    if not engraving.is_there():
        from companion.notation.pianoroll import drawn  # noqa: PLC0415 - brings numpy

        return drawn(score, kind), HINT
    xml = musicxml(score).decode()
    pages = engraving.pages(xml, kind == "pdf", score.title)
    if kind == "pdf":
        return engraving.pdf_of(pages), ""
    hint = TOO_LONG.format(len(pages), kind) if len(pages) > 1 else ""
    return (pages[0].encode() if kind == "svg" else engraving.png_of(pages[0])), hint
