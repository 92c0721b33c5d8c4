"""Ends of phrases that a jam hears: folk songs are played to it, and it is looked where it takes its turn.

A *false end* is an answer that sounds before the last tone of a phrase has begun. A *late* one is told in beats from
the moment when the last key came up to the moment when the end was known; the *entry* in beats from where the last
tone ends as it is written to the first step of the answer, which begins on a beat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from companion.controls.settings import Settings
from companion.controls.table import BY_REST, BY_SENSE
from companion.generation.velocity import DEFAULT_VELOCITY
from companion.model.runtime import Model
from companion.music.bars import Barlines
from companion.music.vocabulary import STEPS_PER_BEAT
from companion.screen.terminal import Progress, unseen
from companion.session.modes import mode_named
from companion.session.player_notes import PlayerNotes
from companion.session.sink import FrameTape
from companion.session.turns import ANSWERING, Turns
from export.phrasing.hands import WAYS, HandKey, Playing, hands
from export.phrasing.marks import MarkedSong
from export.phrasing.quiet import Quiet

COARSE_STEPS = 0.5  # the jam is told of the time so often …
FINE_STEPS = 0.25  # … and so often while an end is waited for
PATIENCE_STEPS = 80  # for an answer
JUDGED = tuple(
    Settings(phrase_end=by, rest_beats=beats)
    for by, lengths in ((BY_REST, (0.5, 1, 1.5, 2, 3)), (BY_SENSE, (1, 2, 3)))
    for beats in lengths
)


@dataclass(frozen=True)
class HeardEnd:
    """What a jam made of one phrase."""

    false_end: bool  # it sounded into it
    said: bool  # it took it for over, sounding or not
    late_beats: float | None  # None: it heard no end
    entry_beats: float | None


@dataclass(frozen=True)
class Ends:
    """What it made of many, with one rule and one way of playing."""

    rule: str
    way: str
    phrases: int
    false_ends: float  # the share of phrases
    said: float
    found: float
    late_beats: float  # mean; nan where none was found
    late_most: float  # of nine in ten
    entry_beats: float  # mean

    @classmethod
    def of(cls, rule: str, way: str, heard: Sequence[HeardEnd]) -> Ends:
        late = [one.late_beats for one in heard if one.late_beats is not None]
        entries = [one.entry_beats for one in heard if one.entry_beats is not None]
        return cls(
            rule,
            way,
            len(heard),
            float(np.mean([one.false_end for one in heard])),
            float(np.mean([one.said for one in heard])),
            len(late) / len(heard),
            float(np.mean(late)) if late else np.nan,
            float(np.quantile(late, 0.9)) if late else np.nan,
            float(np.mean(entries)) if entries else np.nan,
        )


def rule_of(settings: Settings) -> str:
    """In a word and the rest, in beats."""
    return f"{settings.phrase_end} {settings.rest_beats:g}"


def trials(songs: Sequence[MarkedSong], rules: Sequence[Settings] = JUDGED, ways: Sequence[Playing] = WAYS) -> int:
    """How many its progress will come to."""
    return len(rules) * len(ways) * len(songs)


def judge_ends(
    model: Model,
    songs: Sequence[MarkedSong],
    rules: Sequence[Settings] = JUDGED,
    ways: Sequence[Playing] = WAYS,
    progress: Progress = unseen,
) -> list[Ends]:
    """Every song played in every way to a jam with each of some settings; whose turn it is, no model decides."""
    found: list[Ends] = []
    done, all_of_it = 0, trials(songs, rules, ways)
    for settings in rules:
        for way in ways:
            heard: list[HeardEnd] = []
            for number, song in enumerate(songs):
                heard += play_song(model, replace(settings, mode="continue"), song, way, number)
                done += 1
                progress(done, all_of_it)
            found.append(Ends.of(rule_of(settings), way.name, heard))
    return found


def play_song(model: Model, settings: Settings, song: MarkedSong, way: Playing, number: int) -> list[HeardEnd]:
    """One song, phrase by phrase; who waits plays on with the bar after the answer has begun, and ends it so."""
    tune = song.tune
    beats, unit = (int(count) for count in tune.metre.split("/"))
    player = _Player(model, settings, Barlines.of_metre(beats, unit), tune.first_step)
    heard = []
    for keys in hands(song, way, number):
        while keys[0].down + player.late <= player.turns.position:
            player.late += tune.bar_steps
        heard.append(player.play(keys, way))
    return heard


class _Player:
    """Somebody who plays to a jam, and looks whether it answers."""

    def __init__(self, model: Model, settings: Settings, barlines: Barlines, late: int) -> None:
        self.turns = Turns(model, settings, mode_named(settings.mode), FrameTape(), by_channel=False)
        self.turns.plan.improviser = Quiet(model)
        self.turns.running, self.turns.barlines = True, barlines
        self.turns.tonality.follow(settings, barlines.pulse)
        self.late = late  # steps by which the song is later than it was
        self._notes = PlayerNotes(self.turns)

    def play(self, keys: Sequence[HandKey], way: Playing) -> HeardEnd:
        """A phrase."""
        false_end = said = False
        for number, key in enumerate(keys):
            self._come_to(key.down + self.late)
            if number:
                said |= self.turns.activity == ANSWERING
                false_end |= self._sounds(key.down + self.late)
            self._notes.down(key.down + self.late, key.pitch, DEFAULT_VELOCITY, 0)
            self._come_to(key.up + self.late)
            self._notes.up(key.up + self.late, key.pitch, 0, held=False)
        up, written = keys[-1].up + self.late, keys[-1].written + self.late
        last = up + PATIENCE_STEPS if way.waits else written
        late_steps = self._wait(up, last)
        if late_steps is None:
            return HeardEnd(false_end, said, None, None)
        answer = self.turns.plan.answer
        assert answer is not None
        if way.waits:
            self._come_to(answer.start + 1)
        return HeardEnd(false_end, said, late_steps / STEPS_PER_BEAT, (answer.start - written) / STEPS_PER_BEAT)

    def _sounds(self, step: int) -> bool:
        answer = self.turns.plan.answer
        return self.turns.activity == ANSWERING and answer is not None and answer.start <= step

    def _wait(self, since: float, until: float) -> float | None:
        """The steps after which the phrase is taken for over."""
        at = since
        while at < until:
            self.turns.advance(at)
            if self.turns.activity == ANSWERING:
                return at - since
            at += FINE_STEPS
        return None

    def _come_to(self, position: float) -> None:
        at = self.turns.position
        while at + COARSE_STEPS < position:
            at += COARSE_STEPS
            self.turns.advance(at)
        self.turns.advance(position)


def describe_ends(found: Sequence[Ends]) -> list[str]:
    """As a table, in Markdown: false ends, and how late the others are (nine in ten at the latest), by the way."""
    ways = list(dict.fromkeys(one.way for one in found))
    by_place = {(one.rule, one.way): one for one in found}
    rows = [["a phrase ends by", *ways], ["---"] * (1 + len(ways))]
    for rule in dict.fromkeys(one.rule for one in found):
        rows.append([rule, *(_cell(by_place[rule, way]) for way in ways)])
    return [f"| {' | '.join(row)} |" for row in rows]


def _cell(ends: Ends) -> str:
    false = f"{100 * ends.false_ends:.1f} %"
    if ends.found < 0.99:
        return f"{false}, {100 * ends.found:.0f} % found"
    return f"{false}, {ends.late_beats:.2f} ({ends.late_most:.2f}), {ends.entry_beats:.2f}"


def ends_as_dict(found: Sequence[Ends]) -> list[dict[str, Any]]:
    """What ``--json`` prints of them; None where nothing was found."""
    return [
        {name: None if value != value else value for name, value in vars(one).items()}  # noqa: PLR0124 - nan
        for one in found
    ]
