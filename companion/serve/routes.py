"""What is answered to whom."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from http import HTTPStatus
from pathlib import PurePath
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from companion import __version__
from companion.sampling.styles import STYLES
from companion.serve.bodies import music_type, read_body, wanted_type
from companion.serve.desk import Desk, QueueFull, ServiceJob
from companion.serve.gate import HEALTH, NO_STORE, Admission, FaultResponse
from companion.serve.openapi import description
from companion.serve.page import service_page
from companion.serve.parameters import NAME
from companion.serve.wish import (
    MIDI_TYPE,
    NOTES_TYPE,
    SERVICES,
    TRACE_TYPE,
    UNNAMED,
    Outcome,
    ServiceWish,
    WishFailed,
    WishMade,
)

EVENT_SECONDS = 10.0  # between two signs of life of a stream in which nothing happens
MOST_NAME = 200  # letters
_PLAIN_NAME = r"(?a)[\w. -]{1,100}"
_WORDS = {"continue": "continued", "harmonise": "harmonised", "rewrite": "rewritten"}
_EVENTS = {**NO_STORE, "X-Accel-Buffering": "no"}


def service_app(desk: Desk, admission: Admission) -> Starlette:
    """The service, as a server runs it."""
    routes = Routes(desk)
    made = Starlette(
        routes=[
            Route("/", routes.page),
            Route("/openapi.json", routes.openapi),
            Route(HEALTH, routes.health),
            Route("/v1/models", routes.models),
            Route("/v1/styles", routes.styles),
            *(Route(f"/v1/{what}", routes.make, methods=["POST"]) for what in SERVICES),
            Route("/v1/jobs/{job}", routes.job, methods=["GET"]),
            Route("/v1/jobs/{job}", routes.cancel, methods=["DELETE"]),
            Route("/v1/jobs/{job}/events", routes.events),
            Route("/v1/jobs/{job}/result", routes.result),
        ],
        middleware=admission.middleware(),
        exception_handlers={HTTPException: _fault, Exception: _own_fault},
    )
    made.router.redirect_slashes = False  # a place that is not there is told so, in a line
    return made


async def _fault(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    why = fault.detail
    if fault.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        why = f"{request.url.path} does not take {request.method}"
    elif fault.status_code == HTTPStatus.NOT_FOUND and why == HTTPStatus.NOT_FOUND.phrase:
        why = "there is nothing here; /openapi.json says what there is"
    return FaultResponse(fault.status_code, why, dict(fault.headers or {}))


async def _own_fault(_: Request, fault: Exception) -> Response:
    return FaultResponse(HTTPStatus.INTERNAL_SERVER_ERROR, f"a fault of the service's own: {type(fault).__name__}")


class Routes:
    """Every answer."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def page(self, _: Request) -> Response:
        page, policy = service_page()
        return Response(page, media_type="text/html", headers={**NO_STORE, "Content-Security-Policy": policy})

    async def openapi(self, _: Request) -> Response:
        models = await asyncio.shield(self._desk.models)
        return JSONResponse(description([row["name"] for row in models]), headers=NO_STORE)

    async def health(self, _: Request) -> Response:
        told = {"status": "ok", "version": __version__, "waiting": self._desk.waiting}
        return JSONResponse(told, headers=NO_STORE)

    async def models(self, _: Request) -> Response:
        return JSONResponse(await asyncio.shield(self._desk.models), headers=NO_STORE)

    async def styles(self, _: Request) -> Response:
        rows = [{"name": name, "temperature": one.temperature, "top_p": one.top_p} for name, one in STYLES.items()]
        return JSONResponse(rows, headers=NO_STORE)

    async def make(self, request: Request) -> Response:
        """Something is to be made: now, or for whoever comes for it later (RFC 7240, respond-async)."""
        kind = music_type(request)
        wanted = wanted_type(request, kind)
        name, said = _named(request.query_params.multi_items())
        music = await read_body(request)
        later = _prefers_later(request)
        what = request.url.path.rpartition("/")[2]
        try:
            job = self._desk.ask(ServiceWish(what, music, kind, said, name, wanted == TRACE_TYPE), kept=later)
        except QueueFull as full:
            raise HTTPException(
                HTTPStatus.SERVICE_UNAVAILABLE, "the queue is full", {"Retry-After": str(full.retry_seconds)}
            ) from None
        if later:
            place = f"/v1/jobs/{job.number}"
            told = {"Location": place, "Preference-Applied": "respond-async", **NO_STORE}
            return JSONResponse(job.as_json(), HTTPStatus.ACCEPTED, told)
        return _answer(await self._while_there(request, job), wanted, name, what)

    async def _while_there(self, request: Request, job: ServiceJob) -> Outcome:
        """What comes of it; it is cancelled where whoever asked goes away."""
        ended, gone = asyncio.create_task(job.ended()), asyncio.create_task(_gone(request))
        try:
            await asyncio.wait((ended, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._desk.forget(job)
            gone.cancel()
        return await ended

    async def job(self, request: Request) -> Response:
        return JSONResponse(self._found(request).as_json(), headers=NO_STORE)

    async def cancel(self, request: Request) -> Response:
        self._desk.forget(self._found(request))
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=NO_STORE)

    async def events(self, request: Request) -> Response:
        job = self._found(request)
        return StreamingResponse(_events(job), media_type="text/event-stream", headers=_EVENTS)

    async def result(self, request: Request) -> Response:
        job = self._found(request)
        outcome = job.outcome
        if outcome is None:
            raise HTTPException(HTTPStatus.CONFLICT, f"it is not done yet, but {job.state}")
        has_trace = isinstance(outcome, WishMade) and bool(outcome.trace)
        offered = (MIDI_TYPE, NOTES_TYPE, TRACE_TYPE)[: 3 if has_trace else 2]
        return _answer(outcome, wanted_type(request, MIDI_TYPE, offered), UNNAMED, job.what)

    def _found(self, request: Request) -> ServiceJob:
        job = self._desk.find(request.path_params["job"])
        if job is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such job, or no more")
        return job


def _named(given: Sequence[tuple[str, str]]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What the music is called, and what else was said."""
    names = [text for name, text in given if name == NAME]
    if len(names) > 1 or not all(0 < len(name) <= MOST_NAME for name in names):
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, f"name must be one, of 1 to {MOST_NAME} letters")
    return (PurePath(names[0]).name if names else "") or UNNAMED, tuple(row for row in given if row[0] != NAME)


def _prefers_later(request: Request) -> bool:
    said = ",".join(request.headers.getlist("prefer"))
    return "respond-async" in (word.partition(";")[0].strip().lower() for word in said.split(","))


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _answer(outcome: Outcome, wanted: str, name: str, what: str) -> Response:
    if isinstance(outcome, WishFailed):
        return FaultResponse(outcome.status, outcome.error)
    data = {MIDI_TYPE: outcome.midi, NOTES_TYPE: outcome.notes, TRACE_TYPE: outcome.trace}[wanted]
    file = f"{PurePath(name).stem}-{_WORDS[what]}{'.mid' if wanted == MIDI_TYPE else '.json'}"
    shown = file if re.fullmatch(_PLAIN_NAME, file) else f"{_WORDS[what]}.mid"
    headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="{shown}"'}
    return Response(data, media_type=wanted, headers=headers)


async def _events(job: ServiceJob) -> AsyncIterator[str]:
    """Whatever is new of a job (server-sent events, the HTML standard), until it is over."""
    told: dict[str, Any] = {}
    while True:
        changed, row = job.changed, job.as_json()
        if row != told:
            told = row
            yield f"event: {job.state}\ndata: {json.dumps(row)}\n\n"
        if job.over:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), EVENT_SECONDS)
            continue
        yield ": still here\n\n"
