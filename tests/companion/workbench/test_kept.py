"""What a song holds beside its notes, in the voices that its tracks became."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import mido
import pytest
from support.fakes import Babbler

from companion.controls.settings import Settings
from companion.files.midi import read_song
from companion.music.messages import COPYRIGHT, CUE, INSTRUMENT, LYRIC, MARKER, TEXT, meta_event
from companion.music.song import Song, SongNote, TrackEvent, VoiceEvent, VoiceNote
from companion.phrase.seed import phrase_of_song
from companion.workbench import jobs
from companion.workbench.jobs import continue_job, harmonise_job, run
from companion.workbench.kept import kept_events, sounds
from companion.workbench.outputs import Outputs, write_outputs

GOLDEN = Path(__file__).parents[2] / "golden"
BEAT, END = 480, 1920
TUNE = tuple(SongNote(at * BEAT, (at + 1) * BEAT, pitch, 70, 2, 0) for at, pitch in enumerate((67, 69, 71, 72)))
CHORDS = tuple(sorted(note._replace(pitch=note.pitch - down) for note in TUNE for down in (0, 5, 9, 20)))
S, A, T, B = range(4)

Said = tuple[int, str]  # tick, an event in hexadecimal


def at(tick: int, said: str, track: int = 0) -> TrackEvent:
    return TrackEvent(tick, track, bytes.fromhex(said))


def song(notes: Sequence[SongNote], *events: TrackEvent, names: Sequence[str] = ()) -> Song:
    in_time = sorted(events, key=lambda event: event.tick)
    return Song(tuple(sorted(notes)), BEAT, track_names=tuple(names), events=tuple(in_time))


def kept(given: Song, until: int = END, end: int = END, track: str | None = None) -> list[tuple[int, int, str]]:
    """(voice, tick, event) of what is kept."""
    events = kept_events(given, phrase_of_song(given, track=track), until, end)
    assert [event.tick for event in events] == sorted(event.tick for event in events)
    return [(event.voice, event.tick, event.data.hex(" ")) for event in events]


class TestChannels:
    @pytest.mark.parametrize("said", ["c2 49", "b2 07 40", "b2 40 7f", "e2 00 50", "d2 21", "a2 43 21", "b2 65 00"])
    def test_of_the_tune(self, said: str) -> None:
        assert (S, 10, said) in kept(song(TUNE, at(10, said)))

    def test_on_every_voice_of_chords_but_only_the_key_that_is_pressed(self) -> None:
        given = song(CHORDS, at(10, "b2 0b 40"), at(500, "a2 3c 21"), at(500, "a2 7f 21"))
        assert kept(given)[:4] == [(voice, 10, "b2 0b 40") for voice in range(4)]
        assert [voice for voice, _, said in kept(given) if said == "a2 3c 21"] == [T]  # 60 is the tenor's
        assert not any(said == "a2 7f 21" for *_, said in kept(given))

    def test_of_each_voice_its_own_track(self) -> None:
        bass = [note._replace(pitch=note.pitch - 24, track=1, channel=3) for note in TUNE]
        given = song([*TUNE, *bass], at(0, "c2 05"), at(0, "c3 06", track=1), at(0, "c2 07", track=1))
        assert kept(given) == [(S, 0, "c2 05"), (S, 0, "c2 07"), (B, 0, "c3 06")]

    def test_order_within_a_tick_is_kept(self) -> None:
        """A range of bends is three controllers in their order, and a bank comes before its program."""
        said = ["b2 65 00", "b2 64 00", "b2 06 0c", "b2 00 01", "b2 20 02", "c2 05"]
        assert [event for *_, event in kept(song(TUNE, *(at(0, one) for one in said)))] == said

    def test_of_other_channels_nothing(self) -> None:
        assert kept(song(TUNE, at(0, "c5 01"), at(0, "b0 40 7f"))) == []

    def test_of_a_track_that_is_left_out_nothing(self) -> None:
        piano = [note._replace(track=1, channel=3) for note in CHORDS]
        given = song([*TUNE, *piano], at(0, "c2 05"), at(0, "c3 06", track=1), names=("Melody", "Piano"))
        assert kept(given) == [(S, 0, meta_event(INSTRUMENT, b"Melody").hex(" ")), (S, 0, "c2 05")]

    def test_fingers_on_channels_of_their_own_bend_no_voice(self) -> None:
        notes = [note._replace(channel=at % 3) for at, note in enumerate(TUNE)]
        given = song(notes, *(at(0, f"{kind}{channel} 00 50") for kind in "eb" for channel in range(3)))
        assert kept(given) == [(S, 0, "b0 00 50")]

    @pytest.mark.parametrize(
        ("said", "undone"),
        [
            ([(10, "b2 40 7f")], ["b0 40 00"]),
            ([(10, "b2 42 7f"), (20, "b2 43 7f"), (30, "b2 01 7f")], ["b0 42 00", "b0 43 00", "b0 01 00"]),
            ([(10, "b2 40 7f"), (20, "b2 40 00")], []),
            ([(10, "e2 00 50")], ["e0 00 40"]),
            ([(10, "e2 00 50"), (20, "e2 00 40")], []),
            ([(10, "d2 21")], ["d0 00"]),
            ([(0, "b2 07 50"), (10, "b2 07 00")], ["b0 07 50"]),  # a fade: as loud again as it began
            ([(10, "b2 07 00")], ["b0 07 64"]),
            ([(10, "b2 0b 00")], ["b0 0b 7f"]),
            ([(0, "b2 0b 20")], []),
            ([(10, "b2 40 7f"), (11, "e2 00 50"), (12, "d2 21"), (13, "b2 0b 00"), (20, "b2 79 00")], []),
            ([(10, "b2 0a 00"), (10, "c2 05")], []),  # a place and a program stay
        ],
    )
    def test_what_is_held_is_let_go_where_new_music_begins(self, said: list[Said], undone: list[str]) -> None:
        given = song(TUNE, *(at(*one) for one in said), at(END, "b2 40 7f"), at(END + 1, "e2 00 00"))
        events = kept(given, END, 2 * END)
        assert events[: len(said)] == [(S, *one) for one in said]
        assert events[len(said) :] == [(S, END, one) for one in undone]


class TestWords:
    LYRICS = tuple(at(note.start_tick, said) for note, said in zip(TUNE, ("ff 05 01 4f",) * 4, strict=True))

    @pytest.mark.parametrize("text", [b"Wun-", "für".encode(), "für".encode("latin-1"), "歌".encode("shift-jis"), b""])
    def test_lyrics_stay_the_bytes_they_are(self, text: bytes) -> None:
        lyric = meta_event(LYRIC, text)
        assert kept(song(TUNE, TrackEvent(BEAT, 0, lyric))) == [(S, BEAT, lyric.hex(" "))]

    def test_equal_syllables_stay(self) -> None:
        assert [tick for _, tick, _ in kept(song(TUNE, *self.LYRICS))] == [0, 480, 960, 1440]

    def test_of_chords_they_are_the_highest_voice_s(self) -> None:
        assert {voice for voice, *_ in kept(song(CHORDS, *self.LYRICS))} == {S}

    def test_of_a_bass_they_are_the_bass_s(self) -> None:
        low = [note._replace(pitch=note.pitch - 24) for note in TUNE]
        assert {voice for voice, *_ in kept(song(low, *self.LYRICS))} == {B}

    def test_of_a_track_of_their_own_they_are_the_tune_s(self) -> None:
        given = song(TUNE, TrackEvent.of_text(0, 3, LYRIC, "O"), TrackEvent.of_text(0, 3, TEXT, "\\Haupt"))
        assert [voice for voice, *_ in kept(given)] == [S, S]

    def test_of_a_track_that_is_left_out_they_are_left_out(self) -> None:
        piano = [note._replace(track=1, channel=3) for note in CHORDS]
        given = song([*TUNE, *piano], TrackEvent.of_text(0, 1, LYRIC, "la"), TrackEvent.of_text(0, 1, MARKER, "A"))
        assert kept(given, track="1") == [(S, 0, "ff 06 01 41")]

    def test_markers_are_of_all_and_stand_once(self) -> None:
        low = [note._replace(pitch=note.pitch - 24) for note in TUNE]
        twice = [TrackEvent.of_text(BEAT, track, MARKER, "Verse 1") for track in (0, 5)]
        more = [TrackEvent.of_text(END + BEAT, 0, CUE, "Coda"), TrackEvent.of_text(0, 0, COPYRIGHT, "me")]
        assert kept(song(low, *twice, *more), end=2 * END) == [
            (S, 0, more[1].data.hex(" ")),
            (S, BEAT, twice[0].data.hex(" ")),
            (S, END + BEAT, more[0].data.hex(" ")),
        ]

    def test_after_the_last_note_there_is_nothing(self) -> None:
        assert kept(song(TUNE, TrackEvent.of_text(END + 1, 0, MARKER, "Late"), at(10**9, "b2 40 7f"))) == []


class TestNames:
    @pytest.mark.parametrize("name", ["Melody", "Flöte", "Alto Sax", "A"])
    def test_of_the_tune_it_is_an_instrument(self, name: str) -> None:
        assert kept(song(TUNE, names=(name,))) == [
            (S if name != "Alto Sax" else A, 0, meta_event(INSTRUMENT, name.encode()).hex(" "))
        ]

    @pytest.mark.parametrize("name", ["", "Soprano", "S.", "Choir"])
    def test_of_a_voice_it_is_that_of_its_track(self, name: str) -> None:
        assert kept(song(TUNE, names=(name,))) == []

    def test_an_instrument_that_is_said_stays_the_only_one(self) -> None:
        given = song(TUNE, TrackEvent.of_text(0, 0, INSTRUMENT, "Oboe"), names=("Melody",))
        assert kept(given) == [(S, 0, meta_event(INSTRUMENT, b"Oboe").hex(" "))]

    def test_of_the_piece_it_is_a_text(self) -> None:
        later = [note._replace(track=1) for note in TUNE]
        assert kept(song(later, names=("O Haupt", "Melody"))) == [
            (S, 0, meta_event(TEXT, b"O Haupt").hex(" ")),
            (S, 0, meta_event(INSTRUMENT, b"Melody").hex(" ")),
        ]


class TestSounds:
    NOTES = (VoiceNote(S, 480, 960, 67, 70), VoiceNote(B, 0, 960, 48, 70))

    def test_each_voice_has_a_program_and_a_volume(self) -> None:
        assert sounds((), self.NOTES, 52) == [
            VoiceEvent(voice, 0, data) for voice in range(4) for data in (b"\xc0\x34", b"\xb0\x07\x64")
        ]

    @pytest.mark.parametrize(
        ("tick", "said", "missing"),
        [
            (0, "c9 05", [b"\xb0\x07\x64"]),
            (480, "c9 05", [b"\xb0\x07\x64"]),
            (481, "c9 05", [b"\xc0\x34", b"\xb0\x07\x64"]),  # later it is a change
            (5, "b9 07 10", [b"\xc0\x34"]),
            (0, "b9 0b 10", [b"\xc0\x34", b"\xb0\x07\x64"]),
        ],
    )
    def test_what_the_file_says_stays(self, tick: int, said: str, missing: list[bytes]) -> None:
        own = [VoiceEvent(S, tick, bytes.fromhex(said))]
        assert [event.data for event in sounds(own, self.NOTES, 52) if event.voice == S] == missing


class TestFiles:
    """From the files of musicians to what is written."""

    @pytest.fixture(autouse=True)
    def babbler(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(jobs, "open_model", lambda name: Babbler())

    SETTINGS = Settings(model="babbler", seed=1)

    def written(self, job: jobs.Job, out: Path, program: int | None = 52) -> list[list[tuple[int, mido.Message]]]:
        """The events of each track but its notes and its end."""
        write_outputs(job, run(job, lambda done: None), Outputs(out, force=True, program=program))
        tracks = []
        for track in mido.MidiFile(out, charset="utf-8").tracks:
            ticks, events = 0, []
            for message in track:
                ticks += message.time
                events.append((ticks, message.copy(time=0)))
            left = ("note_on", "note_off", "end_of_track", "track_name", "set_tempo", "time_signature", "key_signature")
            tracks.append([(tick, message) for tick, message in events if message.type not in left])
        return tracks

    def test_pedal(self, tmp_path: Path) -> None:
        job = continue_job(GOLDEN / "sustain_chords.mid", 1, self.SETTINGS)
        for voice, events in enumerate(self.written(job, tmp_path / "out.mid")):
            moves = [(tick, event.value) for tick, event in events if event.is_cc(64)]
            bars = ((20, 950), (980, 1910), (1940, 2870), (2900, 3830))
            assert moves == [(tick, value) for down, up in bars for tick, value in ((down, 127), (up, 0))]
            assert {event.channel for _, event in events if not event.is_meta} == {voice}
        song = read_song(tmp_path / "out.mid")
        assert [(note.start_tick, note.end_tick) for note in song.notes if note.track == 0][:4] == [
            *((0, 950), (960, 1910), (1920, 2870), (2880, 3830))
        ]
        assert {min(note.start_tick for note in song.notes if note.start_tick > 3000)} == {3840}
        again = continue_job(tmp_path / "out.mid", 1, self.SETTINGS)  # and what is written is read so too
        assert [note for note in again.phrase.notes if note.start_tick < 3840] == list(job.phrase.notes)

    def test_lyrics(self, tmp_path: Path) -> None:
        seed = read_song(GOLDEN / "lyrics.mid")
        soprano, *others = self.written(harmonise_job(GOLDEN / "lyrics.mid", None, self.SETTINGS), tmp_path / "o.mid")
        assert " ".join(event.text for _, event in soprano if event.type == "lyrics") == (
            "O Haupt voll Blut und Wun- den voll Schmerz und Hohn"
        )
        assert [(tick, event.text) for tick, event in soprano if event.type == "marker"] == [(0, "Verse 1")]
        sound = [(0, "program_change"), (0, "control_change")]
        assert [[(tick, event.type) for tick, event in one] for one in others] == [sound] * 3
        kept = read_song(tmp_path / "o.mid").events
        assert [event for event in kept if event.data[0] == 0xFF] == list(seed.events)

    def test_continued_words_stand_where_they_stood(self, tmp_path: Path) -> None:
        soprano, *_ = self.written(continue_job(GOLDEN / "lyrics.mid", 1, self.SETTINGS), tmp_path / "out.mid")
        lyrics = [event for event in read_song(GOLDEN / "lyrics.mid").events if event.data[1] == LYRIC]
        assert [tick for tick, event in soprano if event.type == "lyrics"] == [event.tick for event in lyrics]
        assert [(tick, event.text) for tick, event in soprano if event.type == "marker"] == [
            *((0, "Verse 1"), (7680, "Chorale Companion"))
        ]

    @pytest.mark.parametrize("voice", [None, S, B])
    def test_tune_by_its_track(self, tmp_path: Path, voice: int | None) -> None:
        job = harmonise_job(GOLDEN / "mp.mid", voice, self.SETTINGS)
        self.written(job, tmp_path / "out.mid")
        (tune,) = {source.voice for source in job.phrase.sources}
        melody = [note[:4] for note in read_song(GOLDEN / "mp.mid").notes if note.track == 0]
        assert [note[:4] for note in read_song(tmp_path / "out.mid").notes if note.track == tune] == melody
        assert "heard: track 1 Melody; left out: 2 Piano; --track chooses others" in job.notices

    def test_all_tracks_as_one(self) -> None:
        job = continue_job(GOLDEN / "mp.mid", 1, self.SETTINGS, track="all")
        assert len(job.phrase.notes) == 20

    def test_bare_notes(self, tmp_path: Path) -> None:
        job = harmonise_job(GOLDEN / "mp.mid", None, self.SETTINGS)
        soprano, *others = self.written(job, tmp_path / "out.mid", program=None)
        assert [event.type for _, event in soprano] == ["instrument_name"]
        assert others == [[], [], []]

    def test_what_is_made_of_what_was_made_has_no_more_of_it(self, tmp_path: Path) -> None:
        """Programs, volumes and names do not pile up."""
        first = self.written(continue_job(GOLDEN / "lyrics.mid", 1, self.SETTINGS), tmp_path / "a.mid")
        again = self.written(continue_job(tmp_path / "a.mid", 1, self.SETTINGS), tmp_path / "b.mid")
        assert again[1:] == first[1:]
        assert [event for event in again[0] if event not in first[0]] == [
            (9600, mido.MetaMessage("marker", text="Chorale Companion"))
        ]
