"""Who may ask: whoever believes to be here (Host), comes from no other page of the web (Origin), and has the token.

A page of another origin that is allowed is told so (CORS, the Fetch standard); any other is refused, and no name that
somebody else has given to this machine is ours (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from companion.errors import BadSetting
from companion.stage.place import is_asked_here

LOCKED = "/v1/"
HEALTH = "/v1/health"
NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}

LINGER_SECONDS = 1.0

_ELSEWHERE = "pages of another origin may not ask; --allow-origin allows one"
_SHORT_BODY = 1 << 16  # bytes that the system keeps for us
_BEFORE_BODY = (401, 403, 404, 405, 406, 408, 413, 415, 421)  # are answered before a body is read
_ORIGIN = r"(?a)null|[a-z][a-z0-9+.-]*://[\w.-]+(:\d{1,5})?|[a-z][a-z0-9+.-]*://\[[0-9a-f:.]+\](:\d{1,5})?"


@dataclass(frozen=True)
class Admission:
    """Whom the service answers."""

    token: str
    host: str  # where it serves
    port: int
    origins: tuple[str, ...] = ()  # of other pages that may ask, too

    def middleware(self) -> list[Middleware]:
        """What stands before the routes, the outermost first."""
        cors = Middleware(
            CORSMiddleware,
            allow_origins=self.origins,
            allow_methods=("GET", "POST", "DELETE"),
            allow_headers=("Authorization", "Content-Type", "Prefer"),
            expose_headers=("Location", "Retry-After", "Content-Disposition"),
            allow_private_network=True,
        )
        return [Middleware(_Gate, self), *([cors] if self.origins else []), Middleware(_Lock, self)]

    def refusal(self, headers: Headers) -> Response | None:
        """Why a request is not looked at; None where it is."""
        host = headers.get("host", "")
        if len(headers.getlist("host")) != 1 or not is_asked_here(host, self.host, self.port):
            return FaultResponse(HTTPStatus.MISDIRECTED_REQUEST, "this is another address")
        for origin in headers.getlist("origin"):
            if origin not in (f"http://{host}", *self.origins):
                return FaultResponse(HTTPStatus.FORBIDDEN, _ELSEWHERE)
        return None

    def knows(self, headers: Headers) -> bool:
        """Whether it has the token."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(
            given.strip().encode("utf-8", "replace"), self.token.encode()
        )


def checked_origin(text: str) -> str:
    """An origin as a browser says it; BadSetting where it is none."""
    origin = text.strip().lower().removesuffix("/")
    if not re.fullmatch(_ORIGIN, origin):
        raise BadSetting(f"--allow-origin must be like https://example.org or http://localhost:3000, not {text!r}")
    return origin


class FaultResponse(JSONResponse):
    """A fault, in a line.

    Whoever is still sending would not read it where the connection is closed under what is not read (RFC 9112, 9.6): so
    for a moment what comes is thrown away.
    """

    def __init__(self, status: int, why: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__({"error": why}, int(status), headers={**NO_STORE, **(headers or {})})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.status_code not in _BEFORE_BODY or not _is_long(Headers(scope=scope)):
            await super().__call__(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while (await receive()).get("more_body", False):
                    pass
        await send({"type": "http.response.body", "body": b""})


def _is_long(headers: Headers) -> bool:
    """The body may be on its way still when an answer is given."""
    length = headers.get("content-length", "0")
    return "transfer-encoding" in headers or not length.isdigit() or int(length[:20]) > _SHORT_BODY


class _Gate:
    """Host and Origin."""

    def __init__(self, app: ASGIApp, admission: Admission) -> None:
        self._app, self._admission = app, admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._admission.refusal(Headers(scope=scope)) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)


class _Lock:
    """The token."""

    def __init__(self, app: ASGIApp, admission: Admission) -> None:
        self._app, self._admission = app, admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        is_locked = path.startswith(LOCKED) and path != HEALTH
        if is_locked and not self._admission.knows(Headers(scope=scope)):
            why = "the token is wrong or missing: Authorization: Bearer, and what stands in the token file"
            await FaultResponse(HTTPStatus.UNAUTHORIZED, why, {"WWW-Authenticate": "Bearer"})(scope, receive, send)
            return
        await self._app(scope, receive, send)


def allowed_origins(said: Sequence[str]) -> tuple[str, ...]:
    """Checked, each once."""
    return tuple(dict.fromkeys(map(checked_origin, said)))
