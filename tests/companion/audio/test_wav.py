import sys
import wave
from pathlib import Path

import mido
import numpy as np
import pytest

from companion.audio.organ import SAMPLE_RATE, Sound, render
from companion.audio.wav import render_midi_file, sounds_of_midi_file, write_wav
from companion.errors import BadMidiFile, BadSetting, ChoraleError, MissingExtra, OutputExists, OutputFailed

SAMPLES = np.array([[0.0, 1.0], [-1.0, 0.5], [2.0, -2.0]], dtype=np.float32)
SOUNDFONT_HEAD = b"RIFF\0\0\0\0sfbk"


def note(kind: str, channel: int, pitch: int, velocity: int, ticks: int) -> mido.Message:
    return mido.Message(kind, channel=channel, note=pitch, velocity=velocity, time=ticks)


def write_midi(path: Path, *tracks: list[mido.Message]) -> Path:
    midi = mido.MidiFile(type=1, ticks_per_beat=480)
    midi.tracks.extend(mido.MidiTrack(track) for track in tracks)
    midi.save(path)
    return path


def small_midi(folder: Path) -> Path:
    return write_midi(folder / "a.mid", [note("note_on", 0, 60, 90, 0), note("note_off", 0, 60, 0, 240)])


def test_a_wave_holds_the_samples(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_wav(path, SAMPLES)
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, SAMPLE_RATE)
        data = np.frombuffer(file.readframes(10), "<i2").reshape(-1, 2)
    assert data.tolist() == [[0, 32767], [-32767, 16384], [32767, -32767]]
    assert list(tmp_path.iterdir()) == [path]


def test_an_existing_wave_is_kept_without_force(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_text("mine")
    with pytest.raises(OutputExists, match=r"a\.wav exists; choose another name, or --force to replace it"):
        write_wav(path, SAMPLES)
    with pytest.raises(OutputExists, match=r"a\.wav exists; choose another name, or --force to replace it"):
        render_midi_file(small_midi(tmp_path), path)
    assert path.read_text() == "mine"
    write_wav(path, SAMPLES, force=True)
    assert path.read_bytes()[:4] == b"RIFF"


def test_a_wave_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(OutputFailed, match=r"cannot write .*a\.wav: there is no folder .*nowhere"):
        write_wav(tmp_path / "nowhere" / "a.wav", SAMPLES)


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
    assert sounds_of_midi_file(path) == [
        Sound(0.0, 1.5, 72, 90, 0),
        Sound(0.5, 2.5, 48, 70, 3),
        Sound(1.5, 2.5, 50, 60, 0),
    ]


def test_without_a_soundfont_the_organ_plays(tmp_path: Path) -> None:
    render_midi_file(small_midi(tmp_path), tmp_path / "organ.wav")
    write_wav(tmp_path / "same.wav", render([Sound(0.0, 0.25, 60, 90, 0)]))
    assert (tmp_path / "organ.wav").read_bytes() == (tmp_path / "same.wav").read_bytes()


@pytest.mark.parametrize("data", [b"", b"MThd", b"RIFF and so on", b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0\0\x09\x00\x90"])
def test_a_broken_midi_file_is_one_line(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "broken.mid"
    path.write_bytes(data)
    with pytest.raises(
        BadMidiFile,
        match=r"^.*broken\.mid is no intact MIDI file \([^\n]+\); save or export it again as format 0 or 1$",
    ):
        sounds_of_midi_file(path)


def test_a_midi_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadMidiFile, match=r"^cannot read .*none\.mid: No such file or directory$"):
        sounds_of_midi_file(tmp_path / "none.mid")


def test_a_soundfont_has_to_be_one(tmp_path: Path) -> None:
    font = tmp_path / "font.sf2"
    with pytest.raises(BadSetting, match=r"font\.sf2 cannot be read: No such file or directory"):
        render_midi_file(small_midi(tmp_path), tmp_path / "a.wav", font)
    font.write_text("words")
    with pytest.raises(BadSetting, match=r"font\.sf2 is not a soundfont \(\.sf2 or \.sf3\)"):
        render_midi_file(small_midi(tmp_path), tmp_path / "a.wav", font)


def test_without_fluidsynth_the_line_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    font = tmp_path / "font.sf2"
    font.write_bytes(SOUNDFONT_HEAD)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingExtra) as caught:
        render_midi_file(small_midi(tmp_path), tmp_path / "a.wav", font)
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


def test_fluidsynth_is_asked_for_a_wave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = "open(sys.argv[4], 'w').write('|'.join(sys.argv[1:4] + sys.argv[5:]))"
    font = fake_fluidsynth(tmp_path, body, monkeypatch)
    midi = small_midi(tmp_path)
    render_midi_file(midi, tmp_path / "a.wav", font)
    assert (tmp_path / "a.wav").read_text() == f"-ni|-q|-F|-r|44100|{font}|{midi}"


def test_a_failing_fluidsynth_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    font = fake_fluidsynth(tmp_path, "sys.exit('fluidsynth: error: no such font')", monkeypatch)
    midi = small_midi(tmp_path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ChoraleError, match=r"^FluidSynth could not play .*: fluidsynth: error: no such font$"):
        render_midi_file(midi, tmp_path / "a.wav", font)
    assert sorted(tmp_path.iterdir()) == before
