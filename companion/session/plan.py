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
from dataclasses import replace

from companion.controls.settings import Settings
from companion.generation.closes import CLOSE_IN_SIGHT, Search
from companion.generation.following import Following
from companion.generation.improviser import Answer, Context, Guidance, Improviser, Planned
from companion.model.runtime import Model
from companion.music.key import Key
from companion.music.pulse import Pulse
from companion.music.sounding import SoundingFrame
from companion.phrase.hands import Hands
from companion.sampling.draw import in_key
from companion.sampling.styles import sampling_of
from companion.session.hearing import KEY_STEPS, Hearing
from companion.session.music import Music

COMMITTED_STEPS = 2  # of an answer, beyond the step that sounds
PLAN_STEPS = 16  # planned ahead of the step that sounds
CLOSE_MARGIN = 4  # steps that a cadence has at least, beyond the committed ones
FOLLOW_STEPS = 8  # likewise where each note of the player's may change the plan
REHEARD_STEPS = 64  # what another model hears of the music before it takes over


class Plan:
    """What is to come of the music."""

    def __init__(self, model: Model, hearing: Hearing, guidance: Guidance) -> None:
        self.improviser = Improviser(model)
        self.guidance = guidance  # how new frames are to be
        self.music = Music(Context(self.improviser.start(0), Hands()))
        self.frames: list[Planned] = []  # made, and not fixed yet
        self.sent: dict[int, SoundingFrame] = {}  # what the sink has of them
        self.answer: Answer | None = None
        self.tentative = False  # the answer is planned, but the phrase is not over yet
        self.answers = 0  # so far
        self._hearing = hearing
        self._search: Search[Planned] | None = None

    # What is asked of it

    def is_heard(self, step: int) -> bool:
        """Whether a step belongs to the phrase, and not to an answer."""
        return self.answer is None or step < self.answer.start

    @property
    def follows(self) -> bool:
        """Whether each note of the player's decides what the others sing."""
        answer = self.answer
        return answer is not None and not answer.loop and (answer.with_player or bool(self.guidance.locked))

    def commit_end(self, position: float) -> int:
        """The step after the last that is committed."""
        return math.floor(position) + 1 + (0 if self.follows else COMMITTED_STEPS)

    def change_step(self, position: float) -> int:
        """The first step that a change can still reach."""
        return max(self.commit_end(position), self.music.context.step)

    def horizon(self, position: float) -> int:
        """The step up to which an answer is planned."""
        assert self.answer is not None
        ahead = FOLLOW_STEPS if self.follows else PLAN_STEPS
        reach = max(math.floor(position) + 1 + ahead, self.answer.start + 1)
        return reach if self.answer.end is None else min(reach, self.answer.end)

    @property
    def end(self) -> int:
        """The step after the last that is planned."""
        return self.frames[-1].step + 1 if self.frames else self.music.context.step

    def dealt(self, context: Context, step: int | None = None) -> Hands:
        """The hands with what begins at a step, the context's own as a rule, given to voices."""
        step = context.step if step is None else step
        follows = bool(self.guidance.locked) and self.answer is not None and not self.is_heard(step)
        return self._hearing.dealt(context, step, self.guidance.locked if follows else None)

    # Making frames

    def begin(self, answer: Answer, tentative: bool) -> None:
        """An answer is to be made."""
        self.forget_answer()
        self.answer, self.tentative = answer, tentative

    def extend_to(self, step: int) -> None:
        """Make what is not planned yet before a step, or before the model ends the answer."""
        while self.answer is not None and self.end < step and not (self.frames and self.frames[-1].last):
            self.extend()

    def extend(self) -> None:
        """One more frame of the plan, or of a search for an ending."""
        assert self.answer is not None
        context = self.frames[-1].after if self.frames else self.music.context
        hands = self.dealt(context)
        if self.is_heard(context.step):
            self.frames.append(self.improviser.heard(context, hands, self.guidance, self.answer.number))
        elif self._is_ending(context.step):
            self._search_on(context, hands)
        else:
            planned = self.improviser.next(context, hands, self.answer, self.guidance)
            self.frames.append(planned)
            if planned.last:
                self.answer = self.answer.ended_with(planned.step)

    def _is_ending(self, step: int) -> bool:
        close = None if self.answer is None or self.follows else self.answer.close
        return close is not None and close - CLOSE_IN_SIGHT <= step <= close

    def _search_on(self, context: Context, hands: Hands) -> None:
        if self._search is None:
            assert self.answer is not None
            self._search = self.improviser.ending(context, hands, self.answer, self.guidance)
        try:
            next(self._search)
        except StopIteration as found:
            self._search = None
            self.frames.extend(found.value)

    def take_next(self) -> Planned:
        """The next step to be fixed, made if it is not planned."""
        if self.answer is None and not self.frames:
            context = self.music.context
            return self.improviser.heard(context, self.dealt(context), self.guidance, self.answers)
        self.extend_to(self.music.context.step + 1)
        return self.frames.pop(0)

    # Taking back

    def replan(self, step: int) -> None:
        """Take back the plan from a step on; what is at the sink stays there until it is replaced."""
        self.frames = [planned for planned in self.frames if planned.step < step]
        self._search = None
        self.answer = None if self.answer is None else self.answer.made_anew_from(step)
        self.sent = {sent: frame for sent, frame in self.sent.items() if sent < step}

    def rewind(self, step: int) -> bool:
        """Take back what is fixed too, as far as it is remembered; whether there was any."""
        self.replan(step)
        return self.music.rewind(step)

    def take_back(self, position: float, reach: int | None = None) -> None:
        """What is not committed is to be made anew, also what only now counts as committed.

        reach: the first step that a change could reach before.
        """
        if self.tentative:
            self.forget_answer()
        elif self.answer is not None:
            step = self.change_step(position)
            self.replan(step if reach is None else min(step, max(reach, self.music.context.step)))

    def forget_answer(self) -> None:
        """There is no answer any more, and nothing of it planned."""
        self.answer, self.tentative, self._search, self.frames, self.sent = None, False, None, [], {}

    def set_model(self, model: Model) -> None:
        """Another model plays on."""
        self.improviser = Improviser(model)
        self.catch_up()

    def catch_up(self) -> None:
        """The model hears the last of the music, which another one made or heard."""
        music = self.music
        remembered = [*music.past, *self.frames]
        remembered[-REHEARD_STEPS:] = self.improviser.rehear(remembered[-REHEARD_STEPS:], self.guidance)
        music.past = deque(remembered[: len(music.past)], maxlen=KEY_STEPS)
        self.frames = remembered[len(music.past) :]
        state = self.improviser.start(music.context.step)
        if music.past:
            state = replace(music.past[-1].after.state, step=music.context.step)
        music.context = replace(music.context, state=state)


def guidance_of(now: Settings, heard_key: Key | None, pulse: Pulse) -> Guidance:
    """How new frames are to be, by the settings and the key that is heard; BadSetting where that cannot be."""
    key = Key.of_name(now.key) if now.key else heard_key
    sampling = in_key(sampling_of(now), key, asked=now.key is not None)
    locked = frozenset(number for number, voice in enumerate(now.voices) if voice.lock)
    return Guidance(sampling, key, now.seed, locked, pulse, Following.of(now))
