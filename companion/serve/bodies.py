"""What is sent, within its limits, and what is asked to come back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from companion.errors import one_line
from companion.files.midi import MOST_BYTES
from companion.serve.wish import MIDI_TYPE, NOTES_TYPE, TRACE_TYPE

BODY_SECONDS = 30.0  # for a body to arrive

_MIDI_TYPES = (MIDI_TYPE, "audio/mid", "audio/x-midi", "application/x-midi")


def music_type(request: Request) -> str:
    """What kind of music is sent, by its Content-Type; 415 where it is another."""
    said = request.headers.get("content-type", "")
    kind = said.partition(";")[0].strip().lower()
    if kind in _MIDI_TYPES:
        return MIDI_TYPE
    if kind == NOTES_TYPE:
        return NOTES_TYPE
    told = f"not {one_line(said)[:60]}" if said else "and none is said"
    raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content-Type must be {MIDI_TYPE} or {NOTES_TYPE}, {told}")


async def read_body(request: Request) -> bytes:
    """The whole body.

    Raises:
        HTTPException: 413 for what says that it is larger than it may be, before any of it is read, or turns out to
            be; 408 where it does not arrive; 400 where there is none.
    """
    length = request.headers.get("content-length", "0")
    if length.isascii() and length.isdigit() and int(length[:20]) > MOST_BYTES:
        raise _too_large()
    data = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                data += chunk
                if len(data) > MOST_BYTES:
                    raise _too_large()
    except TimeoutError:
        raise HTTPException(
            HTTPStatus.REQUEST_TIMEOUT, f"the body did not arrive within {BODY_SECONDS:g} seconds"
        ) from None
    except ClientDisconnect:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "the body broke off") from None
    if not data:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "there is no body; send the music in it")
    return bytes(data)


def _too_large() -> HTTPException:
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return HTTPException(
        status, f"the body is larger than {MOST_BYTES / 1_000_000:g} MB", headers={"Connection": "close"}
    )


def wanted_type(request: Request, usual: str, offered: Sequence[str] = (MIDI_TYPE, NOTES_TYPE, TRACE_TYPE)) -> str:
    """What is to come back, by Accept; what is usual where nothing is said or all is taken; 406 where it is another."""
    said = ",".join(request.headers.getlist("accept")) or "*/*"
    ranges = sorted(map(_range, said.split(",")), key=lambda found: -found[1])
    for kind, quality in ranges:
        fits = [each for each in (usual, *offered) if each in offered and _covers(kind, each)]
        if fits and quality > 0:
            return fits[0]
    raise HTTPException(
        HTTPStatus.NOT_ACCEPTABLE, f"Accept must have one of {', '.join(offered)}, not {one_line(said)[:80]}"
    )


def _range(text: str) -> tuple[str, float]:
    """A media range and its quality (RFC 9110, section 12.5.1)."""
    kind, *parameters = (part.strip().lower() for part in text.split(";"))
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return kind, float(parameter[2:])
            except ValueError:
                return kind, 0.0
    return kind, 1.0


def _covers(kind: str, one: str) -> bool:
    return kind in ("*/*", one, f"{one.partition('/')[0]}/*") or (kind in _MIDI_TYPES and one == MIDI_TYPE)
