"""Reading and writing MIDI files; mido does both, so the bytes here are written out by hand."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from companion.errors import BadMidiFile
from companion.files import midi, tracks
from companion.files.chunks import HIGH_BYTES, HIGH_NOTES, LENGTHS, LONG_TIMES, NO_STATUS
from companion.files.midi import read_song, write_chorale
from companion.files.tracks import LONGEST_WORDS
from companion.music.messages import LYRIC
from companion.music.song import KeySignature, Metre, Song, SongNote, Tempo, TrackEvent, VoiceEvent, VoiceNote

in_a_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

ODD = Path(__file__).parent / "odd"  # small files that other programs play
ODD_TUNE = (67, 69, 71, 72, 71, 69, 67, 67)  # which most of them hold, in quarters
COUNT = "tracks, where the header says {}"

END = "00 ff 2f 00"
NOTE = f"00 90 3c 40 60 80 3c 40 {END}"  # 60, from tick 0 to 96


def header(form: int = 1, tracks: int = 1, division: int = 480) -> bytes:
    return b"MThd" + bytes([0, 0, 0, 6, 0, form, 0, tracks]) + division.to_bytes(2, "big")


def chunk(events: str) -> bytes:
    """A track of events as the specification (RP-001) spells them, in hexadecimal."""
    body = bytes.fromhex(events)
    return b"MTrk" + len(body).to_bytes(4, "big") + body


def saved(path: Path, *tracks: str, form: int = 1, division: int = 480) -> Path:
    """A file that no library had a hand in."""
    path.write_bytes(header(form, len(tracks), division) + b"".join(map(chunk, tracks)))
    return path


class TestReading:
    def test_whole_song(self, tmp_path: Path) -> None:
        conductor = f"""
            00 ff 03 05 43 68 6f 69 72     track name: Choir
            00 ff 58 04 03 02 18 08        3/4
            00 ff 59 02 03 01              F sharp minor
            00 ff 51 03 09 27 c0           600,000 us
            87 40 ff 51 03 0a ae 60        960: 700,000 us
            83 60 ff 58 04 06 03 24 08     1440: 6/8
            {END}"""
        voice = f"""
            00 ff 03 06 53 6f 70 72 61 6e  track name: Sopran
            00 92 3c 5a                    60 begins on channel 3
            83 60 82 3c 00                 480: 60 ends
            00 b2 40 7f                    pedal
            00 f0 04 01 02 03 f7           system exclusive
            00 92 3e 5b                    62 begins
            14 c2 03                       500: program
            83 4c 82 3e 00                 960: 62 ends
            {END}"""
        assert read_song(saved(tmp_path / "a.mid", spelt(conductor), spelt(voice))) == Song(
            notes=(SongNote(0, 480, 60, 90, 2, 1), SongNote(480, 960, 62, 91, 2, 1)),
            ticks_per_beat=480,
            tempos=(Tempo(0, 600_000), Tempo(960, 700_000)),
            metres=(Metre(0, 3, 4), Metre(1440, 6, 8)),
            track_names=("Choir", "Sopran"),
            length_ticks=1440,
            key=KeySignature(3, True),
            events=(TrackEvent(480, 1, b"\xb2\x40\x7f"), TrackEvent(500, 1, b"\xc2\x03")),
        )

    @pytest.mark.parametrize("form", [0, 1, 2])
    def test_one_track_of_any_format(self, tmp_path: Path, form: int) -> None:
        path = saved(tmp_path / "a.mid", NOTE, form=form, division=24)
        assert read_song(path) == Song((SongNote(0, 96, 60, 64, 0, 0),), 24, track_names=("",), length_ticks=96)

    @pytest.mark.parametrize(
        ("division", "ticks_per_beat"),
        [(0xE728, 1000), (0xE850, 1920), (0xE204, 120), (0xE304, 120), (0xE201, 30)],
        ids=["25 by 40", "24 by 80", "30 by 4", "29.97 by 4", "30 by 1"],
    )
    def test_frames_of_film_are_read_as_beats_of_half_a_second(
        self, tmp_path: Path, division: int, ticks_per_beat: int
    ) -> None:
        """A note of 96 ticks; a tempo, which such a file may hold, moves nothing."""
        song = read_song(saved(tmp_path / "a.mid", f"00 ff 51 03 09 27 c0 {NOTE}", division=division))
        assert (song.notes, song.ticks_per_beat) == ((SongNote(0, 192, 60, 64, 0, 0),), ticks_per_beat)
        assert (song.tempos, song.length_ticks) == ((), 192)
        assert song.notices == mended("time counted in SMPTE frames, read at 120 beats a minute", 1)

    def test_velocity_zero_ends_a_note(self, tmp_path: Path) -> None:
        path = saved(tmp_path / "a.mid", f"00 90 3c 46 64 90 3c 00 {END}")
        assert read_song(path).notes == (SongNote(0, 100, 60, 70, 0, 0),)

    def test_equal_pitches_end_in_the_order_they_began(self, tmp_path: Path) -> None:
        path = saved(tmp_path / "a.mid", f"00 90 3c 40 0a 90 3c 41 0a 80 3c 40 0a 80 3c 40 {END}")
        assert read_song(path).notes == (SongNote(0, 20, 60, 64, 0, 0), SongNote(10, 30, 60, 65, 0, 0))

    def test_unended_note_lasts_to_the_end_of_its_track(self, tmp_path: Path) -> None:
        path = saved(tmp_path / "a.mid", "00 80 3d 40 00 90 3c 40 4d ff 2f 00", f"7f 90 3d 40 01 80 3d 40 {END}")
        assert read_song(path).notes == (SongNote(0, 77, 60, 64, 0, 0), SongNote(127, 128, 61, 64, 0, 1))

    def test_note_without_length_gets_a_tick(self, tmp_path: Path) -> None:
        path = saved(tmp_path / "a.mid", f"05 90 3c 40 00 80 3c 40 {END}")
        assert read_song(path).notes == (SongNote(5, 6, 60, 64, 0, 0),)

    def test_percussion_is_left_out_with_a_notice(self, tmp_path: Path) -> None:
        song = read_song(saved(tmp_path / "a.mid", f"00 99 24 40 0a 89 24 40 {END}", NOTE))
        assert song.notes == (SongNote(0, 96, 60, 64, 0, 1),)
        assert song.notices == ("left out 1 percussion note (channel 10)",)

    def test_too_coarse_ticks_are_multiplied(self, tmp_path: Path) -> None:
        events = f"01 ff 51 03 00 00 09 00 ff 58 04 02 02 18 08 00 90 3c 40 02 80 3c 40 {END}"
        assert read_song(saved(tmp_path / "a.mid", events, division=1)) == Song(
            (SongNote(4, 12, 60, 64, 0, 0),), 4, (Tempo(4, 9),), (Metre(4, 2, 4),), ("",), 12
        )

    @pytest.mark.parametrize(
        ("name", "text"),
        [("54 e9 6e", "Tén"), ("54 c3 a9 6e", "Tén"), ("20 c3 a9 00", "é"), ("41 85", "A\x85"), ("ff", "ÿ")],
    )
    def test_names_of_any_age(self, tmp_path: Path, name: str, text: str) -> None:
        size = len(bytes.fromhex(name))
        assert read_song(saved(tmp_path / "a.mid", f"00 ff 03 {size:02x} {name} {NOTE}")).track_names == (text,)

    def test_running_status_and_rubbish_at_the_end(self, tmp_path: Path) -> None:
        path = saved(tmp_path / "a.mid", f"00 90 3c 40 10 3e 40 60 3c 00 00 3e 00 {END}")
        path.write_bytes(path.read_bytes() + b"XFIH\x00\x00\x00\x02ab")
        assert read_song(path).notes == (SongNote(0, 112, 60, 64, 0, 0), SongNote(16, 112, 62, 64, 0, 0))

    @pytest.mark.parametrize(
        "event",
        [
            "ff 08 01 41",  # a program name, which mido does not know
            "ff 4b 00",  # a kind that nobody knows
            "ff 59 02 08 00",  # a key of eight sharps
            "ff 59 02 fe ff",  # a key that is neither major nor minor
            "ff 59 00",
            "ff 58 02 03 02",  # half a time signature
            "ff 58 04 04 1d 18 08",  # 4/536870912
            "ff 58 04 04 07 18 08",  # 4/128
            "ff 58 04 00 02 18 08",  # 0/4
            "ff 51 03 00 00 00",  # a beat of no length
            "ff 51 01 07",
            "ff 54 05 ff ff ff ff ff",  # an SMPTE time that no clock shows
            "ff 00 01 00",
            "ff 20 00",
        ],
    )
    def test_unknown_meta_events_cost_nothing_but_their_time(self, tmp_path: Path, event: str) -> None:
        assert read_song(saved(tmp_path / "a.mid", f"0a {event} {NOTE}")) == Song(
            (SongNote(10, 106, 60, 64, 0, 0),), 480, track_names=("",), length_ticks=106
        )

    def test_first_sensible_key_counts(self, tmp_path: Path) -> None:
        keys = "00 ff 59 02 08 00 00 ff 59 02 f9 01 00 ff 59 02 01 00"
        assert read_song(saved(tmp_path / "a.mid", f"{keys} {NOTE}")).key == KeySignature(-7, True)

    @pytest.mark.parametrize("channel_mode", ["b0 78 00", "b0 7b 00", "b0 7f 00"])  # all sound off, all notes off, poly
    def test_keys_are_let_go_by_modes_of_their_channel(self, tmp_path: Path, channel_mode: str) -> None:
        other = "00 91 40 40 60 81 40 40"
        song = read_song(saved(tmp_path / "a.mid", f"00 90 3c 40 0a {channel_mode} {other} {END}"))
        assert song.notes == (SongNote(0, 10, 60, 64, 0, 0), SongNote(10, 106, 64, 64, 1, 0))
        assert song.events == ()

    def test_last_of_several_at_a_tick_counts(self, tmp_path: Path) -> None:
        first = f"00 ff 51 03 00 00 01 00 ff 58 04 03 02 18 08 {END}"
        song = read_song(saved(tmp_path / "a.mid", first, f"00 ff 51 03 00 00 02 00 ff 58 04 02 01 18 08 {NOTE}"))
        assert (song.tempos, song.metres) == ((Tempo(0, 2),), (Metre(0, 2, 2),))


def spelt(lines: str) -> str:
    """The hexadecimal columns of lines that end in words."""
    return " ".join(line.strip().split("  ")[0] for line in lines.splitlines())


BROKEN = "is no MIDI file ({}); save or export it again as format 0 or 1"
SMPTE = "counts time in SMPTE frames of no known rate; export it with ticks per beat"
EMPTY = "holds no notes; expected a melody, chords or up to four voices"


NOTES = (SongNote(0, 96, 60, 64, 0, 0),)  # those of NOTE
SCALE = tuple(SongNote(480 * at, 480 * (at + 1), pitch, 80, 0, 0) for at, pitch in enumerate(ODD_TUNE))


def mended(what: str, count: int) -> tuple[str]:
    """The notice of one kind of damage."""
    return (f"mended: {what}: {count}",)


class TestOddFiles:
    """What other programs play is read, and what was mended said in a line."""

    @pytest.mark.parametrize(
        ("name", "notes", "notices"),
        [
            ("cc255.mid", SCALE, mended(HIGH_BYTES, 4)),
            ("note253.mid", SCALE, mended(HIGH_NOTES, 1)),
            ("sysex_high.mid", SCALE, mended(HIGH_BYTES, 1)),
            ("rmid.rmi", SCALE, ()),
            ("alien.mid", tuple(note._replace(track=1) for note in SCALE), ()),
            ("more_tracks.mid", tuple(note._replace(track=1) for note in SCALE), mended(COUNT.format(1), 2)),
            ("trunc.mid", SCALE[:7], mended(LENGTHS, 1)),
            ("len_long.mid", SCALE, mended(LENGTHS, 1)),
            ("giant_eot.mid", SCALE, ()),
            ("vlq_over.mid", SCALE, mended(LONG_TIMES, 1)),
        ],
    )
    def test_files_of_others(self, name: str, notes: tuple[SongNote, ...], notices: tuple[str, ...]) -> None:
        song = read_song(ODD / name)
        assert (song.notes, song.notices, song.length_ticks) == (notes, notices, notes[-1].end_tick)

    def test_tracks_that_are_not_there(self) -> None:
        song = read_song(ODD / "fewer_tracks.mid")
        assert [note.pitch for note in song.notes if note.track == 0] == list(ODD_TUNE)
        assert [note.track for note in song.notes].count(1) == 8
        assert song.notices == mended(COUNT.format(5), 2)

    @pytest.mark.parametrize(
        ("events", "notices"),
        [
            ("00 c0 ff", mended(HIGH_BYTES, 1)),  # a program
            ("00 e0 80 ff", mended(HIGH_BYTES, 2)),  # a pitch bend
            ("00 d0 80", mended(HIGH_BYTES, 1)),  # aftertouch of a channel …
            ("00 a0 3c 80", mended(HIGH_BYTES, 1)),  # … and of a key
            ("00 a0 fc 40", ()),
            ("00 80 fc 40", ()),
            ("00 90 fc 00", ()),
            ("00 90 fc 40", mended(HIGH_NOTES, 1)),
            ("00 f0 03 c0 01 f7", mended(HIGH_BYTES, 1)),
            ("00 f7 02 f3 01", ()),  # an escape may be anything
            ("00 f1 00 00 f2 00 00 00 f3 00 00 f4 00 f6 00 f8", ()),  # the system's own, some of them undefined
            ("00 3c 40", mended(NO_STATUS, 1)),
            ("00 ff 01 01 41", ()),
        ],
    )
    def test_events_that_no_file_should_have(self, tmp_path: Path, events: str, notices: tuple[str, ...]) -> None:
        song = read_song(saved(tmp_path / "a.mid", f"{events} {NOTE}"))
        assert (song.notes, song.notices) == (NOTES, notices)

    def test_velocity_above_127(self, tmp_path: Path) -> None:
        song = read_song(saved(tmp_path / "a.mid", f"00 90 3c ff 60 80 3c 40 {END}"))
        assert (song.notes, song.notices) == ((SongNote(0, 96, 60, 127, 0, 0),), mended(HIGH_BYTES, 1))

    @pytest.mark.parametrize("between", ["ff 01 01 41", "f0 02 01 f7", "f7 01 f8", "f8"])
    def test_running_status_goes_on_after_what_is_no_channels(self, tmp_path: Path, between: str) -> None:
        path = saved(tmp_path / "a.mid", f"00 90 3c 40 20 {between} 40 3c 00 {END}")
        song = read_song(path)
        assert (song.notes, song.length_ticks, song.notices) == (NOTES, 96, ())

    @pytest.mark.parametrize(
        ("data", "notices"),
        [
            (chunk(NOTE)[:-4], mended(LENGTHS, 1)),  # without an end, and with a length that counts it
            (chunk(NOTE[:-12]), ()),  # without an end, and of its own length
            (chunk(NOTE[:-12]) + b"\n", mended(LENGTHS, 1)),
            (chunk(NOTE) + bytes(7), ()),
            (b"MTrk\0\0\0\0" + chunk(NOTE)[8:], mended(LENGTHS, 1)),
            (b"MTrk\0\0\0\5" + chunk(NOTE)[8:], mended(LENGTHS, 1)),
            (b"MTrk\xff\xff\xff\xff" + chunk(NOTE)[8:], mended(LENGTHS, 1)),
            (b"\0" + chunk(NOTE), ()),  # a chunk made even
            (b"XFIH\xff\0\0\0" + chunk(NOTE), ()),
            (b"XFIH\0\0\0\x0cMTrk\0\0\0\4" + bytes.fromhex(END) + chunk(NOTE), ()),
            (chunk(f"{NOTE[:-12]} 00 ff 01 ff ff 7f"), mended(LENGTHS, 1)),  # a text longer than its track
        ],
    )
    def test_chunks(self, tmp_path: Path, data: bytes, notices: tuple[str, ...]) -> None:
        path = tmp_path / "a.mid"
        path.write_bytes(header() + data)
        assert (read_song(path).notes, read_song(path).notices) == (NOTES, notices)

    def test_what_ends_early_costs_no_other_track(self, tmp_path: Path) -> None:
        for first in (chunk(f"00 ff 7f ff 7f {END}"), b"MTrk\0\0\1\0" + chunk(END)[8:], b"MTrk\0\0\0\0"):
            (tmp_path / "a.mid").write_bytes(header(tracks=2) + first + chunk(NOTE))
            assert read_song(tmp_path / "a.mid").notes == (NOTES[0]._replace(track=1),)

    @pytest.mark.parametrize("size", range(10))
    def test_headers_of_another_length(self, tmp_path: Path, size: int) -> None:
        path = tmp_path / "a.mid"
        path.write_bytes(header()[:7] + bytes([size]) + header()[8:14] + bytes(max(size - 6, 0)) + chunk(NOTE))
        assert read_song(path).notes == NOTES

    @pytest.mark.parametrize(
        "before", [b"RIFF\xff\0\0\0RMIDdata\0\0\0\0", b"RIFF....RMIDLIST\1\0\0\0x\0data....", bytes(128)]
    )
    def test_wrappings(self, tmp_path: Path, before: bytes) -> None:
        path = tmp_path / "a.mid"
        path.write_bytes(before + header() + chunk(NOTE) + b"\0LIST\x10\0\0\0INFO")
        assert (read_song(path).notes, read_song(path).notices) == (NOTES, ())

    def test_a_note_that_never_ends_does_not_last_for_hours(self, tmp_path: Path) -> None:
        path = saved(tmp_path / "a.mid", "00 90 3c 40 ff ff ff 7f ff 2f 00", division=10)
        assert read_song(path).notes == (SongNote(0, 640, 60, 64, 0, 0),)


class TestEvents:
    """What tracks hold beside their notes."""

    def test_order_and_contents(self, tmp_path: Path) -> None:
        words = f"""
            00 ff 02 01 63        copyright
            0a ff 06 01 41        10: marker
            00 ff 05 02 c3 a9     lyric in UTF-8
            00 ff 05 01 e9        lyric in Latin-1
            00 ff 7f 01 41        of a sequencer: left out
            00 ff 21 01 00        a port: left out
            {END}"""
        played = f"""
            00 ff 03 01 4d        the name stands in track_names
            00 ff 04 01 46        instrument
            00 b1 65 00           RPN 0 …
            00 64 00
            00 06 0c              … is 12
            00 b1 7a 00           local control: left out
            00 b1 79 00           reset of controllers
            00 f0 02 7e f7        system exclusive: left out
            00 c1 49              program
            00 91 3c 40           60 begins
            0a e1 00 50           10: bend
            00 a1 3c 20           pressure on a key
            00 d1 21              pressure
            0a 81 3c 40           20: 60 ends
            00 b9 07 40           volume of percussion: left out
            {END}"""
        song = read_song(saved(tmp_path / "a.mid", spelt(words), spelt(played)))
        expected = [
            *((0, 0, "ff 02 01 63"), (0, 1, "ff 04 01 46"), (0, 1, "b1 65 00"), (0, 1, "b1 64 00"), (0, 1, "b1 06 0c")),
            *((0, 1, "b1 79 00"), (0, 1, "c1 49"), (10, 0, "ff 06 01 41"), (10, 0, "ff 05 02 c3 a9")),
            *((10, 0, "ff 05 01 e9"), (10, 1, "e1 00 50"), (10, 1, "a1 3c 20"), (10, 1, "d1 21")),
        ]
        assert song.events == tuple(TrackEvent(tick, track, bytes.fromhex(data)) for tick, track, data in expected)
        assert song.notices == ()

    def test_ticks_are_those_of_the_notes(self, tmp_path: Path) -> None:
        song = read_song(saved(tmp_path / "a.mid", f"01 ff 05 01 61 00 90 3c 40 02 80 3c 40 {END}", division=1))
        assert song.events == (TrackEvent(4, 0, b"\xff\x05\x01a"),)

    def test_long_words(self, tmp_path: Path) -> None:
        """As long as they may be, with a length of two bytes; one more is left out."""
        text = "61" * (LONGEST_WORDS - 4)
        song = read_song(saved(tmp_path / "a.mid", f"00 ff 05 ff 7c {text} 00 ff 05 ff 7d {text} 61 {NOTE}"))
        assert song.events == (TrackEvent.of_text(0, 0, LYRIC, "a" * (LONGEST_WORDS - 4)),)

    def test_of_a_flood_what_is_said_once_is_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tracks, "MOST_EVENTS", 3)
        flood = "00 b0 01 07 00 e0 00 41 00 d0 11 00 a0 3c 11 00 b0 0b 22"
        song = read_song(saved(tmp_path / "a.mid", f"00 c0 05 00 b0 40 7f {flood} 00 ff 05 01 61 00 b0 40 00 {NOTE}"))
        assert [event.data.hex(" ") for event in song.events] == ["c0 05", "b0 40 7f", "ff 05 01 61"]
        assert song.notices == ("left out 6 controllers and bends: more than 3",)

    def test_as_many_as_may_be(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tracks, "MOST_EVENTS", 3)
        song = read_song(saved(tmp_path / "a.mid", f"00 b0 01 07 00 e0 00 41 00 d0 11 {NOTE}"))
        assert (len(song.events), song.notices) == (3, ())


class TestBadFiles:
    @pytest.mark.parametrize(
        ("data", "fault"),
        [
            (b"", BROKEN.format("it has no header MThd")),
            (b"RIFF1234", BROKEN.format("it has no header MThd")),
            (b"MThd\0\0\0\6", BROKEN.format("it ends in its header")),
            (b"MThd\0\0\0\4\0\1\0\1\1\1", EMPTY),
            (header(form=3) + chunk(NOTE), "says it is of format 3; expected 0 or 1"),
            (
                header(form=2, tracks=2) + chunk(NOTE) * 2,
                "is of format 2 (patterns without a common time); export it as format 0 or 1",
            ),
            *((header(division=wrong) + chunk(NOTE), SMPTE) for wrong in (0x8000, 0xE200, 0xE628, 0xFFFF)),
            (header(division=0) + chunk(NOTE), "has 0 ticks per beat; expected 1..32767, save or export it again"),
            (header() + chunk("00 90 3c"), EMPTY),
            (header() + chunk("00 3c 40"), EMPTY),
            (header() + chunk("00 f4"), EMPTY),
            (header() + b"\xff" * 3_900_000, EMPTY),
            (header() + chunk(END), EMPTY),
            (header(tracks=0), EMPTY),
            (
                header() + chunk(f"00 99 24 40 10 89 24 40 {END}"),
                "holds only percussion (channel 10); expected a melody, chords or up to four voices",
            ),
            (
                header() + chunk(f"ff ff ff 7f 90 3c 40 {END}"),
                "lasts more than 200000 beats; choose a shorter piece",
            ),
            (header() + bytes(4_000_000), "is larger than 4 MB"),
        ],
    )
    def test_one_line_says_what_is_wrong(self, tmp_path: Path, data: bytes, fault: str) -> None:
        path = tmp_path / "seed.mid"
        path.write_bytes(data)
        with pytest.raises(BadMidiFile) as caught:
            read_song(path)
        assert str(caught.value) == f"{path} {fault}"

    def test_too_many_notes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(midi, "MOST_NOTES", 2)
        path = saved(tmp_path / "a.mid", f"00 90 3c 40 01 3c 40 {NOTE}")
        with pytest.raises(BadMidiFile) as caught:
            read_song(path)
        assert str(caught.value) == f"{path} holds more than 2 notes; choose a shorter piece"

    def test_no_such_file(self, tmp_path: Path) -> None:
        with pytest.raises(BadMidiFile) as caught:
            read_song(tmp_path / "a\nb.mid")
        assert str(caught.value) == f"cannot read {tmp_path}/a b.mid: No such file or directory"

    def test_folder(self, tmp_path: Path) -> None:
        with pytest.raises(BadMidiFile, match="cannot read"):
            read_song(tmp_path)

    @in_a_folder
    @given(
        st.binary(max_size=200), st.sampled_from([b"", header(), header() + b"MTrk\0\0\0\x40", header(0) + chunk(NOTE)])
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
            read_or_refuse(path, whole[:size])
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
            KeySignature(-7, False),
        )

    def test_every_byte(self, tmp_path: Path) -> None:
        path = tmp_path / "a.mid"
        notes = [VoiceNote(3, 0, 240, 48, 70), VoiceNote(0, 0, 120, 72, 80), VoiceNote(0, 120, 240, 72, 81)]
        write_chorale(
            path, notes, ticks_per_beat=120, metres=[(120, 6, 8)], key=(-1, True), markers=[(120, "né"), (0, "x")]
        )
        soprano = f"""
            00 ff 03 07 53 6f 70 72 61 6e 6f  track name: Soprano
            00 ff 58 04 04 02 18 08           4/4, as nothing else is said
            00 ff 59 02 ff 01                 D minor
            00 ff 51 03 07 a1 20              500,000 us
            00 ff 06 01 78                    marker
            00 90 48 50                       72 begins
            78 ff 58 04 06 03 0c 08           120: 6/8, a click a quaver
            00 ff 06 03 6e c3 a9              marker in UTF-8
            00 80 48 40                       72 ends …
            00 90 48 51                       … and begins again
            78 80 48 40                       240: 72 ends
            {END}"""
        bass = f"00 ff 03 04 42 61 73 73 00 93 30 46 81 70 83 30 40 {END}"
        assert path.read_bytes() == header(1, 4, 120) + b"".join(
            [
                chunk(spelt(soprano)),
                chunk("00 ff 03 04 41 6c 74 6f 81 70 ff 2f 00"),
                chunk("00 ff 03 05 54 65 6e 6f 72 81 70 ff 2f 00"),
                chunk(bass),
            ]
        )

    def test_events_of_voices(self, tmp_path: Path) -> None:
        """On the channel of their voice, between the ends of notes and notes; texts first, as the bytes they are."""
        events = [
            *(VoiceEvent(1, 120, data) for data in (b"\xb9\x40\x7f", b"\xff\x05\x02\xe9\x2d", b"\xe9\x01\x40")),
            VoiceEvent(3, 300, b"\xc0\x13"),
        ]
        notes = [VoiceNote(1, 0, 120, 60, 70), VoiceNote(1, 120, 240, 60, 71)]
        write_chorale(tmp_path / "a.mid", notes, ticks_per_beat=120, events=events)
        alto = """
            00 ff 03 04 41 6c 74 6f        track name: Alto
            00 91 3c 46                    60 begins
            78 ff 05 02 e9 2d              lyric
            00 81 3c 40                    60 ends
            00 b1 40 7f                    pedal
            00 e1 01 40                    bend
            00 91 3c 47                    60 begins again
            78 81 3c 40                    60 ends
            3c ff 2f 00                    with the last event of all"""
        bass = "00 ff 03 04 42 61 73 73 82 2c c3 13 00 ff 2f 00"
        data = (tmp_path / "a.mid").read_bytes()
        assert chunk(spelt(alto)) in data
        assert data.endswith(chunk(bass))

    def test_nothing_at_all(self, tmp_path: Path) -> None:
        write_chorale(tmp_path / "a.mid", [], ticks_per_beat=0x7FFF, tempos=[(0, 0xFFFFFF)], metres=[(0, 255, 64)])
        assert (tmp_path / "a.mid").read_bytes() == header(1, 4, 0x7FFF) + b"".join(
            [
                chunk(f"00 ff 03 07 53 6f 70 72 61 6e 6f 00 ff 58 04 ff 06 01 08 00 ff 51 03 ff ff ff {END}"),
                chunk(f"00 ff 03 04 41 6c 74 6f {END}"),
                chunk(f"00 ff 03 05 54 65 6e 6f 72 {END}"),
                chunk(f"00 ff 03 04 42 61 73 73 {END}"),
            ]
        )

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

    @pytest.mark.parametrize(
        ("given_settings", "fault"),
        [
            ({"ticks_per_beat": 0}, "ticks_per_beat 0 is outside 1..32767"),
            ({"ticks_per_beat": 0x8000}, "ticks_per_beat 32768 is outside 1..32767"),
            ({"tempos": [(0, 0)]}, "a beat of 0 us is outside 1..16777215"),
            ({"tempos": [(0, 0x1000000)]}, "a beat of 16777216 us is outside 1..16777215"),
            ({"metres": [(0, 4, 3)]}, "time signature 4/3 cannot be written"),
            ({"metres": [(0, 256, 4)]}, "time signature 256/4 cannot be written"),
            ({"key": (8, False)}, "a key of 8 sharps is outside -7..7"),
            ({"markers": [(-1, "")]}, "tick -1 after tick 0 cannot be written: 0..268435455 further on"),
            (
                {"markers": [(0x10000000, "")]},
                "tick 268435456 after tick 0 cannot be written: 0..268435455 further on",
            ),
        ],
    )
    def test_impossible_settings(self, tmp_path: Path, given_settings: dict[str, Any], fault: str) -> None:
        with pytest.raises(ValueError) as caught:
            write_chorale(tmp_path / "a.mid", [], **{"ticks_per_beat": 96, **given_settings})
        assert str(caught.value) == fault
        assert list(tmp_path.iterdir()) == []
