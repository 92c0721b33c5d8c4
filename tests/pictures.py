"""``python -m tests.pictures``: the pictures of docs/visuals.md, made anew in Chromium."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HOME = Path(__file__).resolve().parents[1]
PLACE = HOME / "docs" / "visuals"
SIZE = (1100, 760)
TUNE = HOME / "docs" / "composing" / "old-hundredth.musicxml"
SEED, NOTE = 2, 25  # of the dice; the note that is pointed at


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


def main() -> None:
    """Makes them."""
    from support.programs import run  # noqa: PLC0415

    with TemporaryDirectory() as folder:
        midi, trace, page = (Path(folder) / f"old-hundredth.{kind}" for kind in ("mid", "json", "html"))
        run("chorale", "continue", TUNE, "--seed", SEED, "-o", midi, "--trace", trace)
        run("chorale", "view", trace, "--no-open")
        PLACE.mkdir(exist_ok=True)
        photograph(page, PLACE / "view.png", dark=False)


if __name__ == "__main__":
    sys.path.insert(0, str(HOME / "tests"))
    main()
