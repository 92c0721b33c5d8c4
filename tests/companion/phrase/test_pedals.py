"""Notes as long as the pedal holds them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from companion.files.midi import read_song
from companion.music.song import Metre, Song, SongNote, TrackEvent
from companion.phrase.pedals import LONGEST_RING, pedalled
from companion.phrase.seed import Phrase, phrase_of_song

GOLDEN = Path(__file__).parents[2] / "golden"
BEAT, BAR = 480, 1920

Move = tuple[int, int, int]  # tick, controller, value


def moves(*own: Move, track: int = 0, channel: int = 0) -> list[TrackEvent]:
    return [TrackEvent(tick, track, bytes((0xB0 | channel, *data))) for tick, *data in own]


def note(start: int, end: int, pitch: int = 60, channel: int = 0, track: int = 0) -> SongNote:
    return SongNote(start, end, pitch, 64, channel, track)


def ends(notes: Sequence[SongNote], events: Sequence[TrackEvent]) -> list[int]:
    in_time = sorted(events, key=lambda event: event.tick)
    return [one.end_tick for one in pedalled(notes, in_time, BEAT, lambda tick: -(-tick // BAR) * BAR)]


class TestHolding:
    @pytest.mark.parametrize(
        ("pedal", "end"),
        [
            ([(50, 64, 127), (900, 64, 0)], 900),
            ([(50, 64, 64), (900, 64, 63)], 900),  # half values: down from 64 on
            ([(50, 64, 63), (900, 64, 0)], 200),
            ([(50, 64, 90), (100, 64, 127), (300, 64, 70), (900, 64, 40)], 900),  # a pedal that tells where it is
            ([(50, 64, 127), (100, 64, 0)], 200),  # up before the key is
            ([(200, 64, 127), (900, 64, 0)], 200),  # down as the key goes up: it was the next chord's
            ([(50, 64, 127), (200, 64, 0)], 200),
            ([(50, 64, 127), (200, 64, 0), (200, 64, 127), (900, 64, 0)], 200),  # changed as the key goes up
            ([(201, 64, 127), (900, 64, 0)], 200),
            ([(50, 64, 127), (900, 121, 0)], 900),  # reset of all controllers
            ([(50, 64, 127), (900, 64, 0), (950, 64, 127)], 900),
            ([(50, 64, 127)], BAR),  # never let go
            ([(50, 67, 127), (900, 67, 0)], 200),  # the soft pedal holds nothing
            ([(50, 66, 127), (900, 66, 0)], 900),  # sostenuto, while the key is down
            ([(0, 66, 127), (900, 66, 0)], 900),
            ([(200, 66, 127), (900, 66, 0)], 200),
            ([(50, 66, 127), (900, 66, 0), (600, 64, 127), (1200, 64, 0)], 1200),  # both, one after the other
            ([(50, 64, 127), (90_000, 64, 0)], 200 + LONGEST_RING * BEAT),
            ([(50, 64, 0)], 200),
            ([], 200),
        ],
    )
    def test_one_note(self, pedal: list[Move], end: int) -> None:
        assert ends([note(0, 200)], moves(*pedal)) == [end]

    def test_sostenuto_holds_no_later_keys(self) -> None:
        held = ends([note(0, 200), note(100, 200, 64)], moves((50, 66, 127), (900, 66, 0)))
        assert held == [900, 200]

    def test_a_pitch_that_is_struck_again_ends_the_earlier_one(self) -> None:
        notes = [note(0, 100), note(0, 100, 64), note(300, 400), note(600, 700)]
        assert ends(notes, moves((50, 64, 127), (900, 64, 0))) == [300, 900, 600, 900]

    def test_keys_that_overlap_stay_as_they_are(self) -> None:
        assert ends([note(0, 400), note(300, 500)], moves((50, 64, 127), (900, 64, 0))) == [400, 900]

    def test_only_of_its_channel_and_track(self) -> None:
        notes = [note(0, 200), note(0, 200, channel=1), note(0, 200, track=1)]
        assert ends(notes, moves((50, 64, 127), (900, 64, 0))) == [900, 200, 200]

    def test_on_another_channel_it_holds_nothing(self) -> None:
        assert ends([note(0, 200)], moves((50, 64, 127), (900, 64, 0), channel=5)) == [200]

    def test_in_a_track_of_its_own_it_holds_its_channel(self) -> None:
        notes = [note(0, 200), note(0, 200, track=1), note(0, 200, channel=1)]
        own = moves((50, 64, 127), (500, 64, 0))
        assert ends(notes, [*own, *moves((50, 64, 127), (900, 64, 0), track=2)]) == [500, 900, 200]

    def test_never_let_go_each_part_rings_to_its_own_bar_line(self) -> None:
        notes = [note(0, 200), note(BAR, BAR + 1, 62), note(0, 200, track=1)]
        assert ends(notes, [*moves((50, 64, 127)), *moves((50, 64, 127), track=1)]) == [2 * BAR, 2 * BAR, BAR]

    def test_many_notes_and_moves_cost_little(self) -> None:
        notes = [note(at * 10, at * 10 + 9, at % 128) for at in range(100_000)]
        pedal = moves(*((at * 50, 64, 127 * (at % 2)) for at in range(20_000)))
        held = ends(notes, pedal)
        assert sum(end > one.end_tick for one, end in zip(notes, held, strict=True)) > 40_000


def song(notes: Sequence[SongNote], events: Sequence[TrackEvent], metre: tuple[int, int] = (4, 4)) -> Song:
    return Song(tuple(sorted(notes)), BEAT, metres=(Metre(0, *metre),), events=tuple(events))


def chords(phrase: Phrase) -> list[tuple[int, int]]:
    """From tick to tick, of the soprano."""
    return [(one.start_tick, one.end_tick) for one in phrase.notes if one.voice == 0]


class TestPhrases:
    def test_chords_ring_and_new_music_begins_with_the_next_bar(self) -> None:
        phrase = phrase_of_song(read_song(GOLDEN / "sustain_chords.mid"))
        assert chords(phrase) == [(0, 950), (960, 1910), (1920, 2870), (2880, 3830)]
        assert all(phrase.given)
        assert (phrase.end_step, phrase.end_place, phrase.tick_of_step(phrase.end_step)) == (32, 0, 3840)
        assert phrase.notices == ()

    def test_a_last_chord_whose_pedal_is_never_let_go(self) -> None:
        whole = read_song(GOLDEN / "sustain_chords.mid")
        events = tuple(event for event in whole.events if event.tick < 3830)
        phrase = phrase_of_song(Song(whole.notes, BEAT, metres=whole.metres, events=events))
        assert chords(phrase)[-1] == (2880, 3840)
        assert phrase.end_place == 0

    @pytest.mark.parametrize(("metre", "end"), [((3, 4), 1440), ((6, 8), 1440), ((7, 8), 1680), ((2, 2), 1920)])
    def test_the_bar_line_is_that_of_the_metre(self, metre: tuple[int, int], end: int) -> None:
        seed = song([note(0, 900, pitch) for pitch in (60, 64, 67)], moves((0, 64, 127)), metre)
        assert chords(phrase_of_song(seed)) == [(0, end)]

    def test_a_tune_under_a_pedal_is_a_tune(self) -> None:
        notes = [note(at * BEAT, at * BEAT + 400, pitch) for at, pitch in enumerate((67, 69, 71, 72))]
        phrase = phrase_of_song(song(notes, moves((10, 64, 127), (BAR, 64, 0))))
        assert phrase.given == (True, False, False, False)
        assert chords(phrase) == [(at * BEAT, BAR) for at in range(4)]
        assert [step for step, token in enumerate(phrase.frames[:, 0]) if token > 1] == [0, 4, 8, 12]
