"""Settings as hypothesis draws them."""

from __future__ import annotations

from hypothesis import strategies as st

from companion.controls.settings import Settings, VoiceSettings
from companion.controls.table import GRIDS, HIGHEST_SEED, MODES, MOST_COUNTED_IN, PHRASE_ENDS

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)
KEYS = st.builds(
    "{}{} {}".format, st.sampled_from("ABCDEFG"), st.sampled_from(["", "#", "b"]), st.sampled_from(["major", "minor"])
)
TEMPERATURES = st.floats(0, 10)


def voice_settings() -> st.SearchStrategy[VoiceSettings]:
    return st.builds(
        VoiceSettings,
        lock=st.booleans(),
        mute=st.booleans(),
        octave=st.integers(-3, 3),
        velocity=st.none() | st.integers(1, 127),
        channel=st.integers(1, 16),
        program=st.none() | st.integers(1, 128),
        bank=st.none() | st.integers(1, 16384),
        temperature=st.none() | TEMPERATURES,
    )


def settings() -> st.SearchStrategy[Settings]:
    return st.builds(
        Settings,
        mode=st.sampled_from(MODES),
        style=NAMES,
        model=NAMES,
        temperature=st.none() | TEMPERATURES,
        top_p=st.none() | st.floats(0.001, 1),
        density=st.floats(-4, 4),
        follow=st.floats(0, 1),
        key=st.none() | KEYS,
        seed=st.integers(0, HIGHEST_SEED),
        velocity=st.sampled_from(["played", "entropy"]) | st.integers(1, 127).map(str),
        bars=st.integers(1, 64),
        grid=st.sampled_from(GRIDS),
        phrase_end=st.sampled_from(PHRASE_ENDS),
        rest_beats=st.floats(0.25, 16),
        click=st.booleans(),
        click_channel=st.integers(1, 16),
        count_in=st.integers(0, MOST_COUNTED_IN),
        transpose=st.integers(-24, 24),
        voices=st.tuples(*[voice_settings()] * 4),
    )
