"""What is heard of the player: the keys as they come, the key of the music, how loud it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from statistics import fmean

import numpy as np

from companion.controls.settings import Settings
from companion.generation.following import Lead
from companion.generation.improviser import Context, Planned
from companion.generation.velocity import DEFAULT_VELOCITY, VelocityRule, velocity_rule
from companion.harmony.keys import likeliest_key
from companion.music.bars import Barlines
from companion.music.key import Key
from companion.music.pitch import OCTAVE, pitch_name
from companion.music.song import VoiceNote
from companion.music.vocabulary import REST, STEPS_PER_BEAT, VOICES, IntArray
from companion.phrase.character import Character, Sung, head_start_of, skyline
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

    def dealt(self, context: Context, step: int, voices: Collection[int] | None = None) -> Hands:
        """The hands of a context with what begins at a step, given to voices: to all, or only to these."""
        among = None if voices is None else sorted(voices)
        return context.hands.deal(step, self.capture.struck_at(step), among, self.by_channel)

    def rest_over(self, settings: Settings) -> float | None:
        """When a rest long enough to end a phrase has lasted; None while a key is down."""
        since = self.capture.silent_since
        return None if since is None else since + settings.rest_beats * STEPS_PER_BEAT

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
        notes = [_sung(press) for press in self.capture.phrase]
        if not notes:
            return None
        leading = _leading_channel(self.capture.phrase) if self.by_channel else None
        if leading is None:
            line = skyline(notes)
            voice = voice_of_mean(fmean(note.pitch for note in line))
        else:
            line = [_sung(press) for press in self.capture.phrase if press.channel == leading]
            voice = leading
        start = int(line[0].start)
        head_start = head_start_of(start, start - barlines.bar_start(start), barlines.bar_steps)
        return Character.of(line, voice, head_start)

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


def _sung(press: Press) -> Sung:
    """A key that is still down sounds for a step at least."""
    end = press.step + 1.0 if press.end is None else max(press.end, press.step + 0.25)
    return Sung(press.step, end, press.pitch, press.velocity)


def _leading_channel(presses: Iterable[Press]) -> int:
    """The highest of the voices that were played on channels of their own."""
    return min(press.channel for press in presses)


def _telling(planned: Planned) -> IntArray:
    """What tells the key of a step: the player's own voices, where there are any."""
    if not planned.own:
        return planned.frame.tokens
    own = np.isin(np.arange(len(VOICES)), list(planned.own))
    return np.where(own, planned.frame.tokens, REST).astype(np.int32)


def _far_away(played: int, heard: int, voice: str) -> str:
    octaves = abs(heard - played) // OCTAVE
    where = f"{octaves} octave{'' if octaves == 1 else 's'} {'lower' if heard < played else 'higher'}"
    return f"{pitch_name(played)} is out of the {voice}'s range: it is heard {where}"
