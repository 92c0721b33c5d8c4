"""What a model hears of a score."""

from __future__ import annotations

import pytest

from companion.music.key import Key
from companion.music.song import ChordSymbol, KeySignature, Metre, Tempo
from companion.notation.abc.book import score_of_abc
from companion.notation.musicxml.files import score_of_bytes
from companion.notation.musicxml.writing import musicxml
from companion.notation.score import WrittenScore
from companion.notation.songs import ScoredSong, song_of_score

HYMN = b"""X:1
T:Hymn
M:4/4
L:1/4
Q:1/4=90
K:G
D | "G"G2 "D7/F#"A H(B | B) c !fermata!d2- |\\
d4 |]
w: Oh Hal- le- lu- ia A- men
"""


def song(text: bytes = HYMN) -> ScoredSong:
    return song_of_score(score_of_abc(text, "x.abc")[0], "x.abc")


def through_musicxml(score: WrittenScore) -> WrittenScore:
    return score_of_bytes(musicxml(score), "x.musicxml")


def quarters(found: ScoredSong) -> list[tuple[float, float, int]]:
    unit = found.ticks_per_beat
    return [(note.start_tick / unit, (note.end_tick - note.start_tick) / unit, note.pitch) for note in found.notes]


def test_tied_notes_are_one_and_all_else_stands_where_it_did() -> None:
    found, unit = song(), song().ticks_per_beat
    assert quarters(found) == [(0, 1, 62), (1, 2, 67), (3, 1, 69), (4, 1, 71), (5, 1, 71), (6, 1, 72), (7, 6, 74)]
    assert found.metres == (Metre(0, 1, 4), Metre(unit, 4, 4))
    assert found.key == KeySignature(1, minor=False)
    assert found.tempos == (Tempo(0, 666_667),)
    assert found.fermatas == (4 * unit, 7 * unit)
    assert found.chord_symbols == (ChordSymbol(unit, "G"), ChordSymbol(3 * unit, "D7/F#"))
    assert [event.data[3:] for event in found.events] == [b"Oh", b"Hal-", b"le-", b"lu-", b"ia", b"A-", b"men"]
    assert {event.data[:2] for event in found.events} == {b"\xff\x05"}


@pytest.mark.parametrize(
    ("field", "signature", "key"),
    [
        ("Ddor", KeySignature(0, False, "dorian"), "D dorian"),
        ("E phr", KeySignature(0, False, "phrygian"), "E phrygian"),
        ("Eblyd", KeySignature(-2, False, "lydian"), "Eb lydian"),
        ("A mixolydian", KeySignature(2, False, "mixolydian"), "A mixolydian"),
        ("HP", KeySignature(2, False, "mixolydian"), "A mixolydian"),
    ],
)
def test_a_church_mode_is_kept_with_its_signature(field: str, signature: KeySignature, key: str) -> None:
    score = score_of_abc(f"X:1\nL:1/4\nK:{field}\nDEFG|]\n".encode(), "x.abc")[0]
    for found in (song_of_score(score, "x"), song_of_score(through_musicxml(score), "x")):
        assert found.key == signature
        assert Key.of_signature(signature.sharps, signature.church_mode) == Key.of_name(key)


def test_aeolian_is_a_church_mode_where_musicxml_names_it() -> None:
    minor = musicxml(score_of_abc(HYMN.replace(b"K:G", b"K:Em"), "x")[0])
    assert song_of_score(score_of_bytes(minor, "x.musicxml"), "x").key == KeySignature(1, minor=True)
    aeolian = minor.replace(b"<mode>minor</mode>", b"<mode>aeolian</mode>")
    assert song_of_score(score_of_bytes(aeolian, "x.musicxml"), "x").key == KeySignature(1, True, "aeolian")


def test_the_same_through_musicxml() -> None:
    again = song_of_score(through_musicxml(score_of_abc(HYMN, "x")[0]), "x")
    assert quarters(again) == quarters(song())
    assert [len(again.events), len(again.fermatas), len(again.chord_symbols)] == [7, 2, 2]


def test_a_repeat_in_the_middle_of_a_bar_keeps_the_metre() -> None:
    found = song(b"X:1\nM:4/4\nL:1/4\nK:C\nC|CDEF|GAB:|c|cBAG|F3|]\n")
    unit = found.ticks_per_beat
    assert found.metres == (Metre(0, 1, 4), Metre(unit, 4, 4))
    assert found.notices == ("repeats are kept as they are written, and gone through once",)


def test_a_bar_cut_short_is_one_of_its_own_length() -> None:
    found = song(b"X:1\nM:4/4\nL:1/4\nK:C\nCDEF|GA|cBAG|\n")
    unit = found.ticks_per_beat
    assert found.metres == (Metre(0, 4, 4), Metre(4 * unit, 2, 4), Metre(6 * unit, 4, 4))


def test_two_voices_of_a_part_are_two_tracks_named_by_it() -> None:
    both = b"X:1\nM:4/4\nL:1/4\nK:C\nV:1 name=Soprano\nc4|\nV:2 name=Alto\nG4|\n"
    assert song(both).track_names == ("Soprano", "Alto")
