"""Music that is sent as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from companion.errors import BadMidiFile
from companion.music.song import Metre, SongNote, Tempo
from companion.serve.notes import BrokenJson, song_of_notes

NOTE = {"pitch": 60, "start": 0, "duration": 1}


def song(music: Any) -> Any:
    return song_of_notes(json.dumps(music).encode())


def test_notes_tempos_and_metres_become_a_song() -> None:
    found = song(
        {
            "notes": [
                {**NOTE, "start": 1.5, "voice": "bass"},
                {**NOTE, "velocity": 1, "voice": "soprano", "origin": "x"},
            ],
            "tempos": [{"start": 4, "bpm": 60}, {"start": 0, "bpm": 120}],
            "metres": [{"start": 0, "beats": 6, "unit": 8}],
            "summary": {"seed": 1},
        }
    )
    assert found.notes == (SongNote(0, 960, 60, 1, 0, 0), SongNote(1440, 2400, 60, 80, 0, 3))
    assert found.tempos == (Tempo(0, 500_000), Tempo(3840, 1_000_000))
    assert found.metres == (Metre(0, 6, 8),)
    assert found.track_names == ("Soprano", "Alto", "Tenor", "Bass")


@pytest.mark.parametrize(
    ("music", "told"),
    [
        ([], "the body must be an object, not a list"),
        ({}, "there must be 1 to 50000 notes, not 0"),
        ({"notes": {}}, "notes must be an array, not a dict"),
        ({"notes": [NOTE], "note": 1}, "the body has a member 'note', and may have metres, notes, summary, tempos"),
        ({"notes": [1]}, "notes[0] must be an object, not 1"),
        ({"notes": [{"pitch": 60, "start": 0}]}, "notes[0].duration must be a number from 0 to 200000, not nothing"),
        ({"notes": [{**NOTE, "duration": 0}]}, "notes[0].duration must be above 0"),
        ({"notes": [{**NOTE, "pitch": True}]}, "notes[0].pitch must be a whole number from 0 to 127, not True"),
        ({"notes": [{**NOTE, "start": float("nan")}]}, "notes[0].start must be a number from 0 to 200000, not nan"),
        (
            {"notes": [{**NOTE, "voice": ["alto"]}]},
            "notes[0].voice must be one of soprano, alto, tenor, bass, not ['alto']",
        ),
        ({"notes": [{**NOTE, "voice": "alto"}, NOTE]}, "every note must name its voice, or none"),
        (
            {"notes": [NOTE], "tempos": [{"start": 0, "bpm": 0}]},
            "tempos[0].bpm must be a number from 10 to 1000, not 0",
        ),
        ({"notes": [NOTE], "metres": [{"start": 0, "beats": 4, "unit": 5}]}, "metres[0].unit must be one of 1, 2, 4, "),
    ],
)
def test_what_is_no_music_is_one_line_that_says_where(music: Any, told: str) -> None:
    with pytest.raises(BadMidiFile) as caught:
        song(music)
    assert str(caught.value).startswith(told)
    assert not isinstance(caught.value, BrokenJson)


@pytest.mark.parametrize("data", [b"", b"{", b"[" * 100_000, b"\xff", b'{"notes": 1e}'])
def test_broken_json_is_told_from_other_faults(data: bytes) -> None:
    with pytest.raises(BrokenJson):
        song_of_notes(data)
