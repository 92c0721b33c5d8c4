"""A small organ: timed notes in, stereo sound out.

A note is a sum of sine partials, so nothing can alias; its envelope rises and falls like a squared
sine, so nothing can click. The room is a feedback delay network. The live speaker plays the same
tone, envelope and room block by block.

Pure: no I/O, no clock, standard library and numpy. The same notes give the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

SampleArray = NDArray[np.float32]

SAMPLE_RATE = 44100  # samples a second
NYQUIST_HZ = SAMPLE_RATE / 2

ATTACK_SAMPLES = round(0.030 * SAMPLE_RATE)  # slow enough not to click on the lowest bass note
RELEASE_SAMPLES = round(0.060 * SAMPLE_RATE)
LIFT_SECONDS = 0.070  # the finger leaves a key this early to strike it again; longer than the release

CEILING = 10 ** (-1 / 20)  # highest peak of a rendering: -1 dBFS
LARGEST_BOOST = 2.0  # soft music is made louder by this much at most (6 dB)
LEVEL = 0.09  # of one voice at full velocity; four voices in the room stay below the ceiling


@dataclass(frozen=True)
class Sound:
    """One note in seconds."""

    start_seconds: float
    end_seconds: float  # when the key is let go; the release sounds on after it
    pitch: int  # MIDI note number
    velocity: int  # 1..127
    voice: int  # 0 soprano … 3 bass: its place in the stereo field

    def __post_init__(self) -> None:
        if not 0 <= self.start_seconds <= self.end_seconds < math.inf:
            raise ValueError(f"a sound needs 0 <= start <= end, not {self.start_seconds}..{self.end_seconds} s")
        check_key(self.voice, self.pitch, self.velocity)


def check_key(voice: int, pitch: int, velocity: int) -> None:
    """ValueError for a voice, a pitch or a velocity that no key has."""
    for name, value, low, high in (("voice", voice, 0, 3), ("pitch", pitch, 0, 127), ("velocity", velocity, 1, 127)):
        if not low <= value <= high:
            raise ValueError(f"{name} must be {low}..{high}, not {value}")


@dataclass(frozen=True)
class Rank:
    """One row of pipes."""

    ratio: float  # its pitch over that of the key: an 8-foot rank is 1, a 4-foot rank 2
    harmonics: tuple[float, ...]  # amplitudes, the fundamental first


def _cents(cents: float) -> float:
    return float(2 ** (cents / 1200))


# Each upper rank is a fraction of a cent out of tune, as pipes are, which makes the sound breathe.
RANKS = (
    Rank(1.0, (1.0, 0.30, 0.26, 0.13, 0.08, 0.05, 0.03, 0.02)),  # principal 8'
    Rank(2.0 * _cents(0.5), (0.45, 0.16, 0.08, 0.04)),  # octave 4'
    Rank(3.0 * _cents(-0.4), (0.09, 0.03)),  # a soft mixture: 2 2/3' …
    Rank(4.0 * _cents(0.7), (0.09, 0.03)),  # … and 2'
)
BRIGHTNESS_HZ = 2800.0  # partials above it are softened, so that high notes do not shriek


def _pan(place: float) -> tuple[float, float]:
    """Left and right gains of equal power; place runs from -1 (left) to 1 (right)."""
    angle = (place + 1) * math.pi / 4
    return math.cos(angle), math.sin(angle)


# The voices stand as a choir does, soprano on the left: [voice, left and right].
PANS: SampleArray = np.array([_pan(place) for place in (-0.45, -0.15, 0.15, 0.45)], dtype=np.float32)

# Rise and fall of a note, by samples since it was struck and since it was let go.
_RISE: SampleArray = (np.sin(np.linspace(0, np.pi / 2, ATTACK_SAMPLES + 1)) ** 2).astype(np.float32)
_FALL: SampleArray = (np.cos(np.linspace(0, np.pi / 2, RELEASE_SAMPLES + 1)) ** 2).astype(np.float32)
_FALL[-1] = 0.0  # cos(pi / 2) is only almost zero

_TURN = 512  # samples that _phasor takes from one table
_TONE_BLOCK = _TURN << 10  # samples computed at once: a note of an hour takes no more memory than one of a minute


def pitch_hz(pitch: int) -> float:
    """Frequency of a MIDI note in equal temperament, A4 = 440 Hz."""
    return float(440.0 * 2 ** ((pitch - 69) / 12))


def velocity_gain(velocity: int) -> float:
    """Amplitude of a velocity: gentle, an organ hardly knows touch."""
    return 0.4 + 0.6 * velocity / 127


def _phasor(hz: float, first: int, count: int) -> NDArray[np.complex128]:
    """exp(2πi·hz·t) for the samples first … first + count - 1: a coarse table times a fine one."""
    turns_per_sample = hz / SAMPLE_RATE
    fine = np.exp(2j * np.pi * turns_per_sample * np.arange(min(_TURN, count)))
    starts = first + _TURN * np.arange(-(-count // _TURN))
    coarse = np.exp(2j * np.pi * (turns_per_sample * starts % 1.0))
    return np.outer(coarse, fine).reshape(-1)[:count]


def _audible(rank: Rank, hz: float) -> list[float]:
    """Amplitudes of a rank's harmonics at its pitch, softened above BRIGHTNESS_HZ, none above Nyquist."""
    frequencies = [hz * number for number in range(1, len(rank.harmonics) + 1)]
    return [
        amplitude / (1 + (frequency / BRIGHTNESS_HZ) ** 2)
        for amplitude, frequency in zip(rank.harmonics, frequencies, strict=True)
        if frequency < NYQUIST_HZ
    ]


def tone(pitch: int, first: int, count: int) -> SampleArray:
    """The steady tone of a key, ``[count]``, from sample ``first`` after it was struck.

    It depends on nothing else, so consecutive blocks join without a seam.
    """
    total = np.zeros(count)
    for rank in RANKS:
        hz = rank.ratio * pitch_hz(pitch)
        amplitudes = _audible(rank, hz)
        if not amplitudes:
            continue
        turning = _phasor(hz, first, count)
        wave = np.zeros(count, dtype=np.complex128)
        for amplitude in reversed(amplitudes):  # Horner: harmonic k is the k-th power of the phasor
            wave += amplitude
            wave *= turning
        total += wave.imag
    return (LEVEL * total).astype(np.float32)


def envelope(first: int, count: int, released: int | None) -> SampleArray:
    """Gain ``[count]`` of a note from sample ``first`` after it was struck (0 before that).

    released: the sample at which its key was let go, None while it is held.
    """
    samples = np.arange(first, first + count)
    gain = _RISE[np.clip(samples, 0, ATTACK_SAMPLES)]
    if released is not None:
        gain *= _FALL[np.clip(samples - released, 0, RELEASE_SAMPLES)]
    return gain


class Room:
    """The room the organ stands in: eight delay lines that feed each other.

    A feedback delay network (Jot and Chaigne, 1991) with a Householder matrix, whose lines are all
    longer than a block, so that a block is a few array operations.
    """

    BLOCK = 1024
    DECAY_SECONDS = 1.6  # until an echo has lost 60 dB
    WET = 0.13
    DAMPING = 0.22  # share of the sample before in each echo: high tones die first
    DELAYS = np.array([1129, 1301, 1499, 1693, 1907, 2153, 2411, 2699])[:, None]  # primes: echoes never coincide
    _RING = 4096  # samples kept; a power of two above every delay and a block
    _GAINS = (10 ** (-3 * DELAYS / (DECAY_SECONDS * SAMPLE_RATE))).astype(np.float32)
    _SIDES = (np.arange(8)[:, None] % 2 == np.arange(2)).astype(np.float32)  # lines by turns left and right
    _HEARD = _SIDES * np.repeat([1, -1, 1, -1], 2)[:, None].astype(np.float32)  # signs: the echoes do not add up

    def __init__(self) -> None:
        self._lines: SampleArray = np.zeros((8, self._RING), dtype=np.float32)
        self._position = 0

    def add_to(self, sound: SampleArray) -> None:
        """Adds the echoes to stereo sound ``[samples, 2]`` in place, and remembers it."""
        for start in range(0, len(sound), self.BLOCK):
            self._add_to_block(sound[start : start + self.BLOCK])

    def _add_to_block(self, block: SampleArray) -> None:
        rows = np.arange(8)[:, None]
        columns = self._position + np.arange(len(block))
        late = self._lines[rows, (columns - self.DELAYS) % self._RING]
        later = self._lines[rows, (columns - self.DELAYS - 1) % self._RING]
        echoes = late + self.DAMPING * (later - late)
        mixed = echoes - echoes.sum(axis=0) * np.float32(2 / 8)
        self._lines[:, columns % self._RING] = self._GAINS * mixed + self._SIDES @ block.T
        self._position += len(block)
        block += np.float32(self.WET) * (echoes.T @ self._HEARD)


def articulated(sounds: Iterable[Sound]) -> list[Sound]:
    """The same sounds, each ending early enough that the next strike of its key is heard."""
    ordered = sorted(sounds, key=lambda sound: (sound.voice, sound.pitch, sound.start_seconds, sound.end_seconds))
    result = []
    for _, key in groupby(ordered, key=lambda sound: (sound.voice, sound.pitch)):
        strikes = list(key)
        result += [_lifted(sound, after) for sound, after in pairwise(strikes)]
        result.append(strikes[-1])
    return result


def _lifted(sound: Sound, after: Sound) -> Sound:
    room_seconds = after.start_seconds - sound.start_seconds
    latest = after.start_seconds - min(LIFT_SECONDS, room_seconds / 3)
    return replace(sound, end_seconds=min(sound.end_seconds, latest))


def render(sounds: Sequence[Sound]) -> SampleArray:
    """The sounds as stereo ``[samples, 2] float32`` at SAMPLE_RATE, with the room's last echoes.

    The peak is at most CEILING; soft music is raised by LARGEST_BOOST at most.
    """
    if not sounds:
        return np.zeros((0, 2), dtype=np.float32)
    length_seconds = max(sound.end_seconds for sound in sounds) + Room.DECAY_SECONDS
    mix: SampleArray = np.zeros((round(length_seconds * SAMPLE_RATE), 2), dtype=np.float32)
    by_pitch = sorted(articulated(sounds), key=lambda sound: sound.pitch)
    for pitch, same in groupby(by_pitch, key=lambda sound: sound.pitch):
        _add_pitch(mix, pitch, list(same))
    Room().add_to(mix)
    _fade_out(mix)
    return _levelled(mix)


def _add_pitch(mix: SampleArray, pitch: int, sounds: Sequence[Sound]) -> None:
    """Adds all notes of one pitch: its tone is computed once, for the longest, a block at a time."""
    lengths = [round((sound.end_seconds - sound.start_seconds) * SAMPLE_RATE) for sound in sounds]
    longest = max(lengths) + RELEASE_SAMPLES
    for first in range(0, longest, _TONE_BLOCK):
        steady = tone(pitch, first, min(_TONE_BLOCK, longest - first))
        for sound, length in zip(sounds, lengths, strict=True):
            count = min(len(steady), length + RELEASE_SAMPLES - first)
            if count > 0:
                note = steady[:count] * envelope(first, count, length) * np.float32(velocity_gain(sound.velocity))
                start = round(sound.start_seconds * SAMPLE_RATE) + first
                mix[start : start + count] += note[:, None] * PANS[sound.voice]


def _fade_out(mix: SampleArray) -> None:
    """Takes the room's last echoes, some 60 dB down, to zero."""
    count = min(len(mix), SAMPLE_RATE // 2)
    mix[-count:] *= np.linspace(1, 0, count, dtype=np.float32)[:, None]


def _levelled(mix: SampleArray) -> SampleArray:
    peak = float(max(mix.max(), -mix.min()))
    if peak > 0:
        mix *= np.float32(min(CEILING / peak, LARGEST_BOOST))
    return mix
