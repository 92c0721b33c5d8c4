"""What an answer takes from its phrase, in files and in jams."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.fakes import random_source
from support.jamfakes import Jam

from companion.controls.settings import Settings
from companion.generation.composer import MODEL, continue_phrase, voice_notes
from companion.generation.following import NOT_FOLLOWING, Following, Lead
from companion.generation.generator import Generator
from companion.generation.velocity import velocity_rule
from companion.model.library import open_model
from companion.model.runtime import Model
from companion.music.song import Metre, Song, SongNote, VoiceNote
from companion.music.vocabulary import FIRST_STRIKE, IntArray, sounding_pitches
from companion.phrase.character import Character, HeadNote, character_of
from companion.phrase.seed import Phrase, phrase_of_song
from companion.sampling.draw import Sampling
from companion.sampling.styles import style

FULL, USUAL = Following(1.0), Following(Settings().follow)
TUNE = (72, 74, 76, 77, 79, 77, 76, 74)
PLAIN = Character(0, 0.25, 72.0, 4.0, 1.0, 0.0, 32.0, ())


def lead(following: Following = FULL, **changed: object) -> Lead:
    found = following.lead(replace(PLAIN, **changed))  # type: ignore[arg-type]
    assert found is not None
    return found


def tune(steps: float, gate: float = 1.0, transposed: int = 0, velocities: tuple[int, int] = (80, 80)) -> Phrase:
    """Four bars of equal notes."""
    count = round(64 / steps)
    loud = np.linspace(*velocities, count).round().astype(int).tolist()
    notes = [
        SongNote(round(120 * steps * at), round(120 * steps * (at + gate)), TUNE[at % 8] + transposed, loud[at], 0, 0)
        for at in range(count)
    ]
    return phrase_of_song(Song(tuple(notes), 480, (), (Metre(0, 4, 4),), ("",), 7680))


@pytest.fixture(scope="module")
def bach() -> Model:
    return open_model("bach")


def answers(model: Model, phrase: Phrase, following: Following = USUAL, bars: int = 4, tries: int = 6) -> IntArray:
    """``[tries · steps, 4]`` of new bars, without their last chord."""
    found = following.lead(character_of(phrase))
    made = []
    for seed in range(tries):
        composed = continue_phrase(Generator(model, random_source(seed)), phrase, bars, style("bach"), None, found)
        made += [one.frame.tokens for one in composed if one.origin == MODEL][:-8]
    return np.stack(made)


def changes(frames: IntArray) -> float:
    """The soprano's changes of pitch a step."""
    return float(np.mean(np.diff(sounding_pitches(frames)[:, 0]) != 0))


class TestLead:
    def test_nothing_is_taken_of_nothing(self) -> None:
        assert NOT_FOLLOWING.lead(PLAIN) is None and FULL.lead(None) is None

    def test_pace_is_between_its_own_and_the_phrases(self) -> None:
        assert lead(pace=0.5).pace == pytest.approx(0.5)
        assert 0.2 < lead(Following(0.3), pace=0.5).pace < lead(Following(0.7), pace=0.5).pace < 0.5
        assert lead(pace=1.0).pace == 0.8

    def test_where_the_player_says_how_dense_the_pace_is_not_followed(self) -> None:
        plain = Sampling()
        said = Following.of(Settings(density=0.5))
        assert len(lead(pace=0.5).sampling(plain, 20).rules) == 2
        assert len(lead(said, pace=0.5).sampling(plain, 20).rules) == 1

    def test_velocity_grows_with_the_phrase_and_then_stays(self) -> None:
        found = lead(swell=40.0)
        assert [found.velocity(80, since) for since in (0, 16, 32, 64)] == [60, 80, 100, 100]
        assert lead(Following(0.5), swell=40.0).velocity(80, 32) == 90
        assert (found.velocity(5, 0), found.velocity(120, 32)) == (1, 127)

    @pytest.mark.parametrize(("share", "gate", "longest"), [(1.0, 1.0, math.inf), (1.0, 0.5, 2.0), (0.5, 0.5, 3.0)])
    def test_notes_are_as_long_as_the_phrases(self, share: float, gate: float, longest: float) -> None:
        assert lead(Following(share), gate=gate).longest_steps == longest

    def test_what_is_new_is_detached(self) -> None:
        notes = [VoiceNote(0, start, start + 480, 72, 80) for start in (0, 480, 960)]
        ends = [note.end_tick for note in lead(gate=0.5).touched(notes, 480, 480)]
        assert ends == [480, 720, 1200]

    def test_the_motif_comes_first_and_then_the_pace(self) -> None:
        head = (HeadNote(0, 0), HeadNote(4, 2), HeadNote(6, 1))
        rules = [lead(head=head).sampling(Sampling(), since).rules for since in range(8)]
        assert [len(each) for each in rules] == [1, *[2] * 7]
        assert len(set(rules[1:])) == 7  # none is another's
        assert lead(head=head).sampling(Sampling(), 4).rules[1] is rules[4][1]  # and it is made once


class TestAnswers:
    def test_eighths_are_answered_by_movement(self, bach: Model) -> None:
        halves, quarters, eighths = (changes(answers(bach, tune(steps), bars=8)) for steps in (8, 4, 2))
        assert eighths >= 2 * halves
        assert halves < quarters < eighths

    def test_without_following_they_are_not(self, bach: Model) -> None:
        halves, eighths = (changes(answers(bach, tune(steps), NOT_FOLLOWING)) for steps in (8, 2))
        assert eighths < 1.5 * halves

    def test_high_is_answered_high(self, bach: Model) -> None:
        low, high = (sounding_pitches(answers(bach, tune(4, transposed=by)))[:, 0].mean() for by in (-9, 0))
        assert high - low > 5

    def test_loud_is_answered_loud_and_a_crescendo_by_one(self, bach: Model) -> None:
        phrase = tune(4, velocities=(50, 90))
        found = USUAL.lead(character_of(phrase))
        composed = list(continue_phrase(Generator(bach, random_source(1)), phrase, 4, style("bach"), None, found))
        notes = voice_notes(composed, phrase, velocity_rule("played", phrase.notes, found), found)
        new = [note for note in notes if note.start_tick >= 7680]
        first, last = (np.mean([note.velocity for note in new if note.start_tick // 3840 == half]) for half in (2, 3))
        assert last > first + 10
        assert np.mean([note.velocity for note in new]) == pytest.approx(70, abs=5)

    def test_detached_is_answered_detached_but_for_the_close(self, bach: Model) -> None:
        phrase = tune(4, gate=0.4)
        found = FULL.lead(character_of(phrase))
        composed = list(continue_phrase(Generator(bach, random_source(1)), phrase, 4, style("bach"), None, found))
        new = [
            note for note in voice_notes(composed, phrase, velocity_rule("played"), found) if note.start_tick >= 7680
        ]
        last = max(note.start_tick for note in new)
        assert max(note.end_tick - note.start_tick for note in new if note.start_tick < last) <= 0.4 * 480 + 1
        assert {note.end_tick - note.start_tick for note in new if note.start_tick == last} <= {
            960,
            1920,
        }  # a bar, or half

    def test_the_motif_comes_back(self, bach: Model) -> None:
        """A rhythm that is seldom by itself."""
        rhythm = (0, 6, 7, 8, 12, 16)
        pitches = (72, 74, 76, 77, 79, 76)
        notes = [
            SongNote(120 * a, 120 * b, p, 80, 0, 0) for a, b, p in zip(rhythm, (*rhythm[1:], 32), pitches, strict=True)
        ]
        phrase = phrase_of_song(Song(tuple(notes), 480, (), (Metre(0, 4, 4),), ("",), 3840))

        def alike(following: Following) -> float:
            heads = answers(bach, phrase, following, bars=2, tries=8).reshape(8, -1, 4)[:, :16, 0] >= FIRST_STRIKE
            return float(np.mean(heads[:, [6, 7, 8, 12]]) - np.mean(heads[:, [2, 3, 4, 10]]))

        assert alike(FULL) > alike(USUAL) > alike(NOT_FOLLOWING)
        assert alike(FULL) > alike(NOT_FOLLOWING) + 0.2


class TestJams:
    def jam(self, model: Model, settings: Settings, velocities: tuple[int, int] = (80, 80), gate: float = 0.9) -> Jam:
        jam = Jam(model, settings)
        loud = np.linspace(*velocities, 16).round().astype(int).tolist()
        for at in range(16):
            jam.to(2 * at + 0.0)
            jam.session.note(2.0 * at, TUNE[at % 8], loud[at], 0)
            jam.to(2 * at + 2 * gate)
            jam.session.note(2 * at + 2 * gate, TUNE[at % 8], 0, 0)
        return jam

    def test_an_answer_takes_after_the_phrase(self, bach: Model) -> None:
        settings = Settings(mode="respond", bars=2, seed=2)
        jam = self.jam(bach, settings, velocities=(40, 100), gate=0.5)
        jam.to(70)
        sounds = [sound for sound in jam.listener.sounds if sound.channel == 0]
        assert len([sound for sound in sounds if sound.start < 56]) >= 8
        assert max(sound.end - sound.start for sound in sounds if sound.start < 56) <= 2
        assert max(sound.end - sound.start for sound in sounds if sound.start == 56) == 8  # the close
        assert sounds[-1].velocity > sounds[0].velocity + 15

    def test_a_velocity_that_is_set_wins(self, bach: Model) -> None:
        jam = self.jam(bach, Settings(mode="respond", bars=2, seed=1, velocity="64"), velocities=(40, 100))
        jam.to(70)
        assert {sound.velocity for sound in jam.listener.sounds} == {64}

    def test_how_far_the_plan_reaches_never_shows(self, bach: Model) -> None:
        jams = [self.jam(bach, Settings(mode="respond", bars=2, seed=1)) for _ in range(2)]
        for step in range(33, 70):
            jams[0].to(step)
        jams[1].session.advance(70.0)
        music = [[planned.frame.tokens.tolist() for planned, _ in jam.listener.music.values()] for jam in jams]
        assert music[0] == music[1]


def test_a_log_of_before_does_not_follow() -> None:
    from companion.commands.replay import settings_of  # noqa: PLC0415
    from companion.record.log import read_header  # noqa: PLC0415

    header = read_header(Path(__file__).parents[2] / "golden" / "jam-1.jsonl")
    assert settings_of(header).follow == 0
    logged = replace(header, settings={**header.settings, "follow": 0.4})
    assert settings_of(logged).follow == 0.4
