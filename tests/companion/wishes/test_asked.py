"""Chords and closes as they are asked for on the command line, and as files have them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from companion.errors import BadSetting
from companion.generation.asked import AskedHarmony
from companion.harmony.form import Wish
from companion.harmony.symbols import AskedChord, chord_of_symbol
from companion.music.song import ChordSymbol, Metre, Song, SongNote, TrackEvent
from companion.music.vocabulary import sounding_pitches
from companion.phrase.seed import Phrase, phrase_of_song
from companion.wishes.asked import Wanted, asked_of_bars, asked_of_new, asked_of_tune, symbol_bars
from companion.wishes.bars import bars_of, new_bars, only_bars
from companion.wishes.chord_track import chord_track

BEAT = 480


def song(beats: int = 16, *metres: Metre, start: int = 0, first: int = 60) -> Song:
    """A note on every beat, rising."""
    notes = tuple(
        SongNote((start + n) * BEAT, (start + n + 1) * BEAT, first + (0, 2, 4, 5, 7, 9, 11, 12)[n % 8], 80, 0, 0)
        for n in range(beats)
    )
    return Song(notes, BEAT, metres=metres or (Metre(0, 4, 4),), length_ticks=(start + beats) * BEAT)


def phrase_of(one: Song) -> Phrase:
    return phrase_of_song(one, 0)


def asked(wanted: Wanted, one: Song | None = None) -> AskedHarmony:
    one = one or song()
    return asked_of_tune(wanted, one, phrase_of(one))


def chord(symbol: str) -> AskedChord:
    found = chord_of_symbol(symbol)
    assert found is not None
    return found


def beats(symbols: str, first: int = 0) -> dict[int, tuple[AskedChord, ...]]:
    """By beats: a symbol for each, ``.`` where it goes on, ``_`` where nothing is asked."""
    found, last = {}, ""
    for place, symbol in enumerate(symbols.split()):
        goes_on, last = symbol == ".", last if symbol == "." else symbol
        if last != "_":
            found[first + 4 * place] = (chord(last)._replace(goes_on=goes_on),)
    return found


class TestChords:
    @pytest.mark.parametrize(
        ("text", "by_beat"),
        [
            ("G | C | D7 | G", "G . . . C . . . D7 . . . G . . ."),
            ("G C | D7 G | G | G", "G . C . D7 . G . . . . . . . . ."),
            ("G D7 G | C G/B Am D", "G . D7 G C G/B Am D"),  # what does not come out even is longer at first
            ("G . . D | %", "G . . D G . . D"),
            ("G / D / | C", "G . D . C . . ."),
            ("| G | % | C |", "G . . . . . . . C . . ."),
            ("G || C |]", "G . . . C . . ."),
            ("G | C\n| D | G", "G . . . C . . . D . . . G . . ."),
            ("N.C. | G - | - | G N.C. C .", "_ _ _ _ G . _ _ _ _ _ _ G _ C ."),
            ("G % C %", "G . C ."),
            ("H7 Em", "H7 . Em ."),
        ],
    )
    def test_beats(self, text: str, by_beat: str) -> None:
        assert asked(Wanted(text)).chords == beats(by_beat)

    def test_bars_of_three_and_of_six(self) -> None:
        assert asked(Wanted("G | C D"), song(6, Metre(0, 3, 4))).chords == beats("G . . C . D")
        assert asked(Wanted("G | C D"), song(12, Metre(0, 6, 8))).chords == beats("G . C D")

    def test_a_pickup_has_none(self) -> None:
        one = song(9, Metre(0, 1, 4), Metre(BEAT, 4, 4))
        found = asked(Wanted("G | C"), one)
        assert found.chords == beats("G . . . C . . .", first=16)
        assert [bar.number for bar in bars_of(phrase_of(one))] == [1, 2]

    def test_they_may_be_for_fewer_bars_which_is_said(self) -> None:
        found = asked(Wanted("G | C"))
        assert found.chords == beats("G . . . C . . .")
        assert found.notices == ("chords are asked for in 2 of 4 bars: the others are free",)

    def test_what_is_left_out_of_them_is_said(self) -> None:
        assert asked(Wanted("C13 | F9 | G7 | C")).notices == (
            "of the tones of C13, F9 four voices sing those that matter most",
        )

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("G | Gx", "bar 2: unknown chord 'Gx'; chords are written like G, Em, D7, F#m7b5, C/E or Asus4"),
            ("G C D E F", "bar 1 has 5 chords and 4 beats: a beat has one chord at most"),
            ("G . C", "bar 1 has 3 signs for 4 beats; write one for each beat"),
            ("G | | C", "bar 2 of the chords is empty; write %, N.C. or a chord"),
            ("", "bar 1 of the chords is empty; write %, N.C. or a chord"),
            ("%", "bar 1: there is no bar before it that % could repeat"),
            ("G | G | G | G | G", "there are chords for 5 bars, and 4 bars for them"),
            ("H | B", "bar 2: B may be B flat or B natural beside H; write Bb or H"),
        ],
    )
    def test_what_cannot_be(self, text: str, complaint: str) -> None:
        with pytest.raises(BadSetting) as raised:
            asked(Wanted(text))
        assert str(raised.value) == complaint

    def test_of_new_bars_they_count_from_the_first_new_one(self) -> None:
        one = song(14)  # the seed ends in the middle of its last bar, which is completed first
        found = asked_of_new(Wanted("G | C D"), one, phrase_of(one), 2)
        assert found.chords == beats("G . . . C . D .", first=64)

    def test_so_many_bars_as_there_are_chords(self) -> None:
        assert Wanted("G | C | D").bars == 3
        assert Wanted("G | C", "4").bars == 4
        assert Wanted("none").bars is None
        assert Wanted().bars is None


def text(tick: int, said: str, track: int = 1, kind: int = 0x01) -> TrackEvent:
    return TrackEvent(tick, track, bytes([0xFF, kind, len(said.encode())]) + said.encode())


class TestOfTheFile:
    SYMBOLS = (
        ChordSymbol(0, "G"),
        ChordSymbol(4 * BEAT, "D7/F#"),
        ChordSymbol(6 * BEAT, "N.C."),
        ChordSymbol(3900, "Em"),
    )

    def test_they_hold_up_to_the_next_one_from_the_nearest_beat(self) -> None:
        found = asked(Wanted(), replace(song(10), chord_symbols=self.SYMBOLS))
        assert found.chords == beats("G . . . D7/F# . _ _ Em .")
        assert found.notices == ("the file's 4 chord symbols are kept to; --chords none leaves them",)

    def test_none_and_others_take_their_place(self) -> None:
        one = replace(song(16), chord_symbols=self.SYMBOLS)
        assert asked(Wanted("none"), one) == AskedHarmony()
        assert asked(Wanted("C | C | C | C"), one).chords == beats("C" + " ." * 15)

    def test_what_says_nothing_is_passed_over_and_said(self) -> None:
        one = replace(song(8), chord_symbols=(ChordSymbol(0, "G"), ChordSymbol(4 * BEAT, "loud")))
        assert asked(Wanted(), one).chords == beats("G . . .")
        assert asked(Wanted(), one).notices[1] == "chord symbols that say nothing here are passed over: loud"

    def test_after_a_seed_they_are_of_the_new_bars(self) -> None:
        symbols = (*self.SYMBOLS[:2], ChordSymbol(16 * BEAT, "C"), ChordSymbol(22 * BEAT, "G"))
        one = replace(song(16), chord_symbols=symbols)
        phrase = phrase_of(one)
        assert symbol_bars(Wanted(), one, phrase) == 2
        found = asked_of_new(Wanted(), one, phrase, 3)
        assert {step: found.chords[step] for step in found.chords if step >= 64} == beats("C . . . . . G .", first=64)
        assert found.chords[60] == (chord("D7/F#")._replace(goes_on=True),)

    def test_new_ones_leave_those_of_the_seed(self) -> None:
        one = replace(song(16), chord_symbols=self.SYMBOLS[:1])
        found = asked_of_new(Wanted("C"), one, phrase_of(one), 1)
        assert found.chords == beats("G" + " ." * 15) | beats("C . . .", first=64)


class TestChordTrack:
    def events(self, *said: str, kind: int = 0x01, track: int = 1) -> tuple[TrackEvent, ...]:
        return tuple(text(n * BEAT, one, track, kind) for n, one in enumerate(said))

    def of(self, *events: TrackEvent, names: tuple[str, ...] = ()) -> list[str]:
        return [symbol.text for symbol in chord_track(replace(song(), events=events, track_names=names))]

    @pytest.mark.parametrize("kind", [0x01, 0x06])
    def test_texts_and_markers_that_are_chords(self, kind: int) -> None:
        assert self.of(*self.events("G", "D7", "N.C.", "Em", kind=kind)) == ["G", "D7", "N.C.", "Em"]

    def test_one_other_text_among_many_is_passed_over(self) -> None:
        assert self.of(*self.events("G", "D7", "Em", "C", "Chorale Companion")) == ["G", "D7", "Em", "C"]

    def test_words_are_none(self) -> None:
        assert self.of(*self.events("A", "ve", "Ma", "ri", "a", kind=0x05)) == []
        assert self.of(*self.events("Intro", "Verse", "G", "Chorus", kind=0x06)) == []

    def test_rehearsal_letters_are_none(self) -> None:
        assert self.of(*self.events("A", "B", "A", "C", "D", kind=0x06)) == []

    def test_but_in_a_track_that_is_named_for_chords(self) -> None:
        assert self.of(*self.events("A", "B", "A"), names=("", "Chords")) == ["A", "B", "A"]

    def test_nothing_else_is_read(self) -> None:
        assert self.of(TrackEvent(0, 0, b"\xc0\x05"), TrackEvent(0, 0, b"\xff\x01"), *self.events("G")) == []


class TestCloses:
    def test_on_the_best_note_of_a_bar(self) -> None:
        found = asked(Wanted(close_at="4:half, 2"))
        assert [(close.step, close.bar, close.kind) for close in found.closes] == [(28, 2, ""), (60, 4, "half")]

    def test_at_fermatas_and_on_the_note_that_has_them(self) -> None:
        one = replace(song(16), fermatas=(6 * BEAT, 15 * BEAT))
        assert [close.step for close in asked(Wanted(), one).closes] == [24, 60]
        kinds = [close.kind for close in asked(Wanted(cadence="half,authentic"), one).closes]
        assert kinds == ["half", "authentic"]
        assert [close.step for close in asked(Wanted(close_at="1"), one).closes] == [12]

    def test_an_inner_voice_may_come_later_to_its_fermata(self) -> None:
        """The phrase ends there all the same, and once."""
        one = replace(song(16), fermatas=(6 * BEAT, 6 * BEAT + BEAT // 2, 15 * BEAT))
        found = asked(Wanted(), one)
        assert [close.step for close in found.closes] == [24, 60] and found.notices == ()

    @pytest.mark.parametrize("own", [True, False])
    def test_by_a_beat_while_the_tune_holds_its_note(self, own: bool) -> None:
        notes = [(0, 1), (1, 1), (2, 2), (4, 1), (5, 2.5), (7.5, 0.5)]
        one = Song(
            tuple(SongNote(int(at * BEAT), int((at + beats) * BEAT), 67, 80, 0, 0) for at, beats in notes),
            BEAT,
            fermatas=(*([2 * BEAT] * own), 3 * BEAT, 7 * BEAT),
        )
        found = asked(Wanted(), one)
        assert [(close.step, close.bar) for close in found.closes] == [(8, 1), (20, 2)]
        assert found.notices == ()

    def test_on_a_note_beside_the_beat_it_is_passed_over(self) -> None:
        notes = [(0, 1.5), (1.5, 2.5), (4, 4)]
        one = Song(
            tuple(SongNote(int(at * BEAT), int((at + beats) * BEAT), 67, 80, 0, 0) for at, beats in notes),
            BEAT,
            fermatas=(2 * BEAT,),
        )
        assert asked(Wanted(), one).notices == ("the fermata in bar 1 is on no beat of the tune: passed over",)

    def test_a_fermata_beside_the_beat_is_said(self) -> None:
        one = replace(song(8, start=1), fermatas=(0, 9 * BEAT + BEAT // 2))
        found = asked(Wanted(), one)
        assert found.closes == () and found.notices == ()  # neither is of the tune

    def test_one_kind_for_all_or_for_the_last(self) -> None:
        assert [close.kind for close in asked(Wanted(close_at="2,4", cadence="half")).closes] == ["half", "half"]
        assert [(close.step, close.kind) for close in asked(Wanted(cadence="plagal")).closes] == [(60, "plagal")]

    def test_of_new_bars_on_their_strong_beats(self) -> None:
        one = song(16)
        found = asked_of_new(Wanted(close_at="2,4:half"), one, phrase_of(one), 4)
        assert [(close.step, close.end) for close in found.closes] == [(64 + 24, 64 + 32), (64 + 56, 64 + 64)]

    def test_where_phrases_end_that_are_asked_for(self) -> None:
        one = song(16)
        wishes = (Wish(7), Wish(9))
        found = asked_of_new(Wanted(close_at="2"), one, phrase_of(one), 4, wishes)
        assert [(close.step, close.end) for close in found.closes] == [(64 + 24, 64 + 28)]
        with pytest.raises(BadSetting, match="no phrase ends in bar 3: those that are asked for end in bars 2, 4"):
            asked_of_new(Wanted(close_at="3"), one, phrase_of(one), 4, wishes)

    @pytest.mark.parametrize(
        ("wanted", "complaint"),
        [
            (Wanted(close_at="5"), "there is no bar 5 to close in: the tune has bars 1 to 4"),
            (Wanted(close_at="0"), "there is no bar 0 to close in: the tune has bars 1 to 4"),
            (Wanted(close_at="x"), "close-at must be bars, as in 4,8 or 4:half,8:authentic, not 'x'"),
            (Wanted(close_at="2:sad"), "unknown cadence 'sad'; choose one of authentic, half, deceptive, plagal"),
            (Wanted(close_at="2,2"), "close-at names a bar twice: 2,2"),
            (Wanted(cadence="sad"), "unknown cadence 'sad'; choose one of authentic, half, deceptive, plagal"),
            (Wanted(close_at="2,4", cadence="half,half,half"), "3 cadences for 2 closes; give one for each, or one"),
            (
                Wanted(close_at="2:half", cadence="half"),
                "say the kinds of closes by --cadence or by --close-at, not by both",
            ),
        ],
    )
    def test_what_cannot_be(self, wanted: Wanted, complaint: str) -> None:
        with pytest.raises(BadSetting) as raised:
            asked(wanted)
        assert str(raised.value) == complaint

    def test_where_no_note_begins(self) -> None:
        one = Song((SongNote(0, 8 * BEAT, 60, 80, 0, 0), SongNote(8 * BEAT, 9 * BEAT, 62, 80, 0, 0)), BEAT)
        with pytest.raises(BadSetting, match="no note of the tune begins on a beat of bar 2"):
            asked(Wanted(close_at="2"), one)

    def test_there_are_so_many_new_bars(self) -> None:
        one = song(16)
        with pytest.raises(BadSetting, match="there is no bar 3 to close in: there are 2 new bars"):
            asked_of_new(Wanted(close_at="3"), one, phrase_of(one), 2)


class TestOfBarsMadeAnew:
    """The second and the third of four."""

    @staticmethod
    def asked(wanted: Wanted, *symbols: ChordSymbol) -> AskedHarmony:
        one = replace(song(16), chord_symbols=symbols)
        return asked_of_bars(wanted, one, phrase_of(one), 16, 48)

    def test_what_is_written_counts_from_the_first_of_them(self) -> None:
        assert self.asked(Wanted("G | C D")).chords == beats("G . . . C . D .", first=16)
        with pytest.raises(BadSetting, match="there are chords for 3 bars, and 2 bars for them"):
            self.asked(Wanted("G | C | D"))

    def test_what_the_file_has_is_kept_to(self) -> None:
        given = (ChordSymbol(0, "C"), ChordSymbol(6 * BEAT, "F"))
        found = self.asked(Wanted(), *given)
        assert found.chords == beats("C . . . . . F . . . . . . . . .")
        assert found.notices == ("the file's 2 chord symbols are kept to; --chords none leaves them",)
        assert self.asked(Wanted("none"), *given) == AskedHarmony()

    def test_symbols_of_other_bars_are_not_spoken_of(self) -> None:
        assert self.asked(Wanted(), ChordSymbol(12 * BEAT, "F"), ChordSymbol(14 * BEAT, "C")) == AskedHarmony()


class TestBars:
    def test_only_some_are_heard_and_all_notes_are_kept(self) -> None:
        whole = phrase_of(song(16))
        for said, first, last in (("1-2", 0, 8), ("2", 4, 8), ("2-3", 4, 12), (" 4 - 4", 12, 16)):
            some = only_bars(whole, said)
            assert (some.start_step, len(some.frames)) == (4 * first, 4 * (last - first))
            assert (sounding_pitches(some.frames) == sounding_pitches(whole.frames)[4 * first : 4 * last]).all()
            assert (some.first_step, some.end_place) == (0, 0)
            assert some.notes == whole.notes
            assert some.tick_of_step(0) == first * BEAT

    def test_a_note_that_sounds_into_them_is_heard(self) -> None:
        one = Song((SongNote(0, 6 * BEAT, 60, 80, 0, 0), SongNote(6 * BEAT, 8 * BEAT, 62, 80, 0, 0)), BEAT)
        assert sounding_pitches(only_bars(phrase_of(one), "2-2").frames)[:, 0].tolist() == [60] * 8 + [62] * 8

    def test_a_pickup_is_bar_0(self) -> None:
        one = song(9, Metre(0, 1, 4), Metre(BEAT, 4, 4))
        starts = {said: only_bars(phrase_of(one), said).start_step for said in ("0", "0-2", "1", "2")}
        first = phrase_of(one).start_step
        assert starts == {"0": first, "0-2": first, "1": first + 4, "2": first + 20}

    def test_chords_count_from_the_first_that_is_heard_and_closes_as_the_tune(self) -> None:
        one = song(16)
        some = only_bars(phrase_of(one), "3-4")
        found = asked_of_tune(Wanted("G | C", "4"), one, some)
        assert found.chords == beats("G . . . C . . .", first=32)
        assert [close.step for close in found.closes] == [60]
        with pytest.raises(BadSetting, match="there is no bar 2 to close in: the tune has bars 3 to 4"):
            asked_of_tune(Wanted(close_at="2"), one, some)

    @pytest.mark.parametrize("said", ["5", "3-5", "0", "4-3", "0-2"])
    def test_that_are_not_there(self, said: str) -> None:
        with pytest.raises(BadSetting, match=r"the piece has bars 1 to 4, not|end before they begin"):
            only_bars(phrase_of(song(16)), said)

    def test_that_are_silent_or_no_numbers(self) -> None:
        rests = Song((SongNote(0, BEAT, 60, 80, 0, 0), SongNote(9 * BEAT, 10 * BEAT, 62, 80, 0, 0)), BEAT)
        with pytest.raises(BadSetting, match="bars 2-2 hold no note of the tune"):
            only_bars(phrase_of(rests), "2-2")
        with pytest.raises(BadSetting, match="bars must be a number or two, as in 5 or 5-8, not 'x'"):
            only_bars(phrase_of(rests), "x")

    def test_new_ones_begin_where_the_seed_s_last_bar_is_over(self) -> None:
        assert [(bar.number, bar.start, bar.end) for bar in new_bars(phrase_of(song(14)), 2)] == [
            (1, 64, 80),
            (2, 80, 96),
        ]
