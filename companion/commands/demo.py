"""The demo: a bundled melody is played into the real engine in real time, and the engine answers."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from companion.generation.composer import MODEL, Composed
from companion.jam.picture import FrameView, Picture
from companion.jam.snapshot import SHOWN_STEPS
from companion.music.song import Metre, Song, SongNote, Tempo
from companion.music.vocabulary import FIRST_STRIKE, STEPS_PER_BEAT, VOICES
from companion.phrase.seed import Phrase, phrase_of_song
from companion.screen.chooser import View
from companion.session.plan import ANSWERING, PHRASE

DEMO_BPM = 84
STEP_SECONDS = 60 / DEMO_BPM / STEPS_PER_BEAT
_TICKS_PER_BEAT = 480
_VELOCITY = 84

# "O Haupt voll Blut und Wunden": Hans Leo Hassler's tune of 1601, its first two lines, with a
# one-beat pickup. (pitch, beats)
_MELODY = (
    *((64, 1.0), (69, 1.0), (67, 1.0), (65, 1.0), (64, 1.0), (62, 2.0), (64, 1.0)),
    *((71, 1.0), (72, 1.0), (72, 1.0), (71, 0.5), (69, 0.5), (71, 1.0), (69, 3.0)),
)
_PICKUP_BEATS = 1


class Sounder(Protocol):
    """What the demo may play on."""

    def note_on(self, voice: int, pitch: int, velocity: int) -> None: ...

    def note_off(self, voice: int, pitch: int) -> None: ...

    def silence(self) -> None: ...


def demo_song() -> Song:
    """The melody as a MIDI file would hold it."""
    notes, beat = [], 4.0 - _PICKUP_BEATS
    for pitch, beats in _MELODY:
        start, end = round(beat * _TICKS_PER_BEAT), round((beat + beats) * _TICKS_PER_BEAT)
        notes.append(SongNote(start, end, pitch, _VELOCITY, 0, 0))
        beat += beats
    tempo, metre = Tempo(0, round(60e6 / DEMO_BPM)), Metre(0, 4, 4)
    return Song(tuple(notes), _TICKS_PER_BEAT, (tempo,), (metre,), ("Soprano",), notes[-1].end_tick)


def demo_phrase() -> Phrase:
    """The melody as the model hears it."""
    return phrase_of_song(demo_song())


def in_time(
    frames: Iterable[Composed],
    clock: Callable[[], float] = time.perf_counter,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[tuple[Composed, float]]:
    """Each frame at its moment, with the milliseconds it took to make; it is made while the one before sounds."""
    frames = iter(frames)
    start: float | None = None
    for index in itertools.count():
        begun = clock()
        frame = next(frames, None)
        if frame is None:
            return
        made = clock()
        start = made if start is None else start
        sleep(max(0.0, start + index * STEP_SECONDS - made))
        yield frame, (made - begun) * 1000


def at_once(
    frames: Iterable[Composed], clock: Callable[[], float] = time.perf_counter
) -> Iterator[tuple[Composed, float]]:
    """Each frame as soon as it is made, with the milliseconds it took."""
    frames = iter(frames)
    while True:
        begun = clock()
        frame = next(frames, None)
        if frame is None:
            return
        yield frame, (clock() - begun) * 1000


def perform(
    timed: Iterable[tuple[Composed, float]], picture: Picture, bar_steps: int, view: View, sounder: Sounder | None
) -> list[Composed]:
    """Show, and sound where there is something to sound on, frame after frame; silent at the end, come what may.

    picture: what stays the same while the music moves on.
    """
    kept: list[Composed] = []
    held: dict[int, int] = {}
    try:
        for one, _ in timed:
            if sounder is not None:
                _sound(one, held, sounder)
            kept.append(one)
            view.show(picture_after(kept, picture, bar_steps))
    finally:
        if sounder is not None:
            sounder.silence()
    return kept


def picture_after(kept: Sequence[Composed], picture: Picture, bar_steps: int) -> Picture:
    """The picture as it is when the last of these frames sounds."""
    frames = tuple(_frame_view(one, bar_steps) for one in kept[-SHOWN_STEPS:])
    now, choices = frames[-1], kept[-1].frame.choices
    soprano, alto, tenor, bass = (choice.entropy_bits for choice in choices)
    return replace(
        picture,
        now_step=now.step,
        bar=now.bar,
        beat=now.beat,
        activity=ANSWERING if kept[-1].origin == MODEL else PHRASE,
        frames=frames,
        entropies=(soprano, alto, tenor, bass),
    )


def _frame_view(one: Composed, bar_steps: int) -> FrameView:
    bar, place = divmod(one.frame.step, bar_steps)
    struck = tuple(bool(token >= FIRST_STRIKE) for token in one.frame.tokens)
    beat = place // STEPS_PER_BEAT + 1
    return FrameView(one.frame.step, bar, beat, one.frame.pitches, struck, one.origin)


def _sound(one: Composed, held: dict[int, int], sounder: Sounder) -> None:
    for voice in range(len(VOICES)):
        pitch = one.frame.pitches[voice]
        struck = one.frame.tokens[voice] >= FIRST_STRIKE
        if voice in held and (struck or pitch is None):
            sounder.note_off(voice, held.pop(voice))
        if struck and pitch is not None:
            sounder.note_on(voice, pitch, _VELOCITY)
            held[voice] = pitch


def free_names(folder: Path, stem: str, suffixes: Iterable[str]) -> list[Path]:
    """``stem`` with each suffix, or the first numbered stem of which none exists: demo.mid, demo-2.mid, …"""
    suffixes = list(suffixes)
    for number in itertools.count(1):
        name = stem if number == 1 else f"{stem}-{number}"
        paths = [folder / f"{name}{suffix}" for suffix in suffixes]
        if not any(path.exists() for path in paths):
            return paths
    raise AssertionError("unreachable")
