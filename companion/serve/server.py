"""The service from its first to its last moment."""

from __future__ import annotations

import asyncio
import logging
import socket
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from companion.controls.kinds import LOOPBACK
from companion.errors import NoPort
from companion.io.osc_port import why_no_port
from companion.parent import step_back
from companion.serve.desk import Desk
from companion.serve.gate import Admission
from companion.serve.routes import service_app
from companion.serve.token_file import kept_token
from companion.serve.worker import Worker
from companion.stage.place import ANY_HOSTS, bracketed

MOST_CONNECTIONS = 200
LARGEST_HEAD = 16_384  # bytes of a request's first line and headers
CLOSING_SERVICE_SECONDS = 1  # for answers on their way

_BACKLOG = 128
logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # what strangers say on a port is no news


@dataclass(frozen=True)
class ServiceOptions:
    """How the service is started; checked where it is asked for."""

    token_file: Path
    host: str  # any other lets other machines of the network ask
    port: int  # 0: any that is free
    origins: tuple[str, ...]  # of pages of the web that may ask
    most_waiting: int
    wish_seconds: float


@dataclass(frozen=True)
class Serving:
    """Where it is."""

    address: str
    token: str


class ServiceServer(uvicorn.Server):
    """Lets go of whoever waits as soon as it is told to end."""

    def __init__(self, config: uvicorn.Config, desk: Desk) -> None:
        super().__init__(config)
        self._desk, self._loop = desk, asyncio.get_running_loop()

    def handle_exit(self, sig: int, frame: types.FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._loop.call_soon_threadsafe(self._desk.close)

    def end(self) -> None:
        """From any thread; twice is once."""
        self.should_exit = True
        self._loop.call_soon_threadsafe(self._desk.close)


async def serve(
    options: ServiceOptions,
    tell: Callable[[Serving], object],
    started: Callable[[ServiceServer], object] = lambda server: None,
) -> None:
    """Serves until a signal ends it.

    Args:
        tell: told where it is, before the first request.
        started: given the server, which another thread may end.

    Raises:
        NoPort: the port is taken or not allowed, or the host is not this machine.
        BadSetting: there can be no token.
    """
    token = kept_token(options.token_file)
    listening = bound_socket(options.host, options.port)
    port = int(listening.getsockname()[1])
    desk = Desk(Worker(options.wish_seconds), options.most_waiting)
    try:
        app = service_app(desk, Admission(token, options.host, port, options.origins))
        server = ServiceServer(_config(app), desk)
        started(server)
        shown = LOOPBACK if options.host in ANY_HOSTS else options.host
        tell(Serving(f"http://{bracketed(shown)}:{port}/", token))
        await server.serve(sockets=[listening])
    finally:
        desk.close()
        listening.close()


def _config(app: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=_BACKLOG,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=CLOSING_SERVICE_SECONDS,
        h11_max_incomplete_event_size=LARGEST_HEAD,
    )


def bound_socket(host: str, port: int) -> socket.socket:
    """A socket that listens there; NoPort where that cannot be."""
    try:
        family, *_, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(place[:2], family=family, backlog=_BACKLOG)
    except (OSError, OverflowError, UnicodeError) as fault:
        raise NoPort(why_no_port(fault, "service", host, port, "--port")) from None


def run_service(options: ServiceOptions, say: Callable[[Serving], object]) -> None:
    """The whole of ``chorale serve``; Ctrl-C is how it ends.

    Raises:
        NoPort, BadSetting: see ``serve``.
    """

    def begun(serving: Serving) -> None:
        step_back()  # the worker has done so itself
        say(serving)

    try:
        asyncio.run(serve(options, begun))
    except KeyboardInterrupt:
        return
