"""Whether an answer listens: phrases of folk songs are played to a jam, and its answers compared with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from companion.controls.settings import Settings
from companion.generation.improviser import ANSWER
from companion.model.runtime import Model
from companion.music.bars import Barlines
from companion.music.vocabulary import FIRST_STRIKE, STEPS_PER_BEAT, sounding_pitches
from export.data.folksongs import Tune
from export.judging.jamming import Played, play_jam
from export.measures.form import standing_chords
from export.measures.musician import DICE, INTERVAL, RESAMPLED
from export.measures.passage import Passage
from export.measures.tally import Floats

PHRASE_STEPS = 24  # at least: bars are added to a phrase until it is so long
ANSWER_STEPS = 64  # that are compared: four bars of 4/4
WAIT_STEPS = 24  # in which an answer has begun
SOFTEST_PHRASE, LOUDEST_PHRASE = 35, 115  # velocities that phrases are played with
WIDEST_SWELL = 40  # velocities by which a phrase grows or fades at most
REGISTER = 7  # semitones by which phrases are moved up or down at most
COMPARED_STEPS = 16  # of a phrase and of its answer, whose rhythms are compared
FEWEST_BACH_STEPS = 16  # of a phrase of Bach's
EVEN_LENGTHS = {"halves": 8, "quarters": 4, "eighths": 2, "16ths": 1}  # steps of the notes of even tunes
EVEN_STEPS = 32  # of an even tune
EVEN_TUNES = 12


@dataclass(frozen=True)
class Line:
    """One voice, or one hand, for a while."""

    density: float  # notes a beat
    changes: float  # of pitch, a step
    height: float  # mean pitch over time
    loudness: float  # mean velocity of its notes; nan where there is none
    swell: float  # by how much louder its second half is; nan where nothing is struck
    head: tuple[bool, ...]  # the steps of its beginning on which a note begins


@dataclass(frozen=True)
class Pair:
    """A phrase, and what came after it."""

    phrase: Line
    answer: Line


@dataclass(frozen=True)
class Correlation:
    """Of phrases and what came after them, with the 95 % interval of the bootstrap."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Listening:
    """What was found of a model, or of Bach."""

    name: str
    pairs: tuple[Pair, ...]
    changes: dict[str, float]  # of the soprano a step, by the length of the notes it answers


def following_of(
    model: Model, name: str, settings: Settings, tunes: Sequence[Tune], tell: Callable[[], None]
) -> Listening:
    """Play phrases and even tunes to a jam, with these settings but for its dice."""
    pairs, changes = [], {}
    for number, tune in enumerate(tunes):
        phrase = phrase_of_tune(tune, number)
        found = answer_to(model, replace(settings, seed=number), phrase, tune.bar_steps)
        if found is not None:
            pairs.append(Pair(line_of_keys(phrase), found))
        tell()
    for length, steps in EVEN_LENGTHS.items():
        answers = []
        for number, tune in enumerate(tunes[:EVEN_TUNES]):
            answers.append(answer_to(model, replace(settings, seed=number), even(tune, steps), 16))
            tell()
        changes[length] = float(np.mean([one.changes for one in answers if one is not None] or [np.nan]))
    return Listening(name, tuple(pairs), changes)


def phrases_to_play(tunes: Sequence[Tune]) -> int:
    """How many a model's progress will come to."""
    return len(tunes) + len(EVEN_LENGTHS) * len(tunes[:EVEN_TUNES])


def phrase_of_tune(tune: Tune, number: int) -> list[Played]:
    """The head of a tune as a player plays it: as high, as loud and growing as dice of this number say."""
    dice = np.random.default_rng((DICE, number))
    semitones = int(dice.integers(-REGISTER, REGISTER + 1))
    velocity = int(dice.integers(SOFTEST_PHRASE, LOUDEST_PHRASE + 1))
    swell = int(dice.integers(-WIDEST_SWELL, WIDEST_SWELL + 1))
    notes = tune.head(-(-PHRASE_STEPS // tune.bar_steps)).notes
    velocities = np.linspace(velocity - swell / 2, velocity + swell / 2, len(notes)).round().clip(1, 127).tolist()
    return [
        Played(tune.first_step + note.start_step, note.steps, note.pitch + semitones, int(strength))
        for note, strength in zip(notes, velocities, strict=True)
    ]


def even(tune: Tune, steps: int) -> list[Played]:
    """The pitches of a tune, and from its beginning again, in notes of one length."""
    pitches = [note.pitch for note in tune.notes]
    return [Played(at * steps, steps, pitches[at % len(pitches)]) for at in range(EVEN_STEPS // steps)]


def answer_to(model: Model, settings: Settings, phrase: Sequence[Played], bar_steps: int) -> Line | None:
    """The soprano of what a jam answers; None where it does not begin in time."""
    end = max(note.start + note.steps for note in phrase)
    music = play_jam(model, settings, phrase, end + WAIT_STEPS + ANSWER_STEPS, Barlines(bar_steps)).frames_of(ANSWER)
    answered = [fixed for step, fixed in music.items() if step >= end][:ANSWER_STEPS]
    if not answered:
        return None
    tokens = np.stack([planned.frame.tokens for planned, _ in answered])
    struck = tokens[:, 0] >= FIRST_STRIKE
    pitches = [planned.frame.pitches[0] for planned, _ in answered]
    velocities = [part.velocity for _, sound in answered if sound for part in sound.parts if part.struck]
    return _line(struck.tolist(), [pitch for pitch in pitches if pitch is not None], velocities)


def line_of_keys(phrase: Sequence[Played]) -> Line:
    """A phrase as it was played."""
    start = min(note.start for note in phrase)
    end = max(note.start + note.steps for note in phrase)
    begins = {note.start - start for note in phrase}
    pitches = [note.pitch for note in phrase for _ in range(note.steps)]
    return _line([step in begins for step in range(end - start)], pitches, [note.velocity for note in phrase])


def _line(struck: Sequence[bool], pitches: Iterable[int], velocities: Iterable[int]) -> Line:
    heights, strengths = np.array(list(pitches)), np.array(list(velocities))
    middle = len(strengths) // 2
    head = (*struck[:COMPARED_STEPS], *([False] * max(COMPARED_STEPS - len(struck), 0)))
    return Line(
        sum(struck) / len(struck) * STEPS_PER_BEAT,
        int(np.count_nonzero(np.diff(heights))) / len(struck),
        _mean(heights),
        _mean(strengths),
        _mean(strengths[middle:]) - _mean(strengths[:middle]),
        head,
    )


def _mean(values: NDArray[np.generic]) -> float:
    return float(np.mean(values.astype(np.float64))) if len(values) else np.nan


def bachs_own(pieces: Iterable[Passage]) -> Listening:
    """His second phrases after his first, the third after the second, and so on: sopranos, to their phrase ends."""
    pairs = []
    for piece in pieces:
        pitches = sounding_pitches(piece.frames)[:, 0]
        ends = [one.start + one.steps for one in standing_chords(piece)]
        stretches = [pitches[first:last] for first, last in pairwise([0, *ends]) if last - first >= FEWEST_BACH_STEPS]
        lines = [_line_of_pitches(stretch) for stretch in stretches if stretch.all()]
        pairs += [Pair(first, second) for first, second in pairwise(lines)]
    return Listening("Bach", tuple(pairs), {})


def _line_of_pitches(pitches: NDArray[np.int32]) -> Line:
    struck = [True, *(pitches[1:] != pitches[:-1]).tolist()]
    return _line(struck, pitches.tolist(), [])


def correlation(pairs: Sequence[Pair], of: Callable[[Line], float]) -> Correlation | None:
    """Pearson's, between phrases and answers; None where one of them never varies."""
    both = np.array([(of(pair.phrase), of(pair.answer)) for pair in pairs]).reshape(-1, 2)
    both = both[~np.isnan(both).any(axis=1)]
    value = _pearson(both)
    if np.isnan(value):
        return None
    dice = np.random.default_rng(DICE)
    others = [_pearson(both[dice.integers(len(both), size=len(both))]) for _ in range(RESAMPLED)]
    low, high = np.nanpercentile(others, INTERVAL)
    return Correlation(value, float(low), float(high))


def likeness_of_heads(pairs: Sequence[Pair]) -> float:
    """How much more alike the rhythms of heads and answers are than those of others: common onsets of all onsets.

    0 is chance, and 1 minus chance the same rhythm.
    """
    if len(pairs) < 2:
        return np.nan
    phrases = np.array([pair.phrase.head for pair in pairs])
    answers = np.array([pair.answer.head for pair in pairs])
    both = (phrases[:, None] & answers[None]).sum(axis=2)
    either = np.maximum((phrases[:, None] | answers[None]).sum(axis=2), 1)
    alike = np.asarray(both / either, dtype=np.float64)
    own = float(np.trace(alike)) / len(pairs)
    others = (float(alike.sum()) - float(np.trace(alike))) / (len(pairs) * (len(pairs) - 1))
    return own - others


def _pearson(both: Floats) -> float:
    if len(both) < 2 or not both.std(axis=0).all():
        return np.nan
    return float(np.asarray(np.corrcoef(both.T))[0, 1])


HEADS = "rhythm of the heads, alike beyond chance"
_ROWS: tuple[tuple[str, Callable[[Line], float]], ...] = (
    ("density of phrase and answer, correlation", lambda line: line.density),
    ("height of phrase and answer, correlation", lambda line: line.height),
    ("loudness of phrase and answer, correlation", lambda line: line.loudness),
    ("crescendo of phrase and answer, correlation", lambda line: line.swell),
)


def describe_following(columns: Sequence[Listening]) -> list[str]:
    """As a table, in Markdown."""
    head = ["it listens", *("Bach's next phrase" if one.name == "Bach" else one.name for one in columns)]
    lines = [head, ["---"] * len(head), ["phrases", *(str(len(one.pairs)) for one in columns)]]
    for name, of in _ROWS:
        lines.append([name, *(_shown(correlation(one.pairs, of)) for one in columns)])
    lines.append([HEADS, *(f"{likeness_of_heads(one.pairs):.2f}" for one in columns)])
    for length in EVEN_LENGTHS:
        cells = (f"{one.changes[length]:.2f}" if one.changes else "–" for one in columns)
        lines.append([f"soprano changes a step in the answer to {length}", *cells])
    return [f"| {' | '.join(cells)} |" for cells in lines]


def following_as_dict(columns: Sequence[Listening]) -> dict[str, Any]:
    """What ``chorale-train judge --json`` says of them; None where it cannot be said."""
    found: dict[str, Any] = {}
    for one in columns:
        figures = {name: correlation(one.pairs, of) for name, of in _ROWS}
        alike = likeness_of_heads(one.pairs)
        found[one.name] = {
            **{name: None if figure is None else round(figure.value, 4) for name, figure in figures.items()},
            HEADS: None if np.isnan(alike) else round(alike, 4),
            "soprano changes a step": {name: round(value, 4) for name, value in one.changes.items()},
        }
    return found


def _shown(found: Correlation | None) -> str:
    return "–" if found is None else f"{found.value:.2f} ({found.low:.2f}…{found.high:.2f})"
