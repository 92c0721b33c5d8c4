"""What a musician hears at once, in what the default model makes: openings, closes, endings, returns.

Of tunes that were written for it, and of sopranos of chorales that were held out, where these are at hand.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from support.fakes import random_source
from support.harmonies import alone, tune_of

from companion.controls.settings import Settings
from companion.controls.table import DEFAULT_MODEL, DEFAULT_STYLE
from companion.files.midi import read_song
from companion.generation.closes import CLOSE_IN_SIGHT
from companion.generation.composer import Composed, continue_phrase, harmonise
from companion.generation.generator import Frame, Generator
from companion.generation.improviser import Answer
from companion.harmony.form import Form
from companion.harmony.keys import likeliest_key
from companion.harmony.tunes import tune_form
from companion.model.library import open_model
from companion.model.runtime import Model
from companion.music.bars import Barlines
from companion.music.key import Key
from companion.music.vocabulary import HOLD, IntArray, strike
from companion.phrase.seed import Phrase, phrase_of_song
from companion.sampling.harmony import triads_of
from companion.sampling.styles import style
from companion.session.hearing import Hearing
from companion.session.plan import Plan, guidance_of
from export.data.pieces import Piece
from export.judging.jamming import harmonised_live
from export.judging.recital import phrase_of
from export.measures import form as measured_form
from export.measures import function
from export.measures.passage import Passage
from export.measures.tally import together

pytestmark = pytest.mark.slow

E_MINOR = Path(__file__).parents[2] / "golden" / "eminor.mid"
STYLE = style(DEFAULT_STYLE)
SOPRANO_GIVEN = (True, False, False, False)
Notes = list[tuple[int | None, float]]

VERSE: Notes = [(67, 1), (69, 1), (71, 1), (72, 1), (74, 1), (72, 1), (71, 2)]
ANSWER: Notes = [(71, 1), (72, 1), (74, 1), (71, 1), (69, 1), (69, 1), (67, 2)]
MIDDLE: Notes = [(74, 1), (74, 1), (76, 1), (74, 1), (72, 1), (71, 1), (69, 2)]
F_MAJOR: Notes = [(65, 1), (69, 1), (72, 1), (72, 1), (74, 1), (74, 1), (72, 2)]
F_MAJOR += [(70, 1), (70, 1), (69, 1), (69, 1), (67, 1), (67, 1), (65, 2)]
A_MINOR: Notes = [(69, 1), (71, 1), (72, 1), (71, 1), (69, 1), (68, 1), (69, 2)]
A_MINOR += [(72, 1), (74, 1), (76, 1), (74, 1), (72, 1), (71, 1), (69, 2)]
C_MINOR: Notes = [(67, 0.5), (65, 0.5), (63, 1), (62, 1), (60, 1), (65, 1), (63, 1), (62, 2)]
C_MINOR += [(63, 1), (65, 1), (67, 1), (63, 1), (62, 0.5), (60, 0.5), (59, 1), (60, 2)]
TUNES: dict[str, Notes] = {
    "G major, AABA": [*VERSE, *ANSWER, *VERSE, *ANSWER, *MIDDLE, *VERSE, *ANSWER],
    "F major": F_MAJOR,
    "a minor": A_MINOR,
    "c minor, eighths": C_MINOR,
}


@pytest.fixture(scope="module")
def model() -> Model:
    return open_model(DEFAULT_MODEL)


def of_tune(notes: Notes) -> Phrase:
    return replace(phrase_of(alone(tune_of(notes))), given=SOPRANO_GIVEN)


def of_soprano(piece: Piece) -> Phrase:
    """A chorale's tune in its place in the bar."""
    bar = piece.bar_steps or 16
    end = (piece.first_step + len(piece.frames)) % bar
    return replace(
        phrase_of(piece.frames),
        frames=alone(piece.frames[:, 0]),
        given=SOPRANO_GIVEN,
        first_step=piece.first_step,
        bar_steps=bar,
        end_place=end,
    )


def sung(model: Model, phrase: Phrase, seed: int) -> Iterator[Frame]:
    generator = Generator(model, random_source(seed))
    return (one.frame for one in harmonise(generator, phrase, STYLE))


def classes(frame: Frame) -> frozenset[int]:
    return frozenset(pitch % 12 for pitch in frame.pitches if pitch is not None)


def first_chord(frames: Iterable[Frame]) -> frozenset[int]:
    return next(chord for frame in frames if (chord := classes(frame)))


def heard_key(phrase: Phrase) -> Key:
    key = likeliest_key(phrase.frames, ended=True)
    assert key is not None
    return key


def tokens_of(frames: Iterable[Frame]) -> IntArray:
    return np.stack([frame.tokens for frame in frames])


@pytest.fixture(scope="module")
def tests_own(model: Model) -> dict[str, list[IntArray]]:
    """The tunes harmonised, five times each."""
    return {name: [tokens_of(sung(model, of_tune(notes), seed)) for seed in range(5)] for name, notes in TUNES.items()}


class TestOpenings:
    @pytest.mark.parametrize("name", TUNES)
    def test_a_tune_opens_on_a_triad_of_its_key(self, model: Model, name: str) -> None:
        phrase = of_tune(TUNES[name])
        triads = triads_of(heard_key(phrase))
        found = [first_chord(sung(model, phrase, seed)) for seed in range(20)]
        assert sum(chord in triads for chord in found) >= 19, found

    def test_held_out_sopranos_open_on_triads_of_their_keys(self, model: Model, chorales: list[Piece]) -> None:
        """Of the key that is heard, which the harmony is in; twenty sopranos, each with three dice."""
        pieces = [one for one in chorales if one.split == "test" and one.bar_steps][:20]
        for seed in range(3):
            phrases = [of_soprano(piece) for piece in pieces]
            found = [(first_chord(sung(model, phrase, seed)), heard_key(phrase)) for phrase in phrases]
            assert sum(chord in triads_of(key) for chord, key in found) >= 19, found


class TestUnaccompaniedTuneInEMinor:
    """A tune of eight bars that opened on clusters and ended on C."""

    KEY = Key(4, True)

    @pytest.fixture(scope="class")
    @classmethod
    def found(cls, model: Model) -> list[list[Frame]]:
        phrase = phrase_of_song(read_song(E_MINOR))
        return [list(sung(model, phrase, seed)) for seed in range(16)]

    def test_it_is_heard_in_e_minor(self) -> None:
        assert heard_key(phrase_of_song(read_song(E_MINOR))) == self.KEY

    def test_it_opens_on_a_triad_of_the_key(self, found: list[list[Frame]]) -> None:
        assert all(first_chord(frames) in triads_of(self.KEY) for frames in found)

    def test_it_ends_on_the_tonic(self, found: list[list[Frame]]) -> None:
        for frames in found:
            assert classes(frames[-1]) in ({4, 7, 11}, {4, 8, 11})
            assert frames[-1].pitches[3] is not None and frames[-1].pitches[3] % 12 == 4


class TestPhrases:
    @pytest.mark.parametrize("name", TUNES)
    def test_closes_of_a_tune_are_triads_and_stand(self, tests_own: dict[str, list[IntArray]], name: str) -> None:
        spans = tune_form(tune_of(TUNES[name])).spans
        assert len(spans) >= 2
        for frames in tests_own[name]:
            for span in spans:
                assert (frames[span.close + 1 : span.end, 1:] == HOLD).all()
                chord = frozenset(sounding(frames, span.close))
                assert any(chord in triads_of(Key(root, minor)) for root in range(12) for minor in (False, True))

    def test_lines_of_a_verse_that_come_back_are_often_sung_alike(self, tests_own: dict[str, list[IntArray]]) -> None:
        """All voices from the first step to the close, in most of the answers once at least, not always."""
        spans = tune_form(tune_of(TUNES["G major, AABA"])).spans
        returns = [span for span in spans if span.repeats is not None]
        assert len(returns) == 4
        alike = []
        for frames in tests_own["G major, AABA"]:
            for span in returns:
                assert span.repeats is not None
                length = span.close + 1 - span.start
                before = [sounding(frames, span.repeats + at) for at in range(length)]
                alike.append(before == [sounding(frames, span.start + at) for at in range(length)])
        assert 0.4 <= np.mean(alike) < 1

    def test_leading_tones_are_hardly_ever_doubled(self, tests_own: dict[str, list[IntArray]]) -> None:
        passages = [Passage(name, frames) for name, all_found in tests_own.items() for frames in all_found]
        found = together(function.doubled_leading_tones(passage) for passage in passages)
        assert found.among > 40
        assert found.found / found.among <= 0.02

    def test_answers_have_phrase_ends(self, model: Model) -> None:
        """Bach has one in eight beats or so; and most answers come home by the dominant."""
        passages = []
        for seed in range(6):
            phrase = phrase_of(chords_of(VERSE))
            frames = tokens_of(one.frame for one in answered(model, phrase, 8, seed))
            passages.append(Passage(str(seed), frames, start=len(phrase.frames)))
        rate = together(measured_form.standing_rate(passage) for passage in passages)
        assert 0.05 <= rate.found / rate.among <= 0.25
        assert together(measured_form.closes_home(passage) for passage in passages).found >= 3


def answered(model: Model, phrase: Phrase, bars: int, seed: int) -> Iterator[Composed]:
    return continue_phrase(Generator(model, random_source(seed)), phrase, bars, STYLE)


def sounding(frames: IntArray, step: int) -> list[int]:
    """The pitch classes of the voices at a step, soprano first."""
    struck = [frames[: step + 1, voice][frames[: step + 1, voice] != HOLD][-1] for voice in range(4)]
    return [(int(token) + 34) % 12 for token in struck]


def chords_of(notes: Notes) -> IntArray:
    """A tune over G, D and C, in four voices."""
    frames = alone(tune_of(notes))
    under = {67: (62, 59, 43), 69: (66, 62, 50), 71: (67, 62, 43), 72: (67, 64, 48), 74: (67, 59, 43)}
    at = 0
    for pitch, beats in notes:
        assert pitch is not None
        frames[at : at + round(4 * beats), 1:] = HOLD
        frames[at, 1:] = [strike(low) for low in under[pitch]]
        at += round(4 * beats)
    return frames


class TestUnderAPlayer:
    """A tune of two lines that is played twice, and harmonised as it comes."""

    TUNE = tune_of([*VERSE, *ANSWER, *VERSE, *ANSWER])

    def alike(self, model: Model, settings: Settings) -> list[float]:
        """Of each seed: the share of the last line's steps at which all voices are as in the second line."""
        found = []
        for seed in range(8):
            frames = harmonised_live(model, settings, self.TUNE, seed)
            found.append(np.mean([sounding(frames, at) == sounding(frames, at - 64) for at in range(100, 128)]))
        return found

    def test_a_line_that_comes_back_is_mostly_sung_as_it_was(self, model: Model) -> None:
        found = self.alike(model, Settings())
        assert 4 <= sum(share > 0.9 for share in found) < 8

    def test_a_figure_that_goes_round_and_round_is_not_sung_alike_for_ever(self, model: Model) -> None:
        """A bar, twelve times: each of its later rounds is like the one before in few of the answers."""
        figure = tune_of([(67, 1), (71, 1), (69, 1), (72, 1)] * 12)
        alike = []
        for seed in range(4):
            frames = harmonised_live(model, Settings(), figure, seed)
            rounds = [[sounding(frames, 16 * number + at) for at in range(16)] for number in range(12)]
            alike += [first == second for first, second in pairwise(rounds[4:])]
        assert np.mean(alike) < 0.3

    def test_in_style_free_it_is_what_it_is(self, model: Model) -> None:
        assert max(self.alike(model, Settings(style="free"))) < 0.9


class TestJam:
    """Answers of a jam, which are made frame by frame by the same dice."""

    BARS = 8

    def plan(self, model: Model, seed: int, end: int, begin: int = 0) -> Plan:
        """Of an answer in G major; its bars begin so many steps after the multiples of sixteen."""
        plan = Plan(model, Hearing(), guidance_of(Settings(seed=seed), Key(7, False), Barlines(16, begin).pulse))
        plan.music.context = replace(plan.music.context, state=plan.improviser.start(begin))
        ending = end - 8, end
        plan.begin(Answer(0, begin, *ending, drawn=ending), tentative=False)
        return plan

    def form(self, plan: Plan) -> Form:
        assert plan.answer is not None
        form = plan.guidance.form(plan.answer, plan.answer.start)
        assert form is not None
        return form

    @pytest.mark.parametrize("begin", [0, 2])
    def test_an_answer_of_eight_bars_has_phrases_that_close_on_triads(self, model: Model, begin: int) -> None:
        end, phrases, triads = begin + 16 * self.BARS, 0, 0
        for seed in range(10):
            plan = self.plan(model, seed, end, begin)
            plan.extend_to(end)
            assert [planned.step for planned in plan.frames] == list(range(begin, end))
            frames = np.stack([planned.frame.tokens for planned in plan.frames])
            place = plan.guidance.heard(begin)
            spans = self.form(plan).spans
            phrases += len(spans)
            for span in spans:
                close, stop = span.close - place, span.end - place
                assert (frames[close + 1 : stop] == HOLD).all()
                chord = frozenset(sounding(frames, close))
                triads += any(chord in triads_of(Key(root, minor)) for root in range(12) for minor in (False, True))
            assert spans[-1].close - place == len(frames) - 8
            assert sounding(frames, len(frames) - 8)[3] == 7
        assert phrases >= 8
        assert triads >= 0.94 * phrases  # where nothing but parallels would make one, there is none: 3 closes in 162

    def test_returns_are_copies(self, model: Model) -> None:
        """Where the form says that a phrase comes back, all its frames up to the close do.

        Or those of its tune alone, where it could not begin as before without parallels.
        """
        end, returns, alone = 16 * self.BARS, 0, 0
        for seed in range(40):
            plan = self.plan(model, seed, end)
            spans = [span for span in self.form(plan).spans if span.repeats is not None]
            if not spans or returns > 15:
                continue
            plan.extend_to(spans[-1].end)
            frames = np.stack([planned.frame.tokens for planned in plan.frames])
            for span in spans:
                assert span.repeats is not None
                pairs = [
                    (sounding(frames, span.start + at), sounding(frames, span.repeats + at))
                    for at in range(span.close + 1 - span.start)
                ]
                returns += 1
                alone += any(now != then for now, then in pairs)
                assert [now[0] for now, _ in pairs] == [then[0] for _, then in pairs]
        assert returns - alone > 1
        assert alone < returns / 2

    def test_however_often_it_is_taken_back_the_music_is_the_same(self, model: Model) -> None:
        """Up to the ending, which is the best of several from where it was looked for."""
        end, chance = 80, random.Random(5)
        free = end - 8 - CLOSE_IN_SIGHT
        plain = self.plan(model, 3, end)
        plain.extend_to(end)
        expected = [planned.frame.tokens.tolist() for planned in plain.frames[:free]]
        for _ in range(3):
            plan = self.plan(model, 3, end)
            while plan.end < end:
                plan.extend_to(min(plan.end + chance.randint(1, 12), end))
                plan.replan(max(plan.end - chance.randint(0, 9), 0))
                for _ in range(chance.randint(0, 20)):
                    if plan.end < end:
                        plan.extend()
            assert [planned.frame.tokens.tolist() for planned in plan.frames[:free]] == expected
