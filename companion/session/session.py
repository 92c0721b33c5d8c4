"""The jam itself: what is heard, what is answered, what is taken back.

A session knows steps, not seconds, and ports only as a *sink*. It is told what the player plays and asks
(``note``, ``command``), how far the music has come (``advance``), and it is given spare time to plan
(``work``). The same calls in the same order give the same music, whatever the time between them.

    Session       what the world says, and what is shown of it
    PlayerNotes   what a key begins, joins or changes
    actions       what the player can tell it to do
    changes       what follows when settings change
    Turns         when a phrase is over, and the answer that follows it, in a mode
    Plan          what is made, sent and taken back
    Music         what is fixed
    Hearing       the keys that are down, the key of the music, its loudness
    Tonality      the key that the plan is kept in
    Delivery      what the sink is told of the plan
"""

from __future__ import annotations

import math
from typing import NamedTuple

from companion.controls.settings import Command, Settings, change, read_command
from companion.controls.table import ACTIONS, Choices
from companion.generation.closes import CLOSE_IN_SIGHT
from companion.generation.improviser import Answer, Planned
from companion.model.runtime import Model
from companion.music.bars import Barlines
from companion.music.chords import chord_name
from companion.music.key import Key
from companion.session.actions import DO
from companion.session.changes import apply_settings, autostart
from companion.session.modes import mode_named
from companion.session.player_notes import PlayerNotes
from companion.session.sink import Sink
from companion.session.turns import ANSWERING, IDLE, Turns


class AnswerProgress(NamedTuple):
    """How far an answer has come."""

    bars_left: int | None = None  # until it ends; None without an end
    phrase: int | None = None  # which of its phrases sounds, from 1 on; None where none are planned
    phrases: int | None = None  # how many there are; None without an end


class SessionHarmony(NamedTuple):
    """The harmony at a moment."""

    chord: str  # the name of what sounds; empty where it has none
    key: Key | None  # that the music is kept in: asked for, or heard


class Session:
    """One jam. See the module."""

    def __init__(self, model: Model, settings: Settings, choices: Choices, sink: Sink, by_channel: bool = False):
        self._choices, self.by_channel = choices, by_channel
        self._turns = Turns(model, settings, mode_named(settings.mode), sink, by_channel)
        self._notes = PlayerNotes(self._turns)

    # What the world says

    def begin(self, position: float, barlines: Barlines) -> None:
        """The clock runs from here on."""
        self._turns.running, self.barlines = True, barlines
        self._turns.position = max(self._turns.position, position)
        autostart(self._turns)

    def halt(self) -> None:
        """The clock has stopped: silence."""
        self._turns.cut()
        self._turns.running = False

    def advance(self, position: float, patient: bool = False) -> None:
        """The music has come to a position: fix what is due; patient: unless ``work`` has to plan for it first."""
        self._turns.advance(position, patient)

    def work(self) -> bool:
        """Plan one more frame ahead; False when there is nothing to do."""
        return self._turns.work()

    def note(self, at: float, pitch: int, velocity: int, channel: int, held: bool = False) -> int | None:
        """A key of the player's goes down (or up: velocity 0) at a position; the voice it most likely is.

        held: it is up, and the pedal lets it sound on until it comes up again.
        """
        if velocity:
            return self._notes.down(at, pitch, velocity, channel)
        self._notes.up(at, pitch, channel, held)
        return None

    def command(self, command: Command) -> int:
        """Obey; the step from which it takes effect. BadSetting says what is wrong with it, and nothing is changed."""
        if command.name in ACTIONS:
            arguments = read_command(command.name, command.arguments, self._choices).arguments
            DO[command.name](self._turns, *arguments)
        else:
            apply_settings(self._turns, change(self.settings, command.name, command.arguments, self._choices))
        return self._turns.plan.change_step(self.position)

    def send_again(self) -> None:
        """The sink has forgotten what it was told: all that is still to sound goes there once more."""
        self._turns.delivery.send_again()

    def set_model(self, model: Model) -> None:
        """Another model plays on; it first hears the last bars."""
        self._turns.plan.take_back(self.position)
        self._turns.plan.set_model(model)

    # What is shown

    @property
    def settings(self) -> Settings:
        """As they are now."""
        return self._turns.settings

    @property
    def barlines(self) -> Barlines:
        """Where beats and bars lie; they may be set at any time."""
        return self._turns.barlines

    @barlines.setter
    def barlines(self, barlines: Barlines) -> None:
        turns, plan = self._turns, self._turns.plan
        turns.barlines = barlines
        if plan.tentative:  # it would begin on another line now
            plan.forget_answer()
        if plan.guidance.pulse != barlines.pulse:
            turns.tonality.follow(self.settings, barlines.pulse)
            plan.take_back(turns.position)

    @property
    def running(self) -> bool:
        """Whether the clock runs."""
        return self._turns.running

    @property
    def position(self) -> float:
        """How far the music has come, in steps."""
        return self._turns.position

    @property
    def activity(self) -> str:
        """IDLE, PHRASE or ANSWERING."""
        return self._turns.activity

    @property
    def answer(self) -> Answer | None:
        """What is answered, or made ready in case the phrase is over soon."""
        return self._turns.plan.answer

    @property
    def plan(self) -> list[Planned]:
        """What is made and not fixed yet."""
        return self._turns.plan.frames

    @property
    def closing(self) -> bool:
        """Whether the music is coming to its close."""
        close = None if self.answer is None or self.activity != ANSWERING else self.answer.close
        return close is not None and close - CLOSE_IN_SIGHT <= self.position

    @property
    def progress(self) -> AnswerProgress:
        """How far the answer has come."""
        if self.answer is None:
            return AnswerProgress()
        end, left = self.answer.end, None
        if end is not None:
            left = max(math.ceil((end - max(self.position, self.answer.start)) / self.barlines.bar_steps), 0)
        guidance, step = self._turns.plan.guidance, math.floor(self.position)
        form = guidance.form(self.answer, step) if self.activity == ANSWERING else None
        number = None if form is None else form.number(guidance.heard(step))
        if form is None or number is None:
            return AnswerProgress(left)
        return AnswerProgress(left, number + 1, len(form.spans) if form.ends else None)

    @property
    def harmony(self) -> SessionHarmony:
        """Of the music now."""
        now = [planned for planned in self._turns.plan.music.past if planned.step <= self.position]
        chord = chord_name(now[-1].frame.pitches) if now and self.activity != IDLE else ""
        return SessionHarmony(chord, self._turns.plan.guidance.key)

    def recent(self, steps: int) -> list[Planned]:
        """The last steps of the music, oldest first."""
        return list(self._turns.plan.music.past)[-steps:]
