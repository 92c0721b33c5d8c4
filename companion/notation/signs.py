"""What a reader of a score needs and its notes do not say: accidentals, beams, tuplets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from companion.notation.score import UNITS, Written
from companion.notation.values import TYPES, beat_ends, quarters_of

ACCIDENTALS = {
    -3: "triple-flat",
    -2: "flat-flat",
    -1: "flat",
    0: "natural",
    1: "sharp",
    2: "double-sharp",
    3: "triple-sharp",
}
SHARPS = "FCGDAEB"
NotePlace = tuple[int, int]  # the line of a part, and the note in it


def signature(fifths: int) -> dict[str, int]:
    """What a key signature does to each letter."""
    changed = SHARPS[:fifths] if fifths >= 0 else SHARPS[fifths:]
    return dict.fromkeys(SHARPS, 0) | dict.fromkeys(changed, 1 if fifths >= 0 else -1)


def accidentals(staff: Sequence[Sequence[tuple[NotePlace, Written]]], fifths: int) -> dict[NotePlace, str]:
    """The accidentals of a bar on one staff, by the place of their note.

    staff: the notes of each voice in the bar.
    """
    key = signature(fifths)
    heard: dict[tuple[str, int], int] = {}
    held: dict[tuple[str, int], int] = {}  # over the bar line, by ties: what is otherwise afterwards must say so
    shown: dict[NotePlace, str] = {}
    for place, note in sorted((one for line in staff for one in line), key=lambda one: (one[1].tick, one[0])):
        if note.spelling is None:
            continue
        step, alter, octave = note.spelling
        if note.tied_from:
            held[step, octave] = alter
            continue
        if heard.get((step, octave), key[step]) != alter or held.pop((step, octave), alter) != alter:
            shown[place] = ACCIDENTALS[alter]
        heard[step, octave] = alter
    return shown


def beams(notes: Sequence[Written], start: int, metre: tuple[int, int], unit: int) -> dict[int, list[str]]:
    """What stands at each beam of each note in a bar, from the eighths on, by the place of the note.

    start: the tick of the bar, or where it would begin if it is a pickup; unit: ticks of a quarter's 48th.
    """
    ends = beat_ends(*metre)
    found: dict[int, list[str]] = {}
    stems = [at for at, note in enumerate(notes) if not note.in_chord and note.ticks]

    def beat_of(at: int) -> tuple[int, bool]:
        place = (notes[at].tick - start) / unit
        return sum(end <= place for end in ends), _levels(notes[at]) > 0

    for (_, can), group in groupby(stems, beat_of):
        together = list(group)
        if can and len(together) > 1:
            found |= _beamed(together, [_levels(notes[at]) for at in together])
    return found


def _levels(note: Written) -> int:
    """How many beams a note can have."""
    if note.spelling is None or note.value is None:
        return 0
    names = list(TYPES)
    return max(0, names.index(note.value.type) - names.index("quarter"))


def _beamed(places: Sequence[int], levels: Sequence[int]) -> Iterable[tuple[int, list[str]]]:
    return [(place, list(_own_beams(at, levels))) for at, place in enumerate(places)]


def _own_beams(at: int, levels: Sequence[int]) -> Iterator[str]:
    before = levels[at - 1] if at else 0
    after = levels[at + 1] if at + 1 < len(levels) else 0
    for level in range(1, levels[at] + 1):
        if level <= before and level <= after:
            yield "continue"
        elif level <= before:
            yield "end"
        elif level <= after:
            yield "begin"
        else:
            yield "backward hook" if before else "forward hook"


def tuplets(notes: Sequence[Written], ticks_per_beat: int) -> dict[int, set[str]]:
    """Where brackets of tuplets start and stop, by the place of the note."""
    found: dict[int, set[str]] = {}
    first, filled = None, 0
    for at, note in enumerate(notes):
        if note.in_chord or not note.ticks:
            continue
        value = note.value
        if value is None or value.actual == value.normal:
            first, filled = None, 0
            continue
        if first is None:
            first, filled = at, 0
        filled += note.ticks
        whole = value.normal * quarters_of(value._replace(actual=1, normal=1, dots=0)) * ticks_per_beat
        if filled >= whole or filled % ticks_per_beat == 0:
            found.setdefault(first, set()).add("start")
            found.setdefault(at, set()).add("stop")
            first, filled = None, 0
    return found


def bar_origin(tick: int, ticks: int, metre: tuple[int, int], pickup: bool, unit: int) -> int:
    """Where a bar begins whose beats are counted; that of a pickup lies before it."""
    whole = 4 * UNITS * unit * metre[0] // metre[1]
    return tick - (whole - ticks) if pickup and ticks < whole else tick
