"""An answer on its way to Live: a header and numbered chunks, sent again until each has arrived."""

from __future__ import annotations

import math
from collections.abc import Iterator

from companion.clips.music import ClipAnswer
from companion.io.clip_messages import CHUNK_NOTES, HEADER, ClipMessage, answer_header, answer_notes

AT_ONCE = 8  # chunks on their way
AGAIN_SECONDS = 0.3  # without a receipt
MOST_TIMES = 20  # a chunk is sent; then nobody is there


class Parcel:
    """Time is an argument, in seconds."""

    def __init__(self, request: int, answer: ClipAnswer) -> None:
        self.request = request
        notes = answer.notes
        header = answer_header(request, len(notes), answer.length, answer.name)
        chunks = (notes[place : place + CHUNK_NOTES] for place in range(0, len(notes), CHUNK_NOTES))
        self._left: dict[int, ClipMessage] = {HEADER: header}
        self._left |= {number: answer_notes(request, number, part) for number, part in enumerate(chunks, start=1)}
        self._sent: dict[int, tuple[float, int]] = {}  # chunk → when it is due again, how often it was sent

    @property
    def arrived(self) -> bool:
        """All of it."""
        return not self._left

    @property
    def lost(self) -> bool:
        """A chunk was sent so often that nobody can be there."""
        return any(times > MOST_TIMES for _, times in self._sent.values())

    def got(self, chunk: int) -> None:
        """A receipt, of whatever chunk, for the first time or again."""
        self._left.pop(chunk, None)
        self._sent.pop(chunk, None)

    def due(self, now_s: float) -> Iterator[ClipMessage]:
        """What is to be sent now."""
        for chunk in list(self._left)[:AT_ONCE]:
            due_s, times = self._sent.get(chunk, (-math.inf, 0))
            if now_s >= due_s:
                self._sent[chunk] = now_s + AGAIN_SECONDS, times + 1
                yield self._left[chunk]
