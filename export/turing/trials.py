"""What a listener is asked about: excerpts of Bach and of models, treated alike.

Continuations come one at a time: is this Bach's, or the program's? Bach's excerpt and a model's begin at the same
place of the same piece. The model has heard what stands before it; the listener has not. So half are Bach's, in the
same keys, and whoever always says the same is half right.

Harmonisations come in pairs: one soprano over Bach's lower voices and over a model's. Which is Bach's? No soprano
comes twice, since what is heard twice would be his.

All are equally long, begin where a phrase does, are cut before the piece ends, and hold repeated pitches as the set
does that Bach's are from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np

from companion.controls.settings import Settings
from companion.generation.composer import Composed, continue_phrase, harmonise
from companion.generation.following import Following
from companion.model.runtime import Model
from companion.music.vocabulary import IntArray, excerpt, hide_onsets
from companion.phrase.character import character_of
from companion.sampling.styles import sampling_of
from companion.screen.terminal import Progress, unseen
from export.data.pieces import Piece
from export.judging.keeping import notes_in_ticks
from export.judging.recital import BAR_STEPS, generator_of, melody_of, phrase_of
from export.turing.places import PhraseStart, choose_places

CONTINUATIONS, HARMONISATIONS = PARTS = ("continuations", "harmonisations")
BY_BACH, BY_PROGRAM = AUTHORS = ("bach", "program")


@dataclass(frozen=True)
class BlindPlan:
    """How much is heard, and by which dice."""

    excerpts: int = 8  # of each model in each part
    bars: int = 4  # of each excerpt
    settings: Settings = field(default_factory=Settings)  # style, temperature and seed with which models play

    def __post_init__(self) -> None:
        sampling_of(self.settings)  # a style that nothing has is told before any work

    @property
    def steps(self) -> int:
        """The length of an excerpt."""
        return self.bars * BAR_STEPS


@dataclass(frozen=True, eq=False)
class HeardExcerpt:
    """Some bars of music, and who made them."""

    author: str  # of AUTHORS
    frames: IntArray  # [steps, 4], repeated pitches held


@dataclass(frozen=True, eq=False)
class Trial:
    """One question: about an excerpt by itself, or about a pair."""

    part: str  # of PARTS
    model: str  # which made the excerpt, or its counterpart
    place: PhraseStart
    excerpts: tuple[HeardExcerpt, ...]


def find_places(pieces: Sequence[Piece], plan: BlindPlan, models: int) -> list[PhraseStart]:
    """The places of all trials with so many models, which are different pieces; BadSetting where there are too few."""
    count = plan.excerpts * models * len(PARTS)
    return choose_places(pieces, count, plan.steps, np.random.default_rng(plan.settings.seed))


def play_trials(
    models: Mapping[str, Model], places: Sequence[PhraseStart], plan: BlindPlan, progress: Progress = unseen
) -> list[Trial]:
    """Let every model play both parts at places of its own; the same files and settings give the same music.

    Args:
        models: by the names under which they are scored.
        places: from find_places.
        plan: as it was there.
        progress: told of each excerpt that a model has made.
    """
    asked = [(part, name) for name in models for part in PARTS for _ in range(plan.excerpts)]
    trials: list[Trial] = []
    for number, ((part, name), place) in enumerate(zip(asked, places, strict=True), start=1):
        dice = (plan.settings.seed, number)
        trials += _trials(part, name, place, _played(part, models[name], place, plan, dice))
        progress(number)
    return trials


def _trials(part: str, name: str, place: PhraseStart, played: IntArray) -> Iterator[Trial]:
    """Those of a place: two that are asked about apart, or a pair."""
    written = excerpt(hide_onsets(place.piece.frames), place.start, len(played))
    both = (HeardExcerpt(BY_BACH, written), HeardExcerpt(BY_PROGRAM, played))
    if part == HARMONISATIONS:
        yield Trial(part, name, place, both)
    else:
        yield from (Trial(part, name, place, (one,)) for one in both)


def _played(part: str, model: Model, place: PhraseStart, plan: BlindPlan, dice: tuple[int, ...]) -> IntArray:
    """What a model makes of a place, ``[steps, 4]``."""
    play = _harmonised if part == HARMONISATIONS else _continued
    composed = islice(play(model, place, plan.settings, dice), place.start + plan.steps)
    whole = hide_onsets(np.stack([one.frame.tokens for one in composed]))
    return excerpt(whole, place.start, plan.steps)


def _continued(model: Model, place: PhraseStart, settings: Settings, dice: tuple[int, ...]) -> Iterator[Composed]:
    """As many bars as the piece has left, so that the excerpt is as far from the end as Bach's."""
    opening = excerpt(place.piece.frames, 0, place.start)
    phrase = replace(phrase_of(opening), notes=tuple(notes_in_ticks(opening)))
    lead = Following.of(settings).lead(character_of(phrase))
    return continue_phrase(generator_of(model, dice), phrase, place.bars_left, sampling_of(settings), lead=lead)


def _harmonised(model: Model, place: PhraseStart, settings: Settings, dice: tuple[int, ...]) -> Iterator[Composed]:
    return harmonise(generator_of(model, dice), melody_of(place.piece.frames), sampling_of(settings))
