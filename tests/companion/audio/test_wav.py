import io
import sys
import wave
from pathlib import Path

import mido
import numpy as np
import pytest

from companion.audio import wav
from companion.audio.organ import SAMPLE_RATE, Sound, render
from companion.audio.wav import sounds_of_song, wave_file, wave_of_midi
from companion.errors import BadSetting, ChoraleError, MissingExtra
from companion.files.midi import read_song

SAMPLES = np.array([[0.0, 1.0], [-1.0, 0.5], [2.0, -2.0]], dtype=np.float32)
SOUNDFONT_HEAD = b"RIFF\0\0\0\0sfbk"


def note(kind: str, channel: int, pitch: int, velocity: int, ticks: int) -> mido.Message:
    return mido.Message(kind, channel=channel, note=pitch, velocity=velocity, time=ticks)


def write_midi(path: Path, *tracks: list[mido.Message]) -> Path:
    midi = mido.MidiFile(type=1, ticks_per_beat=480)
    midi.tracks.extend(mido.MidiTrack(track) for track in tracks)
    midi.save(path)
    return path


@pytest.fixture
def small_midi(tmp_path: Path) -> bytes:
    notes = [note("note_on", 0, 60, 90, 0), note("note_off", 0, 60, 0, 240)]
    return write_midi(tmp_path / "a.mid", notes).read_bytes()


def test_a_wave_holds_the_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wav, "_BLOCK", 2)
    with wave.open(io.BytesIO(wave_file(SAMPLES)), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, SAMPLE_RATE)
        data = np.frombuffer(file.readframes(10), "<i2").reshape(-1, 2)
    assert data.tolist() == [[0, 32767], [-32767, 16384], [32767, -32767]]


def test_a_midi_file_sounds_by_its_tempo_map(tmp_path: Path) -> None:
    tempi = [
        mido.MetaMessage("set_tempo", tempo=500_000, time=0),
        mido.MetaMessage("set_tempo", tempo=1_000_000, time=480),
    ]
    soprano = [
        note("note_on", 0, 72, 90, 0),
        note("note_on", 0, 72, 0, 960),  # ends by velocity 0: half a second, then a whole one
        note("note_off", 0, 72, 0, 10),  # ends nothing
    ]
    bass = [
        note("note_on", 3, 48, 70, 480),
        note("note_on", 9, 35, 99, 0),  # a drum
        note("note_on", 4, 50, 60, 480),  # a fifth channel, never ended
        note("note_off", 3, 48, 0, 480),
    ]
    path = write_midi(tmp_path / "a.mid", tempi, soprano, bass)
    assert sounds_of_song(read_song(path)) == [
        Sound(0.0, 1.5, 72, 90, 0),
        Sound(0.5, 2.5, 48, 70, 3),
        Sound(1.5, 2.5, 50, 60, 0),
    ]


def test_without_a_soundfont_the_organ_plays(small_midi: bytes) -> None:
    assert wave_of_midi(small_midi) == wave_file(render([Sound(0.0, 0.25, 60, 90, 0)]))


def test_a_soundfont_has_to_be_one(tmp_path: Path, small_midi: bytes) -> None:
    font = tmp_path / "font.sf2"
    with pytest.raises(BadSetting, match=r"^cannot read .*font\.sf2: No such file or directory$"):
        wave_of_midi(small_midi, font)
    font.write_text("words")
    with pytest.raises(BadSetting, match=r"font\.sf2 is not a soundfont \(\.sf2 or \.sf3\)"):
        wave_of_midi(small_midi, font)


def test_without_fluidsynth_the_line_says_what_to_do(
    tmp_path: Path, small_midi: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    font = tmp_path / "font.sf2"
    font.write_bytes(SOUNDFONT_HEAD)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingExtra) as caught:
        wave_of_midi(small_midi, font)
    assert str(caught.value) == (
        "--soundfont needs FluidSynth (apt install fluidsynth, brew install fluid-synth or "
        "choco install fluidsynth); without --soundfont the built-in organ plays"
    )


def fake_fluidsynth(folder: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of that name that runs ``body`` with its arguments in ``sys.argv``; returns a soundfont."""
    if sys.platform == "win32":
        pytest.skip("a script is no program on Windows")
    program = folder / "fluidsynth"
    program.write_text(f"#!{sys.executable}\nimport sys\n{body}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    font = folder / "font.sf2"
    font.write_bytes(SOUNDFONT_HEAD)
    return font


def test_fluidsynth_is_asked_for_a_wave(tmp_path: Path, small_midi: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    body = "head = open(sys.argv[-1], 'rb').read(4).decode()\n"
    body += "open(sys.argv[4], 'w').write('|'.join(sys.argv[1:4] + sys.argv[5:-1]) + head)"
    font = fake_fluidsynth(tmp_path, body, monkeypatch)
    assert wave_of_midi(small_midi, font) == f"-ni|-q|-F|-r|44100|{font}MThd".encode()


def test_a_failing_fluidsynth_leaves_nothing_behind(
    tmp_path: Path, small_midi: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    font = fake_fluidsynth(tmp_path, "sys.exit('fluidsynth: error: no such font')", monkeypatch)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ChoraleError, match=r"^FluidSynth could not play .*: fluidsynth: error: no such font$"):
        wave_of_midi(small_midi, font)
    assert sorted(tmp_path.iterdir()) == before
