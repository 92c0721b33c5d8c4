"""The package as a new user gets it: built, installed without extras in a fresh environment, and run."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import mido
import pytest

ROOT = Path(__file__).resolve().parents[1]
LARGEST_SITE_PACKAGES = 210_000_000  # bytes, without what every environment has
OF_EVERY_ENVIRONMENT = ("pip", "setuptools", "pkg_resources", "_distutils_hack")
TRAINING_SIDE = ("tensorflow", "keras", "torch", "music21", "tf2onnx")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment into which the wheel was installed."""
    folder = tmp_path_factory.mktemp("install")
    source = folder / "source"
    files = subprocess.run(
        ["git", "ls-files", "-coz", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    for name in files:
        if name and (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(source)], folder)
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    run([str(python), "-m", "pip", "install", "-q", str(next(folder.glob("*.whl")))], folder)
    return python


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def site_packages(python: Path) -> Path:
    found = run([str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], python.parent)
    return Path(found.strip())


def test_brings_nothing_of_the_training_side_and_stays_light(python: Path) -> None:
    folder = site_packages(python)
    assert [name for name in TRAINING_SIDE if (folder / name).exists()] == []
    assert not (folder / "models").exists()
    brought = [each for each in folder.iterdir() if not each.name.startswith(OF_EVERY_ENVIRONMENT)]
    files = [path for each in brought for path in [each, *each.rglob("*")] if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= LARGEST_SITE_PACKAGES


def test_bundled_models_are_found_and_load(python: Path) -> None:
    listed = run([str(python.with_name("chorale")), "models"], python.parent)
    names = [line[2:].split()[0] for line in listed.splitlines() if " parameters " in line]
    assert names == sorted(path.stem for path in (ROOT / "models").glob("*.onnx"))
    assert "* bach " in listed


def test_demo_writes_four_voices_and_sound(python: Path, tmp_path: Path) -> None:
    run([str(python.with_name("chorale")), "demo", "--fast", "--seed", "1"], tmp_path)
    tracks = mido.MidiFile(tmp_path / "demo.mid").tracks
    assert [track.name for track in tracks] == ["Soprano", "Alto", "Tenor", "Bass"]
    for channel, track in enumerate(tracks):
        struck = [message for message in track if message.type == "note_on" and message.velocity]
        assert {message.channel for message in struck} == {channel}
        assert len(struck) >= 20
    assert (tmp_path / "demo.wav").stat().st_size > 1_000_000


def test_a_page_can_be_made_of_what_is_installed(python: Path, tmp_path: Path) -> None:
    run([str(python.with_name("chorale")), "demo", "--fast", "--seed", "1", "--trace", "demo.json"], tmp_path)
    run([str(python.with_name("chorale")), "view", "demo.json", "--no-open"], tmp_path)
    page = (tmp_path / "demo.html").read_text("utf-8")
    assert "function choirOf(" in page and "class Player" in page and "{{" not in page


def test_training_commands_say_how_to_install_the_extra(python: Path, tmp_path: Path) -> None:
    command = [str(python.with_name("chorale-train")), "fit", "gru"]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "chorale-train: keras, tensorflow, matplotlib not installed; run: pip install 'chorale-companion[train]'"
    ]


def test_the_service_says_how_to_install_its_extra(python: Path, tmp_path: Path) -> None:
    command = [str(python.with_name("chorale")), "serve"]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "chorale: to be asked over HTTP: pip install 'chorale-companion[serve]'\n"


def test_devices_ship(python: Path, tmp_path: Path) -> None:
    chorale = python.parent / "chorale"
    assert run([str(chorale), "devices"], tmp_path).count(".amxd") == 4
    run([str(chorale), "devices", "--install", str(tmp_path)], tmp_path)
    names = [f"Chorale {name}.amxd" for name in ("Clip", "Hub", "Start", "Voice")]
    assert sorted(path.name for path in tmp_path.glob("*.amxd")) == names
