"""Which port is meant by a name: names told apart, found without an index, and the pair that Windows brings.

A name is looked for in this order: exactly; without what the system adds to names (ALSA ``28:0``, the
trailing index of Windows) and without regard to case; as a part that only one name has. Anything else is
an error that lists the candidates. The ports of companions are no candidates: their names must be said in full.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress

from companion.errors import AmbiguousPort, NoPort

CLIENT = "Chorale Companion"  # what other programs see us as

# The two ends of the loopback that Windows MIDI Services makes: what is sent to either is heard from the other.
OUR_END, THEIR_END = "Default App Loopback (A)", "Default App Loopback (B)"

LOOPBACK_TAKEN = (
    f"Windows' own loopback: {OUR_END!r} is ours, both ways; in Live, or whatever else plays, take {THEIR_END!r}"
)
LOOPMIDI = (
    f"Windows lets no program make MIDI ports; Windows 11 from 24H2 on brings a pair, {OUR_END!r} and {THEIR_END!r}, "
    "which is not here; loopMIDI (free, from tobias-erichsen.de) makes others: add two in it, "
    '"Chorale In" and "Chorale Out", then run: chorale jam --in "Chorale In" --out "Chorale Out"; '
    "Live sends to the first and listens to the second"
)

_ALSA_NUMBERS = re.compile(r"\s+\d+:\d+$")
_WINDOWS_INDEX = re.compile(r"\s+\d+$")
_COUNT = re.compile(r" \(\d+\)$")


def told_apart(names: Sequence[str]) -> list[str]:
    """The names in their order, each of those that are alike with its count: ``Keys (1)``, ``Keys (2)``."""
    often = Counter(names)
    taken, seen, told = set(names), Counter[str](), []
    for name in names:
        own = name
        while often[name] > 1 and own in taken:
            seen[name] += 1
            own = f"{name} ({seen[name]})"
        taken.add(own)
        told.append(own)
    return told


def plain_name(name: str, windows: bool = sys.platform == "win32") -> str:
    """A port's name without the numbers that the system adds, which change when it is plugged in again."""
    return (_WINDOWS_INDEX if windows else _ALSA_NUMBERS).sub("", name.strip())


def identity(name: str) -> str:
    """What stays the same about a listed name as long as the port is there.

    On Windows the index does not, and the count of ports of one name does not anywhere.
    """
    return _COUNT.sub("", plain_name(name) if sys.platform == "win32" else name)


def same_count(sought: str, name: str) -> bool:
    """What is sought is one of several by its count, and this is one of those: it may be listed alone for now."""
    counted = _COUNT.search(sought) is not None
    return counted and identity(sought).casefold() == identity(name).casefold()


def find_port(wanted: str, names: Sequence[str], kind: str, windows: bool = sys.platform == "win32") -> str:
    """The name in ``names`` that is meant by ``wanted``.

    kind: "input" or "output", for the message.

    Raises:
        NoPort: nothing is called so.
        AmbiguousPort: more than one port might be meant.
    """
    if wanted in names:
        return wanted
    for fits in _looser_and_looser(wanted, windows):
        found = [name for name in names if fits(plain_name(name, windows).casefold())]
        if len(found) == 1:
            return found[0]
        if found:
            raise AmbiguousPort(
                f"{wanted!r} could be any of these MIDI {kind}s: {_listed(found)}; say more of the name"
            )
    offered = not_ours(names)
    there = f"there are: {_listed(offered)}" if offered else "there is none at all"
    raise NoPort(f"no MIDI {kind} is called {wanted!r}; {there}")


def _looser_and_looser(wanted: str, windows: bool) -> list[Callable[[str], bool]]:
    whole, plain = wanted.strip().casefold(), plain_name(wanted, windows).casefold()
    first_of_several = whole.removesuffix(" (1)")
    return [
        lambda name: name == whole,
        lambda name: name == plain,
        lambda name: name == first_of_several,  # the others of its name are gone
        lambda name: bool(whole) and whole in name and bool(not_ours([name])),
    ]


def is_port(wanted: str, name: str, names: Sequence[str], kind: str) -> bool:
    """Whether what is wanted among these names is the port of this name; or one like it, where that is not there."""
    if name not in names:
        return named_alike(wanted, name, names, kind)
    with suppress(NoPort):
        return find_port(wanted, names, kind) == name
    return False


def named_alike(wanted: str, name: str, names: Sequence[str], kind: str) -> bool:
    """Whether what is wanted among these names is the port of this name, but for the numbers that a system adds."""
    with suppress(NoPort):
        wanted = find_port(wanted, names, kind)
    return plain_name(wanted).casefold() == plain_name(name).casefold()


def not_ours(names: Sequence[str]) -> tuple[str, ...]:
    """The ports but for those that companions have made: one that played into itself would hear nobody else."""
    return tuple(name for name in names if not name.casefold().startswith(CLIENT.casefold()))


def other_end(name: str) -> str:
    """Where what is sent to a port is heard, if it is one end of Windows' own loopback; else the port itself."""
    return {OUR_END: THEIR_END, THEIR_END: OUR_END}.get(plain_name(name, windows=True), name)


def has_loopback(inputs: Sequence[str], outputs: Sequence[str]) -> bool:
    """Windows' own loopback is there, in both directions."""
    return None not in (our_end(inputs), our_end(outputs))


def our_end(names: Sequence[str]) -> str | None:
    """Our end of Windows' own loopback, as it is listed among inputs or outputs; None where the pair is not there."""
    ends = {plain_name(name, windows=True): name for name in names}
    return ends[OUR_END] if {OUR_END, THEIR_END} <= ends.keys() else None


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)
