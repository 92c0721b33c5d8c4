"""Scores in and out of the commands, as a composer types them."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from shutil import copy

import pytest
from support.fakes import MELODY, quarters, write_seed
from support.programs import Command

from companion.controls.settings import Settings
from companion.files.midi import read_song
from companion.generation.job import harmonise_song
from companion.model.library import open_model
from companion.music.messages import LYRIC
from companion.music.song import KeySignature, TrackEvent
from companion.notation import engraving
from companion.notation.musicxml.files import read_musicxml
from companion.notation.score import UNITS, NoteName, Written, WrittenScore, sounds_of
from companion.phrase.seed import phrase_of_song
from companion.workbench.anew import rewrite_job, rewrite_read
from companion.workbench.jobs import harmonise_job, run
from companion.workbench.kinds import beside
from companion.workbench.sheets import ELISION, score_of_job
from companion.workbench.source import read_source

COMPOSING = Path(__file__).parents[3] / "docs" / "composing"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("old-hundredth.musicxml", "auld-lang-syne.abc"):
        copy(COMPOSING / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def voices(score: WrittenScore) -> list[tuple[Written, ...]]:
    """Soprano, alto, tenor, bass."""
    assert [[line.voice for line in part.lines] for part in score.parts] == [["1", "2"], ["1", "2"]]
    return [line.notes for part in score.parts for line in part.lines]


def test_a_hymn_keeps_every_note_word_and_fermata(chorale: Command) -> None:
    ran = chorale("harmonise", "old-hundredth.musicxml", "--seed", "1")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "wrote old-hundredth-harmonised.musicxml")
    assert "heard: G major; 4/4; 8 bars after a pickup; soprano from track 1\n" in ran.out
    before, after = (
        read_musicxml(Path("old-hundredth.musicxml")),
        read_musicxml(Path("old-hundredth-harmonised.musicxml")),
    )
    unit = after.ticks_per_beat // before.ticks_per_beat
    kept = [note._replace(tick=note.tick * unit, ticks=note.ticks * unit) for note in before.parts[0].lines[0].notes]
    assert list(voices(after)[0]) == kept
    assert [bar[2:6] for bar in after.measures] == [bar[2:6] for bar in before.measures]
    assert all(len(list(sounds_of(notes))) > 20 for notes in voices(after))
    assert after.title == "Old Hundredth"
    bass = {note.tick: note.fermata for note in voices(after)[3]}
    assert {bass.get(note.tick, "inverted") for note in kept if note.fermata} == {"inverted"}


def test_grace_notes_stay_with_the_notes_that_they_lead_to(chorale: Command) -> None:
    """But not before what is made anew."""
    Path("reel.abc").write_text("X:1\nM:4/4\nL:1/4\nK:G\n{/A}GABG|{AB}cAFD|G{/e}dBG|A2G2|\n", "utf-8")
    assert chorale("harmonise", "reel.abc", "--seed", "1").code == 0
    made = Path("reel-harmonised.musicxml")
    assert (
        chorale("rewrite", made, "--bars", "3", "--voices", "soprano", "--seed", "1", "-o", "anew.musicxml").code == 0
    )
    score, anew = read_musicxml(made), read_musicxml(Path("anew.musicxml"))
    unit = score.ticks_per_beat
    found = [(note.tick // unit, note.spelling, note.slashed) for note in voices(score)[0] if not note.ticks]
    a, b, e = (NoteName(step, 0, octave) for step, octave in (("A", 4), ("B", 4), ("E", 5)))
    assert found == [(0, a, True), (4, a, False), (4, b, False), (9, e, True)]
    assert [note for note in voices(anew)[0] if not note.ticks] == [
        note for note in voices(score)[0] if not note.ticks
    ][:3]
    assert all(note.ticks for notes in voices(score)[1:] for note in notes)


def test_a_church_mode_stands_in_a_midi_file_by_its_signature(chorale: Command) -> None:
    Path("mode.abc").write_text("X:1\nM:4/4\nL:1/4\nK:Edor\nEFGA|BAGF|EFE2|\n", "utf-8")
    ran = chorale("harmonise", "mode.abc", "--seed", "1", "-o", "mode.mid")
    assert (ran.code, ran.out.splitlines()[0]) == (0, "heard: E dorian, as written; 4/4; 3 bars; soprano from track 1")
    assert read_song(Path("mode.mid")).key == KeySignature(2, minor=False)


def test_a_tune_in_abc_is_continued_in_whole_bars(chorale: Command) -> None:
    ran = chorale("continue", "auld-lang-syne.abc", "--bars", "4", "--seed", "1", "-o", "more.mxl")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "wrote more.mxl")
    score = read_musicxml(Path("more.mxl"))
    assert [bar.number for bar in score.measures] == [str(number) for number in range(13)]
    assert {bar.ticks for bar in score.measures[1:]} == {4 * score.ticks_per_beat}
    assert (score.measures[0].ticks, score.measures[0].implicit) == (score.ticks_per_beat, True)
    for notes in voices(score):
        assert (
            sum(note.ticks for note in notes if not note.in_chord) == score.measures[-1].tick + score.measures[-1].ticks
        )


def test_a_score_in_a_midi_file_out(chorale: Command) -> None:
    assert chorale("harmonise", "old-hundredth.musicxml", "-o", "out.mid", "--seed", "1").code == 0
    song = read_song("out.mid")
    assert song.metres[0][1:] == (1, 4)
    assert len({note.track for note in song.notes}) == 4


def test_the_same_music_as_score_and_as_midi(chorale: Command) -> None:
    for name in ("out.mid", "out.musicxml"):
        assert chorale("harmonise", "old-hundredth.musicxml", "-o", name, "--seed", "5").code == 0
    song, score = read_song("out.mid"), read_musicxml(Path("out.musicxml"))
    unit = score.ticks_per_beat / song.ticks_per_beat
    played = {(round(note.start_tick * unit), round(note.end_tick * unit), note.pitch) for note in song.notes}
    assert {tied[:3] for notes in voices(score) for tied in sounds_of(notes)} == played


@pytest.mark.parametrize("ticks", [480, 100, 1024])
def test_a_midi_file_in_a_score_out(chorale: Command, folder: Path, ticks: int) -> None:
    write_seed(folder / "tune.mid", [quarters(MELODY, start=1)], metres=[(0, 1, 4), (1, 3, 4)], ticks=ticks)
    assert chorale("harmonise", "tune.mid", "-o", "tune.musicxml", "--seed", "1").code == 0
    score = read_musicxml(Path("tune.musicxml"))
    tune = [(tied.start // score.ticks_per_beat, tied.pitch) for tied in sounds_of(voices(score)[0])]
    assert tune == [(1 + at, pitch) for at, pitch in enumerate(MELODY)]
    assert score.measures[0].implicit and score.measures[1].ticks == 3 * score.ticks_per_beat
    assert score.key is not None


def test_the_words_of_a_midi_file_stand_under_their_notes(folder: Path) -> None:
    write_seed(folder / "song.mid", [quarters(MELODY), quarters((48,) * 8)], names=("Soprano", "Bass"))
    words = [(0, "Hal-"), (482, "le-"), (958, "lu-"), (1440, "ia "), (1920, "/A"), (2400, "men-"), (5000, "late")]
    events = [TrackEvent.of_text(tick, 0, LYRIC, text) for tick, text in words]
    song = replace(read_source(folder / "song.mid"), events=tuple(events))
    job = harmonise_song(song, phrase_of_song(song), Settings(seed=1), open_model)
    soprano, _, _, bass = voices(score_of_job(job, run(job, lambda done: None)))
    assert [note.lyrics[0][1:3] for note in soprano if note.lyrics] == [
        ("begin", "Hal"),
        ("middle", "le"),
        ("middle", "lu"),
        ("end", "ia"),
        ("single", "A"),
        ("begin", "men"),
    ]
    assert not any(note.lyrics for note in bass)


def words_of(score: WrittenScore) -> dict[str, str]:
    """Of each verse."""
    sung = sorted((note.tick, lyric) for voice in voices(score) for note in voice for lyric in note.lyrics)
    verses = {lyric.verse for _, lyric in sung}
    return {verse: "".join(one.text for _, one in sung if one.verse == verse).replace(ELISION, "") for verse in verses}


@pytest.mark.parametrize("bars", ["1", "2", "4", "6", "7"])
def test_a_tune_made_anew_has_the_words_that_were_there(chorale: Command, bars: str) -> None:
    """On the notes that begin where they were sung, or that sound there; those of a longer note one after the other."""
    assert chorale("harmonise", "old-hundredth.musicxml", "--seed", 1).code == 0
    song = Path("old-hundredth-harmonised.musicxml")
    ran = chorale("rewrite", song, "--bars", bars, "--voices", "soprano", "--seed", 2, "-o", "anew.musicxml")
    assert ran.code == 0, ran.err
    before, after = read_musicxml(song), read_musicxml(Path("anew.musicxml"))
    assert voices(after) != voices(before)
    assert words_of(after) == words_of(before)


@pytest.mark.parametrize("seed", range(1, 5))
def test_the_words_of_a_midi_file_stay_with_a_tune_made_anew(folder: Path, seed: int) -> None:
    """Also where the alto sang the same pitch; and they go to no voice that is kept."""
    alto = (67, 67, 69, 67, 69, 67, 67, 67)
    lines = [quarters(tune) for tune in ((67, 69, 71, 67, 69, 71, 67, 72), alto, (62,) * 8, (55,) * 8)]
    path = write_seed(folder / "song.mid", lines, names=("Soprano", "Alto", "Tenor", "Bass"))
    words = ["In", "dul-", "ci", "ju-", "bi-", "lo", "sing", "we"]
    song = read_song(path)
    events = [TrackEvent.of_text(480 * beat, 0, LYRIC, text) for beat, text in enumerate(words)]
    job = rewrite_read(replace(song, events=tuple(events)), "2", "soprano", Settings(seed=seed))
    sung, *others = voices(score_of_job(job, run(job, lambda done: None)))
    found = {note.tick // UNITS: note.lyrics[0].text for note in sung if note.lyrics}
    on_beats = {note.tick // UNITS for note in sung if note.tick % UNITS == 0 and note.spelling and not note.tied_from}
    assert all(found[beat].startswith(words[beat].strip("-")) for beat in on_beats)
    assert "".join(found.values()).replace(ELISION, "") == "".join(words).replace("-", "")
    assert not any(note.lyrics for voice in others for note in voice)


def test_notation_is_loaded_for_notation_alone(fresh_python: list[str]) -> None:
    """What is light stays so: a MIDI file that becomes one needs none of it."""
    code = (
        "import sys; from companion.workbench import jobs, outputs, source; print('companion.notation' in sys.modules)"
    )
    assert subprocess.run([*fresh_python, "-c", code], capture_output=True, check=True, text=True).stdout == "False\n"


def test_hands_that_are_late_are_written_in_time(chorale: Command, folder: Path) -> None:
    late = [(beat + 0.03 * (beat % 3), 0.8, pitch, velocity) for beat, _, pitch, velocity in quarters(MELODY)]
    write_seed(folder / "late.mid", [late])
    assert chorale("harmonise", "late.mid", "-o", "late.musicxml", "--seed", "1").code == 0
    notes = voices(read_musicxml(Path("late.musicxml")))[0]
    assert [note.value.type for note in notes if note.spelling and note.value] == ["quarter"] * len(MELODY)


@pytest.mark.skipif(not engraving.is_there(), reason="needs Verovio and Typst (extra: notation)")
def test_pictures_stand_beside(chorale: Command) -> None:
    ran = chorale("harmonise", "old-hundredth.musicxml", "--seed", "1", "--png", "--svg", "--pdf")
    stem = "old-hundredth-harmonised"
    names = ", ".join(f"{stem}.{kind}" for kind in ("musicxml", "png", "svg", "pdf"))
    assert (ran.out.splitlines()[-1], ran.err) == (f"wrote {names}", "")
    assert all(Path(f"{stem}.{kind}").stat().st_size > 1000 for kind in ("png", "svg", "pdf"))
    again = chorale("harmonise", "old-hundredth.musicxml", "-o", "b.musicxml", "--svg", "--png")
    assert again.code == 0


def test_a_picture_that_exists_is_not_replaced(chorale: Command) -> None:
    Path("a.svg").write_text("mine")
    ran = chorale("harmonise", "old-hundredth.musicxml", "-o", "a.musicxml", "--svg")
    assert (ran.code, ran.err) == (1, "chorale: a.svg exists; choose another name, or --force to replace it\n")
    assert not Path("a.musicxml").exists()


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("song.mid", "song-harmonised.mid"),
        ("song", "song-harmonised.mid"),
        ("song.musicxml", "song-harmonised.musicxml"),
        ("song.XML", "song-harmonised.musicxml"),
        ("song.mxl", "song-harmonised.mxl"),
        ("song.abc", "song-harmonised.musicxml"),
        ("book.abc#12", "book-12-harmonised.musicxml"),
    ],
)
def test_what_is_written_is_of_the_kind_that_was_read(source: str, place: str) -> None:
    assert beside(Path(source), "harmonised") == Path(place)


def test_a_book_of_tunes_is_refused_by_naming_them(chorale: Command, folder: Path) -> None:
    (folder / "book.abc").write_text("X:1\nT:Cuckoo\nK:D\nABcd|\n\nX:7\nT:Lark\nK:G\nBcde|\n")
    ran = chorale("harmonise", "book.abc")
    says = "chorale: book.abc holds 2 tunes; name one, as in book.abc#1: X:1 Cuckoo, X:7 Lark\n"
    assert (ran.code, ran.err) == (1, says)
    assert [note.pitch for note in read_source(Path("book.abc#7")).notes] == [71, 72, 74, 76]


PLAYED = (*MELODY[:1] * 4, *MELODY[1:2] * 4, *MELODY[:1] * 4)
LOOSELY = [(beat + 0.013, 0.8, pitch, 80) for beat, pitch in enumerate(PLAYED)]


def test_bars_of_a_performance_made_anew_replace_those_that_were_there() -> None:
    job = rewrite_job(write_seed(Path("played.mid"), [LOOSELY]), "2", None, Settings(seed=1))
    score = score_of_job(job, run(job, lambda done: None))
    notes = sorted(sounds_of(voices(score)[0]), key=lambda one: one.start)
    assert all(one.end <= other.start for one, other in pairwise(notes))
    assert len([note for note in notes if note.start < 4 * UNITS]) == 4


def test_a_performance_is_whole_where_some_bars_get_voices() -> None:
    job = harmonise_job(write_seed(Path("played.mid"), [LOOSELY]), None, Settings(seed=1), bars="2-2")
    soprano, alto = voices(score_of_job(job, run(job, lambda done: None)))[:2]
    assert [one.start // UNITS for one in sounds_of(soprano)] == list(range(12))
    assert {one.start // (4 * UNITS) for one in sounds_of(alto)} == {1}
