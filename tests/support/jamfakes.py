"""A jam without a clock or ports: positions given by hand, and a sink that keeps and plays what it is told."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from companion.controls.settings import Command, Settings
from companion.controls.table import Choices
from companion.generation.improviser import Planned
from companion.model.features import FeatureRow
from companion.model.known_tunes import KnownTunes
from companion.music.bars import Barlines
from companion.music.sounding import Change, ChannelNote, Part, Sounding, SoundingFrame
from companion.music.vocabulary import FIRST_STRIKE, HOLD, VOICES, IntArray, strike
from companion.session.session import Session
from support.fakes import SURE, ScriptedModel, contract_of, sung, sure

STEP_SECONDS = 0.1  # at this tempo what is late by more than a quarter of a step is held over

FixedStep = tuple[int, str, tuple[int, ...], tuple[int | None, ...]]  # step, origin and sound, tokens, pitches


class Sound(NamedTuple):
    """A note as it was heard, in steps."""

    start: float
    end: float
    channel: int  # 0..15
    pitch: int
    velocity: int


class Listener:
    """A session's sink: keeps all it is told as lines, and sounds it as the player does."""

    def __init__(self, step_seconds: float = STEP_SECONDS) -> None:
        self.step_seconds = step_seconds
        self.position = 0.0
        self.lines: list[str] = []  # everything but what is fixed
        self.messages: list[str] = []
        self.music: dict[int, tuple[Planned, SoundingFrame | None]] = {}  # what is fixed and was not taken back
        self.sounds: list[Sound] = []
        self.late: list[int] = []  # steps whose frame came too late
        self.over: list[int] = []  # steps whose frame came when the next one had begun
        self.sounding: dict[int, tuple[float, int, int, int]] = {}  # voice → since when, channel, pitch, velocity
        self.hushed = -1.0  # when everything was silenced last
        self._newest = -1  # step that came due
        self._player = Sounding(self._sounds)
        self._player.run(0.0)

    # What the session says

    def frames(self, frames: Sequence[SoundingFrame]) -> None:
        for frame in frames:
            self.lines.append(f"{frame.step}: {_parts(frame.parts)}")
            if frame.step + 1 <= self.position:
                self.over.append(frame.step)
            if frame.step <= self._newest and (
                any(part.struck for part in frame.parts) or tuple(part.pitch for part in frame.parts) != self.pitches
            ):
                self.late.append(frame.step)  # another frame has sounded in its place
        self._carry_out(self._player.receive(frames), self.position)

    def now(self, voice: int, part: Part) -> None:
        self.lines.append(f"now {VOICES[voice]} {_part(part)}")
        self._carry_out(self._player.now(voice, part), self.position)

    def clear(self, first: int, last: int) -> None:
        self.lines.append(f"clear {first}-{last}")
        self._player.clear(first, last)

    def silence(self) -> None:
        self.lines.append("silence")
        self._hush()

    def panic(self) -> None:
        self.lines.append("panic")
        self._hush()

    def fixed(self, planned: Planned, sounding: SoundingFrame | None) -> None:
        assert planned.step not in self.music, f"step {planned.step} is fixed twice"
        self.music[planned.step] = planned, sounding

    def taken_back(self, step: int) -> None:
        self.lines.append(f"taken back {step}")
        self.music = {before: fixed for before, fixed in self.music.items() if before < step}

    def keep(self, first: int, last: int) -> None:
        self.lines.append(f"keep {first}-{last}")

    def message(self, text: str) -> None:
        self.messages.append(text)

    # What time does

    def play_to(self, position: float) -> None:
        """Sounds what is due before or at a position."""
        self._play(self.position)  # all that came too late at once, as the player does
        while (step := self._player.next_step()) is not None and step <= position:
            self._play(step)
        self.position = max(self.position, position)

    def _play(self, position: float) -> None:
        before = self._player.next_step()
        if before is not None and before <= position:
            self._newest = max(self._newest, math.floor(position))
            self._carry_out(self._player.play(position, self.step_seconds), position)

    def _carry_out(self, change: Change, at: float) -> None:
        self.late += change.held_over
        for voice in change.released:
            self._stop(voice, at)
        for voice, (channel, pitch), velocity in change.struck:
            self._stop(voice, at)
            self.sounding[voice] = at, channel, pitch, velocity

    def _sounds(self, voice: int) -> ChannelNote | None:
        return self.sounding[voice][1:3] if voice in self.sounding else None

    def _stop(self, voice: int, at: float) -> None:
        if voice in self.sounding:
            start, channel, pitch, velocity = self.sounding.pop(voice)
            self.sounds.append(Sound(start, at, channel, pitch, velocity))

    def _hush(self) -> None:
        self._player.silence()
        self.hushed = self.position
        for voice in list(self.sounding):
            self._stop(voice, self.position)

    # What tests ask

    @property
    def ahead(self) -> list[SoundingFrame]:
        """Frames that wait to be sounded."""
        return list(self._player._frames.values())

    @property
    def pitches(self) -> tuple[int | None, ...]:
        """What the voices sound."""
        return tuple(self.sounding[voice][2] if voice in self.sounding else None for voice in range(len(VOICES)))

    def notes(self) -> list[tuple[float, float, int, int]]:
        """(start, end, voice 1..4, pitch) of the notes that are over, on the default channels."""
        return sorted((sound.start, sound.end, sound.channel + 1, sound.pitch) for sound in self.sounds)

    def take_lines(self) -> list[str]:
        """The lines since the last call."""
        lines, self.lines = self.lines, []
        return lines

    def fixed_steps(self) -> list[FixedStep]:
        """What is fixed, as plain values."""
        return [
            (
                step,
                planned.origin + ("" if sounding is None else f" {_parts(sounding.parts)}"),
                tuple(int(token) for token in planned.frame.tokens),
                planned.frame.pitches,
            )
            for step, (planned, sounding) in sorted(self.music.items())
        ]


def _parts(parts: Iterable[Part]) -> str:
    return " ".join(_part(part) for part in parts)


def _part(part: Part) -> str:
    return "." if part.pitch is None else f"{part.pitch}{'!' if part.struck else ''}"


def chord(first: int, last: int, pitches: str) -> list[str]:
    """The lines of frames that strike a chord and hold it to the last step; "." rests."""
    struck = " ".join(pitch if pitch == "." else f"{pitch}!" for pitch in pitches.split())
    return [f"{first}: {struck}", *(f"{step}: {pitches}" for step in range(first + 1, last + 1))]


def heard(start: float, end: float, pitches: str) -> list[tuple[float, float, int, int]]:
    """The notes of a chord, as ``Listener.notes`` tells them."""
    return [(start, end, voice, int(pitch)) for voice, pitch in enumerate(pitches.split(), 1) if pitch != "."]


def rest(first: int, last: int | None = None) -> list[str]:
    """The lines of frames in which nothing sounds."""
    return [f"{step}: . . . ." for step in range(first, (first if last is None else last) + 1)]


class Jam:
    """A session that runs from step 0, its listener, and a hand that plays in time."""

    def __init__(
        self,
        model: Any,
        settings: Settings | None = None,
        barlines: Barlines | None = None,
        by_channel: bool = False,
        begin: bool = True,
    ) -> None:
        self.listener = Listener()
        self.session = Session(model, settings or Settings(), Choices(), self.listener, by_channel)
        self.barlines = barlines or Barlines()
        if begin:
            self.session.begin(0.0, self.barlines)

    def to(self, position: float, every: float = 0.25, work: bool = True) -> Jam:
        """Time goes by, with spare time to plan after every so many steps."""
        if work:
            self.work()
        while True:
            here = min(self.listener.position + every, position)
            self.listener.play_to(here)
            self.session.advance(here)
            if work:
                self.work()
            if here >= position:
                return self

    def work(self) -> Jam:
        """Plans all there is to plan."""
        while self.session.work():
            pass
        return self

    def strike(self, at: float, pitch: int, velocity: int = 80, channel: int = 0) -> int | None:
        """A key goes down when its time has come."""
        self.to(at)
        return self.session.note(at, pitch, velocity, channel)

    def release(self, at: float, pitch: int, channel: int = 0) -> None:
        """A key comes up when its time has come."""
        self.to(at)
        self.session.note(at, pitch, 0, channel)

    def play(self, *notes: tuple[float, float, int], velocity: int = 80, channel: int = 0) -> Jam:
        """Notes of (start, end, pitch), each at its time; what ends goes before what begins."""
        events: list[tuple[float, int, Callable[[float, int], object]]] = []
        for start, end, pitch in notes:
            events.append((start, pitch, lambda at, key: self.strike(at, key, velocity, channel)))
            events.append((end, pitch, lambda at, key: self.release(at, key, channel)))
        strikes = {(start, pitch) for start, _, pitch in notes}
        for at, pitch, act in sorted(events, key=lambda event: (event[0], (event[0], event[1]) in strikes)):
            act(at, pitch)
        return self

    def tell(self, name: str, *arguments: float | str) -> int:
        """A command, now."""
        return self.session.command(Command(name, arguments))

    @property
    def settings(self) -> Settings:
        return self.session.settings

    @property
    def lines(self) -> list[str]:
        """What the listener was told since this was last asked."""
        return self.listener.take_lines()


def babbling(**settings: Any) -> Settings:
    """Of a jam of the babbler's, where a rest of a beat ends a phrase, unless something else is said."""
    return Settings(**{"model": "babbler", "phrase_end": "rest", "rest_beats": 1.0, **settings})


PLAIN = Settings(style="free", temperature=0.0, phrase_end="rest", rest_beats=1.0)  # nothing is left to chance


def chords_at(chords: Mapping[int, Sequence[int | None]]) -> ScriptedModel:
    """A model that sings these chords at these frames (None: it holds on), and holds on between them."""
    return ScriptedModel(
        sung(
            {
                (frame, voice): strike(pitch)
                for frame, pitches in chords.items()
                for voice, pitch in enumerate(pitches)
                if pitch is not None
            }
        )
    )


class Shadow:
    """Sings at fixed distances below the soprano, and a chord of its own where that is silent."""

    below: tuple[int, ...] = (0, 5, 9, 24)
    alone: tuple[int, ...] = (72, 65, 60, 41)

    def __init__(self) -> None:
        self.contract = contract_of(("voice", "pitches", "decided"))
        self.row = FeatureRow(self.contract.features)
        self.known_tunes = KnownTunes(())

    def initial_state(self) -> Mapping[str, Any]:
        return {}

    def step(self, ids: IntArray, state: Mapping[str, Any], options: object = None) -> tuple[Any, Mapping[str, Any]]:
        del options
        said = ids - self.row.offsets
        voice = int(said[self.row.slot("voice")])
        soprano = int(said[self.row.slot("decided")])
        now = int(said[self.row.slot("pitches") + voice])
        wanted = strike(self.alone[voice]) if soprano < FIRST_STRIKE else soprano - self.below[voice]
        logits = sure(wanted)
        if wanted == now:
            logits[HOLD] = 2 * SURE  # unless it must be struck
        return logits, state
