"""What works beside the player in the bench: dense music for it, the real view, a model that never rests."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from companion.errors import ChoraleError
from companion.jam.process import PICTURE_SECONDS, SWITCH_SECONDS
from companion.music.sounding import Part, SoundingFrame
from companion.music.timebase import Timebase, step_seconds
from companion.music.vocabulary import VOICES
from companion.player.clock_port import share_output
from companion.player.lateness import Lateness
from companion.player.messages import (
    ClockLateness,
    HeldOver,
    Panic,
    PlayerReport,
    PlayFrames,
    Ready,
    SetTimebase,
    Silenced,
)
from companion.player.process import OpenPlayerOutput, PlayerHandle

LOAD_BPM = 200
AHEAD_STEPS = 16  # a bar is planned ahead …
BLOCK_STEPS = 4  # … and sent by the beat
START_SECONDS = 0.5  # before the first step
PATIENCE_SECONDS = 30.0

PROCESS = "process"  # the player beside nobody
CLOCK = "clock"  # likewise, and it sends MIDI clock too
THREAD = "thread"  # beside the model
THREAD_BESIDE_VIEW = "thread_beside_view"
PLACES = (PROCESS, CLOCK, THREAD, THREAD_BESIDE_VIEW)


@dataclass
class Measured:
    """What one run has shown."""

    lateness: Lateness = field(default_factory=lambda: Lateness(0.0, 0.0, 0.0, 0))
    clock: ClockLateness | None = None  # where MIDI clock was sent
    held_over: int = 0
    panic_ms: list[float] = field(default_factory=list)
    port: str = ""
    realtime: bool = False


class Feeder:
    """Sends dense music to a player, and keeps what it tells."""

    def __init__(self, player: PlayerHandle, steps: int) -> None:
        self._player = player
        self._steps = steps
        self._sent = 0
        self._timebase: Timebase | None = None
        self.measured = Measured()
        self.silenced: list[float] = []  # when

    @property
    def step(self) -> int:
        """Where the music stands."""
        return int(self._timebase.step_at(time.perf_counter())) if self._timebase else 0

    def start(self) -> None:
        """Waits for the player, and begins."""
        until_s = time.monotonic() + PATIENCE_SECONDS
        while not any(isinstance(report, Ready) for report in self.listen()):
            if time.monotonic() > until_s:
                raise ChoraleError("the player does not start")
            time.sleep(0.005)
        self._timebase = Timebase(0, time.perf_counter() + START_SECONDS, step_seconds(LOAD_BPM))
        self._player.send(SetTimebase(self._timebase))

    def feed(self) -> None:
        """Keeps the player a bar ahead."""
        while self._sent < min(self.step + AHEAD_STEPS, self._steps):
            block = range(self._sent, self._sent + BLOCK_STEPS)
            self._player.send(PlayFrames(tuple(_dense(step) for step in block)))
            self._sent += BLOCK_STEPS

    def panic(self, token: int) -> None:
        """Silences the player in the midst of it, then goes on."""
        self._player.send(Panic(token))
        self._sent = self.step + 1
        self._steps = self._sent + AHEAD_STEPS

    def listen(self) -> list[PlayerReport]:
        """Takes what the player has told."""
        reports = self._player.reports()
        for report in reports:
            match report:
                case Ready(port, realtime):
                    self.measured.port, self.measured.realtime = port, realtime
                case HeldOver():
                    self.measured.held_over += 1
                case Lateness():
                    self.measured.lateness = report
                case ClockLateness():
                    self.measured.clock = report
                case Silenced(_, at_s):
                    self.silenced.append(at_s)
        return reports


def _dense(step: int) -> SoundingFrame:
    first, second, third, fourth = (Part(67 - 8 * voice + step % 5, True, 80, voice) for voice in range(len(VOICES)))
    return SoundingFrame(step, (first, second, third, fourth))


class ViewForNobody:
    """The real picture of a jam, drawn for nobody, as often as in a jam."""

    def __enter__(self) -> ViewForNobody:
        from rich.console import Console  # noqa: PLC0415 - a tenth of a second

        from companion.screen.full import FullView  # noqa: PLC0415

        self._nobody = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - closed in __exit__
        console = Console(file=self._nobody, force_terminal=True, color_system="truecolor", width=100, height=30)
        self._view = FullView(console)
        self._view.__enter__()
        self._shown_s = float("-inf")
        self._count = 0
        return self

    def show(self) -> None:
        """Draws the next picture when it is time, else waits a little."""
        now_s = time.perf_counter()
        if now_s - self._shown_s < PICTURE_SECONDS:
            time.sleep(0.002)
            return
        self._shown_s = now_s
        self._count += 1
        self._view.show(_picture(self._count))

    def __exit__(self, *_: object) -> None:
        self._view.__exit__()
        self._nobody.close()


def _picture(count: int) -> Any:
    from companion.jam.picture import Picture  # noqa: PLC0415

    frames = tuple(_shown(step, count % 5) for step in range(count, count + 48))
    return Picture(
        now_step=count + 32,
        bar=count // 16 + 1,
        playing=True,
        bpm=LOAD_BPM,
        activity="answering",
        frames=frames[:32],
        planned=frames[32:],
        committed_steps=2,
        entropies=(1.0, 2.0, 0.5, 1.5),
        message=f"picture {count}",
        ticker=count,
    )


def _shown(step: int, shift: int) -> Any:
    from companion.jam.picture import FrameView  # noqa: PLC0415

    pitches = tuple(67 - 8 * voice + (step + shift) % 5 for voice in range(len(VOICES)))
    return FrameView(step, step // 16 + 1, step // 4 % 4 + 1, pitches, (True,) * 4)


def run_load(pipe: Connection[Any, Any], model: str, place: str, steps: int, open_output: OpenPlayerOutput) -> None:
    """The engine's process of the bench: generates without a pause, and looks after the player it has."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # that is for the bench itself
    sys.setswitchinterval(SWITCH_SECONDS)
    generate = _generation(model)
    generate()
    with suppress(EOFError, OSError):  # the bench is gone
        pipe.send("ready")
        if place == THREAD_BESIDE_VIEW:
            while not pipe.poll():
                generate()
        else:
            _play_and_generate(pipe, place, steps, open_output, generate)


def _play_and_generate(
    pipe: Connection[Any, Any], place: str, steps: int, open_output: OpenPlayerOutput, generate: Callable[[], None]
) -> None:
    start = PlayerHandle.in_thread if place == THREAD else PlayerHandle.in_process
    with start(open_output, share_output if place == CLOCK else None) as player:
        feeder = Feeder(player, steps)
        feeder.start()
        while _serve(pipe, feeder):
            feeder.feed()
            feeder.listen()
            while feeder.silenced:
                pipe.send(feeder.silenced.pop())
            generate()


def _serve(pipe: Connection[Any, Any], feeder: Feeder) -> bool:
    """Does what the bench asks, between two frames; False at the end."""
    if not pipe.poll():
        return True
    asked, token = pipe.recv()
    if asked == "panic":
        feeder.panic(token)
    elif asked == "measured":
        pipe.send(feeder.measured)
    return bool(asked != "end")


def _generation(model: str) -> Callable[[], None]:
    """Generates a frame at each call; a fresh piece now and then, as in practice."""
    import numpy as np  # noqa: PLC0415 - not in the player's process

    from companion.bench.parts import goes_on  # noqa: PLC0415
    from companion.controls.table import DEFAULT_STYLE  # noqa: PLC0415
    from companion.generation.generator import Generator  # noqa: PLC0415
    from companion.model.library import open_model  # noqa: PLC0415
    from companion.sampling.styles import style  # noqa: PLC0415

    generator = Generator(open_model(model), np.random.Generator(np.random.PCG64(1)))
    sampling = style(DEFAULT_STYLE)
    state = generator.start()

    def generate() -> None:
        nonlocal state
        if state.step >= 512:
            state = generator.start()
        state = goes_on(generator, state, sampling)

    return generate
