"""From a key that comes after its grid line to the other voices: for ``chorale bench --jam``."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from companion.clock.internal import InternalClock
from companion.controls.knobs import ControlMap
from companion.controls.settings import Settings
from companion.controls.table import ANY
from companion.jam.control_changes import ControlChanges
from companion.jam.device import Device
from companion.jam.engine import Engine
from companion.jam.notices import Notices
from companion.jam.outlets import Outlets
from companion.model.library import open_model
from companion.player.lateness import involuntary_switches
from companion.player.messages import PlayNow, Silence, Silenced
from companion.player.port import Nowhere
from companion.player.process import PlayerHandle
from companion.session.session import Session

MEASURED_KEYS = 400
KEYS_BPM = 200
LATE_STEPS = 0.3  # after its grid line
_TICKS = 8  # looks at the clock in each note of half a beat: the engine plans in between
_MELODY = (67, 69, 71, 72, 74, 72, 71, 69, 67, 64, 65, 67, 69, 67, 65, 64)
_PATIENCE_S = 20.0
_READY = -1  # a token


class _Ear:
    """Passes commands on to a player, and knows whether voices were told to sound at once."""

    def __init__(self, player: PlayerHandle) -> None:
        self.player = player
        self.sounded = False

    def send(self, command: Any) -> bool:
        self.sounded = self.sounded or isinstance(command, PlayNow)
        return self.player.send(command)


def time_keys(model: str, keys: int = MEASURED_KEYS) -> dict[str, float]:
    """Milliseconds from a key's arrival until the player process has sent the other voices: p50, p99, max.

    The music runs on a clock that does not wait; what is timed is real.
    """
    switches = involuntary_switches()
    with PlayerHandle.in_process(Nowhere) as player:
        ear = _Ear(player)
        notices = Notices()
        outlets = Outlets(ear, time.perf_counter, notices)
        session = Session(open_model(model), Settings(mode="harmonise", model=model), ANY, outlets)
        clock = InternalClock(KEYS_BPM)
        clock.start(0.0)
        engine = Engine(
            session,
            outlets,
            clock,
            ear,
            ControlChanges(ControlMap(), notices),
            ANY,
            notices,
            device=Device(None, None, ANY, notices, outlets.resend),
        )
        player.send(Silence(_READY))
        _silenced(player, _READY)  # it has started
        quiet: list[float] = []
        interrupted: list[float] = []
        for index in range(keys):
            before = switches()
            taken_ms = _one_key(engine, ear, index)
            if taken_ms is not None:
                (quiet if switches() == before else interrupted).append(taken_ms)
    counted = quiet or interrupted
    p50, p99 = np.percentile(counted, [50, 99])
    return {"p50": round(float(p50), 3), "p99": round(float(p99), 3), "max": round(max(counted), 3)}


def _one_key(engine: Engine, ear: _Ear, index: int) -> float | None:
    """Plays one key; the milliseconds it took, None where the voices that sounded stayed."""
    step_s = 60 / KEYS_BPM / 4
    line_s = 2 * index * step_s
    at_s, pitch = line_s + LATE_STEPS * step_s, _MELODY[index % len(_MELODY)]
    engine.tick(at_s)
    ear.sounded = False
    begun = time.perf_counter()
    engine.midi([0x90, pitch, 80], at_s)
    ear.player.send(Silence(index))  # the player obeys in order: its answer comes after the voices
    taken_ms = (_silenced(ear.player, index) - begun) * 1000 if ear.sounded else None
    for tick in range(1, _TICKS):
        engine.tick(at_s + tick * 2 * step_s / _TICKS)
        engine.work()
    engine.midi([0x80, pitch, 0], at_s + 1.9 * step_s)
    return taken_ms


def _silenced(player: PlayerHandle, token: int) -> float:
    until_s = time.perf_counter() + _PATIENCE_S
    while time.perf_counter() < until_s:
        for report in player.reports():
            if isinstance(report, Silenced) and report.token == token:
                return report.at_s
    raise TimeoutError("the player does not answer")
