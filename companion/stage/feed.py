"""What is new of a jam since the last look.

What sounds is what the player process was told, which the log tells too; what is planned, and what it was drawn
from, is the session's own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from companion.generation.improviser import HEARD, Planned
from companion.music.sounding import Part, SoundingFrame
from companion.music.timebase import Timebase
from companion.music.vocabulary import FIRST_STRIKE, VOICES
from companion.record.log import Entry, LoggedClear, LoggedNote, LoggedNow, LoggedSend, LoggedSilence
from companion.sampling.draw import Choice
from companion.session.session import Session
from companion.session.turns import IDLE
from companion.stage.news import Phase, Share, StageKey, StageNews, StageScene, StageStep
from companion.workbench.trace import pitch_shares

LOOKED_BACK_STEPS = 24  # what is fixed longer ago does not change
LEAST_SHARE = 0.02  # of a pitch that is told
_MOST_SHARES = 8
NEWS_STEPS = 32  # in one piece of news, so that it fits into a pipe that nobody reads
NEWS_KEYS = 64
_ONE = 1000  # a share of 1

_Seen = tuple[Planned, Phase, SoundingFrame | None]


class Feed:
    """Looks at one jam."""

    def __init__(self) -> None:
        self._told: dict[int, _Seen] = {}
        self._sounding: dict[int, SoundingFrame] = {}  # as the player process has them
        self._keys: dict[tuple[int, int], StageKey] = {}  # that sound, by channel and pitch
        self._fresh_keys: dict[int, StageKey] = {}
        self._count = 0
        self._scene: StageScene | None = None
        self._line: Timebase | None = None

    # What is written into the log

    def hear(self, entry: Entry) -> None:
        """Something has been played, sent or taken back."""
        match entry:
            case LoggedNote():
                self._note(entry)
            case LoggedSend():
                self._sounding.update((frame.step, frame) for frame in entry.frames)
            case LoggedNow():
                self._now(entry)
            case LoggedClear():
                self._forget(entry.first, entry.last)
            case LoggedSilence():
                self._forget(math.floor(entry.now) + 1)

    def _note(self, note: LoggedNote) -> None:
        before = self._keys.pop((note.channel, note.pitch), None)
        if before is not None:
            self._tell(replace(before, end=max(note.at, before.start)))
        if note.velocity:
            self._count += 1
            self._tell(StageKey(self._count, note.pitch, note.at))
            self._keys[note.channel, note.pitch] = self._fresh_keys[self._count]

    def _tell(self, key: StageKey) -> None:
        self._fresh_keys[key.number] = key
        if len(self._fresh_keys) > NEWS_KEYS:
            del self._fresh_keys[min(self._fresh_keys)]

    def _now(self, said: LoggedNow) -> None:
        """A voice does something else in the step that sounds already."""
        step = math.floor(said.now)
        frame = self._sounding.get(step)
        if frame is not None:
            parts = list(frame.parts)
            parts[said.voice] = Part(said.pitch, True, max(said.velocity, 1), said.channel)
            soprano, alto, tenor, bass = parts
            self._sounding[step] = SoundingFrame(step, (soprano, alto, tenor, bass))

    def _forget(self, first: int, last: int | None = None) -> None:
        gone = [step for step in self._sounding if step >= first and (last is None or step <= last)]
        for step in gone:
            del self._sounding[step]

    # A look

    def look(self, session: Session, line: Timebase | None) -> StageNews | None:
        """What is new; None: nothing is.

        line: from seconds to steps of the music, as it sounds.
        """
        here = {planned.step: (planned, phase, self._sounding.get(planned.step)) for planned, phase in _steps(session)}
        now = math.floor(session.position)
        gone = tuple(step for step in self._told if step > now and step not in here)
        fresh = [step for step in sorted(here) if not _same(self._told.get(step), here[step])][:NEWS_STEPS]
        scene = _scene(session)
        if not (gone or fresh or self._fresh_keys or scene != self._scene or line != self._line):
            return None
        news = StageNews(
            line, session.position, scene, tuple(map(_shown, map(here.__getitem__, fresh))), gone, self._take_keys()
        )
        self._scene, self._line = scene, line
        self._told = {step: seen for step, seen in self._told.items() if step in here}
        self._told.update((step, here[step]) for step in fresh)
        self._sounding = {step: frame for step, frame in self._sounding.items() if step > now - LOOKED_BACK_STEPS}
        return news

    def _take_keys(self) -> tuple[StageKey, ...]:
        keys, self._fresh_keys = tuple(self._fresh_keys.values()), {}
        return keys


def _steps(session: Session) -> Iterator[tuple[Planned, Phase]]:
    for planned in session.recent(LOOKED_BACK_STEPS):
        yield planned, Phase.HEARD if planned.origin == HEARD else Phase.FIXED
    if session.activity != IDLE:
        for planned in session.plan:
            yield planned, Phase.HEARD if planned.origin == HEARD else Phase.PLANNED


def _same(before: _Seen | None, after: _Seen) -> bool:
    return before is not None and all(was is now for was, now in zip(before, after, strict=True))


def _scene(session: Session) -> StageScene:
    (chord, key), barlines = session.harmony, session.barlines
    return StageScene(
        session.activity,
        chord,
        "" if key is None else key.name,
        barlines.bar_steps,
        barlines.origin,
        tuple(voice.mute for voice in session.settings.voices),
    )


def _shown(seen: _Seen) -> StageStep:
    planned, phase, sounding = seen
    if sounding is not None and phase is not Phase.HEARD:
        pitches = tuple(part.pitch for part in sounding.parts)
        struck = tuple(part.struck for part in sounding.parts)
    else:  # the player's own voices are seen by their keys
        pitches = tuple(None if voice in planned.own else planned.frame.pitches[voice] for voice in range(len(VOICES)))
        struck = tuple(bool(token >= FIRST_STRIKE) for token in planned.frame.tokens)
    clouds = tuple(() if voice in planned.own else _cloud(choice) for voice, choice in enumerate(planned.frame.choices))
    return StageStep(planned.step, phase, pitches, struck, clouds)


def _cloud(choice: Choice) -> tuple[Share, ...]:
    """The likeliest pitches, a hold counting to the pitch that it holds; silence is none."""
    shares = pitch_shares(choice.distribution, choice.held_pitch)
    likely = [(pitch, share) for pitch, share in shares.items() if pitch is not None and share >= LEAST_SHARE]
    most = sorted(likely, key=lambda row: -row[1])[:_MOST_SHARES]
    return tuple((pitch, round(_ONE * share)) for pitch, share in most)
