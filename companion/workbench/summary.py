"""What was heard of a piece and what was made of it: on the terminal, in the trace, and in the file itself."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from companion import __version__
from companion.controls.settings import Settings
from companion.generation.composer import Composed
from companion.generation.job import Fact, Job, asked_key
from companion.music.song import Metre
from companion.music.vocabulary import VOICES
from companion.workbench.traits import PhraseClose, closes_of, kinds_of, struck_pitches

MANY_CLOSES = 4  # more are counted, not listed
SEVERAL_TRACKS = "several tracks"


@dataclass(frozen=True)
class Summary:
    """Facts about one composition, in the order in which they are told."""

    heard: tuple[Fact, ...]
    made: tuple[Fact, ...]
    again: str  # the command that makes it again
    notices: tuple[str, ...]
    seed: int

    @classmethod
    def of(cls, job: Job, composed: Sequence[Composed], again: str) -> Summary:
        """What a job heard, and what came of it.

        again: the command that makes it again, with the names of files alone.
        """
        settings = drawn_with(job)
        heard = (_key(job, settings), _metre(job), _bars(job), _parts(job))
        made = (*job.facts, *_added(job, composed))
        return cls(heard, made, again, tuple(job.notices), settings.seed)

    def lines(self) -> list[str]:
        """For people: three lines at most."""
        told = (("heard", self.heard), ("made", self.made))
        words = [(label, "; ".join(fact.said for fact in facts if fact.said)) for label, facts in told]
        return [f"{label}: {text}" for label, text in (*words, ("again", self.again)) if text]

    def fields(self) -> dict[str, Any]:
        """For a trace, as JSON has it."""
        return {
            "heard": {fact.name: fact.value for fact in self.heard},
            "made": {fact.name: fact.value for fact in self.made},
            "notices": list(self.notices),
            "seed": self.seed,
            "again": self.again,
            "version": __version__,
        }

    def text(self) -> str:
        """For the file: one line."""
        return self.again


def drawn_with(job: Job) -> Settings:
    """The settings of a job; ValueError where it does not say them, since then nobody could make it again."""
    if job.settings is None:
        raise ValueError("a job that is told of says its settings")
    return job.settings


def _key(job: Job, settings: Settings) -> Fact:
    if job.key is None:
        return Fact("key", None, "no key")
    asked = settings.key is not None
    name = job.key.name
    why = ", as asked" if asked else ", as written" if asked_key(settings, job.song) else ""
    return Fact("key", {"name": name, "asked": asked}, f"{name}{why}")


def _metre(job: Job) -> Fact:
    """The one that lasts longest; a pickup or a cut bar with a metre of its own is no change."""
    metres = job.song.metres or (Metre(0, 4, 4),)
    ends = [*(metre.tick for metre in metres[1:]), max(note.end_tick for note in job.song.notes)]
    lasting: Counter[str] = Counter()
    for metre, end in zip(metres, ends, strict=True):
        bar_ticks = 4 * job.song.ticks_per_beat * metre.numerator / metre.denominator
        lasting[f"{metre.numerator}/{metre.denominator}"] += math.ceil((end - metre.tick) / bar_ticks)
    usual = lasting.most_common(1)[0][0]
    changes = any(bars > 1 for metre, bars in lasting.items() if metre != usual)
    return Fact("metre", list(lasting), f"{usual}, changing" if changes else usual)


def _bars(job: Job) -> Fact:
    """From that of the first note on; a pickup is none."""
    first, last = (job.phrase.bar_of_step(step) for step in (0, len(job.phrase.frames) - 1))
    bars = last - max(first, 1) + 1
    said = f"{_counted(bars, 'bar')}{'' if first else ' after a pickup'}" if bars else "the pickup"
    return Fact("bars", bars, said)


def _parts(job: Job) -> Fact:
    """Which track became which voice."""
    tracks: dict[int, list[int]] = defaultdict(list)  # by voice
    for source in job.phrase.sources:
        if source.track not in tracks[source.voice]:
            tracks[source.voice].append(source.track)
    rows = [_part(job, voice, sorted(own)) for voice, own in sorted(tracks.items())]
    sources = {row["from"] for row in rows}
    if len(rows) > 1 and all(row["voice"].capitalize() in row["from"] for row in rows):
        said = f"{len(rows)} voices, as their tracks are named"
    elif len(rows) > 1 and len(sources) == 1:
        said = f"{len(rows)} voices from {sources.pop()}"
    else:
        said = ", ".join(f"{row['voice']} from {row['from']}" for row in rows)
    return Fact("voices", rows, said)


def _part(job: Job, voice: int, tracks: Sequence[int]) -> dict[str, Any]:
    names = [_track(job, track) for track in tracks]
    return {
        "voice": VOICES[voice],
        "from": names[0] if len(names) == 1 else SEVERAL_TRACKS,
        "tracks": [track + 1 for track in tracks],
        "notes": sum(note.voice == voice for note in job.phrase.notes),
    }


def _track(job: Job, track: int) -> str:
    """As a sequencer shows it, counted from 1 on."""
    name = job.song.track_names[track] if track < len(job.song.track_names) else ""
    return f'track {track + 1} "{name}"' if name else f"track {track + 1}"


def _added(job: Job, composed: Sequence[Composed]) -> list[Fact]:
    lacking = [name for name, given in zip(VOICES, job.phrase.given, strict=True) if not given]
    missing = lacking if job.rewriting is None else []  # bars made anew add no voice
    new_bars = job.new_steps / job.phrase.bar_steps
    what = [*([_joined(missing)] if missing else []), *([_counted(int(new_bars), "new bar")] if new_bars else [])]
    notes = len(struck_pitches(composed))
    facts = [
        Fact("voices", missing),
        Fact("notes", notes, ", ".join([*what, _counted(notes, "note")])),
    ]
    if new_bars:
        facts.append(Fact("bars", round(new_bars, 3)))
    closes = closes_of(job, composed)
    if closes:
        facts.append(Fact("closes", [{"bar": close.bar, "kind": close.kind} for close in closes], _closes(closes)))
    return facts


def _closes(closes: Sequence[PhraseClose]) -> str:
    if len(closes) > MANY_CLOSES:
        return f"{len(closes)} phrases, which close {kinds_of(closes)}"
    places = ", ".join(f"bar {close.bar} {close.kind}" for close in closes)
    return f"closes: {places}"


def _joined(names: Sequence[str]) -> str:
    """ "alto, tenor and bass"."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
