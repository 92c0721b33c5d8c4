"""What is selected in Live as bars and voices to be made anew, in four clips or in one that holds all voices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from companion.clips.music import CLIP_TICKS_PER_BEAT, beats_of_bar, song_of_clip
from companion.errors import BadSetting
from companion.generation.blanks import Blank, free_notes
from companion.io.clip_messages import ClipAsk, ClipMark, ClipNote
from companion.music.song import Song, SongNote
from companion.music.vocabulary import STEPS_PER_BEAT, VOICES
from companion.phrase.seed import Phrase, phrase_of_song
from companion.phrase.voicing import CHORDAL_NAMED_PART, chordal_share


def selection_of(ask: ClipAsk, notes: Sequence[ClipNote], marks: Sequence[ClipMark]) -> tuple[Song, Phrase, Blank]:
    """The music around, and what of it is to be made anew: the voices that have a selected note, in the time asked for.

    Raises:
        BadSetting: a voice is missing, or sings two notes at a time; nothing is selected, or everything.
    """
    song = _song_of_voices(ask, notes, marks)
    _check_lines(song)
    phrase = phrase_of_song(song)
    if not all(phrase.given):
        raise BadSetting(_lacking(voice for voice in range(len(VOICES)) if not phrase.given[voice]))
    blank = Blank(*_frames(ask, phrase), _chosen_voices(song, phrase, notes, marks))
    free = free_notes(phrase.frames, blank)
    if not free.any():
        raise BadSetting("no note that is selected begins there: select more")
    if free.all():
        raise BadSetting("everything is selected, and nothing would be left to go by: select less")
    return song, phrase, blank


def _song_of_voices(ask: ClipAsk, notes: Sequence[ClipNote], marks: Sequence[ClipMark]) -> Song:
    """A track a voice, or one track where one clip holds all; a lone clip's are found as those of any file's chords."""
    song = song_of_clip(ask, notes)
    if any(mark.voice is None for mark in marks):
        return song
    return replace(song, notes=tuple(sorted(_on_tracks(ask, notes, marks))), track_names=VOICES)


def _on_tracks(ask: ClipAsk, notes: Sequence[ClipNote], marks: Sequence[ClipMark]) -> Iterable[SongNote]:
    for voice in range(len(VOICES)):
        own = [note for note, mark in zip(notes, marks, strict=True) if mark.voice == voice]
        yield from (note._replace(channel=voice, track=voice) for note in song_of_clip(ask, own).notes)


def _check_lines(song: Song) -> None:
    """BadSetting where a voice of its own clip is missing, or is no line."""
    if not song.track_names:
        return
    lines = [sorted((n for n in song.notes if n.track == voice), key=_in_order) for voice in range(len(VOICES))]
    if not all(lines):
        raise BadSetting(_lacking(voice for voice, line in enumerate(lines) if not line))
    for voice, line in enumerate(lines):
        if chordal_share(line) > CHORDAL_NAMED_PART:
            raise BadSetting(f"the clip of the {VOICES[voice]} holds chords: a voice sings one note at a time")


def _in_order(note: SongNote) -> tuple[int, int, int]:
    return note.start_tick, -note.pitch, note.end_tick


def _lacking(voices: Iterable[int]) -> str:
    named = ", ".join(VOICES[voice] for voice in voices)
    return f"no note of {named}: it takes four voices, in a scene's four clips or in one clip"


def _frames(ask: ClipAsk, phrase: Phrase) -> tuple[int, int]:
    """The first frame of what is asked for, and the frame after it; at least one, and none that is not there."""
    first, stop = (phrase.step_of_tick(round(beats * CLIP_TICKS_PER_BEAT)) for beats in (ask.first, ask.stop))
    first = min(max(first, 0), len(phrase.frames) - 1)
    return first, min(max(stop, first + 1), len(phrase.frames))


def _chosen_voices(song: Song, phrase: Phrase, notes: Sequence[ClipNote], marks: Sequence[ClipMark]) -> tuple[int, ...]:
    """Rising; in one clip they are those to which the selected notes were dealt."""
    if song.track_names:
        return tuple(sorted({mark.voice for mark in marks if mark.chosen and mark.voice is not None}))
    chosen = {
        (round(note.start * CLIP_TICKS_PER_BEAT), note.pitch)
        for note, mark in zip(notes, marks, strict=True)
        if mark.chosen
    }
    return tuple(sorted({note.voice for note in phrase.notes if (note.start_tick, note.pitch) in chosen}))


def rewritten_name(ask: ClipAsk, voices: Iterable[int], seed: int, time_of_day: str) -> str:
    """What is written on a clip: ``bars 5-8, alto anew, seed 7 14:05``."""
    named = [VOICES[voice] for voice in voices]
    who = "all voices" if len(named) == len(VOICES) else ", ".join(named)
    return f"{_place(ask)}, {who} anew, seed {seed} {time_of_day}"


def _place(ask: ClipAsk) -> str:
    """Bars where they are whole to the nearest 16th, else beats, as Live's ruler counts them."""
    bar, beat = (round(beats * STEPS_PER_BEAT) for beats in (beats_of_bar(ask.beats, ask.unit), 4 / ask.unit))
    first, stop = (round(beats * STEPS_PER_BEAT) for beats in (ask.first, ask.stop))
    stop = max(stop, first + 1)
    if first % bar == stop % bar == 0:
        return _from_to("bar", str(first // bar + ask.bar), str(stop // bar - 1 + ask.bar))
    places = (first, stop - 1)
    return _from_to("beat", *(f"{at // bar + ask.bar}.{at % bar // max(beat, 1) + 1}" for at in places))


def _from_to(word: str, first: str, last: str) -> str:
    return f"{word} {first}" if first == last else f"{word}s {first}-{last}"
