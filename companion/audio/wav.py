"""Sound files: writes waves, and turns MIDI files into them.

With a soundfont FluidSynth plays the file, as a program of its own; without one the built-in organ.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np

from companion.audio.organ import SAMPLE_RATE, SampleArray, Sound, render
from companion.errors import BadSetting, ChoraleError, MissingExtra, OutputFailed
from companion.files.midi import song_of_bytes
from companion.files.opening import opened
from companion.music.song import Song, seconds_of_ticks
from companion.music.vocabulary import VOICES

MOST_SOUNDFONT_BYTES = 4_000_000_000  # of which FluidSynth reads what it needs
_BLOCK = 1 << 20  # samples written at once


def wave_file(samples: SampleArray) -> bytes:
    """Stereo ``[samples, 2] float32`` within -1..1 as a 16-bit wave."""
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        for start in range(0, len(samples), _BLOCK):
            block = np.clip(samples[start : start + _BLOCK], -1, 1)
            file.writeframes(np.rint(block * 32767).astype("<i2").tobytes())
    return data.getvalue()


def wave_of_midi(midi: bytes, soundfont: Path | None = None) -> bytes:
    """How a MIDI file sounds, as a wave: through FluidSynth with a soundfont, else on the built-in organ.

    Raises:
        BadSetting: the soundfont is not one.
        MissingExtra: a soundfont is given and FluidSynth is not installed.
        ChoraleError: FluidSynth has failed.
    """
    if soundfont is None:
        return wave_file(render(sounds_of_song(song_of_bytes(midi, "the music"))))
    return _wave_of_fluidsynth(find_fluidsynth(soundfont), soundfont, midi)


def sounds_of_song(song: Song) -> list[Sound]:
    """The notes of a song in seconds, by its tempo map.

    Channels 1-4 are the four voices; further channels stand where every fourth of them does.
    """
    seconds = seconds_of_ticks(song.tempos, song.ticks_per_beat)
    sounds = [
        Sound(seconds(note.start_tick), seconds(note.end_tick), note.pitch, note.velocity, note.channel % len(VOICES))
        for note in song.notes
    ]
    return sorted(sounds, key=lambda sound: (sound.start_seconds, sound.voice, sound.pitch))


def find_fluidsynth(soundfont: Path) -> str:
    """The FluidSynth program, once the soundfont has proved to be one; BadSetting or MissingExtra."""
    with opened(soundfont, MOST_SOUNDFONT_BYTES, BadSetting) as file:
        head = file.read(12)
    if head[:4] != b"RIFF" or head[8:] != b"sfbk":
        raise BadSetting(f"{soundfont} is not a soundfont (.sf2 or .sf3)")
    program = shutil.which("fluidsynth")
    if program is None:
        raise MissingExtra(
            "--soundfont needs FluidSynth (apt install fluidsynth, brew install fluid-synth or "
            "choco install fluidsynth); without --soundfont the built-in organ plays"
        )
    return program


def _wave_of_fluidsynth(program: str, soundfont: Path, midi: bytes) -> bytes:
    try:
        with tempfile.TemporaryDirectory(prefix="chorale-") as folder:
            midi_path, wave_path = Path(folder, "music.mid"), Path(folder, "unfinished.wav")  # it goes by suffixes
            midi_path.write_bytes(midi)
            command: list[str | Path] = [
                program,
                "-ni",
                "-q",
                "-F",
                wave_path,
                "-r",
                str(SAMPLE_RATE),
                soundfont,
                midi_path,
            ]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            if done.returncode == 0 and wave_path.is_file() and (data := wave_path.read_bytes()):
                return data
    except OSError as fault:
        raise OutputFailed(f"cannot write the sound in {tempfile.gettempdir()}: {fault.strerror or fault}") from None
    lines = (done.stderr or done.stdout).strip().splitlines() or [f"exit code {done.returncode}"]
    raise ChoraleError(f"FluidSynth could not play the music with {soundfont}: {lines[-1]}")
