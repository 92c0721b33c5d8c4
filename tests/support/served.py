"""The service as it is, in a thread of the tests, and whoever asks it."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from companion.serve.server import ServiceOptions, ServiceServer, Serving, serve

PATIENCE_S = 60.0
LATER = {"Prefer": "respond-async"}
LONG = {"bars": 900}  # which takes longer than any test
NOTES = {"notes": [{"pitch": pitch, "start": at, "duration": 1} for at, pitch in enumerate((67, 69, 71, 72, 71, 69))]}


@dataclass(frozen=True)
class Answered:
    """What came back."""

    status: int
    headers: Mapping[str, str]  # names in small letters
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        """The one line of a fault."""
        assert list(self.json) == ["error"]
        line: str = self.json["error"]
        assert line and line.isprintable()
        return line


@dataclass(frozen=True)
class Asking:
    """A client of a service."""

    address: str
    token: str

    @property
    def place(self) -> tuple[str, int]:
        parts = urlsplit(self.address)
        assert parts.hostname and parts.port
        return parts.hostname, parts.port

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **query: Any,
    ) -> Answered:
        """An answer; bytes are MIDI, a mapping is JSON. A header that is empty is left out."""
        kind = {} if body is None else {"Content-Type": "audio/midi" if isinstance(body, bytes) else "application/json"}
        all_headers = {"Authorization": f"Bearer {self.token}", **kind, **(headers or {})}
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection(*self.place, timeout=PATIENCE_S)
        try:
            where = f"{path}?{urlencode(query, doseq=True)}" if query else path
            connection.request(method, where, data, {name: text for name, text in all_headers.items() if text})
            came = connection.getresponse()
            return Answered(came.status, {name.lower(): text for name, text in came.getheaders()}, came.read())
        finally:
            connection.close()

    def say(self, request: bytes) -> Answered:
        """The answer to bytes that no client would send."""
        with socket.create_connection(self.place, PATIENCE_S) as line:
            line.sendall(request)
            came = http.client.HTTPResponse(line)
            came.begin()
            return Answered(came.status, {name.lower(): text for name, text in came.getheaders()}, came.read())


@contextmanager
def served(folder: Path, **options: Any) -> Iterator[Asking]:
    """A service at a free port; all of it is over afterwards."""
    begun: list[Serving] = []
    servers: list[ServiceServer] = []
    is_there = threading.Event()

    def tell(serving: Serving) -> None:
        begun.append(serving)
        is_there.set()

    usual = {"host": "127.0.0.1", "port": 0, "origins": (), "most_waiting": 16, "wish_seconds": 120.0}
    run = serve(ServiceOptions(folder / "serve.token", **{**usual, **options}), tell, servers.append)
    thread = threading.Thread(target=lambda: asyncio.run(run))
    thread.start()
    try:
        assert is_there.wait(PATIENCE_S)
        yield Asking(begun[0].address, begun[0].token)
    finally:
        servers[0].end()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
