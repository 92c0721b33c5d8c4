"""Boxes and cords."""

from __future__ import annotations

import pytest

from max_patches.layout import place
from max_patches.objects import KINDS, words
from max_patches.patcher import Patcher, PatchError


def test_cords() -> None:
    patch = Patcher("a patch")
    metro, both, step = patch.add("metro 20"), patch.add("t b 0"), patch.add("expr $f1 + $f2")
    assert (metro >> both) is both
    both[1] >> step.inlet(1)
    both[0] >> patch.add("transport")
    laid = [(outlet.box.text, outlet.number, inlet.box.text, inlet.number) for outlet, inlet in patch.cords]
    assert laid == [
        ("metro 20", 0, "t b 0", 0),
        ("t b 0", 1, "expr $f1 + $f2", 1),
        ("t b 0", 0, "transport", 0),
    ]
    assert [box.id for box in patch.boxes] == ["obj-1", "obj-2", "obj-3", "obj-4"]


def test_what_cannot_be() -> None:
    patch = Patcher("a patch")
    change = patch.add("change")
    with pytest.raises(PatchError, match="change has no outlet 3, but 3"):
        change[3]
    with pytest.raises(PatchError, match="change has no inlet 1, but 1"):
        change.inlet(1)
    with pytest.raises(PatchError, match="v8 is not in the table"):
        patch.add("v8 thing")
    change >> patch.add("i")
    with pytest.raises(PatchError, match="speaks to two from outlet 0; use a trigger"):
        change >> patch.add("f")
    with pytest.raises(PatchError, match="cannot leave it"):
        change[1] >> Patcher("another").add("i")


@pytest.mark.parametrize(
    ("text", "inlets", "outlets"),
    [
        ("t b i f l 7", 1, ("bang", "int", "float", "", "int")),
        ("sel 0 1", 3, ("bang", "bang", "")),
        ("route a", 2, ("", "")),
        ("gate 4", 2, ("", "", "", "")),
        ("gate 1 1", 2, ("",)),
        ("switch 4", 5, ("",)),
        ("pack 0 0. 120. 4 4", 5, ("",)),
        ("unpack 0 0.", 1, ("int", "float")),
        ("pipe 0 0 0", 3, ("int", "int")),
        ("expr ($i2 >= 0) && ($i1 - $i2 >= 4)", 2, ("",)),
        ("sprintf %.1f / %.1f ms late %ld", 3, ("",)),
        ("metro 16n @quantize 16n @active 1", 2, ("bang",)),
        ("coll chorale-A-frames 1", 1, ("", "", "", "")),
        ("+ 0.", 2, ("float",)),
    ],
)
def test_counts_of_what_is_typed(text: str, inlets: int, outlets: tuple[str, ...]) -> None:
    box = Patcher("a patch").add(text)
    assert (box.inlets, box.outlet_types) == (inlets, outlets)


def test_short_names_are_the_same_objects() -> None:
    assert [words(text)[0] for text in ("t b", "i", "f", "sel 0", "s x", "r x")] == [
        "trigger", "int", "float", "select", "send", "receive",
    ]  # fmt: skip
    assert words("metro 20 @active 1") == ("metro", ("20",))


def test_every_object_says_what_it_does_and_where_that_is_written() -> None:
    for kind in KINDS.values():
        assert kind.does
        assert kind.reference.startswith("https://docs.cycling74.com/reference/")


def test_boxes_do_not_lie_over_each_other() -> None:
    patch = Patcher("a patch")
    for _ in range(3):
        patch.add("metro 20") >> patch.add("t b 0") >> patch.add("transport")
    rects = list(place(patch).values())
    for one in rects:
        over = [
            other
            for other in rects
            if one[0] < other[0] + other[2]
            and other[0] < one[0] + one[2]
            and one[1] < other[1] + other[3]
            and other[1] < one[1] + one[3]
        ]
        assert over == [one]
