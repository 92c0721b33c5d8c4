"""Music that is judged: a piece, and from where on it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from companion.music.key import Key, find_key
from companion.music.vocabulary import STEPS_PER_BEAT, IntArray, excerpt, hide_onsets
from export.data.pieces import Piece


@dataclass(frozen=True, eq=False)
class Passage:
    """A piece of which all is judged, or only what comes after its opening."""

    name: str
    piece: IntArray  # [steps, 4] canonical tokens; something sounds
    start: int = 0  # the first frame that is judged
    first_step: int = 0  # place of the piece's first frame on the beat grid

    @cached_property
    def heard(self) -> IntArray:
        """The whole piece as the CSV set would have it: repeated notes held, so that all music is measured alike."""
        return hide_onsets(self.piece)

    @cached_property
    def frames(self) -> IntArray:
        """What is judged, in the same form."""
        return excerpt(self.heard, self.start, len(self.heard))

    @property
    def first_beat(self) -> int:
        """The first of the judged frames that lies on a beat."""
        return -(self.first_step + self.start) % STEPS_PER_BEAT

    @cached_property
    def key(self) -> Key:
        """The key of the whole piece, as it is heard."""
        key = find_key(self.heard)
        if key is None:
            raise ValueError(f"{self.name}: it has no key, since nothing sounds")
        return key


def whole_pieces(pieces: Sequence[Piece]) -> tuple[Passage, ...]:
    """All of some pieces."""
    return tuple(Passage(piece.name, piece.frames, first_step=piece.first_step) for piece in pieces)
