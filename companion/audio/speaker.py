"""Sounds notes at once, on this computer's own loudspeaker (the extra ``audio``).

The organ of ``companion.audio.organ``, rendered block by block in the sound card's callback. Keys are
pressed from another thread: they travel in a queue and take effect at the start of the next block.
"""

from __future__ import annotations

import importlib
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np

from companion.audio.organ import (
    CEILING,
    PANS,
    RELEASE_SAMPLES,
    SAMPLE_RATE,
    Room,
    SampleArray,
    check_key,
    envelope,
    tone,
    velocity_gain,
)
from companion.errors import ChoraleError, MissingExtra
from companion.frozen import ways_to_get

LATENCY_SECONDS = 0.08  # asked of the sound card: a lag that nobody sees, a reserve against drop-outs
RESTRIKE_SAMPLES = round(0.035 * SAMPLE_RATE)  # a key struck again waits so long, so that the gap is heard
CLOSE_SAMPLES = round(0.7 * SAMPLE_RATE)  # the last echoes fade out over this

# Fills a block [samples, 2] float32 with sound; False once the last sound has faded after closing.
Fill = Callable[[SampleArray], bool]


class Stream(Protocol):
    """A sound card that keeps asking for blocks."""

    def start(self) -> None:
        """Begins to ask."""

    def close(self) -> None:
        """Goes on until ``fill`` says False, then stops for good."""


@dataclass
class _Key:
    """A pipe that speaks."""

    voice: int
    pitch: int
    velocity: int
    position: int = 0  # samples since it was struck; below 0 it waits
    released: int | None = None  # the position at which it was let go


class LiveOrgan:
    """The organ, one block after the other."""

    def __init__(self) -> None:
        self._keys: list[_Key] = []

    @property
    def silent(self) -> bool:
        """No pipe speaks, releases included."""
        return not self._keys

    def press(self, voice: int, pitch: int, velocity: int) -> None:
        """Strikes a key; one that still sounds in this voice is let go first."""
        again = any((key.voice, key.pitch) == (voice, pitch) for key in self._keys)
        self.release(voice, pitch)
        self._keys.append(_Key(voice, pitch, velocity, -RESTRIKE_SAMPLES if again else 0))

    def release(self, voice: int, pitch: int) -> None:
        """Lets a key go; does nothing when it is not held."""
        for key in self._keys:
            if (key.voice, key.pitch) == (voice, pitch) and key.released is None:
                key.released = max(key.position, 0)

    def release_all(self) -> None:
        """Lets every key go."""
        for key in self._keys:
            self.release(key.voice, key.pitch)

    def render(self, block: SampleArray) -> None:
        """Overwrites a block ``[samples, 2]`` with what comes next."""
        block[:] = 0
        for key in self._keys:
            gain = envelope(key.position, len(block), key.released) * np.float32(velocity_gain(key.velocity))
            sound = tone(key.pitch, key.position, len(block)) * gain
            block += sound[:, None] * PANS[key.voice]
            key.position += len(block)
        self._keys = [
            key for key in self._keys if key.released is None or key.position < key.released + RELEASE_SAMPLES
        ]


class Speaker:
    """Plays notes as they come; closes, and can be closed twice."""

    def __init__(self, open_stream: Callable[[Fill], Stream] | None = None) -> None:
        """Opens the default sound output, or what ``open_stream`` gives.

        Raises:
            MissingExtra: the package or its PortAudio library is not installed.
            ChoraleError: there is no sound output.
        """
        self._organ = LiveOrgan()
        self._room = Room()
        self._orders: deque[Callable[[], None]] = deque()  # appended here, taken in the callback: both are atomic
        self._fading: int | None = None  # samples since the closing began
        self._closed = False
        self._stream = (open_stream or open_sound_output)(self.fill)
        self._stream.start()

    def note_on(self, voice: int, pitch: int, velocity: int) -> None:
        """Strikes a key of voice 0..3; ValueError outside the ranges."""
        check_key(voice, pitch, velocity)
        self._orders.append(lambda: self._organ.press(voice, pitch, velocity))

    def note_off(self, voice: int, pitch: int) -> None:
        """Lets a key go; does nothing when it is not held."""
        self._orders.append(lambda: self._organ.release(voice, pitch))

    def silence(self) -> None:
        """Lets every key go; the room's echoes die away by themselves."""
        self._orders.append(self._organ.release_all)

    def close(self) -> None:
        """Fades out and gives the sound card back."""
        if self._closed:
            return
        self._closed = True
        self._orders.append(self._begin_to_fade)
        self._stream.close()

    def fill(self, block: SampleArray) -> bool:
        """The sound card's callback: fills a block ``[samples, 2] float32``."""
        while self._orders:
            self._orders.popleft()()
        self._organ.render(block)
        self._room.add_to(block)
        np.clip(block, -CEILING, CEILING, out=block)
        return self._fade(block)

    def _begin_to_fade(self) -> None:
        self._organ.release_all()
        self._fading = 0

    def _fade(self, block: SampleArray) -> bool:
        if self._fading is None:
            return True
        faded = (self._fading + np.arange(len(block))) / CLOSE_SAMPLES
        block *= ((1 - np.minimum(faded, 1)) ** 2).astype(np.float32)[:, None]
        self._fading += len(block)
        return self._fading < CLOSE_SAMPLES

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_sound_output(fill: Fill) -> Stream:
    """The computer's default sound output; errors as for Speaker."""
    try:
        sounddevice = importlib.import_module("sounddevice")
    except ImportError as error:
        raise MissingExtra(f"to hear it at once: {ways_to_get('audio')}") from error
    except OSError as error:  # the package is there, the library it binds is not
        raise MissingExtra("to hear it at once PortAudio is needed: apt install libportaudio2") from error
    return _Output(sounddevice, fill)


def _no_output(error: Exception) -> ChoraleError:
    return ChoraleError(f"no sound output can be opened ({error}); without --play the sound file is still written")


class _Output:
    """A stream of the ``sounddevice`` package."""

    def __init__(self, sounddevice: Any, fill: Fill) -> None:
        self._finished = threading.Event()

        def callback(block: SampleArray, *_: object) -> None:
            if not fill(block):
                raise sounddevice.CallbackStop

        self._error: type[Exception] = sounddevice.PortAudioError
        try:
            self._stream = sounddevice.OutputStream(
                samplerate=SAMPLE_RATE,
                channels=2,
                dtype="float32",
                latency=LATENCY_SECONDS,
                callback=callback,
                finished_callback=self._finished.set,
            )
        except self._error as error:
            raise _no_output(error) from error

    def start(self) -> None:
        try:
            self._stream.start()
        except self._error as error:
            self._stream.close()
            raise _no_output(error) from error

    def close(self) -> None:
        self._finished.wait(timeout=2.0)  # a card that has died never finishes
        self._stream.close()
