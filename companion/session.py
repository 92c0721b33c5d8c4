"""The jam itself: what is heard, what is answered, what is taken back.

A session knows steps, not seconds, and ports only as a *sink*. It is told what the player plays and asks
(``note``, ``command``), how far the music has come (``advance``), and it is given spare time to plan
(``work``). The same calls in the same order give the same music, whatever the time between them.

Steps become *fixed* one after another: a step of the player's phrase when no more note can belong to it,
half a step later; a step of an answer when it is committed, two steps ahead. Whatever is not fixed is
*planned* and can be made anew. Where the player's notes decide what the others sing (a locked voice,
``harmonise``), nothing is committed: the plan assumes that the player holds on, and each note remakes it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from companion.barlines import Barlines
from companion.capture import Capture, Hands, Press
from companion.chords import chord_name
from companion.closing import CLOSE_IN_SIGHT
from companion.composer import closing_steps
from companion.controls import ACTIONS, Choices, Command, Settings, change
from companion.dynamics import DEFAULT_VELOCITY, VelocityRule, velocity_rule
from companion.improviser import ANSWER, HEARD, LOOP, Answer, Improviser, Planned, Point, Search, Wishes
from companion.key import Key, find_key, key_named
from companion.model import Model
from companion.quantise import nearest
from companion.sampling import denser, in_key
from companion.sounding import Part, SoundingFrame
from companion.styles import style
from companion.vocabulary import FIRST_STRIKE, REST, STEPS_PER_BEAT, VOICES, IntArray, sounding_tokens

COMMITTED_STEPS = 2  # of an answer, beyond the step that sounds
PLAN_STEPS = 16  # planned ahead of the step that sounds
FOLLOW_STEPS = 8  # likewise where each note of the player's may change the plan
KEY_STEPS = 128  # the key is heard in so many steps
KEY_EVERY_STEPS = 8  # and heard anew so often while the player leads
MOST_TAKE_STEPS = 1024  # 64 bars: what a loop repeats at most
REHEARD_STEPS = 64  # what another model hears of the music before it takes over
MOST_UNDO = 16
TENTATIVE_STEPS = 8  # so long before a phrase may be over its answer is begun, for the case
CLOSE_MARGIN = 4  # steps that a cadence has at least, beyond the committed ones

# What happens between the player and the companion.
IDLE = "listening"
PHRASE = "phrase"
ANSWERING = "answering"

ANSWERING_MODES = ("continue", "respond")  # in which a phrase that is over is answered
_PLAYS_ON = {*ANSWERING_MODES, "duet"}  # an answer goes on when the mode changes from one of these to another


class Sink(Protocol):
    """Where the music goes. Steps are those of the music."""

    def frames(self, frames: Sequence[SoundingFrame]) -> None:
        """These are to sound at their steps; a step sent again replaces."""

    def now(self, voice: int, part: Part) -> None:
        """This is to sound at once, as what the voice sings."""

    def clear(self, first: int, last: int) -> None:
        """Nothing is to sound at these steps after all."""

    def silence(self) -> None:
        """Everything stops at once, and all frames are forgotten."""

    def panic(self) -> None:
        """The same, and every channel is told so."""

    def fixed(self, planned: Planned, sounding: SoundingFrame | None) -> None:
        """A step has become part of the music; sounding is None where nothing of it was to be heard."""

    def taken_back(self, step: int) -> None:
        """What was fixed from this step on is not part of the music after all."""

    def keep(self, first: int, last: int) -> None:
        """The take of these steps is to be saved."""

    def message(self, text: str) -> None:
        """A line for the player."""


class Session:
    """One jam. See the module."""

    def __init__(self, model: Model, settings: Settings, choices: Choices, sink: Sink, by_channel: bool = False):
        self.settings = settings
        self.barlines = Barlines()
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
        self._undo: deque[Point] = deque(maxlen=MOST_UNDO)
        self._tentative = False  # the answer is planned, but the phrase is not over yet
        self._search: Search | None = None
        self._sent_to = 0  # plan steps before this are at the sink
        self._answers = 0
        self._call_end: int | None = None
        self._key: Key | None = None
        self._wishes = self._make_wishes()
        self._velocity: VelocityRule = velocity_rule(str(DEFAULT_VELOCITY))

    # What the world says

    def begin(self, position: float, barlines: Barlines) -> None:
        """The clock runs from here on."""
        self.running, self.barlines = True, barlines
        self.position = max(self.position, position)
        self._autostart()

    def halt(self) -> None:
        """The clock has stopped: silence."""
        self._cut()
        self.running = False

    def advance(self, position: float) -> None:
        """The music has come to a position: fix what is due."""
        self.position = max(self.position, position)
        if not self.running:
            return
        self._notice_end_of_phrase()
        while self._is_due():
            self._fix(self._take_next())
        self._send()

    def work(self) -> bool:
        """Plan one more frame ahead; False when there is nothing to do."""
        if not self.running:
            return False
        self._plan_tentatively()
        if self.answer is None or self._plan_end() >= self._horizon():
            return False
        self._extend()
        self._send()
        return True

    def note(self, at: float, pitch: int, velocity: int, channel: int) -> int | None:
        """A key of the player's goes down (or up: velocity 0) at a position; the voice it most likely is."""
        if velocity == 0:
            self._released(at, pitch, channel)
            return None
        if not self.running:
            self._sink.message("waiting for the clock: press play")
            return None
        if self.activity == ANSWERING and not self._follows() and not self._played_over(at):
            return None
        return self._pressed(at, pitch, velocity, channel)

    def command(self, command: Command) -> int:
        """Obey; the step from which it takes effect. BadSetting says what is wrong with it."""
        if self.activity == ANSWERING:
            self._extend_to(self._change_step())  # what a change cannot reach is as it would have been without it
        if command.name in ACTIONS:
            getattr(self, f"_do_{command.name}")(*command.arguments)
            return self._change_step()
        before = self.settings
        self.settings = change(before, command.name, command.arguments, self._choices)
        if self.settings != before:
            self._obey(before)
        return self._change_step()

    def set_model(self, model: Model) -> None:
        """Another model plays on; it first hears the last bars."""
        step = self._change_step()
        self._rewind(step)
        self._improviser = Improviser(model)
        frames = [planned.frame.tokens for planned in self._past][-REHEARD_STEPS:]
        if frames:
            frames[0] = sounding_tokens(np.stack([planned.frame.tokens for planned in self._past]))[-len(frames)]
        self._point = replace(self._point, standing=self._improviser.rehear(frames, self._point.step))
        self._replan(self._point.step)

    # The player's keys

    def _pressed(self, at: float, pitch: int, velocity: int, channel: int) -> int | None:
        step = max(int(nearest(np.array(at))), math.floor(self.position))
        if self.activity == IDLE:
            self._begin_phrase(step)
        step = max(step, self._point.step)
        press = self._capture.press(step, pitch, velocity, channel)
        if self._tentative:
            self._forget_answer()
        if self.activity == ANSWERING:
            self._follow(step)
        return self._likely_voice(press)

    def _released(self, at: float, pitch: int, channel: int) -> None:
        press = self._capture.release(at, pitch, channel)
        if press is not None and self.activity == ANSWERING and self._follows():
            self._replan(max(math.floor(self.position) + 1, self._point.step))

    def _begin_phrase(self, step: int) -> None:
        """The first note of a phrase: the music goes on from here, whatever the pause was."""
        self._capture.begin_again()
        self._point = Point(replace(self._point.standing, step=step), self._point.hands.next_phrase())
        self._take = []
        self.activity = PHRASE
        self._hear_key()
        if self.settings.mode == "respond":
            self._call_end = self._end_of_call(step)
        if self.settings.mode == "harmonise":
            self._begin_answer(step, with_player=True)

    def _end_of_call(self, step: int) -> int:
        """The bar line that ends a call of the wanted bars; an upbeat belongs to the bar that follows it."""
        first = self.barlines.next_line(step, "bar")
        if first - step > STEPS_PER_BEAT:
            first -= self.barlines.bar_steps
        return first + self.settings.bars * self.barlines.bar_steps

    def _played_over(self, at: float) -> bool:
        """A note falls into an answer that does not follow the player; True if it begins a new phrase."""
        assert self.answer is not None
        mode = self.settings.mode
        if mode == "continue":
            self._cut(math.floor(at + 0.5))
            return True
        if mode == "respond" and self.answer.end is not None and self.answer.end - at <= STEPS_PER_BEAT:
            self._let_ring(self.answer.end)  # an upbeat to the next call
            self._cut(math.floor(at + 0.5), quietly=True)
            return True
        if mode == "duet":
            self._sink.message("duet: lock the voice that you play")
        return False

    def _let_ring(self, end: int) -> None:
        """The rest of the answer sounds as it was planned."""
        self._extend_to(end)
        self._send()
        self._rest_at(end)

    def _follow(self, step: int) -> None:
        """Make the plan anew from a note of the player's; what is late is sounded at once."""
        old = next((planned for planned in self.plan if planned.step == step), None)
        before = None if old is None else self._sounding(old)
        late = step <= self.position
        self._velocity = self._velocity_rule()
        self._replan(step)
        if not late:
            return
        self._extend_to(step + 1)
        new = next(planned for planned in self.plan if planned.step == step)
        after = self._sounding(new)
        self._sent_to = max(self._sent_to, step + 1)
        for voice, part in enumerate(after.parts):
            was = None if before is None else before.parts[voice].pitch
            if part.pitch != was:
                self._sink.now(voice, part)
        self._send()

    def _likely_voice(self, press: Press) -> int | None:
        hands = self._dealt(self._point)
        return next((voice for voice, own in enumerate(hands.presses) if own is press), None)

    def _dealt(self, point: Point) -> Hands:
        """The hands with what begins at a point's step given to voices."""
        voices = sorted(self._wishes.locked) if self.activity == ANSWERING and self._wishes.locked else None
        return point.hands.deal(point.step, self._capture.struck_at(point.step), voices, self._by_channel)

    # Phrase and answer

    def _notice_end_of_phrase(self) -> None:
        over = self._phrase_over()
        if over is None or over > self.position:
            return
        if self.settings.mode not in ANSWERING_MODES:
            self.activity = IDLE
            return
        start = self._answer_start(over)
        if self._tentative and self.answer is not None and self.answer.start == start:
            self._commit_answer()
        else:
            self._forget_answer()
            self._begin_answer(start, bars=self._answer_bars())

    def _phrase_over(self) -> float | None:
        """When the phrase is over, as far as can be told now; None while it goes on."""
        if self.activity != PHRASE:
            return None
        if self.settings.mode == "respond":
            return self._call_end
        since = self._capture.silent_since
        return None if since is None else since + self.settings.rest_beats * STEPS_PER_BEAT

    def _answer_start(self, over: float) -> int:
        grid = "step" if self.settings.mode == "respond" else self.settings.grid
        return max(self.barlines.next_line(over, grid), self._point.step)

    def _answer_bars(self) -> int | None:
        return self.settings.bars if self.settings.mode == "respond" else None

    def _plan_tentatively(self) -> None:
        """While the phrase may be over soon, the answer is made ready, so that no time is lost."""
        over = self._phrase_over()
        if over is None or self.answer is not None or self.settings.mode not in ANSWERING_MODES:
            return
        if over - self.position > TENTATIVE_STEPS:
            return
        self._begin_answer(self._answer_start(over), bars=self._answer_bars(), tentative=True)

    def _begin_answer(
        self,
        start: int,
        bars: int | None = None,
        tentative: bool = False,
        with_player: bool = False,
        loop: tuple[IntArray, ...] = (),
    ) -> None:
        close = end = None
        if bars is not None:
            end = start + bars * self.barlines.bar_steps
            close = end - closing_steps(self.barlines.bar_steps)
        self.plan, self._search, self._sent_to = [], None, start
        self.answer = Answer(self._answers, start, close, end, loop, with_player)
        self._tentative = tentative
        self._hear_key()
        if not tentative:
            self._commit_answer()

    def _commit_answer(self) -> None:
        """The phrase is over: the answer is to be heard."""
        assert self.answer is not None
        self._tentative = False
        self._answers += 1
        self.activity = ANSWERING
        self._velocity = self._velocity_rule()
        while self._point.step < self.answer.start:
            self._fix(self._take_next())
        self._undo.append(self._point)
        if not self.answer.with_player:  # else the note that begins it is about to be followed
            self._extend_to(min(self._commit_end(), self._horizon()))
            self._send()

    def _forget_answer(self) -> None:
        self.answer, self._tentative, self._search, self.plan = None, False, None, []

    def _autostart(self) -> None:
        """Modes that do not wait for a phrase begin by themselves."""
        if not self.running or self.activity == ANSWERING:
            return
        if self.settings.mode == "duet":
            self._begin_at(self.barlines.next_line(self.position, self.settings.grid))
        elif self.settings.mode == "loop":
            self._begin_loop()

    def _begin_at(self, start: int, bars: int | None = None) -> None:
        """An answer that begins without a phrase before it."""
        if self.activity == IDLE:
            self._take = []
            self._point = Point(replace(self._point.standing, step=start), self._point.hands.next_phrase())
        self._begin_answer(start, bars)

    def _begin_loop(self) -> None:
        frames = self._loop_frames()
        if not frames:
            self._sink.message("nothing to loop yet: play a phrase first")
            return
        start = self.barlines.next_line(self.position, "bar" if len(frames) >= self.barlines.bar_steps else "beat")
        self._point = Point(replace(self._point.standing, step=start), self._point.hands.next_phrase())
        self._begin_answer(start, loop=frames)

    def _loop_frames(self) -> tuple[IntArray, ...]:
        """The last take from a bar line, filled up to whole bars."""
        if not self._take:
            return ()
        rest = np.full(len(VOICES), REST, dtype=np.int32)
        lead = self._take[0].step - self.barlines.bar_start(self._take[0].step)
        frames = [rest] * lead + [planned.frame.tokens for planned in self._take]
        frames += [rest] * (-len(frames) % self.barlines.bar_steps)
        return tuple(frames)

    # Planning

    def _follows(self) -> bool:
        """Whether each note of the player's decides what the others sing."""
        return self.settings.mode == "harmonise" or bool(self._wishes.locked)

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
        if point.step < self.answer.start:
            self.plan.append(self._improviser.heard(point, hands, self._wishes, self.answer.number))
        elif self._in_sight(point.step):
            self._search_on(point, hands)
        else:
            self.plan.append(self._improviser.next(point, hands, self.answer, self._wishes))

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
        self._sent_to = min(self._sent_to, step)

    def _rewind(self, step: int) -> None:
        """Take back what is fixed from a step on, as far as it is remembered."""
        self._replan(step)
        if self._past and self._past[-1].step >= step:
            self._sink.taken_back(step)
        while self._past and self._past[-1].step >= step:
            self._point = self._past.pop().before
        self._take = [planned for planned in self._take if planned.step < step]

    # Fixing and sending

    def _is_due(self) -> bool:
        step = self._point.step
        if self.activity == PHRASE:
            return step + 0.5 <= self.position
        if self.activity == ANSWERING:
            return step + 0.5 <= self.position if self._follows() else step < self._commit_end()
        return False

    def _take_next(self) -> Planned:
        if self.plan:
            return self.plan.pop(0)
        if self.activity == PHRASE or (self.answer is not None and self._point.step < self.answer.start):
            return self._improviser.heard(self._point, self._dealt(self._point), self._wishes, self._answers)
        self._extend_to(self._point.step + 1)
        return self.plan.pop(0)

    def _fix(self, planned: Planned) -> None:
        self._point = planned.after
        self._past.append(planned)
        if len(self._take) < MOST_TAKE_STEPS and planned.origin != LOOP:
            self._take.append(planned)
        audible = planned.origin != HEARD
        self._sink.fixed(planned, self._sounding(planned) if audible else None)
        if audible and planned.step >= self._sent_to:
            self._sink.frames([self._sounding(planned)])
            self._sent_to = planned.step + 1
        self._capture.forget_before(planned.step)
        if (self.activity == PHRASE or self._follows()) and self._point.step % KEY_EVERY_STEPS == 0:
            self._hear_key()
        self._notice_end_of_answer(planned)

    def _notice_end_of_answer(self, planned: Planned) -> None:
        answer = self.answer
        if answer is None or self.activity != ANSWERING:
            return
        if answer.end is not None and self._point.step >= answer.end:
            self._rest_at(answer.end)
            self._finish()
        elif answer.with_player and planned.silent and not self._capture.keys_down:
            self._sink.clear(self._point.step, self._point.step + 2 * PLAN_STEPS)
            self._finish()

    def _finish(self) -> None:
        self._forget_answer()
        self.activity = IDLE
        self._call_end = None
        self._capture.begin_again()

    def _rest_at(self, step: int) -> None:
        """All voices let go at a step, and nothing comes after it."""
        self._sink.clear(step, step + 2 * PLAN_STEPS)
        parts = [Part(None, False, DEFAULT_VELOCITY, self._channel(voice)) for voice in range(len(VOICES))]
        self._sink.frames([_frame(step, parts)])

    def _send(self) -> None:
        """What is planned and not yet at the sink goes there."""
        if self._tentative or self.activity != ANSWERING:
            return
        fresh = [planned for planned in self.plan if planned.step >= self._sent_to and planned.origin != HEARD]
        if fresh:
            self._sink.frames([self._sounding(planned) for planned in fresh])
            self._sent_to = fresh[-1].step + 1

    def _sounding(self, planned: Planned) -> SoundingFrame:
        return _frame(planned.step, [self._part(planned, voice) for voice in range(len(VOICES))])

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
        if self.activity == ANSWERING:
            self._rewind(math.floor(self.position) + 1 if step is None else step)
        if not quietly:
            self._sink.silence()
        self._finish()

    # Controls

    def _obey(self, before: Settings) -> None:
        """A setting has changed: what is not committed follows it."""
        wishes, self._wishes = self._wishes, self._make_wishes()
        if self.settings.mode != before.mode:
            self._change_mode(before.mode)
        elif self.answer is not None:
            self._velocity = self._velocity_rule()
            if self._wishes == wishes:  # the same notes, sounded otherwise
                self._sent_to = min(self._sent_to, self._change_step())
            else:
                self._replan(self._change_step())
            self._send()

    def _change_mode(self, before: str) -> None:
        loops = self.answer is not None and bool(self.answer.loop)
        if self._tentative:
            self._forget_answer()
        elif self.activity == ANSWERING and (loops or not {before, self.settings.mode} <= _PLAYS_ON):
            self._cut()
        if self.activity == PHRASE and self.settings.mode == "respond":
            self._call_end = self._end_of_call(self._take[0].step if self._take else self._point.step)
        if self.activity == PHRASE and self.settings.mode == "harmonise":
            self._begin_answer(self._point.step, with_player=True)
        self._autostart()

    def _make_wishes(self) -> Wishes:
        now = self.settings
        sampling = style(now.style, now.temperature, now.top_p)
        sampling = replace(sampling, voice_temperatures=tuple(voice.temperature for voice in now.voices))
        key = key_named(now.key) if now.key else self._key
        locked = frozenset(number for number, voice in enumerate(now.voices) if voice.lock)
        return Wishes(in_key(denser(sampling, now.density), key), key, now.seed, locked)

    def _hear_key(self) -> None:
        """The key of what was heard, for what comes."""
        frames = [planned.frame.tokens for planned in self._past]
        self._key = find_key(np.stack(frames)) if len(frames) >= PLAN_STEPS / 2 else None
        self._wishes = self._make_wishes()

    def _velocity_rule(self) -> VelocityRule:
        if self.settings.velocity != "played":
            return velocity_rule(self.settings.velocity)
        played = self._capture.velocities()
        return velocity_rule(str(round(sum(played) / len(played)) if played else DEFAULT_VELOCITY))

    def _do_go(self, bars: int | None = None) -> None:
        if not self.running:
            self._sink.message("waiting for the clock: press play")
        elif self.settings.mode == "loop":
            self._begin_loop()
        elif self.activity != ANSWERING:
            start = max(self.barlines.next_line(self.position, self.settings.grid), self._point.step)
            if self.activity == IDLE:
                self._begin_at(start, bars)
            else:
                self._forget_answer()
                self._begin_answer(start, bars if bars is not None else self._answer_bars())

    def _do_stop(self) -> None:
        self._cut()

    def _do_panic(self) -> None:
        self._cut()
        self._sink.panic()

    def _do_cadence(self) -> None:
        if not self.running:
            return
        if self.activity != ANSWERING:
            self._do_go()
        answer, step = self.answer, self._change_step()
        if answer is None or answer.loop or (answer.close is not None and answer.close <= step + 2 * CLOSE_MARGIN):
            return
        last = math.floor(self.position) + 2 * self.barlines.bar_steps
        places = self.barlines.strong_beats(max(step, answer.start) + CLOSE_MARGIN, last)
        close = places[0] if places else max(step, answer.start) + CLOSE_MARGIN
        self.answer = replace(answer, close=close, end=close + closing_steps(self.barlines.bar_steps))
        self._replan(step)

    def _do_undo(self) -> None:
        if not self._undo:
            self._sink.message("nothing to undo")
            return
        point = self._undo.pop()
        self._cut()
        self._rewind(point.step)
        self._point = Point(point.standing, point.hands.next_phrase())

    def _do_keep(self) -> None:
        if not self._take:
            self._sink.message("nothing to keep yet")
            return
        self._sink.keep(self._take[0].step, self._take[-1].step)

    # What is shown

    @property
    def closing(self) -> bool:
        """Whether a close has been asked for."""
        return self.activity == ANSWERING and self.answer is not None and self.answer.close is not None

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


def _frame(step: int, parts: Sequence[Part]) -> SoundingFrame:
    soprano, alto, tenor, bass = parts
    return SoundingFrame(step, (soprano, alto, tenor, bass))
