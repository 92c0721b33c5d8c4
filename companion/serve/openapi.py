"""The description of the service (OpenAPI 3.1): what can be asked follows from the parameters."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from companion import __version__
from companion.controls.kinds import Kind, Number, Whole
from companion.controls.table import IN_FILES_ALONE, OF_ALL
from companion.files.midi import MOST_BEATS
from companion.music.bars import MOST_BARS
from companion.music.vocabulary import VOICES
from companion.sampling.styles import STYLES
from companion.serve.desk import JobState
from companion.serve.notes import (
    HIGHEST_TEMPO,
    LOWEST_TEMPO,
    METRE_UNITS,
    MOST_JSON_NOTES,
    MOST_METRE_BEATS,
    USUAL_VELOCITY,
)
from companion.serve.parameters import DRAWN, NAME, PARAMETERS, REQUIRED, type_of
from companion.serve.wish import MIDI_TYPE, NOTES_TYPE, SERVICES, TRACE_TYPE, UNNAMED

Schema = dict[str, Any]

_SUMMARIES = {
    "continue": "New bars after the music; missing voices of it are added first.",
    "harmonise": "The missing voices to a melody, which stays as it is.",
    "rewrite": "Some bars anew, joined to what is before and after.",
}
_FAULTS = {
    "400": "The body is no JSON, or none",
    "401": "The token is wrong or missing",
    "403": "A page of another origin asked",
    "404": "There is no such job, or no more",
    "406": "What is to come back is nothing that is made here",
    "408": "The body did not arrive in time",
    "409": "It is not done yet",
    "413": "The body is too large",
    "415": "The body is neither MIDI nor JSON",
    "421": "The Host is another",
    "422": "The music or a parameter cannot be; the line says why",
    "500": "A fault of the service's own",
    "503": "The queue is full, or the service ends",
    "504": "It took too long",
}
_ALWAYS = ("403", "421")
_SCHEMAS: dict[str, Schema] = {
    str(int): {"type": "integer", "minimum": 1, "maximum": MOST_BARS},
    str(bool): {"type": "boolean"},
    str(list[str]): {"type": "array", "items": {"type": "string", "pattern": f"^({'|'.join(VOICES)})=[0-9.]+$"}},
    str(str): {"type": "string", "minLength": 1},
}


def description(models: Sequence[str]) -> Schema:
    """The whole of it, as JSON has it; of the models that ship the names."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Chorale Companion",
            "version": __version__,
            "summary": "A four-voice Bach chorale partner on this machine.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "security": [{"token": []}],
        "paths": {
            "/openapi.json": {"get": _open("openapi", "This description.", {"type": "object"})},
            "/v1/health": {"get": _open("health", "Whether it is there, and how many jobs wait.", _ref("Health"))},
            "/v1/models": {"get": _told("models", "The models that ship, with their scores.", _rows("Model"))},
            "/v1/styles": {"get": _told("styles", "The styles, and what they set.", _rows("Style"))},
            **{f"/v1/{what}": {"post": _making(what, models)} for what in SERVICES},
            **_jobs(),
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(),
            "responses": {code: {"description": why, "content": _json(_ref("Error"))} for code, why in _FAULTS.items()},
        },
    }


def _json(schema: Schema) -> Schema:
    return {NOTES_TYPE: {"schema": schema}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _rows(name: str) -> Schema:
    return {"type": "array", "items": _ref(name)}


def _faults(*codes: str) -> Schema:
    return {code: {"$ref": f"#/components/responses/{code}"} for code in sorted({*codes, *_ALWAYS})}


def _open(name: str, summary: str, schema: Schema) -> Schema:
    """An answer for whom there need be no token."""
    found = {"200": {"description": summary, "content": _json(schema)}}
    return {"operationId": name, "summary": summary, "security": [], "responses": {**found, **_faults()}}


def _told(name: str, summary: str, schema: Schema) -> Schema:
    found = {"200": {"description": summary, "content": _json(schema)}}
    return {"operationId": name, "summary": summary, "responses": {**found, **_faults("401")}}


def _making(what: str, models: Sequence[str]) -> Schema:
    body = {MIDI_TYPE: {"schema": {"type": "string", "format": "binary"}}, **_json(_ref("Music"))}
    later = {
        "description": "It will be made; asked for by Prefer: respond-async",
        "headers": {"Location": {"description": "The job", "schema": {"type": "string"}}},
        "content": _json(_ref("Job")),
        "links": {
            name: {"operationId": name, "parameters": {"job": "$response.body#/job"}}
            for name in ("job", "events", "result", "cancel")
        },
    }
    codes = ("400", "401", "406", "408", "413", "415", "422", "500", "503", "504")
    return {
        "operationId": what,
        "summary": _SUMMARIES[what],
        "parameters": [
            *(_parameter(what, one, models) for one in PARAMETERS[what]),
            {
                "name": NAME,
                "in": "query",
                "description": "What the music is called: in what says how the same is made again.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 200, "default": UNNAMED},
            },
            {
                "name": "Prefer",
                "in": "header",
                "description": "respond-async: answers at once with a job (RFC 7240).",
                "schema": {"type": "string", "enum": ["respond-async"]},
            },
        ],
        "requestBody": {"required": True, "content": body},
        "responses": {"200": _music("What was made"), "202": later, **_faults(*codes)},
    }


def _music(words: str) -> Schema:
    return {
        "description": f"{words}: as Accept says, else as the music came",
        "content": {
            MIDI_TYPE: {"schema": {"type": "string", "format": "binary"}},
            **_json(_ref("Music")),
            TRACE_TYPE: {"schema": {"type": "object"}},
        },
    }


def _parameter(what: str, one: inspect.Parameter, models: Sequence[str]) -> Schema:
    is_list = type_of(one) == list[str]
    more = {"style": "form", "explode": True} if is_list else {}
    return {
        "name": one.name,
        "in": "query",
        "required": one.name in REQUIRED.get(what, ()),
        "description": one.annotation.__metadata__[0].help,
        "schema": _schema_of(one, models),
        **more,
    }


def _schema_of(one: inspect.Parameter, models: Sequence[str]) -> Schema:
    control = OF_ALL.get(one.name) or IN_FILES_ALONE.get(one.name)
    if one.name in ("model", "under", "style"):
        return {"type": "string", "enum": list(STYLES if one.name == "style" else models)}
    if one.name in DRAWN and control is not None and control.kind is not None:
        return _schema_of_kind(control.kind)
    return _SCHEMAS[str(type_of(one))]


def _schema_of_kind(kind: Kind) -> Schema:
    match kind:
        case Number(low, high, _, _, above, auto):
            number = {"type": "number", "exclusiveMinimum" if above else "minimum": low, "maximum": high}
            return {"anyOf": [number, {"const": "auto"}]} if auto else number
        case Whole(low, high):
            return {"type": "integer", "minimum": low, "maximum": high}
    return {"type": "string", "description": kind.words()}


def _jobs() -> Schema:
    number = {"name": "job", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    is_there = {"200": {"description": "What is known of it", "content": _json(_ref("Job"))}}
    stream = {"200": {"description": "An event whenever it is another", "content": {"text/event-stream": {}}}}
    shared = {"parameters": [number]}
    return {
        "/v1/jobs/{job}": {
            **shared,
            "get": {
                "operationId": "job",
                "summary": "How far it is.",
                "responses": {**is_there, **_faults("401", "404")},
            },
            "delete": {
                "operationId": "cancel",
                "summary": "Cancels it, or forgets what was made.",
                "responses": {"204": {"description": "It is gone"}, **_faults("401", "404")},
            },
        },
        "/v1/jobs/{job}/events": {
            **shared,
            "get": {
                "operationId": "events",
                "summary": "How far it is, as server-sent events, until it is over.",
                "responses": {**stream, **_faults("401", "404")},
            },
        },
        "/v1/jobs/{job}/result": {
            **shared,
            "get": {
                "operationId": "result",
                "summary": "What was made; a trace only where that was asked for with the music.",
                "responses": {
                    "200": _music("What was made"),
                    **_faults("400", "401", "404", "406", "409", "422", "500", "503", "504"),
                },
            },
        },
    }


def _schemas() -> Schema:
    start = {"type": "number", "minimum": 0, "maximum": MOST_BEATS, "description": "in quarter notes"}
    return {
        "Error": _record({"error": {"type": "string"}}),
        "Health": _record(
            {"status": {"const": "ok"}, "version": {"type": "string"}, "waiting": {"type": "integer", "minimum": 0}}
        ),
        "Model": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
        "Style": _record({"name": {"type": "string"}, "temperature": {"type": "number"}, "top_p": {"type": "number"}}),
        "Job": _record(
            {
                "job": {"type": "string"},
                "what": {"enum": list(SERVICES)},
                "state": {"enum": [str(state) for state in JobState]},
                "done": {"type": "integer", "minimum": 0},
                "total": {"type": "integer", "minimum": 0},
                "error": {"type": "string"},
            },
            "error",
        ),
        "Note": _record(
            {
                "voice": {"enum": list(VOICES)},
                "pitch": {"type": "integer", "minimum": 0, "maximum": 127},
                "start": start,
                "duration": {**start, "exclusiveMinimum": 0},
                "velocity": {"type": "integer", "minimum": 1, "maximum": 127, "default": USUAL_VELOCITY},
                "origin": {"type": "string", "description": "in what comes back; it is not read"},
            },
            *("voice", "velocity", "origin"),
        ),
        "Tempo": _record(
            {"start": start, "bpm": {"type": "number", "minimum": LOWEST_TEMPO, "maximum": HIGHEST_TEMPO}}
        ),
        "Metre": _record(
            {
                "start": start,
                "beats": {"type": "integer", "minimum": 1, "maximum": MOST_METRE_BEATS},
                "unit": {"enum": list(METRE_UNITS)},
            }
        ),
        "Music": _record(
            {
                "notes": {**_rows("Note"), "minItems": 1, "maxItems": MOST_JSON_NOTES},
                "tempos": _rows("Tempo"),
                "metres": _rows("Metre"),
                "summary": {"type": "object", "description": "in what comes back; it is not read"},
            },
            *("tempos", "metres", "summary"),
        ),
    }


def _record(properties: Schema, *optional: str) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
