"""What can be known of a device without Max: each check is a small function that yields faults in words.

    faults(data) -> ["cords: Link/obj-4 (delay 2000) has no outlet 3", …]

The checks read the file that is shipped, not the code that wrote it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from max_patches import facechecks, waychecks
from max_patches.amxd import BadContainer, pack
from max_patches.names import GROUPS, SHARED, shared_name
from max_patches.objects import FORBIDDEN, QUEUE, SCHEDULER
from max_patches.patcher import DEVICE_HEIGHT
from max_patches.reading import FREED, LOCAL, ROOM, Subject, reaches, read

Check = Callable[[Subject], Iterator[str]]

_ADDRESS = re.compile(r"/chorale/[a-z_]+(?:/[a-z_]+)?")
_PATH = re.compile(r"[A-Za-z]:[\\/]|\\|~/|/\w+/|\.(?:js|maxpat|maxsnap|json|txt|py|wav|png|svg)\b")


def faults(data: bytes, order_free: frozenset[str] = frozenset()) -> list[str]:
    """Everything that is wrong with a device file, each with the name of its check."""
    try:
        subject = read(data, order_free)
    except BadContainer as fault:
        return [f"container: {fault}"]
    return [f"{name}: {fault}" for name, check in CHECKS.items() for fault in check(subject)]


# The file


def _container(subject: Subject) -> Iterator[str]:
    """Written again it is the same to the byte, and says twice what it is."""
    container = subject.container
    if pack(container.patcher, container.kind, container.meta) != subject.data:
        yield "written again it differs: not indented by tabs, or with letters escaped"
    kind = subject.patcher["project"]["amxdtype"].to_bytes(4, "big")
    if kind != container.kind:
        yield f"the container says {container.kind!r}, the project {kind!r}"
    if container.kind != b"mmmm":
        yield f"must be a MIDI effect, not {container.kind!r}"


def _frame(subject: Subject) -> Iterator[str]:
    """Opens as it is to be seen: in presentation, as high as a device is, without latency or files."""
    patcher = subject.patcher
    width, height = patcher["openrect"][2:]
    if not patcher["openinpresentation"]:
        yield "does not open in presentation"
    if height != DEVICE_HEIGHT:
        yield f"is {height} pixels high, not {DEVICE_HEIGHT}"
    if width != patcher["devicewidth"]:
        yield f"opens {width} pixels wide, but says it is {patcher['devicewidth']}"
    for what in ("live", "max"):
        if patcher[f"minimum_{what}_version"]:
            yield f"asks for a version of {what.capitalize()}, and would not load in others where it works"
    if patcher["latency"]:
        yield f"claims a latency of {patcher['latency']}"
    if patcher["dependency_cache"] or any(patcher["project"]["contents"]["patchers"]):
        yield "depends on other files"


# Boxes and cords


def _ids(subject: Subject) -> Iterator[str]:
    for path, count in Counter(subject.patch.ids).items():
        if count > 1:
            yield f"{path} is there {count} times"
        if not re.fullmatch(r"obj-\d+", path.rpartition("/")[2]):
            yield f"{path} is no id of Max's"


def _objects(subject: Subject) -> Iterator[str]:
    """Only objects of the table, with as many inlets and outlets as it says."""
    for node in subject.patch.nodes.values():
        kind = node.kind
        if node.name in FORBIDDEN:
            yield f"{node.called}: {FORBIDDEN[node.name]}"
        elif kind is None:
            if node.name != ROOM:
                yield f"{node.called} is not in the table"
        else:
            inlets, outlets = kind.inlets(node.arguments), kind.outlets(node.arguments)
            if node.data["numinlets"] != inlets:
                yield f"{node.called} says {node.data['numinlets']} inlets, not {inlets}"
            if node.data["numoutlets"] != len(outlets) or tuple(node.data.get("outlettype", ())) != outlets:
                there = node.data.get("outlettype", [])
                yield f"{node.called} says {node.data['numoutlets']} outlets {there}, not {outlets}"


def _cords(subject: Subject) -> Iterator[str]:
    """From an outlet that is there to an inlet that is there, once, and never two from one outlet."""
    patch = subject.patch
    used: Counter[tuple[str, int]] = Counter()
    for cord in patch.cords:
        source, target = patch.nodes.get(cord.source), patch.nodes.get(cord.target)
        if source is None or target is None:
            yield f"a cord from {cord.source} to {cord.target} hangs loose"
            continue
        used[cord.source, cord.outlet] += 1
        if not 0 <= cord.outlet < source.data["numoutlets"]:
            yield f"{source.called} has no outlet {cord.outlet}"
        if not 0 <= cord.inlet < target.data["numinlets"]:
            yield f"{target.called} has no inlet {cord.inlet}"
    for (path, outlet), count in used.items():
        if count > 1:
            yield f"{patch.nodes[path].called} speaks to {count} from outlet {outlet}; a trigger gives the order"


def _loose(subject: Subject) -> Iterator[str]:
    """Nothing lies about: what has inlets or outlets is used."""
    patch = subject.patch
    touched = {cord.source for cord in patch.cords} | {cord.target for cord in patch.cords}
    for node in patch.nodes.values():
        if node.path in touched or node.name in (ROOM, "comment", "live.comment", "panel", "live.banks"):
            continue
        yield f"{node.called} is connected with nothing"


def _through(subject: Subject) -> Iterator[str]:
    """MIDI goes through, byte for byte."""
    if not reaches(subject.patch, "midiin", "midiout", frozenset({"trigger"})):
        yield "midiin does not lead to midiout"


def _loading(subject: Subject) -> Iterator[str]:
    """One live.thisdevice says when Live is there."""
    count = len(list(subject.patch.named("live.thisdevice")))
    if count != 1:
        yield f"{count} live.thisdevice"


# Names and texts


def _names(subject: Subject) -> Iterator[str]:
    """What the devices share is called by its group, everything else is the device's own."""
    patch = subject.patch
    sent, received = Counter[str](), Counter[str]()
    for node in patch.named("send", "receive", "coll", "value"):
        name = node.arguments[0] if node.arguments else ""
        if not name.startswith(LOCAL) and name not in _shared_names():
            yield f"{node.called} is heard by every device; begin its name with {LOCAL}"
        if node.name == "coll" and node.arguments[1:2] != ("1",):
            yield f"{node.called} looks for a file of its name; 1 after it keeps it from that"
        sent[name] += node.name == "send"
        received[name] += node.name == "receive"
    for name in sorted({*sent, *received}):
        if not name.startswith(LOCAL):
            continue
        if sent[name] and not received[name]:
            yield f"nobody receives {name}"
        if received[name] and not sent[name]:
            yield f"nobody sends {name}"
        if received[name] > 1 and name not in subject.order_free:
            yield f"{received[name]} receive {name}, in no order"


def _groups(subject: Subject) -> Iterator[str]:
    """What is done for one group is done for all four, and so often."""
    used = Counter(
        node.arguments[0]
        for node in subject.patch.named("send", "receive", "coll", "value")
        if node.arguments and node.arguments[0] in _shared_names()
    )
    for what in SHARED:
        counts = {group: used[shared_name(group, what)] for group in GROUPS}
        if len(set(counts.values())) > 1:
            yield f"{what} is used {counts}"


def _shared_names() -> frozenset[str]:
    return frozenset(shared_name(group, what) for group in GROUPS for what in SHARED)


def _texts(subject: Subject) -> Iterator[str]:
    """No paths, and no letters that Max reads as the end of a message."""
    for node in subject.patch.nodes.values():
        if node.data["maxclass"] not in ("newobj", "message"):
            continue
        text = node.data.get("text", "")
        if found := _PATH.search(_ADDRESS.sub("", text)):
            yield f"{node.called} names a file or a path: {found.group()}"
        if found := re.search(r"[,;]", text):
            yield f"{node.called} is cut in two by {found.group()}"


def addresses(subject: Subject) -> dict[str, set[str]]:
    """The OSC addresses in a device: those it says and those it knows, by ``said`` and ``known``."""
    found: dict[str, set[str]] = {"said": set(), "known": set()}
    for node in subject.patch.nodes.values():
        if node.data["maxclass"] in ("newobj", "message"):
            side = "known" if node.name == "route" else "said"
            found[side] |= set(_ADDRESS.findall(node.data.get("text", "")))
    return found


# Threads


def _drawing(subject: Subject) -> Iterator[str]:
    """Nothing is drawn in the thread that keeps time."""
    for path, threads in subject.patch.threads.items():
        node = subject.patch.nodes[path]
        if node.kind is not None and node.kind.drawn and node.name != "message" and threads - {QUEUE}:
            yield f"{node.called} is drawn in {', '.join(sorted(threads - {QUEUE}))}"


def _sounding(subject: Subject) -> Iterator[str]:
    """Notes begin and end in the scheduler only; at the end in whichever thread it comes."""
    for node in subject.patch.named("midiformat"):
        threads = subject.patch.threads[node.path]
        if SCHEDULER not in threads:
            yield f"{node.called} is never reached in the scheduler"
        if threads - {SCHEDULER, FREED}:
            yield f"{node.called} is reached in {', '.join(sorted(threads - {SCHEDULER, FREED}))}"
        if FREED not in threads:
            yield f"{node.called} is silent when the device is taken away"


CHECKS: Final[dict[str, Check]] = {
    "container": _container,
    "frame": _frame,
    "ids": _ids,
    "objects": _objects,
    "cords": _cords,
    "loose": _loose,
    "through": _through,
    "loading": _loading,
    "names": _names,
    "groups": _groups,
    "texts": _texts,
    "parameters": facechecks.parameters,
    "long names": facechecks.long_names,
    "listed": facechecks.listed,
    "buttons": waychecks.buttons,
    "info": facechecks.info,
    "driven": facechecks.driven,
    "banks": facechecks.banks,
    "places": facechecks.places,
    "pages": facechecks.pages,
    "words": facechecks.words,
    "colours": facechecks.colours,
    "symbols": waychecks.symbols,
    "signs": waychecks.signs,
    "drawing": _drawing,
    "notes": waychecks.notes,
    "sounding": _sounding,
}
