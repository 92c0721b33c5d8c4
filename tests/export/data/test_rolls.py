"""Folders of any MIDI files as rolls: what is read to the key and step, and what is told of the rest."""

from __future__ import annotations

from pathlib import Path

import mido
import numpy as np
import pytest

from companion.errors import BadSetting
from companion.music.vocabulary import LOWEST_PITCH, IntArray
from export.data.corpus import Refusal
from export.data.folder import split_of_name
from export.data.rolls import DOWN, ROLL_KEYS, STRUCK, read_rolls

TICKS = 480
Written = tuple[float, float, int]  # from and to, in sixteenths, and a pitch


def write(path: Path, notes: list[Written], channel: int = 0, metre: tuple[int, int] = (4, 4)) -> None:
    """A MIDI file of these notes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file, track = mido.MidiFile(ticks_per_beat=TICKS), mido.MidiTrack()
    file.tracks.append(track)
    track.append(mido.MetaMessage("time_signature", numerator=metre[0], denominator=metre[1]))
    edges = [(start, "note_on", pitch) for start, _, pitch in notes]
    edges += [(end, "note_off", pitch) for _, end, pitch in notes]
    now = 0
    for step, kind, pitch in sorted(edges):
        tick = round(step * TICKS / 4)
        track.append(mido.Message(kind, note=pitch, channel=channel, time=tick - now))
        now = tick
    file.save(path)


CHORD: list[Written] = [(0, 16, 48), (0, 8, 60), (8, 16, 60), (4, 12, 64)]


def keys_of(sounding: dict[int, list[tuple[int, int]]], steps: int) -> IntArray:
    keys = np.zeros((steps, ROLL_KEYS), dtype=np.int32)
    for pitch, spans in sounding.items():
        for start, stop in spans:
            keys[start:stop, pitch - LOWEST_PITCH] = DOWN
            keys[start, pitch - LOWEST_PITCH] = STRUCK
    return keys


def test_what_is_music_is_read_and_what_is_not_is_named(tmp_path: Path) -> None:
    write(tmp_path / "a.mid", CHORD)
    write(tmp_path / "below/b.midi", [(start + 20, end + 20, pitch) for start, end, pitch in CHORD])
    write(tmp_path / "c.mid", [*CHORD, (0, 4, 30), (0, 4, 90)])
    write(tmp_path / "drums.mid", CHORD, channel=9)
    write(tmp_path / "waltz.mid", CHORD, metre=(3, 4))
    write(tmp_path / "short.mid", [(0, 4, 60)])
    write(tmp_path / "high.mid", [(0, 16, 100)])
    write(tmp_path / "swung.mid", [(0, 16, 60), (2.6, 16, 64)])
    (tmp_path / "broken.mid").write_bytes(b"MThd")
    (tmp_path / "notes.txt").write_text("no music")
    told: list[tuple[int, int]] = []
    read = read_rolls(tmp_path, lambda done, total: told.append((done, total)))
    assert [roll.name for roll in read.rolls] == ["a.mid", "below/b.midi", "c.mid"]
    chord = {48: [(0, 16)], 60: [(0, 8), (8, 16)], 64: [(4, 12)]}
    np.testing.assert_array_equal(read.rolls[0].keys, keys_of(chord, 16))
    np.testing.assert_array_equal(read.rolls[2].keys, keys_of(chord, 16))
    moved = {pitch: [(start + 4, stop + 4) for start, stop in spans] for pitch, spans in chord.items()}
    np.testing.assert_array_equal(read.rolls[1].keys, keys_of(moved, 20))  # from the bar on in which it begins
    assert {refusal.name: refusal.reason for refusal in read.refusals if refusal.name != "broken.mid"} == {
        "drums.mid": "holds only percussion (channel 10)",
        "waltz.mid": "it has bars of 3/4, not of 4/4 alone",
        "short.mid": "it lasts less than a bar",
        "high.mid": "it has no note from 36 to 81",
        "swung.mid": "more of its notes begin off the sixteenths than a roll can hold",
    }
    assert "broken.mid" in {refusal.name for refusal in read.refusals}
    assert read.notices == (Refusal("c.mid", "left out 2 notes beyond 36 to 81"),)
    assert told == [(done, 9) for done in range(1, 10)]
    lines = read.lines()
    assert lines[:2] == ["3 rolls of 52 steps in all", "6 files give no piece:"]
    assert "  1 × it has bars of 3/4, not of 4/4 alone (waltz.mid)" in lines
    assert lines[-1] == "c.mid: left out 2 notes beyond 36 to 81"


def test_drums_beside_music_are_left_out(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / f"{name}.mid", CHORD)
    file, drums = mido.MidiFile(tmp_path / "a.mid"), mido.MidiTrack()
    drums.append(mido.Message("note_on", note=38, channel=9))
    drums.append(mido.Message("note_off", note=38, channel=9, time=TICKS))
    file.tracks.append(drums)
    file.save(tmp_path / "a.mid")
    read = read_rolls(tmp_path)
    np.testing.assert_array_equal(read.rolls[0].keys, read.rolls[1].keys)
    assert read.notices == (Refusal("a.mid", "left out 1 percussion note (channel 10)"),)


def test_names_deal_out_the_parts_and_there_is_always_something_to_check_with(tmp_path: Path) -> None:
    names = [f"{number}.mid" for number in range(24)]
    for name in names:
        write(tmp_path / name, CHORD)
    read = read_rolls(tmp_path)
    assert {roll.name: roll.split for roll in read.rolls} == {name: split_of_name(name) for name in names}
    alike = [name for name in names if split_of_name(name) == "train"][:3]
    for name in {*names} - {*alike}:
        (tmp_path / name).unlink()
    read = read_rolls(tmp_path)
    assert [roll.split for roll in read.rolls] == ["train", "train", "valid"]
    assert [len(read.of_split(split)) for split in ("train", "valid", "test")] == [2, 1, 0]


def test_nothing_usable_is_one_line(tmp_path: Path) -> None:
    write(tmp_path / "waltz.mid", CHORD, metre=(3, 4))
    write(tmp_path / "drums.mid", CHORD, channel=9)
    with pytest.raises(BadSetting) as refused:
        read_rolls(tmp_path)
    said = str(refused.value)
    assert said.startswith(f"0 of 2 MIDI files in {tmp_path} can be used, and two are needed. 2 files give no piece:")
    assert "bars of 3/4" in said
    assert "only percussion" in said
    assert "\n" not in said
    with pytest.raises(NotADirectoryError, match="no folder at "):
        read_rolls(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="no MIDI files"):
        read_rolls(tmp_path / "empty")
