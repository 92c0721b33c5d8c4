"""JSON Schema, as much of it as ours use: what a value does otherwise than its schema says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "integer": (int,),
    "number": (int, float),
}
_SAID = {"$schema", "title", "description", "$defs"}
_KNOWN = {
    *_SAID,
    *("type", "const", "enum", "required", "properties", "items", "prefixItems", "minItems", "maxItems"),
    *("minimum", "maximum", "pattern", "$ref"),
}


def breaches(value: Any, schema: Mapping[str, Any], whole: Mapping[str, Any] | None = None, at: str = "") -> list[str]:
    """A line each; none where the value keeps to its schema.

    Raises:
        ValueError: the schema says something that this does not know.
    """
    whole = schema if whole is None else whole
    if unknown := set(schema) - _KNOWN:
        raise ValueError(f"{at}: {', '.join(sorted(unknown))} is not checked")
    found = list(_own(value, schema))
    if "$ref" in schema:
        found += breaches(value, whole["$defs"][schema["$ref"].removeprefix("#/$defs/")], whole, at)
    parts = _parts(value, schema)
    return [
        *(f"{at}: {line}" if not line.startswith("/") else line for line in found),
        *(line for name, part, own in parts for line in breaches(part, own, whole, f"{at}/{name}")),
    ]


def _parts(value: Any, schema: Mapping[str, Any]) -> list[tuple[Any, Any, Mapping[str, Any]]]:
    if isinstance(value, dict):
        return [(name, value[name], own) for name, own in schema.get("properties", {}).items() if name in value]
    if isinstance(value, list):
        first = schema.get("prefixItems", [])
        rest = schema.get("items", {})
        return [(at, one, first[at] if at < len(first) else rest) for at, one in enumerate(value)]
    return []


def _own(value: Any, schema: Mapping[str, Any]) -> Iterator[str]:
    types = schema.get("type", [])
    names = [types] if isinstance(types, str) else types
    is_number = type(value) in (int, float)
    if names and not any(type(value) in _TYPES[name] for name in names):
        yield f"{value!r:.40} is no {' or '.join(names)}"
    if "const" in schema and value != schema["const"]:
        yield f"{value!r:.40} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{value!r:.40} is none of {schema['enum']}"
    if isinstance(value, dict):
        yield from (f"no {name}" for name in schema.get("required", []) if name not in value)
    if isinstance(value, list) and not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"{len(value)} items"
    if is_number and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{value} is out of range"
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield f"{value!r:.40} is not like {schema['pattern']}"
