"""From a song to what the model hears: four voices on the step grid, and the notes as they were played."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from companion.errors import BadMidiFile
from companion.music.song import EXPECTED, Song, SongNote, VoiceNote, VoiceSource
from companion.music.vocabulary import FIRST_STRIKE, HOLD, LOWEST_PITCH, REST, STEPS_PER_BEAT, VOICES, IntArray
from companion.phrase.grid import Grid, Mask
from companion.phrase.names import telling
from companion.phrase.pedals import pedalled
from companion.phrase.quantise import Ints, Settled, Steps, feel, is_released_early, nearest, settle
from companion.phrase.tune import heard_parts
from companion.phrase.voicing import into_range, is_melody, voice_of_melody, voices_of_chords, voices_of_parts

ON_THE_STEP = 1e-6  # steps; what is so little after a step is on it
LONGEST_REST_STEPS = 128  # eight bars of 4/4: in a longer silence the added voices are silent too


@dataclass(frozen=True, eq=False)
class Phrase:
    """A player's music as the model hears it, and as it was played.

    Steps count from frame 0, the step of the first note; ticks are those of the song. There are four to each beat,
    which is a dotted quarter in compound metres.
    """

    frames: IntArray  # (steps, 4) int32, canonical tokens; read-only
    given: tuple[bool, bool, bool, bool]  # which voices the player plays
    notes: tuple[VoiceNote, ...]  # every note, in order of time, with its own ticks, pitch and velocity; as it sounds
    ticks_per_beat: int
    start_step: int  # frame 0, counted from the beginning of the song's first bar
    first_step: int  # frame 0, counted from the beginning of its bar
    bar_steps: int  # the bar where the phrase ends
    end_place: int  # the step after the last frame, counted from the beginning of its bar
    notices: tuple[str, ...]  # lines for the user
    grid: Grid | None = None  # where steps lie in time; None: four to each quarter
    sources: tuple[VoiceSource, ...] = ()  # of each voice, those of most notes first
    first_bar: int = 1  # the number of the song's first bar: 0 where it is a pickup

    @property
    def sung_steps(self) -> Ints:
        """``[sung]``: the steps outside of long rests, rising."""
        sung = np.ones(len(self.frames), dtype=bool)
        for begin, end in long_rests(self.frames, self.first_step):
            sung[begin:end] = False
        return np.flatnonzero(sung)

    @property
    def end_step(self) -> int:
        """The step after the last frame, where new music begins: the end of a beat."""
        return len(self.frames)

    def tick_of_step(self, step: int) -> int:
        """The song's tick nearest to a step."""
        return self._grid.tick(self.start_step + step)

    def step_of_tick(self, tick: int) -> int:
        """The step nearest to a tick of the song; negative before frame 0."""
        return int(nearest(self.positions([tick]))[0])

    def beat_around(self, tick: int) -> int:
        """The step on which the beat begins that is around a tick of the song."""
        step = self.step_of_tick(tick)
        return step - (self.start_step + step) % STEPS_PER_BEAT

    def bar_of_step(self, step: int) -> int:
        """The number of the bar around a step, as musicians count."""
        return self._grid.bar(self.start_step + step) - 1 + self.first_bar

    def positions(self, ticks: Sequence[int]) -> Steps:
        """Where ticks of the song lie, in steps."""
        return self._grid.positions(ticks) - self.start_step

    @property
    def _grid(self) -> Grid:
        return self.grid or Grid.of_metres((), self.ticks_per_beat)


@dataclass(frozen=True, eq=False)
class _Dealt:
    """The notes of a phrase with their voices; the arrays go with the notes."""

    notes: list[SongNote]
    starts: Steps
    ends: Steps
    voices: Ints
    alone: Mask  # False where a fifth note sounds in a voice

    def only(self, mask: Mask) -> _Dealt:
        notes = [note for note, kept in zip(self.notes, mask.tolist(), strict=True) if kept]
        return _Dealt(notes, self.starts[mask], self.ends[mask], self.voices[mask], self.alone[mask])

    def by_voice(self) -> dict[int, Ints]:
        """The notes that each voice can sound, in order of time, of the voices that have any."""
        own = {voice: np.flatnonzero(self.alone & (self.voices == voice)) for voice in range(len(VOICES))}
        return {voice: n[np.argsort(self.starts[n], kind="stable")] for voice, n in own.items() if len(n)}


def phrase_of_song(song: Song, voice: int | None = None, track: str | None = None) -> Phrase:
    """What a model hears of a song.

    Two to four parts (tracks or channels of one note at a time) are the voices that their tracks
    name, else by their height; a melody is the soprano unless its track or its range says
    otherwise; everything else is dealt out by voice leading. Of several instruments one is heard
    (companion.phrase.tune).

    Args:
        song: with at least one note.
        voice: 0..3; a melody is this voice, and of several voices only this one is taken.
        track: the number or the name of the track to hear; several with commas between, or ``all``.

    Raises:
        BadMidiFile: the song holds no notes, or none of the voice asked for, or it is not clear
            which of its tracks is the tune.
        BadSetting: there is no such track.
    """
    if not song.notes:
        raise BadMidiFile(f"the seed holds no notes; {EXPECTED}")
    song, left_out = heard_parts(song, voice, track)
    grid = _grid_of(song)
    dealt = _deal(song, grid, voice)
    notices = [*song.notices, *left_out]
    if voice is not None:
        every, dealt = len(dealt.notes), dealt.only(dealt.voices == voice)
        if not dealt.notes:
            raise BadMidiFile(f"the seed holds no {VOICES[voice]}; choose another voice or leave it out")
        _notice(notices, every - len(dealt.notes), f"of other voices than the {VOICES[voice]}: left out")
    _notice(notices, int(np.sum(~dealt.alone)), "beyond four at a time: not heard by the model")
    return _phrase(song, grid, dealt, notices)


def _notice(notices: list[str], notes: int, what: str) -> None:
    if notes:
        notices.append(f"{notes} note{'s' * (notes > 1)} {what}")


def _deal(song: Song, grid: Grid, voice: int | None) -> _Dealt:
    """The notes as they sound, in order of time, the higher first, with their voices.

    What comes one at a time is told by the keys: under a pedal a tune is a tune.
    """
    keys = sorted(song.notes, key=lambda note: (note.start_tick, -note.pitch, note.end_tick))
    notes = pedalled(keys, song.events, song.ticks_per_beat, lambda tick: _bar_end(grid, tick))
    starts, ends = (grid.positions([note[at] for note in notes]) for at in (0, 1))
    alone = np.ones(len(notes), dtype=bool)
    names = [*telling(song.track_names), *[""] * (1 + max(note.track for note in notes))]
    is_one_line = len({note.track for note in notes}) == 1 and is_melody(keys)
    voices = None if is_one_line else voices_of_parts(keys, names)
    if voices is None and (is_one_line or is_melody(keys)):
        voices = np.full(len(notes), voice_of_melody(keys, names) if voice is None else voice)
    elif voices is None:
        steps = nearest(starts)
        order = np.argsort(steps, kind="stable")
        stops = np.maximum(nearest(ends), steps + 1)
        pitches = np.array([note.pitch for note in notes])
        voices = np.empty(len(notes), dtype=np.int64)
        voices[order], alone[order] = voices_of_chords(steps[order], stops[order], pitches[order])
    return _Dealt(notes, starts, ends, voices, alone)


def _bar_end(grid: Grid, tick: int) -> int:
    """The tick of the bar line at or after a tick."""
    step = int(np.ceil(grid.positions([tick])[0] - ON_THE_STEP))
    return grid.tick(step + -grid.place(step) % grid.bar_steps(step))


def _grid_of(song: Song) -> Grid:
    """Beats by the metre, and those in three that are of triplets or swing."""
    ticks = sorted(note.start_tick for note in song.notes)
    plain = Grid.of_metres(song.metres, song.ticks_per_beat, ticks)
    starts = plain.positions(ticks)
    return plain.felt(*feel(starts[plain.are_quarters(starts)]))


def _phrase(song: Song, grid: Grid, dealt: _Dealt, notices: list[str]) -> Phrase:
    """The phrase of notes that have their voices."""
    start, frames = _frames(dealt, notices)
    end = start + len(frames)
    given = set(dealt.voices.tolist())
    sources = Counter(
        VoiceSource(voice, note.track, note.channel)
        for voice, note in zip(dealt.voices.tolist(), dealt.notes, strict=True)
    )
    order = sorted(range(len(dealt.notes)), key=lambda at: (dealt.notes[at].start_tick, dealt.voices[at]))
    first_step, bar_steps, end_place = grid.place(start), grid.bar_steps(end), grid.place(end)
    for begin, end in long_rests(frames, first_step):
        beats, beat = (end - begin) // STEPS_PER_BEAT, (start + begin) // STEPS_PER_BEAT + 1
        notices.append(f"the rest of {beats:,} beats from beat {beat:,} on is kept, and nothing sings in it")
    return Phrase(
        frames=frames,
        given=(0 in given, 1 in given, 2 in given, 3 in given),
        notes=tuple(VoiceNote(int(dealt.voices[at]), *dealt.notes[at][:4]) for at in order),
        ticks_per_beat=song.ticks_per_beat,
        start_step=start,
        first_step=first_step,
        bar_steps=bar_steps,
        end_place=end_place,
        notices=tuple(notices),
        grid=grid,
        first_bar=0 if _is_pickup(grid, start) else 1,
        sources=tuple(sorted(sources, key=lambda source: (source.voice, -sources[source], source))),
    )


def _is_pickup(grid: Grid, start: int) -> bool:
    """Whether the song's first bar is shorter than the next, or begins with a rest of half of it or more.

    start: the step of the first note.
    """
    return grid.bar(start) == 1 and (grid.stretches[0].tick < 0 or 2 * start >= grid.bar_steps(start))


def long_rests(frames: IntArray, first_step: int) -> list[tuple[int, int]]:
    """From step to step, on beats: silences so long that nobody would sing through them.

    frames: ``[steps, 4]`` tokens.
    first_step: of frame 0, counted so that beats lie on multiples of four.
    """
    sounding = np.flatnonzero((frames != REST).any(axis=1))
    before = np.flatnonzero(np.diff(sounding) - 1 > LONGEST_REST_STEPS)
    begin = sounding[before] + 1
    begin += -(begin + first_step) % STEPS_PER_BEAT
    end = sounding[before + 1] - (sounding[before + 1] + first_step) % STEPS_PER_BEAT
    return list(zip(begin.tolist(), end.tolist(), strict=True))


def _next_beat(step: int) -> int:
    """The step itself if a beat begins there, else the next that does."""
    return step + -step % STEPS_PER_BEAT


def _frames(dealt: _Dealt, notices: list[str]) -> tuple[int, IntArray]:
    """The step of frame 0, and the frames up to a beat; adds notices of what the model hears otherwise."""
    end = _next_beat(int(max(nearest(dealt.ends).max(), nearest(dealt.starts).max() + 1)))
    own = dealt.by_voice()
    early = is_released_early([(dealt.starts[notes], dealt.ends[notes]) for notes in own.values()])
    settled = {voice: settle(dealt.starts[notes], dealt.ends[notes], end, early) for voice, notes in own.items()}
    start = min(int(notes.starts[0]) for notes in settled.values())
    end = _next_beat(max(end, *(int(notes.ends[-1]) for notes in settled.values())))  # the last may have moved
    frames = np.full((end - start, len(VOICES)), REST, dtype=np.int32)
    pitches = np.array([note.pitch for note in dealt.notes])
    crowded = moved = 0
    for voice, notes in settled.items():
        played = pitches[own[voice][notes.index]]
        heard = into_range(played, voice)
        frames[:, voice] = _column(notes, heard, start, len(frames))
        crowded += len(own[voice]) - len(heard)
        moved += int(np.sum(heard != played))
    frames.flags.writeable = False
    _notice(notices, crowded, "on a step that another note of the voice needs: not heard by the model")
    _notice(notices, moved, "out of the range of the voice: heard by the model octaves away")
    return start, frames


def _column(notes: Settled, pitches: Ints, start: int, steps: int) -> IntArray:
    """The tokens of one voice."""
    changes = np.zeros(steps + 1, dtype=np.int32)
    np.add.at(changes, notes.starts - start, 1)
    np.add.at(changes, notes.ends - start, -1)
    column = np.where(np.cumsum(changes[:-1]) > 0, HOLD, REST).astype(np.int32)
    column[notes.starts - start] = pitches - LOWEST_PITCH + FIRST_STRIKE
    return column
