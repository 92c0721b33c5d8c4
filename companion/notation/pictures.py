"""A score drawn: as music where Verovio is installed, else as a piano roll."""

from __future__ import annotations

from companion.errors import BadSetting
from companion.notation import engraving
from companion.notation.musicxml.writing import musicxml
from companion.notation.score import WrittenScore

HINT = "drawn as a piano roll; for the score itself: pip install 'chorale-companion[notation]'"


def picture(score: WrittenScore, kind: str) -> tuple[bytes, str]:
    """A picture of this kind, png, svg or pdf; and a line for the user where it is not what it could be.

    Raises:
        BadSetting: the score is too long for one picture.
    """
    if not engraving.is_there():
        from companion.notation.pianoroll import drawn  # noqa: PLC0415 - brings numpy

        return drawn(score, kind), HINT
    xml = musicxml(score).decode()
    pages = engraving.pages(xml, kind == "pdf", score.title)
    if kind == "pdf":
        return engraving.pdf_of(pages), ""
    if len(pages) > 1:
        raise BadSetting(f"the score is too long for one picture ({len(score.measures):,} bars); ask for --pdf")
    return (pages[0].encode() if kind == "svg" else engraving.png_of(pages[0])), ""
