"""Some bars of some voices made anew, so that they join what comes before and after: of several tries, the best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from companion.controls.settings import Settings
from companion.generation.asked import NOTHING_ASKED, AskedHarmony
from companion.generation.blanks import Blank, kept_of, over_the_edges
from companion.generation.closes import BEST, Made, Walk, ending_quality
from companion.generation.composer import Composed
from companion.generation.gap import ALL_MEANS, Gap, Means
from companion.generation.generator import DecoderState, Frame, Generator
from companion.generation.job import Fact, Job, OpenModel, asked_key, leads_nobody, seeded_generator, task_of
from companion.generation.velocity import PLAYED, as_there, velocity_rule
from companion.model.features import Conditions, History
from companion.model.leading import LEADER
from companion.music.key import Key
from companion.music.song import Song
from companion.music.vocabulary import FIRST_STRIKE, HOLD, VOICES
from companion.phrase.seed import Phrase
from companion.sampling.joining import parallels_in
from companion.sampling.styles import sampling_of

REWRITTEN = "rewritten"  # the origin of a frame
ENDING_STEPS = 8  # two beats: what is tried oftener than all of it
CLOSE_NATS = 1.0  # what a point of a close is worth
NO_DOMINANT = 2  # points off the last close of a piece to which none leads


@dataclass(frozen=True, eq=False)
class Candidate:
    """A try."""

    frames: tuple[Composed, ...]  # of the gap
    faults: int  # in it and at both of its edges: voices in parallel, and steps at which one is silent
    nats: float  # how unlikely the four beats after it are
    lacking: int  # points that its closes lack
    changed: float  # the share of the steps made anew at which something else sounds than before


def merit(candidate: Candidate) -> tuple[bool, int, float]:
    """By which tries are ranked, the least first: what was there before comes last, then what has faults."""
    return candidate.changed == 0, candidate.faults, candidate.nats + CLOSE_NATS * candidate.lacking


class Rewriting:
    """The search for what fills a gap."""

    def __init__(self, generator: Generator, gap: Gap, means: Means = ALL_MEANS) -> None:
        self.gap = gap
        self.candidates: list[Candidate] = []
        self._generator, self._means = generator, means
        self._tries: list[list[Made]] = []  # of each candidate
        self._begun = generator.start().knowing_no_tunes()  # where the gap begins
        self._search = self._steps()

    @property
    def length(self) -> int:
        """How many frames there will be."""
        return self.gap.stop - self.gap.first

    @property
    def work(self) -> int:
        """How many steps the search has."""
        after, means = self.gap.after - self.gap.stop, self._means
        whole, ending = self.length + after, min(self.length, ENDING_STEPS) + after
        return self.gap.first + means.tries * whole + means.endings * ending

    @property
    def voices(self) -> tuple[int, ...]:
        """Those of which anything is made anew."""
        return tuple(np.flatnonzero(self.gap.anew.any(axis=0)).tolist())

    def search(self) -> Iterator[None]:
        """Goes on by a frame each time, until all candidates are there."""
        return self._search

    @property
    def best(self) -> Candidate:
        """The best candidate, once there are any."""
        return min(self.candidates, key=merit)

    def frames(self) -> Iterator[Composed]:
        """Those of the best candidate, after the search."""
        for _ in self._search:
            pass
        yield from self.best.frames

    def _steps(self) -> Iterator[None]:
        for made in self._walk(self._begun, 0, self.gap.first):
            self._begun = made.after
            yield
        for _ in range(self._means.tries):
            yield from self._attempt([])
        best = self._tries[self.candidates.index(self.best)]
        for _ in range(self._means.endings):
            yield from self._attempt(best[: max(self.length - ENDING_STEPS, 0)])

    def _attempt(self, beginning: Sequence[Made]) -> Iterator[None]:
        """One more candidate, which begins with some frames."""
        made = list(beginning)
        state = made[-1].after if made else self._begun
        for one in self._walk(state, self.gap.first + len(made), self.gap.stop):
            made.append(one)
            state = one.after
            yield
        nats, following = 0.0, []
        for at in range(self.gap.stop, self.gap.after):
            one, unlikely = self._heard_after(at, state)
            state, nats = one.after, nats + unlikely
            following.append(one)
            yield
        self._tries.append(made)
        self.candidates.append(self._candidate(made, following[:1], nats))

    def _walk(self, state: DecoderState, first: int, stop: int) -> Walk:
        """The frames from one up to another; of the voices that are not known, something is made."""
        for at in range(first, stop):
            here = replace(state, step=self.gap.steps[at])
            frame, after = self.gap.request(at).made(self._generator, here)
            state = after.hearing(frame.pitches) if at < self.gap.first else after
            yield Made(frame, state)

    def _heard_after(self, at: int, state: DecoderState) -> tuple[Made, float]:
        """A frame after the gap, and how unlikely its notes are to follow on it, in nats."""
        here = replace(state, step=self.gap.steps[at])
        tokens, unknown = self.gap.frames[at].copy(), self.gap.free[at]
        if unknown.any():
            tokens[unknown] = self.gap.request(at).made(self._generator, here).frame.tokens[unknown]
        heard = Made(*self._generator.hear(here, tokens, Conditions(key=self.gap.key)))
        return heard, nats_of(heard.frame, here.history, np.flatnonzero(~unknown).tolist())

    def _candidate(self, made: Sequence[Made], following: Sequence[Made], nats: float) -> Candidate:
        gap = slice(self.gap.first, self.gap.stop)
        anew = self.gap.anew[gap]
        chords = [self._begun.history.now, *(one.after.history.now for one in (*made, *following))]
        sung = np.array(chords[1 : 1 + len(made)]).reshape(-1, len(VOICES))
        silent = int((anew & (sung < FIRST_STRIKE)).sum())
        other = (sung != self.gap.sung[gap])[anew]
        pitches = [one.frame.pitches for one in made]
        closes = {at - self.gap.first: key for at, key in self.gap.closes().items()}
        lacking = sum(close_lacks(pitches[max(at - 1, 0) : at + 1], key) for at, key in closes.items())
        changed = float(other.mean()) if len(other) else 0.0
        return Candidate(self._composed(made), parallels_in(chords) + silent, nats, lacking, changed)

    def _composed(self, made: Sequence[Made]) -> tuple[Composed, ...]:
        frames = []
        for at, one in enumerate(made, start=self.gap.first):
            place = at + self.gap.lead
            number, to_close = self.gap.form.number(place), self.gap.form.steps_to_close(place)
            frames.append(Composed(one.frame, REWRITTEN, tuple(self.gap.anew[at].tolist()), number, to_close))
        return tuple(frames)


def close_lacks(chords: Sequence[Sequence[int | None]], key: Key | None) -> int:
    """Points that a close lacks: of its last chord, by a leap to it, and of a piece's last one where no dominant leads.

    chords: pitches of the frame before it, where there is one, and of its first one; key: that a piece ends in.
    """
    quality, by_step, is_led = ending_quality(chords, key)
    return BEST - quality + (not by_step) + (0 if is_led else NO_DOMINANT)


def nats_of(frame: Frame, before: History, voices: Sequence[int]) -> float:
    """How unlikely what some voices sing is; a pitch that goes on and one that is struck again are one.

    before: the history before the frame, all of whose voices are given.
    """
    total = 0.0
    for voice in voices:
        choice, held = frame.choices[voice], before.now[voice]
        likely = choice.scores[choice.token]
        if held >= FIRST_STRIKE and choice.token in (HOLD, held):
            likely = np.logaddexp(choice.scores[HOLD], choice.scores[held])
        total -= float(likely)
    return total


def rewrite_song(
    song: Song,
    phrase: Phrase,
    blank: Blank,
    settings: Settings,
    open_model: OpenModel,
    asked: AskedHarmony = NOTHING_ASKED,
) -> Job:
    """What a blank says made anew (see companion.generation.blanks); its phrase has only the notes that are kept."""
    key, sampling, generator = asked_key(settings, song), sampling_of(settings), seeded_generator(settings, open_model)
    closes = sorted({phrase.beat_around(tick) for tick in song.fermatas})
    velocity = as_there(*_course(phrase)) if settings.velocity == PLAYED else velocity_rule(settings.velocity)
    rewriting = Rewriting(generator, Gap(phrase, blank, sampling, generator.random, key, closes, asked=asked))
    kept = kept_of(phrase, blank)
    unsung = leads_nobody(generator, LEADER not in blank.voices)
    lines = [*phrase.notices, *over_the_edges(phrase, blank), *asked.notices, *unsung]
    task = task_of(phrase, blank.stop - blank.first, "rewrite")
    return Job(
        song,
        kept,
        generator,
        rewriting.frames(),
        rewriting.length,
        lines,
        velocity,
        task=task,
        settings=settings,
        key=rewriting.gap.key,
        facts=(_rewritten(phrase, blank),),
        rewriting=rewriting,
    )


def _rewritten(phrase: Phrase, blank: Blank) -> Fact:
    first, last = phrase.bar_of_step(blank.first), phrase.bar_of_step(blank.stop - 1)
    voices = [VOICES[voice] for voice in sorted(blank.voices)]
    bars = f"bar {first}" if first == last else f"bars {first} to {last}"
    return Fact("rewritten", {"bars": [first, last], "voices": voices}, f"{bars} anew in {', '.join(voices)}")


def _course(phrase: Phrase) -> tuple[list[int], list[int], list[int]]:
    """Of all notes: voices, steps and velocities."""
    steps = phrase.positions([note.start_tick for note in phrase.notes])
    return [note.voice for note in phrase.notes], steps.tolist(), [note.velocity for note in phrase.notes]
