"""An answer that takes after the phrase: its pace, its motif, its height; its loudness and touch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from companion.controls.settings import Settings
from companion.music.song import VoiceNote
from companion.music.vocabulary import STEPS_PER_BEAT
from companion.phrase.character import HEAD_STEPS, Character
from companion.sampling.course import USUAL_PACE
from companion.sampling.draw import Sampling
from companion.sampling.following import as_in_motif, at_pace, stays_at

MOTIF_STRIKES = 5.0  # nats by which a motif's notes, and its steps without one, are likelier
MOTIF_STEPS = 1.5  # nats off for each semitone by which a note rises otherwise than the motif's
PACE_SHARE = 0.65  # below 1 the pace is taken before all else: people keep to it most in their second phrases
HEIGHT_PULL = 3.0  # times what draws voices home
HIGHEST_PACE = 0.8  # strikes a step that are asked for at most


@dataclass(frozen=True)
class Following:
    """How far answers take after phrases."""

    share: float  # 0 nothing, 1 all
    paced: bool = True  # their pace too: not where the player has said how dense the music is to be

    @classmethod
    def of(cls, settings: Settings) -> Following:
        """As the player has it."""
        return cls(settings.follow, paced=not settings.density)

    def lead(self, character: Character | None) -> Lead | None:
        """What an answer takes from a phrase of this character; None: nothing."""
        return None if character is None or not self.share else Lead(character, self)


NOT_FOLLOWING = Following(0.0)


@dataclass(frozen=True)
class Lead:
    """What an answer takes from a phrase, and how far."""

    character: Character
    following: Following

    @property
    def follow(self) -> float:
        """The share that is taken, above 0."""
        return self.following.share

    def sampling(self, plain: Sampling, since: int) -> Sampling:
        """How the frame is drawn that stands so many steps after the answer's first one."""
        return _led(plain, self, min(since, HEAD_STEPS))

    @property
    def pace(self) -> float:
        """The onsets a step of the leading voice, as far as they are followed."""
        wanted = self.follow**PACE_SHARE * math.log(max(self.character.pace, 1 / HEAD_STEPS) / USUAL_PACE)
        return min(USUAL_PACE * math.exp(wanted), HIGHEST_PACE)

    def velocity(self, plain: int, since: int) -> int:
        """How loud a note is that would be so loud: the answer grows and fades as the phrase did."""
        character = self.character
        course = min(max(since / character.steps, 0.0), 1.0) - 0.5
        return min(max(round(plain + self.follow * character.swell * course), 1), 127)

    @property
    def longest_steps(self) -> float:
        """For how long a note sounds at most; infinite where the phrase was not detached."""
        character = self.character
        if character.gate == 1:
            return math.inf
        return character.spacing * (1 - self.follow * (1 - character.gate))

    def touched(self, notes: Iterable[VoiceNote], since_tick: int, ticks_per_beat: int) -> Iterator[VoiceNote]:
        """Notes, of which those that begin from a tick on are as detached as the phrase."""
        longest = self.longest_steps * ticks_per_beat / STEPS_PER_BEAT
        for note in notes:
            is_long = note.start_tick >= since_tick and note.end_tick - note.start_tick > longest
            yield note._replace(end_tick=note.start_tick + max(round(longest), 1)) if is_long else note


@lru_cache(maxsize=256)
def _led(plain: Sampling, lead: Lead, since: int) -> Sampling:
    character, follow = lead.character, lead.follow
    rules = [stays_at(character.voice, character.centre, HEIGHT_PULL * follow)]
    motif = {note.at: note.rise for note in character.head}
    if motif and since < HEAD_STEPS and since <= max(motif):
        rise = motif.get(since) if since else None
        strikes, steps = follow * MOTIF_STRIKES, follow * MOTIF_STEPS
        if since:
            rules.append(as_in_motif(character.voice, rise, strikes, steps))
    elif lead.following.paced:
        rules.append(at_pace(character.voice, lead.pace))
    return replace(plain, rules=(*plain.rules, *rules))
