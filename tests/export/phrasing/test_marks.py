"""Songs with their phrases, as the books of ABC have them."""

from __future__ import annotations

import pytest

from export.phrasing.marks import marked_song

SONG = """X:7
T: THREE LINES
M: 6/8
L: 1/8
K: G
D | G2GA2B | G3z2
B | A2AB2c | A3z2
A | d2BG2A | G6
"""


def test_each_line_of_music_is_a_phrase() -> None:
    song = marked_song(SONG, "book-7")
    assert (song.tune.name, song.tune.metre, song.tune.bar_steps, song.tune.first_step) == ("book-7", "6/8", 12, 10)
    assert len(song.tune.notes) == 18
    assert song.ends == (5, 11, 17)
    assert list(song.phrases()) == [range(6), range(6, 12), range(12, 18)]


def test_a_song_that_is_no_tune_says_why() -> None:
    with pytest.raises(ValueError, match="fewer than 12 notes"):
        marked_song(SONG[: SONG.index("B | A2AB2c")], "book-7")
