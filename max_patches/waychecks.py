"""Checks of the ways that messages take: what was found wrong in such devices by those who have used them in Live."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from max_patches.objects import QUEUE
from max_patches.reading import Node, Patch, Subject, reaches

_SIGNS: Final = ("/chorale/hello", "/chorale/alive")
_CARRIERS: Final = frozenset({"receive", "send", "deferlow", "qlim", "trigger", "gate", "switch"})
_FACES: Final = ("comment", "live.comment")


def buttons(subject: Subject) -> Iterator[str]:
    """A button acts when it is pressed, not when it is let go, and not twice at once."""
    patch = subject.patch
    for node in patch.named("live.text"):
        if node.data.get("mode", 1) != 0:
            continue
        if (node.parameter or {}).get("parameter_button_mode") != "Momentary":
            yield f"{node.called} is turned over by a mapped note; it must be momentary"
        if node.data.get("transition", 0) != 0:
            yield f"{node.called} bangs when it is let go"
        for target in patch.targets(node.path, 0):
            if (target.name, target.arguments) != ("route", ("0",)):
                yield f"{node.called} speaks to {target.called}, also when it is let go"
            elif not reaches(patch, target.path, "cpuclock", frozenset({"trigger"})):
                yield f"{node.called} acts twice when it is pressed twice at once"


def signs(subject: Subject) -> Iterator[str]:
    """Signs of life are said in the queue, which goes on while Live's audio engine is off."""
    patch = subject.patch
    for node in patch.named("prepend"):
        if node.arguments[0] in _SIGNS and QUEUE not in patch.threads[node.path]:
            yield f"{node.called} is never said while Live's audio engine is off"
    for node in patch.named("udpreceive"):
        if not node.arguments:
            yield f"{node.called} has no port until it is told one"


def symbols(subject: Subject) -> Iterator[str]:
    """What others have written comes as one symbol; it is shown as words, and not in quotes."""
    patch = subject.patch
    for node in patch.named("prepend"):
        if node.arguments != ("set",) or not any(one.name in _FACES for one in patch.targets(node.path, 0)):
            continue
        for source in _sources(patch, node):
            if source.name in ("route", "prepend"):
                yield f"{node.called} is given what {source.called} says; fromsymbol makes words of it"


def _sources(patch: Patch, node: Node) -> Iterator[Node]:
    """Who speaks to a box, past those that only carry."""
    waiting, seen = [node], {node.path}
    while waiting:
        for source in patch.speak_to(waiting.pop()):
            if source.path in seen:
                continue
            seen.add(source.path)
            if source.name in _CARRIERS:
                waiting.append(source)
            else:
                yield source


def notes(subject: Subject) -> Iterator[str]:
    """Notes reach the track: as bytes, through midiout."""
    patch = subject.patch
    for node in patch.named("midiformat"):
        if not any(target.name == "midiout" for target in patch.targets(node.path, 0)):
            yield f"{node.called} does not lead to midiout"
