"""What a page and a picture show of music: its notes, and of a trace what each was drawn from, in as few numbers as do.

Names in JSON are those that ``roll.js`` reads; shares are ten-thousandths there, as many digits as a trace has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

from companion.music.chords import chord_name
from companion.music.key import Key, find_key
from companion.music.song import DEFAULT_BEAT_US, Song, Tempo, VoiceNote
from companion.music.vocabulary import STEPS_PER_BEAT
from companion.phrase.seed import Phrase
from companion.visuals.looking import LookedAt, looked_back
from companion.visuals.names import names_in, respelt
from companion.visuals.traced import BarLine, PitchShare, Trace, TracedFrame, TracedNote, WrittenMusic, in_order
from companion.workbench.trace import GIVEN_NOTE, bar_lines, struck_beside

MOST_SHARES = 12  # pitches of a distribution
LEAST_GHOST = 0.02  # of what a held note might have become; rarer is not seen
NOTHING_KNOWN = "the file tells notes alone; a trace (--trace) tells also how they came about"

_PARTS = 10_000  # of 1


@dataclass(frozen=True)
class ShownMusic:
    """Music about to be shown."""

    title: str
    music: WrittenMusic
    beats: tuple[int, ...]  # ticks, rising
    names: tuple[str, ...]  # of the pitch classes
    frames: tuple[TracedFrame, ...] = ()  # none where nothing is known of how it came about
    drawn: tuple[TracedNote | None, ...] = ()  # beside each note of the music the one that was drawn, where it is known
    origin: str = ""  # a line: by what it was made
    again: str = ""
    notices: tuple[str, ...] = ()
    looks: tuple[tuple[LookedAt, ...], ...] = ()  # of each frame

    @property
    def chords(self) -> tuple[tuple[int, str], ...]:
        """What sounds on each beat, where that has a name and is another chord than before."""
        sounding = _sounding(self.music.notes, self.beats)
        return tuple(_changes((tick, respelt(chord_name(pitches), self.names)) for tick, pitches in sounding))

    def as_json(self) -> dict[str, Any]:
        """For the page."""
        places = {id(note): at for at, frame in enumerate(self.frames) for note in frame.notes}
        frame_of = [-1 if one is None else places[id(one)] for one in self.drawn] or [-1] * len(self.music.notes)
        return {
            "title": self.title,
            "origin": self.origin,
            "again": self.again,
            "notices": list(self.notices),
            "ticksPerBeat": self.music.ticks_per_beat,
            "tempos": [list(tempo) for tempo in _from_start(self.music.tempos)],
            "bars": [list(bar) for bar in self.music.bars],
            "beats": list(self.beats),
            "names": list(self.names),
            "chords": [list(chord) for chord in self.chords],
            "notes": [[*note, at] for note, at in zip(self.music.notes, frame_of, strict=True)],
            "frames": [_frame(at, frame, self.looks) for at, frame in enumerate(self.frames)],
        }


def _from_start(tempos: Sequence[Tempo]) -> Sequence[Tempo]:
    """With that of MIDI files until the first."""
    return tempos if tempos and tempos[0].tick == 0 else (Tempo(0, DEFAULT_BEAT_US), *tempos)


def shown_trace(title: str, trace: Trace) -> ShownMusic:
    """A trace; the music and how it came about."""
    names = dict.fromkeys(one.name for one in (trace.model, *(frame.model for frame in trace.frames)) if one)
    made = [("", ", ".join(filter(None, names))), ("style ", trace.style), ("", trace.key), ("seed ", trace.seed)]
    return ShownMusic(
        title=title,
        music=trace.music,
        beats=tuple(frame.tick for frame in trace.frames if frame.step % STEPS_PER_BEAT == 0),
        names=names_in(_key(trace.key)),
        frames=trace.frames,
        drawn=_drawn(trace),
        origin=" · ".join(f"{word}{value}" for word, value in made if value is not None and value != ""),
        again=trace.again,
        notices=trace.notices,
        looks=looked_back(trace),
    )


def shown_song(title: str, song: Song, phrase: Phrase) -> ShownMusic:
    """A file of music in four voices, as a model hears it; nothing is known of how it came about."""
    bars = tuple(BarLine(*bar) for bar in bar_lines(phrase, phrase.end_step))
    first = -(phrase.first_step % STEPS_PER_BEAT)
    return ShownMusic(
        title=title,
        music=WrittenMusic(song.ticks_per_beat, song.tempos, bars, in_order(phrase.notes)),
        beats=tuple(max(phrase.tick_of_step(step), 0) for step in range(first, phrase.end_step, STEPS_PER_BEAT)),
        names=names_in(find_key(phrase.frames)),
        notices=(*phrase.notices, NOTHING_KNOWN),
    )


def _key(name: str | None) -> Key | None:
    """None also for a name that is none."""
    with suppress(ValueError):
        return None if name is None else Key.of_name(name)
    return None


def _drawn(trace: Trace) -> tuple[TracedNote | None, ...]:
    """Beside each note of the music the nearest that is struck on its pitch, in its voice, nearer than a step."""
    struck: dict[tuple[int, int], list[tuple[int, TracedNote]]] = defaultdict(list)
    for frame in trace.frames:
        for voice, note in enumerate(frame.notes):
            if note.struck and note.pitch is not None:
                struck[voice, note.pitch].append((frame.tick, note))
    return tuple(struck_beside(trace.music.notes, struck, trace.music.ticks_per_beat))


def _sounding(notes: Sequence[VoiceNote], ticks: Iterable[int]) -> Iterator[tuple[int, list[int]]]:
    """At each of some rising ticks the pitches that sound; the notes are in order of time."""
    at, held = 0, list[VoiceNote]()
    for tick in ticks:
        while at < len(notes) and notes[at].start_tick <= tick:
            held.append(notes[at])
            at += 1
        held = [note for note in held if note.end_tick > tick]
        yield tick, [note.pitch for note in held]


def _changes(chords: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    before = ""
    for tick, name in chords:
        if name and name != before:
            yield tick, name
        before = name or before


def _frame(at: int, frame: TracedFrame, looks: Sequence[Sequence[LookedAt]]) -> list[Any]:
    """[tick, [[frame looked back at, how much], …], its four notes]."""
    return [frame.tick, [[then, _parts(weight)] for then, weight in looks[at]], [_note(note) for note in frame.notes]]


def _note(note: TracedNote) -> list[Any]:
    """[given, entropy in hundredths of a bit, sureness, drawn from, the model's own, taken]; of what is held less."""
    head = [int(note.origin == GIVEN_NOTE), round(note.entropy_bits * 100), _parts(note.sureness)]
    if not note.struck:
        others = [row for row in note.distribution if row.pitch != note.pitch and row.share >= LEAST_GHOST]
        return [*head, _flat(others)] if others else head
    return [*head, *(_flat(rows) for rows in (note.distribution, note.raw, note.taken))]


def _flat(shares: Iterable[PitchShare]) -> list[int]:
    """Pitch and share by turns, -1 for a rest."""
    most = islice(shares, MOST_SHARES)
    return [number for pitch, share in most for number in (-1 if pitch is None else pitch, _parts(share))]


def _parts(share: float) -> int:
    return round(share * _PARTS)
