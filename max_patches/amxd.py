"""The bytes of a device file, as Live saves it.

    ampf  4 bytes: mmmm, the kind (a MIDI effect)
    meta  4 bytes: a number, 0; 7 of a frozen device
    ptch  the patch as JSON with tabs, a line feed, a zero; of a frozen device its files too (``frozen.py``)

Each part is a tag of four letters, its length as a little-endian 32-bit number, and so many bytes.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import Any, Final

from max_patches.frozen import TAG, FrozenFile, freeze, thaw

MIDI_EFFECT: Final = b"mmmm"
KINDS: Final = {MIDI_EFFECT: "MIDI effect", b"iiii": "instrument", b"aaaa": "audio effect"}

_TAGS = (b"ampf", b"meta", b"ptch")
_END = b"\n\0"
FROZEN_META: Final = 7


class BadContainer(ValueError):  # noqa: N818 - it says what is wrong
    """Bytes that are no device."""


@dataclass(frozen=True)
class Container:
    """A device file."""

    kind: bytes
    meta: int
    patcher: dict[str, Any]  # the whole document, {"patcher": …}
    name: str = ""  # of its file, where it is frozen
    files: tuple[FrozenFile, ...] = ()  # frozen into it


def pack(
    document: dict[str, Any],
    kind: bytes = MIDI_EFFECT,
    meta: int = 0,
    name: str = "",
    files: tuple[FrozenFile, ...] = (),
) -> bytes:
    """The bytes of a device; with files frozen into it."""
    text = json.dumps(document, indent="\t", ensure_ascii=False, sort_keys=False)
    patch = text.encode() + _END
    parts = (kind, struct.pack("<I", meta), freeze(patch, name, files) if files else patch)
    return b"".join(tag + struct.pack("<I", len(part)) + part for tag, part in zip(_TAGS, parts, strict=True))


def unpack(data: bytes) -> Container:
    """What a device file holds.

    Raises:
        BadContainer: it is not of this form; the text says where.
    """
    parts = []
    place = 0
    for tag in _TAGS:
        head = data[place : place + 8]
        if head[:4] != tag or len(head) < 8:
            raise BadContainer(f"at byte {place} must be {tag.decode()}, not {head[:4]!r}")
        length = struct.unpack("<I", head[4:])[0]
        part = data[place + 8 : place + 8 + length]
        if len(part) < length:
            raise BadContainer(f"{tag.decode()} says {length} bytes, {len(part)} are there")
        parts.append(part)
        place += 8 + length
    if place != len(data):
        raise BadContainer(f"{len(data) - place} bytes after the patch")
    return _container(*parts)


def _container(kind: bytes, meta: bytes, patch: bytes) -> Container:
    if kind not in KINDS:
        raise BadContainer(f"no kind of device: {kind!r}")
    if len(meta) != 4:
        raise BadContainer(f"meta must have 4 bytes, not {len(meta)}")
    name, files = "", tuple[FrozenFile, ...]()
    if patch.startswith(TAG):
        name, patch, files = _thawed(patch)
    if not patch.endswith(_END):
        raise BadContainer("the patch must end with a line feed and a zero")
    try:
        document = json.loads(patch[: -len(_END)].decode())
    except ValueError as fault:
        raise BadContainer(f"the patch is no JSON: {fault}") from None
    if not isinstance(document, dict) or not isinstance(document.get("patcher"), dict):
        raise BadContainer("the patch holds no patcher")
    return Container(kind, struct.unpack("<I", meta)[0], document, name, files)


def _thawed(frozen: bytes) -> tuple[str, bytes, tuple[FrozenFile, ...]]:
    try:
        patch, *files = thaw(frozen)
    except ValueError as fault:
        raise BadContainer(f"the files cannot be read: {fault}") from None
    return patch.name, patch.data, tuple(files)
