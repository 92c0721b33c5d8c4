"""What the encoding of a stream has characters for."""

from __future__ import annotations

from typing import IO


def carried(stream: IO[str], text: str) -> str:
    """The text with a question mark for what the stream's encoding does not have."""
    encoding = getattr(stream, "encoding", None) or "ascii"
    return text.encode(encoding, "replace").decode(encoding)


def can_carry(stream: IO[str], text: str) -> bool:
    """The stream's encoding has all of these characters."""
    return carried(stream, text) == text
