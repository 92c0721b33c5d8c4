"""Any MIDI files as rolls of keys: which are down in each sixteenth, however many, and which are struck there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from companion.errors import BadSetting
from companion.music.bars import STEPS_PER_WHOLE_NOTE, Bars
from companion.music.song import Song
from companion.music.vocabulary import HIGHEST_PITCH, LOWEST_PITCH, STEPS_PER_BEAT, IntArray
from companion.screen.terminal import Progress, unseen
from export.data.corpus import OFF_GRID_SHARE, Refusal
from export.data.folder import read_each, split_of_name
from export.data.prepare import refusal_lines

ROLL_KEYS = HIGHEST_PITCH - LOWEST_PITCH + 1
DOWN, STRUCK = 1, 2  # a key that sounds on, and one that begins to; 0: silent
SHORTEST_ROLL = STEPS_PER_WHOLE_NOTE  # steps of the shortest piece: a bar


@dataclass(frozen=True)
class KeyRoll:
    """One piece as a roll of keys; its first step begins a bar of sixteen."""

    name: str
    split: str  # train, valid or test
    keys: IntArray  # [steps, 46] silent, DOWN or STRUCK; the lowest key first


@dataclass(frozen=True)
class RollFolder:
    """What reading a folder gave."""

    rolls: tuple[KeyRoll, ...]
    refusals: tuple[Refusal, ...]
    notices: tuple[Refusal, ...]  # rolls that do not hold all that their files do, and what they lack

    def of_split(self, split: str) -> list[KeyRoll]:
        """Those of one split."""
        return [roll for roll in self.rolls if roll.split == split]

    def lines(self) -> list[str]:
        """In plain words: what was read, what was not and why."""
        steps = sum(len(roll.keys) for roll in self.rolls)
        told = [f"{notice.name}: {notice.reason}" for notice in self.notices]
        return [f"{len(self.rolls)} rolls of {steps} steps in all", *refusal_lines(self.refusals), *told]


def read_rolls(folder: Path, progress: Progress = unseen) -> RollFolder:
    """Every MIDI file in a folder and those below it, split by their names as those of four-part sets are.

    Where the names leave nothing to train on or to check with, the last piece is there to check with.

    Raises:
        NotADirectoryError: There is no such folder.
        ValueError: It holds no MIDI files.
        BadSetting: None of them can be used, or only one.
    """
    made, refusals = read_each(folder, roll_of_song, progress)
    rolls = [roll for roll, _ in made]
    notices = [Refusal(roll.name, notice) for roll, left_out in made for notice in left_out]
    if len(rolls) < 2:
        why = "; ".join(line.strip() for line in refusal_lines(refusals))
        files = f"{len(rolls)} of {len(made) + len(refusals)} MIDI files in {folder}"
        raise BadSetting(f"{files} can be used, and two are needed. {why}")
    return RollFolder(tuple(_with_both_parts(rolls)), tuple(refusals), tuple(notices))


def roll_of_song(song: Song, name: str) -> tuple[KeyRoll, tuple[str, ...]]:
    """A roll of a MIDI file, and what of the file it leaves out.

    Raises:
        ValueError: It is not in 4/4 throughout, or lasts less than a bar, or lies off the grid or the keys.
    """
    metres = set(Bars.of_metres(song.metres, song.ticks_per_beat).metres)
    if metres != {(4, 4)}:
        others = ", ".join(f"{upper}/{lower}" for upper, lower in sorted(metres - {(4, 4)}))
        raise ValueError(f"it has bars of {others}, not of 4/4 alone")
    within = [note for note in song.notes if LOWEST_PITCH <= note.pitch <= HIGHEST_PITCH]
    if not within:
        raise ValueError(f"it has no note from {LOWEST_PITCH} to {HIGHEST_PITCH}")
    starts = [STEPS_PER_BEAT * note.start_tick / song.ticks_per_beat for note in within]
    ends = [STEPS_PER_BEAT * note.end_tick / song.ticks_per_beat for note in within]
    off = sum(abs(start - round(start)) > 1e-6 for start in starts)
    if off > OFF_GRID_SHARE * len(within):
        raise ValueError("more of its notes begin off the sixteenths than a roll can hold")
    begins = STEPS_PER_WHOLE_NOTE * math.floor(min(starts) / STEPS_PER_WHOLE_NOTE)
    keys = _keys([round(s) - begins for s in starts], [round(e) - begins for e in ends], [n.pitch for n in within])
    if len(keys) < SHORTEST_ROLL:
        raise ValueError("it lasts less than a bar")
    beyond = len(song.notes) - len(within)
    notices = [f"left out {beyond} notes beyond {LOWEST_PITCH} to {HIGHEST_PITCH}"] if beyond else []
    return KeyRoll(name, split_of_name(name), keys), (*song.notices, *notices)


def _keys(starts: Sequence[int], ends: Sequence[int], pitches: Sequence[int]) -> IntArray:
    """``[steps, 46]`` from the steps of notes; each sounds for one step at least, and strikes a key that is down."""
    keys = np.zeros((max(*ends, max(starts) + 1), ROLL_KEYS), dtype=np.int32)
    for start, end, pitch in zip(starts, ends, pitches, strict=True):
        column = keys[start : max(end, start + 1), pitch - LOWEST_PITCH]
        column[:] = np.maximum(column, DOWN)
    keys[starts, np.array(pitches) - LOWEST_PITCH] = STRUCK
    return keys


def _with_both_parts(rolls: Sequence[KeyRoll]) -> list[KeyRoll]:
    """The same, with something to train on and something to check with: the last one, where names leave nothing."""
    if {"train", "valid"} <= {roll.split for roll in rolls}:
        return list(rolls)
    return [*(replace(roll, split="train") for roll in rolls[:-1]), replace(rolls[-1], split="valid")]
