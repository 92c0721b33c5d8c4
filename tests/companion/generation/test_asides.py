"""What a model says beside its logits: what it looked back at, and that a piece is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.fakes import Babbler, random_source

from companion.controls.settings import Settings
from companion.errors import BadSetting
from companion.files.midi import chorale_file, song_of_bytes
from companion.generation.composer import MODEL, continue_to_its_end
from companion.generation.generator import Generator
from companion.generation.job import song_to_its_end
from companion.model.contract import AsideContract
from companion.music.song import Song, VoiceNote
from companion.music.vocabulary import IntArray
from companion.phrase.seed import Phrase, phrase_of_song
from companion.sampling.styles import style
from companion.workbench.trace import trace_file

WINDOW = 3


class Looking(Babbler):
    """Babbles, says that it looked at its last note alone, and that the piece was over before a frame."""

    def __init__(self, over: int) -> None:
        super().__init__("fixed")
        self.contract = replace(self.contract, asides=(AsideContract("attention", WINDOW), AsideContract("end", 1)))
        self.over = over

    def step(self, ids: IntArray, state: Mapping[str, Any], options: object = None) -> tuple[Any, Mapping[str, Any]]:
        logits, following = super().step(ids, state, options)
        note = len(self.seen) - 1
        attention = np.array([[0.0, 0.0, 1.0]], np.float32) * (note + 1)
        ended = np.array([[float(note == 4 * self.over)]], np.float32)  # at a frame's first note
        return logits, {**following, "attention": attention, "end": ended}


def song() -> Song:
    """A bar of four voices."""
    notes = [VoiceNote(voice, 0, 1920, pitch, 80) for voice, pitch in enumerate((72, 67, 64, 48))]
    return song_of_bytes(chorale_file(notes, ticks_per_beat=480), "it")


def opening() -> Phrase:
    return phrase_of_song(song())


def test_a_frame_tells_what_each_note_looked_back_at() -> None:
    generator = Generator(Looking(over=1), random_source())  # type: ignore[arg-type]
    first, state = generator.frame(generator.start(), style("bach"))
    second, _ = generator.frame(state, style("bach"))
    assert [weights.tolist() for weights in first.attention] == [[0, 0, note] for note in (1, 2, 3, 4)]
    assert [weights.tolist() for weights in second.attention] == [[0, 0, note] for note in (5, 6, 7, 8)]
    assert (first.ended, second.ended) == (0.0, 1.0)


def test_a_model_that_says_nothing_beside_tells_nothing() -> None:
    generator = Generator(Babbler(), random_source())  # type: ignore[arg-type]
    frame, _ = generator.frame(generator.start(), style("bach"))
    assert (frame.attention, frame.ended) == ((), 0.0)


@pytest.mark.parametrize("over", [17, 20, 100])
def test_a_piece_ends_when_its_model_says_so_or_its_bars_are_full(over: int) -> None:
    generator = Generator(Looking(over), random_source())  # type: ignore[arg-type]
    composed = list(continue_to_its_end(generator, opening(), 2, style("bach")))
    new = [one for one in composed if one.origin == MODEL]
    assert len(composed) - len(new) == 16
    assert len(new) == min(over - 16, 32)


def test_a_job_knows_how_long_it_became_and_says_so() -> None:
    job = song_to_its_end(song(), opening(), 4, Settings(seed=1), lambda _: Looking(24))  # type: ignore[arg-type, return-value]
    assert (job.total, job.new_steps) == (24, 8)
    assert [(fact.name, fact.value, fact.said) for fact in job.facts] == [("ended", True, "the piece ended by itself")]
    endless = song_to_its_end(song(), opening(), 1, Settings(seed=1), lambda _: Looking(999))  # type: ignore[arg-type, return-value]
    assert [fact.said for fact in endless.facts] == ["the piece did not end within 1 bar"]


def test_a_model_that_never_ends_is_refused() -> None:
    with pytest.raises(BadSetting, match="babbler does not end a piece by itself, as gru-onehot does; say how many"):
        song_to_its_end(song(), opening(), 4, Settings(), lambda _: Babbler())  # type: ignore[arg-type, return-value]


def test_a_trace_has_the_attention_of_every_note() -> None:
    job = song_to_its_end(song(), opening(), 1, Settings(seed=1), lambda _: Looking(99))  # type: ignore[arg-type, return-value]
    text = trace_file(job, list(job.frames), []).decode()
    assert text.count('"attention":[0.0,0.0,') == 4 * 32
