"""A device as the document that Max opens: its patch, its parameters, its banks on Push."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from max_patches.amxd import MIDI_EFFECT
from max_patches.layout import place
from max_patches.patcher import DEVICE_HEIGHT, MAX_VERSION, Box, Data, Patcher

ANY: Final = ""  # as nearly all devices have it; a version here keeps a device from loading where it would work

_EPOCH_1904 = 3_800_000_000  # a date as Max counts it; always the same, so that a device is the same when built again
_BANK_SIZE = 8
_WORDS = ("comment", "live.comment")  # these say something of their own where they are given nothing
_EMPTY = "-"  # a place in a bank without a parameter


@dataclass(frozen=True)
class Device:
    """A device, ready to be written."""

    name: str  # of its file too
    description: str
    patcher: Patcher
    width: int  # pixels
    banks: dict[str, tuple[str, ...]] = field(default_factory=dict)  # name → Long Names, in Push's order
    mpe: bool = False  # it hands on MPE as it comes

    @property
    def file_name(self) -> str:
        """What the browser of Live shows, with its ending."""
        return f"{self.name}.amxd"

    def document(self) -> Data:
        """What Max reads."""
        return {"patcher": {**self._head(), **_boxes(self.patcher), **self._tail()}}

    def _head(self) -> Data:
        return {
            "fileversion": 1,
            "appversion": MAX_VERSION,
            "classnamespace": "box",
            "rect": [80.0, 120.0, 1100.0, 700.0],
            "openrect": [0.0, 0.0, float(self.width), float(DEVICE_HEIGHT)],
            "bglocked": 0,
            "openinpresentation": 1,
            "default_fontsize": 10.0,
            "default_fontface": 0,
            "default_fontname": "Arial Bold",
            "gridonopen": 0,
            "gridsize": [8.0, 8.0],
            "gridsnaponopen": 0,
            "objectsnaponopen": 1,
            "statusbarvisible": 2,
            "toolbarvisible": 1,
            "lefttoolbarpinned": 0,
            "toptoolbarpinned": 0,
            "righttoolbarpinned": 0,
            "bottomtoolbarpinned": 0,
            "toolbars_unpinned_last_save": 0,
            "tallnewobj": 0,
            "boxanimatetime": 500,
            "enablehscroll": 1,
            "enablevscroll": 1,
            "devicewidth": float(self.width),
            "description": self.description,
            "digest": self.name,
            "tags": "chorale",
            "style": "",
            "subpatcher_template": "",
            "assistshowspatchername": 0,
        }

    def _tail(self) -> Data:
        return {
            "parameters": self._parameters(),
            "dependency_cache": [],
            "latency": 0,
            "is_mpe": int(self.mpe),
            "external_mpe_tuning_enabled": 0,
            "minimum_live_version": ANY,
            "minimum_max_version": ANY,
            "platform_compatibility": 0,
            "project": _project(),
            "autosave": 0,
        }

    def _parameters(self) -> Data:
        entries: Data = {}
        for box in self.patcher.boxes:
            saved = box.data.get("saved_attribute_attributes", {}).get("valueof")
            if saved:
                entries[box.id] = [saved["parameter_longname"], saved["parameter_shortname"], saved["parameter_order"]]
        banks = {
            str(index): {"index": index, "name": name, "parameters": _filled(names)}
            for index, (name, names) in enumerate(self.banks.items())
        }
        return {**entries, "parameterbanks": banks, "inherited_shortname": 1}


def _filled(names: tuple[str, ...]) -> list[str]:
    return [*names, *[_EMPTY] * (_BANK_SIZE - len(names))]


def _project() -> Data:
    return {
        "version": 1,
        "creationdate": _EPOCH_1904,
        "modificationdate": _EPOCH_1904,
        "viewrect": [0.0, 0.0, 300.0, 500.0],
        "autoorganize": 1,
        "hideprojectwindow": 1,
        "showdependencies": 1,
        "autolocalize": 0,
        "contents": {"patchers": {}},
        "layout": {},
        "searchpath": {},
        "detailsvisible": 0,
        "amxdtype": int.from_bytes(MIDI_EFFECT, "big"),
        "readonly": 0,
        "devpathtype": 0,
        "devpath": ".",
        "sortmode": 0,
        "viewmode": 0,
        "includepackages": 0,
    }


def _room(patcher: Patcher) -> Data:
    return {
        "fileversion": 1,
        "appversion": MAX_VERSION,
        "classnamespace": "box",
        "rect": [80.0, 120.0, 1000.0, 640.0],
        "bglocked": 0,
        "openinpresentation": 0,
        "default_fontsize": 12.0,
        "default_fontface": 0,
        "default_fontname": "Arial",
        "gridonopen": 0,
        "gridsize": [15.0, 15.0],
        "gridsnaponopen": 0,
        "objectsnaponopen": 1,
        "statusbarvisible": 2,
        "toolbarvisible": 1,
        **_boxes(patcher),
    }


def _boxes(patcher: Patcher) -> Data:
    rects = place(patcher)
    return {
        "boxes": [{"box": _box(box, rects[box.id])} for box in patcher.boxes],
        "lines": [
            {"patchline": {"destination": [inlet.box.id, inlet.number], "source": [outlet.box.id, outlet.number]}}
            for outlet, inlet in patcher.cords
        ],
    }


def _box(box: Box, rect: tuple[int, int, int, int]) -> Data:
    data: Data = {
        "id": box.id,
        "maxclass": box.kind.name if box.kind.drawn else "newobj",
        "numinlets": box.inlets,
        "numoutlets": len(box.outlet_types),
        "patching_rect": [float(side) for side in rect],
        **box.data,
    }
    if box.outlet_types:
        data["outlettype"] = list(box.outlet_types)
    if box.text or box.kind.name in _WORDS:
        data["text"] = box.text
    if box.inside is not None:
        data["patcher"] = _room(box.inside)
    return dict(sorted(data.items()))
