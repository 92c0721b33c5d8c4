"""What a listener hears in an excerpt, as numbers with names: chords, rhythm, form, and how the voices lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from companion.music.pitch import OCTAVE
from companion.music.vocabulary import FIRST_STRIKE, STEPS_PER_BEAT, VOICES, excerpt, notes_of_frames, sounding_pitches
from companion.sampling.harmony import DIMINISHED, MAJOR, MINOR, SEVENTHS
from export.measures import form, function, harmony, melody, pacing, partwriting
from export.measures.passage import Passage
from export.measures.tally import Tally

EXCERPT_STEPS = 8 * 4 * STEPS_PER_BEAT  # eight bars of 4/4
DEGREES = ("1", "♭2", "2", "♭3", "3", "4", "♯4", "5", "♭6", "6", "♭7", "7")
ROOT_MOTIONS = ("stays", "+1", "+2", "+3", "+4", "+5 (falls a fifth)", "+6", "+7", "+8", "+9", "+10", "+11")
SHAPES_BY_NAME: Mapping[str, tuple[int, ...]] = {
    "major": MAJOR,
    "minor": MINOR,
    "diminished": DIMINISHED,
    "dominant seventh": SEVENTHS[0],
    "minor seventh": SEVENTHS[1],
    "major seventh": SEVENTHS[2],
    "diminished seventh": SEVENTHS[3],
    "half-diminished seventh": SEVENTHS[4],
}
IN_BASS = ("root", "third", "fifth", "seventh")
NOTE_LENGTHS = {"16ths": 1, "eighths": 2, "dotted eighths": 3, "quarters": 4, "dotted quarters": 6, "halves": 8}
ON = {"beats": (0,), "eighths between": (2,), "16ths between": (1, 3)}

_RATES: Mapping[str, Callable[[Passage], Tally]] = {
    "dominant to tonic": function.authentic_progressions,
    "leading tones doubled": function.doubled_leading_tones,
    "dissonant beats led on": function.dissonant_beats_led_on,
    "standing chords a beat": form.standing_rate,
    "standing chords whole fours apart": form.whole_fours,
    "notes in key": lambda p: harmony.notes_in_key(p.frames, p.key),
    "dissonances over within a beat": lambda p: harmony.resolved_dissonances(p.frames),
    "motions by step": lambda p: melody.steps(p.frames),
    "leaps of a fourth or more": lambda p: melody.leaps(p.frames),
    "frames with a change": lambda p: pacing.changing_frames(p.frames),
    "hidden fifths and octaves": lambda p: partwriting.direct_motions(p.frames),
    "overlaps": lambda p: partwriting.overlaps(p.frames),
    "crossings": lambda p: partwriting.crossings(p.frames),
    "wide spacings": lambda p: partwriting.wide_spacings(p.frames),
}


def excerpts(passage: Passage) -> list[Passage]:
    """Whole stretches of eight bars of what is judged, one after the other, in the piece's key."""
    starts = range(0, len(passage.frames) - EXCERPT_STEPS + 1, EXCERPT_STEPS)
    return [_excerpt(passage, start) for start in starts]


def _excerpt(passage: Passage, start: int) -> Passage:
    frames = excerpt(passage.frames, start, EXCERPT_STEPS)
    cut = Passage(passage.name, frames, 0, passage.first_step + passage.start + start)
    cut.__dict__["key"] = passage.key  # of the whole piece, in place of what eight bars alone would tell
    return cut


def heard_features(passage: Passage) -> dict[str, float]:
    """Every number by name; shares and means, so that the length makes no difference."""
    named = (_harmony(passage), _rhythm(passage), _lines(passage))
    found = {name: value for part in named for name, value in part}
    rates = {name: count(passage).rate for name, count in _RATES.items()}
    return found | {name: 0.0 if rate is None else rate for name, rate in rates.items()}


def _harmony(passage: Passage) -> Iterator[tuple[str, float]]:
    beats = function.beat_pitches(passage)
    known = [(chord, beat) for beat in beats if (chord := function.chord_of(beat))]
    roots = [(chord.root - passage.key.tonic) % OCTAVE for chord, _ in known]
    yield "beats without a name", 1 - len(known) / max(len(beats), 1)
    yield from zip((f"root on {degree}" for degree in DEGREES), _shares(roots, OCTAVE), strict=True)
    motions = function.root_motions(passage)
    yield from zip((f"root {motion}" for motion in ROOT_MOTIONS), motions / max(motions.sum(), 1), strict=True)
    for name, shape in SHAPES_BY_NAME.items():
        yield f"{name} chords", sum(chord.shape == shape for chord, _ in known) / max(len(known), 1)
    for number, name in enumerate(IN_BASS):
        found = sum(number < len(c.shape) and c.tone(number) == min(beat) % OCTAVE for c, beat in known)
        yield f"{name} in the bass", found / max(len(known), 1)


def _rhythm(passage: Passage) -> Iterator[tuple[str, float]]:
    struck = passage.frames >= FIRST_STRIKE
    place = (np.arange(len(struck)) - passage.first_beat) % STEPS_PER_BEAT
    for voice, name in enumerate(VOICES):
        yield f"{name} notes a beat", struck[:, voice].mean() * STEPS_PER_BEAT
    for name, places in ON.items():
        yield f"onsets on {name}", struck[np.isin(place, places)].sum() / max(struck.sum(), 1)
    moving = struck.sum(axis=1)
    yield "voices that move together", moving.sum() / max((moving > 0).sum(), 1)
    yield "beats on which all move", (moving[place == 0] == len(VOICES)).mean()
    yield "beats on which none moves", (moving[place == 0] == 0).mean()
    lengths = [note.steps for note in notes_of_frames(passage.frames)]
    for name, steps in NOTE_LENGTHS.items():
        yield name, lengths.count(steps) / max(len(lengths), 1)
    still = np.diff(np.flatnonzero(np.concatenate([[True], moving[1:] > 0, [True]])))
    yield "longest chord, beats", still.max() / STEPS_PER_BEAT


def _lines(passage: Passage) -> Iterator[tuple[str, float]]:
    pitches = sounding_pitches(passage.frames).astype(np.float64)
    pitches[pitches == 0] = np.nan
    half = len(pitches) // 2
    for voice, name in enumerate(VOICES):
        line = pitches[:, voice][~np.isnan(pitches[:, voice])]
        yield f"{name} height", _mean(line)
        yield f"{name} compass", float(np.ptp(line)) if len(line) else 0.0
        yield f"{name} rises", _mean(pitches[half:, voice]) - _mean(pitches[:half, voice])
        moves = np.diff(line)[np.diff(line) != 0]
        yield f"{name} goes on the same way", _mean(np.array([a * b > 0 for a, b in pairwise(moves.tolist())]))
        yield f"{name} repeats a pitch soon", _mean(np.array([a == -b for a, b in pairwise(moves.tolist())]))
    for upper, (above, below) in enumerate(pairwise(VOICES)):
        yield f"{above} over {below}", _mean(pitches[:, upper] - pitches[:, upper + 1])


def _mean(values: NDArray[np.generic]) -> float:
    kept = values[~np.isnan(values.astype(np.float64))]
    return float(kept.mean()) if len(kept) else 0.0


def _shares(values: Sequence[int], size: int) -> list[float]:
    counts = np.bincount(values, minlength=size).astype(np.float64)
    shares: list[float] = (counts / max(counts.sum(), 1)).tolist()
    return shares
