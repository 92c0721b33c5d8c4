"""Whatever reaches an engine, its log played again gives the same notes: bursts between two ticks among it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st
from support.fakes import ShortSighted
from support.jamcommands import COMMANDS
from support.jamfakes import babbling
from support.jamrig import Rig

from companion.clock.transport import TransportClock
from companion.commands.replay import replay
from companion.controls.settings import Command, Settings
from companion.controls.table import MODES
from companion.jam.engine import Loaded
from companion.jam.keys import ALL_OFF, PEDAL
from companion.record.log import Header, LogWriter

KEYS = (60, 64, 67, 71, 72, 48, 43, 90)
TELL_SECONDS = 0.05  # between two words of the transport

Act = Callable[["Song"], object]


class Song(Rig):
    """A rig whose transport is Live's, and a log of it."""

    def __init__(self, log: Path, settings: Settings) -> None:
        self.writer = LogWriter(log, Header("0", settings.model, "", settings.seed, asdict(settings), ""))
        self.plays, self.address, self.bpm, self.metre = False, 0.0, 120.0, (4, 4)
        super().__init__(ShortSighted(), settings, TransportClock(), log=self.writer.write, load=self.loads)

    def loads(self, name: str) -> None:
        self.engine.loaded(Loaded(name, ShortSighted()))  # type: ignore[arg-type]

    def tell(self) -> None:
        self.osc("transport", int(self.plays), self.address, self.bpm, *self.metre)

    def pass_seconds(self, seconds: float) -> None:
        """With the transport's words as they come; between them the engine ticks."""
        end_s = self.now_s + seconds
        while self.now_s < end_s - 1e-9:
            passed = min(TELL_SECONDS, end_s - self.now_s)
            self.run_until(self.now_s + passed)
            if self.plays:
                self.address += passed * self.bpm / 15
            self.tell()

    def transport(self, plays: bool, address: float | None, bpm: float, metre: tuple[int, int]) -> None:
        self.plays, self.bpm, self.metre = plays, bpm, metre
        self.address = self.address if address is None else address
        self.tell()


def told(command: Command) -> Act:
    return lambda song: song.engine.command(command)


def struck(pitch: int, velocity: int, channel: int, ago_s: float) -> Act:
    return lambda song: song.engine.note(pitch, velocity, channel, song.now_s - ago_s)


def again(settings: Settings, acts: list[tuple[float, Act]]) -> tuple[int, int | None]:
    """The frames of a jam, and the step at which its log comes out otherwise."""
    with TemporaryDirectory() as folder:
        log = Path(folder) / "jam.jsonl"
        song = Song(log, settings)
        for seconds, act in [*acts, (1.5, lambda song: None)]:
            act(song)
            if seconds:
                song.pass_seconds(seconds)
        song.writer.close()
        replayed = replay(log, lambda name: ShortSighted())  # type: ignore[arg-type,return-value]
        return replayed.frames, replayed.first_difference


STARTS: st.SearchStrategy[Act] = st.builds(
    lambda *how: lambda song: song.transport(True, *how),
    st.none() | st.sampled_from([0.0, 3.5, 16.0, 130.25]),
    st.sampled_from([60.0, 120.0, 133.0]),
    st.sampled_from([(4, 4), (3, 4), (6, 8), (7, 8)]),
)
STOPS: st.SearchStrategy[Act] = st.just(lambda song: song.transport(False, None, song.bpm, song.metre))
LOOPS: st.SearchStrategy[Act] = st.builds(
    lambda on, start, length: lambda song: song.osc("loop", on, start, start + length),
    st.integers(0, 1),
    st.sampled_from([0.0, 16.0]),
    st.sampled_from([4.0, 16.0]),
)
PEDALS: st.SearchStrategy[Act] = st.builds(
    lambda moved, channel: lambda song: song.engine.midi([0xB0 | channel, *moved], song.now_s),
    st.sampled_from([(PEDAL, 0), (PEDAL, 127), (PEDAL, 127), (ALL_OFF[0], 0)]),
    st.integers(0, 1),
)
NOTES = st.builds(
    struck, st.sampled_from(KEYS), st.sampled_from([0, 0, 40, 90]), st.integers(0, 1), st.sampled_from([0.0, 0.06])
)
MODE = st.sampled_from(MODES).map(lambda mode: told(Command("mode", (mode,))))
LOCK = st.tuples(st.integers(1, 4), st.integers(0, 1)).map(lambda of: told(Command("voice/lock", of)))
ACTIONS = st.sampled_from(["stop", "go", "undo", "cadence", "panic"]).map(lambda name: told(Command(name)))
# Most follow on each other at once, between two ticks.
SECONDS = st.sampled_from([0.0, 0.0, 0.0, 0.005, 0.1, 0.5, 1.6])
ACTS = st.tuples(
    SECONDS, st.one_of(NOTES, NOTES, MODE, LOCK, ACTIONS, COMMANDS.map(told), STARTS, STOPS, LOOPS, PEDALS)
)


@tries(max_examples=40)
@given(st.lists(ACTS, max_size=24), st.sampled_from(MODES))
def test_a_log_played_again_gives_the_same_notes(acts: list[tuple[float, Act]], mode: str) -> None:
    started: list[tuple[float, Act]] = [(0.1, lambda song: song.transport(True, 0.0, 120.0, (4, 4)))]
    _, difference = again(babbling(mode=mode, rest_beats=0.5), started + acts)
    assert difference is None


def test_a_tempo_that_changes_while_the_plan_is_waited_for_comes_out_again() -> None:
    acts = [
        (0.5, lambda song: song.transport(True, 0.0, 120.0, (4, 4))),
        (0.0, lambda song: song.transport(True, None, 60.0, (4, 4))),
        (0.0, told(Command("stop"))),
        (0.1, told(Command("cadence"))),
        (0.0, struck(60, 40, 0, 0.0)),
    ]
    _, difference = again(babbling(mode="listen", rest_beats=0.5), acts)
    assert difference is None


@pytest.mark.parametrize("burst", [(("mode", "duet"), ("voice/lock", 1, 1)), (("go",), ("voice/lock", 1, 1))])
def test_what_is_told_between_two_ticks_comes_out_again(burst: tuple[tuple[Any, ...], ...]) -> None:
    acts: list[tuple[float, Act]] = [(2.0, lambda song: song.transport(True, 0.0, 120.0, (4, 4)))]
    acts += [(0.0, told(Command("stop")))]
    acts += [(0.0, told(Command(name, arguments))) for name, *arguments in burst]
    frames, difference = again(babbling(), [*acts, (3.0, lambda song: None)])
    assert frames > 10
    assert difference is None


def test_an_answer_that_is_let_free_at_once_comes_out_again() -> None:
    """What was planned while a voice was locked is made anew, however far that was."""
    acts: list[tuple[float, Act]] = [(0.1, lambda song: song.transport(True, 0.0, 120.0, (4, 4)))]
    lock, go, free = (Command("voice/lock", (2, 1)), Command("go"), Command("voice/lock", (2, 0)))
    acts += [(0.0, told(lock)), (0.5, told(go)), (0.0, told(free))]
    _, difference = again(babbling(mode="listen", rest_beats=0.5), acts)
    assert difference is None


@pytest.mark.parametrize("metre", [(4, 4), (6, 8)])
@pytest.mark.parametrize("mode", ["continue", "respond"])
def test_an_answer_that_follows_comes_out_again(mode: str, metre: tuple[int, int]) -> None:
    """A crescendo of detached notes, its answer, and following changed in the midst of it."""
    acts: list[tuple[float, Act]] = [(0.1, lambda song: song.transport(True, 0.0, 120.0, metre))]
    for number in range(8):
        acts += [(0.1, struck(60 + number, 40 + 10 * number, 0, 0.0)), (0.15, struck(60 + number, 0, 0, 0.0))]
    acts += [(3.0, lambda song: None), (2.0, told(Command("follow", (1.0,)))), (2.0, told(Command("follow", (0.0,))))]
    settings = babbling(mode=mode, bars=1)
    frames, difference = again(settings, acts)
    assert frames > 25
    assert difference is None
