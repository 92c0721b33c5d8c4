"""Every choice over OSC: each step once, as it sounds, with what it was drawn from; and never too many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support.fakes import Babbler, random_source
from support.jamfakes import babbling
from support.jamrig import TICK_SECONDS, PlayerTape, Rig

from companion.clock.addresses import Addresses, Loop
from companion.clock.transport import TransportClock
from companion.controls.settings import Command, Settings
from companion.generation.generator import Frame, Generator
from companion.io.choice_messages import MOST_WEIGHTS
from companion.io.osc_messages import Message
from companion.jam.notices import Notices
from companion.jam.outlets import Outlets
from companion.music.vocabulary import HOLD, REST, VOCABULARY_SIZE
from companion.sampling.draw import Sampling
from companion.sampling.styles import style
from companion.streams.choices import MOST_A_SECOND, MOST_TOGETHER, ChoiceStream, messages_of

BACH = style("bach")
DUET = babbling(mode="duet", seed=3)


class Wall:
    """What a stream tells, and when."""

    def __init__(self, now: Any = lambda: 0.0) -> None:
        self.told: list[tuple[float, list[Message]]] = []
        self.now = now
        self.stream = ChoiceStream(lambda messages: self.told.append((self.now(), list(messages))), self.time)

    def time(self) -> float:
        """Of the jam that it is told of."""
        return float(self.now())

    @property
    def steps(self) -> list[int]:
        return [messages[0][1][0] for _, messages in self.told]  # type: ignore[misc]


def frames(count: int, sampling: Sampling = BACH, **more: Any) -> list[Frame]:
    """Babble, from step 0 on."""
    generator = Generator(Babbler(), random_source())  # type: ignore[arg-type]
    state, made = generator.start(), []
    for _ in range(count):
        frame, state = generator.frame(state, sampling)
        made.append(replace(frame, **more))
    return made


def planned(frame: Frame) -> Any:
    return SimpleNamespace(step=frame.step, frame=frame)


def played(settings: Settings = DUET, steps: float = 40, **more: Any) -> tuple[Rig, Wall]:
    wall = Wall()
    rig = Rig(Babbler(), settings, streams=lambda now: [_told_by(wall, now)], **more)
    rig.run_to(steps)
    return rig, wall


def _told_by(wall: Wall, now: Any) -> ChoiceStream:
    wall.now = now
    return wall.stream


def test_a_step_is_four_choices_with_what_each_was_drawn_from() -> None:
    (frame,) = frames(1)
    messages = list(messages_of(frame, 132))
    assert [address for address, _ in messages] == ["/chorale/choice"] * 4
    for voice, (_, arguments) in enumerate(messages):
        step, number, pitch, probability, entropy, *shares = arguments
        drawn = frame.choices[voice]
        assert (step, number, pitch) == (132, voice + 1, frame.pitches[voice] or -1)
        assert (probability, entropy) == (drawn.probability, drawn.entropy_bits)
        assert len(shares) == VOCABULARY_SIZE
        assert sum(shares) == pytest.approx(1)  # type: ignore[type-var]
        assert shares == np.exp(drawn.distribution).tolist()
        assert shares[drawn.token] == pytest.approx(probability)


def test_a_rest_is_no_pitch_and_a_hold_has_its_own_place() -> None:
    made = frames(60, Sampling())
    tokens = {int(token) for frame in made for token in frame.tokens}
    assert {REST, HOLD} <= tokens
    for frame in made:
        for voice, (_, arguments) in enumerate(messages_of(frame, 0)):
            token = int(frame.tokens[voice])
            assert (arguments[2] == -1) == (frame.pitches[voice] is None)
            assert arguments[5 + token] > 0  # type: ignore[operator]


def test_what_a_model_looked_back_at_is_told_the_latest_last_and_not_without_end() -> None:
    weights = np.linspace(0, 1, 200, dtype=np.float32)
    none = np.zeros(0, dtype=np.float32)
    (frame,) = frames(1, attention=(weights, none, none, weights[:3]))
    looked = list(messages_of(frame, 7))[4:]
    assert [(address, arguments[:2]) for address, arguments in looked] == [
        ("/chorale/attention", (7, 1)),
        ("/chorale/attention", (7, 4)),
    ]
    assert list(looked[0][1][2:]) == weights[-MOST_WEIGHTS:].tolist()
    assert list(looked[1][1][2:]) == weights[:3].tolist()


def test_each_step_is_told_once_when_it_begins() -> None:
    rig, wall = played()
    assert len(wall.steps) > 30
    assert wall.steps == list(range(wall.steps[0], wall.steps[0] + len(wall.steps)))
    late = [time_s - step * rig.step_s for (time_s, _), step in zip(wall.told, wall.steps, strict=True)]
    assert min(late) > -1e-6 and max(late[2:]) <= TICK_SECONDS + 1e-6
    sounding = {step: arguments for step, *arguments in rig.heard("frame")}
    for (_, messages), step in zip(wall.told, wall.steps, strict=True):
        pitches = [arguments[2] for _, arguments in messages]
        assert [max(pitch, 0) for pitch in pitches] == [abs(part) for part in sounding[step][:4]]  # type: ignore[call-overload]


def test_octaves_and_mutes_are_not_in_it() -> None:
    voices = tuple(replace(voice, octave=1, mute=True) for voice in DUET.voices)
    assert [messages for _, messages in played()[1].told] == [
        messages for _, messages in played(replace(DUET, voices=voices))[1].told
    ]


def test_the_players_phrase_is_told_when_no_more_can_belong_to_it() -> None:
    wall = Wall()
    rig = Rig(Babbler(), babbling(key="G major"), streams=lambda now: [_told_by(wall, now)])
    rig.play(67, 69, 71)
    assert wall.steps == list(range(len(wall.steps))) and len(wall.steps) > 10
    late = [time_s / rig.step_s - step for (time_s, _), step in zip(wall.told, wall.steps, strict=True)]
    assert 0.5 <= min(late) <= max(late) < 0.6


def test_its_steps_are_those_of_the_song() -> None:
    wall = Wall()
    rig = Rig(Babbler(), DUET, TransportClock(), streams=lambda now: [_told_by(wall, now)])
    for tick in range(40):
        rig.osc("transport", 1, 64 + tick * 0.4, 120.0, 4, 4)
        rig.run_until(rig.now_s + 0.05)
    assert wall.steps[:8] == list(range(wall.steps[0], wall.steps[0] + 8))
    assert 64 <= wall.steps[0] <= 66


def test_through_a_loop_they_are_the_places_in_it() -> None:
    wall, frame = Wall(), frames(1)[0]
    wall.stream.moved(Addresses(shift=0, loop=Loop(8, 16)))
    wall.stream.fixed(planned(replace(frame, step=17)))
    wall.stream.come_to(17.0)
    assert wall.steps == [9]


def test_what_is_taken_back_or_silenced_before_it_sounds_is_not_told() -> None:
    wall, made = Wall(), frames(6)
    for frame in made:
        wall.stream.fixed(planned(frame))
    wall.stream.come_to(1.0)
    assert wall.steps == [0, 1]
    wall.stream.taken_back(4)
    wall.stream.come_to(2.0)
    wall.stream.silence()
    wall.stream.come_to(9.0)
    assert wall.steps == [0, 1, 2]


def test_what_sounds_already_is_told_although_all_falls_silent_at_once() -> None:
    wall, made = Wall(), frames(2)
    wall.stream.come_to(1.5)
    for frame in made:
        wall.stream.fixed(planned(frame))
    wall.stream.silence()
    wall.stream.come_to(1.6)
    assert wall.steps == [0, 1]


def test_of_too_many_at_once_the_oldest_are_left_out() -> None:
    wall, made = Wall(), frames(64)
    for frame in made:
        wall.stream.fixed(planned(frame))
    wall.stream.come_to(64.0)
    assert wall.steps == list(range(64 - MOST_TOGETHER, 64))


def test_no_more_are_told_than_may_be_however_fast_they_come() -> None:
    now_s = 0.0
    wall, (frame,) = Wall(lambda: now_s), frames(1)
    for step in range(1000):  # five hundred a second
        now_s = step / 500
        wall.stream.fixed(planned(replace(frame, step=step)))
        wall.stream.come_to(float(step))
    assert len(wall.told) == pytest.approx(MOST_TOGETHER + 2 * MOST_A_SECOND, abs=1)
    assert wall.steps == sorted(wall.steps)


def test_outlets_tell_every_stream_of_all_that_becomes_music() -> None:
    class Said:
        def __init__(self) -> None:
            self.lines: list[str] = []

        def __getattr__(self, name: str) -> Any:
            return lambda *values: self.lines.append(" ".join([name, *map(_short, values)]))

    streams: Sequence[Any] = [Said(), Said()]
    outlets = Outlets(PlayerTape(), lambda: 0.0, Notices(), streams=streams)
    rig = Rig(Babbler(), DUET)
    rig.run_to(2)
    (one, *_) = rig.session.recent(1)
    outlets.moved(Addresses(8), 0.0, sure=True)
    outlets.fixed(one, None)
    outlets.taken_back(3)
    outlets.reach(4.0)
    outlets.reach(3.0)  # the music never goes back
    outlets.forget_past()
    outlets.silence()
    outlets.panic()
    expected = ["moved 8", f"fixed {one.step}", "taken_back 3", *["come_to 4.0"] * 3, "silence", "silence"]
    assert [stream.lines for stream in streams] == [expected] * 2


def _short(value: Any) -> str:
    return str(getattr(value, "shift", getattr(value, "step", value)))


def test_an_answer_that_is_cut_short_is_told_no_further() -> None:
    rig, wall = played(steps=21.5)
    rig.engine.command(Command("stop"))
    rig.run_to(40)
    assert wall.steps[-1] == 21
