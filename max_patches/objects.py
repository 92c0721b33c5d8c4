"""Every Max object that the devices use: inlets, outlets, what makes it speak, and in which thread.

Written by hand from the reference pages of Max 8 and 9, ``https://docs.cycling74.com/reference/NAME``; nothing
is in the table that is not used. The generator writes inlet and outlet counts from it, the checks measure the
built files against it.

A message that comes into a *hot* inlet may make the object speak at once; the others only store.
Max runs two threads: the scheduler, which keeps time, and the queue, which draws and talks with Live's interface
(https://docs.cycling74.com/userguide/scheduler). ``speaks_in`` says where an object's own messages begin; an object
without one goes on in the thread that it is spoken to in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

Arguments = Sequence[str]

SCHEDULER, QUEUE = "scheduler", "queue"
REFERENCE: Final = "https://docs.cycling74.com/reference/"


@dataclass(frozen=True)
class Kind:
    """One object of Max."""

    name: str
    inlets: Callable[[Arguments], int]
    outlets: Callable[[Arguments], tuple[str, ...]]  # the type of each, as Max saves them
    does: str
    hot: Callable[[Arguments], tuple[int, ...]] = lambda _: (0,)
    speaks_in: str = ""
    page: str = ""  # of its reference, where it is not called like the object
    alias: str = ""  # a short way to write it
    drawn: bool = False  # it has a face and is a maxclass of its own

    @property
    def reference(self) -> str:
        """Its page."""
        return REFERENCE + (self.page or self.name)


def _n(count: int) -> Callable[[Arguments], int]:
    return lambda _: count


def _out(*types: str) -> Callable[[Arguments], tuple[str, ...]]:
    return lambda _: types


def _number(arguments: Arguments, default: int) -> int:
    return int(arguments[0]) if arguments else default


def _in_expression(arguments: Arguments) -> int:
    """As many inlets as its highest $i or $f."""
    return max(int(number) for number in re.findall(r"\$[if](\d)", " ".join(arguments)))


_TRIGGERED = {"b": "bang", "i": "int", "f": "float", "l": "", "s": ""}


def _triggered(arguments: Arguments) -> tuple[str, ...]:
    return tuple(_TRIGGERED.get(letter, "int") for letter in arguments)


def _unpacked(arguments: Arguments) -> tuple[str, ...]:
    return tuple("float" if "." in argument else "int" for argument in arguments)


def _matched(kind: str) -> Callable[[Arguments], tuple[str, ...]]:
    return lambda arguments: (*(kind for _ in arguments), "")


_ONE, _TWO, _NONE = _n(1), _n(2), _n(0)
_ANY, _INT, _FLOAT, _BANG = _out(""), _out("int"), _out("float"), _out("bang")
_SILENT = _out()


def _never(_: Arguments) -> tuple[int, ...]:
    return ()


_TABLE = (
    # MIDI
    Kind("midiin", _ONE, _INT, "the bytes that Live sends into the device", _never, SCHEDULER),
    Kind("midiout", _ONE, _SILENT, "sends bytes on"),
    Kind("midiparse", _ONE, _out("", "", "", "int", "int", "", "int", ""), "bytes → lists; outlet 0: pitch velocity"),
    Kind("flush", _TWO, _out("int", "int"), "passes notes on and remembers them; bang ends all that sound"),
    Kind("midiformat", _n(7), _out("int", ""), "pitch and velocity → the bytes of a note; velocity 0 ends it"),
    # Time
    Kind("metro", _TWO, _BANG, "bangs; a note value follows Live's transport and rests with it", speaks_in=SCHEDULER),
    Kind("qmetro", _TWO, _BANG, "bangs in the queue, for what is only seen", speaks_in=QUEUE),
    Kind(
        "transport",
        _TWO,
        _out("int", "int", "float", "float", "float", "", "int", "float", ""),
        "bang: says bar, beat, units, resolution, tempo, metre, state, ticks; in a device these are Live's",
    ),
    Kind("delay", _TWO, _BANG, "a bang later, in the scheduler; another bang puts it off", speaks_in=SCHEDULER),
    Kind(
        "pipe",
        len,
        lambda arguments: tuple("int" for _ in arguments[1:]),
        "numbers later, in the scheduler; its last argument is the time in ms",
        speaks_in=SCHEDULER,
    ),
    Kind("cpuclock", _ONE, _FLOAT, "bang: the computer's own time in ms, which runs while Live's audio is off"),
    Kind("deferlow", _ONE, _ANY, "the same message later, in the queue", speaks_in=QUEUE),
    Kind("qlim", _TWO, _ANY, "passes no more than one message in so many ms, in the queue", speaks_in=QUEUE),
    # Ways
    Kind("trigger", _ONE, _triggered, "says the same to many, from right to left; a number says itself", alias="t"),
    Kind(
        "gate",
        _TWO,
        lambda a: ("",) * _number(a, 1),
        "passes what comes right to the outlet named left",
        lambda _: (1,),
    ),
    Kind(
        "switch",
        lambda a: _number(a, 2) + 1,
        _ANY,
        "passes what comes into the inlet that is named left",
        lambda a: tuple(range(1, _number(a, 2) + 1)),
    ),
    Kind("route", lambda a: len(a) + 1, _matched(""), "by its first word to an outlet, without the word; else right"),
    Kind("select", lambda a: len(a) + 1, _matched("bang"), "a bang for the number it is; else right", alias="sel"),
    Kind("change", _ONE, _out("", "int", "int"), "passes a number that differs from the last"),
    Kind("send", _ONE, _SILENT, "to every receive of this name, at once", alias="s"),
    Kind("receive", _NONE, _ANY, "from every send of this name", _never, alias="r"),
    # Numbers and lists
    Kind("int", _TWO, _INT, "keeps a whole number; right: without saying it", alias="i"),
    Kind("float", _TWO, _FLOAT, "keeps a number; right: without saying it", alias="f"),
    Kind("+", _TWO, lambda a: _unpacked(a[:1]), "adds", page="plus"),
    Kind("-", _TWO, lambda a: _unpacked(a[:1]), "subtracts", page="minus"),
    Kind("*", _TWO, lambda a: _unpacked(a[:1]), "multiplies", page="times"),
    Kind("/", _TWO, lambda a: _unpacked(a[:1]), "divides", page="div"),
    Kind("%", _TWO, _INT, "the remainder", page="modulo"),
    Kind("==", _TWO, _INT, "1 where both are equal, else 0", page="equals"),
    Kind("!=", _TWO, _INT, "1 where both differ, else 0", page="notequals"),
    Kind(">", _TWO, _INT, "1 where left is greater, else 0", page="greaterthan"),
    Kind("&&", _TWO, _INT, "1 where neither is 0, else 0", page="logand"),
    Kind("clip", _n(3), _ANY, "keeps a number between two others"),
    Kind("abs", _ONE, _INT, "without its sign"),
    Kind("expr", _in_expression, _ANY, "a formula as in C; only the left inlet works it out"),
    Kind("random", _TWO, _ANY, "a whole number below its argument, other ones after each start"),
    Kind("uzi", _TWO, _out("bang", "bang", "int"), "counts so many times at once, from its second argument; outlet 2"),
    Kind("pack", len, _ANY, "a list of its inlets; the left one says it"),
    Kind("unpack", _ONE, _unpacked, "the first items of a list, from right to left"),
    Kind("prepend", _ONE, _ANY, "puts words before a message"),
    Kind("sprintf", lambda a: " ".join(a).count("%"), _ANY, "words with numbers in them; symout: as one symbol"),
    Kind("fromsymbol", _ONE, _ANY, "one symbol with spaces → its words"),
    Kind("tosymbol", _ONE, _ANY, "words → one symbol"),
    Kind("zl.nth", _TWO, _out("", ""), "an item of a list, counted from 1; right inlet: which"),
    Kind("zl.slice", _TWO, _out("", ""), "a list in two, right part first"),
    Kind("zl.join", _TWO, _out("", ""), "left list and right list as one; the left says it"),
    Kind("zl.iter", _TWO, _out("", ""), "a list, so many items at a time"),
    Kind("zl.group", _TWO, _out("", ""), "collects so many items, then says them as a list"),
    # Memory
    Kind("coll", _ONE, _out("", "", "", ""), "lists by number, one memory for all of a name; list: store, int: say"),
    Kind("value", _ONE, _ANY, "one message for all of a name; bang says it"),
    # Outside
    Kind("udpreceive", _ONE, _ANY, "OSC from a port, as messages", speaks_in=SCHEDULER),
    Kind("udpsend", _ONE, _SILENT, "messages as OSC to a host and a port"),
    Kind("live.thisdevice", _ONE, _out("bang", "int", "int"), "bang when loaded; on or off", speaks_in=QUEUE),
    Kind("live.path", _ONE, _out("", "", ""), "finds an object of Live's", speaks_in=QUEUE),
    Kind(
        "live.observer",
        _TWO,
        _out("", ""),
        "says a property of Live's, now and when it changes",
        lambda _: (0, 1),
        QUEUE,
    ),
    Kind("live.banks", _ONE, _ANY, "shows that Push finds the parameters in banks", speaks_in=QUEUE),
    Kind(
        "thispatcher",
        _ONE,
        _out("", ""),
        "script sendbox NAME hidden 1 or 0: hides or shows a box by its name",
        speaks_in=QUEUE,
    ),
    Kind("freebang", _ONE, _BANG, "a bang when the device is taken away", speaks_in=QUEUE),
    # What is seen, and messages that are written out
    Kind("message", _TWO, _ANY, "a message; $1 is the first item of what comes in", drawn=True),
    Kind("comment", _ONE, _SILENT, "words; set changes them", drawn=True),
    Kind("multislider", _ONE, _out("", ""), "a list drawn as short lines, one a number", drawn=True),
    Kind("panel", _ONE, _SILENT, "a ground for other things", drawn=True),
    Kind("live.comment", _ONE, _SILENT, "words in the colours of Live's theme", drawn=True),
    Kind("live.dial", _ONE, _out("", "float"), "a number by turning", speaks_in=QUEUE, drawn=True),
    Kind("live.numbox", _ONE, _out("", "float"), "a number by dragging", speaks_in=QUEUE, drawn=True),
    Kind(
        "live.menu",
        _ONE,
        _out("", "", "float"),
        "one of a list; outlet 0 its place, 1 its name",
        speaks_in=QUEUE,
        drawn=True,
    ),
    Kind(
        "live.tab",
        _ONE,
        _out("", "", "float"),
        "one of some, all seen; outlet 0 its place, 1 its name",
        speaks_in=QUEUE,
        drawn=True,
    ),
    Kind("live.text", _ONE, _out("", ""), "a button (bang) or a switch (1 or 0)", speaks_in=QUEUE, drawn=True),
)

KINDS: Final = {kind.name: kind for kind in _TABLE}
_ALIASES: Final = {kind.alias: kind.name for kind in _TABLE if kind.alias}

FORBIDDEN: Final = {
    "noteout": "does not surely reach the track; midiformat and midiout do",
    "print": "writes to the console",
    "dac~": "a device has no sound card",
    "adc~": "a device has no sound card",
    "js": "runs in the queue and needs a file",
    "v8": "runs in the queue and needs a file",
    "node.script": "needs a file and a process",
    "loadbang": "Live is not there yet; live.thisdevice",
    "loadmess": "Live is not there yet; live.thisdevice",
    "bpatcher": "needs a file",
    "live.remote~": "drives parameters",
    "pattrstorage": "parameters are stored by Live",
}


def words(text: str) -> tuple[str, tuple[str, ...]]:
    """The object that a box names, by its full name, and its arguments without attributes."""
    name, *rest = text.split()
    attribute = next((place for place, word in enumerate(rest) if word.startswith("@")), len(rest))
    return _ALIASES.get(name, name), tuple(rest[:attribute])
