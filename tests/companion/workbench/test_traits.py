"""What is counted in a composition: chords in C major, one a beat, made up note by note."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from support.fakes import MELODY, Babbler, quarters, write_seed

from companion.controls.settings import Settings
from companion.generation.composer import MODEL, Composed
from companion.generation.generator import Frame
from companion.generation.job import Job, harmonise_song
from companion.harmony.progressions import PhrasePlace, tables
from companion.music.key import Key
from companion.music.vocabulary import HOLD, REST, VOCABULARY_SIZE, strike
from companion.phrase.seed import phrase_of_song
from companion.sampling.draw import Choice
from companion.workbench.source import read_source
from companion.workbench.traits import Faults, chord_nats, chords_of_beats, closes_of, faults_of, kinds_of, traits_of

C, C_MAJOR = (72, 67, 64, 48), Key(0, False)
DM, E_MAJOR, F, G, G7, AM = (
    *((69, 65, 62, 50), (71, 68, 64, 52), (72, 69, 65, 53)),
    *((71, 67, 62, 55), (71, 65, 62, 55), (72, 69, 64, 57)),
)
B_DIM = (71, 65, 62, 50)
ADDED = (False, True, True, True)
D_MAJOR = (69, 66, 62, 50)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A tune in C major, of which only the places of the bars are used."""
    song = read_source(write_seed(tmp_path / "tune.mid", [quarters(MELODY)]))
    settings = Settings(model="babbler", key="C major", seed=1)
    return harmonise_song(song, phrase_of_song(song), settings, lambda name: Babbler())  # type: ignore[arg-type,return-value]


def composed(
    chords: Sequence[Sequence[int]], close: int | None = None, chosen: Sequence[bool] = ADDED
) -> list[Composed]:
    """A chord a beat, struck and held; the phrase closes on one of them."""
    frames = []
    for beat, chord in enumerate(chords):
        for within in range(4):
            tokens = [HOLD if within and pitch else strike(pitch) if pitch else REST for pitch in chord]
            scores = np.full(VOCABULARY_SIZE, -math.inf)
            choices = tuple(_choice(token, scores) for token in tokens)
            pitches = tuple(pitch or None for pitch in chord)
            frame = Frame(4 * beat + within, np.array(tokens, dtype=np.int32), pitches, choices, 1.0)
            to_close = None if close is None else 4 * (close - beat) - within
            frames.append(Composed(frame, MODEL, tuple(chosen), 0, to_close))
    return frames


def _choice(token: int, nothing: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Choice:
    """One bit for what is struck, none for what is held."""
    scores = nothing.copy()
    scores[token] = 0.0 if token == HOLD else -math.log(2)
    return Choice(token, 1.0, 0.0, scores, None)


class TestCloses:
    @pytest.mark.parametrize(
        ("chords", "kind"),
        [
            pytest.param((F, G, C), "authentic", id="V-I"),
            pytest.param((F, G7, C), "authentic", id="V7-I"),
            pytest.param((F, B_DIM, C), "authentic", id="vii-I"),
            pytest.param((G, C, C), "authentic", id="the tonic comes early and stays"),
            pytest.param((C, F, G), "half", id="IV-V"),
            pytest.param((C, D_MAJOR, G), "half", id="the dominant's own dominant"),
            pytest.param((C, F, C), "plagal", id="IV-I"),
            pytest.param((C, G, AM), "deceptive", id="V-vi"),
            pytest.param((C, E_MAJOR, AM), "authentic in Am", id="in the relative key"),
            pytest.param((C, F, DM), "on Dm", id="no cadence"),
            pytest.param((C, G, (0, 0, 0, 0)), "silent", id="nothing sounds"),
        ],
    )
    def test_kinds(self, job: Job, chords: Sequence[Sequence[int]], kind: str) -> None:
        (close,) = closes_of(job, composed(chords, close=2))
        assert (close.bar, close.kind) == (1, kind)

    def test_bars_are_counted_from_one(self, job: Job) -> None:
        (close,) = closes_of(job, composed([C, F, G, C, C, F, G, C], close=7))
        assert close.bar == 2

    def test_none_is_planned(self, job: Job) -> None:
        assert closes_of(job, composed([C, G, C])) == ()


class TestTraits:
    def test_everything(self, job: Job) -> None:
        found = traits_of(job, composed([C, F, G, C], close=3))
        assert (found.notes, found.density, found.surprise_bits) == (12, 3.0, 1.0)
        assert (found.dominants, found.changes) == (1, 3)
        assert (found.lowest, found.highest) == (48, 69)
        assert kinds_of(found.closes) == "authentic"

    def test_what_was_given_is_not_counted(self, job: Job) -> None:
        """Steps to which nothing is added, and notes of others."""
        frames = composed([C, C]) + composed([G, C], chosen=(False,) * 4)
        found = traits_of(job, frames)
        assert (found.notes, found.density, found.dominants, found.changes) == (6, 3.0, 0, 0)

    def test_nothing_at_all(self, job: Job) -> None:
        found = traits_of(job, [])
        assert (found.notes, found.density, found.surprise_bits, found.lowest) == (0, 0, 0, 0)


def rows(*chords: Sequence[int]) -> np.ndarray[tuple[int, int], np.dtype[np.int32]]:
    return np.repeat(np.array(chords, dtype=np.int32), 4, axis=0)


class TestFaults:
    @pytest.mark.parametrize(
        ("chords", "faults"),
        [
            pytest.param((C, F), Faults(0, 0, 0, 0, 0), id="none"),
            pytest.param(((72, 67, 60, 48), (74, 69, 62, 50)), Faults(5, 0, 0, 0, 0), id="everything in parallel"),
            pytest.param(((67, 64, 57, 48), (74, 65, 57, 50)), Faults(0, 1, 0, 0, 0), id="a hidden octave"),
            pytest.param(((64, 67, 60, 48), (64, 67, 60, 48)), Faults(0, 0, 0, 8, 0), id="crossed"),
            pytest.param(((80, 67, 60, 48), (80, 67, 60, 48)), Faults(0, 0, 0, 0, 8), id="wide"),
        ],
    )
    def test_kinds(self, chords: Sequence[Sequence[int]], faults: Faults) -> None:
        assert faults_of(rows(*chords)) == faults


class TestChords:
    def test_of_whole_beats(self) -> None:
        assert [chord.root for chord in chords_of_beats(rows(C, F, G)[2:], first_step=2)] == [5, 7]

    def test_nats_are_those_of_the_chain(self) -> None:
        chain = tables().of_key(C_MAJOR)
        chords = chords_of_beats(rows(G, C))
        one, other = (chain.of_chord(chord) for chord in chords)
        assert chord_nats(chords, C_MAJOR) == pytest.approx(-math.log(chain.following[PhrasePlace.INSIDE, one, other]))

    def test_bach_goes_from_the_dominant_to_the_tonic(self) -> None:
        """And hardly ever from the tonic to the dominant's dominant and back."""
        usual, unusual = (
            chord_nats(chords_of_beats(rows(*chords)), C_MAJOR) for chords in ((F, G, C), (C, E_MAJOR, C))
        )
        assert usual < unusual
