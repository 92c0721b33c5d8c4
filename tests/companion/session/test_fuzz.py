"""A session under random play: nothing hangs, nothing comes late, nothing grows, and it repeats itself."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from support.fakes import ScriptedModel, ShortSighted, sung
from support.jamcommands import COMMANDS
from support.jamfakes import FixedStep, Jam

from companion.controls.settings import Command, Settings
from companion.controls.table import GRIDS, MODES
from companion.errors import BadSetting
from companion.music.bars import Barlines
from companion.music.vocabulary import STEPS_PER_BEAT, VOICES
from companion.session.hearing import KEY_STEPS
from companion.session.music import MOST_TAKE_STEPS
from companion.session.plan import PLAN_STEPS
from companion.session.turns import ANSWERING, IDLE, MOST_UNDO

OFF_LINE = 0.01  # steps
LONGEST_RING = STEPS_PER_BEAT + 1  # steps; so long the end of an answer sounds into what comes
BARS = (Barlines(), Barlines(12, 4), Barlines(14, 3), Barlines(6, 0))
KEYS = (60, 62, 64, 65, 67, 69, 71, 72, 48, 50, 55, 43, 90, 30)


def other_model() -> Any:
    """Its memory is none that a babbler could go on with."""
    return ScriptedModel(sung({(frame, voice): 20 + 5 * (3 - voice) for frame in range(200) for voice in range(4)}))


class Watched(Jam):
    """A jam in which every step of time is checked."""

    held_up = False  # frames may come too late
    answered = 0.0  # when an answer was last to be heard
    changed = 0.0  # when a control was last changed

    def time_passes(self, steps: float) -> None:
        """In quarters of steps, planning as it goes; never quite on the line, where computers never are.

        An engine looks every few milliseconds, and so soon after the end of a phrase.
        """
        self.work()
        end = self.listener.position + steps
        while (here := self.listener.position) < end - 1e-9:
            quarter = math.floor((here - OFF_LINE) * 4 + 1e-9) + 1
            over = self.session._turns._phrase_over()
            soon = end if over is None or over <= here else over + OFF_LINE
            self.to(min(quarter / 4 + OFF_LINE, end, soon))
            self.check()

    def obey(self, command: Command) -> int:
        """A command that may be wrong."""
        self.changed = self.listener.position
        return self.session.command(command)

    def check(self) -> None:
        self.check_plan()
        self.check_sound()
        self.check_size()

    def check_plan(self) -> None:
        session = self.session
        steps = [planned.step for planned in session.plan]
        assert steps == list(
            range(session._turns.plan.music.context.step, session._turns.plan.music.context.step + len(steps))
        )
        if session.activity == IDLE or not session.running:
            assert not session.plan and session.answer is None

    def check_sound(self) -> None:
        """What sounds is what the session takes to be the music."""
        listener, session = self.listener, self.session
        assert self.held_up or not listener.late, f"frames that came too late: {listener.late}"
        if not session.running:
            assert not listener.sounding and not listener.ahead
            return
        if session.activity == ANSWERING:
            self.answered = listener.position
        elif listener.position - self.answered > LONGEST_RING:
            self.check_silence()
        step = math.floor(listener.position)
        if listener.position - step < 0.5 or step not in listener.music:
            return
        if step <= max(listener.hushed, self.changed):
            return  # silenced within this step, or heard before a change that reaches what is not fixed
        _, sounding = listener.music[step]
        if sounding is not None and step not in listener.late:
            wanted = tuple(part.pitch for part in sounding.parts)
            assert listener.pitches == wanted, f"step {step} sounds {listener.pitches}, not {wanted}"

    def check_size(self) -> None:
        session = self.session
        assert len(session.plan) <= 2 * PLAN_STEPS + session.barlines.bar_steps
        assert len(session._turns.plan.music.past) <= KEY_STEPS
        assert len(session._turns.plan.music.take) <= MOST_TAKE_STEPS
        assert len(session._turns.undo) <= MOST_UNDO
        assert len(session._turns.hearing.capture.presses) <= 600

    def check_silence(self) -> None:
        assert not self.listener.sounding, "notes are left sounding"
        ahead = [part for frame in self.listener.ahead for part in frame.parts]
        assert all(part.pitch is None for part in ahead), "frames are left to sound"  # rests may be


@settings(stateful_step_count=40)
class AnyJam(RuleBasedStateMachine):
    """Anything a player, a clock and a controller may do, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.jam = Watched(ShortSighted(), Settings(rest_beats=0.5))
        self.jam.to(OFF_LINE)
        self.models = 0

    @rule(
        pitch=st.sampled_from(KEYS), velocity=st.integers(1, 127), late=st.floats(-0.1, 0.0), channel=st.integers(0, 5)
    )
    def press(self, pitch: int, velocity: int, late: float, channel: int) -> None:
        at = self.jam.listener.position + late
        voice = self.jam.session.note(at, pitch, velocity, channel)
        assert voice is None or 0 <= voice < len(VOICES)

    @rule(pitch=st.sampled_from(KEYS), channel=st.integers(0, 5))
    def release(self, pitch: int, channel: int) -> None:
        self.jam.session.note(self.jam.listener.position, pitch, 0, channel)

    @rule(steps=st.sampled_from([0.1, 0.3, 0.5, 1.0, 2.0, 4.0, 9.0]))
    def wait(self, steps: float) -> None:
        self.jam.time_passes(steps)

    @rule(steps=st.floats(0.1, 40.0))
    def be_held_up(self, steps: float) -> None:
        """The computer does something else for a while."""
        jam = self.jam
        jam.listener.play_to(jam.listener.position + steps)
        jam.session.advance(jam.listener.position)
        jam.answered = jam.listener.position
        jam.held_up = True
        jam.time_passes(1.0)
        jam.held_up = False
        jam.listener.late.clear()
        jam.time_passes(1.0)  # what came too late is healed

    @rule(command=COMMANDS)
    def tell(self, command: Command) -> None:
        before = self.jam.settings
        try:
            step = self.jam.obey(command)
        except BadSetting:
            assert self.jam.settings == before
        else:
            assert step > self.jam.session.position - 1

    @rule(pitches=st.lists(st.sampled_from(KEYS), min_size=1, max_size=4), steps=st.sampled_from([0.7, 1.0, 2.0]))
    def play_phrase(self, pitches: list[int], steps: float) -> None:
        """And wait for what comes."""
        for pitch in pitches:
            self.jam.session.note(self.jam.listener.position, pitch, 90, 0)
            self.jam.time_passes(steps)
            self.jam.session.note(self.jam.listener.position, pitch, 0, 0)
        self.jam.time_passes(6.0)

    @rule(mode=st.sampled_from(MODES))
    def change_mode(self, mode: str) -> None:
        self.jam.tell("mode", mode)
        self.jam.time_passes(1.0)

    @rule(
        how=st.sampled_from(["stop", "panic", "halt", "listen"]),
        onward=st.floats(0, 20),
        barlines=st.sampled_from(BARS),
    )
    def interrupt(self, how: str, onward: float, barlines: Barlines) -> None:
        """After which nothing may sound; and the jam goes on as it was."""
        session, listener, mode = self.jam.session, self.jam.listener, self.jam.settings.mode
        if how == "halt":
            session.halt()
        elif how == "listen":
            self.jam.tell("mode", "listen")
            self.jam.tell("stop")
        else:
            self.jam.tell(how)
        self.jam.check_silence()
        self.jam.time_passes(1.0)
        self.jam.check_silence()
        if how == "halt":
            listener.play_to(listener.position + onward)
            session.begin(listener.position, barlines)
        self.jam.tell("mode", mode)

    @rule(barlines=st.sampled_from(BARS))
    def jump(self, barlines: Barlines) -> None:
        self.jam.session.barlines = barlines

    @rule()
    def swap_model(self) -> None:
        self.models += 1
        self.jam.session.set_model(other_model() if self.models % 2 else ShortSighted())

    @invariant()
    def is_sound(self) -> None:
        self.jam.check_plan()
        self.jam.check_size()


TestAnyJam = AnyJam.TestCase


def random_command(dice: random.Random) -> Command:
    """One that a player might give."""
    voice = dice.randint(1, 4)
    choices: tuple[tuple[str, tuple[Any, ...]], ...] = (
        ("mode", (dice.choice(MODES),)),
        ("go", (dice.randint(1, 2),)),
        ("go", ()),
        ("cadence", ()),
        ("undo", ()),
        ("keep", ()),
        ("temperature", (dice.uniform(0, 2),)),
        ("temperature", (dice.uniform(0, 2), voice)),
        ("density", (dice.uniform(-2, 2),)),
        ("follow", (dice.uniform(0, 1),)),
        ("key", (dice.choice(["auto", "D major", "e minor"]),)),
        ("style", (dice.choice(["bach", "free", "baroque"]),)),
        ("seed", (dice.randint(0, 99),)),
        ("velocity", (dice.choice(["played", "entropy", "90"]),)),
        ("bars", (dice.randint(1, 2),)),
        ("grid", (dice.choice(GRIDS),)),
        ("rest", (dice.choice([0.25, 1, 2]),)),
        ("voice/lock", (voice, int(dice.random() < 0.2))),
        ("voice/mute", (voice, int(dice.random() < 0.3))),
        ("voice/octave", (voice, dice.randint(-3, 3))),
        ("voice/channel", (voice, dice.randint(1, 16))),
        ("voice/velocity", (voice, dice.randint(0, 127))),
    )
    return Command(*dice.choice(choices))


def one_event(jam: Watched, dice: random.Random) -> None:
    """A note, as a rule; and some time."""
    what, here = dice.random(), jam.listener.position
    if what < 0.45:
        jam.session.note(here - dice.uniform(0, 0.1), dice.choice(KEYS), dice.randint(1, 127), 0)
    elif what < 0.8:
        jam.session.note(here, dice.choice(KEYS), 0, 0)
    elif what < 0.97:
        with suppress(BadSetting):  # there is no style "baroque"
            jam.obey(random_command(dice))
    elif what < 0.98:
        jam.session.set_model(other_model() if dice.random() < 0.5 else ShortSighted())
    elif what < 0.99:
        jam.tell(dice.choice(["stop", "panic"]))
        jam.check_silence()
    else:
        jam.session.halt()
        jam.check_silence()
        jam.listener.play_to(here + dice.uniform(0, 4))
        jam.session.begin(jam.listener.position, dice.choice(BARS))
    if dice.random() < 0.8:
        jam.time_passes(dice.choice([0.1, 0.3, 0.5, 1.0, 2.0, 4.0]) * dice.uniform(0.99, 1.01))


@pytest.mark.slow
def test_thousands_of_random_events() -> None:
    dice = random.Random(3)
    jam = Watched(ShortSighted(), Settings(rest_beats=0.5))
    jam.to(OFF_LINE)
    for _ in range(4_000):
        one_event(jam, dice)
    jam.session.halt()
    jam.check_silence()
    assert {sound.pitch for sound in jam.listener.sounds}  # it did play


Event = Callable[[Jam, float], object]


def noted(pitch: int, velocity: int, late: float) -> Event:
    return lambda jam, here: jam.session.note(here - late, pitch, velocity, 0)


def told(command: Command) -> Event:
    def tell(jam: Jam, _: float) -> None:
        with suppress(BadSetting):
            jam.session.command(command)

    return tell


def interrupted(barlines: Barlines, onward: float) -> Event:
    def halt(jam: Jam, here: float) -> None:
        jam.session.halt()
        jam.session.begin(here + onward, barlines)

    return halt


def played(pitches: list[int], steps: float) -> Event:
    """A phrase, without a look at the clock between its notes."""

    def play(jam: Jam, here: float) -> None:
        for pitch in pitches:
            jam.session.note(here, pitch, 80, 0)
            here += steps
            jam.session.advance(here)
            jam.session.note(here, pitch, 0, 0)

    return play


EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(played, st.lists(st.sampled_from(KEYS), min_size=1, max_size=4), st.sampled_from([0.7, 1.0, 2.0])),
    st.builds(noted, st.sampled_from(KEYS[:3]), st.integers(1, 127), st.floats(0, 0.2)),
    st.builds(noted, st.sampled_from(KEYS[:3]), st.just(0), st.just(0.0)),
    COMMANDS.map(told),
    st.sampled_from(MODES).map(lambda mode: told(Command("mode", (mode,)))),
    st.builds(interrupted, st.sampled_from(BARS), st.floats(0, 9)),
    st.sampled_from(BARS).map(lambda barlines: lambda jam, here: setattr(jam.session, "barlines", barlines)),
    st.just(lambda jam, here: jam.session.set_model(ShortSighted(1.0))),
)
GAPS = st.sampled_from([0.0, 0.1, 0.5, 1.0, 1.3, 2.0, 4.0, 7.9])


def music_of(events: list[tuple[float, Event]], dice: random.Random | None, works: bool) -> list[FixedStep]:
    """What becomes music of events; time goes by in steps of a random length, or of any."""
    jam = Jam(ShortSighted(), Settings(rest_beats=0.5))
    here = 0.0
    for gap, event in [*events, (6.0, lambda jam, here: None)]:
        end = here + gap
        while dice is not None and here < end:
            here = min(here + dice.choice([0.05, 0.2, 0.6, 1.7]), end)
            jam.session.advance(here)
            for _ in range(dice.randrange(20) if works else 0):
                jam.session.work()
        here = end
        jam.session.advance(here)
        event(jam, here)
        here = max(here, jam.session.position)
    return jam.listener.fixed_steps()


@given(st.lists(st.tuples(GAPS, EVENTS), max_size=12), st.randoms(use_true_random=False))
def test_music_does_not_depend_on_how_time_is_cut(events: list[tuple[float, Event]], dice: random.Random) -> None:
    at_once = music_of(events, None, False)
    assert music_of(events, dice, False) == at_once
    assert music_of(events, dice, True) == at_once


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["continue", "harmonise", "duet", "respond"])
def test_nothing_grows_in_the_long_run(mode: str) -> None:
    """Six times what a take holds, and more than what can be undone; the player plays a phrase now and then."""
    jam = Watched(ShortSighted(), Settings(mode=mode, temperature=0))
    position = 0.0
    for number in range(6 * MOST_TAKE_STEPS // 64):
        jam.listener.sounds.clear()
        jam.listener.music.clear()
        for pitch in (67, 69, 71, 72):
            jam.session.note(position, pitch, 80, 0)
            position += 2
            jam.to(position, every=1.0)
            jam.session.note(position, pitch, 0, 0)
        position += 56
        jam.to(position, every=1.0)
        if number % 25 == 24:
            jam.tell("undo" if number % 50 == 24 else "cadence")
        jam.check_plan()
        jam.check_size()
    assert len(jam.session._turns.hearing.capture.presses) <= 8
    jam.session.halt()
    jam.check_silence()
