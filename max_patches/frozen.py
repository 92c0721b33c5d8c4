"""The part of a frozen device in which its files lie, as Max writes it with Freeze Device.

    mx@c  16 bytes: the tag, 16, and as 64 bits where the directory begins
          the files one after the other, the patch first
    dlst  the directory: a ``dire`` for each file, with fields type, fnam, sz32, of32, vers, flag, mdat

All numbers are big-endian. The size of a part counts its tag and itself; names end with a zero and fill words of four
bytes. ``tests/max_patches/test_frozen.py`` holds this against a device that Ableton has frozen in Max 9.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

TAG: Final = b"mx@c"
TEXT: Final = "TEXT"  # the kind of a script
PATCH_FLAG: Final = 0x11
ON_DISK_FLAG: Final = 8  # a file that another program reads: Max has it for sounds and for scripts of Node

_HEAD = 16
_MODIFIED = 3_800_000_000  # seconds since 1904; always the same, so that a device is the same when built again
_SMALLEST_PART = 8


@dataclass(frozen=True)
class FrozenFile:
    """A file in a device."""

    name: str
    data: bytes
    kind: str = TEXT
    flag: int = 0
    modified: int = _MODIFIED


def freeze(patch: bytes, device: str, files: Sequence[FrozenFile]) -> bytes:
    """What stands in a frozen device in place of its patch.

    Args:
        patch: as it stands in an unfrozen device.
        device: the name of its file.
        files: that it needs.
    """
    every = (FrozenFile(device, patch, "JSON", PATCH_FLAG), *files)
    return frozen(every)


def frozen(files: Sequence[FrozenFile]) -> bytes:
    """These files, the patch first."""
    contents = b"".join(file.data for file in files)
    directory = b""
    place = _HEAD
    for file in files:
        directory += _part(b"dire", _entry(file, place))
        place += len(file.data)
    return TAG + struct.pack(">IQ", _HEAD, _HEAD + len(contents)) + contents + _part(b"dlst", directory)


def _entry(file: FrozenFile, place: int) -> bytes:
    name = file.name.encode() + b"\0"
    numbers = {b"sz32": len(file.data), b"of32": place, b"vers": 0, b"flag": file.flag, b"mdat": file.modified}
    fields = [_part(b"type", file.kind.ljust(4).encode()), _part(b"fnam", name + b"\0" * (-len(name) % 4))]
    return b"".join((*fields, *(_part(tag, struct.pack(">I", number)) for tag, number in numbers.items())))


def _part(tag: bytes, payload: bytes) -> bytes:
    return tag + struct.pack(">I", _SMALLEST_PART + len(payload)) + payload


def thaw(data: bytes) -> list[FrozenFile]:
    """The files in there, the patch first; ValueError says what is wrong."""
    if len(data) < _HEAD or data[:4] != TAG:
        raise ValueError("it is not frozen")
    head, place = struct.unpack(">IQ", data[4:_HEAD])
    parts = list(_parts(data[place:])) if head == _HEAD and place <= len(data) else []
    if [tag for tag, _ in parts] != [b"dlst"]:
        raise ValueError(f"no directory of files at byte {place}")
    return [_file(entry, data) for tag, entry in _parts(parts[0][1]) if tag == b"dire"]


def _file(entry: bytes, data: bytes) -> FrozenFile:
    fields = dict(_parts(entry))
    try:
        size, place, flag, modified = (
            int(struct.unpack(">I", fields[tag])[0]) for tag in (b"sz32", b"of32", b"flag", b"mdat")
        )
        name, kind = fields[b"fnam"].rstrip(b"\0").decode(), fields[b"type"].decode().rstrip()
    except (KeyError, struct.error, UnicodeDecodeError) as fault:
        raise ValueError(f"a file's entry is broken: {fault!r}") from None
    content = data[place : place + size]
    if len(content) < size:
        raise ValueError(f"{name} has {size} bytes, {len(content)} are there")
    return FrozenFile(name, content, kind, flag, modified)


def _parts(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    while data:
        size = int.from_bytes(data[4:8], "big")
        if not _SMALLEST_PART <= size <= len(data):
            raise ValueError(f"{data[:4]!r} says {size} bytes, {len(data)} are left")
        yield data[:4], data[_SMALLEST_PART:size]
        data = data[size:]
