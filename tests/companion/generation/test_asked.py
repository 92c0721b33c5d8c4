"""Chords and closes that are asked for: what becomes of them, and what is heard of them in the music."""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from support.fakes import random_source

from companion.controls.settings import Settings
from companion.generation.asked import AskedClose, AskedHarmony, as_asked, with_closes
from companion.generation.composer import MODEL, Composed
from companion.generation.job import Job, continue_song, harmonise_song
from companion.harmony.chords import Chord, heard_chord
from companion.harmony.form import Form, Span, Wish, closing_form
from companion.harmony.symbols import AskedChord, chord_of_symbol
from companion.model.library import open_model
from companion.music.key import Key
from companion.music.pitch import pitch_class_name
from companion.music.song import Metre, Song, SongNote
from companion.music.vocabulary import IntArray, strike
from companion.phrase.seed import Phrase, phrase_of_song
from companion.wishes.asked import Wanted, asked_of_new, asked_of_tune
from export.measures.partwriting import crossings, out_of_range, parallels

BEAT = 480
G_MAJOR = ((67, 1), (67, 1), (74, 1), (74, 1), (76, 1), (76, 1), (74, 2), (72, 1), (72, 1), (71, 1), (71, 1))
G_MAJOR += ((69, 1), (69, 1), (67, 2))
opened = functools.cache(open_model)


def chord(symbol: str, goes_on: bool = False) -> AskedChord:
    found = chord_of_symbol(symbol)
    assert found is not None
    return found._replace(goes_on=goes_on)


def song_of(line: Sequence[tuple[int, int]]) -> Song:
    notes, tick = [], 0
    for pitch, beats in line:
        notes.append(SongNote(tick, tick + beats * BEAT, pitch, 80, 0, 0))
        tick += beats * BEAT
    return Song(tuple(notes), BEAT, metres=(Metre(0, 4, 4),), length_ticks=tick)


class TestForms:
    FORM = Form((Span(0, 24, 32), Span(32, 56, 64, 0), Span(64, 88, 96, 0, 80)))

    def test_a_last_chord_is_the_last_that_is_asked_for(self) -> None:
        chords = {24: (chord("C"),), 28: (chord("G"),), 56: (chord("C"),), 60: (chord("C", goes_on=True),)}
        assert [span.close for span in as_asked(self.FORM, chords).spans] == [28, 56, 88]

    def test_a_phrase_comes_back_while_its_chords_are_the_same(self) -> None:
        chords = {0: (chord("C"),), 16: (chord("G"),), 32: (chord("C"),), 48: (chord("Am"),), 84: (chord("F"),)}
        assert [span.fresh for span in as_asked(self.FORM, chords).spans] == [None, 44, 80]

    def test_without_chords_nothing_is_otherwise(self) -> None:
        assert as_asked(self.FORM, {}).spans == self.FORM.spans

    def test_closes_lie_where_they_are_asked_for(self) -> None:
        closes = (AskedClose(16, 32, 2), AskedClose(88, 96, 6))
        assert [span.close for span in with_closes(self.FORM, closes).spans] == [16, 56, 88]

    @pytest.mark.parametrize("seed", range(20))
    def test_between_asked_closes_there_are_others_only_in_long_stretches(self, seed: int) -> None:
        form = closing_form(0, [(56, 64), (88, 96), (248, 256)], random_source(seed))
        spans = form.spans
        assert {(56, 64), (88, 96), (248, 256)} <= {(span.close, span.end) for span in spans}
        assert [(span.start, span.end) for span in spans[:2]] == [(0, 64), (64, 96)]
        assert [span.start for span in spans[1:]] == [span.end for span in spans[:-1]]
        assert all(span.beats <= 16 for span in spans[:-1]) and spans[-1].beats <= 17


class TestCadences:
    KEY = Key(0, False)

    def test_become_chords_of_their_last_two_beats(self) -> None:
        asked = AskedHarmony(closes=(AskedClose(24, 32, 2, "authentic"), AskedClose(56, 64, 4)))
        chords = asked.with_cadences(self.KEY, lambda _: None).chords
        assert chords == {20: (chord("G"), chord("G7")), 24: (chord("C"),)}

    def test_leave_chords_that_are_asked_for(self) -> None:
        asked = AskedHarmony({20: (chord("G7/B"),)}, (AskedClose(24, 32, 2, "authentic"),))
        assert asked.with_cadences(self.KEY, lambda _: None).chords == {20: (chord("G7/B"),), 24: (chord("C"),)}

    @pytest.mark.parametrize(
        ("kind", "tone", "said"),
        [
            ("half", 0, "the close in bar 2 is not half: the tune's C is in no such close"),
            ("authentic", 2, "the close in bar 2 is authentic in G: so the tune asks"),
        ],
    )
    def test_what_the_tune_does_not_let_be_is_said(self, kind: str, tone: int, said: str) -> None:
        asked = AskedHarmony(closes=(AskedClose(24, 32, 2, kind),))
        assert asked.with_cadences(self.KEY, lambda step: tone if step == 24 else None).notices == (said,)

    def test_nor_a_chord_that_is_asked_for(self) -> None:
        asked = AskedHarmony({24: (chord("F"),)}, (AskedClose(24, 32, 2, "half"),))
        found = asked.with_cadences(self.KEY, lambda _: None)
        assert found.chords == asked.chords
        assert found.notices == ("the close in bar 2 is not half: the chord that is asked for is in no such close",)


def sounded(composed: Sequence[Composed], phrase: Phrase) -> dict[int, Composed]:
    """By the step of the song."""
    return {one.frame.step + phrase.start_step - phrase.first_step: one for one in composed}


def wrong_beats(composed: Sequence[Composed], phrase: Phrase, asked: AskedHarmony) -> Iterator[tuple[int, str]]:
    """The beats on which added voices leave the chord, it is not whole, or has another bass than behind a slash."""
    frames = sounded(composed, phrase)
    for step, (wanted, *_) in asked.chords.items():
        one = frames[step]
        pitches = [pitch for pitch in one.frame.pitches if pitch is not None]
        added = {pitch % 12 for pitch, chosen in zip(one.frame.pitches, one.chosen, strict=True) if chosen and pitch}
        spared = {(wanted.root + 7) % 12} if len(wanted.tones) > 3 else set()
        whole = set(wanted.tones) - spared <= {pitch % 12 for pitch in pitches}
        low = wanted.slash is None or min(pitches) % 12 == wanted.slash
        if not (added <= set(wanted.tones) and whole and low):
            yield step, " ".join(map(pitch_class_name, pitches))


def frames_of(composed: Sequence[Composed]) -> IntArray:
    return np.array([one.frame.tokens for one in composed], dtype=np.int32)


def clean(frames: IntArray) -> bool:
    faults = (parallels(frames, 7), parallels(frames, 0), crossings(frames), out_of_range(frames))
    return not any(fault.found for fault in faults)


def made(job: Job) -> list[Composed]:
    return list(job.frames)


KINDS = ("", "m", "7", "m7", "maj7", "m7b5", "dim7", "aug", "sus4", "6", "add9", "9", "7b9")
ROOTS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


def any_chords(bars: int, dice: random.Random) -> str:
    """Of all kinds and on all roots, up to four in a bar, some with a slash."""

    def symbol() -> str:
        name = dice.choice(ROOTS) + dice.choice(KINDS)
        return name if dice.random() < 0.7 else f"{name}/{ROOTS[dice.choice(chord(name).tones[:3])]}"

    return " | ".join(" ".join(symbol() for _ in range(dice.choice((1, 2, 4)))) for _ in range(bars))


@pytest.mark.slow
class TestHeard:
    PHRASE_SONG = song_of(G_MAJOR)

    @pytest.mark.parametrize("style", ["bach", "wild"])
    def test_new_bars_have_the_chords_whatever_they_are(self, style: str) -> None:
        phrase, wrong, beats = phrase_of_song(self.PHRASE_SONG), 0, 0
        for seed in range(5):
            wanted = Wanted(any_chords(6, random.Random(seed)))
            asked = asked_of_new(wanted, self.PHRASE_SONG, phrase, 6)
            job = continue_song(self.PHRASE_SONG, phrase, 6, (), Settings(seed=seed, style=style), opened, asked)
            composed = made(job)
            new = [one for one in composed if one.origin == MODEL]
            wrong += len(list(wrong_beats(new, phrase, asked)))
            beats += len(asked.chords)
            assert style == "wild" or clean(frames_of(new))
        assert beats == 5 * 6 * 4
        assert wrong <= (0 if style == "bach" else 0.05 * beats)

    def test_a_tune_has_them_under_it_and_what_is_not_asked_is_free(self) -> None:
        phrase = phrase_of_song(self.PHRASE_SONG)
        wanted = Wanted("G | C/E G/B | Am7 - Em/G . | D7 G")
        asked = asked_of_tune(wanted, self.PHRASE_SONG, phrase)
        wrong = 0
        for seed in range(6):
            composed = made(harmonise_song(self.PHRASE_SONG, phrase, Settings(seed=seed), opened, asked))
            wrong += len(list(wrong_beats(composed, phrase, asked)))
            assert clean(frames_of(composed))
        assert wrong <= 0.02 * 6 * len(asked.chords)

    def test_a_song_can_end_away_from_home(self) -> None:
        phrase = phrase_of_song(self.PHRASE_SONG)
        asked = asked_of_new(Wanted("G | C | Am7 | D"), self.PHRASE_SONG, phrase, 4)
        for seed in range(3):
            last = made(continue_song(self.PHRASE_SONG, phrase, 4, (), Settings(seed=seed), opened, asked))[-1]
            assert {pitch % 12 for pitch in last.frame.pitches if pitch} == {2, 6, 9}

    @pytest.mark.parametrize("kind", ["authentic", "half", "deceptive", "plagal"])
    def test_closes_are_of_their_kind_where_they_are_asked_for(self, kind: str) -> None:
        phrase = phrase_of_song(self.PHRASE_SONG)
        asked = asked_of_new(Wanted(close_at=f"2:{kind},4,6:{kind}"), self.PHRASE_SONG, phrase, 6)
        before, last = {"authentic": (2, 7), "half": (None, 2), "deceptive": (2, 4), "plagal": (0, 7)}[kind]
        for seed in range(3):
            job = continue_song(self.PHRASE_SONG, phrase, 6, (), Settings(seed=seed, key="G major"), opened, asked)
            frames = sounded(made(job), phrase)
            for close in asked.closes:
                assert frames[close.step].to_close == 0
                pitches = {frames[step].frame.pitches for step in range(close.step, close.end)}
                assert len(pitches) == 1, "it is held"
                if close.kind:
                    found = heard([frames[close.step]])
                    assert found is not None and (found.root, found.inversion) == (last, 0)
                    earlier = heard([frames[close.step - 4]])
                    assert earlier is not None and (earlier.root != last if before is None else earlier.root == before)

    def test_phrases_that_come_back_close_as_they_are_asked_to(self) -> None:
        phrase = phrase_of_song(self.PHRASE_SONG)
        wishes = [Wish(8, letter) for letter in "AABA"]
        asked = asked_of_new(Wanted(close_at="2:half,4:authentic"), self.PHRASE_SONG, phrase, 8, wishes)
        settings = Settings(seed=5, key="G major")
        frames = sounded(made(continue_song(self.PHRASE_SONG, phrase, 8, wishes, settings, opened, asked)), phrase)
        first, second = (
            [frames[step].frame.pitches for step in range(start, start + 20)]
            for start in (asked.closes[0].end - 32, asked.closes[1].end - 32)
        )
        assert first[:16] == second[:16]
        roots = [found.root for close in asked.closes if (found := heard([frames[close.step]]))]
        assert roots == [2, 7]

    def test_a_church_mode_has_its_own_tones_and_closes_on_its_tonic(self) -> None:
        line = ((62, 1), (64, 1), (65, 1), (67, 1), (69, 1), (67, 1), (69, 2), (72, 1), (69, 1), (69, 1), (67, 1))
        song = song_of((*line, (65, 1), (64, 1), (62, 2)))
        phrase = phrase_of_song(song, 0)
        tones = {name: [0] * 12 for name in ("D dorian", "D minor")}
        for name, counts in tones.items():
            for seed in range(4):
                composed = made(continue_song(song, phrase, 6, (), Settings(seed=seed, key=name), opened))
                for pitch in (pitch for one in composed for pitch in one.frame.pitches if pitch):
                    counts[pitch % 12] += 1
                assert min(filter(None, composed[-1].frame.pitches)) % 12 == 2
        assert tones["D dorian"][11] > 5 * tones["D dorian"][10]
        assert tones["D minor"][11] < 2 * tones["D minor"][10]

    def test_asking_for_nothing_is_the_same_as_not_asking(self) -> None:
        phrase = phrase_of_song(self.PHRASE_SONG)
        for seed in range(2):
            settings = Settings(seed=seed)
            asked = asked_of_new(Wanted("none"), self.PHRASE_SONG, phrase, 2)
            for one, other in (
                (
                    continue_song(self.PHRASE_SONG, phrase, 2, (), settings, opened),
                    continue_song(self.PHRASE_SONG, phrase, 2, (), settings, opened, asked),
                ),
                (
                    harmonise_song(self.PHRASE_SONG, phrase, settings, opened),
                    harmonise_song(self.PHRASE_SONG, phrase, settings, opened, AskedHarmony()),
                ),
            ):
                assert (frames_of(made(one)) == frames_of(made(other))).all()


def heard(beat: Sequence[Composed]) -> Chord | None:
    return heard_chord([[0 if pitch is None else strike(pitch) for pitch in one.frame.pitches] for one in beat])


def test_the_key_of_a_job_is_the_one_that_it_is_made_in() -> None:
    """Not the one that the chords of its cadences, which follow from it, would tell besides."""
    tune = song_of(((64, 2), (62, 1), (62, 1), (72, 1), (71, 1), (62, 1), (60, 1), (71, 2)))
    phrase, settings = phrase_of_song(tune), Settings(seed=1)
    asked = asked_of_tune(Wanted(cadence="plagal"), tune, phrase)
    for job in (
        harmonise_song(tune, phrase, settings, opened, asked),
        harmonise_song(tune, phrase, settings, opened),
    ):
        assert job.key == Key.of_name("E minor")
