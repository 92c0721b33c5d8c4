"""The server on real sockets: who may look on, and who may not."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from companion.errors import NoPort
from companion.stage.audience import MOST_UNREAD, MOST_VIEWERS
from companion.stage.news import Phase, StageNews, StageScene, StageStep
from companion.stage.place import StagePlace
from companion.stage.server import StageServer

NEWS = StageNews(
    None, 4.0, StageScene("answering", "G", "G major"), (StageStep(4, Phase.FIXED, (67,) * 4, (True,) * 4, ((),) * 4),)
)


@dataclass
class Open:
    """A server, and where it is."""

    server: StageServer
    address: str
    viewers: list[int] = field(default_factory=list)

    @property
    def netloc(self) -> str:
        return urlsplit(self.address).netloc

    def look(self, token: str = "", origin: str | None = "", **kwargs: Any) -> connect:
        """A page's socket."""
        path = f"/{token}/" if token else urlsplit(self.address).path
        origin = f"http://{self.netloc}" if origin == "" else origin
        return connect(f"ws://{self.netloc}{path}socket", origin=origin, compression=None, proxy=None, **kwargs)

    async def ask(self, path: str, host: str | None = None, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of a request."""
        reader, writer = await asyncio.open_connection(*self.netloc.split(":"))
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: {host or self.netloc}\r\n\r\n".encode())
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        first, *lines = head.decode().split("\r\n")
        return int(first.split()[1]), dict(line.split(": ", 1) for line in lines), body


@asynccontextmanager
async def opened(place: StagePlace | None = None) -> AsyncIterator[Open]:
    viewers: list[int] = []
    server = StageServer(place or StagePlace(), viewers.append)
    one = Open(server, await server.open(), viewers)
    try:
        yield one
    finally:
        await server.close()


def served(check: Callable[[Open], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with opened() as one:
            await check(one)

    asyncio.run(asyncio.wait_for(run(), 30))


async def first(page: ClientConnection) -> Any:
    return json.loads(await page.recv())


def test_the_page_is_whole_and_its_policy_lets_nothing_else_run() -> None:
    async def check(one: Open) -> None:
        status, headers, body = await one.ask(urlsplit(one.address).path)
        page = body.decode()
        assert status == 200
        assert "{{" not in page
        policy = headers["Content-Security-Policy"]
        (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"script-src 'sha256-{digest}'" in policy and "default-src 'none'" in policy
        assert f"connect-src ws://{one.netloc}" in policy
        assert re.findall(r"""\b(?:src|href)\s*=\s*["'][^"']*|https?://|@import|url\(""", page) == []

    served(check)


def test_a_page_is_told_all_and_then_what_is_new() -> None:
    async def check(one: Open) -> None:
        one.server.tell(NEWS)
        async with one.look() as page:
            told = await first(page)
            assert told["all"] and told["steps"][0][:2] == [4, 2] and told["scene"]["chord"] == "G"
            one.server.tell(NEWS)
            while "steps" not in (told := await first(page)):
                pass
            assert "all" not in told
        assert max(one.viewers) == 1

    served(check)


@pytest.mark.parametrize("token", ["x", "..", "%2e", "a" * 4000])
def test_without_the_token_there_is_nothing(token: str) -> None:
    async def check(one: Open) -> None:
        status, _, body = await one.ask(f"/{token}/")
        assert status == 404
        assert urlsplit(one.address).path.strip("/") not in body.decode()
        with pytest.raises(InvalidStatus) as refused:
            async with one.look(token):
                pass
        assert refused.value.response.status_code == 404

    served(check)


@pytest.mark.parametrize("origin", [None, "null", "http://127.0.0.1", "https://evil.example", "file://"])
def test_no_other_page_may_look_on(origin: str | None) -> None:
    async def check(one: Open) -> None:
        with pytest.raises(InvalidStatus) as refused:
            async with one.look(origin=origin):
                pass
        assert refused.value.response.status_code == 403

    served(check)


def test_a_name_that_others_have_given_to_this_machine_is_refused() -> None:
    async def check(one: Open) -> None:
        port, path = one.netloc.rpartition(":")[2], urlsplit(one.address).path
        for host in (f"evil.example:{port}", "127.0.0.1", f"127.0.0.1.evil.example:{port}", ""):
            status, _, _ = await one.ask(path, host or " ")
            assert status in (400, 421), host
        assert (await one.ask(path, f"localhost:{port}"))[0] == 200

    served(check)


def test_where_other_machines_may_look_on_numbers_are_good_hosts() -> None:
    async def run() -> None:
        async with opened(StagePlace("0.0.0.0")) as one:
            port, path = one.netloc.rpartition(":")[2], urlsplit(one.address).path
            assert one.address.startswith("http://127.0.0.1:")
            assert (await one.ask(path, f"192.168.1.20:{port}"))[0] == 200
            assert (await one.ask(path, f"evil.example:{port}"))[0] == 421

    asyncio.run(run())


def test_a_page_that_says_much_is_let_go() -> None:
    async def check(one: Open) -> None:
        async with one.look() as page:
            await page.send("x" * 100_000)
            with pytest.raises(ConnectionClosed):
                while True:
                    await page.recv()
        async with one.look() as page:
            assert (await first(page))["all"]

    served(check)


def test_a_viewer_that_hangs_costs_the_others_nothing_and_comes_again() -> None:
    async def check(one: Open) -> None:
        async with one.look() as quick:
            host, port = one.netloc.split(":")
            hanging = socket.create_connection((host, int(port)))
            hanging.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            key = base64.b64encode(b"0123456789abcdef").decode()
            hanging.sendall(
                f"GET {urlsplit(one.address).path}socket HTTP/1.1\r\nHost: {one.netloc}\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                f"Origin: http://{one.netloc}\r\n\r\n".encode()
            )
            while one.viewers[-1] < 2:
                await asyncio.sleep(0.01)
            steps = tuple(StageStep(n, Phase.FIXED, (67,) * 4, (True,) * 4, (((60, 9),) * 8,) * 4) for n in range(32))
            big = StageNews(None, 4.0, StageScene(), steps)
            read = asyncio.create_task(_count(quick))
            end_s = time.monotonic() + 20
            told = 0
            while one.viewers[-1] == 2 and time.monotonic() < end_s:
                one.server.tell(big)
                told += 1
                await asyncio.sleep(0.001)
            assert one.viewers[-1] == 1, "it was not let go"
            assert told < 20 * MOST_UNREAD
            one.server.tell(big)
            await asyncio.sleep(0.1)
            read.cancel()
            assert await read > told
            hanging.close()
            async with one.look() as again:
                assert (await first(again))["all"]

    served(check)


async def _count(page: ClientConnection) -> int:
    count = 0
    try:
        while True:
            await page.recv()
            count += 1
    except asyncio.CancelledError:
        return count


def test_there_are_seats_for_some() -> None:
    async def check(one: Open) -> None:
        pages = [await one.look() for _ in range(MOST_VIEWERS)]
        late = await one.look()
        with pytest.raises(ConnectionClosed) as closed:
            await late.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1013
        for page in pages:
            await page.close()

    served(check)


def test_the_end_of_the_jam_is_told() -> None:
    async def run() -> None:
        async with opened() as one:
            page = await one.look()
            await page.recv()
            await one.server.close()
            with pytest.raises(ConnectionClosed) as closed:
                while True:
                    await page.recv()
            assert closed.value.rcvd is not None and closed.value.rcvd.code == 1000

    asyncio.run(asyncio.wait_for(run(), 30))


def test_a_port_that_is_taken_is_one_line() -> None:
    async def run() -> None:
        async with opened() as one:
            port = int(one.netloc.rpartition(":")[2])
            with pytest.raises(NoPort, match=f"stage port {port} is taken .*--stage-at"):
                await StageServer(StagePlace(port=port), lambda _: None).open()
        with pytest.raises(NoPort, match=r"cannot use no\.such\.host\.invalid"):
            await StageServer(StagePlace("no.such.host.invalid", 8010), lambda _: None).open()

    asyncio.run(run())
