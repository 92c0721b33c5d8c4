"""What a model file promises (``chorale-model/1``): one JSON string in the file's metadata."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from companion.errors import BadModel
from companion.model.features import FeatureRow
from companion.model.known_tunes import LONGEST_NOTE, KnownTune
from companion.music.vocabulary import STEPS_PER_BEAT, VOCABULARY_SIZE, VOICES, fingerprint

FORMAT = "chorale-model/1"
METADATA_KEY = "chorale"
UPDATES = ("replace", "append")
RISING_ORDER = "rising"
VOICE_ORDERS = ("fixed", "any", RISING_ORDER)  # soprano first; any; bass first
MODEL_KINDS = CHORALE, MELODY = ("chorale", "melody")  # what a model sings: all four voices, or the first alone
ASIDES = ATTENTION, END, REPEATS = ("attention", "end", "repeats")  # beside the logits; see AsideContract
LONGEST_ASIDE = 4096  # numbers
LED = "led"  # the kind of no file: a melody model, and a model of chorales under it (companion.model.leading)
DTYPES = ("float32", "int32")
FALLING, RISING = tuple(range(len(VOICES))), tuple(reversed(range(len(VOICES))))
LARGEST_TOLERANCE = 1.0  # of a logit; a file that tolerates more proves nothing
LARGEST_STATE = 16_000_000  # numbers in all states of a model together
MOST_KNOWN_NOTES = 200_000  # of the tunes that a model knows; Bach's chorales have some 20,000


@dataclass(frozen=True)
class StateContract:
    """One state: its input ``name``, output ``<name>_next``, and how the host carries it on.

    "replace": the output is the next value. "append": the output is one row that the host puts at
    the end of a window of ``shape[0]`` rows.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    update: str

    @property
    def next_shape(self) -> tuple[int, ...]:
        """Of the output."""
        return (1, *self.shape[1:]) if self.update == "append" else self.shape


@dataclass(frozen=True)
class AsideContract:
    """An output beside the logits, ``name``, of so many numbers (float32, [1, size]).

    "attention": what this note looked back at: the weights of the last ``size`` notes, this one last.
    "end": the probability that the piece was over before this note, [1, 1].
    "repeats": how likely this note is said to be as one bar ago, as two bars ago and so on.
    """

    name: str
    size: int


@dataclass(frozen=True)
class Reference:
    """Rows of feature ids fed one after another from the initial state, and the logits expected."""

    ids: list[list[int]]
    logits: list[list[float]]
    tolerance: float  # largest difference of a logit that is still the same model


@dataclass(frozen=True)
class Contract:
    """Everything the host must know of a model."""

    name: str
    architecture: str
    precision: str  # "fp32" or "int8"
    voice_order: str
    features: tuple[str, ...]
    states: tuple[StateContract, ...]
    reference: Reference
    parameters: int = 0
    training: dict[str, Any] = field(default_factory=dict)  # data, split, seed, epochs, date, versions
    quantisation: dict[str, Any] = field(default_factory=dict)  # how far int8 lies from fp32
    scores: dict[str, Any] = field(default_factory=dict)
    kind: str = CHORALE
    asides: tuple[AsideContract, ...] = ()
    needs_key: bool = False  # it knows one key, to which it moves the music: tell it the key, always
    known_tunes: tuple[KnownTune, ...] = ()  # that it knows by heart: the sopranos of what it learned from

    @property
    def turns(self) -> tuple[int, ...]:
        """The voices in the order in which it predicts them, where none is given."""
        return turns_of(self.voice_order)[:1] if self.kind == MELODY else turns_of(self.voice_order)

    def to_json(self) -> str:
        """The metadata string."""
        head = {
            "format": FORMAT,
            "vocabulary": {"fingerprint": fingerprint()},
            "steps_per_beat": STEPS_PER_BEAT,
        }
        return json.dumps({**head, "feature_rows": FeatureRow(self.features).rows, **asdict(self)})

    @classmethod
    def from_json(cls, text: str) -> Contract:
        """Read and check a metadata string; BadModel says which promise is missing or not ours."""
        try:
            values = json.loads(text)
            _check_head(values)
            contract = _parse(values)
            _check(contract, values.get("feature_rows"))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
            raise BadModel(f"its contract cannot be read: {error!r:.200}") from error
        return contract


def turns_of(voice_order: str) -> tuple[int, ...]:
    """The voices in their usual order, soprano first unless it is "rising"."""
    return RISING if voice_order == RISING_ORDER else FALLING


def _tolerance(value: Any) -> float:
    tolerance = float(value)
    if not 0 < tolerance <= LARGEST_TOLERANCE:
        raise BadModel(f"its reference tolerates {tolerance:g}; at most {LARGEST_TOLERANCE:g} is possible")
    return tolerance


def _check_head(values: dict[str, Any]) -> None:
    expected = {
        "format": FORMAT,
        "vocabulary": {"fingerprint": fingerprint()},
        "steps_per_beat": STEPS_PER_BEAT,
    }
    for key, value in expected.items():
        if values.get(key) != value:
            raise BadModel(f"its contract says {key} {values.get(key)!r:.80}; this program needs {value!r}")


def _parse(values: dict[str, Any]) -> Contract:
    states = tuple(
        StateContract(str(s["name"]), tuple(int(n) for n in s["shape"]), str(s["dtype"]), str(s["update"]))
        for s in values["states"]
    )
    reference = values["reference"]
    return Contract(
        name=str(values["name"]),
        architecture=str(values["architecture"]),
        precision=str(values["precision"]),
        voice_order=str(values["voice_order"]),
        features=tuple(str(name) for name in values["features"]),
        states=states,
        reference=Reference(reference["ids"], reference["logits"], _tolerance(reference["tolerance"])),
        parameters=int(values["parameters"]),
        training=dict(values["training"]),
        quantisation=dict(values.get("quantisation", {})),
        scores=dict(values["scores"]),
        kind=str(values.get("kind", CHORALE)),
        asides=tuple(AsideContract(str(a["name"]), int(a["size"])) for a in values.get("asides", [])),
        needs_key=bool(values.get("needs_key", False)),
        known_tunes=tuple(
            KnownTune(int(begins), tuple(map(int, moves)), tuple(map(int, steps)))
            for begins, moves, steps in values.get("known_tunes", [])
        ),
    )


def _check(contract: Contract, feature_rows: object) -> None:
    if not contract.name.isprintable():
        raise BadModel(f"its contract says name {contract.name!r:.80}, which cannot be shown")
    for what, known in (("voice_order", VOICE_ORDERS), ("kind", MODEL_KINDS)):
        if (said := getattr(contract, what)) not in known:
            raise BadModel(f"its contract says {what} {said!r:.80}; {' or '.join(known)} is known")
    try:
        rows = FeatureRow(contract.features).rows
    except ValueError as error:
        raise BadModel(f"its contract names {error!s:.300}") from error
    if rows != feature_rows:
        raise BadModel(f"its features have {feature_rows!r:.80} rows; in this program they have {rows}")
    _check_states(contract)
    _check_asides(contract)
    _check_tunes(contract.known_tunes)


def _check_tunes(tunes: tuple[KnownTune, ...]) -> None:
    if sum(len(tune.moves) for tune in tunes) > MOST_KNOWN_NOTES:
        raise BadModel(f"it knows tunes of more than {MOST_KNOWN_NOTES:,} notes together; so many are allowed")
    for number, tune in enumerate(tunes):
        lasts = tune.steps and 1 <= min(tune.steps) <= max(tune.steps) <= LONGEST_NOTE
        moves = all(abs(move) < VOCABULARY_SIZE for move in tune.moves)
        if not (lasts and moves and len(tune.moves) == len(tune.steps) and 0 <= tune.begins < STEPS_PER_BEAT):
            raise BadModel(f"its known tune {number} is no tune: {tune!r:.80}")


def _check_states(contract: Contract) -> None:
    names = [state.name for state in contract.states]
    if len({*names, "features"}) <= len(names) or not all(name.isprintable() for name in names):
        raise BadModel(f"its states {names!r:.80} need printable names of their own")
    for state in contract.states:
        known = state.dtype in DTYPES and state.update in UPDATES and all(n > 0 for n in state.shape)
        if not known or (state.update == "append" and len(state.shape) < 2):
            what = f"{state.shape!s:.80} {state.dtype!r:.40} {state.update!r:.40}"
            raise BadModel(f"its state {state.name!r:.40} is {what}: not possible")
    if _numbers(contract) > LARGEST_STATE:
        raise BadModel(f"its states hold {_numbers(contract)} numbers; at most {LARGEST_STATE} are allowed")


def _check_asides(contract: Contract) -> None:
    names = [aside.name for aside in contract.asides]
    if len(set(names)) < len(names) or not set(names) <= set(ASIDES):
        raise BadModel(f"its asides are {names!r:.80}; {', '.join(ASIDES)} are known, once each")
    for name, size in ((aside.name, aside.size) for aside in contract.asides):
        most = 1 if name == END else LONGEST_ASIDE
        if not 1 <= size <= most:
            raise BadModel(f"its aside {name!r} has {size:.6g} numbers; from 1 to {most} are possible")


def _numbers(contract: Contract) -> int:
    total = 0
    for state in contract.states:
        size = 1
        for n in state.shape:
            size *= n
        total += size
    return total
