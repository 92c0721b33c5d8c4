"""The real FluidSynth renders what we write."""

from __future__ import annotations

import io
import os
import shutil
import wave
from pathlib import Path

import numpy as np
import pytest

from companion.audio.wav import wave_of_midi
from companion.files.midi import chorale_file
from companion.music.song import VoiceNote

SOUNDFONTS = [Path("/usr/share/sounds/sf2") / name for name in ("TimGM6mb.sf2", "default-GM.sf2")]


def soundfont() -> Path:
    found = [path for path in SOUNDFONTS if path.is_file()]
    if not found or shutil.which("fluidsynth") is None:
        assert "CI" not in os.environ, "CI must install fluidsynth and timgm6mb-soundfont"
        pytest.skip("FluidSynth or a soundfont is not installed")
    return found[0]


def test_a_chord_sounds_for_as_long_as_it_is_written() -> None:
    chord = [VoiceNote(voice, 0, 960, pitch, 90) for voice, pitch in enumerate((72, 67, 64, 48))]
    sound = wave_of_midi(chorale_file(chord, ticks_per_beat=480), soundfont())
    with wave.open(io.BytesIO(sound)) as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
    assert rate == 44100
    assert np.abs(samples[: rate // 2]).max() > 1000
    assert len(samples) >= rate
