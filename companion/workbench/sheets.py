"""The score of a job: what was kept as it was written, what was added, and the bars for both."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from companion.generation.composer import MODEL, Composed, voice_notes
from companion.generation.job import Job
from companion.harmony.keys import likeliest_key
from companion.music.beats import LONG
from companion.music.key import ABOVE_MAJOR, Key
from companion.music.messages import LYRIC, META, meta_text
from companion.music.song import SongNote, TrackEvent, VoiceNote
from companion.music.vocabulary import FIRST_STRIKE, HOLD, VOICES, struck_pitch
from companion.notation.bars import bars_of_metres, bars_up_to
from companion.notation.chords import chord_of_text
from companion.notation.laying import Given, Sheet, chorale_score
from companion.notation.score import (
    UNITS,
    KeySign,
    Lyric,
    TempoMark,
    TiedNote,
    Written,
    WrittenScore,
    sounds_of,
)
from companion.notation.songs import ScoredSong
from companion.phrase.grid import Grid

THIRD = UNITS // 12  # what is on no line of 16ths or triplets is put on the nearest of both
ELISION = "‿"  # between two words that are sung on one note
Beginning = tuple[int, int]  # where a note begins, and its pitch
N = TypeVar("N")
FINE_UNITS = (6, 4)  # units: 32nds, and 16ths of triplets


def score_of_job(job: Job, composed: Sequence[Composed]) -> WrittenScore:
    """The four voices of a finished job on two staves."""
    source = job.song.score if isinstance(job.song, ScoredSong) else None
    paper = _Ruler(job, source)
    added = voice_notes(composed, job.phrase, job.velocity)  # as long as they are meant, whatever the touch
    kept = list(_as_read(job, source) if source is not None else _as_played(job, paper))
    made = [
        Given(one.voice, paper.place(one.start_tick), paper.place(one.end_tick), one.pitch, added=True) for one in added
    ]
    if job.rewriting is not None:
        made = _with_words(made, _words_lost(job, source, paper))
    notes = [*kept, *(note for note in made if note.end > note.start)]
    return chorale_score(notes, _sheet(job, composed, notes, source, paper))


def _words_lost(job: Job, source: WrittenScore | None, paper: _Ruler) -> dict[int, list[tuple[Lyric, ...]]]:
    """The words of notes that are made anew, by their places, of higher notes first."""
    lost: dict[int, list[tuple[Lyric, ...]]] = defaultdict(list)
    if source is None:
        notes = _made_anew(job)
        voiced = [VoiceNote(0, note.start_tick, note.end_tick, note.pitch, note.velocity) for note in notes]
        before = replace(job, phrase=replace(job.phrase, notes=tuple(sorted(voiced))))
        for note, words in _lyrics(before, notes).items():
            lost[paper.place(note.start_tick)].append(words)
        return lost
    for sound in sorted(_sounds_anew(job, _sounds_in(source)), key=lambda one: -one.pitch):
        if sound.pieces[0].lyrics:
            lost[paper.place(sound.start)].append(sound.pieces[0].lyrics)
    return lost


def _with_words(made: Sequence[Given], words: dict[int, list[tuple[Lyric, ...]]]) -> list[Given]:
    """New notes with the words that were sung where they begin, or else while they sound, of higher voices first.

    What is then left over stands under the note that sounds, behind its own.
    """
    dealt = sorted(made, key=lambda note: (note.start, note.voice))
    for while_sounding in (False, True):
        for at, note in enumerate(dealt):
            places = (
                [tick for tick in sorted(words) if note.start < tick < note.end] if while_sounding else [note.start]
            )
            own = next((words[tick] for tick in places if words.get(tick)), None)
            if own and not note.lyrics:
                dealt[at] = replace(note, lyrics=own.pop(0))
    for tick, left in sorted(words.items()):
        sounding = [at for at, note in enumerate(dealt) if note.start <= tick < note.end and note.lyrics]
        for lyrics, at in zip(left, sounding, strict=False):
            dealt[at] = replace(dealt[at], lyrics=_one_after_other(dealt[at].lyrics, lyrics))
    return dealt


def _one_after_other(first: Sequence[Lyric], later: Sequence[Lyric]) -> tuple[Lyric, ...]:
    """The syllables of two notes under one."""
    joined = {lyric.verse: lyric for lyric in first}
    for lyric in later:
        before = joined.get(lyric.verse)
        joined[lyric.verse] = lyric if before is None else _joined(before, lyric)
    return tuple(joined.values())


def _joined(first: Lyric, second: Lyric) -> Lyric:
    goes_on, ends = first.syllabic in ("begin", "middle"), second.syllabic in ("end", "single")
    begins = first.syllabic in ("begin", "single")
    syllabic = ("single" if ends else "begin") if begins else ("end" if ends else "middle")
    text = first.text + ("" if goes_on else ELISION) + second.text
    return second._replace(syllabic=syllabic, text=text)


class _Ruler:
    """From ticks of the song to those of the score."""

    def __init__(self, job: Job, source: WrittenScore | None) -> None:
        self.phrase, self.song_ticks = job.phrase, job.song.ticks_per_beat
        self.ticks_per_beat = UNITS if source is None else source.ticks_per_beat
        grid = job.phrase.grid or Grid.of_metres((), self.song_ticks)
        self.grid = replace(grid, long=LONG)  # swing is written as triplets

    def exact(self, tick: int) -> int:
        """The same place; the nearest where there is none."""
        return round(tick * self.ticks_per_beat / self.song_ticks)

    def place(self, tick: int) -> int:
        """The place of the nearest step."""
        at = self.grid.tick(self.phrase.start_step + self.phrase.step_of_tick(tick))
        third = THIRD * self.ticks_per_beat // UNITS
        return third * round(at * self.ticks_per_beat / self.song_ticks / third)

    def of_step(self, step: int) -> int:
        """The place of a step of the phrase."""
        return self.place(self.phrase.tick_of_step(step))

    def is_fine(self, tick: int) -> bool:
        """Whether it can be written as it stands."""
        units, rest = divmod(tick * UNITS, self.song_ticks)
        return not rest and any(units % fine == 0 for fine in FINE_UNITS)


def _as_read(job: Job, source: WrittenScore) -> Iterator[Given]:
    """Notes of a score, written as they were."""
    sounds = _sounds_in(source)
    anew = {id(sound) for sound in _sounds_anew(job, sounds)}
    written: dict[tuple[int, int, int], list[TiedNote]] = defaultdict(list)
    for sound in sounds:
        if id(sound) not in anew:  # in unison with a voice that is kept it is still another's
            written[sound.start, sound.end, sound.pitch].append(sound)
    for note in sorted(job.phrase.notes):
        own = written[note.start_tick, note.end_tick, note.pitch]
        pieces, graces = own.pop(0)[3:] if own else ((), ())
        kept = tuple(map(_alone, pieces))
        yield Given(note.voice, note.start_tick, note.end_tick, note.pitch, kept, graces=graces)


def _sounds_in(source: WrittenScore) -> list[TiedNote]:
    return [sound for part in source.parts for line in part.lines for sound in sounds_of(line.notes)]


def _sounds_anew(job: Job, sounds: Sequence[TiedNote]) -> list[TiedNote]:
    """The sounds of a score that are made anew."""
    return _anew_of(job, sounds, lambda sound: (sound.start, sound.pitch))


def _alone(piece: Written) -> Written:
    return piece._replace(in_chord=False)


def _as_played(job: Job, paper: _Ruler) -> Iterator[Given]:
    """Notes of a MIDI file: as they stand where notation can say that, else as the model hears them."""
    lost = _made_anew(job)
    lyrics = _lyrics(job, [note for note in job.song.notes if note not in lost])
    if all(paper.is_fine(tick) for note in job.phrase.notes for tick in note[1:3]):
        for note in job.phrase.notes:
            start, end = paper.exact(note.start_tick), paper.exact(note.end_tick)
            yield Given(note.voice, start, max(end, start + 1), note.pitch, lyrics=lyrics.get(note, ()))
        return
    for note in _heard(job):
        start, end = paper.place(note.start_tick), paper.place(note.end_tick)
        yield Given(note.voice, start, max(end, start + 1), note.pitch, lyrics=lyrics.get(note, ()))


def _heard(job: Job) -> Iterator[VoiceNote]:
    """The notes of the frames; with the player's own start, pitch and velocity where it is known which they are.

    What was played before the frames and after them is there too, where voices are added to some bars alone.
    """
    phrase = job.phrase
    first, stop = phrase.tick_of_step(0), phrase.tick_of_step(len(phrase.frames))
    for note in phrase.notes:
        if phrase.step_of_tick(note.start_tick) < 0:
            yield note._replace(end_tick=min(note.end_tick, first))
        elif phrase.step_of_tick(note.start_tick) >= len(phrase.frames):
            yield note._replace(start_tick=max(note.start_tick, stop))
    played = {(note.voice, phrase.step_of_tick(note.start_tick)): note for note in reversed(phrase.notes)}
    for voice in range(len(VOICES)):
        column = [*phrase.frames[:, voice].tolist(), FIRST_STRIKE]
        starts = [step for step, token in enumerate(column[:-1]) if token >= FIRST_STRIKE]
        for step in starts:
            end = next(at for at in range(step + 1, len(column)) if column[at] != HOLD)
            tick = phrase.tick_of_step(step)
            own = played.get((voice, step)) or VoiceNote(voice, tick, tick + 1, struck_pitch(column[step]), 80)
            yield own._replace(end_tick=phrase.tick_of_step(end))


def _made_anew(job: Job) -> list[SongNote]:
    """The notes of a MIDI file that are made anew."""
    notes = sorted(job.song.notes, key=lambda note: note.track)
    return _anew_of(job, notes, lambda note: (note.start_tick, note.pitch))


def _anew_of(job: Job, notes: Iterable[N], place_of: Callable[[N], Beginning]) -> list[N]:
    """Those of some notes, in the order of their voices, that are made anew.

    place_of: where a note begins, and its pitch; of those that sing it together the order of the voices tells which.
    """
    if job.rewriting is None:
        return []
    kept: dict[Beginning, list[int]] = defaultdict(list)  # voices
    for note in job.phrase.notes:
        kept[note.start_tick, note.pitch].append(note.voice)
    together: dict[Beginning, list[N]] = defaultdict(list)
    for each in notes:
        together[place_of(each)].append(each)
    lost: list[N] = []
    for place, some in together.items():
        gone = job.rewriting.voices[: max(len(some) - len(kept[place]), 0)]
        lost += [one for one, voice in zip(some, sorted([*kept[place], *gone]), strict=False) if voice in gone]
    return lost


def _lyrics(job: Job, singing: Sequence[SongNote]) -> dict[VoiceNote, tuple[Lyric, ...]]:
    """The syllables of a MIDI file by their note: the one of their track that begins with them, else the highest.

    singing: the notes of the file that those of the job's phrase are.
    """
    tracks: dict[Beginning, list[int]] = defaultdict(list)  # several where they sing one pitch together
    for note in sorted(singing, key=lambda note: note.track):
        tracks[note.start_tick, note.pitch].append(note.track)
    notes = sorted(job.phrase.notes, key=lambda note: (note.start_tick, note.voice))
    starts = [note.start_tick for note in notes]
    near_ticks = job.song.ticks_per_beat // 8
    found: dict[VoiceNote, tuple[Lyric, ...]] = {}
    goes_on = False
    for event in job.song.events:
        if event.data[:2] != bytes((META, LYRIC)):
            continue
        text, ends = _syllable(event.data)
        first, last = bisect_left(starts, event.tick - near_ticks), bisect_right(starts, event.tick + near_ticks)
        near = sorted(notes[first:last], key=lambda note: note.voice)
        own = [note for note in near if event.track in tracks[note.start_tick, note.pitch]] or near
        anew = (
            job.rewriting is not None and own is near and any(_near(note, event, near_ticks) for note in job.song.notes)
        )
        if text and own and not anew:
            syllabic = ("middle" if goes_on else "begin") if not ends else ("end" if goes_on else "single")
            found[_of_track(own, tracks, event.track)] = (Lyric("1", syllabic, text),)
            goes_on = not ends
    return found


def _of_track(notes: Sequence[VoiceNote], tracks: dict[Beginning, list[int]], track: int) -> VoiceNote:
    """The first of some notes; of those that sing its pitch with it the one that stands as the track does."""
    first = notes[0]
    together = [note for note in notes if (note.start_tick, note.pitch) == (first.start_tick, first.pitch)]
    theirs = tracks[first.start_tick, first.pitch]
    return together[min(theirs.index(track), len(together) - 1)] if track in theirs else first


def _near(note: SongNote, event: TrackEvent, near_ticks: int) -> bool:
    """The event is of the note's track, and where it begins."""
    return note.track == event.track and abs(note.start_tick - event.tick) <= near_ticks


def _syllable(data: bytes) -> tuple[str, bool]:
    """The text of a lyric, and whether its word ends with it."""
    shown = "".join(letter for letter in meta_text(data) if letter.isprintable() or letter.isspace())
    text = shown.strip().lstrip("/\\")
    return text.rstrip("-").strip(), not text.endswith("-")


def _sheet(
    job: Job, composed: Sequence[Composed], notes: Sequence[Given], source: WrittenScore | None, paper: _Ruler
) -> Sheet:
    end = max(note.end for note in notes)
    key = _key_sign(job)
    fermatas = _fermatas(job, source, paper) | _closes(job, composed, paper)
    if source is not None:
        bars = bars_up_to(source.measures, end, source.ticks_per_beat)
        return Sheet(
            source.ticks_per_beat,
            bars,
            source.key or key,
            fermatas,
            source.harmonies,
            source.tempos,
            source.title,
            source.composer,
        )
    metres = [metre._replace(tick=paper.exact(metre.tick)) for metre in job.song.metres]
    first = min(note.start for note in notes)
    chords = [chord_of_text(chord.text, paper.exact(chord.tick)) for chord in job.song.chord_symbols]
    return Sheet(
        paper.ticks_per_beat,
        bars_of_metres(metres, first, end, paper.ticks_per_beat),
        key,
        fermatas,
        tuple(chord for chord in chords if chord is not None),
        tuple(TempoMark(paper.exact(tempo.tick), 60e6 / tempo.beat_us) for tempo in job.song.tempos),
    )


def _fermatas(job: Job, source: WrittenScore | None, paper: _Ruler) -> frozenset[int]:
    """Where fermatas stand: of a score above the very note, which may be tied to others."""
    if source is None:
        return frozenset(map(paper.exact, job.song.fermatas))
    lines = [line for part in source.parts for line in part.lines]
    return frozenset(note.tick for line in lines for note in line.notes if note.fermata)


def _closes(job: Job, composed: Sequence[Composed], paper: _Ruler) -> frozenset[int]:
    """Where new phrases close, in music that marks that."""
    if not job.song.fermatas:
        return frozenset()
    first = job.phrase.first_step
    return frozenset(
        paper.of_step(one.frame.step - first) for one in composed if one.origin == MODEL and one.to_close == 0
    )


def _key_sign(job: Job) -> KeySign:
    """The key signature of the song; else that of the key that is heard."""
    if job.song.key is not None:
        return KeySign(job.song.key.sharps, "minor" if job.song.key.minor else "major")
    key = job.key or likeliest_key(job.phrase.frames, ended=True) or Key(0, minor=False)
    fifths = (7 * (key.tonic - ABOVE_MAJOR[key.mode]) + 5) % 12 - 5
    return KeySign(fifths, "minor" if key.minor else "major")
