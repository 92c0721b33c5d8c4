"""A clip's notes become four voices as a file's do."""

from __future__ import annotations

from pathlib import Path

import pytest

from companion.clips.making import ClipWish, make_clip
from companion.clips.music import ClipAnswer, clip_name, length_of
from companion.controls.settings import Settings
from companion.errors import BadSetting, ChoraleError
from companion.files.midi import chorale_file
from companion.generation.composer import voice_notes
from companion.io.clip_messages import CONTINUE, HARMONISE, ClipAsk, ClipNote, ClipVoiceNote
from companion.model.library import open_model
from companion.music.key import Key
from companion.music.song import Metre, VoiceNote
from companion.workbench.jobs import continue_job, harmonise_job

TUNE = (67, 69, 71, 72, 74, 72, 71, 69, 67, 71, 69, 67)
SETTINGS = Settings(model="gru", seed=3)


def tune(pitches: tuple[int, ...] = TUNE) -> tuple[ClipNote, ...]:
    return tuple(ClipNote(pitch, float(beat), 0.9, 70 + beat) for beat, pitch in enumerate(pitches))


def ask(what: str, notes: tuple[ClipNote, ...], length: float = 12.0, **more: int) -> ClipAsk:
    given = {"beats": 4, "unit": 4, "bars": 2, "turn": 0, **more}
    return ClipAsk(7, what, len(notes), length, **given)


def made(wish: ClipWish) -> tuple[ClipAnswer, list[tuple[int, int]]]:
    steps, told = make_clip(wish, open_model), []
    while True:
        try:
            told.append(next(steps))
        except StopIteration as end:
            return end.value, told


def in_file(folder: Path, notes: tuple[ClipNote, ...]) -> Path:
    """The same notes in a file of one track."""
    path = folder / "tune.mid"
    voices = [
        VoiceNote(0, round(note.start * 960), round((note.start + note.duration) * 960), note.pitch, note.velocity)
        for note in notes
    ]
    path.write_bytes(chorale_file(voices, ticks_per_beat=960, metres=[Metre(0, 4, 4)]))
    return path


@pytest.mark.parametrize("what", [HARMONISE, CONTINUE])
def test_a_clip_gets_the_notes_that_the_commands_write(what: str, tmp_path: Path) -> None:
    answer, told = made(ClipWish(ask(what, tune()), tune(), SETTINGS, "14:05"))
    path = in_file(tmp_path, tune())
    job = harmonise_job(path, None, SETTINGS) if what == HARMONISE else continue_job(path, 2, SETTINGS)
    expected = [*job.phrase.notes, *voice_notes(list(job.frames), job.phrase, job.velocity, job.lead)]
    assert sorted(_ticked(one) for one in answer.notes) == sorted(expected)
    assert told == [(step, job.total) for step in range(1, job.total + 1)]
    assert answer.name == "G major seed 3 14:05"
    assert answer.length == (12 if what == HARMONISE else 20)


def _ticked(one: ClipVoiceNote) -> VoiceNote:
    start, end = one.note.start * 960, (one.note.start + one.note.duration) * 960
    return VoiceNote(one.voice, round(start), round(end), one.note.pitch, one.note.velocity)


def test_the_given_voice_comes_back_as_it_was_played() -> None:
    answer, _ = made(ClipWish(ask(HARMONISE, tune()), tune(), SETTINGS, ""))
    own = [one.note for one in answer.notes if one.voice == 0]
    assert [(note.pitch, note.start, note.velocity) for note in own] == [
        (note.pitch, note.start, note.velocity) for note in tune()
    ]
    assert {one.voice for one in answer.notes} == {0, 1, 2, 3}


def test_a_note_that_lasts_past_the_end_of_the_clip_ends_with_it() -> None:
    notes = (*tune((67, 69, 71)), ClipNote(72, 3.0, 9.0, 80))
    answer, _ = made(ClipWish(ask(HARMONISE, notes, 4.0), notes, SETTINGS, ""))
    assert answer.length == 4
    assert max(one.note.start + one.note.duration for one in answer.notes) == 4


def test_another_turn_is_other_music_and_says_its_seed() -> None:
    first, _ = made(ClipWish(ask(HARMONISE, tune()), tune(), SETTINGS, ""))
    again, _ = made(ClipWish(ask(HARMONISE, tune()), tune(), SETTINGS, ""))
    second, _ = made(ClipWish(ask(HARMONISE, tune(), turn=1), tune(), SETTINGS, ""))
    assert first == again
    assert first.notes != second.notes
    assert "seed 4" in second.name


def test_a_waltz_is_heard_in_its_metre() -> None:
    notes = tune((67, 69, 71, 72, 71, 69))
    answer, _ = made(ClipWish(ask(CONTINUE, notes, 6.0, beats=3), notes, SETTINGS, ""))
    assert answer.length == 12


def test_four_voices_lack_none() -> None:
    chords = tuple(
        ClipNote(pitch, float(beat), 1.0, 80) for beat in range(4) for pitch in (72 - beat, 67, 64 - beat, 48)
    )
    with pytest.raises(BadSetting, match="all four voices"):
        made(ClipWish(ask(HARMONISE, chords), chords, SETTINGS, ""))


def test_a_model_that_is_not_there_is_one_line() -> None:
    with pytest.raises(ChoraleError, match="unknown model"):
        made(ClipWish(ask(HARMONISE, tune()), tune(), Settings(model="nobody"), ""))


def test_names_and_lengths() -> None:
    assert clip_name(Key(10, False), 7, "09:00") == "Bb major seed 7 09:00"
    assert clip_name(Key(1, True), 7, "09:00") == "C# minor seed 7 09:00"
    assert clip_name(None, 7, "09:00") == "seed 7 09:00"
    late = (ClipVoiceNote(0, ClipNote(60, 3.5, 1.0, 80)),)
    assert length_of(late, 8.0, 4.0) == 8
    assert length_of(late, 4.0, 4.0) == 8
    assert length_of((), 4.0, 4.0) == 4
