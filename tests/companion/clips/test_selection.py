"""What is selected in Live made anew: those bars in those voices, and all else as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.fakes import Babbler
from support.jamfakes import babbling

from companion.clips.making import ClipWish, make_clip
from companion.clips.music import ClipAnswer
from companion.clips.selection import rewritten_name, selection_of
from companion.errors import BadSetting
from companion.files.midi import chorale_file
from companion.generation.blanks import Blank
from companion.generation.composer import voice_notes
from companion.io.clip_messages import REWRITE, ClipAsk, ClipMark, ClipNote, ClipPart
from companion.io.osc_messages import OscFault, decode
from companion.music.song import Metre, VoiceNote
from companion.music.vocabulary import VOICES
from companion.workbench import anew
from companion.workbench.anew import rewrite_job
from companion.workbench.jobs import run

SETTINGS = babbling(seed=1)
SOPRANO, ALTO, TENOR, BASS = range(4)
CHORDS = (
    *((72, 67, 64, 48), (71, 67, 62, 55), (72, 64, 60, 57), (72, 65, 60, 53)),
    *((74, 65, 57, 50), (71, 67, 62, 55), (72, 67, 64, 48), (72, 67, 64, 48)),
)
BEATS = 16

Marked = tuple[ClipNote, ClipMark]


def open_model(name: str) -> Any:
    del name
    return Babbler()


def piece(chosen: Sequence[int], first: float, stop: float, in_one: bool = False) -> list[Marked]:
    """Four bars of quarters, a little uneven; of some voices those are selected that begin in a stretch."""
    return [
        (
            ClipNote(CHORDS[beat % 8][voice], beat + (beat * 7 % 5 - 2) / 96 * (beat > 0), 0.9, 40 + 2 * beat + voice),
            ClipMark(None if in_one else voice, voice in chosen and first <= beat < stop),
        )
        for voice in range(4)
        for beat in range(BEATS)
    ]


def ask(first: float, stop: float, notes: int = 4 * BEATS, **more: int) -> ClipAsk:
    return ClipAsk(
        7, REWRITE, notes, 16.0, **{"beats": 4, "unit": 4, "bars": 4, "turn": 0, **more}, first=first, stop=stop
    )


def wish(music: Sequence[Marked], first: float, stop: float, **more: int) -> ClipWish:
    notes, marks = zip(*music, strict=True)
    return ClipWish(ask(first, stop, len(notes), **more), notes, SETTINGS, "14:05", marks)


def made(one: ClipWish) -> tuple[ClipAnswer, list[tuple[int, int]]]:
    steps, told = make_clip(one, open_model), []
    while True:
        try:
            told.append(next(steps))
        except StopIteration as end:
            return end.value, told


def blank(music: Sequence[Marked], first: float, stop: float) -> Blank:
    notes, marks = zip(*music, strict=True)
    return selection_of(ask(first, stop, len(notes)), notes, marks)[2]


def ticked(answer: ClipAnswer) -> list[VoiceNote]:
    return sorted(
        VoiceNote(voice, round(note.start * 960), round((note.start + note.duration) * 960), note.pitch, note.velocity)
        for voice, note in answer.notes
    )


def played(music: Sequence[Marked]) -> list[VoiceNote]:
    return [
        VoiceNote(place // BEATS, round(start * 960), round((start + duration) * 960), pitch, velocity)
        for place, ((pitch, start, duration, velocity), _) in enumerate(music)
    ]


@pytest.mark.parametrize("in_one", [False, True], ids=["four clips", "one clip"])
@pytest.mark.parametrize("voices", [(ALTO,), (ALTO, TENOR), (SOPRANO, ALTO, TENOR, BASS)])
def test_it_is_what_the_command_writes_and_all_else_is_kept(
    voices: tuple[int, ...], in_one: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    music = piece(voices, 4, 12, in_one)
    answer, told = made(wish(music, 4, 12))

    path = tmp_path / "piece.mid"
    path.write_bytes(chorale_file(played(music), ticks_per_beat=960, metres=[Metre(0, 4, 4)]))
    monkeypatch.setattr(anew, "open_model", open_model)
    job = rewrite_job(path, "2-3", ",".join(VOICES[voice] for voice in voices), SETTINGS)
    composed = run(job, lambda done: None)
    assert ticked(answer) == sorted([*job.phrase.notes, *voice_notes(composed, job.phrase, job.velocity, job.lead)])
    assert told == [(step, job.work) for step in range(1, job.work + 1)]
    assert answer.length == 16

    kept = [note for note in played(music) if note.voice not in voices or not 3800 <= note.start_tick < 11500]
    assert set(kept) <= set(ticked(answer))
    new = set(ticked(answer)) - set(kept)
    assert new != set() and {note.voice for note in new} == set(voices)
    assert new != set(played(music)) - set(kept)


def test_what_is_selected_is_made_anew_and_no_more() -> None:
    assert blank(piece((ALTO,), 4, 8), 4, 7.9) == Blank(16, 32, (ALTO,))
    assert blank(piece((BASS, TENOR), 5, 6, in_one=True), 5, 5.9) == Blank(20, 24, (TENOR, BASS))
    assert blank(piece((SOPRANO,), 3, 4), 3.0, 3.05) == Blank(12, 13, (SOPRANO,))
    assert blank(piece((SOPRANO,), 8, 16), 8.0, 99.0) == Blank(32, 64, (SOPRANO,))


def test_the_seed_counts_on_with_each_turn() -> None:
    music = piece((ALTO,), 4, 8)
    names = [made(wish(music, 4, 8, turn=turn))[0].name for turn in (0, 2)]
    assert names == ["bar 2, alto anew, seed 1 14:05", "bar 2, alto anew, seed 3 14:05"]


@pytest.mark.parametrize(
    ("first", "stop", "more", "place"),
    [
        (0, 4, {}, "bar 1"),
        (16, 32, {}, "bars 5-8"),
        (16, 31.9, {}, "bars 5-8"),  # let go of early
        (16, 31.5, {}, "beats 5.1-8.4"),
        (17, 18, {}, "beat 5.2"),
        (17.5, 17.75, {}, "beat 5.2"),
        (17.5, 20.25, {}, "beats 5.2-6.1"),
        (4, 8, {"bar": -1}, "bar 0"),
        (3, 6, {"beats": 6, "unit": 8}, "bar 2"),
        (3.5, 4.5, {"beats": 6, "unit": 8}, "beats 2.2-2.3"),
        (3.5, 3.51, {}, "beat 1.4"),
    ],
)
def test_the_name_says_what_is_new_as_lives_ruler_counts(
    first: float, stop: float, more: dict[str, int], place: str
) -> None:
    assert rewritten_name(ask(first, stop, **more), (1, 2), 7, "14:05") == f"{place}, alto, tenor anew, seed 7 14:05"


def test_four_voices_are_named_together() -> None:
    assert rewritten_name(ask(0, 8), range(4), 7, "14:05") == "bars 1-2, all voices anew, seed 7 14:05"


# Bad input: one line


def only(*voices: int, in_one: bool = False) -> list[Marked]:
    music = piece(voices, 4, 8, in_one)
    return [one for place, one in enumerate(music) if place // BEATS in voices]


IN_ALTO = [
    (ClipNote(pitch, float(beat), 1.0, 80), ClipMark(ALTO, False)) for beat in range(BEATS) for pitch in (64, 67, 71)
]


@pytest.mark.parametrize(
    ("music", "line"),
    [
        (only(SOPRANO, ALTO, BASS), "no note of tenor: it takes four voices, in a scene's four clips or in one clip"),
        (only(SOPRANO, BASS, in_one=True), "no note of alto, tenor: it takes four voices"),
        (only(SOPRANO, in_one=True), "no note of alto, tenor, bass: it takes four voices"),
        (
            [*only(SOPRANO, TENOR, BASS), *IN_ALTO],
            "the clip of the alto holds chords: a voice sings one note at a time",
        ),
        (piece((), 0, 0), "no note that is selected begins there: select more"),
    ],
    ids=["no tenor", "two voices in one", "a tune", "chords", "nothing"],
)
def test_what_cannot_be_rewritten_is_one_line(music: list[Marked], line: str) -> None:
    with pytest.raises(BadSetting) as fault:
        made(wish(music, 4, 8))
    assert str(fault.value).startswith(line)


def test_everything_is_too_much() -> None:
    with pytest.raises(BadSetting, match="select less"):
        made(wish(piece(range(4), 0, 16, in_one=True), 0, 16))


def test_one_voice_all_through_is_not() -> None:
    answer, _ = made(wish(piece((TENOR,), 0, 16), 0, 16))
    assert answer.name == "bars 1-4, tenor anew, seed 1 14:05"
    assert {note for note in played(piece((), 0, 0)) if note.voice != TENOR} <= set(ticked(answer))


# As OSC brings it


def test_a_wish_says_from_where_to_where() -> None:
    said = ("/chorale/clip/ask", (7, "rewrite", 64, 16.0, 4, 4, 4, 0, 4.0, 8.0, 1))
    assert decode(*said) == replace(ask(4, 8), bar=1)
    for first, stop in ((8.0, 8.0), (8.0, 4.0)):
        fault = decode("/chorale/clip/ask", (7, "rewrite", 64, 16.0, 4, 4, 4, 0, first, stop, 1))
        assert fault == OscFault(f"/chorale/clip/ask: stop must be above first (8), not {stop:g}")
    assert isinstance(decode("/chorale/clip/ask", (7, "rewrite", 64, 16.0, 4, 4, 4, 0)), OscFault)


def test_notes_come_with_their_voices() -> None:
    said = decode("/chorale/clip/voiced", (7, 2, 2, 1, 67, 0.0, 1.0, 96, 0, 0, 43, 1.0, 0.5, 90))
    notes = (ClipNote(67, 0.0, 1.0, 96), ClipNote(43, 1.0, 0.5, 90))
    assert said == ClipPart(7, 2, notes, (ClipMark(ALTO, True), ClipMark(None, False)))
    assert isinstance(decode("/chorale/clip/voiced", (7, 2, 5, 1, 67, 0.0, 1.0, 96)), OscFault)
