"""Live's transport followed, in simulated time."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clocks import near

from companion.clock.base import Clock, ClockEvent, Jumped, LoopSet, MetreSet, Started, Stopped
from companion.clock.transport import _SILENCE_SECONDS, _SILENT, TransportClock
from companion.errors import BadSetting
from companion.music.timebase import Timebase

STEP = 0.125  # seconds, at 120 BPM
HOP = 0.05  # seconds between two messages


class Live:
    """Plays at 120 BPM from step 0 and tells its position every 50 ms, at once and exactly."""

    def __init__(self) -> None:
        self.clock = TransportClock()
        self.now_s = 0.0
        self.step = 0.0
        self.loop: tuple[float, float] | None = None

    def tell(self, playing: bool = True, tempo: float = 120.0, late_s: float = 0.0) -> None:
        self.clock.transport(playing, self.step, tempo, 4, 4, self.now_s + late_s)

    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        self.step += seconds / STEP
        if self.loop and self.step >= self.loop[1]:
            start, end = self.loop
            self.step = start + (self.step - end) % (end - start)

    def play(self, seconds: float) -> None:
        for _ in range(round(seconds / HOP)):
            self.tell()
            self.wait(HOP)

    def poll(self) -> list[ClockEvent]:
        return self.clock.poll(self.now_s)

    @property
    def line(self) -> Timebase:
        line = self.clock.timebase()
        assert line is not None
        return line


FOUR = MetreSet(4, 4)


def test_it_starts_plays_and_stops_with_live() -> None:
    live = Live()
    live.step = 16.5
    live.tell(playing=False)
    assert (live.poll(), live.clock.timebase()) == ([FOUR], None)
    live.play(3.0)
    assert live.poll() == [Started(16.5, 0.0)]
    assert live.line.step_at(live.now_s) == pytest.approx(16.5 + 24)
    assert live.line.bpm == pytest.approx(120)
    live.tell(playing=False)
    assert live.clock.timebase() is None
    live.tell(playing=False)
    assert near(live.poll()) == near([Stopped(live.now_s)])


def test_a_metre_is_told_once_and_before_the_start() -> None:
    clock = TransportClock()
    clock.transport(True, 0, 120, 3, 4, 0.0)
    clock.transport(True, 0.4, 120, 3, 4, 0.05)
    clock.transport(True, 0.8, 120, None, None, 0.1)
    clock.transport(True, 1.2, 120, 6, 8, 0.15)
    assert clock.poll(0.2) == [MetreSet(3, 4), Started(0, 0.0), MetreSet(6, 8)]


def test_a_new_tempo_bends_the_line_without_a_jump_of_the_position() -> None:
    live = Live()
    live.play(1.0)
    before = live.line
    live.tell(tempo=60)
    assert live.line.step_at(live.now_s) == pytest.approx(before.step_at(live.now_s))
    assert live.line.bpm == pytest.approx(60, rel=0.06)
    assert near(live.poll()) == [FOUR, Started(0.0, 0.0)]


@pytest.mark.parametrize(("tempo", "step"), [(240.0, 1.6), (120.0, 0.8)])
def test_a_tempo_that_changed_just_after_or_just_before_a_message_is_no_jump(tempo: float, step: float) -> None:
    clock = TransportClock()
    clock.transport(True, 0, 60, None, None, 0.0)
    clock.transport(True, step, tempo, None, None, 0.1)
    assert clock.poll(0.1) == [Started(0, 0.0)]


@pytest.mark.parametrize("forward", [1.0, 4.0, 400.0])
def test_a_jump_forward_is_seen_at_once(forward: float) -> None:
    live = Live()
    live.play(1.0)
    live.step += forward
    live.tell()
    assert near(live.poll()) == near([FOUR, Started(0.0, 0.0), Jumped(8 + forward, 1.0)])
    assert live.line.step_at(live.now_s) == pytest.approx(live.step)


@pytest.mark.parametrize("back", [1.0, 4.0, 400.0])
def test_a_jump_back_is_seen_when_the_next_message_agrees(back: float) -> None:
    live = Live()
    live.step = 1000.0
    live.play(1.0)
    live.step -= back
    jumped = Jumped(live.step, live.now_s)
    live.play(HOP)
    assert near(live.poll()) == [FOUR, Started(1000.0, 0.0)]
    live.play(HOP)
    assert near(live.poll()) == near([jumped])
    assert live.line.step_at(live.now_s) == pytest.approx(live.step)


def test_a_message_held_up_is_no_jump() -> None:
    live = Live()
    live.play(1.0)
    before = live.line
    live.tell(late_s=0.24)
    for _ in range(4):  # those behind it are held up with it
        live.wait(HOP)
        live.tell(late_s=1.24 - live.now_s)
    live.wait(HOP)
    live.play(1.0)
    assert near(live.poll()) == [FOUR, Started(0.0, 0.0)]
    assert live.line.time_of(40) == pytest.approx(before.time_of(40))


def test_a_loop_wraps_at_its_end_to_the_microsecond() -> None:
    live = Live()
    live.clock.loop(True, 8, 24)
    live.loop = (8, 24)
    live.play(7.5)
    assert near(live.poll()) == near(
        [LoopSet(True, 8, 24), FOUR, Started(0.0, 0.0), *(Jumped(8.0, time_s) for time_s in (3.0, 5.0, 7.0))]
    )
    assert live.line.step_at(live.now_s) == pytest.approx(live.step)


def test_a_loop_shorter_than_the_wait_for_the_next_message_comes_round_in_one_jump() -> None:
    live = Live()
    live.clock.loop(True, 0, 1)
    live.loop = (0, 1)
    live.tell()
    live.wait(0.3)
    live.tell()
    assert near(live.poll()) == near([LoopSet(True, 0, 1), FOUR, Started(0.0, 0.0), Jumped(0.0, 2 * STEP)])
    assert live.line.step_at(live.now_s) == pytest.approx(0.4)


def test_a_wrap_told_late_is_still_at_the_end_of_the_loop() -> None:
    live = Live()
    live.clock.loop(True, 0, 16)
    live.loop = (0, 16)
    live.play(2.0)
    live.tell(late_s=0.12)
    live.wait(0.1)
    live.tell(late_s=0.02)
    live.wait(0.1)
    live.play(1.0)
    assert near(live.poll()) == near([LoopSet(True, 0, 16), FOUR, Started(0.0, 0.0), Jumped(0.0, 2.0)])


def test_a_loop_that_is_off_or_behind_us_does_not_wrap() -> None:
    live = Live()
    live.clock.loop(False, 0, 16)
    live.play(3.0)
    live.clock.loop(True, 0, 16)
    live.clock.loop(True, 0, 16)
    live.play(1.0)
    assert near(live.poll()) == [LoopSet(False, 0, 16), FOUR, Started(0.0, 0.0), LoopSet(True, 0, 16)]
    assert live.line.step_at(live.now_s) == pytest.approx(32)


def test_silence_stops_the_music_and_a_message_starts_it_again() -> None:
    live = Live()
    live.play(1.0)
    heard_s = live.now_s - HOP
    assert near(live.clock.poll(heard_s + _SILENCE_SECONDS - 0.01)) == [FOUR, Started(0.0, 0.0)]
    assert live.clock.timebase() is not None
    silent = Stopped(heard_s + _SILENCE_SECONDS, _SILENT)
    assert near(live.clock.poll(heard_s + _SILENCE_SECONDS + 0.01)) == near([silent])
    assert live.clock.timebase() is None
    live.wait(5.0)
    live.tell()
    assert near(live.poll()) == near([Started(live.step, live.now_s)])
    assert _SILENCE_SECONDS < 1


def test_a_silence_between_two_polls_is_noticed_too() -> None:
    live = Live()
    live.tell()
    live.wait(5.0)
    live.tell()
    assert near(live.poll()) == near(
        [FOUR, Started(0.0, 0.0), Stopped(_SILENCE_SECONDS, _SILENT), Started(live.step, 5.0)]
    )


def test_a_stopped_transport_may_be_silent() -> None:
    live = Live()
    live.tell(playing=False)
    assert live.clock.poll(100.0) == [FOUR]


@pytest.mark.parametrize(
    ("step", "tempo", "beats", "unit", "line"),
    [
        (math.nan, 120, 4, 4, "step must be a number, not nan"),
        (0, 0, 4, 4, "tempo must be from 20 to 400, not 0"),
        (0, math.nan, 4, 4, "tempo must be from 20 to 400, not nan"),
        (0, 120, 0, 4, "metre must be from 1 to 99 beats of 1/1 to 1/32, not 0/4"),
        (0, 120, 4, 5, "metre must be from 1 to 99 beats of 1/1 to 1/32, not 4/5"),
    ],
)
def test_what_makes_no_sense_is_one_line_and_changes_nothing(
    step: float, tempo: float, beats: int, unit: int, line: str
) -> None:
    live = Live()
    live.play(1.0)
    before, _ = live.line, live.poll()
    with pytest.raises(BadSetting) as caught:
        live.clock.transport(True, step, tempo, beats, unit, live.now_s)
    assert str(caught.value) == line
    with pytest.raises(BadSetting, match=r"^the loop must end after its start, not run from 8 to 8$"):
        live.clock.loop(True, 8, 8)
    assert (live.line, live.poll()) == (before, [])


def test_it_keeps_to_the_protocol_and_closes_twice() -> None:
    clock: Clock = TransportClock()
    clock.close()
    clock.close()
    assert clock.name == "osc"


# A real network: it jitters.

Tempo = Callable[[float], float]


def song(tempo: Tempo, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Times every millisecond, and the true position at each."""
    times = np.arange(0, seconds, 0.001)
    rates = np.array([tempo(float(time_s)) for time_s in times]) / 15
    return times, np.concatenate(([0.0], np.cumsum(rates[:-1] * 0.001)))


def ramp(time_s: float) -> float:
    """60 to 180 BPM between the 5th and the 15th second, and down again between the 20th and the 30th."""
    return float(np.interp(time_s, [5, 15, 20, 30], [60, 180, 180, 60]))


@pytest.mark.parametrize("rate", [10, 20, 50])
@pytest.mark.parametrize(
    ("tempo", "worst_ms"),
    [
        pytest.param(lambda time_s: 120.0, 1.5, id="constant"),
        pytest.param(lambda time_s: 120.0 if time_s % 10 < 5 else 140.0, 6.0, id="steps"),
        pytest.param(ramp, 8.0, id="ramps"),
    ],
)
def test_the_line_is_smooth_and_right_for_messages_that_are_late_by_some_milliseconds(
    tempo: Tempo, worst_ms: float, rate: int
) -> None:
    """Delays of 3 ms on average, exponentially spread; the next 16th is foretold with this error at p99."""
    generator = np.random.default_rng(1)
    times, steps = song(tempo, 40)
    sent = np.arange(0, 39, 1 / rate)
    arrived = np.maximum.accumulate(sent + generator.exponential(0.003, len(sent)))
    clock, errors, before = TransportClock(), [], None
    for sent_s, now_s in zip(sent.tolist(), arrived.tolist(), strict=True):
        clock.transport(True, float(np.interp(sent_s, times, steps)), tempo(sent_s), 4, 4, now_s)
        line = clock.timebase()
        assert line is not None
        if before is not None:
            assert line.step_at(now_s) == pytest.approx(before.step_at(now_s))
        if now_s > 2:
            step = math.ceil(line.step_at(now_s))
            errors.append(line.time_of(step) - np.interp(step, steps, times))
        before = line
    assert len(clock.poll(39.0)) == 2  # metre and start: no jump
    off_ms = 1000 * (np.array(errors) - np.median(errors))  # what is left of the delay is the same all the time
    assert 0 <= 1000 * np.median(errors) <= 2
    assert np.percentile(np.abs(off_ms), 99) <= worst_ms


@given(
    st.lists(st.tuples(st.floats(0.02, 0.1), st.floats(0, 0.01), st.floats(60, 200)), min_size=2, max_size=80),
    st.booleans(),
)
def test_under_jitter_the_position_is_continuous_and_never_runs_back(
    messages: list[tuple[float, float, float]], changing: bool
) -> None:
    clock, before, now_s = TransportClock(), None, 0.0
    sent_s, step = 0.0, 0.0
    bpm = messages[0][2]
    for wait_s, late_s, tempo in messages:
        sent_s += wait_s
        step += wait_s * bpm / 15
        bpm = tempo if changing else bpm
        now_s = max(now_s, sent_s + late_s)
        clock.transport(True, step, bpm, None, None, now_s)
        line = clock.timebase()
        assert line is not None
        assert line.bpm == pytest.approx(bpm, rel=0.06)
        if before is not None:
            assert line.step_at(now_s) == pytest.approx(before.step_at(now_s))
        before = line
    assert len(clock.poll(now_s)) == 1


@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.floats(-8, 100),
            st.floats(20, 400),
            st.floats(0, 1.2),
            st.sampled_from([None, 0.5, 4, 16]),
        ),
        max_size=60,
    )
)
def test_whatever_comes_events_are_in_order_and_the_position_moves_only_by_them(
    messages: list[tuple[bool, float, float, float, float | None]],
) -> None:
    clock, playing, now_s = TransportClock(), False, 0.0
    for told, step, tempo, wait_s, loop in messages:
        now_s += wait_s
        clock.poll(now_s) if wait_s > _SILENCE_SECONDS else None
        if clock.timebase() is None:
            playing = False
        before = clock.timebase()
        clock.transport(told, step, tempo, 4, 4, now_s)
        clock.loop(loop is not None, 0, loop or 1)
        events = [event for event in clock.poll(now_s) if not isinstance(event, MetreSet | LoopSet)]
        for event in events:
            assert isinstance(event, Started | Stopped | Jumped)
            assert playing != isinstance(event, Started)
            playing = not isinstance(event, Stopped)
        after = clock.timebase()
        assert (after is not None) == playing
        if not events and before is not None:
            assert after is not None
            assert after.step_at(now_s) == pytest.approx(before.step_at(now_s), abs=1e-6)
