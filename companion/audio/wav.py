"""Sound files: writes waves, and turns MIDI files into them.

With a soundfont FluidSynth plays the file, as a program of its own; without one the built-in organ.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
import wave
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np

from companion.audio.organ import SAMPLE_RATE, SampleArray, Sound, render
from companion.errors import BadSetting, ChoraleError, MissingExtra
from companion.files.midi import DEFAULT_BEAT_US, read_song
from companion.files.writing import refuse_existing, write_output
from companion.music.song import Tempo
from companion.music.vocabulary import VOICES


def write_wav(path: Path, samples: SampleArray, force: bool = False) -> None:
    """Writes stereo ``[samples, 2] float32`` within -1..1 as a 16-bit wave, whole or not at all.

    Raises:
        OutputExists: the file is there and ``force`` is not given.
        OutputFailed: it could not be written.
    """
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    write_output(path, data.getvalue(), force=force)


def render_midi_file(midi_path: Path, wav_path: Path, soundfont: Path | None = None, force: bool = False) -> None:
    """Writes how a MIDI file sounds: through FluidSynth with a soundfont, else on the built-in organ.

    Raises:
        OutputExists: the wave is there and ``force`` is not given.
        OutputFailed: it could not be written.
        BadMidiFile: the MIDI file cannot be read.
        BadSetting: the soundfont is not one.
        MissingExtra: a soundfont is given and FluidSynth is not installed.
    """
    refuse_existing(wav_path, force=force)
    sounds = sounds_of_midi_file(midi_path)
    if soundfont is None:
        write_wav(wav_path, render(sounds), force)
        return
    write_output(wav_path, _wave_of_fluidsynth(find_fluidsynth(soundfont), soundfont, midi_path), force=force)


def sounds_of_midi_file(path: Path) -> list[Sound]:
    """The notes of a MIDI file in seconds, by its tempo map; drums are left out.

    Channels 1-4 are the four voices; further channels stand where every fourth of them does.
    Raises BadMidiFile for anything that cannot be read.
    """
    song = read_song(path)
    seconds = _clock(song.tempos, song.ticks_per_beat)
    sounds = [
        Sound(seconds(note.start_tick), seconds(note.end_tick), note.pitch, note.velocity, note.channel % len(VOICES))
        for note in song.notes
    ]
    return sorted(sounds, key=lambda sound: (sound.start_seconds, sound.voice, sound.pitch))


def _clock(tempos: Sequence[Tempo], ticks_per_beat: int) -> Callable[[int], float]:
    """From a tick to its seconds."""
    changes = [Tempo(0, DEFAULT_BEAT_US), *tempos]
    lengths_us = [(after.tick - before.tick) * before.beat_us for before, after in pairwise(changes)]
    starts_us = list(accumulate(lengths_us, initial=0))  # times ticks_per_beat, so that nothing is rounded yet

    def seconds(tick: int) -> float:
        at = bisect_right(changes, tick, key=lambda change: change.tick) - 1
        return (starts_us[at] + (tick - changes[at].tick) * changes[at].beat_us) / (ticks_per_beat * 1_000_000)

    return seconds


def find_fluidsynth(soundfont: Path) -> str:
    """The FluidSynth program, once the soundfont has proved to be one; BadSetting or MissingExtra."""
    try:
        with soundfont.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        raise BadSetting(f"soundfont {soundfont} cannot be read: {error.strerror}") from error
    if head[:4] != b"RIFF" or head[8:] != b"sfbk":
        raise BadSetting(f"{soundfont} is not a soundfont (.sf2 or .sf3)")
    program = shutil.which("fluidsynth")
    if program is None:
        raise MissingExtra(
            "--soundfont needs FluidSynth (apt install fluidsynth, brew install fluid-synth or "
            "choco install fluidsynth); without --soundfont the built-in organ plays"
        )
    return program


def _wave_of_fluidsynth(program: str, soundfont: Path, midi_path: Path) -> bytes:
    with tempfile.TemporaryDirectory(prefix="chorale-") as folder:
        wave_path = Path(folder, "unfinished.wav")  # by the suffix FluidSynth knows what to write
        command = [program, "-ni", "-q", "-F", str(wave_path), "-r", str(SAMPLE_RATE), str(soundfont), str(midi_path)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode == 0 and wave_path.is_file() and (data := wave_path.read_bytes()):
            return data
    lines = (done.stderr or done.stdout).strip().splitlines() or [f"exit code {done.returncode}"]
    raise ChoraleError(f"FluidSynth could not play {midi_path} with {soundfont}: {lines[-1]}")
