"""How the voices have gone of late, as a value that goes along with the music: their pace, height and home."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from companion.music.vocabulary import FIRST_STRIKE, STEPS_PER_BEAT, VOICES
from companion.phrase.voicing import HOMES

USUAL_PACE = 0.2  # strikes a step, of a voice in the chorales
LATELY = 1 / (4 * STEPS_PER_BEAT)  # the weight of one more step in what was of late
BESIDE = 0.6  # of what given voices lie above their usual homes, so much do those that are added to them
HOME_STEPS = 128  # what was heard so many steps ago hardly counts for a voice's home any more


class Course(NamedTuple):
    """Of each voice, soprano first."""

    pace: tuple[float, ...] = (USUAL_PACE,) * len(VOICES)  # strikes a step, of late
    level: tuple[float, ...] = HOMES  # mean pitch, of late
    home: tuple[float, ...] = HOMES  # mean pitch of what was heard
    heard: int = 0  # how many steps that was, HOME_STEPS at most

    def advance(self, tokens: Sequence[int], pitches: Sequence[int | None]) -> Course:
        """After one more frame."""
        pace, level, home, heard = self
        paces = [was + LATELY * ((token >= FIRST_STRIKE) - was) for was, token in zip(pace, tokens, strict=True)]
        levels = [was if now is None else was + LATELY * (now - was) for was, now in zip(level, pitches, strict=True)]
        return Course(tuple(paces), tuple(levels), home, heard)

    def hearing(self, pitches: Sequence[int | None]) -> Course:
        """With a frame that was heard: a voice is at home where it was heard."""
        count = min(self.heard + 1, HOME_STEPS)
        home = tuple(
            was if pitch is None else was + (pitch - was) / count for was, pitch in zip(self.home, pitches, strict=True)
        )
        return self._replace(home=home, heard=count)

    def beside(self, pitches: Sequence[int | None], given: Sequence[bool]) -> Course:
        """With a frame of which some voices were given: others are at home where chorales have them beside those."""
        heard = [pitch if is_given else None for pitch, is_given in zip(pitches, given, strict=True)]
        course = self.hearing(heard)
        above = [course.home[voice] - HOMES[voice] for voice, pitch in enumerate(heard) if pitch is not None]
        if not above:
            return self
        shift = BESIDE * sum(above) / len(above)
        homes = zip(course.home, HOMES, given, strict=True)
        return course._replace(home=tuple(own if is_given else usual + shift for own, usual, is_given in homes))


AT_HOME = Course()  # nothing was heard yet
