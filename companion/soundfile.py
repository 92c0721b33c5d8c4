"""Sound files: writes waves, and turns MIDI files into them.

With a soundfont FluidSynth plays the file, as a program of its own; without one the built-in organ.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import wave
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido
import numpy as np
from mido.midifiles.meta import KeySignatureError

from companion.errors import BadMidiFile, BadSetting, ChoraleError, MissingExtra, OutputExists, OutputFailed
from companion.synth import SAMPLE_RATE, FloatArray, Sound, render

DRUM_CHANNEL = 9  # of General MIDI, on the wire


def write_wav(path: Path, samples: FloatArray, force: bool = False) -> None:
    """Writes stereo ``[samples, 2] float32`` within -1..1 as a 16-bit wave, whole or not at all.

    Raises:
        OutputExists: the file is there and ``force`` is not given.
        OutputFailed: it could not be written.
    """
    data = np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()

    def write(unfinished: Path) -> None:
        with wave.open(str(unfinished), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE)
            file.writeframes(data)

    _write_whole(path, write, force)


def render_midi_file(midi_path: Path, wav_path: Path, soundfont: Path | None = None, force: bool = False) -> None:
    """Writes how a MIDI file sounds: through FluidSynth with a soundfont, else on the built-in organ.

    Raises:
        OutputExists: the wave is there and ``force`` is not given.
        OutputFailed: it could not be written.
        BadMidiFile: the MIDI file cannot be read.
        BadSetting: the soundfont is not one.
        MissingExtra: a soundfont is given and FluidSynth is not installed.
    """
    _refuse_existing(wav_path, force)
    sounds = sounds_of_midi_file(midi_path)
    if soundfont is None:
        write_wav(wav_path, render(sounds), force)
        return
    program = _fluidsynth(soundfont)
    _write_whole(wav_path, lambda unfinished: _run_fluidsynth(program, soundfont, midi_path, unfinished), force)


def sounds_of_midi_file(path: Path) -> list[Sound]:
    """The notes of a MIDI file in seconds, by its tempo map; drums are left out.

    Channels 1-4 are the four voices; further channels stand where every fourth of them does.
    Raises BadMidiFile for anything that cannot be read.
    """
    seconds = 0.0
    held: dict[tuple[int, int], list[tuple[float, int]]] = defaultdict(list)
    sounds = []
    for message in _messages(path):
        seconds += message.time
        if message.type not in ("note_on", "note_off") or message.channel == DRUM_CHANNEL:
            continue
        strikes = held[message.channel, message.note]
        if message.type == "note_on" and message.velocity > 0:
            strikes.append((seconds, message.velocity))
        elif strikes:
            start, velocity = strikes.pop(0)
            sounds.append(Sound(start, seconds, message.note, velocity, message.channel % 4))
    for (channel, pitch), strikes in held.items():  # the end of the file ends what nothing else did
        sounds += [Sound(start, seconds, pitch, velocity, channel % 4) for start, velocity in strikes]
    return sorted(sounds, key=lambda sound: (sound.start_seconds, sound.voice, sound.pitch))


def _messages(path: Path) -> list[Any]:
    """All messages of a MIDI file in order, each with the seconds since the one before."""
    if not path.is_file():
        raise BadMidiFile(f"there is no file {path}")
    try:
        midi = mido.MidiFile(path, clip=True)
        if midi.ticks_per_beat <= 0:
            raise ValueError("it counts SMPTE time, not beats")
        return list(midi)  # mido merges the tracks and follows the tempo map
    except (OSError, EOFError, ValueError, LookupError, TypeError, KeySignatureError) as error:  # mido's own
        raise BadMidiFile(f"{path} cannot be read as MIDI: {str(error) or 'it ends too early'}") from error


def _fluidsynth(soundfont: Path) -> str:
    """The FluidSynth program, once the soundfont has proved to be one."""
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


def _run_fluidsynth(program: str, soundfont: Path, midi_path: Path, wav_path: Path) -> None:
    command = [program, "-ni", "-q", "-F", str(wav_path), "-r", str(SAMPLE_RATE), str(soundfont), str(midi_path)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not wav_path.is_file() or wav_path.stat().st_size == 0:
        lines = (done.stderr or done.stdout).strip().splitlines() or [f"exit code {done.returncode}"]
        raise ChoraleError(f"FluidSynth could not play {midi_path} with {soundfont}: {lines[-1]}")


def _refuse_existing(path: Path, force: bool) -> None:
    if path.exists() and not force:
        raise OutputExists(f"{path} exists already; --force replaces it")


def _write_whole(path: Path, write: Callable[[Path], None], force: bool) -> None:
    """Lets ``write`` fill a file beside ``path`` and puts it in place only when it is complete."""
    _refuse_existing(path, force)
    try:
        with tempfile.TemporaryDirectory(prefix=".chorale-", dir=path.parent) as folder:
            unfinished = Path(folder, "unfinished.wav")  # by the suffix FluidSynth knows what to write
            write(unfinished)
            _refuse_existing(path, force)
            unfinished.replace(path)
    except OSError as error:
        raise OutputFailed(f"{path} could not be written: {error.strerror or error}") from error
