"""Each check is clean on what is shipped, and catches its fault when one is put in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from max_patches.amxd import pack, unpack
from max_patches.checks import CHECKS, faults

Data = dict[str, Any]
Change = Callable[[Data], object]

HUB, VOICE, CLIP, START = "Chorale Hub", "Chorale Voice", "Chorale Clip", "Chorale Start"


@pytest.mark.parametrize("name", [HUB, VOICE, CLIP, START])
def test_shipped_devices_have_no_faults(
    name: str, shipped: dict[str, bytes], order_free: dict[str, frozenset[str]]
) -> None:
    assert faults(shipped[name], order_free[name]) == []


# Finding things in a document


def every_patcher(document: Data) -> Iterator[Data]:
    waiting = [document["patcher"]]
    while waiting:
        patcher = waiting.pop(0)
        yield patcher
        waiting += [box["box"]["patcher"] for box in patcher["boxes"] if "patcher" in box["box"]]


def found(document: Data, text: str) -> tuple[Data, Data]:
    """The first box with this Long Name or else this text, and the patch in which it lies."""
    for key in ("annotation_name", "text"):
        for patcher in every_patcher(document):
            for entry in patcher["boxes"]:
                if entry["box"].get(key) == text:
                    return entry["box"], patcher
    raise LookupError(text)


def box(document: Data, text: str) -> Data:
    return found(document, text)[0]


def room(document: Data, text: str) -> Data:
    return found(document, text)[1]


def saved(document: Data, name: str) -> Data:
    valueof: Data = box(document, name)["saved_attribute_attributes"]["valueof"]
    return valueof


def cord(source: str, outlet: int, target: str, inlet: int) -> Data:
    return {"patchline": {"source": [source, outlet], "destination": [target, inlet]}}


def lay(patcher: Data, source: Data, outlet: int, target: Data, inlet: int) -> None:
    """A cord, in place of the one that was there."""
    lines = patcher["lines"]
    lines[:] = [line for line in lines if line["patchline"]["source"] != [source["id"], outlet]]
    lines.append(cord(source["id"], outlet, target["id"], inlet))


def cut(patcher: Data, source: Data, outlet: int) -> None:
    lines = patcher["lines"]
    lines[:] = [line for line in lines if line["patchline"]["source"] != [source["id"], outlet]]


def retyped(text: str, new: str) -> Change:
    """A box with other words in it."""
    return lambda document: box(document, text).__setitem__("text", new)


def with_value(name: str, key: str, value: Any) -> Change:
    """A parameter with another property."""
    return lambda document: saved(document, name).__setitem__(key, value)


def with_box(text: str, key: str, value: Any) -> Change:
    return lambda document: box(document, text).__setitem__(key, value)


def top(key: str, value: Any) -> Change:
    return lambda document: document["patcher"].__setitem__(key, value)


def added(text: str, inlets: int = 1, outlets: int = 0, **more: Any) -> Change:
    """One more box in the outermost patch."""
    data = {
        "id": "obj-9999", "maxclass": "newobj", "numinlets": inlets, "numoutlets": outlets, "text": text,
        "patching_rect": [0.0, 0.0, 40.0, 22.0], **({"outlettype": [""] * outlets} if outlets else {}), **more,
    }  # fmt: skip
    return lambda document: document["patcher"]["boxes"].append({"box": data})


# What is put in


def two_from_an_outlet(document: Data) -> None:
    clock = room(document, "metro 20 @active 1")
    metro, other = box(document, "metro 20 @active 1"), box(document, "t b 60")
    clock["lines"].append(cord(metro["id"], 0, other["id"], 0))


def loose_cord(document: Data) -> None:
    document["patcher"]["lines"].append(cord("obj-1", 0, "obj-4711", 0))


def cord_past_the_outlets(document: Data) -> None:
    inner = room(document, "transport")
    lay(inner, box(document, "transport"), 9, box(document, "sel 1"), 0)


def cord_past_the_inlets(document: Data) -> None:
    inner = room(document, "transport")
    lay(inner, box(document, "transport"), 8, box(document, "sel 1"), 5)


def same_id(document: Data) -> None:
    boxes = document["patcher"]["boxes"]
    boxes[5]["box"]["id"] = boxes[4]["box"]["id"]


def unplugged(document: Data) -> None:
    inner = room(document, "metro 20 @active 1")
    cut(inner, box(document, "metro 20 @active 1"), 0)


def midi_held_back(document: Data) -> None:
    patcher = document["patcher"]
    cut(patcher, box(document, "midiin"), 0)


def one_group_forgotten(document: Data) -> None:
    box(document, "coll chorale-C-frames 1")["text"] = "coll chorale-B-frames 1"


def driven_dial(document: Data) -> None:
    """The companion's answer turns a dial that Live stores."""
    patcher = document["patcher"]
    shown = box(document, "r ---chord-text")
    lay(patcher, shown, 0, box(document, "Density"), 0)


def dial_that_is_shown(document: Data) -> None:
    """What the companion is at is shown on the page of the other pages, which Live would store."""
    saved(document, "Page")["parameter_invisible"] = 1
    patcher = document["patcher"]
    lay(patcher, box(document, "r ---chord-text"), 0, box(document, "Page"), 0)


def called_twice(document: Data) -> None:
    saved(document, "Go")["parameter_longname"] = "Stop"


def drawn_in_the_scheduler(document: Data) -> None:
    """The display without its deferlow."""
    inner = room(document, "r ---said")
    route = next(entry["box"] for entry in inner["boxes"] if entry["box"].get("text", "").startswith("route /chorale"))
    lay(inner, box(document, "r ---said"), 0, route, 0)


def note_drawn_in_the_scheduler(document: Data) -> None:
    patcher = document["patcher"]
    lay(patcher, box(document, "r ---sounding"), 0, box(document, "sel 0"), 0)


def silenced_by_the_mouse(document: Data) -> None:
    """What the interface changes goes straight into the notes."""
    inner = room(document, "r ---later")
    lay(inner, box(document, "r ---later"), 0, box({"patcher": inner}, "s ---letgo"), 0)


def another_device_plays(document: Data) -> None:
    """The Hub's thread plays a note, without waiting for its turn."""
    inner = room(document, "pipe 0 0 0")
    cut_voice, both = box({"patcher": inner}, "zl.slice 1"), box({"patcher": inner}, "pack 0 0")
    lay(inner, cut_voice, 1, both, 0)


def nothing_at_the_end(document: Data) -> None:
    inner = room(document, "freebang")
    cut(inner, box({"patcher": inner}, "freebang"), 0)


def acts_when_let_go(document: Data) -> None:
    lay(document["patcher"], box(document, "Undo"), 0, box(document, "/chorale/undo"), 0)


def without_a_guard(document: Data) -> None:
    """The first press that is not let go says Go at once."""
    patcher = document["patcher"]
    route = next(
        line["patchline"]["destination"][0]
        for line in patcher["lines"]
        if line["patchline"]["source"] == [box(document, "Undo")["id"], 0]
    )
    lay(patcher, {"id": route}, 1, box(document, "/chorale/undo"), 0)


def symbols_in_quotes(document: Data) -> None:
    """What the companion says of its chord goes into the display as it comes."""
    patcher = document["patcher"]
    lay(patcher, box(document, "r ---chord-text"), 0, box(document, "prepend set"), 0)


def bytes_go_nowhere(document: Data) -> None:
    inner = room(document, "midiformat")
    cut(inner, box(document, "midiformat"), 0)


def never_plays(document: Data) -> None:
    inner = room(document, "flush")
    flush = box({"patcher": inner}, "flush")
    cut(inner, flush, 0)


def moved(name: str, rect: list[float]) -> Change:
    return with_box(name, "presentation_rect", rect)


MUTATIONS: list[tuple[str, str, Change, str]] = [
    ("container", VOICE, lambda document: document["patcher"]["project"].__setitem__("amxdtype", 1), "the project"),
    ("frame", VOICE, top("openinpresentation", 0), "does not open in presentation"),
    ("frame", VOICE, top("openrect", [0.0, 0.0, 156.0, 200.0]), "200.0 pixels high, not 169"),
    ("frame", VOICE, top("devicewidth", 100.0), "opens 156.0 pixels wide"),
    ("frame", VOICE, top("minimum_live_version", "11.0.0"), "asks for a version of Live"),
    ("frame", VOICE, top("latency", 64), "a latency of 64"),
    ("files", VOICE, top("dependency_cache", [{"name": "x.js"}]), "says that it depends on ['x.js'], not []"),
    ("files", HUB, added("js chorale.js"), "needs chorale.js, which is not frozen"),
    ("files", CLIP, retyped("js chorale-clips.js", "t l l"), "is frozen, and nothing needs it"),
    ("files", CLIP, retyped("js chorale-clips.js", "node.script chorale-clips.js"), "has flag 0"),
    ("files", START, retyped("node.script chorale-start.js", "js chorale-start.js"), "has flag 8"),
    ("texts", START, retyped("script stop", "script stop other.js"), "names a file or a path: .js"),
    ("groups", CLIP, retyped("s chorale-C-ask", "s chorale-B-ask"), "ask is used"),
    ("ids", HUB, same_id, "is there 2 times"),
    ("ids", VOICE, with_box("midiout", "id", "midi"), "is no id of Max's"),
    ("objects", HUB, added("print"), "writes to the console"),
    ("objects", HUB, added("v8 chorale.js"), "Max 8 has none"),
    ("objects", HUB, added("toggle"), "is not in the table"),
    ("objects", VOICE, with_box("transport", "numinlets", 3), "says 3 inlets, not 2"),
    ("objects", VOICE, with_box("flush", "outlettype", ["int"]), "outlets ['int']"),
    ("objects", VOICE, retyped("t b 60", "t b 60 0"), "says 2 outlets"),
    ("cords", VOICE, two_from_an_outlet, "speaks to 2 from outlet 0"),
    ("cords", VOICE, loose_cord, "hangs loose"),
    ("cords", VOICE, cord_past_the_outlets, "has no outlet 9"),
    ("cords", VOICE, cord_past_the_inlets, "has no inlet 5"),
    ("loose", VOICE, unplugged, "metro 20 @active 1) is connected with nothing"),
    ("through", VOICE, midi_held_back, "midiin does not lead to midiout"),
    ("loading", HUB, added("live.thisdevice", 1, 3, outlettype=["bang", "int", "int"]), "2 live.thisdevice"),
    ("names", HUB, retyped("s ---wipe", "s wipe"), "is heard by every device"),
    ("names", VOICE, retyped("coll ---played 1", "coll ---played"), "looks for a file of its name"),
    ("names", VOICE, retyped("r ---unfed", "r ---unfedd"), "nobody receives ---unfed"),
    ("names", VOICE, retyped("r ---unfed", "r ---unfedd"), "nobody sends ---unfedd"),
    ("names", HUB, retyped("r ---loop", "r ---connect"), "2 receive ---connect, in no order"),
    ("groups", VOICE, one_group_forgotten, "frames is used"),
    ("texts", HUB, retyped("/chorale/undo", "/Users/me/undo.txt"), "names a file or a path: /Users/"),
    ("texts", HUB, retyped("/chorale/undo", "C:\\undo"), "names a file or a path"),
    ("texts", HUB, retyped("/chorale/undo", "/chorale/undo, /chorale/undo"), "is cut in two by ,"),
    ("parameters", HUB, with_value("Density", "parameter_initial_enable", 0), "has no initial value"),
    ("parameters", HUB, with_value("Density", "parameter_initial", [9.0]), "begins with 9.0"),
    ("parameters", HUB, with_value("Density", "parameter_mmax", -4.0), "reaches from -4.0 to -4.0"),
    ("parameters", HUB, with_value("Length", "parameter_mmax", 300), "Live keeps 0 to 255"),
    ("parameters", HUB, with_value("Mode", "parameter_enum", ["A", "A"]), "chooses among"),
    ("parameters", HUB, with_value("Go", "parameter_enum", ["val1", "val2"]), "labels that say nothing"),
    ("parameters", HUB, with_value("Go", "parameter_type", 3), "is of type 3"),
    ("parameters", HUB, with_value("Length", "parameter_units", ""), "unit of its own"),
    ("long names", HUB, called_twice, "2 are called Stop"),
    ("long names", HUB, with_value("Go", "parameter_longname", "live.text[3]"), "is called 'live.text[3]'"),
    ("long names", HUB, with_value("Go", "parameter_shortname", "Go and answer"), "longer than 8 letters"),
    ("buttons", HUB, with_value("Go", "parameter_button_mode", "Toggle"), "must be momentary"),
    ("buttons", HUB, with_box("Go", "transition", 2), "bangs when it is let go"),
    ("buttons", HUB, acts_when_let_go, "also when it is let go"),
    ("buttons", HUB, without_a_guard, "acts twice when it is pressed twice at once"),
    ("listed", HUB, with_value("Go", "parameter_order", 7), "and is ['Go', 'Go', 7]"),
    ("info", HUB, with_value("Go", "parameter_info", ""), "says nothing in the Info View"),
    ("info", HUB, with_box("Go", "annotation", "Stops."), "one thing as a box"),
    ("driven", HUB, driven_dial, "moves "),
    ("driven", HUB, dial_that_is_shown, "make it hidden"),
    ("banks", HUB, with_value("Go", "parameter_invisible", 1), "Go is in a bank, and is no automated parameter"),
    ("banks", HUB, lambda d: d["patcher"]["parameters"]["parameterbanks"].pop("3"), "Lock Alto is in 0 banks"),
    (
        "banks",
        HUB,
        lambda d: d["patcher"]["parameters"]["parameterbanks"]["1"]["parameters"].pop(),
        "has 7 places, not 8",
    ),
    ("banks", HUB, with_value("Mute Alto", "parameter_shortname", "Mute B"), "2 are called Mute B on Push"),
    ("banks", VOICE, retyped("live.banks", "change"), "no live.banks"),
    (
        "banks",
        HUB,
        lambda d: d["patcher"]["parameters"]["parameterbanks"]["1"].__setitem__("name", "The whole sound"),
        "is longer than 8 letters",
    ),
    ("places", HUB, moved("Go", [212.0, 6.5, 56.0, 36.0]), "lies between pixels"),
    ("places", HUB, moved("Panic", [212.0, 160.0, 56.0, 29.0]), "reaches outside"),
    ("places", HUB, moved("Go", [212.0, 20.0, 56.0, 36.0]), "lies over"),
    ("places", HUB, moved("Level", [334.0, 84.0, 78.0, 15.0]), "lies over"),
    ("places", HUB, moved("Page", [276.0, 6.0, 140.0, 16.0]), "pixels are free on the left"),
    ("pages", HUB, with_box("Level", "hidden", 0), "is seen before a page is chosen"),
    ("pages", HUB, with_box("Mode", "hidden", 1), "is hidden before a page is chosen"),
    ("pages", HUB, with_box("Level", "varname", "Other"), "is hidden, and no page shows it"),
    ("pages", HUB, with_box("Level", "varname", "Other"), "0 boxes are called Level"),
    ("words", HUB, with_box("Cadence", "text", "Come to a close now"), "is wider than 56 pixels"),
    ("words", HUB, with_value("Model", "parameter_enum", ["Auto", "a-very-very-long-model"]), "is wider than"),
    ("words", HUB, with_value("Page", "parameter_enum", ["Play", "Phrase", "Voices", "Settings"]), "is wider than"),
    ("colours", HUB, with_box("Go", "bgcolor", [1.0, 0.0, 0.0, 1.0]), "has a bgcolor of its own"),
    ("colours", VOICE, with_box("Offline", "saved_attribute_attributes", {}), "that no theme changes"),
    ("symbols", HUB, symbols_in_quotes, "fromsymbol makes words of it"),
    ("signs", HUB, retyped("qmetro 500", "metro 500"), "is never said while Live's audio engine is off"),
    ("signs", HUB, retyped("udpreceive 7400 @quiet 1", "udpreceive"), "has no port until it is told one"),
    ("notes", VOICE, bytes_go_nowhere, "does not lead to midiout"),
    ("objects", VOICE, retyped("midiformat", "noteout"), "does not surely reach the track"),
    ("drawing", HUB, drawn_in_the_scheduler, "is drawn in scheduler"),
    ("drawing", VOICE, note_drawn_in_the_scheduler, "is drawn in scheduler"),
    ("sounding", VOICE, silenced_by_the_mouse, "is reached in queue"),
    ("sounding", VOICE, another_device_plays, "is reached in another device"),
    ("sounding", VOICE, nothing_at_the_end, "is silent when the device is taken away"),
    ("sounding", VOICE, never_plays, "is never reached in the scheduler"),
]


@pytest.mark.parametrize(
    ("check", "device", "change", "words"),
    MUTATIONS,
    ids=[f"{number}-{check}" for number, (check, *_) in enumerate(MUTATIONS)],
)
def test_each_check_catches_its_fault(
    check: str,
    device: str,
    change: Change,
    words: str,
    shipped: dict[str, bytes],
    order_free: dict[str, frozenset[str]],
) -> None:
    container = unpack(shipped[device])
    change(container.patcher)
    data = pack(container.patcher, container.kind, container.meta, container.name, container.files)
    caught = faults(data, order_free[device])
    assert [fault for fault in caught if fault.startswith(f"{check}: ") and words in fault], caught


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data.replace(b"\t", b" "), "not indented by tabs"),
        (lambda data: data.replace(b"mmmm", b"iiii", 1), "must be a MIDI effect"),
        (lambda data: data[:-1], "says"),
        (lambda data: b"", "at byte 0"),
    ],
)
def test_bytes_are_checked(change: Callable[[bytes], bytes], words: str, shipped: dict[str, bytes]) -> None:
    caught = faults(change(shipped[VOICE]))
    assert [fault for fault in caught if fault.startswith("container: ") and words in fault], caught


def test_every_check_has_a_fault_to_catch() -> None:
    assert {check for check, *_ in MUTATIONS} == set(CHECKS)
