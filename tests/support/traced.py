"""Traces made up: a few frames in which everything occurs that a page shows."""

from __future__ import annotations

from typing import Any

from companion.music.song import Tempo, VoiceNote
from companion.visuals.traced import BarLine, PitchShare, Trace, TracedFrame, TracedModel, TracedNote, WrittenMusic

HOSTILE = "</script><script>window.ran=1</script><img src=x onerror=window.ran=1>\u2028{{script}}"


def shares(**of: float) -> tuple[PitchShare, ...]:
    """From p60=0.5, rest=0.5."""
    return tuple(PitchShare(None if name == "rest" else int(name[1:]), share) for name, share in of.items())


def struck(pitch: int, sureness: float = 0.75, origin: str = "model") -> TracedNote:
    """A note that the model was so sure of; what is left it gave to the tone above, of which the rules took half."""
    raw = shares(**{f"p{pitch}": sureness, f"p{pitch + 2}": 1 - sureness})
    took = (1 - sureness) / 2
    drawn = shares(**{f"p{pitch}": sureness + took, f"p{pitch + 2}": took})
    return TracedNote(origin, pitch, True, 1.25, drawn, raw, shares(**{f"p{pitch + 2}": took}))


def held(pitch: int, origin: str = "model", other: int = 0) -> TracedNote:
    """Held; or nearly another pitch."""
    rows = {f"p{pitch}": 0.7, f"p{other}": 0.3} if other else {f"p{pitch}": 1.0}
    return TracedNote(origin, pitch, False, 0.5, shares(**rows))


def chord(step: int, pitches: tuple[int, int, int, int], **more: int) -> TracedFrame:
    """A given soprano, and three voices of the model's."""
    soprano, *others = pitches
    return TracedFrame(step, 30 * step, (struck(soprano, origin="seed"), *map(struck, others)), **more)


def trace_of(frames: tuple[TracedFrame, ...], **more: Any) -> Trace:
    """With the music that they sing, every note two steps long; 120 ticks a beat, at 100 beats a minute, in 2/4."""
    notes = tuple(
        VoiceNote(voice, frame.tick, frame.tick + 60, note.pitch, 80)
        for frame in frames
        for voice, note in enumerate(frame.notes)
        if note.struck and note.pitch is not None
    )
    bars = tuple(BarLine(tick, number) for number, tick in enumerate(range(0, frames[-1].tick + 1, 240), start=1))
    music = WrittenMusic(120, (Tempo(0, 600_000),), bars, notes)
    told = {"model": TracedModel("gru", "0" * 64, "any"), "style": "bach", "key": "G major", **more}
    return Trace(music, frames, seed=7, **told)


def small_trace(**more: Any) -> Trace:
    """Two bars: a chord on each beat, the second bar as the first, and between them frames in which all is held."""
    frames = []
    for step in range(16):
        pitches = ((67, 62, 59, 43), (66, 62, 57, 50))[step // 4 % 2]
        if step % 4 == 0:
            frames.append(chord(step, pitches, **({"echo_steps": 8, "echo_chords": 1} if step == 12 else {})))
        else:
            soprano, *others = pitches
            notes = (held(soprano, "seed"), *(held(pitch, other=64 if step == 5 else 0) for pitch in others))
            frames.append(TracedFrame(step, 30 * step, notes))
    return trace_of(tuple(frames), **more)
