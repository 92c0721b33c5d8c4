"""The page and its socket. Whoever asks must know the address, which has a token in it that no other jam has.

Nobody but the page itself may open the socket: a browser says where a page comes from (Origin) and whom it believes to
ask (Host), and both must be this server.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from companion.controls.kinds import LOOPBACK
from companion.errors import NoPort
from companion.io.osc_port import why_no_port
from companion.stage.audience import Audience, Viewer
from companion.stage.news import StageNews
from companion.stage.page import stage_page
from companion.stage.place import ANY_HOSTS, StagePlace, bracketed, is_asked_here

BEAT_SECONDS = 0.25  # between two signs of life
CLOSING_SECONDS = 0.5  # for a viewer to take its leave
LARGEST_MESSAGE = 256  # bytes that a page may say; ours says nothing
MOST_KEPT_BYTES = 1 << 16  # of what a viewer has not taken, beside its queue

_silent = logging.getLogger("companion.stage")  # what strangers say on a port is no news
_silent.propagate = False
_silent.addHandler(logging.NullHandler())


class StageServer:
    """Serves one jam."""

    def __init__(self, place: StagePlace, heard: Callable[[int], object]) -> None:
        """heard: told how many look on, with each piece of news that was taken and whenever that changes."""
        self._place, self._heard = place, heard
        self._token = secrets.token_urlsafe(16)
        self._audience = Audience(time.perf_counter)
        self._server: Server | None = None
        self._port = 0
        self._beats: asyncio.Task[None] | None = None

    async def open(self) -> str:
        """Opens the port; the address of the page.

        Raises:
            NoPort: the port is taken or not allowed, or the host is not this machine.
        """
        host, port = self._place.host, self._place.port
        try:
            self._server = await serve(
                self._attend,
                host,
                port,
                process_request=self._answer,
                compression=None,
                max_size=LARGEST_MESSAGE,
                write_limit=MOST_KEPT_BYTES,
                close_timeout=CLOSING_SECONDS,
                server_header=None,
                logger=_silent,
            )
        except (OSError, OverflowError) as fault:
            raise NoPort(why_no_port(fault, "stage", host, port, "--stage-at")) from None
        self._port = int(self._server.sockets[0].getsockname()[1])
        self._beats = asyncio.create_task(self._beat())
        shown = LOOPBACK if host in ANY_HOSTS else host
        return f"http://{bracketed(shown)}:{self._port}/{self._token}/"

    def tell(self, news: StageNews) -> None:
        """News for all who look on."""
        self._audience.tell(news)
        self._told()

    async def close(self) -> None:
        """Tells all that the jam is over."""
        self._audience.end()
        if self._beats is not None:
            self._beats.cancel()
        if self._server is not None:
            await asyncio.sleep(0)
            self._server.close()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._server.wait_closed(), CLOSING_SECONDS)

    def _told(self) -> None:
        with suppress(OSError, ValueError):  # the jam is gone: the process ends
            self._heard(len(self._audience.viewers))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            self._audience.beat()

    # Who asks

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """The page, or why there is none; None: the socket is opened."""
        if not is_asked_here(request.headers.get("Host", ""), self._place.host, self._port):
            return connection.respond(HTTPStatus.MISDIRECTED_REQUEST, "this is another address\n")
        token, _, rest = request.path.removeprefix("/").partition("/")
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            return connection.respond(HTTPStatus.NOT_FOUND, "the address of the stage is in the jam's window\n")
        if rest == "socket":
            return self._heed_origin(connection, request)
        if rest:
            return connection.respond(HTTPStatus.NOT_FOUND, "there is nothing here\n")
        return _page_response(request.headers["Host"])

    def _heed_origin(self, connection: ServerConnection, request: Request) -> Response | None:
        origins = request.headers.get_all("Origin")
        if origins != [f"http://{request.headers['Host']}"]:
            return connection.respond(HTTPStatus.FORBIDDEN, "no other page may look on\n")
        return None

    # Who looks on

    async def _attend(self, connection: ServerConnection) -> None:
        viewer = self._audience.welcome(connection.transport.abort)
        if viewer is None:
            await connection.close(1013, "no seat left")
            return
        self._told()
        listening = asyncio.create_task(_listen(connection, viewer))
        try:
            await _speak(connection, viewer)
        finally:
            listening.cancel()
            self._audience.leave(viewer)
            self._told()


async def _speak(connection: ServerConnection, viewer: Viewer) -> None:
    with suppress(ConnectionClosed):
        while (text := await viewer.waiting.get()) is not None:
            await connection.send(text)
        await connection.close(1000, "the jam is over")


async def _listen(connection: ServerConnection, viewer: Viewer) -> None:
    """A page says nothing; one that is gone is told nothing more."""
    with suppress(ConnectionClosed):
        async for _ in connection:
            pass
    viewer.tell(None)


def _page_response(host: str) -> Response:
    page, policy = stage_page(host)
    headers = Headers(
        {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Length": str(len(page)),
            "Content-Security-Policy": policy,
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Connection": "close",
        }
    )
    return Response(HTTPStatus.OK.value, HTTPStatus.OK.phrase, headers, page)
