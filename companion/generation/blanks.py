"""Bars and voices that are made anew: which notes belong to them, and which are kept.

A note belongs to where it begins: one that lasts into the bars is kept to its end, and one that lasts out of them is
made anew to its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from companion.errors import BadSetting
from companion.music.song import VoiceNote
from companion.music.vocabulary import HOLD, REST, VOICES, IntArray
from companion.phrase.grid import Mask
from companion.phrase.numbering import numbered
from companion.phrase.quantise import nearest
from companion.phrase.seed import Phrase


class Blank(NamedTuple):
    """What is made anew: voices, from a frame of a phrase up to another."""

    first: int
    stop: int
    voices: tuple[int, ...]


def blank_of(phrase: Phrase, bars: str, voices: Sequence[int] | None = None) -> Blank:
    """From bars as "5" or "5-8", and voices; None: all that there are.

    Raises:
        BadSetting: there are no such bars or voices, or nothing would be left; it says what there is.
    """
    there = [voice for voice in range(len(VOICES)) if phrase.given[voice]]
    named = tuple(there if voices is None else sorted(set(voices)))
    for voice in named:
        if voice not in there:
            has = " and ".join(VOICES[one] for one in there)
            raise BadSetting(f"the piece has no {VOICES[voice]} to rewrite, only {has}; harmonise adds what is missing")
    numbering = numbered(phrase)
    first, stop = numbering.frames(*numbering.asked(bars))
    blank = Blank(first, min(stop, len(phrase.frames)), named)
    free = free_notes(phrase.frames, blank)
    if not free.any():
        raise BadSetting(f"no note of these voices begins in bars {bars.strip()}: they hold on through; name more bars")
    if free[:, there].all():
        raise BadSetting("these are all bars of all voices: nothing is left to go by; name fewer of either")
    return blank


def free_notes(frames: IntArray, blank: Blank) -> Mask:
    """``[steps, 4]``: what is made anew."""
    free = np.zeros(frames.shape, dtype=bool)
    for voice in blank.voices:
        start, stop = blank.first, blank.stop
        while start < stop and frames[start, voice] == HOLD:
            start += 1
        while start < stop < len(frames) and frames[stop, voice] == HOLD:
            stop += 1
        free[start:stop, voice] = True
    return free


def kept_of(phrase: Phrase, blank: Blank) -> Phrase:
    """The phrase with what stays alone, in its notes and in its frames."""
    frames = np.where(free_notes(phrase.frames, blank), REST, phrase.frames).astype(np.int32)
    frames.flags.writeable = False
    return replace(phrase, notes=kept_notes(phrase, blank), frames=frames)


def kept_notes(phrase: Phrase, blank: Blank) -> tuple[VoiceNote, ...]:
    """The notes of a phrase that stay."""
    steps = nearest(phrase.positions([note.start_tick for note in phrase.notes])).tolist()
    return tuple(
        note
        for note, step in zip(phrase.notes, steps, strict=True)
        if note.voice not in blank.voices or not blank.first <= step < blank.stop
    )


def over_the_edges(phrase: Phrase, blank: Blank) -> Iterator[str]:
    """Lines for the user, of notes that last into the blank or out of it."""
    frames, voices = phrase.frames, list(blank.voices)
    into = int((frames[blank.first, voices] == HOLD).sum())
    out = int((free_notes(frames, blank)[blank.stop : blank.stop + 1, voices]).sum())
    if into:
        yield f"{into} note{'s' * (into > 1)} from the bar before last{'s' * (into == 1)} into these: kept"
    if out:
        yield f"{out} note{'s' * (out > 1)} of these last{'s' * (out == 1)} into the bar after: made anew to the end"
