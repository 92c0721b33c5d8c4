"""The jam's end of the stage: looks at the jam, and hands on what is new. It never waits for anybody."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from companion.errors import NoPort
from companion.music.timebase import Timebase
from companion.record.log import Entry
from companion.session.session import Session
from companion.stage.feed import Feed
from companion.stage.place import StagePlace
from companion.stage.process import Refused, Served, Taken, stage_process

LOOK_SECONDS = 1 / 60  # between two looks
OPENING_SECONDS = 10.0  # for the process to serve the page
END_SECONDS = 1.0  # for it to end


class StageDesk:
    """Serves one jam's page until it is closed, which may be twice."""

    def __init__(self, place: StagePlace, say: Callable[[str], object], offset_s: float = 0.0) -> None:
        """Starts the process; ``open`` waits for it.

        Args:
            say: takes lines for the player.
            offset_s: the sound comes so much later than the clock says.
        """
        self._place, self._say, self._offset_s = place, say, offset_s
        self._feed = Feed()
        self._looked_s, self._taken = float("-inf"), True
        self.viewers = 0
        self._pipe: Connection[Any, Any] | None
        self._pipe, self._process = _start(place)

    def open(self) -> str:
        """Says where the page is.

        Raises:
            NoPort: it cannot be served there.
        """
        said = self._first_word()
        if isinstance(said, Served):
            self._say(f"the stage is at {said.address}")
            return said.address
        self.close()
        raise NoPort(said.why)

    def _first_word(self) -> Served | Refused:
        with suppress(EOFError, OSError):
            if self._pipe is not None and self._pipe.poll(OPENING_SECONDS):
                said: Served | Refused = self._pipe.recv()
                return said
        return Refused(f"the stage did not open at {self._place.host}:{self._place.port}")

    def await_viewer(self, patience_s: float) -> bool:
        """Waits until somebody looks on; whether anybody does."""
        until = time.monotonic() + patience_s
        while self.viewers == 0 and self._pipe is not None and time.monotonic() < until:
            self._heed()
            time.sleep(0.01)
        return self.viewers > 0

    def count_from(self, time_s: float) -> None:
        """The jam's clock stands at 0 at this time of the machine's (``perf_counter``), not with it."""
        self._offset_s += time_s

    # What the engine says

    def hear(self, entry: Entry) -> None:
        """Something has been written into the log."""
        self._feed.hear(entry)

    def tick(self, now_s: float, session: Session, line: Timebase | None) -> None:
        """The time is now. What is new waits until what was told before has been taken."""
        if now_s < self._looked_s + LOOK_SECONDS or self._pipe is None:
            return
        self._looked_s = now_s
        self._heed()
        if not self._taken:
            return
        sounds = None if line is None else Timebase(line.step, line.time_s + self._offset_s, line.step_seconds)
        news = self._feed.look(session, sounds)
        if news is not None:
            self._taken = False
            self._send(news)

    def _heed(self) -> None:
        """What the process has said."""
        with suppress(EOFError, OSError):
            while self._pipe is not None and self._pipe.poll():
                said = self._pipe.recv()
                if isinstance(said, Taken):
                    self._taken, self.viewers = True, said.viewers
            return
        self._lost()

    def _send(self, news: Any) -> None:
        try:
            if self._pipe is not None:
                self._pipe.send(news)
        except (OSError, ValueError):
            self._lost()

    def _lost(self) -> None:
        if self._pipe is not None:
            self.close()
            self._say("the stage has ended by itself; the jam goes on without it")

    def close(self) -> None:
        """Ends the process; the page says that the jam is over."""
        pipe, self._pipe = self._pipe, None
        if pipe is None:
            return
        pipe.close()
        self._process.join(END_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join(END_SECONDS)


def _start(place: StagePlace) -> tuple[Connection[Any, Any], BaseProcess]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=stage_process, args=(place, theirs), name="chorale stage", daemon=True)
    process.start()
    theirs.close()
    return ours, process
