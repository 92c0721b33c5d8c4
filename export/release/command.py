"""A run's settings as the command by which it is made again, and read from that command."""

from __future__ import annotations

import argparse
import json
import shlex
from dataclasses import fields
from typing import Any, NoReturn

from export.training.crops import CropSettings
from export.training.fit import FitSettings

COMMAND = "chorale-train fit"
NUMBERS = {  # options, what they are called in the settings, and what they are
    "epochs": ("epochs", int),
    "batches": ("batches_per_epoch", int),
    "learning-rate": ("learning_rate", float),
    "patience": ("patience", int),
    "seed": ("seed", int),
    "weight-decay": ("weight_decay", float),
    "taught": ("taught", float),
}
NUMBERS_OF_CROPS = {
    "batch-size": ("batch_size", int),
    "crop": ("steps", int),
    "known-voices": ("known_voices", float),
    "any-order": ("any_order", float),
    "short-every": ("short_every", int),
}
OF_CROPS = [name for name, _ in NUMBERS_OF_CROPS.values()]  # by options of their own; the rest are shares
ALWAYS = ("epochs", "batches", "batch-size", "crop", "learning-rate", "patience", "seed")
WHERE_UNUSUAL = ("weight-decay", "known-voices", "any-order", "short-every")


def command_line(settings: FitSettings) -> str:
    """By which a run is made again."""
    heard = f"--data {settings.rolls}" if settings.rolls else f"--sets {','.join(settings.data)}"
    words = [f"{COMMAND} {settings.architecture}", heard]
    if settings.published:  # all else is said by that
        start = [f"--start {settings.start}"] if settings.start else []
        return " ".join([*words, "--published", f"--seed {settings.seed}", *start, *_words_of_model(settings)])
    said = {option: _number(settings, option) for option in (*ALWAYS, *WHERE_UNUSUAL)}
    words += [f"--{option} {said[option][0]}" for option in ALWAYS]
    words += [f"--{option} {said[option][0]:g}" for option in WHERE_UNUSUAL if said[option][0] != said[option][1]]
    shares = {
        each.name: getattr(settings.crops, each.name)
        for each in fields(CropSettings)
        if each.name not in OF_CROPS and getattr(settings.crops, each.name) != each.default
    }
    words += [f"--shares '{json.dumps(shares)}'"] if shares else []
    words += [f"--start {settings.start}"] if settings.start else []
    words += [f"--teachers {','.join(settings.teachers)} --taught {settings.taught:g}"] if settings.teachers else []
    words += [] if settings.beginnings_taught else ["--beginnings-alone"]
    return " ".join([*words, *_words_of_model(settings)])


def _number(settings: FitSettings, option: str) -> tuple[Any, Any]:
    """What it is, and what it is unless said."""
    owner: Any = settings.crops if option in NUMBERS_OF_CROPS else settings
    name, _ = (NUMBERS | NUMBERS_OF_CROPS)[option]
    return getattr(owner, name), getattr(type(owner), name, None)


def _words_of_model(settings: FitSettings) -> list[str]:
    return [f"--model '{json.dumps(settings.model)}'"] if settings.model else []


def settings_told(command: str) -> FitSettings:
    """What ``command_line`` told; ValueError where it is another command."""
    words = shlex.split(command)
    if words[:2] != COMMAND.split():
        raise ValueError(f"{command:.60} is no {COMMAND}")
    said = vars(_options().parse_args(words[2:]))
    return FitSettings(
        said.pop("architecture"),
        tuple(said.pop("sets").split(",")),
        crops=CropSettings(**_among(said, NUMBERS_OF_CROPS)).with_shares(json.loads(said.pop("shares", "{}"))),
        model=json.loads(said.pop("model", "{}")),
        teachers=tuple(said.pop("teachers", "").split(",")) if "teachers" in said else (),
        rolls=said.get("data", ""),
        **_among(said, NUMBERS),
        **{name: said[name] for name in ("start", "published", "beginnings_taught") if name in said},
    )


def _among(said: dict[str, Any], numbers: dict[str, tuple[str, type]]) -> dict[str, Any]:
    return {name: said[name] for name, _ in numbers.values() if name in said}


class _Reader(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def _options() -> argparse.ArgumentParser:
    reader = _Reader(add_help=False, allow_abbrev=False, argument_default=argparse.SUPPRESS)
    reader.add_argument("architecture")
    reader.add_argument("--sets", default="")
    for name in ("data", "shares", "model", "start", "teachers"):
        reader.add_argument(f"--{name}")
    reader.add_argument("--published", action="store_true")
    reader.add_argument("--beginnings-alone", dest="beginnings_taught", action="store_false")
    for option, (name, kind) in (NUMBERS | NUMBERS_OF_CROPS).items():
        reader.add_argument(f"--{option}", dest=name, type=kind)
    return reader
