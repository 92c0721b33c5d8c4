"""What the events of a track say: its notes, its name, the tempo, and what is kept beside the notes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from companion.files.chunks import TEXTS, Event
from companion.music.messages import (
    ALL_NOTES_OFF,
    ALL_SOUND_OFF,
    BEND,
    CONTROLLER,
    END_OF_TRACK,
    KEY_SIGNATURE,
    META,
    POLY_PRESSURE,
    PRESSURE,
    RESET_CONTROLLERS,
    TEMPO,
    TIME_SIGNATURE,
    TRACK_NAME,
    meta_data,
    text_of_bytes,
)
from companion.music.song import KeySignature, Metre, SongNote, Tempo, TrackEvent

PERCUSSION = 9  # the channel on the wire; people call it 10
SHORTEST_BEAT = 6  # as a power of two: 1/64
MOST_SHARPS = 7

SAID_ONCE = frozenset((0, 6, 32, 38, *range(64, 70), *range(96, 102), RESET_CONTROLLERS))  # banks, pedals, parameters
MOST_EVENTS = 50_000  # kept of a song beside its notes
LONGEST_WORDS = 16_384  # bytes of a lyric or a text


def last_tick(events: Sequence[Event]) -> int:
    """Of what stands before the end of a track, which may come hours later."""
    return next((tick for tick, data in reversed(events) if data[:2] != bytes((META, END_OF_TRACK))), 0)


def track_notes(events: list[Event], number: int, tail_ticks: int) -> list[SongNote]:
    """Pairs note-ons with note-offs; every note gets at least one tick. Keys are meant: pedals hold none here."""
    notes: list[SongNote] = []
    sounding: dict[tuple[int, int], deque[tuple[int, int]]] = {}  # (tick, velocity) by channel and pitch

    def close(channel: int, pitch: int, end_tick: int) -> None:
        tick, velocity = sounding[channel, pitch].popleft()
        notes.append(SongNote(tick, max(end_tick, tick + 1), pitch, velocity, channel, number))

    for tick, data in events:
        kind, channel = data[0] & 0xF0, data[0] & 0x0F
        if kind == 0x90 and data[2]:
            sounding.setdefault((channel, data[1]), deque()).append((tick, data[2]))
        elif kind in (0x80, 0x90) and sounding.get((channel, data[1])):
            close(channel, data[1], tick)
        elif kind == CONTROLLER and (data[1] == ALL_SOUND_OFF or data[1] >= ALL_NOTES_OFF):
            for other, pitch in list(sounding):
                while other == channel and sounding[channel, pitch]:
                    close(channel, pitch, tick)
    end_tick = min(events[-1][0], last_tick(events) + tail_ticks) if events else 0
    for key, starts in sounding.items():
        while starts:
            close(*key, end_tick)
    return notes


def song_events(tracks: Sequence[Sequence[Event]]) -> tuple[tuple[TrackEvent, ...], tuple[str, ...]]:
    """What is kept of all tracks beside their notes, and lines on what there is too much of."""
    every = [(tick, at, data) for at, events in enumerate(tracks) for tick, data in events if _is_kept(data)]
    kept = every
    if len(kept) > MOST_EVENTS:  # what moves all the time is left out first, and altogether: half a bend is no bend
        kept = [event for event in every if not _moves(event[2])][:MOST_EVENTS]
    missing = len(every) - len(kept)
    notices = (f"left out {missing:,} controllers and bends: more than {MOST_EVENTS:,}",) if missing else ()
    return tuple(TrackEvent(*event) for event in sorted(kept, key=lambda event: event[0])), notices


def _is_kept(data: bytes) -> bool:
    """A text, or a message of a channel that has pitches; a mode of a channel would silence another program's."""
    if data[0] == META:
        return data[1] in TEXTS and data[1] != TRACK_NAME and len(data) <= LONGEST_WORDS
    kind = data[0] & 0xF0
    if kind < POLY_PRESSURE or data[0] & 0x0F == PERCUSSION:
        return False
    return kind != CONTROLLER or data[1] < ALL_SOUND_OFF or data[1] == RESET_CONTROLLERS


def _moves(data: bytes) -> bool:
    """Something that a hand or a breath moves all the time."""
    kind = data[0] & 0xF0
    return kind in (POLY_PRESSURE, PRESSURE, BEND) or (kind == CONTROLLER and data[1] not in SAID_ONCE)


def _of_kind(metas: Iterable[Event], kind: int, least: int) -> Iterator[tuple[int, bytes]]:
    """(tick, data) of meta events of a kind that have so many bytes."""
    for tick, event in metas:
        if event[1] == kind and len(data := meta_data(event)) >= least:
            yield tick, data


def tempos_of(metas: Iterable[Event]) -> tuple[Tempo, ...]:
    """The tempo map; of several at one tick the last counts, and a beat of no length is left out."""
    beats = {tick: data[:3] for tick, data in _of_kind(metas, TEMPO, 3) if any(data[:3])}
    return tuple(Tempo(tick, int.from_bytes(beat_us, "big")) for tick, beat_us in beats.items())


def metres_of(metas: Iterable[Event]) -> tuple[Metre, ...]:
    """The time signatures; of several at one tick the last counts, and unknown ones are left out."""
    metres = {
        tick: Metre(tick, data[0], 1 << data[1])
        for tick, data in _of_kind(metas, TIME_SIGNATURE, 4)
        if data[0] and data[1] <= SHORTEST_BEAT
    }
    return tuple(metres.values())


def key_signature_of(metas: Iterable[Event]) -> KeySignature | None:
    """The first key signature that makes sense."""
    for _, data in _of_kind(metas, KEY_SIGNATURE, 2):
        sharps = (data[0] + 128) % 256 - 128
        if abs(sharps) <= MOST_SHARPS and data[1] <= 1:
            return KeySignature(sharps, bool(data[1]))
    return None


def name_of(events: Iterable[Event]) -> str:
    """A track's name."""
    metas = (event for event in events if event[1][0] == META)
    _, data = next(_of_kind(metas, TRACK_NAME, 0), (0, b""))
    return text_of_bytes(data).strip("\0 \t\r\n")
