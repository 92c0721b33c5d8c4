"""What the player can tell a session to do: the actions of the table of controls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from companion.music.bars import closing_steps
from companion.session.music import MOST_TAKE_STEPS
from companion.session.plan import CLOSE_MARGIN
from companion.session.player_notes import WAITING
from companion.session.turns import ANSWERING, Turns


def go(turns: Turns, bars: int | None = None) -> None:
    """Answer now, for so many bars or as the mode has it."""
    if not turns.running:
        turns.sink.message(WAITING)
    elif turns.activity != ANSWERING:
        turns.mode.go(turns, bars)


def stop(turns: Turns) -> None:
    """End the answer at once."""
    turns.cut()


def panic(turns: Turns) -> None:
    """Silence everything at once."""
    turns.cut()
    turns.sink.panic()


def cadence(turns: Turns) -> None:
    """Come to a close within two bars."""
    refusal = turns.mode.no_cadence()
    if refusal:
        turns.sink.message(refusal)
        return
    if turns.activity != ANSWERING:
        go(turns)
    plan, barlines = turns.plan, turns.barlines
    answer, step = plan.answer, plan.change_step(turns.position)
    if answer is None or (answer.close is not None and answer.close <= step + 2 * CLOSE_MARGIN):
        return
    first = max(step, answer.start) + CLOSE_MARGIN
    close = barlines.strong_beats(first, first + barlines.bar_steps)[0]
    plan.answer = replace(answer, close=close, end=close + closing_steps(barlines.bar_steps), open_end=False)
    plan.replan(step)


def undo(turns: Turns) -> None:
    """Back to before the last answer."""
    plan = turns.plan
    if turns.activity == ANSWERING and plan.music.context.step <= (plan.answer.start if plan.answer else 0):
        turns.cut()  # nothing of it has become music yet
        return
    if not turns.undo:
        turns.sink.message("nothing to undo")
        return
    resume = turns.undo.pop()
    turns.cut()
    turns.rewind(resume.context.step)
    plan.music.go_back_to(resume)
    if resume.model is not plan.improviser.model:
        plan.catch_up()


def keep_take(turns: Turns) -> None:
    """Save the last take."""
    take = turns.plan.music.take
    if not take:
        turns.sink.message("nothing to keep yet")
        return
    is_full = len(take) == MOST_TAKE_STEPS
    turns.sink.keep(take[0].step, turns.plan.music.context.step - 1 if is_full else take[-1].step)


def tap(turns: Turns) -> None:
    """Tempo is the clock's affair: steps stay steps."""
    del turns


DO: dict[str, Callable[..., None]] = {
    "go": go,
    "stop": stop,
    "panic": panic,
    "cadence": cadence,
    "undo": undo,
    "keep": keep_take,
    "tap": tap,
}
