"""The container, byte for byte."""

from __future__ import annotations

import struct

import pytest

from max_patches.amxd import BadContainer, Container, pack, unpack

DOCUMENT = {"patcher": {"boxes": [], "name": "ä"}}
TEXT = '{\n\t"patcher": {\n\t\t"boxes": [],\n\t\t"name": "ä"\n\t}\n}\n\0'.encode()
BYTES = b"ampf\4\0\0\0mmmmmeta\4\0\0\0\0\0\0\0ptch" + struct.pack("<I", len(TEXT)) + TEXT


def test_bytes_of_a_device() -> None:
    assert pack(DOCUMENT) == BYTES


def test_round_trip() -> None:
    assert unpack(BYTES) == Container(b"mmmm", 0, DOCUMENT)
    assert pack(DOCUMENT, b"iiii", 7) == pack(unpack(pack(DOCUMENT, b"iiii", 7)).patcher, b"iiii", 7)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "at byte 0 must be ampf"),
        (b"RIFF" + BYTES[4:], "must be ampf, not b'RIFF'"),
        (BYTES[:12] + b"ciph" + BYTES[16:], "at byte 12 must be meta"),
        (BYTES[:-1], "ptch says"),
        (BYTES + b"x", "1 bytes after the patch"),
        (BYTES.replace(b"mmmm", b"zzzz"), "no kind of device"),
        (pack(DOCUMENT).replace(b"meta\4\0\0\0\0\0\0\0", b"meta\2\0\0\0\0\0"), "meta must have 4 bytes"),
        (BYTES[:-2] + b"\n\n", "must end with a line feed and a zero"),
        (BYTES.replace(b'{\n\t"patcher"', b'[\n\t"patcher"'), "no JSON"),
        (pack({"patch": {}}), "holds no patcher"),
    ],
)
def test_what_is_no_device(data: bytes, words: str) -> None:
    with pytest.raises(BadContainer, match=words):
        unpack(data)


def test_a_frozen_device_is_refused() -> None:
    frozen = b"mx@c\0\0\0\x10" + b"\0" * 8
    data = BYTES[:28] + struct.pack("<I", len(frozen)) + frozen
    with pytest.raises(BadContainer):
        unpack(data)
