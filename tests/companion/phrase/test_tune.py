"""Which tracks are heard: the tune by its track, never mixed from several."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from companion.errors import BadMidiFile, BadSetting
from companion.files.midi import read_song
from companion.music.song import Song, SongNote, TrackEvent
from companion.phrase.names import instrument, is_staff, tune_rank, voices_of_choir
from companion.phrase.seed import phrase_of_song
from companion.phrase.tune import heard_parts

GOLDEN = Path(__file__).parents[2] / "golden"
BEAT = 480

TUNE = "line", 67
HIGH, LOW, BASS = ("chords", 72), ("chords", 55), ("line", 40)
Kind = tuple[str, int]


def part(kind: Kind, track: int, channel: int) -> list[SongNote]:
    """Eight beats of a line, or of triads, around a pitch."""
    (what, pitch), notes = kind, []
    for beat, step in enumerate((0, 2, 4, 5, 4, 2, 0, 0)):
        for more in (0, 4, 7) if what == "chords" else (0,):
            notes.append(SongNote(beat * BEAT, (beat + 1) * BEAT, pitch + step + more, 70, channel, track))
    return notes


def song(*parts: tuple[str, Kind], channel: int | None = None) -> Song:
    """Named tracks on channels of their own, or all on one."""
    notes = [
        one for track, (_, kind) in enumerate(parts) for one in part(kind, track, track if channel is None else channel)
    ]
    return Song(tuple(sorted(notes)), BEAT, track_names=tuple(name for name, _ in parts))


def in_one_track(*kinds: Kind, programs: Sequence[int] = ()) -> Song:
    """As files of format 0 hold them: channels in the place of tracks."""
    notes = sorted(note for channel, kind in enumerate(kinds) for note in part(kind, 0, channel))
    events = [TrackEvent(0, 0, bytes((0xC0 | channel, program))) for channel, program in enumerate(programs)]
    return Song(tuple(notes), BEAT, track_names=("Song",), events=tuple(events))


def heard(given: Song, voice: int | None = None, track: str | None = None) -> list[int]:
    """The numbers of the tracks that are heard, from 0 on; every note of each is."""
    kept, _ = heard_parts(given, voice, track)
    tracks = sorted({note.track for note in kept.notes})
    assert kept.notes == tuple(note for note in given.notes if note.track in tracks)
    return tracks


class TestTheTune:
    @pytest.mark.parametrize(
        "parts",
        [
            [("Melody", TUNE), ("Piano", LOW)],
            [("Melody", TUNE), ("Piano", HIGH)],
            [("MELODY 1", TUNE), ("Strings", HIGH), ("Pad", LOW), ("Bass", BASS)],
            [("Lead Vox", TUNE), ("Backing Vox", HIGH), ("Piano", LOW)],
            [("Vocals", TUNE), ("Vocal Harmony", TUNE), ("Guitar", LOW), ("Bass", BASS), ("Lead Guitar", TUNE)],
            [("LeadVocal", TUNE), ("Vocal Double", TUNE), ("Rhodes", LOW)],
            [("Synth Lead", TUNE), ("Synth Arp", TUNE), ("Synth Pad", HIGH)],
            [("Gesang", TUNE), ("Begleitung", HIGH)],
            [("Singstimme", TUNE), ("Klavier rechts", HIGH), ("Klavier links", LOW)],
            [("Mélodie", TUNE), ("Piano", HIGH), ("Basse", BASS)],
            [("Chant", TUNE), ("Guitare", HIGH)],
            [("Voce", TUNE), ("Pianoforte", HIGH), ("Pianoforte", LOW)],
            [("Melodi\u0301a", TUNE), ("Guitarra", HIGH), ("Bajo", BASS)],  # an accent apart
            [("Cantus firmus", TUNE), ("Orgel", HIGH), ("Orgel", LOW), ("Pedal", BASS)],
            [("Soprano", TUNE), ("Organ", HIGH)],
            [("Melody (octaves)", HIGH), ("Piano", LOW)],  # by its name, though it holds chords
            [("Flute", TUNE), ("Harp", HIGH)],  # the only line
            [("", TUNE), ("", LOW)],
            [("1-MIDI", TUNE), ("2-MIDI", LOW), ("3-MIDI", BASS)],
            [("Choir", TUNE), ("Piano", HIGH)],
        ],
    )
    @pytest.mark.parametrize("voice", [None, 0])
    @pytest.mark.parametrize("last", [False, True])
    def test_it_is_found(self, parts: list[tuple[str, Kind]], voice: int | None, last: bool) -> None:
        given = song(*(reversed(parts) if last else parts))
        tune = len(parts) - 1 if last else 0
        assert heard(given, voice) == [tune]
        phrase = phrase_of_song(given, voice)
        assert {source.track for source in phrase.sources} == {tune}

    def test_tracks_on_one_channel(self) -> None:
        assert heard(song(("Melody", TUNE), ("Piano", HIGH), channel=0)) == [0]

    def test_nothing_of_the_piano_is_in_the_tune(self) -> None:
        phrase = phrase_of_song(read_song(GOLDEN / "mp.mid"), 0)
        assert [note.pitch for note in phrase.notes] == [67, 69, 71, 72, 71, 69, 67, 67]
        assert phrase.given == (True, False, False, False)
        assert phrase.notices == ("heard: track 1 Melody; left out: 2 Piano; --track chooses others",)

    def test_a_bass_that_is_asked_for(self) -> None:
        given = song(("Melody", TUNE), ("Piano", HIGH), ("Bass", BASS))
        assert heard(given, voice=3) == [2]
        assert phrase_of_song(given, 3).given == (False, False, False, True)

    def test_a_channel_of_the_only_track(self) -> None:
        given = in_one_track(TUNE, LOW, BASS, programs=(73, 0, 32))
        kept, notices = heard_parts(given)
        assert {note.channel for note in kept.notes} == {0}
        assert notices == ("heard: channel 1; left out: channel 2, channel 3; --track chooses others",)


class TestAllAreHeard:
    @pytest.mark.parametrize(
        "parts",
        [
            [("Soprano", TUNE), ("Bass", BASS)],
            [("Violin", TUNE), ("Viola", TUNE), ("Cello", BASS)],
            [("", TUNE), ("", TUNE), ("", BASS), ("", BASS)],
            [("Violin I", TUNE), ("Violin II", HIGH), ("Viola", LOW), ("Cello", BASS)],  # with double stops
            [("Flöte", TUNE), ("Fagott", LOW)],
            [("Melody", TUNE), ("Bass", BASS)],  # two lines are two voices
            [("Upper", HIGH), ("Lower", LOW)],
            [("SA", HIGH), ("TB", LOW)],
            [("Women", HIGH), ("Men", LOW)],
            [("Piano", HIGH), ("Piano", LOW)],
            [("Piano", TUNE), ("Piano", LOW)],
            [("Klavier rechte Hand", TUNE), ("Klavier linke Hand", LOW)],
            [("", HIGH), ("", LOW)],
            [("", HIGH), ("", BASS)],
            [("Organ", HIGH), ("Organ", LOW), ("Organ", BASS)],
            [("Choir", HIGH)],
            [("Choir 1", HIGH), ("Choir 2", LOW)],
            [("S", TUNE), ("Inner", LOW), ("B", BASS)],
            [("A", HIGH), ("B", LOW)],
        ],
    )
    def test_voices_and_staves(self, parts: list[tuple[str, Kind]]) -> None:
        assert heard(song(*parts)) == list(range(len(parts)))
        assert heard_parts(song(*parts))[1] == ()

    def test_unnamed_staves_of_one_channel(self) -> None:
        assert heard(song(("", TUNE), ("", LOW), channel=0)) == [0, 1]

    def test_of_two_staves_the_voice_asked_for_is_the_line(self) -> None:
        assert heard(song(("Piano", TUNE), ("Piano", LOW)), voice=0) == [0]

    def test_fingers_on_channels_of_their_own(self) -> None:
        """A tune from a pad that bends each note by itself, on channels in turn."""
        notes = [note._replace(channel=1 + at % 3) for at, note in enumerate(part(TUNE, 0, 0))]
        phrase = phrase_of_song(Song(tuple(notes), BEAT))
        assert phrase.given == (True, False, False, False)

    def test_strings_of_a_guitar(self) -> None:
        given = in_one_track(HIGH, LOW, BASS, ("line", 60), TUNE, programs=(24,) * 5)
        assert heard_parts(given) == (given, ())


class TestChoirs:
    @pytest.mark.parametrize(
        ("names", "expected"),
        [
            (["Soprano", "Alto", "Tenor", "Bass", "Piano"], [0, 1, 2, 3]),
            (["Piano", "Soprano", "Bass"], [1, 2]),
            (["Soprano I", "Soprano II", "Alto I", "Alto II", "Tenor", "Bass", "Piano"], [0, 2, 4, 5]),
            (["Piano", "Soprano I", "Soprano II", "Alto I", "Alto II"], [1, 2, 3, 4]),
            (["SA", "TB", "Piano"], [0, 1]),
            (["Women", "Men", "Piano"], [0, 1]),
            (["Melody", "Choir", "Piano"], [0]),
            (["Choir 1", "Choir 2", "Piano"], [0, 1]),
            (["Choir", "Soprano", "Alto", "Tenor", "Bass"], [1, 2, 3, 4]),
            (["Vocal", "Alto Sax", "Tenor Sax", "Piano"], [0]),
        ],
    )
    def test_among_instruments(self, names: list[str], expected: list[int]) -> None:
        kinds = [LOW if name in ("Piano", "SA", "TB", "Choir", "Women", "Men") else TUNE for name in names]
        assert heard(song(*zip(names, kinds, strict=True))) == expected


class TestDoubt:
    def test_one_line_lists_the_tracks(self) -> None:
        with pytest.raises(BadMidiFile) as caught:
            phrase_of_song(song(("Vox 1", TUNE), ("Vox 2", TUNE), ("Piano\n\x1b", HIGH)))
        assert str(caught.value) == (
            "it is not clear which track is the tune: 1 Vox 1 (8 notes, G4 to C5), 2 Vox 2 (8 notes, G4 to C5), "
            "3 Piano \\x1b (24 notes, C5 to C6); name it, as in --track 1, or hear all of them as one by --track all"
        ).replace("\\x1b", "?")

    @pytest.mark.parametrize(
        "parts",
        [
            [("Piano", HIGH), ("Strings", LOW)],
            [("", LOW), ("", HIGH), ("", BASS)],
            [("Track 1", TUNE), ("Track 2", HIGH)],  # an accompaniment above, or a left hand below?
            [("Acoustic", HIGH), ("Electric", LOW), ("Bass", BASS)],
            [("Backing Vocals", TUNE), ("Piano", HIGH)],
        ],
    )
    @pytest.mark.parametrize("voice", [None, 0])
    def test_it_asks(self, parts: list[tuple[str, Kind]], voice: int | None) -> None:
        with pytest.raises(BadMidiFile, match="it is not clear which track is the tune"):
            heard_parts(song(*parts), voice)

    def test_a_long_list_ends(self) -> None:
        with pytest.raises(BadMidiFile, match=r", and 24 more; name it"):
            heard_parts(song(*[(f"Vox {number} {'x' * 99}", TUNE) for number in range(39)], ("Piano", LOW)))


class TestAsked:
    BAND = song(("Vox", TUNE), ("Piano", HIGH), ("Piano 2", LOW), ("2", BASS))

    @pytest.mark.parametrize(
        ("track", "expected"),
        [
            ("1", [0]),
            ("vox", [0]),
            (" Piano ", [1]),  # the whole name comes first
            ("3", [2]),
            ("2", [3]),  # a name before a number
            ("piano 2", [2]),
            ("vo", [0]),
            ("all", [0, 1, 2, 3]),
            ("ALL", [0, 1, 2, 3]),
            ("Vox, 3", [0, 2]),
        ],
    )
    def test_by_name_or_number(self, track: str, expected: list[int]) -> None:
        assert heard(self.BAND, track=track) == expected

    @pytest.mark.parametrize("track", ["5", "0", "-1", "Flute", "", ",", "1,Flute", "\x1b"])
    def test_what_is_not_there(self, track: str) -> None:
        with pytest.raises(BadSetting, match=r"^no track is '.*'; there are 1 Vox \(8 notes") as caught:
            heard_parts(self.BAND, track=track)
        assert str(caught.value).isprintable()

    def test_a_name_of_several(self) -> None:
        with pytest.raises(BadSetting) as caught:
            heard_parts(song(("Piano", HIGH), ("Piano", LOW)), track="piano")
        assert str(caught.value) == (
            "'piano' are several tracks; give the number of one: "
            "1 Piano (24 notes, C5 to C6), 2 Piano (24 notes, G3 to G4)"
        )

    def test_numbers_count_tracks_without_notes(self) -> None:
        given = song(("Melody", TUNE), ("Piano", LOW))
        late = tuple(note._replace(track=note.track + 1) for note in given.notes)
        kept, notices = heard_parts(Song(late, BEAT, track_names=("Tempo", "Melody", "Piano")))
        assert {note.track for note in kept.notes} == {1}
        assert notices == ("heard: track 2 Melody; left out: 3 Piano; --track chooses others",)

    def test_one_of_the_voices(self) -> None:
        given = song(("Soprano", TUNE), ("Bass", BASS))
        assert phrase_of_song(given, track="Bass").given == (False, False, False, True)

    def test_sources_tell_which_track_became_which_voice(self) -> None:
        phrase = phrase_of_song(song(("Bass", BASS), ("Soprano", TUNE)))
        assert phrase.sources == ((0, 1, 1), (3, 0, 0))


class TestNames:
    @pytest.mark.parametrize(
        ("name", "rank"),
        [
            *(("Melody", 0), ("melodie", 0), ("Hauptmelodie", 0), ("TUNE_2", 0), ("c.f.", None)),
            *(("Vox", 1), ("VOCALS", 1), ("Voix", 1), ("Voz", 1), ("Canto", 1), ("Gesangsstimme", 1), ("Sopran", 1)),
            *(("Lead", 2), ("Thema", 2), ("Lead Guitar", 2), ("Solo", 2)),
            *(("Backing Vocals", None), ("Vocal Pad", None), ("Counter Melody", None), ("Melody Double", None)),
            *(("Piano", None), ("Violin", None), ("", None), ("1", None), ("Leader", None), ("Unmelodic", None)),
        ],
    )
    def test_tunes(self, name: str, rank: int | None) -> None:
        assert tune_rank(name) == rank

    @pytest.mark.parametrize(
        ("name", "voices"),
        [
            *(("Soprano", {0}), ("S", {0}), ("Alto 2", {1}), ("Soprano/Alto", {0, 1}), ("S.A.", {0, 1})),
            *(("TB", {2, 3}), ("Men", {2, 3}), ("Frauen", {0, 1}), ("Choir", {0, 1, 2, 3}), ("Choir - Bass", {3})),
            *(("SATB", {0, 1, 2, 3}), ("Chor Tenor II", {2}), ("Alto Sax", set()), ("Bass Guitar", set())),
            *(("", set()), ("Voice", set()), ("Piano", set())),
        ],
    )
    def test_choirs(self, name: str, voices: set[int]) -> None:
        assert voices_of_choir(name) == voices

    @pytest.mark.parametrize(
        ("name", "left", "staff"),
        [
            *(("Piano RH", "piano", True), ("Klavier links", "klavier", True), ("Piano 2", "piano", False)),
            *(("Track 3", "", False), ("4-MIDI", "", False), ("", "", False), ("Upper", "", True), ("SA", "", True)),
        ],
    )
    def test_instruments(self, name: str, left: str, staff: bool) -> None:
        assert (instrument(name), is_staff(name)) == (left, staff)
