"""A melody model that leads, and a model of chorales that sings the voices under it: together one model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import onnxruntime as ort

from companion.errors import BadModel
from companion.model.binding import Logits
from companion.model.contract import CHORALE, LED, MELODY, Contract
from companion.model.features import FeatureRow, KnownRow, Place
from companion.model.runtime import Model
from companion.model.state import State
from companion.music.vocabulary import VOICES, IntArray

LEADER = 0  # the voice of the melody model
UNDER = "+"  # between the names of the two: "melody-lookback+bach"

_OF_TUNE = "tune "  # before the names of the melody model's states


class LedRow(FeatureRow):
    """Two rows side by side behind the number of the voice: ``[voice, the melody model's, the other's]``."""

    def __init__(self, tune: FeatureRow, under: FeatureRow) -> None:
        self._tune, self._under = tune, under
        self.names = tuple(dict.fromkeys((*tune.names, *under.names)))
        self.width = 1 + tune.width + under.width
        self.rows = len(VOICES) + tune.rows + under.rows
        self.offsets = np.concatenate([[0], tune.offsets, under.offsets]).astype(np.int32)
        self.of_tune, self.of_under = slice(1, 1 + tune.width), slice(1 + tune.width, self.width)

    def slot(self, name: str) -> int:
        """Index in the row of a feature's first slot, of the model under the tune where both read it."""
        if name in self._under.names:
            return self.of_under.start + self._under.slot(name)
        return self.of_tune.start + self._tune.slot(name)

    def ids(self, known: KnownRow, voice: int) -> IntArray:
        """The row of one voice, ``[..., width]``."""
        parts = (self._tune.ids(known, LEADER), self._under.ids(known, voice))
        return np.concatenate([np.full_like(parts[0][..., :1], voice), *parts], axis=-1)

    def of_pieces(self, frames: IntArray, place: Place, rank: IntArray) -> IntArray:
        """Ids of every note of whole pieces, ``[..., steps, 4 voices, width]``."""
        parts = [row.of_pieces(frames, place, rank) for row in (self._tune, self._under)]
        parts[0] = np.broadcast_to(parts[0][..., LEADER : LEADER + 1, :], parts[0].shape)
        voices = np.broadcast_to(np.arange(len(VOICES))[:, None], (*parts[0].shape[:-1], 1))
        return np.concatenate([voices, *parts], axis=-1).astype(np.int32)


class LedModel(Model):
    """Of the first voice it says what the melody model says, of the others what the other one does.

    The melody model hears the first voice alone, once a frame; the other hears all. Only where the tune is given
    does the melody model say nothing that is heeded.
    """

    row: LedRow

    def __init__(self, tune: Model, under: Model) -> None:
        """BadModel where the first is no melody model, or the other is one."""
        _check_kinds(tune.contract, under.contract)
        self.tune, self.under = tune, under
        self.contract = _contract_of(tune.contract, under.contract)
        self.digest = f"{tune.digest}{UNDER}{under.digest}"
        self.row = LedRow(tune.row, under.row)
        self.known_tunes = under.known_tunes
        self.is_stranger = tune.is_stranger or under.is_stranger

    def initial_state(self) -> State:
        """The state before the first note."""
        return {**_named(self.tune.initial_state()), **self.under.initial_state()}

    def step(self, ids: IntArray, state: State, options: ort.RunOptions | None = None) -> tuple[Logits, State]:
        """See Model.step."""
        logits, after = self.under.step(ids[self.row.of_under], state, options)
        if ids[0] != LEADER:
            return logits, {**_named(_of_tune(state)), **after}
        logits, tune = self.tune.step(ids[self.row.of_tune], _of_tune(state), options)
        said = {aside.name: tune[aside.name] for aside in self.tune.contract.asides}
        return logits, {**_named(tune), **after, **said}

    def lead(self, ids: IntArray, state: State) -> Logits:
        """What the tune does next, whatever the others will do; nothing goes on by it."""
        return self.tune.step(ids[self.row.of_tune], _of_tune(state))[0]


def _named(state: State) -> State:
    """The melody model's state under names that the other's cannot have."""
    return {f"{_OF_TUNE}{name}": value for name, value in state.items()}


def _of_tune(state: State) -> State:
    """The melody model's state by its own names."""
    return {name.removeprefix(_OF_TUNE): value for name, value in state.items() if name.startswith(_OF_TUNE)}


def _check_kinds(tune: Contract, under: Contract) -> None:
    if tune.kind != MELODY:
        raise BadModel(f"{tune.name:.40} sings all four voices and leads no other; melody models do")
    if under.kind != CHORALE:
        raise BadModel(f"{under.name:.40} sings the tune alone and follows no other; models of chorales do")


def _contract_of(tune: Contract, under: Contract) -> Contract:
    """What both promise together; it is in no file."""
    asides = {aside.name: aside for aside in (*under.asides, *tune.asides)}
    return replace(
        under,
        name=f"{tune.name}{UNDER}{under.name}",
        architecture=f"{tune.architecture}{UNDER}{under.architecture}",
        precision=_both(tune.precision, under.precision),
        features=tuple(dict.fromkeys((*tune.features, *under.features))),
        states=(*(replace(state, name=f"{_OF_TUNE}{state.name}") for state in tune.states), *under.states),
        parameters=tune.parameters + under.parameters,
        training={},
        quantisation={},
        scores={},
        kind=LED,
        asides=tuple(asides.values()),
    )


def _both(*words: str) -> str:
    return UNDER.join(dict.fromkeys(words))


def split_name(name: str, is_model: Callable[[str], bool]) -> tuple[str, ...]:
    """The names of the models that a name means: one, or the leader's and the other's.

    is_model: whether a name alone is one, so that a file may have the sign in its path.
    """
    if UNDER not in name or is_model(name):
        return (name,)
    places = [at for at, sign in enumerate(name) if sign == UNDER]
    at = next((at for at in places if is_model(name[:at])), places[0])
    return name[:at], name[at + 1 :]
