"""Reading and writing MIDI files, with mido as an independent reader and writer."""

from __future__ import annotations

import os
import random
from pathlib import Path

import mido
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from companion import output
from companion.errors import BadMidiFile, OutputExists, OutputFailed
from companion.midifile import read_song, write_chorale
from companion.song import Key, Metre, Song, SongNote, Tempo, VoiceNote

in_a_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

ON, OFF = "note_on", "note_off"


def message(kind: str, tick: int, pitch: int, velocity: int = 64, channel: int = 0) -> mido.Message:
    """A message whose time is absolute; ``saved`` makes it a delta."""
    return mido.Message(kind, note=pitch, velocity=velocity, channel=channel, time=tick)


def saved(path: Path, *tracks: list[mido.Message], form: int = 1, ticks_per_beat: int = 480) -> Path:
    """A file that mido writes."""
    file = mido.MidiFile(type=form, ticks_per_beat=ticks_per_beat)
    for events in tracks:
        track, now = mido.MidiTrack(), 0
        for event in events:
            track.append(event.copy(time=event.time - now))
            now = event.time
        file.tracks.append(track)
    file.save(path)
    return path


def header(form: int = 1, tracks: int = 1, division: int = 480) -> bytes:
    return b"MThd" + bytes([0, 0, 0, 6, 0, form, 0, tracks]) + division.to_bytes(2, "big")


def chunk(body: bytes) -> bytes:
    return b"MTrk" + len(body).to_bytes(4, "big") + body


END = b"\x00\xff\x2f\x00"
ONE_NOTE = chunk(b"\x00\x90\x3c\x40\x60\x80\x3c\x40" + END)


class TestReading:
    def test_whole_song(self, tmp_path: Path) -> None:
        meta = mido.MetaMessage
        conductor = [
            meta("track_name", name="Choir", time=0),
            meta("time_signature", numerator=3, denominator=4, time=0),
            meta("key_signature", key="F#m", time=0),
            meta("set_tempo", tempo=600_000, time=0),
            meta("set_tempo", tempo=700_000, time=960),
            meta("time_signature", numerator=6, denominator=8, time=1440),
        ]
        voice = [
            meta("track_name", name="Sopran", time=0),
            message("note_on", 0, 60, 90, 2),
            message("note_off", 480, 60, 0, 2),
            mido.Message("control_change", control=64, value=127, time=480),
            mido.Message("sysex", data=[1, 2, 3], time=480),
            message("note_on", 480, 62, 91, 2),
            mido.Message("program_change", program=3, channel=2, time=500),
            message("note_off", 960, 62, 0, 2),
        ]
        assert read_song(saved(tmp_path / "a.mid", conductor, voice)) == Song(
            notes=(SongNote(0, 480, 60, 90, 2, 1), SongNote(480, 960, 62, 91, 2, 1)),
            ticks_per_beat=480,
            tempos=(Tempo(0, 600_000), Tempo(960, 700_000)),
            metres=(Metre(0, 3, 4), Metre(1440, 6, 8)),
            track_names=("Choir", "Sopran"),
            length_ticks=1440,
            key=Key(3, True),
        )

    @pytest.mark.parametrize("form", [0, 1, 2])
    def test_one_track_of_any_format(self, tmp_path: Path, form: int) -> None:
        path = saved(tmp_path / "a.mid", [message(ON, 0, 60), message(OFF, 24, 60)], form=form, ticks_per_beat=24)
        assert read_song(path).notes == (SongNote(0, 24, 60, 64, 0, 0),)

    def test_velocity_zero_ends_a_note(self, tmp_path: Path) -> None:
        path = saved(tmp_path / "a.mid", [message(ON, 0, 60, 70), message(ON, 100, 60, 0)])
        assert read_song(path).notes == (SongNote(0, 100, 60, 70, 0, 0),)

    def test_equal_pitches_end_in_the_order_they_began(self, tmp_path: Path) -> None:
        events = [message(ON, 0, 60), message(ON, 10, 60, 65), message(OFF, 20, 60), message(OFF, 30, 60)]
        assert read_song(saved(tmp_path / "a.mid", events)).notes == (
            SongNote(0, 20, 60, 64, 0, 0),
            SongNote(10, 30, 60, 65, 0, 0),
        )

    def test_unended_note_lasts_to_the_end_of_its_track(self, tmp_path: Path) -> None:
        events = [message(OFF, 0, 61), message(ON, 0, 60), mido.MetaMessage("end_of_track", time=77)]
        assert read_song(saved(tmp_path / "a.mid", events)).notes == (SongNote(0, 77, 60, 64, 0, 0),)

    def test_note_without_length_gets_a_tick(self, tmp_path: Path) -> None:
        events = [message(ON, 5, 60), message(OFF, 5, 60)]
        assert read_song(saved(tmp_path / "a.mid", events)).notes == (SongNote(5, 6, 60, 64, 0, 0),)

    def test_percussion_is_left_out_with_a_notice(self, tmp_path: Path) -> None:
        drum = [message(ON, 0, 36, channel=9), message(OFF, 10, 36, channel=9)]
        song = read_song(saved(tmp_path / "a.mid", drum, [message(ON, 0, 60), message(OFF, 10, 60)]))
        assert song.notes == (SongNote(0, 10, 60, 64, 0, 1),)
        assert song.notices == ("left out 1 percussion note (channel 10)",)

    def test_too_coarse_ticks_are_multiplied(self, tmp_path: Path) -> None:
        events = [
            mido.MetaMessage("set_tempo", tempo=9, time=1),
            mido.MetaMessage("time_signature", numerator=2, denominator=4, time=1),
            message(ON, 1, 60),
            message(OFF, 3, 60),
        ]
        assert read_song(saved(tmp_path / "a.mid", events, ticks_per_beat=1)) == Song(
            (SongNote(4, 12, 60, 64, 0, 0),), 4, (Tempo(4, 9),), (Metre(4, 2, 4),), ("",), 12
        )

    def test_unknown_chunks_and_latin_names(self, tmp_path: Path) -> None:
        name = b"\x00\xff\x03\x03T\xe9n"
        body = chunk(name + b"\x00\x90\x3c\x40\x10\x3e\x40\x60\x3c\x00\x00\x3e\x00" + END)  # running status
        path = tmp_path / "a.mid"
        path.write_bytes(header() + b"XFIH\x00\x00\x00\x02ab" + body + b"rubbish at the end")
        assert read_song(path) == Song(
            (SongNote(0, 112, 60, 64, 0, 0), SongNote(16, 112, 62, 64, 0, 0)), 480, (), (), ("Tén",), 112
        )


class TestBadFiles:
    @pytest.mark.parametrize(
        ("data", "fault"),
        [
            (b"", "is empty; expected a standard MIDI file of format 0 or 1"),
            (b"RIFF1234", "is no MIDI file (it does not begin with MThd); expected one of format 0 or 1"),
            (b"MThd\0\0\0\6", "ends in the middle of its header; save or export it again"),
            (b"MThd\0\0\0\4\0\1\0\1\1\1", "has a header of 4 bytes; expected 6"),
            (header(form=3), "says it is of format 3; expected 0 or 1"),
            (
                header(form=2, tracks=2) + ONE_NOTE * 2,
                "is of format 2 (patterns without a common time); export it as format 0 or 1",
            ),
            (
                header(division=0xE728) + ONE_NOTE,
                "counts time in SMPTE frames; export it with ticks per beat",
            ),
            (header(division=0) + ONE_NOTE, "has 0 ticks per beat; expected 1..32767, save or export it again"),
            (header(tracks=2) + ONE_NOTE, "ends after 1 of its 2 tracks; save or export it again"),
            (header() + ONE_NOTE[:-1], "ends in the middle of track 1; save or export it again"),
            (
                header() + chunk(b"\x00\x90\x3c"),
                "has a track 1 whose last event is cut off; save or export it again",
            ),
            (
                header() + chunk(b"\x00\x3c\x40"),
                "has a damaged track 1 (data byte 60 without a status at tick 0); save or export it again",
            ),
            (
                header() + chunk(b"\x07\x90\x3c\x80"),
                "has a damaged track 1 (data byte above 127 at tick 7); save or export it again",
            ),
            (
                header() + chunk(b"\x00\xf8"),
                "has a damaged track 1 (status 0xf8 has no place in a file); save or export it again",
            ),
            (
                header() + chunk(b"\xff\xff\xff\xff\x00"),
                "has a damaged track 1 (a number of more than four bytes); save or export it again",
            ),
            (header() + chunk(END), "holds no notes; expected a melody, chords or up to four voices"),
            (header(tracks=0), "holds no notes; expected a melody, chords or up to four voices"),
            (
                header() + chunk(b"\x00\x99\x24\x40\x10\x89\x24\x40" + END),
                "holds only percussion (channel 10); expected a melody, chords or up to four voices",
            ),
            (
                header() + chunk(b"\xff\xff\xff\x7f\x90\x3c\x40" + END),
                "lasts 559241 beats; at most 200000 are read",
            ),
            (header() + bytes(10_000_000), "is larger than 10 MB; choose a shorter piece"),
        ],
    )
    def test_one_line_says_what_is_wrong(self, tmp_path: Path, data: bytes, fault: str) -> None:
        path = tmp_path / "seed.mid"
        path.write_bytes(data)
        with pytest.raises(BadMidiFile) as caught:
            read_song(path)
        assert str(caught.value) == f"{path} {fault}"

    def test_no_such_file(self, tmp_path: Path) -> None:
        with pytest.raises(BadMidiFile) as caught:
            read_song(tmp_path / "a\nb.mid")
        assert str(caught.value) == f"cannot read {tmp_path}/a?b.mid: No such file or directory"

    def test_folder(self, tmp_path: Path) -> None:
        with pytest.raises(BadMidiFile, match="cannot read"):
            read_song(tmp_path)

    @in_a_folder
    @given(
        st.binary(max_size=200), st.sampled_from([b"", header(), header() + b"MTrk\0\0\0\x40", header(0) + ONE_NOTE])
    )
    def test_random_bytes(self, tmp_path: Path, data: bytes, start: bytes) -> None:
        read_or_refuse(tmp_path / "a.mid", start + data)

    def test_truncated_and_damaged(self, tmp_path: Path) -> None:
        path = tmp_path / "a.mid"
        voices = [
            VoiceNote(voice, step * 120, step * 120 + 110, 60 + step, 80) for step in range(8) for voice in range(4)
        ]
        write_chorale(path, voices, ticks_per_beat=480, metres=[(0, 3, 4)], key=(-2, True), markers=[(960, "seam")])
        whole = path.read_bytes()
        for size in range(len(whole)):
            path.write_bytes(whole[:size])
            with pytest.raises(BadMidiFile):
                read_song(path)
        chance = random.Random(1)
        for _ in range(2000):
            damaged = bytearray(whole)
            for _ in range(chance.randint(1, 8)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            read_or_refuse(path, bytes(damaged))


def read_or_refuse(path: Path, data: bytes) -> None:
    """Anything but a song or a BadMidiFile of one line is a fault."""
    path.write_bytes(data)
    try:
        song = read_song(path)
    except BadMidiFile as fault:
        assert "\n" not in str(fault)
        assert "a.mid" in str(fault)
    else:
        assert song.notes == tuple(sorted(song.notes))
        assert all(note.start_tick < note.end_tick for note in song.notes)


@st.composite
def voice_notes(draw: st.DrawFn) -> list[VoiceNote]:
    """Notes of four voices; equal pitches of a voice do not overlap."""
    notes = []
    for voice in range(4):
        for pitch in draw(st.sets(st.integers(0, 127), max_size=4)):
            tick = 0
            for gap, length in draw(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 40_000)), max_size=4)):
                start = tick + gap
                tick = start + length
                notes.append(VoiceNote(voice, start, tick, pitch, draw(st.integers(1, 127))))
    return sorted(notes)


class TestWriting:
    @in_a_folder
    @given(voice_notes().filter(bool), st.integers(100, 0x7FFF))
    def test_what_is_written_is_read(self, tmp_path: Path, notes: list[VoiceNote], ticks_per_beat: int) -> None:
        path = tmp_path / "a.mid"
        tempos, metres = [(0, 400_000), (77, 1)], [(0, 4, 4), (10, 7, 8)]
        write_chorale(
            path, notes, ticks_per_beat=ticks_per_beat, tempos=tempos, metres=metres, key=(-7, False), force=True
        )
        song = read_song(path)
        assert sorted(VoiceNote(note.channel, *note[:4]) for note in song.notes) == notes
        assert all(note.channel == note.track for note in song.notes)
        assert song == Song(
            song.notes,
            ticks_per_beat,
            (Tempo(0, 400_000), Tempo(77, 1)),
            (Metre(0, 4, 4), Metre(10, 7, 8)),
            ("Soprano", "Alto", "Tenor", "Bass"),
            max(77, *(note.end_tick for note in notes)),
            Key(-7, False),
        )

    def test_mido_reads_it(self, tmp_path: Path) -> None:
        path = tmp_path / "a.mid"
        notes = [VoiceNote(3, 0, 240, 48, 70), VoiceNote(0, 0, 120, 72, 80), VoiceNote(0, 120, 240, 72, 81)]
        write_chorale(path, notes, ticks_per_beat=120, key=(1, False), markers=[(120, "the answer")])
        file = mido.MidiFile(path)
        assert (file.type, file.ticks_per_beat) == (1, 120)
        meta = mido.MetaMessage
        assert [list(track) for track in file.tracks] == [
            [
                meta("track_name", name="Soprano"),
                meta("time_signature", numerator=4, denominator=4, clocks_per_click=24),
                meta("key_signature", key="G"),
                meta("set_tempo", tempo=500_000),
                message("note_on", 0, 72, 80),
                meta("marker", text="the answer", time=120),
                message("note_off", 0, 72, 64),
                message("note_on", 0, 72, 81),
                message("note_off", 120, 72, 64),
                meta("end_of_track"),
            ],
            [meta("track_name", name="Alto"), meta("end_of_track", time=240)],
            [meta("track_name", name="Tenor"), meta("end_of_track", time=240)],
            [
                meta("track_name", name="Bass"),
                message("note_on", 0, 48, 70, 3),
                message("note_off", 240, 48, 64, 3),
                meta("end_of_track"),
            ],
        ]

    def test_same_notes_same_bytes(self, tmp_path: Path) -> None:
        notes = [VoiceNote(voice, tick, tick + 9, 60, 64) for voice in range(4) for tick in range(0, 90, 9)]
        write_chorale(tmp_path / "a.mid", notes, ticks_per_beat=96)
        write_chorale(tmp_path / "b.mid", reversed(notes), ticks_per_beat=96)
        assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()

    def test_restruck_pitch_ends_first(self, tmp_path: Path) -> None:
        notes = [
            VoiceNote(0, 0, 100, 60, 64),
            VoiceNote(0, 50, 80, 60, 65),
            VoiceNote(0, 50, 90, 60, 66),
            VoiceNote(0, 70, 75, 62, 1),
        ]
        write_chorale(tmp_path / "a.mid", notes, ticks_per_beat=96)
        assert read_song(tmp_path / "a.mid").notes == (
            SongNote(0, 50, 60, 64, 0, 0),
            SongNote(50, 90, 60, 66, 0, 0),
            SongNote(70, 75, 62, 1, 0, 0),
        )

    @pytest.mark.parametrize(
        "note", [(4, 0, 1, 60, 64), (0, 1, 1, 60, 64), (0, -1, 1, 60, 64), (0, 0, 1, 128, 64), (0, 0, 1, 60, 0)]
    )
    def test_impossible_notes(self, tmp_path: Path, note: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match=r"cannot be written|outside 0\.\.3"):
            write_chorale(tmp_path / "a.mid", [VoiceNote(*note)], ticks_per_beat=96)
        assert list(tmp_path.iterdir()) == []


class TestOutput:
    def test_existing_file_is_kept_without_force(self, tmp_path: Path) -> None:
        path = tmp_path / "a.mid"
        path.write_bytes(b"old")
        with pytest.raises(OutputExists) as caught:
            output.write_output(path, b"new")
        assert str(caught.value) == f"{path} exists; choose another name, or --force to replace it"
        assert path.read_bytes() == b"old"
        output.write_output(path, b"new", force=True)
        assert path.read_bytes() == b"new"
        assert list(tmp_path.iterdir()) == [path]

    def test_folders(self, tmp_path: Path) -> None:
        with pytest.raises(OutputFailed, match="it is a folder"):
            output.write_output(tmp_path, b"")
        with pytest.raises(OutputFailed, match="there is no folder"):
            output.write_output(tmp_path / "none" / "a.mid", b"")

    def test_full_disk_leaves_the_old_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        path = tmp_path / "a.mid"
        path.write_bytes(b"old")
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OutputFailed) as caught:
            output.write_output(path, b"new", force=True)
        assert str(caught.value) == f"cannot write {path}: No space left on device"
        assert path.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [path]

    def test_file_that_appears_meanwhile_is_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "a.mid"
        monkeypatch.setattr(os, "fsync", lambda _: path.write_bytes(b"other"))
        with pytest.raises(OutputExists):
            output.write_output(path, b"new")
        assert path.read_bytes() == b"other"
        assert list(tmp_path.iterdir()) == [path]
