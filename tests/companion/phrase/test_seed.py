"""From seeds of every kind to the four voices that a model hears."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from companion.errors import BadMidiFile
from companion.files.midi import read_song, write_chorale
from companion.music.song import Song, SongNote, VoiceNote
from companion.music.vocabulary import RANGES, Note, canonical, frames_of_notes, notes_of_frames
from companion.phrase.seed import Phrase, phrase_of_song
from companion.phrase.voicing import named_voice

SOPRANO, ALTO, TENOR, BASS = range(4)
NAMES = ("Soprano", "Alto", "Tenor", "Bass")


def song(
    notes: Iterable[tuple[float, float, int]],
    *,
    ticks_per_beat: int = 480,
    metres: Sequence[tuple[int, int, int]] = (),
    track: int = 0,
    names: tuple[str, ...] = (),
) -> Song:
    """A song of (start, length, pitch) in beats."""
    made = sorted(
        SongNote(round(start * ticks_per_beat), round((start + length) * ticks_per_beat), pitch, 64, 0, track)
        for start, length, pitch in notes
    )
    return Song(tuple(made), ticks_per_beat, metres=tuple(metres), track_names=names)  # type: ignore[arg-type]


def parts(*songs: Song, names: tuple[str, ...] = ()) -> Song:
    """Songs as the tracks of one."""
    notes = sorted(note._replace(track=track) for track, one in enumerate(songs) for note in one.notes)
    return Song(tuple(notes), songs[0].ticks_per_beat, metres=songs[0].metres, track_names=names)


def melody(pitches: Iterable[int], length: float = 1.0, **more: object) -> Song:
    return song([(at * length, length, pitch) for at, pitch in enumerate(pitches)], **more)  # type: ignore[arg-type]


def chords(*steps: tuple[int, ...]) -> Song:
    """Chords of a beat each in one track."""
    return song([(beat, 1, pitch) for beat, chord in enumerate(steps) for pitch in chord])


def heard(phrase: Phrase) -> list[tuple[int, int, int, int]]:
    """(start step, voice, pitch, steps) of each note in the frames."""
    assert np.array_equal(phrase.frames, canonical(phrase.frames))
    assert phrase.frames.dtype == np.int32
    return [(note.start_step, note.voice, note.pitch, note.steps) for note in notes_of_frames(phrase.frames)]


def onsets(phrase: Phrase) -> list[int]:
    return [phrase.start_step + start for start, *_ in heard(phrase)]


def voices_at_each_beat(phrase: Phrase) -> list[list[int]]:
    """The pitches of the four voices struck at each beat, 0 for none."""
    struck = {(start, voice): pitch for start, voice, pitch, _ in heard(phrase)}
    return [[struck.get((step, voice), 0) for voice in range(4)] for step in range(0, len(phrase.frames), 4)]


@st.composite
def chorale(draw: st.DrawFn) -> list[Note]:
    """Notes of four voices on the grid, in their ranges; every voice has some, and the first is at step 0."""
    notes = []
    for voice, (lowest, highest) in enumerate(RANGES):
        step = 0
        lengths = st.tuples(st.integers(0, 6), st.integers(1, 20), st.integers(lowest, highest))
        for gap, steps, pitch in draw(st.lists(lengths, min_size=1, max_size=12)):
            start = step + (gap if step or voice else 0)
            notes.append(Note(start, voice, pitch, steps))
            step = start + steps
    return sorted(notes)


RESTS_OF_A_STEP = [
    *(Note(0, voice, pitch, 1) for voice, pitch in enumerate((57, 50, 45))),
    *(Note(start, 3, 36, steps) for start, steps in ((0, 2), (3, 1), (5, 1), (7, 1))),
]


class TestWithoutLoss:
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(chorale(), st.sampled_from([4, 8, 24, 96, 97, 480, 960]), st.integers(0, 20))
    @example(RESTS_OF_A_STEP, 97, 0)  # a rest is a quarter of a tick shorter than a step
    def test_frames_to_file_to_frames(self, tmp_path: Path, notes: list[Note], ticks_per_beat: int, late: int) -> None:
        def tick(step: int) -> int:
            return (2 * (step + late) * ticks_per_beat + 4) // 8  # the nearest, the later one from halfway

        path = tmp_path / "a.mid"
        played = [
            VoiceNote(note.voice, tick(note.start_step), tick(note.start_step + note.steps), note.pitch, 80)
            for note in notes
        ]
        write_chorale(path, played, ticks_per_beat=ticks_per_beat, force=True)
        phrase = phrase_of_song(read_song(path))
        assert np.array_equal(phrase.frames, frames_of_notes(notes, len(phrase.frames)))
        assert notes_of_frames(phrase.frames) == notes
        assert (phrase.start_step, phrase.first_step) == (late, late % 16)
        assert sorted(phrase.notes) == sorted(played)
        assert [phrase.tick_of_step(note.start_step) for note in notes] == [tick(note.start_step) for note in notes]
        assert [phrase.step_of_tick(tick(note.start_step)) for note in notes] == [note.start_step for note in notes]
        assert phrase.given == (True, True, True, True)
        assert phrase.notices == ()

    @settings(deadline=None)
    @given(
        # of a note alone nobody can say whether it is short or let go early
        st.lists(st.tuples(st.sampled_from([1, 2, 4, 6, 8]), st.integers(60, 80)), min_size=2, max_size=20),
        st.lists(st.floats(-0.39, 0.39), min_size=21, max_size=21),
    )
    @example([(1, 60), (2, 60)], [0.25, 0.375, -0.375, *[0.0] * 18])  # a triplet, as it is played
    @example([(4, 61), (6, 60)], [0.276, 0.34, -0.324, *[0.0] * 18])  # likewise, of which nothing else is known
    def test_jitter_changes_no_step(self, figures: list[tuple[int, int]], jitter: list[float]) -> None:
        notes, step = [], 1
        for steps, pitch in figures:
            notes.append((step, steps, pitch))
            step += steps
        if any(step % 4 == 3 for step, *_ in notes):
            late = [0.3 if step % 4 == 3 else -0.3 for step, *_ in notes]  # early ones may happen to swing
            jitter = [*late, 0.0]
        for at, (step, *_) in enumerate(notes):
            if step % 4 in (1, 2):
                jitter[at] = min(jitter[at], 0.25)  # a later one may lie on a third of its beat
        played = [
            ((step + jitter[at]) / 4, (steps + jitter[at + 1] - jitter[at]) / 4, pitch)
            for at, (step, steps, pitch) in enumerate(notes)
        ]
        phrase = phrase_of_song(song(played, ticks_per_beat=960))
        assert [(start + 1, steps, pitch) for start, _, pitch, steps in heard(phrase)] == notes

    @settings(deadline=None)
    @given(
        st.lists(
            st.tuples(st.integers(0, 5000), st.integers(1, 3000), st.integers(0, 127), st.integers(0, 6)),
            min_size=1,
            max_size=40,
        ),
        st.integers(4, 1000),
    )
    def test_any_notes_at_all(self, raw: list[tuple[int, int, int, int]], ticks_per_beat: int) -> None:
        notes = sorted(SongNote(start, start + ticks, pitch, 1, 0, track) for start, ticks, pitch, track in raw)
        phrase = phrase_of_song(Song(tuple(notes), ticks_per_beat), track="all")
        assert sorted(note[1:4] for note in phrase.notes) == sorted(note[:3] for note in notes)
        assert heard(phrase)
        assert all(RANGES[voice][0] <= pitch <= RANGES[voice][1] for _, voice, pitch, _ in heard(phrase))
        assert all(phrase.given[voice] for _, voice, _, _ in heard(phrase))


class TestDealing:
    CHORALE = tuple(melody(pitches) for pitches in ((72, 71, 72), (67, 67, 67), (64, 62, 64), (48, 55, 48)))

    @pytest.mark.parametrize(
        ("order", "names"),
        [
            ((0, 1, 2, 3), NAMES),
            ((3, 1, 0, 2), ("B", "A", "S", "T")),
            ((2, 0, 3, 1), ()),
            ((3, 2, 1, 0), ("Piano", "Piano", "Piano", "Piano")),
        ],
    )
    def test_four_tracks(self, order: tuple[int, ...], names: tuple[str, ...]) -> None:
        phrase = phrase_of_song(parts(*(self.CHORALE[voice] for voice in order), names=names))
        assert voices_at_each_beat(phrase) == [[72, 67, 64, 48], [71, 67, 62, 55], [72, 67, 64, 48]]
        assert phrase.given == (True, True, True, True)

    def test_names_are_stronger_than_height(self) -> None:
        phrase = phrase_of_song(parts(melody([60]), melody([62]), names=("Alto 1", "Choir - Tenor")))
        assert voices_at_each_beat(phrase) == [[0, 60, 62, 0]]

    def test_four_channels_of_one_track(self) -> None:
        notes = sorted(
            note._replace(channel=3 - voice) for voice, part in enumerate(self.CHORALE) for note in part.notes
        )
        phrase = phrase_of_song(Song(tuple(notes), 480))
        assert voices_at_each_beat(phrase) == [[72, 67, 64, 48], [71, 67, 62, 55], [72, 67, 64, 48]]

    @pytest.mark.parametrize(
        ("pitches", "expected"),
        [
            ((72, 50), [72, 0, 0, 50]),
            ((73, 66), [73, 66, 0, 0]),
            ((72, 64, 48), [72, 64, 0, 48]),
            ((72, 59, 50), [72, 0, 59, 50]),
            ((72, 66, 60), [72, 66, 60, 0]),
        ],
    )
    def test_fewer_parts_than_voices(self, pitches: tuple[int, ...], expected: list[int]) -> None:
        phrase = phrase_of_song(parts(*(melody([pitch]) for pitch in pitches)))
        assert voices_at_each_beat(phrase) == [expected]
        assert phrase.given == tuple(pitch > 0 for pitch in expected)

    def test_chords_in_one_track(self) -> None:
        phrase = phrase_of_song(chords((72, 67, 64, 48), (71, 67, 62, 55), (72, 67, 64, 48)))
        assert voices_at_each_beat(phrase) == [[72, 67, 64, 48], [71, 67, 62, 55], [72, 67, 64, 48]]
        assert phrase.given == (True, True, True, True)

    def test_chords_of_fewer_notes(self) -> None:
        phrase = phrase_of_song(chords((72, 67, 48), (72, 48), (72, 59, 50), (74,), (72, 67, 64, 48)))
        assert voices_at_each_beat(phrase) == [
            [72, 67, 0, 48],
            [72, 0, 0, 48],
            [72, 0, 59, 50],
            [74, 0, 0, 0],
            [72, 67, 64, 48],
        ]

    def test_unison_in_a_chord_is_two_voices(self) -> None:
        assert voices_at_each_beat(phrase_of_song(chords((67, 67, 60, 48)))) == [[67, 67, 60, 48]]

    def test_more_than_four_notes(self) -> None:
        phrase = phrase_of_song(chords((72, 67, 64, 48), (74, 71, 67, 65, 62, 55)))
        assert voices_at_each_beat(phrase) == [[72, 67, 64, 48], [74, 67, 65, 55]]
        assert phrase.notices == ("2 notes beyond four at a time: not heard by the model",)
        assert sorted(note.pitch for note in phrase.notes) == [48, 55, 62, 64, 65, 67, 67, 71, 72, 74]

    def test_bass_moves_under_a_held_chord(self) -> None:
        phrase = phrase_of_song(song([(0, 4, 72), (0, 4, 67), (0, 4, 64), (0, 1, 48), (1, 1, 50), (2, 2, 52)]))
        assert heard(phrase) == [
            (0, 0, 72, 16),
            (0, 1, 67, 16),
            (0, 2, 64, 16),
            (0, 3, 48, 4),
            (4, 3, 50, 4),
            (8, 3, 52, 8),
        ]

    def test_melody_over_held_chords(self) -> None:
        phrase = phrase_of_song(song([(0, 1, 72), (1, 1, 74), (2, 2, 76), (0, 4, 60), (0, 4, 55), (0, 4, 48)]))
        assert voices_at_each_beat(phrase) == [[72, 60, 55, 48], [74, 0, 0, 0], [76, 0, 0, 0], [0, 0, 0, 0]]

    @pytest.mark.parametrize(
        ("pitches", "name", "voice"),
        [
            ((60, 62, 64), "", SOPRANO),
            ((84, 86, 88), "", SOPRANO),
            ((55, 57, 59), "", TENOR),
            ((40, 43, 45), "", BASS),
            ((60, 62, 64), "Tenor", TENOR),
            ((60, 62, 64), "Piano", SOPRANO),
            ((60, 62, 64), "A", SOPRANO),
            ((60, 62, 64), "Part B.", SOPRANO),
            ((60, 62, 64), "T", TENOR),
        ],
    )
    def test_melody(self, pitches: tuple[int, ...], name: str, voice: int) -> None:
        phrase = phrase_of_song(melody(pitches, names=(name,)))
        assert phrase.given == tuple(voice == other for other in range(4))
        assert {note.voice for note in phrase.notes} == {voice}

    @pytest.mark.parametrize(
        ("names", "voices"),
        [
            (("A", "B"), {SOPRANO, BASS}),  # two tracks that are numbered
            (("B", "A"), {SOPRANO, BASS}),
            (("A 1", "A 2"), {SOPRANO, BASS}),
            (("S", "A"), {SOPRANO, ALTO}),
            (("A", "T"), {ALTO, TENOR}),
            (("T", "B"), {TENOR, BASS}),
            (("Alto", "B"), {SOPRANO, BASS}),
        ],
    )
    def test_letters_that_may_be_numbers(self, names: tuple[str, ...], voices: set[int]) -> None:
        phrase = phrase_of_song(parts(melody([72, 71]), melody([48, 50]), names=names))
        assert {note.voice for note in phrase.notes} == voices

    def test_melody_of_a_voice_asked_for(self) -> None:
        phrase = phrase_of_song(melody([60, 62], names=("Soprano",)), voice=ALTO)
        assert heard(phrase) == [(0, 1, 60, 4), (4, 1, 62, 4)]
        assert phrase.notices == ()

    def test_one_voice_of_many(self) -> None:
        phrase = phrase_of_song(parts(*self.CHORALE, names=NAMES), voice=TENOR)
        assert voices_at_each_beat(phrase) == [[0, 0, 64, 0], [0, 0, 62, 0], [0, 0, 64, 0]]
        assert phrase.given == (False, False, True, False)
        assert phrase.notices == ("9 notes of other voices than the tenor: left out",)

    def test_voice_that_is_not_there(self) -> None:
        with pytest.raises(BadMidiFile, match="the seed holds no tenor"):
            phrase_of_song(parts(melody([72]), melody([48]), names=("S", "B")), voice=TENOR)

    def test_legato_is_a_melody(self) -> None:
        phrase = phrase_of_song(song([(at, 1.2, 60 + at) for at in range(4)]))
        assert heard(phrase) == [(0, 0, 60, 4), (4, 0, 61, 4), (8, 0, 62, 4), (12, 0, 63, 5)]
        assert phrase.end_step == 20

    @pytest.mark.parametrize(
        ("name", "voice"),
        [
            ("soprano", 0),
            ("S.", 0),
            ("Sopran 1", 0),
            ("Choir Alto", 1),
            ("A", 1),
            ("TENOR", 2),
            ("t", 2),
            ("Basso continuo", 3),
            ("B-Part", None),
            ("Piano", None),
            ("", None),
            ("Bassoon", None),
        ],
    )
    def test_names(self, name: str, voice: int | None) -> None:
        assert named_voice(name) == voice


class TestRanges:
    def test_whole_voice_moves_together(self) -> None:
        phrase = phrase_of_song(melody([84, 86, 95, 96]))
        assert [pitch for *_, pitch, _ in heard(phrase)] == [60, 62, 71, 72]
        assert [note.pitch for note in phrase.notes] == [84, 86, 95, 96]
        assert phrase.notices == ("4 notes out of the range of the voice: heard by the model octaves away",)

    def test_single_notes_move_alone(self) -> None:
        phrase = phrase_of_song(melody([60, 55, 62, 64, 65, 83]))
        assert [pitch for *_, pitch, _ in heard(phrase)] == [60, 67, 62, 64, 65, 71]
        assert phrase.notices == ("2 notes out of the range of the voice: heard by the model octaves away",)


class TestQuantising:
    def test_eighth_triplets(self) -> None:
        assert onsets(phrase_of_song(melody([60, 62, 64] * 4, 1 / 3))) == [0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14]

    def test_quarter_triplets(self) -> None:
        assert onsets(phrase_of_song(melody([60, 62, 64] * 2, 2 / 3))) == [0, 2, 5, 8, 10, 13]

    @pytest.mark.parametrize("swing", [0.6, 0.64, 2 / 3, 0.7])
    def test_swung_eighths(self, swing: float) -> None:
        notes = [note for beat in range(4) for note in ((beat, swing, 60 + beat), (beat + swing, 1 - swing, 72 - beat))]
        phrase = phrase_of_song(song(notes))
        assert [(start, steps) for start, _, _, steps in heard(phrase)] == [(2 * at, 2) for at in range(8)]

    def test_swing_beside_other_rhythms(self) -> None:
        swung = [note for beat in range(3) for note in ((beat, 2 / 3, 60), (beat + 2 / 3, 1 / 3, 62))]
        triplet = [(3 + third / 3, 1 / 3, 64) for third in range(3)]
        sixteenths = [(4 + quarter / 4, 1 / 4, 65) for quarter in range(4)]
        phrase = phrase_of_song(song(swung + triplet + sixteenths))
        assert onsets(phrase) == [0, 2, 4, 6, 8, 10, 12, 13, 14, 16, 17, 18, 19]

    def test_dotted_rhythms_do_not_swing(self) -> None:
        notes = [note for beat in range(4) for note in ((beat, 0.75, 60), (beat + 0.75, 0.25, 62))]
        assert onsets(phrase_of_song(song(notes))) == [0, 3, 4, 7, 8, 11, 12, 15]

    def test_swing_after_a_pickup_of_an_eighth(self) -> None:
        notes = [note for beat in range(4) for note in ((beat + 1 / 2, 2 / 3, 60), (beat + 7 / 6, 1 / 3, 62))]
        phrase = phrase_of_song(song(notes, metres=[(0, 1, 8), (240, 4, 4)]))
        assert onsets(phrase) == [16, 18, 20, 22, 24, 26, 28, 30]

    def test_grace_note_before_the_beat(self) -> None:
        phrase = phrase_of_song(song([(0, 0.9, 60), (0.92, 0.08, 62), (1, 1, 64)]))
        assert heard(phrase) == [(0, 0, 60, 3), (3, 0, 62, 1), (4, 0, 64, 4)]

    def test_grace_note_on_the_beat_gives_way(self) -> None:
        phrase = phrase_of_song(song([(0, 1, 60), (1, 0.08, 62), (1.08, 0.92, 64)]))
        assert heard(phrase) == [(0, 0, 60, 3), (3, 0, 62, 1), (4, 0, 64, 4)]

    def test_last_note_moves_past_the_end(self) -> None:
        notes = [(0, 0.25, 60), (0.25, 0.25, 62), (0.5, 0.25, 64), (0.75, 0.09, 65), (0.85, 0.1, 67)]
        phrase = phrase_of_song(song(notes))
        assert heard(phrase) == [(0, 0, 60, 1), (1, 0, 62, 1), (2, 0, 64, 1), (3, 0, 65, 1), (4, 0, 67, 1)]
        assert phrase.end_step == 8

    def test_shorter_note_without_room_is_not_heard(self) -> None:
        phrase = phrase_of_song(song([(0, 0.06, 59), (0.06, 0.19, 60), (0.25, 0.25, 62)]))
        assert heard(phrase) == [(0, 0, 60, 1), (1, 0, 62, 1)]
        assert [note.pitch for note in phrase.notes] == [59, 60, 62]
        assert phrase.notices == ("1 note on a step that another note of the voice needs: not heard by the model",)

    def test_final_chord_of_a_melody_is_its_longest_and_highest_note(self) -> None:
        notes = [(beat, 1, 60 + beat) for beat in range(15)] + [(15, 2, 60), (15, 2, 67)]
        phrase = phrase_of_song(song(notes))
        assert heard(phrase)[-1] == (60, 0, 67, 8)
        assert phrase.notices == ("1 note on a step that another note of the voice needs: not heard by the model",)

    def test_very_short_notes_last_a_step(self) -> None:
        assert heard(phrase_of_song(song([(0, 0.01, 60), (1, 0.01, 62)]))) == [(0, 0, 60, 1), (4, 0, 62, 1)]

    def test_notes_let_go_early_by_a_program(self) -> None:
        phrase = phrase_of_song(song([(0, 3.8, 60), (4, 3.8, 62), (8, 3.8, 64), (12, 3.8, 65)]))
        assert heard(phrase) == [(0, 0, 60, 16), (16, 0, 62, 16), (32, 0, 64, 16), (48, 0, 65, 16)]


class TestBars:
    @pytest.mark.parametrize(("metre", "bar_steps"), [((4, 4), 16), ((3, 4), 12), ((2, 2), 16), ((6, 4), 24)])
    def test_metre(self, metre: tuple[int, int], bar_steps: int) -> None:
        phrase = phrase_of_song(melody([60] * 13, metres=[(0, *metre)]))
        assert (phrase.first_step, phrase.bar_steps, phrase.end_place) == (0, bar_steps, 52 % bar_steps)

    def test_pickup_by_leading_silence(self) -> None:
        phrase = phrase_of_song(song([(3, 1, 67), (4, 4, 72)]))
        assert (phrase.start_step, phrase.first_step, phrase.bar_steps, phrase.end_place) == (12, 12, 16, 0)
        assert heard(phrase) == [(0, 0, 67, 4), (4, 0, 72, 16)]
        assert [phrase.tick_of_step(step) for step in (0, 4, phrase.end_step)] == [1440, 1920, 3840]
        assert [phrase.step_of_tick(tick) for tick in (0, 1440, 3840)] == [-12, 0, 20]

    @pytest.mark.parametrize("short", [(1, 4), (4, 4)])
    def test_pickup_by_a_short_first_bar(self, short: tuple[int, int]) -> None:
        phrase = phrase_of_song(song([(0, 1, 67), (1, 4, 72)], metres=[(0, *short), (480, 4, 4)]))
        assert (phrase.start_step, phrase.first_step, phrase.bar_steps, phrase.end_place) == (12, 12, 16, 0)

    @pytest.mark.parametrize(
        ("metres", "first_step"),
        [
            ([(0, 7, 8)], 0),
            ([(0, 9, 8), (2160, 4, 4)], 0),
            ([(0, 5, 8), (1200, 4, 4)], 6),  # a pickup
            ([(0, 3, 8), (720, 3, 4)], 6),  # a pickup
            ([(0, 3, 8), (720, 3, 8), (1440, 4, 4)], 0),
            ([(0, 4, 4), (1920, 7, 8), (3600, 2, 4)], 0),
            ([(0, 4, 4), (1920, 7, 8)], 0),
        ],
    )
    def test_beats_lie_on_multiples_of_four_where_new_music_begins(
        self, metres: list[tuple[int, int, int]], first_step: int
    ) -> None:
        """Whatever metres there are."""
        phrase = phrase_of_song(melody([60] * 13, metres=metres))
        assert phrase.first_step == first_step
        assert phrase.bar_steps % 4 == 0
        assert (first_step + phrase.end_step - phrase.end_place) % 4 == 0

    def test_pickup_in_six_eight(self) -> None:
        notes = [(0, 0.5, 67), (0.5, 2.5, 72)]
        phrase = phrase_of_song(song(notes, metres=[(0, 1, 8), (240, 6, 8)]))
        assert (phrase.first_step, phrase.bar_steps, phrase.end_step, phrase.end_place) == (6, 8, 10, 0)

    def test_bar_at_the_end_counts(self) -> None:
        phrase = phrase_of_song(melody([60] * 10, metres=[(0, 4, 4), (1920, 3, 4)]))
        assert (phrase.first_step, phrase.bar_steps, phrase.end_place) == (0, 12, 0)

    def test_phrase_ends_with_a_beat(self) -> None:
        phrase = phrase_of_song(song([(0, 1, 60), (1, 0.5, 62)]))
        assert heard(phrase) == [(0, 0, 60, 4), (4, 0, 62, 2)]
        assert phrase.end_step == 8


class TestSeeds:
    def test_empty(self) -> None:
        with pytest.raises(BadMidiFile) as caught:
            phrase_of_song(Song((), 480))
        assert str(caught.value) == "the seed holds no notes; expected a melody, chords or up to four voices"

    def test_notices_of_the_song_are_kept(self) -> None:
        seed = Song(melody([60]).notes, 480, notices=("left out 1 percussion note (channel 10)",))
        assert phrase_of_song(seed).notices == ("left out 1 percussion note (channel 10)",)

    @pytest.mark.parametrize("ticks_per_beat", [4, 24, 96, 97, 480, 960, 32767])
    def test_any_resolution(self, ticks_per_beat: int) -> None:
        phrase = phrase_of_song(melody([60, 62, 64, 65], 0.25, ticks_per_beat=ticks_per_beat))
        assert heard(phrase) == [(0, 0, 60, 1), (1, 0, 62, 1), (2, 0, 64, 1), (3, 0, 65, 1)]

    @pytest.mark.parametrize("semitones", range(-6, 6))
    def test_any_key(self, semitones: int) -> None:
        phrase = phrase_of_song(melody([67 + semitones, 69 + semitones]))
        assert heard(phrase) == [(0, 0, 67 + semitones, 4), (4, 0, 69 + semitones, 4)]

    def test_played_notes_keep_their_ticks_and_velocities(self) -> None:
        notes = (SongNote(3, 470, 60, 99, 5, 0), SongNote(484, 950, 62, 12, 5, 0))
        assert phrase_of_song(Song(notes, 480)).notes == (VoiceNote(0, 3, 470, 60, 99), VoiceNote(0, 484, 950, 62, 12))

    def test_frames_are_read_only(self) -> None:
        with pytest.raises(ValueError, match="read-only"):
            phrase_of_song(melody([60])).frames[0, 0] = 1
