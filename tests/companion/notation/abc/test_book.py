"""ABC: books, tunes, notes and words; and what is wrong with them, by the line."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from companion.errors import BadMidiFile
from companion.notation.abc.book import MOST_LETTERS, read_abc, score_of_abc
from companion.notation.score import Barline, KeySign, Lyric, MetreSign, WrittenScore

SIGNS = {-2: "__", -1: "_", 0: "", 1: "^", 2: "^^"}
BOOK = b"X:1\nT:Cuckoo\nK:D\nA|\n\nX:7\nT:Lark\nK:G\nB2|\n"


def tune(music: str, head: str = "M:4/4\nL:1/4\nK:C") -> WrittenScore:
    return score_of_abc(f"X:1\n{head}\n{music}\n".encode(), "x.abc")[0]


def shown(score: WrittenScore) -> str:
    """ "^C4 1/2" a note, with its length in quarters; bars apart."""
    bars = []
    for bar in score.measures:
        notes = [note for note in score.parts[0].lines[0].notes if bar.tick <= note.tick < bar.tick + bar.ticks]
        bars.append(" ".join(_shown(note, score.ticks_per_beat) for note in notes))
    return " | ".join(bars)


def _shown(note: object, unit: int) -> str:
    _, ticks, name, *_ = note  # type: ignore[misc]
    letter = "z" if name is None else f"{SIGNS[name.alter]}{name.step}{name.octave}"
    return f"{letter}:{Fraction(ticks, unit)}"


@pytest.mark.parametrize(
    ("music", "head", "says"),
    [
        ("C c c' C, B,,", "", "C4:1 C5:1 C6:1 C3:1 B2:1"),
        ("C2 C/ C/2 C// C3/2 z", "", "C4:2 C4:1/2 C4:1/2 C4:1/4 C4:3/2 z:1"),
        ("F C | ^F F =F F | F", "K:D", "^F4:1 ^C4:1 | ^F4:1 ^F4:1 F4:1 F4:1 | ^F4:1"),  # until the bar is over
        ("A>B A<B A>>B", "", "A4:3/2 B4:1/2 A4:1/2 B4:3/2 A4:7/4 B4:1/4"),
        ('(c<"Am"A) A>.B', "", "C5:1/2 A4:3/2 A4:3/2 B4:1/2"),
        ("(3ABc (3:2:4A/B/c/d/ e", "", "A4:2/3 B4:2/3 C5:2/3 A4:1/3 B4:1/3 C5:1/3 D5:1/3 E5:1"),
        ("(3A2B2c2", "", "A4:4/3 B4:4/3 C5:4/3"),
        ("B E", "K:Gm", "_B4:1 _E4:1"),
        ("B E", "K:D dorian", "B4:1 E4:1"),
        ("F C", "K:Amix", "^F4:1 ^C4:1"),
        ("B F", "K:C exp _b ^f", "_B4:1 ^F4:1"),
        ("F C", "K:HP", "^F4:1 ^C4:1"),
        ("[CEG]2 z2", "", "C4:2 E4:2 G4:2 z:2"),
        ("A [K:Bb] B [L:1/8] c2", "", "A4:1 _B4:1 C5:1"),
        ("Z2|C4", "", "z:4 | z:4 | C4:4"),
        ("A y !trill! ~B {cd}.c", "", "A4:1 B4:1 C5:0 D5:0 C5:1"),
    ],
)
def test_notes(music: str, head: str, says: str) -> None:
    fields = ["M:4/4", "L:1/4", head or "K:C"]
    assert shown(tune(music, "\n".join(fields))) == says


@pytest.mark.parametrize(("metre", "quarters"), [("2/4", "1/4"), ("3/4", "1/2"), ("6/8", "1/2"), ("C|", "1/2")])
def test_the_plain_length_goes_by_the_metre(metre: str, quarters: str) -> None:
    assert shown(tune("A", f"M:{metre}\nK:C")) == f"A4:{quarters}"


def test_keys_and_metres() -> None:
    score = tune("A | [M:3/4][K:F] B3 | [M:C|] c4")
    assert [bar.metre for bar in score.measures] == [MetreSign(4, 4), MetreSign(3, 4), MetreSign(2, 2, "cut")]
    assert [bar.key for bar in score.measures] == [KeySign(0, "major"), KeySign(-1, "major"), None]


def test_a_pickup_repeats_and_endings() -> None:
    bars = tune("G|: cdef |1 g4 :|2 c4 |]").measures
    assert [(bar.number, bar.implicit) for bar in bars] == [("0", True), ("1", False), ("2", False), ("3", False)]
    assert bars[1].left == Barline("heavy-light", "forward")
    assert bars[2].left == Barline(ending="start", numbers="1")
    assert bars[2].right == Barline("light-heavy", "backward", "stop", "1")
    assert bars[3].right == Barline("light-heavy", "", "stop", "2")


def test_words() -> None:
    score = tune("c c d2 | e f g a |\nw: A-ma-zing | sweet_ the ~sound\nw: 'Twas * grace")
    words = [[lyric[:3] for lyric in note.lyrics] for note in score.parts[0].lines[0].notes]
    assert words == [
        [("1", "begin", "A"), ("2", "single", "'Twas")],
        [("1", "middle", "ma")],
        [("1", "end", "zing"), ("2", "single", "grace")],
        [("1", "single", "sweet")],
        [],
        [("1", "single", "the")],
        [("1", "single", " sound")],
    ]
    assert score.parts[0].lines[0].notes[3].lyrics == (Lyric("1", "single", "sweet", extend=True),)


def test_voices_are_parts_with_names_and_clefs() -> None:
    score = tune("V:S\nc4|d4|\n[V:B] C,4|D,4|", 'M:4/4\nL:1/4\nV:S name="Soprano"\nV:B clef=bass nm=Bass\nK:F')
    assert [(part.name, part.clefs[0].sign) for part in score.parts] == [("Soprano", "G"), ("Bass", "F")]
    assert [len(part.lines[0].notes) for part in score.parts] == [2, 2]


def test_fermatas_chords_ties_and_slurs() -> None:
    score = tune('"G7/B"(HB c)d2-|d4|')
    notes = score.parts[0].lines[0].notes
    assert [(chord.tick, chord.root, chord.kind, chord.bass) for chord in score.harmonies] == [
        (0, ("G", 0), "dominant", ("B", 0))
    ]
    assert [note.fermata for note in notes] == ["upright", "", "", ""]
    assert [(note.tied_from, note.tied_to) for note in notes[2:]] == [(False, True), (True, False)]
    assert [len(note.marks) for note in notes] == [1, 1, 0, 0]


class TestBooks:
    def test_one_of_several_tunes(self, tmp_path: Path) -> None:
        (tmp_path / "book.abc").write_bytes(BOOK)
        score, name = read_abc(tmp_path / "book.abc", 7)
        assert (score.title, name) == ("Lark", f"{tmp_path / 'book.abc'}#7")

    def test_several_tunes_are_listed(self) -> None:
        with pytest.raises(BadMidiFile) as refused:
            score_of_abc(BOOK, "book.abc")
        says = "book.abc holds 2 tunes; name one, as in book.abc#1: X:1 Cuckoo, X:7 Lark"
        assert str(refused.value) == says

    def test_a_tune_that_is_not_there(self) -> None:
        with pytest.raises(BadMidiFile) as refused:
            score_of_abc(BOOK, "book.abc", 2)
        assert str(refused.value) == "book.abc holds no tune X:2; it holds X:1 Cuckoo, X:7 Lark"

    def test_of_many_the_first_are_named(self) -> None:
        many = b"".join(b"X:%d\nT:Tune\nK:C\nC|\n" % number for number in range(1, 51))
        with pytest.raises(BadMidiFile, match=r"X:5 Tune and 45 more$"):
            score_of_abc(many, "book.abc")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "x.abc holds no tune; one begins with X:1, and its music follows K:"),
        ("hello\nworld\n", "x.abc holds no tune; one begins with X:1, and its music follows K:"),
        ("X:1\nT:A\nK:C\n", "x.abc holds no music after K:"),
        ("X:1\nK:C\nCDE|\nCD#E|\nF\n", "x.abc: line 4: cannot read '#E|'"),
        ("X:1\nK:C\nCDE|\nC9999\n", "x.abc: line 4: a note of 9999/2 quarters cannot be; expected up to 64"),
        ("X:1\nK:C\nC/0|\n", "x.abc: line 3: there is no length '/0'"),
        ("X:1\nK:C\nC" + "'" * 40 + "|\n", "x.abc: line 3: there is no pitch C''''''''''''"),
        ("X:1\nK:C\nZ99999|\n", "x.abc: line 3: 99999 bars of rest cannot be; expected 1 to 1000"),
        ("X:1\nK:Q\nC|\n", "x.abc: line 2: there is no key 'Q'; expected one like G, Am or D dor"),
        ("X:1\nM:4/5\nK:C\nC|\n", "x.abc: line 2: there is no metre '4/5'"),
        ("X:1\nL:1/0\nK:C\nC|\n", "x.abc: line 2: there is no note length '1/0'; expected one like 1/8"),
        ("X:1\nK:C\n" + "C8" * 300 + "|\n", "x.abc: line 3: a bar lasts more than 1000 beats"),
        ("X:1\nK:C\n" + "C|" * MOST_LETTERS, "x.abc: a tune of more than 50,000 letters; choose a shorter one"),
        ("X:1\nK:C\n" + "".join(f"V:{n}\nC|\n" for n in range(20)), "x.abc: line 35: more than 16 voices"),
    ],
)
def test_what_is_wrong_is_named_by_its_line(text: str, says: str) -> None:
    with pytest.raises(BadMidiFile) as refused:
        score_of_abc(text.encode(), "x.abc")
    assert str(refused.value) == says


def test_old_files_in_latin_1_are_read() -> None:
    assert score_of_abc("X:1\nT:Für Elise\nK:C\nC|\n".encode("latin-1"), "x")[0].title == "Für Elise"
