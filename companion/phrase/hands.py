"""What the player plays, as it is played: keys on the running grid, each dealt to a voice.

A *press* is one key held down from one position to another, in steps of the running clock; it belongs to
the step nearest to where it began. *Hands* say which press each voice sings, as a value, so that a step
can be heard again when one more note arrives for it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from companion.music.vocabulary import HOLD, REST, VOICES, strike
from companion.phrase.voicing import ALL_VOICES, HOMES, LOWEST_SOPRANO_MEAN, LOWEST_TENOR_MEAN, Dealer, heard_pitch

TAIL_STEPS = 2  # so long the others sing on after a release: hands leave a key before the next one
LEGATO_STEPS = 64  # so long a released voice of a phrase is heard to sing on: a chorale is legato, and hands are not
MOST_TOLD = 256  # presses of a phrase that are remembered for what it is like …
FIRST_TOLD = 32  # … of which so many are its first
LEAP = 9  # semitones; a lone note nearer than this to the melody's last one goes on with it

_HELD_ON = 1 << 30  # the end of a key that is still down, in steps


@dataclass(eq=False)
class Press:
    """One key of the player's, from press to release."""

    step: int  # the step it belongs to
    pitch: int  # as played
    velocity: int
    channel: int  # 0..15
    end: float | None = None  # where its sound ends; None while the key is down, or the pedal holds it
    lifted: float | None = None  # where the finger left it to the pedal

    @property
    def let_go(self) -> float | None:
        """Where the finger left it; None while it is on it."""
        return self.end if self.lifted is None else self.lifted

    def sings_at(self, step: int, tail: int) -> bool:
        """Whether a voice still sings it: while the key sounds, and so many steps longer."""
        return self.end is None or step < max(math.floor(self.end + 0.5), self.step + 1) + tail


class Capture:
    """The keys of the phrase that is being played."""

    def __init__(self) -> None:
        self.presses: list[Press] = []
        self.phrase: list[Press] = []  # of the phrase that is played or was played last: its first and its latest

    def press(self, step: int, pitch: int, velocity: int, channel: int) -> Press:
        """A key goes down. The same key pressed again ends what it had begun, and on the same step takes its place."""
        self.release(float(step), pitch, channel)
        key = step, pitch, channel
        self.presses = [other for other in self.presses if (other.step, other.pitch, other.channel) != key]
        self.phrase = [other for other in self.phrase if (other.step, other.pitch, other.channel) != key]
        press = Press(step, pitch, velocity, channel)
        self.presses.append(press)
        self.phrase.append(press)
        del self.phrase[FIRST_TOLD : len(self.phrase) - MOST_TOLD + FIRST_TOLD]
        return press

    def release(self, position: float, pitch: int, channel: int, held: bool = False) -> Press | None:
        """A key comes up, or only the finger from what the pedal holds; the press it belongs to, if there is one."""
        for press in reversed(self.presses):
            if (press.pitch, press.channel) == (pitch, channel) and press.end is None:
                left = max(position, float(press.step))
                press.lifted, press.end = (left, None) if held else (press.lifted, left)
                return press
        return None

    def struck_at(self, step: int) -> list[Press]:
        """What begins at a step."""
        return [press for press in self.presses if press.step == step]

    @property
    def keys_down(self) -> bool:
        """Whether any key is held, be it by the pedal."""
        return any(press.end is None for press in self.presses)

    def is_over(self, step: int) -> bool:
        """Whether no key is down and nothing begins after a step."""
        return not self.keys_down and all(press.step <= step for press in self.presses)

    @property
    def silent_since(self) -> float | None:
        """The position of the last release; None while a key is down or before the first."""
        if not self.presses or self.keys_down:
            return None
        return max(press.end for press in self.presses if press.end is not None)

    def velocities(self) -> list[int]:
        """How loud the phrase was played."""
        return [press.velocity for press in self.presses]

    def begin_phrase(self) -> None:
        """Another phrase begins."""
        self.begin_again()
        self.phrase = []

    def begin_again(self) -> None:
        """Forget what is over; keys that are down stay known, so that their release is."""
        self.presses = [press for press in self.presses if press.end is None]

    def forget_before(self, step: int) -> None:
        """Drop what no voice sings any more: a long jam does not grow."""
        self.presses = [press for press in self.presses if press.step >= step or press.sings_at(step, LEGATO_STEPS)]


@dataclass(frozen=True)
class Hands:
    """Which press each voice sings, or sang last."""

    presses: tuple[Press | None, ...] = (None,) * len(VOICES)
    pitches: tuple[int, ...] = HOMES  # where each voice is, within its range
    chordal: bool = False  # whether the phrase has had two voices
    far: frozenset[int] = field(default_factory=frozenset)  # voices heard octaves away from where they are played

    def tokens(self, step: int, tail: int) -> dict[int, int]:
        """The token of each voice that the player has sung in this phrase, at a step."""
        found = {}
        for voice, press in enumerate(self.presses):
            if press is None:
                continue
            if press.step == step:
                found[voice] = strike(self.pitches[voice])
            else:
                found[voice] = HOLD if press.sings_at(step, tail) else REST
        return found

    def sings(self, step: int, tail: int) -> bool:
        """Whether any voice of the player's sounds at a step."""
        return any(press is not None and press.sings_at(step, tail) for press in self.presses)

    def deal(self, step: int, presses: Sequence[Press], voices: Sequence[int] | None, by_channel: bool) -> Hands:
        """The hands after what begins at a step.

        voices: the only ones that may be given a note; None for all.
        by_channel: channels 1–4 are the four voices, and other channels none.
        """
        among = tuple(ALL_VOICES if voices is None else voices)
        if not presses or not among:
            return self
        if by_channel:
            dealt = {press.channel: press for press in presses if press.channel in among}
        elif len(presses) == 1:
            dealt = {self._voice_of(presses[0], step, among): presses[0]}
        else:
            dealt = self._chord(step, presses, among)
        return self._with(dealt)

    def _with(self, dealt: Mapping[int, Press]) -> Hands:
        presses, pitches, far = list(self.presses), list(self.pitches), set(self.far)
        for voice, press in dealt.items():
            presses[voice], pitches[voice] = press, heard_pitch(press.pitch, voice)
            (far.add if pitches[voice] != press.pitch else far.discard)(voice)
        chordal = self.chordal or sum(press is not None for press in presses) > 1
        return Hands(tuple(presses), tuple(pitches), chordal, frozenset(far))

    def _voice_of(self, press: Press, step: int, among: Sequence[int]) -> int:
        """A lone note goes on with the melody it is near to; the first one is sorted by its height."""
        if len(among) == 1:
            return among[0]
        singing = [voice for voice in among if self._ends(step)[voice] > step]
        known = [voice for voice in among if self.presses[voice] is not None]
        if not known:
            return _voice_of_height(press.pitch, among)
        if not self.chordal:
            melody = known[0]
            own = self.presses[melody]
            if not singing or (own is not None and abs(press.pitch - own.pitch) <= LEAP):
                return melody
        return self._chord_voices(step, [press], among)[0]

    def _chord(self, step: int, presses: Sequence[Press], among: Sequence[int]) -> dict[int, Press]:
        ordered = sorted(presses, key=lambda press: -press.pitch)
        while len(ordered) > len(among):  # the outer notes tell most
            del ordered[len(ordered) // 2]
        return dict(zip(self._chord_voices(step, ordered, among), ordered, strict=True))

    def _chord_voices(self, step: int, ordered: Sequence[Press], among: Sequence[int]) -> list[int]:
        pitches = [press.pitch for press in ordered]
        dealer = Dealer(self.pitches, self._ends(step))
        chosen = dealer.deal(step, list(range(len(ordered))), pitches, [_HELD_ON] * len(ordered), among)
        return [voice for voice, _ in chosen]

    def _ends(self, step: int) -> list[int]:
        """Until when each voice holds its key; one let go soon after a step was not held on into it."""
        held = [
            press is not None and press.step < step and (press.let_go is None or press.let_go > step + 0.5)
            for press in self.presses
        ]
        return [_HELD_ON if is_held else 0 for is_held in held]

    def next_phrase(self) -> Hands:
        """No voice is the player's yet; where they were is remembered."""
        return replace(self, presses=(None,) * len(VOICES), chordal=False)


def _voice_of_height(pitch: int, among: Sequence[int]) -> int:
    voice = 0 if pitch >= LOWEST_SOPRANO_MEAN else 2 if pitch >= LOWEST_TENOR_MEAN else 3
    return min(among, key=lambda other: abs(other - voice))
