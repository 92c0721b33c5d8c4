"""The process that serves the stage, so that no viewer costs the jam anything.

It says first where the page is (``Served``) or why there is none (``Refused``), then of each piece of news that it has
taken it (``Taken``). It ends when its pipe breaks.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from companion.errors import NoPort
from companion.parent import end_with_parent
from companion.stage.news import StageNews
from companion.stage.place import StagePlace


@dataclass(frozen=True)
class Served:
    """The page is there."""

    address: str


@dataclass(frozen=True)
class Refused:
    """It cannot be served."""

    why: str


@dataclass(frozen=True)
class Taken:
    """The last news has been taken, or the number of viewers is another."""

    viewers: int


def stage_process(place: StagePlace, pipe: Connection[Any, Any]) -> None:
    """The whole life of the process: until the pipe breaks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for the program that started us
    end_with_parent()
    with suppress(EOFError, OSError):
        asyncio.run(_serve(place, pipe))


async def _serve(place: StagePlace, pipe: Connection[Any, Any]) -> None:
    from companion.stage.server import StageServer  # noqa: PLC0415 - loads what only this process needs
    from companion.visuals.opening import open_address  # noqa: PLC0415

    loop, over = asyncio.get_running_loop(), asyncio.Event()
    server = StageServer(place, lambda viewers: pipe.send(Taken(viewers)))
    try:
        address = await server.open()
    except NoPort as fault:
        pipe.send(Refused(str(fault)))
        return
    pipe.send(Served(address))
    if place.opens:
        threading.Thread(target=open_address, args=(address,), name="open browser", daemon=True).start()

    def read() -> None:
        """Hands on what comes through the pipe, in a thread of its own: a pipe cannot be awaited everywhere."""
        with suppress(EOFError, OSError, RuntimeError):
            while True:
                news: StageNews = pipe.recv()
                loop.call_soon_threadsafe(server.tell, news)
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(over.set)

    threading.Thread(target=read, name="stage news", daemon=True).start()
    await over.wait()
    await server.close()
