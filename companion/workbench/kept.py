"""What a song holds beside its notes, carried to the voices that its tracks became; and the sounds of the voices.

What is of channels goes to the voices that have most of their notes from that track and channel, and ends where what
was played ends: there pedals, bends and pressure are let go, and the loudness is again what it was at the first note.
Words go to the highest voice of their track; of a track without notes to the highest voice that is given. Markers, cue
points and copyrights are of all voices and stand in the soprano, whose track leads the file. What tracks hold that are
not heard is left out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from companion.music.messages import (
    BEND,
    CONTROLLER,
    COPYRIGHT,
    CUE,
    EXPRESSION,
    INSTRUMENT,
    MARKER,
    META,
    MODULATION,
    POLY_PRESSURE,
    PRESSURE,
    PROGRAM,
    RESET_CONTROLLERS,
    SOFT_PEDAL,
    SOSTENUTO,
    SUSTAIN,
    TEXT,
    VOLUME,
    meta_event,
)
from companion.music.song import Song, TrackEvent, VoiceEvent, VoiceNote
from companion.music.vocabulary import VOICES
from companion.phrase.names import telling, voices_of_choir
from companion.phrase.seed import Phrase

LOUDNESS = {VOLUME: 100, EXPRESSION: 127}  # what General MIDI begins with
LET_GO = frozenset((MODULATION, SUSTAIN, SOSTENUTO, SOFT_PEDAL))

_OF_ALL = frozenset((COPYRIGHT, MARKER, CUE))
_MIDDLE = bytes((BEND, 0, 0x40))
_NO_PRESSURE = bytes((PRESSURE, 0))

Setting = tuple[int, int]  # what an event sets: its kind, and of controllers and keys which


def kept_events(song: Song, phrase: Phrase, played_until: int, end_tick: int) -> list[VoiceEvent]:
    """What is kept of a song beside its notes, in order of time.

    played_until: the tick from which on channels are as if nothing had been played: where new music begins, or the end.
    end_tick: of the last note; nothing stands after it.
    """
    if not phrase.sources:
        return []
    routes = _Routes(song, phrase)
    words = list(dict.fromkeys(routes.names()))
    by_voice: list[list[VoiceEvent]] = [[] for _ in VOICES]
    for event in song.events:
        if event.tick > end_tick:
            break
        if event.data[0] == META:
            words += [VoiceEvent(voice, event.tick, event.data) for voice in routes.of_words(event)]
        else:
            for voice in routes.of_channel(event):
                by_voice[voice].append(VoiceEvent(voice, event.tick, event.data))
    channels = (_let_go(own, _first_tick(phrase.notes, own[0].voice), played_until) for own in by_voice if own)
    kept = [*dict.fromkeys(words), *(event for own in channels for event in own)]
    return sorted(kept, key=lambda event: event.tick)


def sounds(kept: Iterable[VoiceEvent], notes: Sequence[VoiceNote], program: int) -> list[VoiceEvent]:
    """A program, from 0 on, and a volume for each voice that has none of its own at its first note."""
    first = {voice: _first_tick(notes, voice) for voice in range(len(VOICES))}
    own = {(event.voice, _setting(event.data)) for event in kept if event.tick <= first[event.voice]}
    usual = {
        (PROGRAM, 0): bytes((PROGRAM, program)),
        (CONTROLLER, VOLUME): bytes((CONTROLLER, VOLUME, LOUDNESS[VOLUME])),
    }
    return [
        VoiceEvent(voice, 0, data) for voice in first for control, data in usual.items() if (voice, control) not in own
    ]


def _first_tick(notes: Iterable[VoiceNote], voice: int) -> int:
    return min((note.start_tick for note in notes if note.voice == voice), default=0)


def _setting(data: bytes) -> Setting:
    kind = data[0] if data[0] == META else data[0] & 0xF0
    return kind, data[1] if kind in (POLY_PRESSURE, CONTROLLER) else 0


class _Routes:
    """Which voices the events of a song go to."""

    def __init__(self, song: Song, phrase: Phrase) -> None:
        self._song = song
        self._with_notes = {(note.track, note.channel) for note in song.notes}
        self._tracks = {track for track, _ in self._with_notes}
        self._of_track: dict[int, set[int]] = defaultdict(set)
        self._of_source: dict[tuple[int, int], list[int]] = defaultdict(list)
        self._of_channel: dict[int, list[int]] = defaultdict(list)
        self._spread: set[int] = set()  # voices that are on several channels of a track, as fingers on pads are
        mains: dict[int, tuple[int, int]] = {}
        for voice, track, channel in phrase.sources:
            self._of_track[track].add(voice)
            main = mains.setdefault(voice, (track, channel))
            if main == (track, channel):
                self._of_source[main].append(voice)
                self._of_channel[channel].append(voice)
            elif main[0] == track:
                self._spread.add(voice)
        self._highest = min(mains)
        self._strikes = _Strikes(phrase.notes)

    def names(self) -> Iterator[VoiceEvent]:
        """The names of tracks, where they say more than voices: that of the piece as a text, others as instruments."""
        named = {event.track for event in self._song.events if event.data[:2] == bytes((META, INSTRUMENT))}
        for track, (name, says) in enumerate(zip(self._song.track_names, telling(self._song.track_names), strict=True)):
            if not name or voices_of_choir(says):
                continue
            if track == 0 and track not in self._tracks:
                yield VoiceEvent(0, 0, meta_event(TEXT, name.encode()))
            elif track not in named:
                for voice in sorted(self._of_track.get(track, ())):
                    yield VoiceEvent(voice, 0, meta_event(INSTRUMENT, name.encode()))

    def of_words(self, event: TrackEvent) -> Sequence[int]:
        if event.data[1] in _OF_ALL:
            return (0,)
        if own := self._of_track.get(event.track):
            return (min(own),)
        return () if event.track in self._tracks else (self._highest,)

    def of_channel(self, event: TrackEvent) -> Sequence[int]:
        """What comes from a track without notes of its channel is for all that are on it."""
        kind, channel = event.data[0] & 0xF0, event.data[0] & 0x0F
        source = event.track, channel
        voices: Sequence[int] = (
            self._of_source.get(source, ()) if source in self._with_notes else self._of_channel.get(channel, ())
        )
        if kind in (PRESSURE, BEND, POLY_PRESSURE) and self._spread:
            voices = [voice for voice in voices if voice not in self._spread]
        if kind == POLY_PRESSURE and len(voices) > 1:
            voices = [voice for voice in voices if self._strikes.sounds(voice, event.data[1], event.tick)]
        return voices


class _Strikes:
    """Which pitches sound in a voice at a tick."""

    def __init__(self, notes: Iterable[VoiceNote]) -> None:
        self._notes: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        for note in notes:
            self._notes[note.voice, note.pitch].append((note.start_tick, note.end_tick))

    def sounds(self, voice: int, pitch: int, tick: int) -> bool:
        notes = self._notes.get((voice, pitch), [])
        at = bisect_right(notes, tick, key=lambda note: note[0]) - 1
        return at >= 0 and tick <= notes[at][1]


@dataclass(frozen=True)
class _Held:
    """What a channel is set to."""

    now: dict[Setting, bytes]
    first: dict[int, int]  # loudness at the first note, by controller

    def hear(self, event: VoiceEvent, first_tick: int) -> None:
        kind, number = setting = _setting(event.data)
        if setting == (CONTROLLER, RESET_CONTROLLERS):
            for other in [(BEND, 0), (PRESSURE, 0), *((CONTROLLER, one) for one in (*LET_GO, EXPRESSION))]:
                self.now.pop(other, None)
            return
        self.now[setting] = event.data
        if kind == CONTROLLER and number in LOUDNESS and event.tick <= first_tick:
            self.first[number] = event.data[2]

    def undone(self) -> Iterator[bytes]:
        """What lets go of it."""
        for (kind, number), data in self.now.items():
            if kind == BEND and data[1:] != _MIDDLE[1:]:
                yield _MIDDLE
            elif kind == PRESSURE and data[1]:
                yield _NO_PRESSURE
            elif kind == CONTROLLER and number in LET_GO and data[2]:
                yield bytes((CONTROLLER, number, 0))
            elif kind == CONTROLLER and number in LOUDNESS and data[2] != self.first.get(number, LOUDNESS[number]):
                yield bytes((CONTROLLER, number, self.first.get(number, LOUDNESS[number])))


def _let_go(events: Sequence[VoiceEvent], first_tick: int, until: int) -> list[VoiceEvent]:
    """The events of a channel up to a tick, at which it is let go."""
    kept, held = [event for event in events if event.tick < until], _Held({}, {})
    for event in kept:
        held.hear(event, first_tick)
    return [*kept, *(VoiceEvent(events[0].voice, until, data) for data in held.undone())]
