"""``chorale view``: what a trace tells, or a file of music, as a page that is opened, and as pictures."""

from __future__ import annotations

import webbrowser
from collections.abc import Sequence
from pathlib import Path

from companion.errors import BadMidiFile, BadSetting, one_line
from companion.files.streams import is_dash
from companion.files.writing import refuse_existing, write_all
from companion.phrase.seed import phrase_of_song
from companion.visuals.opening import Opener, open_address
from companion.visuals.page import page_of
from companion.visuals.picture import DRAWN_KINDS, picture_file
from companion.visuals.reading import read_trace
from companion.visuals.shown import ShownMusic, shown_song, shown_trace
from companion.workbench.places import PIPED
from companion.workbench.source import read_source
from companion.workbench.trace import IN_LINES, IN_ONE


def page_place(source: Path, out: Path | None) -> Path:
    """Where it is asked for, else beside what is shown.

    Raises:
        BadSetting, BadMidiFile: the place is no name of a page, or what is shown no name of a file.
    """
    if not source.name:
        raise BadMidiFile(f"cannot read {source}: it is a folder")
    if out is None:
        return _named(source).with_suffix(".html")
    if out.suffix.lower() not in (".html", ".htm"):
        raise BadSetting(f"a page must end in .html, not {out.suffix!r}")
    return out


def view(source: Path, out: Path | None, pictures: Sequence[str], force: bool) -> list[Path]:
    """Write the page of a file and these pictures beside it, all or none; their places, the page first.

    Raises:
        BadTrace, BadMidiFile: the file cannot be read.
        OutputExists, OutputFailed: something cannot be written.
    """
    page = page_place(source, out)
    drawn = {page.with_suffix(f".{kind}"): kind for kind in DRAWN_KINDS if kind in pictures}
    for path in (page, *drawn):
        refuse_existing(path, force=force)
    shown = shown_of(source)
    files = {page: page_of(shown).encode()} | {path: picture_file(shown, kind) for path, kind in drawn.items()}
    write_all(files, force=force)
    return list(files)


def shown_of(source: Path) -> ShownMusic:
    """What is to be shown of a trace or of a file of music, which its ending tells."""
    title = one_line(_named(source).stem)
    if source.suffix.lower() in (IN_ONE, IN_LINES):
        return shown_trace(title, read_trace(source))
    song = read_source(source)
    return shown_song(title, song, phrase_of_song(song))


def _named(source: Path) -> Path:
    """What comes from standard input has a name too."""
    return PIPED if is_dash(source) else source


def open_page(page: Path, opener: Opener = webbrowser.open) -> bool:
    """Show a page in the browser; False where there is no screen, or nothing that could."""
    return open_address(page.resolve().as_uri(), opener)
