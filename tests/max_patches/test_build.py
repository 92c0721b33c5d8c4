"""What is shipped is what the code builds, and it can be read back."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from max_patches.amxd import unpack
from max_patches.build import DEVICES, HOME, PICTURES, devices, files
from max_patches.picture import draw
from max_patches.reading import read


def test_shipped_files_are_those_that_are_built() -> None:
    """python -m max_patches.build brings them up to date."""
    there = {path: path.read_bytes() for folder in (DEVICES, PICTURES) for path in folder.iterdir()}
    built = files()
    assert sorted(path.relative_to(HOME) for path in there) == sorted(path.relative_to(HOME) for path in built)
    assert [path.name for path in built if there[path] != built[path]] == []


def test_building_twice_gives_the_same() -> None:
    assert files() == files()


def test_a_device_read_back_is_its_document(shipped: dict[str, bytes]) -> None:
    for device in devices():
        container = unpack(shipped[device.name])
        assert (container.kind, container.meta, container.patcher) == (b"mmmm", 0, device.document())


def test_no_file_is_needed(shipped: dict[str, bytes]) -> None:
    for data in shipped.values():
        assert unpack(data).patcher["patcher"]["dependency_cache"] == []


def test_pictures_show_every_control_and_every_word(shipped: dict[str, bytes]) -> None:
    for data in shipped.values():
        document = unpack(data).patcher
        pages = range(max(1, len(read(data).patch.pages)))
        words = " ".join(text for page in pages for text in ET.fromstring(draw(document, page)).itertext())
        assert "drawing" in words
        for box in (box["box"] for box in document["patcher"]["boxes"]):
            if not box.get("presentation") or box["maxclass"] not in ("live.text", "live.tab", "live.comment"):
                continue
            saved = box.get("saved_attribute_attributes", {}).get("valueof", {})
            said = saved.get("parameter_enum", []) if box["maxclass"] == "live.tab" else [box["text"]]
            assert [word for word in said if "".join(word.split()) not in "".join(words.split())] == []
