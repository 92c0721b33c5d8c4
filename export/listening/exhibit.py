"""What stands on the listening page under one seed: a held-out piece, and the files that are made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from companion.errors import BadSetting
from export.data.pieces import Piece
from export.judging.recital import BAR_STEPS, OPENING_STEPS
from export.scores.evaluation import of_split

LEAST_BARS = 12  # of a piece, so that there is something to hear after the opening
CONTINUED, HARMONISED, ORIGINAL = "continued", "harmonised", "bach"


@dataclass(frozen=True, eq=False)
class Exhibit:
    """A seed of all dice, and the held-out piece that it is given to."""

    seed: int
    piece: Piece

    @property
    def new_bars(self) -> int:
        """How many bars the model adds to the opening: as many as the piece itself has left, a begun one whole."""
        return -(-(len(self.piece.frames) - OPENING_STEPS) // BAR_STEPS)

    def midi(self, part: str) -> str:
        """The name of a MIDI file; ``part`` is CONTINUED, HARMONISED or ORIGINAL."""
        return f"seed-{self.seed:02}-{part}.mid"

    def trace(self, part: str) -> str:
        """The name of a trace; Bach left none."""
        return f"seed-{self.seed:02}-{part}.json.gz"

    @property
    def picture(self) -> str:
        """The name of the piano rolls, one above the other."""
        return f"seed-{self.seed:02}.png"

    @property
    def files(self) -> tuple[str, ...]:
        """The names of everything that is written."""
        midi = (self.midi(part) for part in (CONTINUED, HARMONISED, ORIGINAL))
        return (*midi, *(self.trace(part) for part in (CONTINUED, HARMONISED)), self.picture)


def exhibits(pieces: Sequence[Piece], seeds: int) -> tuple[Exhibit, ...]:
    """Seed n and the n-th piece of the test part that is long enough: nobody chooses.

    Raises:
        BadSetting: The test part has fewer such pieces.
    """
    long_enough = [piece for piece in of_split(pieces, "test") if len(piece.frames) >= LEAST_BARS * BAR_STEPS]
    if not 1 <= seeds <= len(long_enough):
        held_out = f"{len(long_enough)} test pieces have {LEAST_BARS} bars or more"
        raise BadSetting(f"seeds must be 1 or more, and a piece is needed for each: {held_out}, not {seeds}")
    return tuple(Exhibit(seed, piece) for seed, piece in enumerate(long_enough[:seeds], start=1))
