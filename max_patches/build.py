"""Writes the devices and their pictures: ``python -m max_patches.build``. The same each time, to the byte."""

from __future__ import annotations

import sys
from pathlib import Path

from max_patches import hub, voice
from max_patches.amxd import pack
from max_patches.document import Device
from max_patches.picture import draw

HOME = Path(__file__).parent
_JAM = {
    "ShownState": "Online",
    "ShownPosition": "17.3",
    "ShownChord": "D7",
    "ShownKey": "G major",
    "ShownMode": "continue",
    "ShownBars": "3 bars left",
    "ShownMessage": "answering",
}
VIEWS: dict[str, dict[str, dict[str, str]]] = {  # the pages of a device, and what they are drawn with
    "Chorale Hub": {"": _JAM, "-phrase": {}, "-voices": {}, "-setup": {}},
}
DEVICES, PICTURES = HOME / "devices", HOME / "pictures"


def devices() -> tuple[Device, ...]:
    """Every device."""
    return hub.build(), voice.build()


def files() -> dict[Path, bytes]:
    """What is written, by place."""
    written: dict[Path, bytes] = {}
    for device in devices():
        document = device.document()
        written[DEVICES / device.file_name] = pack(document)
        name = device.name.lower().replace(" ", "-")
        for page, (after, shown) in enumerate(VIEWS.get(device.name, {"": {}}).items()):
            written[PICTURES / f"{name}{after}.svg"] = draw(document, page, shown).encode()
    return written


def main() -> None:
    """Write all, and say what has changed."""
    for path, data in files().items():
        before = path.read_bytes() if path.is_file() else b""
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        sys.stdout.write(f"{'same' if before == data else 'new '} {path.relative_to(HOME.parent)}\n")


if __name__ == "__main__":
    main()
