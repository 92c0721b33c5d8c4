"""A session's plan: frames made ahead, fixed as their time comes, taken back as long as it has not.

Steps become *fixed* one after another: a step of the player's phrase when no more note can belong to it,
half a step later; a step of an answer when it is committed, two steps ahead. Whatever is not fixed is
*planned* and can be made anew. Where the player's notes decide what the others sing (a locked voice,
``harmonise``), nothing is committed: the plan assumes that the player holds on, and each note remakes it.

How far the plan reaches must never show in the music. So whatever a plan was made from, when it changes,
takes the plan with it, and what is committed has always been planned.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from companion.controls.table import Choices, Settings
from companion.generation.closes import CLOSE_IN_SIGHT
from companion.generation.improviser import (
    ANSWER,
    HEARD,
    LOOP,
    Answer,
    Improviser,
    Planned,
    Point,
    Search,
    Wishes,
)
from companion.generation.velocity import DEFAULT_VELOCITY, VelocityRule, velocity_rule
from companion.model.runtime import Model
from companion.music.bars import Barlines
from companion.music.chords import chord_name
from companion.music.key import Key, find_key
from companion.music.sounding import Part, SoundingFrame
from companion.music.vocabulary import FIRST_STRIKE, REST, VOICES, IntArray
from companion.phrase.hands import Capture, Hands
from companion.sampling.draw import in_key
from companion.sampling.styles import style
from companion.session.sink import Sink

COMMITTED_STEPS = 2  # of an answer, beyond the step that sounds
PLAN_STEPS = 16  # planned ahead of the step that sounds
FOLLOW_STEPS = 8  # likewise where each note of the player's may change the plan
KEY_STEPS = 128  # the key is heard in so many steps
KEY_EVERY_STEPS = 4  # and heard anew so often while the player leads
MOST_TAKE_STEPS = 1024  # 64 bars: what a loop repeats at most
REHEARD_STEPS = 64  # what another model hears of the music before it takes over
MOST_UNDO = 16

# What happens between the player and the companion.
IDLE = "listening"
PHRASE = "phrase"
ANSWERING = "answering"


@dataclass(frozen=True)
class Resume:
    """What an answer began from: to take it back."""

    point: Point
    past: tuple[Planned, ...]
    take: tuple[Planned, ...]
    model: Model  # whose memory the point holds


class Planner:
    """What is heard, what is to come, and how much of it is settled."""

    def __init__(self, model: Model, settings: Settings, choices: Choices, sink: Sink, by_channel: bool = False):
        self.settings = settings
        self._barlines = Barlines()
        self.activity = IDLE
        self.running = False
        self.position = 0.0
        self.answer: Answer | None = None
        self.plan: list[Planned] = []
        self._choices, self._sink, self._by_channel = choices, sink, by_channel
        self._improviser = Improviser(model)
        self._point = Point(self._improviser.start(0), Hands())
        self._capture = Capture()
        self._past: deque[Planned] = deque(maxlen=KEY_STEPS)
        self._take: list[Planned] = []
        self._undo: deque[Resume] = deque(maxlen=MOST_UNDO)
        self._tentative = False  # the answer is planned, but the phrase is not over yet
        self._search: Search | None = None
        self._sent: dict[int, SoundingFrame] = {}  # what the sink has of the plan
        self._frameless = -1  # a step of it that has only sounded at once
        self._answers = 0
        self._phrase_start = 0
        self._key: Key | None = None
        self._wishes = self._make_wishes(settings)
        self._played = DEFAULT_VELOCITY  # how loud the player played
        self._velocity: VelocityRule = velocity_rule(str(DEFAULT_VELOCITY))

    @property
    def barlines(self) -> Barlines:
        """Where beats and bars lie; they may be set at any time."""
        return self._barlines

    @barlines.setter
    def barlines(self, barlines: Barlines) -> None:
        self._barlines = barlines
        if self._tentative:  # it would begin on another line now
            self._forget_answer()
        if self._wishes.beat_step != barlines.beat_step:
            self._wishes = self._make_wishes(self.settings)
            self._take_back()

    # Planning

    def _is_heard(self, step: int) -> bool:
        """Whether a step belongs to the phrase, and not to an answer."""
        return self.answer is None or step < self.answer.start

    def _follows(self) -> bool:
        """Whether each note of the player's decides what the others sing."""
        answer = self.answer
        return answer is not None and not answer.loop and (answer.with_player or bool(self._wishes.locked))

    def _commit_end(self) -> int:
        """The step after the last that is committed."""
        return math.floor(self.position) + 1 + (0 if self._follows() else COMMITTED_STEPS)

    def _change_step(self) -> int:
        """The first step that a change can still reach."""
        return max(self._commit_end(), self._point.step)

    def _horizon(self) -> int:
        assert self.answer is not None
        ahead = FOLLOW_STEPS if self._follows() else PLAN_STEPS
        reach = max(math.floor(self.position) + 1 + ahead, self.answer.start + 1)
        return reach if self.answer.end is None else min(reach, self.answer.end)

    def _plan_end(self) -> int:
        return self.plan[-1].step + 1 if self.plan else self._point.step

    def _extend_to(self, step: int) -> None:
        while self.answer is not None and self._plan_end() < step:
            self._extend()

    def _extend(self) -> None:
        """One more frame of the plan, or of a search for an ending."""
        assert self.answer is not None
        point = self.plan[-1].after if self.plan else self._point
        hands = self._dealt(point)
        if self._is_heard(point.step):
            self.plan.append(self._improviser.heard(point, hands, self._wishes, self.answer.number))
        elif self._in_sight(point.step):
            self._search_on(point, hands)
        else:
            self.plan.append(self._improviser.next(point, hands, self.answer, self._wishes))

    def _dealt(self, point: Point, step: int | None = None) -> Hands:
        """The hands with what begins at a step, the point's own as a rule, given to voices."""
        step = point.step if step is None else step
        follows = bool(self._wishes.locked) and self.answer is not None and not self._is_heard(step)
        voices = sorted(self._wishes.locked) if follows else None
        return point.hands.deal(step, self._capture.struck_at(step), voices, self._by_channel)

    def _in_sight(self, step: int) -> bool:
        close = None if self.answer is None or self._follows() else self.answer.close
        return close is not None and close - CLOSE_IN_SIGHT <= step <= close

    def _search_on(self, point: Point, hands: Hands) -> None:
        if self._search is None:
            assert self.answer is not None
            self._search = self._improviser.ending(point, hands, self.answer, self._wishes)
        try:
            next(self._search)
        except StopIteration as found:
            self._search = None
            self.plan.extend(found.value)

    def _replan(self, step: int) -> None:
        """Take back the plan from a step on; what is at the sink stays there until it is replaced."""
        self.plan = [planned for planned in self.plan if planned.step < step]
        self._search = None
        self._sent = {sent: frame for sent, frame in self._sent.items() if sent < step}

    def _take_back(self) -> None:
        """What is not committed is to be made anew."""
        if self._tentative:
            self._forget_answer()
        elif self.answer is not None:
            self._replan(self._change_step())

    def _rewind(self, step: int) -> None:
        """Take back what is fixed from a step on, as far as it is remembered."""
        self._replan(step)
        if self._past and self._past[-1].step >= step:
            self._sink.taken_back(step)
        while self._past and self._past[-1].step >= step:
            self._point = self._past.pop().before
        self._take = [planned for planned in self._take if planned.step < step]

    def _forget_answer(self) -> None:
        self.answer, self._tentative, self._search, self.plan, self._sent = None, False, None, [], {}

    # Fixing and sending

    def _is_due(self) -> bool:
        step = self._point.step
        if self.activity == ANSWERING and not self._is_heard(step) and not self._follows():
            return step < self._commit_end()
        return self.activity != IDLE and step + 0.5 <= self.position

    def _take_next(self) -> Planned:
        if self.answer is None and not self.plan:
            return self._improviser.heard(self._point, self._dealt(self._point), self._wishes, self._answers)
        self._extend_to(self._point.step + 1)
        return self.plan.pop(0)

    def _fix(self, planned: Planned) -> None:
        if self.activity == ANSWERING and self.answer is not None and planned.step == self.answer.start:
            model = self._improviser.model
            self._undo.append(Resume(planned.before, tuple(self._past), tuple(self._take), model))
        self._point = planned.after
        self._past.append(planned)
        if len(self._take) < MOST_TAKE_STEPS and planned.origin != LOOP:
            self._take.append(planned)
        audible = planned.origin != HEARD
        if audible and planned.step not in self._sent:
            self._put([planned])
        self._sink.fixed(planned, self._sent.pop(planned.step, None))
        self._capture.forget_before(planned.step)
        if (not audible or self._follows()) and self._point.step % KEY_EVERY_STEPS == 0:
            self._hear_key()
        self._notice_end_of_answer(planned)

    def _notice_end_of_answer(self, planned: Planned) -> None:
        answer = self.answer
        if answer is None or self.activity != ANSWERING:
            return
        if answer.end is not None and self._point.step >= answer.end:
            self._rest_at(answer.end)
            self._finish()
        elif answer.with_player and planned.silent and self._capture.is_over(planned.step):
            self._sink.clear(self._point.step, self._point.step + 2 * PLAN_STEPS)
            self._finish()

    def _finish(self) -> None:
        self._forget_answer()
        self.activity = IDLE
        self._capture.begin_again()

    def _commit(self) -> None:
        """What can not be changed any more is planned, and all that is planned is at the sink."""
        if self.activity == ANSWERING:
            self._extend_to(min(self._commit_end(), self._horizon()))
            self._send()

    def _rest_at(self, step: int) -> None:
        """All voices let go at a step, and nothing comes after it."""
        self._sink.clear(step, step + 2 * PLAN_STEPS)
        if step <= self.position:  # a rest that comes too late
            self._sink.silence()
            return
        parts = [Part(None, False, DEFAULT_VELOCITY, self._channel(voice)) for voice in range(len(VOICES))]
        self._sink.frames([frame_of(step, parts)])

    def _send(self) -> None:
        """What is planned and not yet at the sink goes there."""
        if self._tentative or self.activity != ANSWERING:
            return
        fresh = [planned for planned in self.plan if planned.origin != HEARD and planned.step not in self._sent]
        if fresh:
            self._put(fresh)

    def _put(self, plan: Sequence[Planned]) -> None:
        frames = [self._sounding(planned) for planned in plan]
        self._sent.update((frame.step, frame) for frame in frames)
        self._sink.frames(frames)

    def _sounding(self, planned: Planned) -> SoundingFrame:
        return frame_of(planned.step, [self._part(planned, voice) for voice in range(len(VOICES))])

    def _part(self, planned: Planned, voice: int) -> Part:
        own = self.settings.voices[voice]
        pitch, choice = planned.frame.pitches[voice], planned.frame.choices[voice]
        velocity = own.velocity or self._velocity(voice, choice.entropy_bits)
        if own.mute or pitch is None or (voice in planned.own and planned.origin == ANSWER):
            return Part(None, False, velocity, self._channel(voice))
        moved = pitch + 12 * own.octave
        if not 0 <= moved <= 127:
            moved = pitch
        return Part(moved, bool(planned.frame.tokens[voice] >= FIRST_STRIKE), velocity, self._channel(voice))

    def _channel(self, voice: int) -> int:
        return self.settings.voices[voice].channel - 1

    def _cut(self, step: int | None = None, quietly: bool = False) -> None:
        """Stop answering at once; what was committed but not heard is taken back."""
        self._rewind(math.floor(self.position) + 1 if step is None else step)
        if not quietly:
            self._sink.silence()
        self._finish()

    # How new frames are to be

    def _make_wishes(self, now: Settings) -> Wishes:
        temperatures = [voice.temperature for voice in now.voices]
        sampling = style(now.style, now.temperature, now.top_p, now.density, temperatures)
        key = Key.of_name(now.key) if now.key else self._key
        sampling = in_key(sampling, key, asked=now.key is not None)
        locked = frozenset(number for number, voice in enumerate(now.voices) if voice.lock)
        return Wishes(sampling, key, now.seed, locked, self._barlines.beat_step)

    def _hear_key(self) -> None:
        """The key of what was heard, for what comes; what was imagined to a phrase so far fits it too."""
        frames = [_telling(planned) for planned in self._past]
        self._key = find_key(np.stack(frames)) if len(frames) >= PLAN_STEPS / 2 else None
        if self.settings.key is None and self._wishes.key != self._key:
            self._wishes = self._make_wishes(self.settings)
            self._replan(self._point.step)
            if self.activity == PHRASE:
                self._imagine_anew()

    def _imagine_anew(self) -> None:
        """The phrase is heard again, with other voices to what was played."""
        heard = [planned for planned in self._past if planned.step >= self._phrase_start][-REHEARD_STEPS:]
        if not heard or any(planned.origin != HEARD for planned in heard):
            return
        self._rewind(heard[0].step)
        for old in heard:
            planned = self._improviser.heard(self._point, old.after.hands, self._wishes, self._answers)
            self._point = planned.after
            self._past.append(planned)
            self._take.append(planned)
            self._sink.fixed(planned, None)

    def _hear_velocity(self) -> None:
        """How loud the player plays, for what comes."""
        velocities = self._capture.velocities()
        if velocities:
            self._played = round(sum(velocities) / len(velocities))
        self._velocity = self._velocity_rule()

    def _velocity_rule(self) -> VelocityRule:
        return velocity_rule(str(self._played) if self.settings.velocity == "played" else self.settings.velocity)

    def _catch_up(self) -> None:
        """The model hears the last of the music, which another one made or heard."""
        remembered = [*self._past, *self.plan]
        renewed = self._improviser.rehear(remembered[-REHEARD_STEPS:], self._wishes)
        remembered[-REHEARD_STEPS:] = renewed
        self._past = deque(remembered[: len(self._past)], maxlen=KEY_STEPS)
        self.plan = remembered[len(self._past) :]
        standing = self._improviser.start(self._point.step)
        if self._past:
            standing = replace(self._past[-1].after.standing, step=self._point.step)
        self._point = replace(self._point, standing=standing)

    # What is shown

    @property
    def closing(self) -> bool:
        """Whether the music is coming to its close."""
        close = None if self.answer is None or self.activity != ANSWERING else self.answer.close
        return close is not None and close - CLOSE_IN_SIGHT <= self.position

    @property
    def bars_left(self) -> int | None:
        """Bars until the answer ends; None without an end."""
        if self.answer is None or self.answer.end is None:
            return None
        return max(math.ceil((self.answer.end - self.position) / self.barlines.bar_steps), 0)

    @property
    def chord(self) -> str:
        """The name of what sounds."""
        now = [planned for planned in self._past if planned.step <= self.position]
        return chord_name(now[-1].frame.pitches) if now and self.activity != IDLE else ""

    def recent(self, steps: int) -> list[Planned]:
        """The last steps of the music, oldest first."""
        return list(self._past)[-steps:]


def frame_of(step: int, parts: Sequence[Part]) -> SoundingFrame:
    soprano, alto, tenor, bass = parts
    return SoundingFrame(step, (soprano, alto, tenor, bass))


def _telling(planned: Planned) -> IntArray:
    """What tells the key of a step: the player's own voices, where there are any."""
    if not planned.own:
        return planned.frame.tokens
    own = np.isin(np.arange(len(VOICES)), list(planned.own))
    return np.where(own, planned.frame.tokens, REST).astype(np.int32)
