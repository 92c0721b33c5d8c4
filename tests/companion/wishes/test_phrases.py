"""Phrases that are asked for, and what is said where they cannot be."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.fakes import ShortSighted, random_source
from support.made_up import frames_of_chords

from companion.errors import BadSetting
from companion.generation.composer import continue_phrase
from companion.generation.generator import Generator
from companion.harmony.form import Wish
from companion.music.bars import bar_steps
from companion.sampling.draw import Sampling
from companion.wishes.phrases import wishes_of
from export.judging.recital import phrase_of


class TestFits:
    def test_nothing_asked(self) -> None:
        assert wishes_of(None, None, 4, 16) == (4, ())

    def test_lengths(self) -> None:
        assert wishes_of("8,6,10", None, None, 16) == (6, (Wish(8), Wish(6), Wish(10)))

    def test_letters(self) -> None:
        assert wishes_of(None, "aaba", 8, 16) == (8, tuple(Wish(8, letter) for letter in "AABA"))

    def test_both(self) -> None:
        assert wishes_of("8,8,16", "AAB", 8, 16) == (8, (Wish(8, "A"), Wish(8, "A"), Wish(16, "B")))

    @pytest.mark.parametrize(("metre", "phrases"), [((5, 4), "7,8"), ((5, 4), "5,5"), ((3, 4), "3,3"), ((4, 4), "5,3")])
    def test_whatever_is_taken_can_be_made(self, metre: tuple[int, int], phrases: str) -> None:
        steps = bar_steps(*metre)
        bars, wishes = wishes_of(phrases, None, None, steps)
        seed = replace(phrase_of(frames_of_chords([(72, 67, 64, 48)] * (steps // 4))), bar_steps=steps, end_place=0)
        generator = Generator(ShortSighted(), random_source())  # type: ignore[arg-type]
        made = list(continue_phrase(generator, seed, bars, Sampling(), wishes=wishes))
        assert [one.frame.step for one in made] == list(range(steps * (1 + bars)))
        closes = [one.phrase for one in made if one.to_close == 0 and one.origin == "model"]
        assert closes == list(range(len(wishes)))


TOO_SHORT = "the last chord is held for 5 beats, so the last phrase must have at least 5, not {}"


@pytest.mark.parametrize(
    ("phrases", "form", "bars", "metre", "complaint"),
    [
        ("8,7", None, None, (4, 4), "phrases 8,7 do not fit: 15 beats fill 3.75 bars of 4"),
        ("8,8", None, 3, (4, 4), "phrases 8,8 do not fit 3 bars: 16 beats fill 4 bars of 4"),
        ("8,2", None, None, (4, 4), "a phrase must have 3 to 64 beats, not 2"),
        ("8,x", None, None, (4, 4), "phrases must be lengths in beats, as in 8,8,8,8, not '8,x'"),
        ("8,8", "AAB", None, (4, 4), "AAB is 3 phrases, and 8,8 2; give one length for each"),
        (None, "A-B", 8, (4, 4), "form must be a letter for each phrase, as in AABA, not 'A-B'"),
        ("8,4,4", "AAB", None, (4, 4), "phrases A are alike, so they must be equally long, not 8 and 4"),
        (
            "7,3",
            None,
            None,
            (5, 4),
            TOO_SHORT.format(3),
        ),
        (
            None,
            "ABCDE",
            4,
            (5, 4),
            TOO_SHORT.format(4),
        ),
    ],
)
def test_what_cannot_be(
    phrases: str | None, form: str | None, bars: int | None, metre: tuple[int, int], complaint: str
) -> None:
    with pytest.raises(BadSetting) as raised:
        wishes_of(phrases, form, bars, bar_steps(*metre))
    assert str(raised.value) == complaint
