"""What a model plays to be judged: held-out openings continued, held-out melodies harmonised, closes on request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from companion.controls.settings import Settings
from companion.generation.composer import MODEL, continue_phrase, harmonise
from companion.generation.generator import Generator
from companion.generation.improviser import Context, Guidance, Planned
from companion.model.features import Conditions
from companion.model.runtime import Model
from companion.music.key import Key, find_key
from companion.music.vocabulary import REST, STEPS_PER_BEAT, VOICES, IntArray, excerpt, transpose
from companion.phrase.hands import Hands
from companion.phrase.seed import Phrase
from companion.sampling.draw import Sampling, in_key
from companion.sampling.harmony import triads_of
from companion.sampling.styles import sampling_of
from companion.session.actions import cadence
from companion.session.modes import mode_named
from companion.session.sink import FrameTape
from companion.session.turns import Turns
from export.data.pieces import Piece, transpositions
from export.judging.jamming import harmonised_live
from export.measures.passage import Passage
from export.measures.tally import Tally

OPENING_STEPS = 32  # two bars of 4/4
BAR_STEPS = 16
ROUNDS = (
    0,
    2,
    -2,
    4,
    -4,
    1,
    -1,
    3,
    -3,
    5,
    -5,
    6,
)  # semitones, a round each; out of range they come as near as they can
LONGEST_WAIT_STEPS = 4 * BAR_STEPS  # a close is asked for after so much of an answer at most
CLOSE_WITHIN_STEPS = 2 * BAR_STEPS  # and has to come in so many more

MOST_PIECES = 1000  # of a programme: no two have the same dice

Tell = Callable[[], None]  # told of each piece that is done


@dataclass(frozen=True)
class Programme:
    """How much is played."""

    continuations: int = 100  # openings of two bars that are continued
    bars: int = 16  # of each continuation
    melodies: int = 70  # sopranos that are harmonised
    cadences: int = 100  # requests for a close
    seed: int = 1  # of all dice
    live: int = 0  # sopranos that a jam harmonises as they come
    phrases: int = 0  # of folk songs, that a jam answers
    tunes: int = 0  # of dotted beats, that are harmonised
    gaps: int = 0  # pieces of which two bars are made anew, and as many of its own

    @property
    def total(self) -> int:
        """How many chorales are played in all."""
        return self.continuations + self.melodies + self.cadences + self.live

    def of_pieces(self, pieces: int) -> Programme:
        """The same with so many of everything."""
        counts = dict.fromkeys(("continuations", "melodies", "cadences", "phrases", "tunes", "gaps"), pieces)
        return replace(self, **counts)


@dataclass(frozen=True)
class Recital:
    """What was played."""

    continuations: tuple[Passage, ...]
    harmonisations: tuple[Passage, ...]
    cadences: Tally  # good closes among those asked for
    live: tuple[Passage, ...] = ()  # harmonised without knowing what comes


def play(
    model: Model,
    settings: Settings,
    pieces: Sequence[Piece],
    programme: Programme,
    tell: Tell,
    sung: Sequence[Piece] = (),
) -> Recital:
    """Let a model play the whole programme from held-out pieces, in the style and at the temperature that are set.

    sung: those whose melodies are harmonised, where these are others.
    """
    sampling = sampling_of(settings)
    return Recital(
        tuple(_told(continuations(model, sampling, pieces, programme), tell)),
        tuple(_told(harmonisations(model, sampling, sung or pieces, programme), tell)),
        cadences(model, sampling, pieces, programme, tell),
        tuple(_told(live_harmonisations(model, settings, sung or pieces, programme), tell)),
    )


def in_rounds(pieces: Sequence[Piece], count: int) -> Iterator[tuple[str, IntArray]]:
    """Names and frames: the pieces in turn, and again in other keys until there are enough.

    Raises:
        ValueError: No piece is longer than an opening.
    """
    long_enough = [piece for piece in pieces if len(piece.frames) > OPENING_STEPS]
    if not long_enough:
        raise ValueError(f"no held-out piece is longer than {OPENING_STEPS} steps")
    for number in range(count):
        turn, at = divmod(number, len(long_enough))
        piece = long_enough[at]
        possible = transpositions(piece.frames)
        semitones = min(max(ROUNDS[turn % len(ROUNDS)], possible[0]), possible[-1])
        yield f"{piece.name}-{turn}", transpose(piece.frames, semitones)


def continuations(model: Model, sampling: Sampling, pieces: Sequence[Piece], programme: Programme) -> Iterator[Passage]:
    """Held-out openings and how the model goes on, which alone is judged."""
    for number, (name, frames) in enumerate(in_rounds(pieces, programme.continuations)):
        opening = excerpt(frames, 0, OPENING_STEPS)
        answered = answer(model, opening, sampling, (programme.seed, number), programme.bars)
        yield Passage(name, np.concatenate([opening, answered]), OPENING_STEPS)


def answer(model: Model, opening: IntArray, sampling: Sampling, seed: int | tuple[int, ...], bars: int) -> IntArray:
    """The frames with which a model goes on, ``[bars · BAR_STEPS, 4]``."""
    composed = continue_phrase(generator_of(model, seed), phrase_of(opening), bars, sampling)
    return np.stack([one.frame.tokens for one in composed if one.origin == MODEL])


def harmonisations(
    model: Model, sampling: Sampling, pieces: Sequence[Piece], programme: Programme
) -> Iterator[Passage]:
    """Held-out melodies with the voices that the model gives them."""
    for number, (name, frames) in enumerate(in_rounds(pieces, programme.melodies)):
        generator = generator_of(model, (programme.seed, number))
        composed = harmonise(generator, melody_of(frames), sampling)
        yield Passage(name, np.stack([one.frame.tokens for one in composed]))


def live_harmonisations(
    model: Model, settings: Settings, pieces: Sequence[Piece], programme: Programme
) -> Iterator[Passage]:
    """Held-out melodies with the voices that a jam sings to them, which knows nothing of their next notes."""
    for number, (name, frames) in enumerate(in_rounds(pieces, programme.live)):
        dice = programme.seed * MOST_PIECES + number
        yield Passage(name, harmonised_live(model, settings, frames[:, 0], dice))


def phrase_of(frames: IntArray) -> Phrase:
    """Frames as a phrase that was played."""
    return Phrase(
        frames=frames,
        given=(True, True, True, True),
        notes=(),
        ticks_per_beat=480,
        start_step=0,
        first_step=0,
        bar_steps=BAR_STEPS,
        end_place=len(frames) % BAR_STEPS,
        notices=(),
    )


def melody_of(frames: IntArray) -> Phrase:
    """The soprano of some frames as a phrase: nothing of the other voices is in it."""
    alone = np.where(np.arange(len(VOICES)) == 0, frames, REST).astype(np.int32)
    return replace(phrase_of(alone), given=(True, False, False, False))


def cadences(model: Model, sampling: Sampling, pieces: Sequence[Piece], programme: Programme, tell: Tell) -> Tally:
    """Closes asked for at random places of an answer, as a jam is asked for them, and how many are good."""
    good = 0
    for number, (_, frames) in enumerate(in_rounds(pieces, programme.cadences)):
        dice = np.random.default_rng((programme.seed, number))
        request = OPENING_STEPS + int(dice.integers(1, LONGEST_WAIT_STEPS + 1))
        opening = excerpt(frames, 0, OPENING_STEPS)
        key = find_key(opening)
        if key is not None:
            guidance = Guidance(in_key(sampling, key), key, programme.seed, frozenset())
            good += is_good_close(close_on_request(model, opening, guidance, number, request), request, key)
        tell()
    return Tally(good, programme.cadences)


def close_on_request(model: Model, opening: IntArray, guidance: Guidance, number: int, request: int) -> Planned:
    """The last chord of an answer to an opening, when a jam is asked for a close while step ``request`` sounds.

    Bars are of 4/4.
    """
    tape = FrameTape()
    turns = Turns(model, Settings(), mode_named("continue"), tape, by_channel=False)
    turns.running, turns.position = True, float(len(opening))
    turns.plan.guidance, turns.plan.answers = guidance, number
    turns.plan.music.context = _heard(model, opening, guidance)
    turns.begin_answer(len(opening))
    turns.advance(request)
    cadence(turns)
    assert turns.plan.answer is not None and turns.plan.answer.end is not None
    close = turns.plan.answer.close
    turns.advance(turns.plan.answer.end)
    return next(planned for planned in tape.made if planned.step == close)


def is_good_close(last: Planned, request: int, key: Key) -> bool:
    """Whether an answer ends on a full triad of its key, on a beat, within two bars of the request."""
    classes = frozenset(pitch % 12 for pitch in last.frame.pitches if pitch is not None)
    in_time = last.step - request <= CLOSE_WITHIN_STEPS and last.step % STEPS_PER_BEAT == 0
    return in_time and classes in triads_of(key)


def _heard(model: Model, opening: IntArray, guidance: Guidance) -> Context:
    generator = generator_of(model, 0)
    state = generator.start()
    for tokens in opening:
        _, state = generator.hear(state, tokens, Conditions(key=guidance.key))
    return Context(state, Hands())


def generator_of(model: Model, seed: int | tuple[int, ...]) -> Generator:
    """A generator with dice of its own."""
    return Generator(model, np.random.Generator(np.random.PCG64(seed)))


def _told(passages: Iterator[Passage], tell: Tell) -> Iterator[Passage]:
    for passage in passages:
        yield passage
        tell()
