"""What belongs to bars that are made anew, and what is kept."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from companion.errors import BadSetting
from companion.generation.blanks import Blank, blank_of, free_notes, kept_notes, over_the_edges
from companion.music.song import Metre, Song, SongNote
from companion.music.vocabulary import VOICES
from companion.phrase.seed import Phrase, phrase_of_song

SOPRANO, ALTO, TENOR, BASS = range(4)
PITCHES = (72, 67, 64, 48)
Lines = Mapping[int, list[tuple[float, float]]]  # voice → beats from and to


def phrase_of(lines: Lines) -> Phrase:
    notes = [
        SongNote(round(start * 480), round(end * 480), PITCHES[voice], 70, voice, voice)
        for voice, line in lines.items()
        for start, end in line
    ]
    names = tuple(VOICES[voice].capitalize() if voice in lines else "" for voice in range(4))
    return phrase_of_song(Song(tuple(sorted(notes)), 480, (), (Metre(0, 4, 4),), names))


def quarters(first: int, last: int) -> list[tuple[float, float]]:
    return [(beat, beat + 1) for beat in range(first, last)]


def test_a_note_belongs_to_where_it_begins() -> None:
    into = [*quarters(0, 3), (3, 5.5), *quarters(6, 12)]
    out = [*quarters(0, 7), (7, 9), *quarters(9, 12)]
    through = [(0, 2), (2, 10), (10, 12)]
    phrase = phrase_of({SOPRANO: quarters(0, 12), ALTO: into, TENOR: out, BASS: through})
    blank = blank_of(phrase, "2")
    free = free_notes(phrase.frames, blank)
    spans = [(int(own[0]), int(own[-1]) + 1) if len(own := np.flatnonzero(free[:, v])) else None for v in range(4)]
    assert spans == [(16, 32), (22, 32), (16, 36), None]
    gone = set(phrase.notes) - set(kept_notes(phrase, blank))
    assert sorted((note.voice, note.start_tick // 480) for note in gone) == [
        *((SOPRANO, beat) for beat in (4, 5, 6, 7)),
        *((ALTO, beat) for beat in (6, 7)),
        *((TENOR, beat) for beat in (4, 5, 6, 7)),
    ]
    assert list(over_the_edges(phrase, blank)) == [
        "2 notes from the bar before last into these: kept",
        "1 note of these lasts into the bar after: made anew to the end",
    ]


def test_of_voices_that_are_not_named_all_is_kept() -> None:
    phrase = phrase_of(dict.fromkeys(range(4), quarters(0, 12)))
    blank = blank_of(phrase, "2-3", [TENOR, ALTO, TENOR])
    assert blank == Blank(16, 48, (ALTO, TENOR))
    assert {note.voice for note in set(phrase.notes) - set(kept_notes(phrase, blank))} == {ALTO, TENOR}
    assert list(over_the_edges(phrase, blank)) == []


def test_notes_a_little_early_or_late_belong_to_the_bar_they_are_meant_for() -> None:
    line = [(beat + (-0.1 if beat % 2 else 0.1), beat + 0.9) for beat in range(12)]
    line[4], line[8] = (3.95, 4.9), (7.95, 8.9)
    phrase = phrase_of({SOPRANO: line, BASS: quarters(0, 12)})
    gone = set(phrase.notes) - set(kept_notes(phrase, blank_of(phrase, "2", [SOPRANO])))
    assert sorted(note.start_tick for note in gone) == [round(line[beat][0] * 480) for beat in (4, 5, 6, 7)]


def test_all_voices_are_those_that_are_there() -> None:
    assert blank_of(phrase_of({SOPRANO: quarters(0, 12), BASS: quarters(0, 12)}), "2").voices == (SOPRANO, BASS)


def test_what_cannot_be_made_anew() -> None:
    phrase = phrase_of({SOPRANO: quarters(0, 8), BASS: quarters(0, 8)})
    says = r"^the piece has no alto to rewrite, only soprano and bass; harmonise adds what is missing$"
    with pytest.raises(BadSetting, match=says):
        blank_of(phrase, "2", [ALTO])
    with pytest.raises(BadSetting, match=r"^these are all bars of all voices: nothing is left to go by; name fewer"):
        blank_of(phrase, "1-2")
    with pytest.raises(BadSetting, match=r"^no note of these voices begins in bars 2: they hold on through; name more"):
        blank_of(phrase_of({SOPRANO: quarters(0, 12), BASS: [(0, 12)]}), "2", [BASS])
    assert blank_of(phrase, "1-2", [BASS]) == Blank(0, 32, (BASS,))
