"""How pitches are spelled: by the key, by what sounds with them, and by where they go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from companion.music.pitch import OCTAVE
from companion.notation.score import STEPS, KeySign, NoteName

FIFTHS_LINE = "FCGDAEB"  # from F, which is -1; C is 0
TOO_FAR = 6  # fifths: what lies farther apart is augmented or diminished beyond a tritone
APART, AWAY = 1.0, 0.8  # what a fifth too far and a fifth off the scale cost
CHROMATIC = 7  # fifths between a letter and itself, raised …
WEIGHTS = 0.75, 1.5  # … which is no way to come from the note before, nor to go to the next
RAISED = 4  # fifths above a minor key's scale lies its raised fourth, and below it its leading note
MOST_BEFORE = 16  # notes: what sounds with one does not begin earlier


class ToSpell(NamedTuple):
    """A note to be spelled."""

    start: int
    end: int
    pitch: int
    line: int  # what follows in its line tells how it is spelled


def spelled(notes: Sequence[ToSpell], key: KeySign, known: Sequence[NoteName | None] = ()) -> list[NoteName]:
    """The spelling of each note.

    known: the spelling of those that have one; the others are spelled to go with them.
    """
    places = [None if one is None else fifth_of(one) for one in (known or [None] * len(notes))]
    low, high = scale(key)
    for at, note in enumerate(notes):
        if places[at] is None:
            near = _nearest(note.pitch, (low + high) / 2)
            places[at] = near if low <= near <= high else None
    order = sorted(range(len(notes)), key=lambda at: notes[at].start)
    beside = _beside(notes, order)
    wide = (low, high + RAISED * (key.mode in ("minor", "aeolian")))
    for place in range(len(order) - 1, -1, -1):  # from the end, since where a note goes tells most
        at = order[place]
        if places[at] is None:
            together = [fifth for n in _together(notes, order, place) if (fifth := places[n]) is not None]
            places[at] = _best(notes[at], together, [_known(notes, places, n) for n in beside[at]], wide)
    return [note_name(note.pitch, place or 0) for note, place in zip(notes, places, strict=True)]


def scale(key: KeySign) -> tuple[int, int]:
    """The lowest and the highest fifth of the key signature."""
    return key.fifths - 1, key.fifths + 5


def fifth_of(written: NoteName) -> int:
    """The place on the line of fifths; C is 0."""
    return FIFTHS_LINE.index(written.step) - 1 + 7 * written.alter


def note_name(pitch: int, fifth: int) -> NoteName:
    """A pitch written as a place on the line of fifths."""
    alter, at = divmod(fifth + 1, 7)
    step = FIFTHS_LINE[at]
    octave = (pitch - alter - STEPS[step]) // OCTAVE - 1
    return NoteName(step, alter, octave)


def _nearest(pitch: int, centre: float) -> int:
    """The spelling of a pitch class that lies nearest."""
    first = 7 * pitch % OCTAVE
    return min(range(first - 2 * OCTAVE, first + 2 * OCTAVE + 1, OCTAVE), key=lambda fifth: abs(fifth - centre))


def _beside(notes: Sequence[ToSpell], order: Sequence[int]) -> list[tuple[int | None, int | None]]:
    """The notes before and after each in its line."""
    found: list[tuple[int | None, int | None]] = [(None, None)] * len(notes)
    last: dict[int, int] = {}
    for at in order:
        before = last.get(notes[at].line)
        found[at] = before, None
        if before is not None:
            found[before] = found[before][0], at
        last[notes[at].line] = at
    return found


def _known(notes: Sequence[ToSpell], places: Sequence[int | None], at: int | None) -> tuple[ToSpell, int] | None:
    place = None if at is None else places[at]
    return None if at is None or place is None else (notes[at], place)


def _together(notes: Sequence[ToSpell], order: Sequence[int], place: int) -> Iterator[int]:
    """What sounds with a note, of what begins not long before it or while it sounds."""
    note = notes[order[place]]
    for at in order[max(0, place - MOST_BEFORE) : place]:
        if notes[at].end > note.start:
            yield at
    for at in islice(order, place + 1, place + MOST_BEFORE):
        if notes[at].start >= note.end:
            return
        yield at


def _best(
    note: ToSpell,
    together: Sequence[int],
    neighbours: Sequence[tuple[ToSpell, int] | None],
    key: tuple[int, int],
) -> int:
    """The spelling of a chromatic note that costs least.

    together: the places of what sounds with it; neighbours: the notes before and after it in its line, with theirs.
    """
    low, high = key
    first = 7 * note.pitch % OCTAVE

    def cost(fifth: int) -> float:
        total = AWAY * max(low - fifth - 1, fifth - high, 0)
        total += sum(APART * max(abs(fifth - place) - TOO_FAR, 0) for place in together)
        for weight, other in zip(WEIGHTS, neighbours, strict=True):
            if other is not None and abs(other[0].pitch - note.pitch) == 1:
                total += weight * (abs(other[1] - fifth) == CHROMATIC)
        return total

    return min(range(first - 2 * OCTAVE, first + 2 * OCTAVE + 1, OCTAVE), key=cost)
