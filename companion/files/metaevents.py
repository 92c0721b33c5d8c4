"""Meta events as files really hold them, for mido's reader.

mido 1.3.3 falls short of them twice. A kind of meta event that it does not know loses its delta time,
so all that follows in the track would sound early. And one nonsensical event (a key of eight sharps, a
time signature of two bytes) costs the whole file. Both are mended through the hook that mido documents
for new kinds of meta events; everything else stays as mido has it.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from mido.midifiles import meta


class PassedOver:
    """A kind of meta event of which nothing but its time counts."""

    type = "passed_over"
    attributes = ()
    defaults = ()

    def __init__(self, type_byte: int) -> None:
        self.type_byte = type_byte

    def decode(self, message: Any, data: list[int]) -> None:
        """Leaves the bytes out."""


def tolerate_meta_events() -> None:
    """Lets mido read past meta events that it does not know or cannot decode; once a process is enough."""
    known = [spec for name, spec in vars(meta).items() if name.startswith("MetaSpec_")]
    for spec in known:
        meta.add_meta_spec(_tolerant(spec))
    for type_byte in set(range(256)) - {spec.type_byte for spec in known}:
        meta.add_meta_spec(partial(PassedOver, type_byte))


def _tolerant(spec: Any) -> Any:
    """A kind of meta event that is passed over where mido cannot decode it."""

    def decode(self: Any, message: Any, data: list[int]) -> None:
        try:
            spec.decode(self, message, data)
        except (meta.KeySignatureError, LookupError, ValueError):
            vars(message)["type"] = PassedOver.type  # mido's messages let nobody set their type

    return type(spec.__name__, (spec,), {"decode": decode})
