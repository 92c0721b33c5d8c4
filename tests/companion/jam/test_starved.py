"""A machine that is far too slow, in simulated time: the jam stays with the clock, hears its player, and plays on."""

from __future__ import annotations

import random

import pytest
from support.fakes import Babbler
from support.jamfakes import babbling
from support.jamrig import Rig

from companion.generation.improviser import TRIES
from companion.jam.conductor import MOST_BEHIND_STEPS
from companion.music.timebase import step_seconds

BPM = 200
STEP_S = step_seconds(BPM)
LOOP_S = 0.004
COMMITTED_FRAMES = 4  # at once, when an answer begins; the first of all is tried several times


class Machine:
    """A jam's loop, on which a frame takes so many seconds."""

    def __init__(self, mode: str) -> None:
        self.model = Babbler()
        self.rig = Rig(self.model, babbling(mode=mode, key="C major", bars=2), bpm=BPM)
        self.frame_s = 0.0
        self._dice, self._held = random.Random(1), 0

    def frames(self) -> int:
        """Made since this was last asked."""
        made = len(self.model.seen) // 4
        self.model.seen.clear()
        return made

    def loop(self) -> None:
        """Once round; the player plays all the time."""
        rig = self.rig
        if self._dice.random() < 0.2:
            if self._held:
                rig.release(self._held)
            self._held = 0 if self._held else self._dice.randint(60, 75)
            if self._held:
                rig.press(self._held)
        rig.engine.tick(rig.now_s)
        made = self.frames()
        assert made <= COMMITTED_FRAMES + TRIES
        rig.engine.work()
        worked = self.frames()
        assert worked <= 1 or worked == TRIES
        rig.now_s += LOOP_S + (made + worked) * self.frame_s

    def behind(self) -> float:
        """Steps that the music is behind the clock."""
        line = self.rig.engine._conductor.line()
        assert line is not None
        return line.step_at(self.rig.now_s) - self.rig.session.position


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "starved_s"), [("duet", 3600.0), ("harmonise", 120.0), ("continue", 120.0)])
def test_an_hour_of_starving_and_then_music_again(mode: str, starved_s: float) -> None:
    machine = Machine(mode)
    rig, told = machine.rig, 0
    for frame_s, seconds in ((0.005, 8.0), (0.3, starved_s), (0.005, 12.0)):
        machine.frame_s, told = frame_s, len(rig.player.commands)
        until_s = rig.now_s + seconds
        while rig.now_s < until_s:
            machine.loop()
            assert machine.behind() <= MOST_BEHIND_STEPS + (COMMITTED_FRAMES + 2 * TRIES) * frame_s / STEP_S + 1
    assert machine.behind() < 2
    assert len([text for (text,) in rig.heard("status") if "too slow" in text]) <= 1
    if mode != "continue":  # which waits for the end of a phrase
        assert len(rig.player.commands) > told + 40
