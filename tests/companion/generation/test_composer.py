"""Phrases continued and harmonised by a scripted model: complete notes, exact ticks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest
from support.fakes import SURE, Babbler, ScriptedModel, random_source, sung, sure

from companion.generation import composer
from companion.generation.closes import CLOSE_IN_SIGHT
from companion.generation.composer import (
    LONGEST_HEARD,
    MODEL,
    SEED,
    Composed,
    continue_phrase,
    harmonise,
    notices,
    seed_frames,
    total_frames,
    voice_notes,
)
from companion.generation.generator import DecoderState, Generator
from companion.harmony.form import Form, Span
from companion.harmony.keys import likeliest_key
from companion.model.codes import NOTHING, SILENCE
from companion.model.features import FEATURES, key_id
from companion.music.bars import closing_steps
from companion.music.key import Key, find_key
from companion.music.song import Metre, Song, SongNote, VoiceNote
from companion.music.vocabulary import HOLD, VOICES, IntArray, strike
from companion.phrase.seed import Phrase, phrase_of_song
from companion.sampling.course import AT_HOME, Course
from companion.sampling.draw import Sampling
from companion.sampling.harmony import triads_of
from companion.sampling.rules import LogProbs, NoteContext

GREEDY = Sampling(temperature=0)
SOPRANO, ALTO, TENOR, BASS = range(4)
CHORD = (72, 67, 64, 48)


def phrase_of(lines: Mapping[int, list[tuple[float, float, int]]], metre: tuple[int, int] = (4, 4)) -> Phrase:
    """From (start, length, pitch) in beats by voice; 480 ticks a beat, 70 loud."""
    notes = sorted(
        SongNote(round(start * 480), round((start + length) * 480), pitch, 70, voice, voice)
        for voice, line in lines.items()
        for start, length, pitch in line
    )
    names = tuple(VOICES[voice] if voice in lines else "" for voice in range(4))
    return phrase_of_song(Song(tuple(notes), 480, (), (Metre(0, *metre),), names, notes[-1].end_tick))


def whole_bars(beats: int, metre: tuple[int, int] = (4, 4)) -> Phrase:
    """A chord on every beat."""
    return phrase_of({v: [(beat, 1, pitch) for beat in range(beats)] for v, pitch in enumerate(CHORD)}, metre)


def loudness(voice: int, bits: float, since: int) -> int:
    assert 0 <= bits < 6 and since >= 0
    return 100 + voice


def made(phrase: Phrase, script: Mapping[tuple[int, int], int], bars: int) -> tuple[list[Composed], ScriptedModel]:
    model = ScriptedModel(sung(script))
    generator = Generator(model, random_source())  # type: ignore[arg-type]
    frames = continue_phrase(generator, phrase, bars, GREEDY) if bars else harmonise(generator, phrase, GREEDY)
    return list(frames), model


def closes_seen(model: ScriptedModel) -> list[int]:
    """The close as the model saw it at the first note of each frame."""
    slot = model.row.slot("close")
    return [int(ids[slot] - model.row.offsets[slot]) for ids in model.seen[::4]]


def read_as(model: ScriptedModel, name: str) -> list[list[int]]:
    """A feature's ids at the first note of each frame."""
    slot, slots = model.row.slot(name), FEATURES[name].slots
    return [(ids - model.row.offsets)[slot : slot + slots].tolist() for ids in model.seen[::4]]


@pytest.fixture(autouse=True)
def one_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first ending is taken, so that a scripted model is asked once for each note."""
    for tries in ("TRIES", "INNER_TRIES"):
        monkeypatch.setattr(composer, tries, 1)


class TestHarmonise:
    PHRASE: ClassVar = phrase_of({SOPRANO: [(0, 1, 72), (1, 1, 74)]})
    SCRIPT: ClassVar = {
        (0, ALTO): strike(67),
        (4, ALTO): strike(69),
        (4, TENOR): strike(62),
        (0, BASS): strike(48),
        (4, BASS): strike(53),
        (2, SOPRANO): strike(81),  # the melody is not the model's to sing
        (6, ALTO): strike(67),  # too late: the last chord is held
    }

    def test_notes(self) -> None:
        """Alto and bass move, the tenor comes in later; the melody is not among them."""
        frames, _ = made(self.PHRASE, self.SCRIPT, 0)
        assert voice_notes(frames, self.PHRASE, loudness) == [
            VoiceNote(ALTO, 0, 480, 67, 101),
            VoiceNote(BASS, 0, 480, 48, 103),
            VoiceNote(ALTO, 480, 960, 69, 101),
            VoiceNote(TENOR, 480, 960, 62, 102),
            VoiceNote(BASS, 480, 960, 53, 103),
        ]
        assert [one.frame.pitches[SOPRANO] for one in frames] == [72] * 4 + [74] * 4
        assert {(one.origin, one.chosen) for one in frames} == {(SEED, (False, True, True, True))}

    def test_close_is_the_last_note_struck(self) -> None:
        _, model = made(self.PHRASE, self.SCRIPT, 0)
        assert closes_seen(model) == [5, 4, 3, 2, 1, 0, 0, 0]  # 1 + steps to it, then unsaid

    def test_melody_is_known_and_its_next_note_too(self) -> None:
        """Until the last chord is struck; from there on it is held, and nothing is left to say."""
        _, model = made(self.PHRASE, self.SCRIPT, 0)
        told = [*(token + 1 for token in self.PHRASE.frames[:5, 0]), 0, 0, 0]
        assert [ids[0] for ids in read_as(model, "coming")] == told
        assert [ids[0] for ids in read_as(model, "later")] == [*[strike(74)] * 4, SILENCE, *[NOTHING] * 3]
        assert [ids[0] for ids in read_as(model, "later_steps")] == [4, 3, 2, 1, 0, 0, 0, 0]
        assert {tuple(ids[1:]) for name in ("coming", "later") for ids in read_as(model, name)} == {(0, 0, 0)}

    def test_key_is_told(self) -> None:
        _, model = made(self.PHRASE, self.SCRIPT, 0)
        assert read_as(model, "key") == [[key_id(likeliest_key(self.PHRASE.frames, ended=True))]] * 8

    def test_melody_is_decided_first(self) -> None:
        phrase = phrase_of({TENOR: [(0, 1, 60)]})
        _, model = made(phrase, {}, 0)
        assert [voice for _, voice in model.asked[:4]] == [TENOR, SOPRANO, ALTO, BASS]


def test_voices_added_to_a_tune_are_at_home_as_high_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever they sing: six tenths of what the tune lies above a soprano's home."""
    heard: list[tuple[int, Course]] = []
    plain = Generator.frame

    def listening(self: Generator, state: DecoderState, *said: Any, **more: Any) -> Any:
        heard.append((state.step, state.course))
        return plain(self, state, *said, **more)

    monkeypatch.setattr(Generator, "frame", listening)
    phrase = phrase_of({SOPRANO: [(beat, 1, 72 + beat % 3) for beat in range(16)]})
    list(harmonise(Generator(ScriptedModel(sung({})), random_source()), phrase, GREEDY))  # type: ignore[arg-type]
    assert {step for step, _ in heard} == set(range(64))
    (*_, (_, last)) = heard
    assert last.home[0] == pytest.approx(73, abs=0.1)
    assert np.subtract(last.home[1:], AT_HOME.home[1:]) == pytest.approx(0.6 * (last.home[0] - AT_HOME.home[0]))


class TestContinue:
    SCRIPT: ClassVar = {
        **{(16, voice): strike(pitch) for voice, pitch in enumerate((74, 69, 62, 50))},
        (20, SOPRANO): strike(76),
        (22, SOPRANO): strike(77),
        **{(24, voice): strike(pitch) for voice, pitch in enumerate((76, 67, 64, 48))},
        (28, SOPRANO): strike(79),  # too late: the last chord is held
    }

    def test_notes(self) -> None:
        phrase = whole_bars(4)
        frames, model = made(phrase, self.SCRIPT, 1)
        assert voice_notes(frames, phrase, loudness) == [
            VoiceNote(SOPRANO, 1920, 2400, 74, 100),
            VoiceNote(ALTO, 1920, 2880, 69, 101),
            VoiceNote(TENOR, 1920, 2880, 62, 102),
            VoiceNote(BASS, 1920, 2880, 50, 103),
            VoiceNote(SOPRANO, 2400, 2640, 76, 100),
            VoiceNote(SOPRANO, 2640, 2880, 77, 100),
            VoiceNote(SOPRANO, 2880, 3840, 76, 100),
            VoiceNote(ALTO, 2880, 3840, 67, 101),
            VoiceNote(TENOR, 2880, 3840, 64, 102),
            VoiceNote(BASS, 2880, 3840, 48, 103),
        ]
        assert [one.origin for one in frames] == [SEED] * 16 + [MODEL] * 16
        assert [one.chosen[0] for one in frames] == [False] * 16 + [True] * 16
        assert closes_seen(model) == [*[0] * 16, *range(9, 0, -1), *[0] * 7]

    def test_answer_strikes_anew(self) -> None:
        """Where the model would rather hold the seed's chord, it is struck again: its notes end with the seed."""

        def rather_hold(_: int, voice: int) -> IntArray:
            logits = sure(HOLD)
            logits[strike(CHORD[voice])] = SURE / 2
            return logits

        phrase = whole_bars(4)
        generator = Generator(ScriptedModel(rather_hold), random_source())  # type: ignore[arg-type]
        frames = list(continue_phrase(generator, phrase, 1, GREEDY))
        assert frames[16].frame.tokens.tolist() == [strike(pitch) for pitch in CHORD]
        struck = {note[1:4] for note in voice_notes(frames, phrase, loudness)}
        assert struck == {(*span, pitch) for span in ((1920, 2880), (2880, 3840)) for pitch in CHORD}

    def test_answer_strikes_anew_whatever_the_style_forbids(self) -> None:
        """A rule that would leave only a hold is passed over at the seam; the seed's notes cannot be held on."""

        def holds_only(scores: LogProbs, _: NoteContext) -> None:
            scores[np.arange(len(scores)) != HOLD] = -np.inf

        phrase = whole_bars(4)
        generator = Generator(ScriptedModel(sung({})), random_source())  # type: ignore[arg-type]
        frames = list(continue_phrase(generator, phrase, 1, replace(GREEDY, rules=(holds_only,))))
        assert HOLD not in frames[16].frame.tokens

    def test_what_is_told_of_the_music(self) -> None:
        """A key throughout; of the seed's notes nothing beforehand, since the model only hears them."""
        _, model = made(whole_bars(4), self.SCRIPT, 1)
        assert read_as(model, "key") == [[key_id(Key(0, False))]] * 32
        assert read_as(model, "coming") == read_as(model, "later") == [[0] * 4] * 32

    def test_longer_music_ends_on_a_chord_of_a_whole_bar_as_often_as_the_chorales(self) -> None:
        """Three bars never do, since one bar of them is much."""

        def last_chords(bars: int) -> list[int]:
            found = []
            for seed in range(60):
                generator = Generator(ScriptedModel(sung({})), random_source(seed))  # type: ignore[arg-type]
                frames = list(continue_phrase(generator, whole_bars(4), bars, GREEDY))
                assert frames[-1].to_close is not None
                found.append(1 - frames[-1].to_close)
            return found

        assert set(last_chords(3)) == {8}
        longer = last_chords(4)
        assert set(longer) == {8, 16}
        assert 0.15 < longer.count(16) / len(longer) < 0.45

    def test_missing_voices_of_the_seed_are_added_first(self) -> None:
        phrase = phrase_of({SOPRANO: [(beat, 1, 72) for beat in range(4)]})
        frames, _ = made(phrase, {(0, ALTO): strike(67), (0, TENOR): strike(60), (0, BASS): strike(48)}, 1)
        notes = [note for note in voice_notes(frames, phrase, loudness) if note.start_tick < 1920]
        assert notes == [
            VoiceNote(ALTO, 0, 1920, 67, 101),
            VoiceNote(TENOR, 0, 1920, 60, 102),
            VoiceNote(BASS, 0, 1920, 48, 103),
        ]

    def test_close_is_said_when_it_is_in_sight(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """From farther off than Bach's lines are long it is left open."""
        monkeypatch.setattr(composer, "drawn_form", lambda *stretch: Form((Span(*stretch[:3]),)))  # all is one phrase
        _, model = made(whole_bars(4), {}, 3)
        far = 40 - CLOSE_IN_SIGHT  # the last chord is struck on the 40th step
        assert closes_seen(model) == [*[0] * (16 + far), *range(CLOSE_IN_SIGHT + 1, 0, -1), *[0] * 7]

    @pytest.mark.parametrize(
        ("beats", "metre", "bars", "new_steps", "last_chord"),
        [
            (4, (4, 4), 1, 16, 8),
            (4, (4, 4), 3, 48, 8),
            (5, (4, 4), 2, 12 + 32, 8),
            (3, (3, 4), 2, 24, 12),
            (4, (3, 4), 2, 8 + 24, 12),
            (3, (6, 8), 2, 16, 8),  # bars of two dotted beats
            (4, (6, 8), 1, 4 + 8, 8),
            (4, (12, 8), 1, 4 + 16, 8),
            (3, (3, 8), 2, 8, 4),
            (4, (2, 2), 1, 16, 8),
            (2, (2, 4), 2, 16, 8),
            (3, (5, 4), 1, 8 + 20, 20),
            (4, (1, 16), 3, 12, 4),
        ],
    )
    def test_bars(self, beats: int, metre: tuple[int, int], bars: int, new_steps: int, last_chord: int) -> None:
        phrase = whole_bars(beats, metre)
        frames, _ = made(phrase, {}, bars)
        assert total_frames(phrase, bars) == len(frames) == phrase.end_step + new_steps
        assert closing_steps(phrase.bar_steps) == last_chord
        assert [one.frame.step for one in frames] == list(range(phrase.first_step, phrase.first_step + len(frames)))

    @pytest.mark.parametrize("metre", [(5, 4), (9, 8), (7, 8), (3, 16)])
    def test_bars_that_are_longer_than_short_phrases_or_no_whole_beats(self, metre: tuple[int, int]) -> None:
        """Their last chord is as long as a bar: whatever is drawn, it has its place in the last phrase."""
        phrase = whole_bars(5, metre)
        for seed in range(12):
            generator = Generator(ScriptedModel(sung({})), random_source(seed))  # type: ignore[arg-type]
            frames = list(continue_phrase(generator, phrase, 4, GREEDY))
            assert len(frames) == total_frames(phrase, 4)
            assert [one.frame.step for one in frames] == list(range(phrase.first_step, phrase.first_step + len(frames)))

    def test_pickup(self) -> None:
        """Frame 0 stands in its bar: a seed of one beat before the bar and one bar is followed by whole bars."""
        phrase = phrase_of({v: [(beat, 1, pitch) for beat in range(3, 8)] for v, pitch in enumerate(CHORD)})
        script = {(step, v): strike(pitch) for step in (20, 44) for v, pitch in enumerate(CHORD)}
        frames, _ = made(phrase, script, 2)
        assert [one.frame.step for one in frames] == list(range(12, 12 + 20 + 32))
        assert {note[1:3] for note in voice_notes(frames, phrase, loudness)} == {(3840, 6720), (6720, 7680)}

    def test_last_chord_is_held(self) -> None:
        phrase = whole_bars(4)
        model = Babbler()
        generator = Generator(model, random_source())  # type: ignore[arg-type]
        frames = list(continue_phrase(generator, phrase, 2, Sampling()))
        for one in frames[-7:]:
            for token, pitch in zip(one.frame.tokens, one.frame.pitches, strict=True):
                assert token == HOLD or pitch is None
        assert {one.frame.pitches for one in frames[-8:]} == {frames[-1].frame.pitches}


class TestClose:
    """The last chord is a full triad of the key, whatever the model would sing."""

    def chords(self, phrase: Phrase, bars: int) -> list[set[int]]:
        """The pitch classes at the end, by seeds, of a model that says anything."""
        found = []
        for seed in range(20):
            generator = Generator(Babbler(), random_source(seed))  # type: ignore[arg-type]
            made = (
                continue_phrase(generator, phrase, bars, Sampling())
                if bars
                else harmonise(generator, phrase, Sampling())
            )
            found.append({pitch % 12 for pitch in list(made)[-1].frame.pitches if pitch is not None})
        return found

    def test_of_an_answer(self) -> None:
        assert all(chord in triads_of(Key(0, False)) for chord in self.chords(whole_bars(4), 1))

    def test_of_a_melody(self) -> None:
        tune = phrase_of({SOPRANO: [(beat, 1, pitch) for beat, pitch in enumerate((60, 64, 67, 71, 72))]})
        assert find_key(tune.frames) == Key(0, False)
        assert all(0 in chord and chord in triads_of(Key(0, False)) for chord in self.chords(tune, 0))


class TestLongSeeds:
    def test_tail_is_heard(self) -> None:
        phrase = whole_bars(136)  # 544 steps
        last = {(LONGEST_HEARD + 8, voice): strike(pitch) for voice, pitch in enumerate(CHORD)}
        frames, model = made(phrase, {(LONGEST_HEARD, SOPRANO): strike(72), **last}, 1)
        assert (seed_frames(phrase), len(frames)) == (LONGEST_HEARD, LONGEST_HEARD + 16)
        assert len(model.asked) == 4 * len(frames)
        assert frames[0].frame.step == 544 - LONGEST_HEARD
        assert notices(phrase) == ["the seed is long: only its last 512 steps are heard"]
        added = voice_notes(frames, phrase, loudness)
        assert added == [
            VoiceNote(SOPRANO, 136 * 480, 138 * 480, 72, 100),
            *(VoiceNote(voice, 138 * 480, 140 * 480, pitch, 100 + voice) for voice, pitch in enumerate(CHORD)),
        ]

    def test_tail_begins_with_what_sounds(self) -> None:
        """A note that began before the tail is struck at its first step."""
        lines = {v: [(0, 100, pitch), (100, 36, pitch)] for v, pitch in enumerate(CHORD)}
        frames, _ = made(phrase_of(lines), {}, 1)
        assert frames[0].frame.pitches == CHORD

    def test_just_not_long(self) -> None:
        phrase = whole_bars(128)
        assert notices(phrase) == []
        assert seed_frames(phrase) == LONGEST_HEARD

    def test_the_same_of_a_melody(self) -> None:
        """Whichever voices are missing: they are added to what is heard."""
        phrase = phrase_of({SOPRANO: [(beat, 1, 72) for beat in range(136)]})
        frames, _ = made(phrase, {}, 1)
        assert (seed_frames(phrase), len(frames), frames[0].frame.step) == (LONGEST_HEARD, LONGEST_HEARD + 16, 32)
        assert notices(phrase) == [
            "the seed is long: only its last 512 steps are heard, and have their missing voices added"
        ]


def tune_with_rest(beats: float, end: float = 4) -> Phrase:
    """Four quarters of a tune (the last may be of another length), a rest of so many beats, and a whole note."""
    before = [(0, 1, 72), (1, 1, 72), (2, 1, 72), (3, end - 3, 72)]
    return phrase_of({SOPRANO: [*before, (end + beats, 4, 72)]})


class TestLongRests:
    """They cost nothing, are named and stay as they are."""

    # From which beat to which nothing is sung, where the tune ends on one beat and begins again on another
    @pytest.mark.parametrize(
        ("end", "beats", "silent"),
        [(4, 200, (4, 204)), (3.25, 200, (4, 203)), (4, 200.75, (4, 204)), (4, 32.25, (4, 36)), (4, 32, None)],
    )
    @pytest.mark.parametrize("bars", [0, 1])
    def test_nothing_sings_in_them(self, end: float, beats: float, silent: tuple[int, int] | None, bars: int) -> None:
        phrase = tune_with_rest(beats, end)
        steps = [one.frame.step for one in made(phrase, {}, bars)[0]]
        rest = [] if silent is None else [*range(4 * silent[0], 4 * silent[1])]
        assert steps == sorted({*range(steps[-1] + 1)} - {*rest})
        length = None if silent is None else silent[1] - silent[0]
        named = [f"the rest of {length} beats from beat 5 on is kept, and nothing sings in it"] if silent else []
        assert notices(phrase) == named

    def test_voices_end_with_the_tune_and_begin_with_it(self) -> None:
        phrase = tune_with_rest(200)
        script = {(at, voice): strike(pitch) for at in (0, 16) for voice, pitch in enumerate(CHORD)}
        frames, _ = made(phrase, script, 0)
        assert voice_notes(frames, phrase, loudness) == [
            VoiceNote(voice, beat * 480, (beat + 4) * 480, CHORD[voice], 100 + voice)
            for beat in (0, 204)
            for voice in (ALTO, TENOR, BASS)
        ]

    def test_what_would_be_held_is_begun_anew(self) -> None:
        frames, _ = made(tune_with_rest(200), {(0, voice): strike(pitch) for voice, pitch in enumerate(CHORD)}, 0)
        assert HOLD in frames[15].frame.tokens
        assert HOLD not in frames[16].frame.tokens

    def test_a_day_of_silence(self) -> None:
        phrase = tune_with_rest(190_000)
        frames, model = made(phrase, {}, 1)
        assert len(frames) == total_frames(phrase, 1) == 32 + 16
        assert len(model.asked) == 4 * 48

    def test_of_a_long_seed_the_steps_that_sing_are_counted(self) -> None:
        lines = {v: [(0, 60, pitch), (1000, 120, pitch)] for v, pitch in enumerate(CHORD)}
        phrase = phrase_of(lines)
        assert seed_frames(phrase) == LONGEST_HEARD
        frames, _ = made(phrase, {}, 1)
        assert [one.frame.step for one in frames][:33:32] == [208, 4000]
