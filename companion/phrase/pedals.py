"""Notes as long as the pedals hold them: sustain (CC 64) and sostenuto (CC 66), as any instrument plays them.

A pedal is down from 64 on and holds the notes of its channel in its track. One in a track that has no notes of that
channel holds those of all tracks that have no pedal of their own. A pitch that is struck again ends the earlier note,
nothing rings for longer than ``LONGEST_RING`` quarters after its key, and a pedal that is never let go is let go at the
bar line after the last key. At one tick keys go up before a pedal goes down.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from companion.music.messages import CONTROLLER, PEDAL_DOWN, RESET_CONTROLLERS, SOSTENUTO, SUSTAIN
from companion.music.song import SongNote, TrackEvent

LONGEST_RING = 64  # quarters

Source = tuple[int, int]  # a track and a channel


class _Spans(NamedTuple):
    """From when to when a pedal is down, rising; the last may never end."""

    downs: list[int]
    ups: list[int]

    def over(self, tick: int) -> tuple[int, int] | None:
        """When the pedal went down that is down before and after a tick, and when it goes up."""
        at = bisect_left(self.downs, tick) - 1
        return (self.downs[at], self.ups[at]) if at >= 0 and tick < self.ups[at] else None


def pedalled(
    notes: Sequence[SongNote], events: Sequence[TrackEvent], ticks_per_beat: int, bar_end: Callable[[int], int]
) -> list[SongNote]:
    """The notes in their order, each as long as it sounds.

    notes: as long as their keys are down.
    events: of the song, in order of time.
    bar_end: the tick of the bar line at or after a tick.
    """
    moves = _moves(notes, events)
    if not moves:
        return list(notes)
    last_key: dict[Source, int] = defaultdict(int)
    for note in notes:
        last_key[note.track, note.channel] = max(last_key[note.track, note.channel], note.end_tick)
    pedals = {
        part: tuple(_spans(own, controller, bar_end(last_key[part])) for controller in (SOSTENUTO, SUSTAIN))
        for part, own in moves.items()
    }
    held = list(notes)
    next_strike: dict[tuple[int, int, int], int] = {}
    for at in sorted(range(len(held)), key=lambda at: -held[at].start_tick):
        note = held[at]
        key = note.track, note.channel, note.pitch
        if pedal := pedals.get(key[:2]):
            ring = note.end_tick + LONGEST_RING * ticks_per_beat
            end = min(_sounds_until(note, *pedal), next_strike.get(key, ring), ring)
            held[at] = note._replace(end_tick=max(note.end_tick, end))
        next_strike[key] = note.start_tick
    return held


def _sounds_until(note: SongNote, sostenuto: _Spans, sustain: _Spans) -> int:
    """Sostenuto holds what is down as it goes down, sustain whatever is let go."""
    end = note.end_tick
    span = sostenuto.over(end)
    if span is not None and note.start_tick <= span[0]:
        end = span[1]
    span = sustain.over(end)
    return end if span is None else span[1]


def _moves(notes: Sequence[SongNote], events: Sequence[TrackEvent]) -> dict[Source, list[TrackEvent]]:
    """The moves of the pedals that hold the notes of a part, of parts that have any."""
    by_part: dict[Source, list[TrackEvent]] = defaultdict(list)
    for event in events:
        if event.data[0] & 0xF0 == CONTROLLER and event.data[1] in (SUSTAIN, SOSTENUTO, RESET_CONTROLLERS):
            by_part[event.track, event.data[0] & 0x0F].append(event)
    if not by_part:
        return {}
    parts = {(note.track, note.channel) for note in notes}
    apart: dict[int, list[TrackEvent]] = defaultdict(list)  # by channel, of tracks without notes of it
    for part, own in by_part.items():
        if part not in parts:
            apart[part[1]] += own
    for own in apart.values():
        own.sort(key=lambda event: event.tick)
    moves = {part: by_part.get(part) or apart.get(part[1], []) for part in parts}
    return {part: own for part, own in moves.items() if own}


def _spans(moves: Sequence[TrackEvent], controller: int, end: int) -> _Spans:
    """When one of the pedals is down."""
    spans = _Spans([], [])
    for event in moves:
        if event.data[1] not in (controller, RESET_CONTROLLERS):
            continue
        is_down = event.data[1] == controller and event.data[2] >= PEDAL_DOWN
        if is_down and len(spans.downs) == len(spans.ups):
            spans.downs.append(event.tick)
        elif not is_down and len(spans.downs) > len(spans.ups):
            spans.ups.append(event.tick)
    if len(spans.downs) > len(spans.ups):
        spans.ups.append(max(end, spans.downs[-1]))
    return spans
