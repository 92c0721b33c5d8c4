"""Where the time of a frame goes: what is timed is the music that is made."""

from __future__ import annotations

from typing import Any

import pytest
from support.fakes import Babbler, random_source

from companion.bench import parts
from companion.generation.generator import Generator
from companion.sampling.draw import Sampling


class Clock:
    """Each look at it is a millisecond later."""

    now_s = 0.0

    def perf_counter(self) -> float:
        self.now_s += 0.001
        return self.now_s


def test_each_part_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four times a look before and after for either part, and around the frame; what is around that is the chord's."""
    monkeypatch.setattr(parts, "time", Clock())
    generator = parts.TimedGenerator(Babbler(), random_source())  # type: ignore[arg-type]
    found, state = generator.parts(generator.start(), Sampling())
    assert found == pytest.approx((4.0, 9.0, 6.0))
    assert generator.parts(state, Sampling())[0] == pytest.approx((4.0, 9.0, 6.0))


def test_the_same_music_as_untimed() -> None:
    timed = parts.TimedGenerator(Babbler(), random_source())  # type: ignore[arg-type]
    plain = Generator(Babbler(), random_source())  # type: ignore[arg-type]
    one, other = timed.start(), plain.start()
    for _ in range(20):
        _, one = timed.parts(one, Sampling())
        other = parts.goes_on(plain, other, Sampling())
    assert one.history == other.history


def test_medians_of_all_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "time", Clock())
    model: Any = Babbler()
    assert parts.time_parts(model, Sampling(), 10) == parts.Parts(*(pytest.approx(ms) for ms in (4.0, 9.0, 6.0)))
