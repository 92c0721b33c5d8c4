"""A phrase continued or harmonised: frames one after another, and the notes of a finished piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from companion.generation.closes import Made, Request, Walk, towards_close
from companion.generation.following import Lead
from companion.generation.generator import DecoderState, Frame, Generator
from companion.generation.velocity import VelocityRule
from companion.model.codes import UNDECIDED
from companion.model.features import Ahead, Conditions
from companion.music.bars import closing_steps
from companion.music.key import Key, find_key
from companion.music.song import VoiceNote
from companion.music.vocabulary import FIRST_STRIKE, HOLD, VOICES, IntArray, excerpt
from companion.phrase.seed import Phrase
from companion.sampling.draw import Sampling, in_key

LONGEST_HEARD = 512  # frames: 32 bars of 4/4; of a longer seed only the tail is heard
SEED = "seed"
MODEL = "model"


@dataclass(frozen=True)
class Composed:
    """A frame of a composition."""

    frame: Frame
    origin: str  # SEED or MODEL
    chosen: tuple[bool, ...]  # which voices the model chose


def continue_phrase(
    generator: Generator,
    phrase: Phrase,
    bars: int,
    sampling: Sampling,
    asked_key: Key | None = None,
    lead: Lead | None = None,
) -> Iterator[Composed]:
    """The seed, its missing voices added, then ``bars`` new bars that come to a close.

    Where the seed ends inside a bar, that bar is completed first. The key is the one that is asked for, else
    the one that is heard.

    lead: what the new bars take from the phrase.
    """
    heard = _Heard(generator, phrase, sampling, asked_key, LONGEST_HEARD)
    state = generator.start()
    for frame, after in heard.walk(state, 0, len(heard.frames) - 1):
        state = after
        yield Composed(frame, SEED, heard.added)
    steps = _steps_to_come(phrase, bars)
    yield from _answer(generator, state, steps, phrase.bar_steps, heard.sampling, heard.key, lead)


def harmonise(
    generator: Generator, phrase: Phrase, sampling: Sampling, asked_key: Key | None = None
) -> Iterator[Composed]:
    """The seed's frames with the voices it lacks; the last note struck is taken as the close, whose chord is held.

    The key is the one that is asked for, else the one that is heard.
    """
    heard = _Heard(generator, phrase, sampling, asked_key)
    struck = np.flatnonzero((heard.frames >= FIRST_STRIKE).any(axis=1))
    heard.close = close = int(struck[-1]) if len(struck) else len(heard.frames) - 1
    state = generator.start()
    for frame, after in towards_close(heard.walk, state, close, heard.key):
        state = after
        yield Composed(frame, SEED, heard.added)
    for frame, _ in heard.walk(state, close + 1, len(heard.frames) - 1):
        yield Composed(frame, SEED, heard.added)


class _Heard:
    """A phrase as it is gone through: without its long rests, and of its end so many steps at most."""

    def __init__(
        self, generator: Generator, phrase: Phrase, sampling: Sampling, asked_key: Key | None, most: int | None = None
    ) -> None:
        sung = phrase.sung_steps
        skipped = 0 if most is None else max(len(sung) - most, 0)
        self.frames = excerpt(phrase.frames[sung], skipped, len(sung))
        self.key = asked_key or find_key(phrase.frames)
        self.sampling = in_key(sampling, self.key, asked=asked_key is not None)
        self.added = tuple(not given for given in phrase.given)
        self.close: int | None = None  # the frame of the last chord, where there is to be one
        self._generator, self._given, self._ahead = generator, phrase.given, _ahead(self.frames, phrase.given)
        self._steps = (phrase.first_step + sung[skipped:]).tolist()

    def walk(self, state: DecoderState, first: int, last: int) -> Walk:
        """The frames from one to another, their missing voices added."""
        for at in range(first, last + 1):
            here = replace(state, step=self._steps[at])  # after a rest in another place
            frame, after = _made(self._generator, here, self._request(at))
            state = after.hearing(frame.pitches)
            yield Made(frame, state)

    def _request(self, at: int) -> Request:
        """What a frame is asked to be: after a rest all voices begin anew."""
        known = _known(self.frames[at], self._given)
        asked = Request(self.sampling, known, Conditions(key=self.key, ahead=self._ahead.at(at)))
        asked = asked.towards_close(None if self.close is None else self.close - at, self.key)
        return asked.struck_anew() if at and self._steps[at] > self._steps[at - 1] + 1 else asked


def seed_frames(phrase: Phrase) -> int:
    """How many frames of the seed continue_phrase yields."""
    return min(len(phrase.sung_steps), LONGEST_HEARD)


def total_frames(phrase: Phrase, bars: int) -> int:
    """How many frames continue_phrase yields."""
    return seed_frames(phrase) + _steps_to_come(phrase, bars)


def notices(phrase: Phrase) -> list[str]:
    """What the player should know of how the seed is heard."""
    lines = list(phrase.notices)
    if seed_frames(phrase) < len(phrase.sung_steps):
        added = "" if all(phrase.given) else ", and have their missing voices added"
        lines.append(f"the seed is long: only its last {LONGEST_HEARD} steps are heard{added}")
    return lines


def _steps_to_come(phrase: Phrase, bars: int) -> int:
    return -phrase.end_place % phrase.bar_steps + bars * phrase.bar_steps


def _ahead(frames: IntArray, given: Sequence[bool]) -> Ahead:
    """What each frame may know of the given voices: a file knows its future."""
    return Ahead.of_frames(np.where(given, frames, UNDECIDED).astype(np.int32))


def _known(tokens: IntArray, given: Sequence[bool]) -> dict[int, int]:
    """The tokens of the given voices, by voice."""
    return {voice: int(tokens[voice]) for voice in range(len(VOICES)) if given[voice]}


def _answer(
    generator: Generator,
    state: DecoderState,
    steps: int,
    bar_steps: int,
    sampling: Sampling,
    key: Key | None,
    lead: Lead | None,
) -> Iterator[Composed]:
    """New frames that begin afresh; their last chord is struck on a strong beat and held to the end."""
    close = steps - closing_steps(bar_steps)
    plain = Request(sampling, conditions=Conditions(key=key))

    def walk(state: DecoderState, first: int, last: int) -> Walk:
        for step in range(first, last + 1):
            led = plain if lead is None else replace(plain, sampling=lead.sampling(sampling, step))
            request = led.towards_close(close - step, key)
            made = _made(generator, state, request.struck_anew() if step in (0, close) else request)
            state = made.after
            yield made

    everyone = (True,) * len(VOICES)
    for frame, after in towards_close(walk, state, close, key):
        state = after
        yield Composed(frame, MODEL, everyone)
    for frame, _ in walk(state, close + 1, steps - 1):
        yield Composed(frame, MODEL, everyone)


def _made(generator: Generator, state: DecoderState, request: Request) -> Made:
    return Made(*generator.frame(state, request.sampling, request.given, request.conditions))


def voice_notes(
    composed: Iterable[Composed], phrase: Phrase, velocity: VelocityRule, lead: Lead | None = None
) -> list[VoiceNote]:
    """The notes that the model added, in the seed's ticks; the seed's own are phrase.notes.

    A held note begins with its strike and takes its velocity there. Where the player let go of the
    same key a little late, it begins when the player is done: a played note keeps its own end.
    """
    played = {(note.voice, note.pitch): note.end_tick for note in phrase.notes}
    notes: list[VoiceNote] = []
    sounding: dict[int, VoiceNote] = {}
    start = phrase.first_step
    end_tick = 0
    for one in composed:
        tick = phrase.tick_of_step(one.frame.step - start)
        if tick > end_tick:  # after a rest: what sounded before it has ended there
            notes.extend(note._replace(end_tick=end_tick) for note in sounding.values())
            sounding.clear()
        end_tick = phrase.tick_of_step(one.frame.step - start + 1)
        for voice, token in enumerate(one.frame.tokens):
            if token != HOLD and voice in sounding:
                notes.append(sounding.pop(voice)._replace(end_tick=tick))
            pitch = one.frame.pitches[voice]
            if token >= FIRST_STRIKE and one.chosen[voice] and pitch is not None:
                since = one.frame.step - start - (len(phrase.frames) if one.origin == MODEL else 0)
                strength = velocity(voice, one.frame.choices[voice].entropy_bits, since)
                begin = max(tick, min(played.get((voice, pitch), 0), end_tick - 1))
                sounding[voice] = VoiceNote(voice, begin, end_tick, pitch, strength)
    if lead is not None:
        notes = list(lead.touched(notes, phrase.tick_of_step(len(phrase.frames)), phrase.ticks_per_beat))
    notes.extend(note._replace(end_tick=end_tick) for note in sounding.values())
    return sorted(notes, key=lambda note: (note.start_tick, note.voice))
