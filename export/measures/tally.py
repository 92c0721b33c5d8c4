"""How often something is found among how many places where it could be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Tally:
    """A count, and what it is counted among."""

    found: float
    among: float

    @property
    def rate(self) -> float | None:
        """The share, or the number for each; None where there was no place to find anything."""
        return self.found / self.among if self.among else None


def together(tallies: Iterable[Tally]) -> Tally:
    """Many pieces as if they were one: the long ones weigh more."""
    every = list(tallies)
    return Tally(sum(tally.found for tally in every), sum(tally.among for tally in every))
