"""The Max for Live devices that ship with the package: finding them, and copying them to Live's User Library."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from companion.errors import OutputFailed
from companion.files.opening import read_file
from companion.files.writing import refuse_existing, write_output

INSTALLED, REPLACED, THERE, KEPT = "installed", "replaced", "already there", "kept as it was"

_IN_LIBRARY = Path("Presets", "MIDI Effects", "Max MIDI Effect")  # where Live looks for MIDI effects of one's own
_LIBRARY = Path("Ableton", "User Library")


@dataclass(frozen=True)
class Installed:
    """What has become of one device."""

    path: Path
    what: str  # INSTALLED, REPLACED, THERE or KEPT

    def __str__(self) -> str:
        return f"{self.what}: {self.path}"


def bundled_devices() -> dict[str, Path]:
    """The devices that ship with the package, by name."""
    folder = Path(str(files("companion"))) / "devices_data"
    if not folder.is_dir():  # a checkout: the devices lie beside the package
        folder = folder.parent.parent / "max_patches" / "devices"
    return {path.stem: path for path in sorted(folder.glob("*.amxd"))}


def device_folder(folder: Path | None = None, *, platform: str = sys.platform, home: Path | None = None) -> Path:
    """Where devices are copied to.

    Args:
        folder: one of the user's; a User Library is recognised, and its place for MIDI effects taken. None: the
            User Library where Live puts it.

    Raises:
        OutputFailed: there is no such folder, or no User Library where one would be.
    """
    if folder is None:
        return _user_library(platform, home or Path(os.path.expanduser("~"))) / _IN_LIBRARY  # noqa: PTH111 - never raises
    if not folder.is_dir():
        raise OutputFailed(f"there is no folder {folder}; name one that exists, or Live's User Library")
    is_library = folder.name == _LIBRARY.name or (folder / "Presets").is_dir()
    return folder / _IN_LIBRARY if is_library else folder


def _user_library(platform: str, home: Path) -> Path:
    places = list(_usual_places(platform, home))
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        looked = f"no Live User Library at {places[0]}" if places else "Live does not run on this system"
        raise OutputFailed(f"{looked}; name a folder: chorale devices --install FOLDER")
    return found


def _usual_places(platform: str, home: Path) -> Iterator[Path]:
    if platform == "darwin":
        yield home / "Music" / _LIBRARY
    elif platform == "win32":
        yield home / "Documents" / _LIBRARY
        yield home / "OneDrive" / "Documents" / _LIBRARY  # where Windows has moved the documents


def install_devices(
    folder: Path | None = None,
    *,
    confirm: Callable[[Path], bool] | None = None,
    force: bool = False,
) -> list[Installed]:
    """Copy every device; one that is there and the same is left alone.

    Args:
        folder: as in ``device_folder``.
        confirm: asks whether another file of this name may be replaced.
        force: replace without asking.

    Raises:
        OutputExists: another file is there, and there is neither ``confirm`` nor ``force``; nothing was copied.
        OutputFailed: a folder or a file could not be written.
    """
    place = device_folder(folder)
    devices = {place / path.name: path.read_bytes() for path in bundled_devices().values()}
    if not devices:
        raise OutputFailed("the devices are missing from this installation; install chorale-companion again")
    _make(place)
    if confirm is None and not force:
        for path, data in devices.items():
            if not _same(path, data):
                refuse_existing(path)
    return [_install(path, data, confirm, force) for path, data in devices.items()]


def _make(place: Path) -> None:
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise OutputFailed(f"cannot make the folder {place}: {fault.strerror or fault}") from None


def _same(path: Path, data: bytes) -> bool:
    with suppress(OutputFailed):  # it is not there, or may not be read
        return read_file(path, len(data), OutputFailed) == data
    return False


def _install(path: Path, data: bytes, confirm: Callable[[Path], bool] | None, force: bool) -> Installed:
    if _same(path, data):
        return Installed(path, THERE)
    there = os.path.lexists(path)
    if there and not force and confirm is not None and not confirm(path):
        return Installed(path, KEPT)
    write_output(path, data, force=there)
    return Installed(path, REPLACED if there else INSTALLED)
