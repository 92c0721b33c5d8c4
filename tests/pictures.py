"""``python -m tests.pictures``: the pictures of docs/visuals.md, made anew in Chromium; one of them moves."""

from __future__ import annotations

import base64
import io
import sys
import time
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

HOME = Path(__file__).resolve().parents[1]
PLACE = HOME / "docs" / "visuals"
SIZE = (1100, 760)
TUNE = HOME / "docs" / "composing" / "old-hundredth.musicxml"
SEED, NOTE = 2, 25  # of the dice; the note that is pointed at
STAGE_SIZE = (800, 450)
FILMED_STEPS = (50, 104)  # of the demo: the last notes that are played in, and the answer to them
FILMED_EVERY_SECONDS = 1 / 12


def photograph(page: Path, place: Path, dark: bool) -> None:
    """The page as it is seen, with the pointer on a note."""
    from integration.chromium import BrowserTab  # noqa: PLC0415 - found by the tests' own path

    with TemporaryDirectory() as profile, BrowserTab(Path(profile)) as tab:
        tab.call("Emulation.setDeviceMetricsOverride", width=SIZE[0], height=SIZE[1], deviceScaleFactor=1, mobile=False)
        wanted = "dark" if dark else "light"
        tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": wanted}])
        tab.open(page)
        tab.run(f"choose(NOTES[{NOTE}])")
        place.write_bytes(base64.b64decode(tab.call("Page.captureScreenshot", format="png")["data"]))


def film(place: Path) -> None:
    """The stage of a demo, as an animated picture."""
    from integration.chromium import BrowserTab  # noqa: PLC0415
    from integration.staged import PAGE_ALONE, staged, wait_in  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    with (
        TemporaryDirectory() as folder,
        staged(Path(folder), "--seed", "3", command="demo") as jam,
        BrowserTab(Path(folder) / "profile", PAGE_ALONE) as tab,
    ):
        width, height = STAGE_SIZE
        tab.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        tab.open(jam.address)
        tab.run("showLegend(false)")
        first, last = FILMED_STEPS
        wait_in(tab, f"positionAt(jamTime()) > {first}")
        shots: list[tuple[float, bytes]] = []
        while tab.run("shown.position") < last:
            begun_s = time.perf_counter()
            shots.append((begun_s, base64.b64decode(tab.call("Page.captureScreenshot", format="png")["data"])))
            time.sleep(max(0.0, begun_s + FILMED_EVERY_SECONDS - time.perf_counter()))
    pictures = [Image.open(io.BytesIO(shot)).convert("RGB") for _, shot in shots]
    lasting = [round(1000 * (after - before)) for (before, _), (after, _) in pairwise(shots)]
    pictures[0].save(
        place, save_all=True, append_images=pictures[1:], duration=[*lasting, 1500], loop=0, quality=45, method=6
    )


def main() -> None:
    """Makes them."""
    from support.programs import run  # noqa: PLC0415

    with TemporaryDirectory() as folder:
        midi, trace, page = (Path(folder) / f"old-hundredth.{kind}" for kind in ("mid", "json", "html"))
        run("chorale", "continue", TUNE, "--seed", SEED, "-o", midi, "--trace", trace)
        run("chorale", "view", trace, "--no-open")
        PLACE.mkdir(exist_ok=True)
        photograph(page, PLACE / "view.png", dark=False)
    film(PLACE / "stage.webp")


if __name__ == "__main__":
    sys.path.insert(0, str(HOME / "tests"))
    main()
