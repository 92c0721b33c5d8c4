"""A line of words (w:) under a line of music."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from companion.notation.abc.voice import ONLY, TuneVoice
from companion.notation.score import Lyric, Written

LONGEST_SYLLABLE = 200  # letters of a syllable
_SYLLABLE = re.compile(r"((?:\\-|[^-_*|])+)(-?)|([-_*|])")


def words_under(voice: TuneVoice, text: str) -> None:
    """Syllables for the notes of the last line of music, one each; of several lines each is a verse."""
    voice.verses += 1
    verse, at, goes_on = str(voice.verses), 0, False
    for token in _tokens(text):
        if token == "|":
            at = _next_bar(voice.line, at)
        elif at < len(voice.line):
            if token == "_":
                _extend(voice, voice.line[:at], verse)
            elif token not in "*-":
                ends = not token.endswith("-")
                _sing(voice, voice.line[at], Lyric(verse, _syllabic(goes_on, ends), _shown(token)))
                goes_on = not ends
            at += 1


def _tokens(text: str) -> Iterator[str]:
    """Syllables, each with its dash if its word goes on; and * _ | - alone."""
    for word in text.split():
        for match in _SYLLABLE.finditer(word):
            yield match[3] or match[1] + match[2]


def _shown(token: str) -> str:
    return token.removesuffix("-").replace("~", " ").replace("\\-", "-").replace("\\", "")[:LONGEST_SYLLABLE]


def _syllabic(goes_on: bool, ends: bool) -> str:
    if ends:
        return "end" if goes_on else "single"
    return "middle" if goes_on else "begin"


def _next_bar(line: Sequence[tuple[int, int]], at: int) -> int:
    """The first note after the bar of the note before."""
    here = line[at - 1][0] if at else -1
    return next((later for later in range(at, len(line)) if line[later][0] > here), len(line))


def _sing(voice: TuneVoice, place: tuple[int, int], lyric: Lyric) -> None:
    note = _note(voice, place)
    _put(voice, place, note._replace(lyrics=(*note.lyrics, lyric)))


def _extend(voice: TuneVoice, before: Sequence[tuple[int, int]], verse: str) -> None:
    """The last syllable goes on."""
    for place in reversed(before):
        note = _note(voice, place)
        if any(lyric.verse == verse for lyric in note.lyrics):
            lyrics = [lyric._replace(extend=lyric.extend or lyric.verse == verse) for lyric in note.lyrics]
            _put(voice, place, note._replace(lyrics=tuple(lyrics)))
            return


def _note(voice: TuneVoice, place: tuple[int, int]) -> Written:
    return voice.bars[place[0]].notes[ONLY][place[1]]


def _put(voice: TuneVoice, place: tuple[int, int], note: Written) -> None:
    voice.bars[place[0]].notes[ONLY][place[1]] = note
