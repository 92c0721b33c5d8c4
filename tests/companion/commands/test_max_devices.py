"""The Max for Live devices: found, and copied to Live's User Library without harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from companion.commands.max_devices import (
    INSTALLED,
    KEPT,
    REPLACED,
    THERE,
    Installed,
    bundled_devices,
    device_folder,
    install_devices,
)
from companion.errors import OutputExists, OutputFailed

NAMES = ["Chorale Clip", "Chorale Hub", "Chorale Start", "Chorale Voice"]
OTHERS = ["Chorale Clip", "Chorale Hub", "Chorale Start"]
EFFECTS = Path("Presets", "MIDI Effects", "Max MIDI Effect")


def outcomes(done: list[Installed]) -> list[tuple[str, str]]:
    return [(one.path.stem, one.what) for one in done]


def refuse(path: Path) -> bool:
    raise AssertionError(f"asked about {path}")


def test_devices_are_there() -> None:
    devices = bundled_devices()
    assert list(devices) == NAMES
    assert all(path.read_bytes().startswith(b"ampf") for path in devices.values())


@pytest.mark.parametrize(
    ("platform", "library"),
    [
        ("darwin", Path("Music", "Ableton", "User Library")),
        ("win32", Path("Documents", "Ableton", "User Library")),
        ("win32", Path("OneDrive", "Documents", "Ableton", "User Library")),
    ],
)
def test_the_library_of_live_is_found(platform: str, library: Path, tmp_path: Path) -> None:
    (tmp_path / library).mkdir(parents=True)
    assert device_folder(platform=platform, home=tmp_path) == tmp_path / library / EFFECTS


@pytest.mark.parametrize(("platform", "words"), [("darwin", "no Live User Library at"), ("linux", "does not run")])
def test_without_a_library_a_folder_is_asked_for(platform: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(OutputFailed, match=f"{words}.*chorale devices --install FOLDER"):
        device_folder(platform=platform, home=tmp_path)


def test_a_folder_of_ones_own(tmp_path: Path) -> None:
    assert device_folder(tmp_path) == tmp_path
    with pytest.raises(OutputFailed, match="there is no folder"):
        device_folder(tmp_path / "none")


def test_a_library_somewhere_else_is_recognised(tmp_path: Path) -> None:
    named = tmp_path / "User Library"
    named.mkdir()
    filled = tmp_path / "Mine"
    (filled / "Presets").mkdir(parents=True)
    assert device_folder(named) == named / EFFECTS
    assert device_folder(filled) == filled / EFFECTS


def test_install_and_again(tmp_path: Path) -> None:
    library = tmp_path / "User Library"
    library.mkdir()
    assert outcomes(install_devices(library, confirm=refuse)) == [(name, INSTALLED) for name in NAMES]
    for name, path in bundled_devices().items():
        assert (library / EFFECTS / f"{name}.amxd").read_bytes() == path.read_bytes()
    assert outcomes(install_devices(library, confirm=refuse)) == [(name, THERE) for name in NAMES]


def test_another_file_is_replaced_only_when_told(tmp_path: Path) -> None:
    mine = tmp_path / "Chorale Voice.amxd"
    mine.write_bytes(b"mine")
    with pytest.raises(OutputExists, match="Chorale Voice"):
        install_devices(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["Chorale Voice.amxd"]
    asked: list[Path] = []

    def no(path: Path) -> bool:
        asked.append(path)
        return False

    assert outcomes(install_devices(tmp_path, confirm=no)) == [
        *((name, INSTALLED) for name in OTHERS),
        ("Chorale Voice", KEPT),
    ]
    assert (asked, mine.read_bytes()) == ([mine], b"mine")
    done = install_devices(tmp_path, confirm=lambda path: path == mine)
    assert outcomes(done) == [*((name, THERE) for name in OTHERS), ("Chorale Voice", REPLACED)]
    assert mine.read_bytes() == bundled_devices()["Chorale Voice"].read_bytes()


def test_force_does_not_ask(tmp_path: Path) -> None:
    (tmp_path / "Chorale Hub.amxd").write_bytes(b"old")
    done = install_devices(tmp_path, confirm=refuse, force=True)
    assert outcomes(done) == [(name, REPLACED if name == "Chorale Hub" else INSTALLED) for name in NAMES]


def test_a_place_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    library = tmp_path / "User Library"
    library.mkdir()
    (library / "Presets").write_text("a file")
    with pytest.raises(OutputFailed, match="cannot make the folder"):
        install_devices(library)
    (tmp_path / "Chorale Hub.amxd").mkdir()
    with pytest.raises(OutputFailed, match="it is a folder"):
        install_devices(tmp_path, force=True)


def test_outcomes_read_well(tmp_path: Path) -> None:
    assert str(Installed(tmp_path / "Chorale Hub.amxd", THERE)) == f"already there: {tmp_path / 'Chorale Hub.amxd'}"
