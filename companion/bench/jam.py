"""How punctual the player is while everything else works: for ``chorale bench --jam``.

As in a jam there are three processes: one shows the view, one generates with the model without a pause,
and the player plays, four voices struck in every step at 200 BPM. The same is then measured while it sends
MIDI clock on the same port, with the player as a thread beside the model, and as a thread beside the view.
"""

from __future__ import annotations

import random
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from statistics import median
from typing import Any

from companion.bench.load import (
    CLOCK,
    LOAD_BPM,
    PATIENCE_SECONDS,
    PLACES,
    START_SECONDS,
    THREAD,
    THREAD_BESIDE_VIEW,
    Feeder,
    Measured,
    ViewForNobody,
    run_load,
)
from companion.errors import ChoraleError, NoPort
from companion.io.midi_driver import find_driver
from companion.io.midi_ports import OutputPort
from companion.jam.process import SWITCH_SECONDS
from companion.music.timebase import step_seconds
from companion.player.lateness import Lateness
from companion.player.messages import ClockLateness
from companion.player.port import Nowhere, Output
from companion.player.process import OpenPlayerOutput, PlayerHandle
from companion.screen.terminal import Progress, unseen

PANICS = 20
PANIC_SECONDS = 0.2  # between two, at least: the next chord sounds again


def bench_jam(
    model: str,
    seconds: float = 20.0,
    places: tuple[str, ...] = PLACES,
    progress: Progress = unseen,
    open_output: OpenPlayerOutput | None = None,
) -> dict[str, Any]:
    """The JSON object of ``chorale bench --jam``: ``{"jam": {…}}``; the player in its own process stands first.

    seconds: of music for each place.
    open_output: what to play on; by default a virtual port where the system has them, else nothing.
    """
    steps = round(seconds / step_seconds(LOAD_BPM))
    found: dict[str, Measured] = {}
    for place in places:
        done = len(found) * steps
        found[place] = _measure(place, model, steps, open_output or output, _onward(progress, done))
    first, *others = places
    return {"jam": {**_facts(found[first]), **{place: _facts(found[place]) for place in others}}}


def _onward(progress: Progress, base: int) -> Progress:
    return lambda steps, total=None, /: progress(base + steps, total)


def total_steps(seconds: float = 20.0, places: tuple[str, ...] = PLACES) -> int:
    """How many steps ``progress`` will be told of."""
    return len(places) * round(seconds / step_seconds(LOAD_BPM))


def output() -> Output:
    """A port of our own where the system has such; else nothing."""
    try:
        driver = find_driver()
        return OutputPort(None, driver) if driver.virtual else Nowhere()
    except NoPort:
        return Nowhere()


def _facts(measured: Measured) -> dict[str, Any]:
    lateness = measured.lateness
    return {
        "lateness_ms": _milliseconds(lateness),
        "messages": lateness.sent,
        "interrupted": {"messages": lateness.interrupted, "max_ms": lateness.interrupted_max_ms},
        "held_over": measured.held_over,
        "panic_ms": {"p50": round(median(measured.panic_ms), 3), "max": round(max(measured.panic_ms), 3)},
        "realtime": measured.realtime,
        "port": measured.port,
        **({} if measured.clock is None else {"ticks": _ticks(measured.clock)}),
    }


def _ticks(clock: ClockLateness) -> dict[str, Any]:
    """deviation: of the time between two ticks from what it should be."""
    return {
        "sent": clock.lateness.sent,
        "lateness_ms": _milliseconds(clock.lateness),
        "deviation_ms": _milliseconds(clock.deviation),
    }


def _milliseconds(lateness: Lateness) -> dict[str, float]:
    return {"p50": lateness.p50_ms, "p99": lateness.p99_ms, "max": lateness.max_ms}


def describe_jam(result: dict[str, Any]) -> list[str]:
    """The same for people."""
    jam = result["jam"]
    port, rights = jam["port"] or "no port", "with" if jam["realtime"] else "without"
    lines = [f"jam at {LOAD_BPM} BPM, four voices in every step, to {port}, {rights} real-time rights"]
    places = {
        "in a process": jam,
        "with MIDI clock": jam.get(CLOCK),
        "thread by the model": jam.get(THREAD),
        "thread by the view": jam.get(THREAD_BESIDE_VIEW),
    }
    for title, facts in places.items():
        if facts is None:
            continue
        late, cut, panic = facts["lateness_ms"], facts["interrupted"], facts["panic_ms"]
        lines.append(
            f"{title:<21} late p50 {late['p50']:.3f}  p99 {late['p99']:.3f}  max {late['max']:.3f} ms"
            f"  ({facts['messages']} messages, {cut['messages']} of them interrupted, up to {cut['max_ms']:.1f} ms;"
            f" {facts['held_over']} steps held over)  panic p50 {panic['p50']:.2f}  max {panic['max']:.2f} ms"
        )
    ticks = jam.get("ticks") or jam.get(CLOCK, {}).get("ticks")
    if ticks is not None:
        words = [_words(ticks[what]) for what in ("lateness_ms", "deviation_ms")]
        lines.append(
            f"ticks of MIDI clock   late {words[0]}  ({ticks['sent']} ticks); from one to the next off {words[1]}"
        )
    if "harmony_ms" in jam:
        harmony = jam["harmony_ms"]
        figures = f"p50 {harmony['p50']:.2f}  p99 {harmony['p99']:.2f}  max {harmony['max']:.2f} ms"
        lines.append(f"key to harmony        {figures}, from a key after its grid line to the other voices")
    return lines


def _words(figures: dict[str, float]) -> str:
    return f"p50 {figures['p50']:.3f}  p99 {figures['p99']:.3f}  max {figures['max']:.3f} ms"


class _Here:
    """The player is a thread of this process, beside the view."""

    def __init__(self, feeder: Feeder) -> None:
        self._feeder = feeder

    def tend(self) -> None:
        self._feeder.feed()
        self._feeder.listen()

    def measured(self) -> Measured:
        return replace(self._feeder.measured)

    def panic(self, token: int) -> float:
        self._feeder.panic(token)
        until_s = time.monotonic() + PATIENCE_SECONDS
        while not self._feeder.silenced:
            self._feeder.listen()
            if time.monotonic() > until_s:
                raise ChoraleError("the player does not answer")
        return self._feeder.silenced.pop()


class _There:
    """The player belongs to the engine's process."""

    def __init__(self, pipe: Connection[Any, Any]) -> None:
        self._pipe = pipe

    def tend(self) -> None:
        """The engine does that."""

    def measured(self) -> Measured:
        self._pipe.send(("measured", 0))
        answer = _answer(self._pipe)
        assert isinstance(answer, Measured)
        return answer

    def panic(self, token: int) -> float:
        self._pipe.send(("panic", token))
        return float(_answer(self._pipe))


def _answer(pipe: Connection[Any, Any]) -> Any:
    try:
        if pipe.poll(PATIENCE_SECONDS):
            return pipe.recv()
    except (EOFError, OSError) as error:
        raise ChoraleError("the process that generates for the bench has ended") from error
    raise ChoraleError("the process that generates for the bench does not answer")


def _measure(place: str, model: str, steps: int, open_output: OpenPlayerOutput, progress: Progress) -> Measured:
    """One run. The engine's process generates; it has the player too, unless that stands beside the view."""
    with ExitStack() as stack:
        pipe, theirs = get_context("spawn").Pipe()
        engine = get_context("spawn").Process(target=run_load, args=(theirs, model, place, steps, open_output))
        engine.start()
        theirs.close()
        stack.callback(_end, engine, pipe)
        _answer(pipe)  # the model is loaded
        view = stack.enter_context(ViewForNobody())
        if place != THREAD_BESIDE_VIEW:
            return _watch(_There(pipe), view, steps, progress)
        stack.callback(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(SWITCH_SECONDS)
        feeder = Feeder(stack.enter_context(PlayerHandle.in_thread(open_output)), steps)
        feeder.start()
        return _watch(_Here(feeder), view, steps, progress)


def _watch(player: _Here | _There, view: ViewForNobody, steps: int, progress: Progress) -> Measured:
    """Shows the view while the music plays, then panics some times in the midst of it."""
    begun_s = time.perf_counter()
    length_s = START_SECONDS + steps * step_seconds(LOAD_BPM)
    while (elapsed_s := time.perf_counter() - begun_s) < length_s:
        player.tend()
        view.show()
        progress(int(steps * elapsed_s / length_s))
    measured = player.measured()
    dice = random.Random(1)
    for token in range(PANICS):
        until_s = time.perf_counter() + PANIC_SECONDS * (1 + dice.random())  # anywhere in a step and in inference
        while time.perf_counter() < until_s:
            player.tend()
            view.show()
        asked_s = time.perf_counter()
        measured.panic_ms.append((player.panic(token) - asked_s) * 1000)
    return measured


def _end(engine: BaseProcess, pipe: Connection[Any, Any]) -> None:
    with suppress(OSError):
        pipe.send(("end", 0))
    engine.join(PATIENCE_SECONDS)
    if engine.is_alive():
        engine.kill()
        engine.join()
    pipe.close()
