"""The trace of a jam, a line a frame while it plays: as that of a file, and when and where in the song it was."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from companion.clock.addresses import Addresses
from companion.controls.settings import Settings
from companion.errors import BadSetting
from companion.generation.improviser import LOOP, Planned
from companion.model.runtime import Model
from companion.music.vocabulary import VOICES
from companion.streams.lines import GrowingFile
from companion.workbench.trace import IN_LINES, frame_row, line_of, model_row, trace_head

TICKS_PER_STEP = 120  # of the trace: 480 a quarter note, as in most files


def check_jam_trace(path: Path) -> None:
    """BadSetting where a jam cannot be traced into a file of this name."""
    if path.suffix.lower() != IN_LINES:
        given = repr(path.suffix) if path.suffix else "a name without an ending"
        raise BadSetting(f"--trace of a jam must end in {IN_LINES}, a frame a line as it is played, not {given}")


class TraceStream:
    """A stream into a file, from its head on."""

    def __init__(
        self,
        file: GrowingFile,
        model: Model,
        settings: Settings,
        now: Callable[[], float],
        bpm: Callable[[], float | None],
    ) -> None:
        """
        Args:
            model: that plays first.
            settings: as the jam begins.
            now: the time in seconds.
            bpm: the tempo of the clock; None while it has none.
        """
        self._file, self._now, self._bpm = file, now, bpm
        self._begun_s, self._addresses = now(), Addresses()
        self._first_model, self._model = model.digest, dict[str, Any]()  # as frames tell it; nothing of the first one
        started = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
        head = trace_head(model, settings, settings.key) | {"lines": True, "started": started}
        file.put(partial(line_of, head))

    def fixed(self, planned: Planned) -> None:
        own = range(len(VOICES)) if planned.origin == LOOP else planned.own
        chosen = [voice not in own for voice in range(len(VOICES))]
        place = self._place(planned)
        self._file.put(lambda: line_of(frame_row(planned.frame, chosen, place)))

    def _place(self, planned: Planned) -> dict[str, Any]:
        step, bars, bpm = planned.step, self._addresses.barlines, self._bpm()
        address = self._addresses.address_of(step)
        return {
            "tick": TICKS_PER_STEP * step,
            "address": address,
            "bar": address // bars.bar_steps + 1,
            "step_of_bar": address % bars.bar_steps,
            "bpm": None if bpm is None else round(bpm, 3),
            "time_s": round(self._now() - self._begun_s, 4),
            "origin": planned.origin,
            **self._model,
        }

    def taken_back(self, step: int) -> None:
        self._file.put(lambda: line_of({"taken_back": step}))

    def silence(self) -> None:
        """What is silent is taken back as far as it had not sounded, which is told by itself."""

    def plays(self, model: Model) -> None:
        self._model = {} if model.digest == self._first_model else {"model": model_row(model)}

    def moved(self, addresses: Addresses) -> None:
        self._addresses = addresses

    def come_to(self, position: float) -> None:
        """Every frame is told when it is fixed."""

    def finish(self) -> str:
        """Ends the file; what is to be said of it."""
        self._file.close()
        return self._file.fault or f"wrote {self._file.path}"
