"""Commands as anything may send them, mostly right ones."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from companion.controls.settings import Command
from companion.controls.table import CONTROLS, GRIDS, MODES, PHRASE_ENDS


def values(kind: str) -> st.SearchStrategy[tuple[Any, ...]]:
    """Arguments of a command, mostly right ones."""
    voice, switch = st.integers(1, 4), st.integers(0, 1)
    right: dict[str, st.SearchStrategy[tuple[Any, ...]]] = {
        "mode": st.tuples(st.sampled_from(MODES)),
        "go": st.just(()) | st.tuples(st.integers(1, 3)),
        "temperature": st.tuples(st.floats(0, 3)) | st.tuples(st.floats(0, 3), voice),
        "top_p": st.tuples(st.floats(0.1, 1)),
        "density": st.tuples(st.floats(-4, 4)),
        "follow": st.tuples(st.floats(0, 1)),
        "key": st.tuples(st.sampled_from(["auto", "C major", "f# minor"])),
        "style": st.tuples(st.sampled_from(["bach", "free", "wild", "baroque"])),
        "seed": st.tuples(st.integers(0, 9)),
        "model": st.tuples(st.just("gru")),
        "velocity": st.tuples(st.sampled_from(["played", "entropy", "70"])),
        "bars": st.tuples(st.integers(1, 2)),
        "grid": st.tuples(st.sampled_from(GRIDS)),
        "phrase_end": st.tuples(st.sampled_from(PHRASE_ENDS)),
        "rest": st.tuples(st.sampled_from([0.25, 0.5, 1, 2, 16])),
        "click": st.tuples(switch),
        "click_channel": st.tuples(st.integers(1, 16)),
        "count_in": st.tuples(st.integers(0, 2)),
        "transpose": st.tuples(st.integers(-24, 24)),
        "voice/lock": st.tuples(voice, switch),
        "voice/mute": st.tuples(voice, switch),
        "voice/octave": st.tuples(voice, st.integers(-3, 3)),
        "voice/velocity": st.tuples(voice, st.integers(0, 127)),
        "voice/channel": st.tuples(voice, st.integers(1, 16)),
        "voice/program": st.tuples(voice, st.integers(0, 128)),
        "voice/bank": st.tuples(voice, st.integers(0, 16384)),
    }
    junk = st.lists(st.integers(-9, 999) | st.sampled_from(["", "on", "nothing", "bass"]), max_size=3).map(tuple)
    return st.one_of(*[right.get(kind, st.just(()))] * 5, junk)


COMMANDS = st.sampled_from([control.name for control in CONTROLS]).flatmap(
    lambda name: values(name).map(lambda arguments: Command(name, arguments))
)
