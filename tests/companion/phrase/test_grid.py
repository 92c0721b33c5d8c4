"""Where steps lie in songs of all metres, and in swing and triplets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.files.midi import read_song
from companion.generation.composer import continue_phrase, harmonise, voice_notes
from companion.generation.generator import Generator
from companion.model.library import open_model
from companion.music.song import Metre, Song, SongNote, VoiceNote
from companion.phrase.grid import Grid
from companion.phrase.seed import Phrase, phrase_of_song
from companion.sampling.styles import style

CASES = Path(__file__).parents[2] / "golden"
PLACES = {"6/8": (0, 240, 480, 600), "4/4": (0, 120, 240, 360)}  # of the steps of a beat, in ticks of 480 a quarter

METRES = st.lists(
    st.tuples(
        st.integers(0, 12), st.sampled_from([(4, 4), (3, 4), (6, 8), (5, 8), (7, 8), (3, 8), (12, 8), (7, 16), (2, 2)])
    ),
    max_size=4,
)


def grid(*metres: tuple[int, int, int], onsets: tuple[int, ...] = ()) -> Grid:
    return Grid.of_metres([Metre(*metre) for metre in metres], 480, onsets)


def ticks(of: Grid, steps: int) -> list[int]:
    return [of.tick(step) for step in range(steps)]


def song(notes: list[tuple[float, float, int]], metre: tuple[int, int] = (4, 4)) -> Song:
    written = [SongNote(round(480 * at), round(480 * (at + length)), pitch, 80, 0, 0) for at, length, pitch in notes]
    return Song(tuple(written), 480, (), (Metre(0, *metre),), ("",), written[-1].end_tick)


def within_beats(notes: list[VoiceNote], beat: int) -> dict[int, float]:
    """Tick within the beat → the share of the notes that begin there."""
    places = [note.start_tick % beat for note in notes]
    return {place: places.count(place) / len(places) for place in sorted(set(places))}


def added(phrase: Phrase, bars: int = 0) -> list[VoiceNote]:
    """What the default model adds."""
    generator = Generator(open_model("bach"), np.random.Generator(np.random.PCG64(1)))
    composed = (
        continue_phrase(generator, phrase, bars, style("bach")) if bars else harmonise(generator, phrase, style("bach"))
    )
    return voice_notes(composed, phrase, lambda voice, bits, since: 80)


class TestMetres:
    def test_quarters(self) -> None:
        assert ticks(grid((0, 3, 4)), 14) == list(range(0, 1680, 120))

    @pytest.mark.parametrize("metre", [(6, 8), (9, 8), (12, 8), (3, 8)])
    def test_dotted_quarters_have_three_parts(self, metre: tuple[int, int]) -> None:
        assert ticks(grid((0, *metre)), 8) == [0, 240, 480, 600, 720, 960, 1200, 1320]

    def test_bars_are_of_beats(self) -> None:
        assert [grid((0, *metre)).bar_steps(0) for metre in ((6, 8), (9, 8), (3, 8), (5, 8), (7, 8))] == [
            8,
            12,
            4,
            8,
            12,
        ]
        assert [grid((0, 6, 8)).place(step) for step in (0, 7, 8, 13)] == [0, 7, 0, 5]

    def test_bars_are_numbered(self) -> None:
        """From one on; whole ones, one that is cut, and those of another metre."""
        plain = grid((0, 4, 4))
        assert [plain.bar(step) for step in (0, 15, 16, 47, 48)] == [1, 1, 2, 3, 4]
        assert [grid((0, 6, 8)).bar(step) for step in (0, 7, 8)] == [1, 1, 2]
        changing = grid((0, 4, 4), (2 * 1920, 3, 4))
        assert [changing.bar(step) for step in (31, 32, 43, 44)] == [2, 3, 3, 4]
        cut = grid((0, 4, 4), (1920 + 960, 4, 4))
        assert [cut.bar(step) for step in (15, 16, 23, 24, 40)] == [1, 2, 2, 3, 4]

    def test_a_pickup_is_a_bar(self) -> None:
        assert [grid((0, 1, 4), (480, 4, 4)).bar(step) for step in (12, 15, 16, 32)] == [1, 1, 2, 3]

    @given(METRES, st.integers(0, 200))
    def test_a_bar_begins_where_its_number_changes(self, changes: list[tuple[int, tuple[int, int]]], step: int) -> None:
        one = grid(*((480 * beat, *metre) for beat, metre in changes))
        begins = one.place(step + 1) == 0 or one.bar(step + 1) != one.bar(step)
        assert one.bar(step + 1) - one.bar(step) == int(begins)

    def test_unequal_beats_are_those_of_the_notes(self) -> None:
        assert ticks(grid((0, 5, 8)), 9)[::4] == [0, 720, 1200]
        assert ticks(grid((0, 5, 8), onsets=(0, 480, 1200, 1680)), 9)[::4] == [0, 480, 1200]

    def test_metres_change(self) -> None:
        changing = grid((0, 4, 4), (1920, 6, 8), (3360, 3, 4))
        assert ticks(changing, 48)[::4] == [0, 480, 960, 1440, 1920, 2640, 3360, 3840, 4320, 4800, 5280, 5760]
        assert [changing.place(step) for step in (12, 16, 20, 24, 36)] == [12, 0, 4, 0, 0]

    @pytest.mark.parametrize(
        ("cut", "beats"),
        [(1200, [0, 480, 960, 1200, 1680]), (1080, [0, 480, 1080, 1560, 2040])],  # half a beat is one, less is not
    )
    def test_a_bar_that_is_cut(self, cut: int, beats: list[int]) -> None:
        assert ticks(grid((0, 1, 8), (0, 2, 4), (cut, 2, 4)), 20)[::4] == beats

    def test_a_pickup_is_the_end_of_a_bar(self) -> None:
        pickup = grid((0, 1, 8), (240, 6, 8))
        assert pickup.positions([0, 240, 960]).tolist() == [6, 8, 12]
        assert [pickup.place(step) for step in (6, 8)] == [6, 0]

    @given(METRES, st.integers(1, 960), st.integers(0, 200))
    def test_there_and_back(self, changes: list[tuple[int, tuple[int, int]]], resolution: int, step: int) -> None:
        """A step's tick lies within half a tick of the step, and ticks rise with the steps."""
        metres = [Metre(bar * 4 * resolution, *metre) for bar, metre in changes]
        of = Grid.of_metres(metres, resolution)
        assert of.tick(step) <= of.tick(step + 1) <= of.tick(step + 4)
        if resolution >= 48:
            assert float(of.positions([of.tick(step)])[0]) == pytest.approx(step, abs=8 / resolution + 0.01)
        assert 0 <= of.place(step) < of.bar_steps(step)


class TestFeel:
    @pytest.mark.parametrize("long", [0.6, 0.64, 2 / 3, 0.7])
    def test_swing_is_kept_by_what_is_added(self, long: float) -> None:
        swung = [note for beat in range(8) for note in ((beat, long, 60 + beat), (beat + long, 1 - long, 72 - beat))]
        phrase = phrase_of_song(song(swung))
        assert [phrase.tick_of_step(step) for step in (0, 2, 4, 6)] == [
            0,
            round(480 * long),
            480,
            480 + round(480 * long),
        ]
        assert phrase.tick_of_step(4 * 20 + 2) == 9600 + round(480 * long)  # after its end as well

    def test_triplets_are_kept(self) -> None:
        phrase = phrase_of_song(song([(third / 3, 1 / 3, 60) for third in range(12)]))
        assert [phrase.tick_of_step(step) for step in range(5)] == [0, 160, 320, 400, 480]

    def test_a_beat_of_triplets_among_others(self) -> None:
        quarters = [(beat, 0.5, 60) for beat in range(3)] + [(beat + 0.5, 0.5, 62) for beat in range(3)]
        phrase = phrase_of_song(song(sorted(quarters) + [(3 + third / 3, 1 / 3, 64) for third in range(3)]))
        assert [phrase.tick_of_step(step) for step in (10, 12, 13, 14, 16, 18)] == [1200, 1440, 1600, 1760, 1920, 2160]

    def test_jittered_sixteenths_are_no_triplets(self) -> None:
        early = [(beat + quarter / 4 - 0.05, 1 / 4, 60) for beat in range(1, 5) for quarter in range(4)]
        assert phrase_of_song(song(early)).tick_of_step(1) - phrase_of_song(song(early)).tick_of_step(0) == 120

    def test_a_quarter_in_six_eight_does_not_swing(self) -> None:
        """Long and short are the metre's."""
        jig = [note for beat in range(6) for note in ((1.5 * beat, 1.0, 60 + beat), (1.5 * beat + 1, 0.5, 72 - beat))]
        phrase = phrase_of_song(song(jig, (6, 8)))
        assert [phrase.tick_of_step(step) for step in range(5)] == [0, 240, 480, 600, 720]
        assert np.flatnonzero(phrase.frames[:, 0] > 1).tolist() == list(range(0, 24, 2))


class TestCases:
    def test_six_eight_is_harmonised_in_dotted_beats(self) -> None:
        phrase = phrase_of_song(read_song(CASES / "six8.mid"))
        assert phrase.bar_steps == 8
        for notes in (added(phrase), added(phrase, bars=8)):
            shares = within_beats(notes, 720 * phrase.ticks_per_beat // 480)
            first = shares.get(0, 0.0)
            assert first > 0.5
            assert set(shares) <= {place * phrase.ticks_per_beat // 480 for place in PLACES["6/8"]}

    def test_swing_is_added_to(self) -> None:
        phrase = phrase_of_song(read_song(CASES / "swing960.mid"))
        for notes in (added(phrase), added(phrase, bars=8)):
            shares = within_beats(notes, 960)
            assert 480 not in shares  # never at half against the tune's two thirds
            assert set(shares) <= {0, 320, 640, 800}
        assert within_beats(added(phrase, bars=8), 960).get(640, 0.0) > 0.05


class TestNumbers:
    """Bars as musicians count them."""

    @pytest.mark.parametrize(
        ("start", "metres", "numbers"),
        [
            pytest.param(0, [(0, 4, 4)], [1, 1, 2], id="on the first beat"),
            pytest.param(3, [(0, 4, 4)], [0, 1, 1], id="after a rest"),
            pytest.param(1, [(0, 4, 4)], [1, 1, 2], id="a rest that is short"),
            pytest.param(7, [(0, 4, 4)], [2, 3, 3], id="after a bar's rest"),
            pytest.param(0, [(0, 1, 4), (1, 4, 4)], [0, 1, 1], id="in a bar of its own"),
        ],
    )
    def test_a_pickup_is_bar_0(self, start: int, metres: list[tuple[int, int, int]], numbers: list[int]) -> None:
        notes = [SongNote(480 * (start + beat), 480 * (start + beat + 1), 60, 80, 0, 0) for beat in range(8)]
        changes = tuple(Metre(480 * beat, *metre) for beat, *metre in metres)
        phrase = phrase_of_song(Song(tuple(notes), 480, metres=changes))
        assert [phrase.bar_of_step(step) for step in (0, 4, 16)] == numbers
