"""What is heard of the player: the keys as they come, the key of the music, how loud it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from statistics import fmean

import numpy as np

from companion.controls.settings import Settings
from companion.controls.table import BY_SENSE
from companion.generation.following import Lead
from companion.generation.improviser import Context, Planned
from companion.generation.velocity import DEFAULT_VELOCITY, VelocityRule, velocity_rule
from companion.harmony.keys import likeliest_key
from companion.music.bars import Barlines
from companion.music.key import Key
from companion.music.pitch import OCTAVE, pitch_name
from companion.music.pulse import Pulse
from companion.music.song import VoiceNote
from companion.music.vocabulary import REST, STEPS_PER_BEAT, VOICES, IntArray
from companion.phrase.character import Character, Sung, head_start_of, skyline
from companion.phrase.ends import LastTone, silence_that_ends
from companion.phrase.hands import Capture, Hands, Press
from companion.phrase.voicing import voice_of_mean

KEY_STEPS = 128  # the key is heard in so many steps …
FEWEST_KEY_STEPS = 8  # … and in no fewer than these


@dataclass
class Hearing:
    """What the player plays, and what it tells."""

    by_channel: bool = False  # channels 1–4 are the four voices
    capture: Capture = field(default_factory=Capture)
    key: Key | None = None  # of what was heard
    _loudness: int = DEFAULT_VELOCITY  # how loud the player played
    _asked: tuple[object, ...] = ()  # what the silence that ends a phrase was found for last …
    _silence: float = 0.0  # … in steps

    def dealt(self, context: Context, step: int, voices: Collection[int] | None = None) -> Hands:
        """The hands of a context with what begins at a step, given to voices: to all, or only to these."""
        among = None if voices is None else sorted(voices)
        return context.hands.deal(step, self.capture.struck_at(step), among, self.by_channel)

    def phrase_over(self, settings: Settings, barlines: Barlines) -> float | None:
        """When a silence long enough to end the phrase has lasted; None while a key is down."""
        since = self.capture.silent_since
        if since is None:
            return None
        longest = settings.rest_beats * STEPS_PER_BEAT
        return since + (self._felt(settings, barlines, longest) if settings.phrase_end == BY_SENSE else longest)

    def _felt(self, settings: Settings, barlines: Barlines, longest: float) -> float:
        """The silence that ends a phrase by what was played: found once, as it is asked for all the time."""
        phrase = self.capture.phrase
        if not phrase:
            return longest
        asked = (len(phrase), phrase[-1], self.capture.silent_since, settings.key, self.key, barlines, longest)
        if self._asked != asked:
            line = tuple(skyline([_played(press) for press in self._leading()]))
            tone = LastTone(line, Key.of_name(settings.key) if settings.key else self.key, barlines)
            self._asked, self._silence = asked, silence_that_ends(tone, longest)
        return self._silence

    def hear_key(self, past: Iterable[Planned]) -> None:
        """The key of what was heard, for what comes; what was imagined to a phrase so far fits it too."""
        frames = [_telling(planned) for planned in past]
        self.key = likeliest_key(np.stack(frames), before=self.key) if len(frames) >= FEWEST_KEY_STEPS else None

    def hear_loudness(self) -> None:
        """How loud the player plays, for what comes."""
        velocities = self.capture.velocities()
        if velocities:
            self._loudness = round(sum(velocities) / len(velocities))

    def character(self, barlines: Barlines) -> Character | None:
        """What the phrase is like that was played last; None before the first."""
        presses = self._leading()
        if not presses:
            return None
        pulse, first = barlines.pulse, min(press.step for press in presses)
        line = skyline([_sung(press, pulse) for press in presses])
        voice = presses[0].channel if self.by_channel else voice_of_mean(fmean(note.pitch for note in line))
        bar = barlines.bar_start(first)
        begin, end = pulse.place(bar), pulse.place(bar + barlines.bar_steps)
        start = pulse.place(first)
        return Character.of(line, voice, head_start_of(start, start - begin, round(end - begin)))

    def _leading(self) -> list[Press]:
        """The keys among which the leading voice is: where voices have channels of their own, those of the highest."""
        highest = min((press.channel for press in self.capture.phrase), default=0)
        return [press for press in self.capture.phrase if not self.by_channel or press.channel == highest]

    def velocity_rule(self, settings: Settings, lead: Lead | None = None) -> VelocityRule:
        """How loud an answer is."""
        played = [VoiceNote(voice, 0, 1, 0, self._loudness) for voice in range(len(VOICES))]
        return velocity_rule(settings.velocity, played, lead)

    @staticmethod
    def likely_voice(press: Press, before: Hands, hands: Hands) -> tuple[int | None, str]:
        """The voice that a key seems to be, and what the player should know if it is heard elsewhere than played."""
        voice = next((voice for voice, own in enumerate(hands.presses) if own is press), None)
        if voice is None or voice not in hands.far or voice in before.far:
            return voice, ""
        return voice, _far_away(press.pitch, hands.pitches[voice], VOICES[voice])


def _played(press: Press) -> Sung:
    """A key as it was played, in steps of the clock."""
    return Sung(press.step, press.step if press.end is None else press.end, press.pitch, press.velocity)


def _sung(press: Press, pulse: Pulse) -> Sung:
    """A key that is still down sounds for a step at least."""
    end = press.step + 1.0 if press.end is None else max(press.end, press.step + 0.25)
    return Sung(pulse.place(press.step), pulse.place(end), press.pitch, press.velocity)


def _telling(planned: Planned) -> IntArray:
    """What tells the key of a step: the player's own voices, where there are any."""
    if not planned.own:
        return planned.frame.tokens
    tokens = planned.frame.tokens.copy()
    for voice in range(len(VOICES)):  # of four, quicker than by an array of who is meant
        if voice not in planned.own:
            tokens[voice] = REST
    return tokens


def _far_away(played: int, heard: int, voice: str) -> str:
    octaves = abs(heard - played) // OCTAVE
    where = f"{octaves} octave{'' if octaves == 1 else 's'} {'lower' if heard < played else 'higher'}"
    return f"{pitch_name(played)} is out of the {voice}'s range: it is heard {where}"
