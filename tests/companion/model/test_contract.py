"""The contract inside a model file: read back as written, and refused where a promise is not ours."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from companion.errors import BadModel
from companion.model.contract import FORMAT, LARGEST_STATE, AsideContract, Contract, Reference, StateContract
from companion.model.features import FEATURES, FeatureRow
from companion.model.known_tunes import KnownTune
from companion.music.vocabulary import fingerprint

FEATURE_NAMES = ("voice", "decided")
GOOD = Contract(
    name="tiny",
    architecture="linear",
    precision="fp32",
    voice_order="any",
    features=FEATURE_NAMES,
    states=(StateContract("memory", (1, 4), "float32", "replace"), StateContract("past", (8, 2), "int32", "append")),
    reference=Reference([[0, 4, 52, 100, 148]], [[0.5] * 48], 0.01),
    parameters=12,
    training={"data": "none"},
    scores={"windowed": {}},
    asides=(AsideContract("attention", 128), AsideContract("end", 1)),
    known_tunes=(KnownTune(2, (0, -3), (4, 8)),),
)


def edited(**values: Any) -> str:
    """The good contract's JSON with some values changed."""
    return json.dumps({**json.loads(GOOD.to_json()), **values})


def state(**values: Any) -> list[dict[str, Any]]:
    return [{"name": "memory", "shape": [1, 4], "dtype": "float32", "update": "replace", **values}]


def test_there_and_back() -> None:
    assert Contract.from_json(GOOD.to_json()) == GOOD


def test_what_is_written() -> None:
    assert json.loads(GOOD.to_json()) == {
        "format": "chorale-model/1",
        "vocabulary": {"fingerprint": fingerprint()},
        "steps_per_beat": 4,
        "feature_rows": 196,
        "name": "tiny",
        "architecture": "linear",
        "precision": "fp32",
        "voice_order": "any",
        "features": ["voice", "decided"],
        "states": [
            {"name": "memory", "shape": [1, 4], "dtype": "float32", "update": "replace"},
            {"name": "past", "shape": [8, 2], "dtype": "int32", "update": "append"},
        ],
        "reference": {"ids": [[0, 4, 52, 100, 148]], "logits": [[0.5] * 48], "tolerance": 0.01},
        "parameters": 12,
        "training": {"data": "none"},
        "quantisation": {},
        "scores": {"windowed": {}},
        "kind": "chorale",
        "asides": [{"name": "attention", "size": 128}, {"name": "end", "size": 1}],
        "needs_key": False,
        "known_tunes": [[2, [0, -3], [4, 8]]],
    }


def test_files_of_before_sing_chorales_and_say_nothing_beside() -> None:
    older = json.loads(GOOD.to_json())
    for name in ("kind", "asides", "needs_key", "known_tunes"):
        del older[name]
    assert Contract.from_json(json.dumps(older)) == replace(GOOD, asides=(), known_tunes=())


@pytest.mark.parametrize(("order", "turns"), [("fixed", (0, 1, 2, 3)), ("any", (0, 1, 2, 3)), ("rising", (3, 2, 1, 0))])
def test_in_which_order_the_voices_are_predicted(order: str, turns: tuple[int, ...]) -> None:
    assert Contract.from_json(edited(voice_order=order)).turns == turns


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (
            {"format": "chorale-model/2"},
            f"its contract says format 'chorale-model/2'; this program needs '{FORMAT}'",
        ),
        ({"vocabulary": {"fingerprint": "0" * 16}}, "vocabulary {'fingerprint': '0000000000000000'}; this program"),
        ({"vocabulary": None}, "its contract says vocabulary None; this program needs"),
        ({"steps_per_beat": 8}, "its contract says steps_per_beat 8; this program needs 4"),
        ({"name": "\x1b[2J"}, "its contract says name '\\x1b[2J', which cannot be shown"),
        ({"voice_order": "random"}, "voice_order 'random'; fixed or any or rising is known"),
        ({"kind": "fugue"}, "its contract says kind 'fugue'; chorale or melody is known"),
        (
            {"asides": [{"name": "mood", "size": 1}]},
            "its asides are ['mood']; attention, end, repeats are known",
        ),
        (
            {"asides": [{"name": "end", "size": 1}] * 2},
            "its asides are ['end', 'end']; attention, end, ",
        ),
        ({"asides": [{"name": "end", "size": 2}]}, "its aside 'end' has 2 numbers; from 1 to 1 are possible"),
        ({"asides": [{"name": "attention", "size": 0}]}, "its aside 'attention' has 0 numbers; from 1 to 4096"),
        ({"asides": [{"name": "attention", "size": 10**9}]}, "its aside 'attention' has 1e+09 numbers"),
        ({"features": ["voice", "colour"]}, "unknown or repeated features ['colour']; there are voice, beat"),
        ({"features": ["voice", "voice"]}, "unknown or repeated features"),
        ({"features": []}, "its contract names no features; there are voice, beat"),
        ({"feature_rows": 195}, "its features have 195 rows; in this program they have 196"),
        ({"feature_rows": None}, "its features have None rows; in this program they have 196"),
        ({"states": state(dtype="float64")}, "its state 'memory' is (1, 4) 'float64' 'replace': not possible"),
        ({"states": state(update="swap")}, "(1, 4) 'float32' 'swap': not possible"),
        ({"states": state(shape=[1, 0])}, "(1, 0) 'float32' 'replace': not possible"),
        ({"states": state(shape=[1, -4])}, "(1, -4) 'float32' 'replace': not possible"),
        ({"states": state(shape=[4], update="append")}, "(4,) 'float32' 'append': not possible"),
        ({"states": state(shape=[LARGEST_STATE + 1])}, "its states hold 16000001 numbers; at most 16000000"),
        ({"states": state(shape=[10**9] * 9)}, "at most 16000000 are allowed"),
        ({"states": state() * 2}, "its states ['memory', 'memory'] need printable names of their own"),
        ({"states": state(name="features")}, "its states ['features'] need printable names of their own"),
        ({"known_tunes": [[4, [0, 1], [4, 4]]]}, "its known tune 0 is no tune: KnownTune(begins=4"),
        ({"known_tunes": [[0, [0, 1], [4, 4]], [0, [0], [4, 4]]]}, "its known tune 1 is no tune"),
        ({"known_tunes": [[0, [0, 1], [4, 0]]]}, "its known tune 0 is no tune"),
        ({"known_tunes": [[0, [0, 1], [4, 256]]]}, "its known tune 0 is no tune"),
        ({"known_tunes": [[0, [0, 48], [4, 4]]]}, "its known tune 0 is no tune"),
        ({"known_tunes": [[0, [], []]]}, "its known tune 0 is no tune"),
        ({"known_tunes": [[0, [0] * 200_001, [4] * 200_001]]}, "it knows tunes of more than 200,000 notes together"),
        ({"states": state(name="a\nb")}, "its states ['a\\nb'] need printable names of their own"),
    ],
)
def test_promises_that_are_not_ours(values: dict[str, Any], says: str) -> None:
    with pytest.raises(BadModel) as caught:
        Contract.from_json(edited(**values))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


UNREADABLE = {
    "nothing": "",
    "half": GOOD.to_json()[:100],
    "a list": "[1, 2]",
    "a number": "3",
    "deep": "[" * 100_000,
    "no name": edited().replace('"name": "tiny"', '"nome": "tiny"'),
    "asides a number": edited(asides=3),
    "an endless aside": edited(asides=[{"name": "end", "size": float("inf")}]),
    "states a number": edited(states=3),
    "states of numbers": edited(states=[3]),
    "no reference": edited(reference=None),
    "infinite state": edited(states=state(shape=[float("inf")])),
    "nan state": edited(states=state(shape=[float("nan")])),
    "endless number": edited().replace('"parameters": 12', f'"parameters": {"9" * 5000}'),
    "careless tolerance": edited(reference={"ids": [], "logits": [], "tolerance": 1.5}),
    "huge tolerance": edited(reference={"ids": [], "logits": [], "tolerance": 10**400}),
    "infinitely many parameters": edited(parameters=float("inf")),
    "a state of more numbers than can be printed": edited(states=state(shape=[10**4000] * 2)),
    "features a number": edited(features=1),
    "training a number": edited(training=1),
}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable(text: str) -> None:
    with pytest.raises(BadModel) as caught:
        Contract.from_json(text)
    assert str(caught.value).startswith("its ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_every_feature_may_be_named() -> None:
    contract = Contract.from_json(edited(features=list(FEATURES), feature_rows=FeatureRow(tuple(FEATURES)).rows))
    assert contract.features == tuple(FEATURES)
