"""What a page shows of a trace and of a song, in numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.fakes import CHORALE, VOICE_NAMES, write_seed
from support.traced import chord, shares, small_trace, trace_of

from companion.files.midi import read_song
from companion.music.key import Key
from companion.phrase.seed import phrase_of_song
from companion.visuals.names import names_in, respelt
from companion.visuals.shown import MOST_SHARES, NOTHING_KNOWN, shown_song, shown_trace
from companion.visuals.traced import PitchShare, TracedFrame, TracedNote

GIVEN, MODELS = 1, 0


def test_a_trace_in_numbers() -> None:
    told = shown_trace("song", small_trace(again="chorale continue song.mid")).as_json()
    assert list(told) == [
        *("title", "origin", "again", "notices", "ticksPerBeat", "tempos", "bars", "beats", "names"),
        *("chords", "notes", "frames"),
    ]
    assert (told["title"], told["origin"]) == ("song", "gru · style bach · G major · seed 7")
    assert (told["again"], told["notices"]) == ("chorale continue song.mid", [])
    assert (told["ticksPerBeat"], told["tempos"], told["bars"]) == (120, [[0, 600_000]], [[0, 1], [240, 2]])
    assert told["beats"] == [0, 120, 240, 360]
    assert told["chords"] == [[0, "G"], [120, "D"], [240, "G"], [360, "D"]]
    assert told["notes"][:5] == [
        [0, 0, 60, 67, 80, 0],
        [1, 0, 60, 62, 80, 0],
        [2, 0, 60, 59, 80, 0],
        [3, 0, 60, 43, 80, 0],
        [0, 120, 180, 66, 80, 4],
    ]
    alto = [MODELS, 125, 7500, [62, 8750, 64, 1250], [62, 7500, 64, 2500], [64, 1250]]
    assert told["frames"][0][:2] == [0, []]
    assert told["frames"][0][2][1] == alto
    assert told["frames"][0][2][0][0] == GIVEN
    assert told["frames"][5][2][1] == [MODELS, 50, 7000, [64, 3000]]  # held, and nearly another note
    assert told["frames"][6][2][1] == [MODELS, 50, 10_000]
    assert told["frames"][12][:2] == [360, [[4, 10_000]]]  # the place of its echo
    json.dumps(told, allow_nan=False)


def test_only_the_likeliest_pitches_are_told() -> None:
    many = tuple(PitchShare(pitch, 1 / 40) for pitch in range(40, 80))
    note = TracedNote("model", 60, True, 5.0, many)
    told = shown_trace("x", trace_of((TracedFrame(0, 0, (note,) * 4),))).as_json()
    assert [len(row) for row in told["frames"][0][2][0][3:]] == [2 * MOST_SHARES, 0, 0]
    rest = TracedNote("model", 60, True, 1.0, shares(p60=0.5, rest=0.5))
    told = shown_trace("x", trace_of((TracedFrame(0, 0, (rest,) * 4),))).as_json()
    assert told["frames"][0][2][0][3] == [60, 5000, -1, 5000]


def test_a_played_note_is_the_one_that_was_heard_near_it() -> None:
    """Up to a step early or late, on its own pitch, in its own voice."""
    trace = trace_of((chord(4, (67, 62, 59, 43)), chord(8, (67, 62, 59, 43))))
    moved = {0: 105, 1: 148, 2: 160, 3: 89}  # ticks; 120 is the beat, 30 a step
    notes = [
        note._replace(start_tick=moved[note.voice], end_tick=200)
        for note in trace.music.notes
        if note.start_tick == 120
    ]
    drawn = shown_trace("x", replace(trace, music=replace(trace.music, notes=tuple(notes)))).drawn
    assert [None if one is None else one.pitch for one in drawn] == [67, 62, None, None]


def test_a_song_is_its_notes_alone(tmp_path: Path) -> None:
    song = read_song(write_seed(tmp_path / "seed.mid", CHORALE, names=VOICE_NAMES))
    phrase = phrase_of_song(song)
    shown = shown_song("seed", song, phrase)
    assert [note for note in shown.music.notes if note.voice == 0] == [note for note in phrase.notes if note.voice == 0]
    assert len(shown.music.notes) == len(phrase.notes)
    assert (shown.frames, shown.drawn, shown.notices) == ((), (), (NOTHING_KNOWN,))
    told = shown.as_json()
    assert (told["frames"], {row[5] for row in told["notes"]}) == ([], {-1})
    assert told["tempos"] == [[0, 500_000]]
    assert told["beats"] == [480 * beat for beat in range(4)]
    assert (told["bars"], told["chords"][0]) == ([[0, 1]], [0, "G"])


@pytest.mark.parametrize(
    ("key", "names"),
    [
        (None, "C C♯ D E♭ E F F♯ G G♯ A B♭ B"),
        ("F major", "C C♯ D E♭ E F F♯ G A♭ A B♭ B"),
        ("D minor", "C C♯ D E♭ E F F♯ G A♭ A B♭ B"),
        ("B major", "C C♯ D D♯ E E♯ F♯ G G♯ A A♯ B"),
        ("Eb minor", "C D♭ D E♭ E F G♭ G A♭ A B♭ B"),
        ("D dorian", "C C♯ D E♭ E F F♯ G G♯ A B♭ B"),
    ],
)
def test_pitches_are_spelt_as_the_key_has_them(key: str | None, names: str) -> None:
    assert " ".join(names_in(None if key is None else Key.of_name(key))) == names


def test_chords_are_spelt_likewise() -> None:
    names = names_in(Key.of_name("Bb major"))
    assert [respelt(chord, names) for chord in ("A#", "D#maj7/A#", "Cdim", "", "F7/D#")] == (
        ["B♭", "E♭maj7/B♭", "Cdim", "", "F7/E♭"]
    )
    names = names_in(Key.of_name("E minor"))
    assert [respelt(chord, names) for chord in ("F#7/A#", "A#dim7", "D#dim7/C", "G#m7b5/D", "A#")] == (
        ["F♯7/A♯", "A♯dim7", "D♯dim7/C", "G♯m7b5/D", "B♭"]
    )


def test_a_key_that_is_none_is_passed_over() -> None:
    assert shown_trace("x", small_trace(key="<b>")).names == names_in(None)
