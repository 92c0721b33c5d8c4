"""How songs are played."""

from __future__ import annotations

from companion.music.vocabulary import Note
from export.data.folksongs import Tune
from export.judging.jamming import KEY_UP_EARLY
from export.phrasing.hands import AS_WRITTEN, BOTH, BREATHING, HALF_AS_LONG, LONG_BREATH, HandKey, hands
from export.phrasing.marks import MarkedSong

# Two phrases of four quarters, the last of which is longer.
NOTES = tuple(Note(start, 0, 60 + place, steps) for place, (start, steps) in enumerate(
    [(0, 4), (4, 4), (8, 4), (12, 8), (20, 4), (24, 4), (28, 4), (32, 8)]
))  # fmt: skip
SONG = MarkedSong(Tune("t", "4/4", 16, 0, NOTES), (3, 7))


def test_as_written_keys_come_up_just_before_the_next() -> None:
    first, second = hands(SONG, AS_WRITTEN, 0)
    assert first[0] == HandKey(0, 4 - KEY_UP_EARLY, 60, 4)
    assert [key.down for key in (*first, *second)] == [note.start_step for note in NOTES]


def test_detached_they_sound_half_as_long() -> None:
    (first, _) = hands(SONG, HALF_AS_LONG, 0)
    assert [key.up - key.down for key in first] == [2, 2, 2, 4]


def test_a_breath_is_a_beat_and_a_half_after_an_inner_tone_and_makes_all_that_follows_later() -> None:
    for way in (BREATHING, BOTH):
        keys = [key for phrase in hands(SONG, way, 3) for key in phrase]
        late = [key.down - note.start_step for key, note in zip(keys, NOTES, strict=True)]
        assert late[0] == late[1] == 0 and late[3:5] == [LONG_BREATH] * 2 and late[-1] == 2 * LONG_BREATH


def test_the_same_number_plays_the_same() -> None:
    assert hands(SONG, BREATHING, 3) == hands(SONG, BREATHING, 3)
