"""Presets: written, read again, and what is wrong with them said by key."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.any_settings import NAMES, settings

from companion.controls.kinds import NetworkAddress
from companion.controls.knobs import Binding, ControlMap, Target, all_targets, read_target
from companion.controls.presets import (
    Preset,
    load_preset,
    preset_file,
    preset_folder,
    preset_names,
    read_preset,
    save_preset,
    write_preset,
)
from companion.controls.rig import Rig
from companion.controls.settings import Settings, VoiceSettings, change
from companion.controls.table import Choices, StyleDefaults
from companion.errors import BadSetting, OutputExists, OutputFailed

CHOICES = Choices(("gru",), (StyleDefaults("bach", 0.8, 0.95),))


@st.composite
def control_maps(draw: st.DrawFn) -> ControlMap:
    places = draw(st.sets(st.tuples(st.integers(0, 119), st.none() | st.integers(1, 16)), max_size=12))
    targets = st.sampled_from([*all_targets(), read_target("toggle voice/mute alto")])
    return ControlMap(tuple(Binding(number, draw(targets), channel) for number, channel in places))


def rigs() -> st.SearchStrategy[Rig]:
    ports, others = st.integers(1, 30000), st.integers(30001, 65535)
    return st.builds(
        Rig,
        inputs=st.lists(NAMES, max_size=3).map(tuple),
        output=st.none() | NAMES,
        clock_port=st.none() | NAMES,
        clock_out=st.none() | NAMES,
        input=st.sampled_from(["auto", "voices"]),
        echo=st.booleans(),
        midi=st.booleans(),
        osc_in=st.builds(NetworkAddress, st.sampled_from(["127.0.0.1", "0.0.0.0", "::1", "studio.local"]), ports),
        osc_out=others,
        choices_out=st.none() | others,
        clock=st.sampled_from(["internal", "midi", "link", "osc"]),
        bpm=st.floats(20, 400),
        metre=st.sampled_from(["4/4", "3/4", "7/8"]),
        offset_ms=st.floats(-1000, 1000),
    )


@given(st.builds(Preset, settings(), control_maps(), rigs()))
def test_what_is_written_is_read_again(preset: Preset) -> None:
    assert read_preset(write_preset(preset), "x.toml") == preset


def test_a_preset_that_says_nothing_is_as_without_one() -> None:
    assert read_preset("", "x.toml", CHOICES) == Preset()
    assert Preset() == Preset(Settings(), ControlMap(), Rig())


def test_a_preset_written_by_hand() -> None:
    text = """
        mode = "respond"
        key = "g minor"
        temperature = 1
        velocity = 90
        cc = [{number = 7, moves = "voice/mute 1", channel = 3}, {number = 64, moves = "toggle voice/lock bass"}]
        [voice.alto]
        lock = true
        octave = -1
        temperature = 0.5
        [voice.bass]
        velocity = "auto"
        [ports]
        in = ["Keystation", "IAC"]
        osc_in = "0.0.0.0:7401"
        osc_out = 9000
        midi = false
        [clock]
        clock = "midi"
        bpm = 96
    """
    voices = (
        VoiceSettings(channel=1),
        VoiceSettings(lock=True, octave=-1, channel=2, temperature=0.5),
        VoiceSettings(channel=3),
        VoiceSettings(channel=4),
    )
    assert read_preset(text, "x.toml", CHOICES) == Preset(
        Settings(mode="respond", key="G minor", temperature=1.0, velocity="90", voices=voices),
        ControlMap((Binding(7, Target("voice/mute", 0), 3), Binding(64, Target("voice/lock", 3, toggle=True)))),
        Rig(
            inputs=("Keystation", "IAC"),
            osc_in=NetworkAddress("0.0.0.0", 7401),
            osc_out=NetworkAddress("127.0.0.1", 9000),
            midi=False,
            clock="midi",
            bpm=96.0,
        ),
    )


def test_a_key_without_end_takes_no_memory() -> None:
    """tomllib would take a gigabyte for this one."""
    with pytest.raises(BadSetting, match=r"x\.toml: this is no preset$"):
        read_preset(f"{'a.' * 16_000}a = 1", "x.toml")


def test_no_control_changes_at_all() -> None:
    assert read_preset("cc = []", "x.toml").controls == ControlMap(())


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("temprature = 1", "unknown key 'temprature'; did you mean temperature?"),
        ("panic = 1", None),  # an action is no setting
        ("temperature = 12", "temperature must be from 0 to 10 or auto, not 12"),
        ("temperature = nan", "temperature must be from 0 to 10 or auto, not nan"),
        ("mode = 1979-05-27", None),
        ("model = 'gpt'", "model must be one of gru, not 'gpt'"),
        ("style = 'jazz'", "style must be one of bach, not 'jazz'"),
        ("[voice.alt]", "unknown key 'voice.alt'; did you mean alto?"),
        ("[voice.alto]\nlocks = 1", "unknown key 'voice.alto.locks'; did you mean lock?"),
        ("[voice.alto]\nlock = 3", "voice.alto.lock: voice/lock must be 0 or 1, not 3"),
        ("[voice.alto]\ntemperature = 11", "voice.alto.temperature: temperature must be from 0 to 10 or auto, not 11"),
        ("voice = 3", "voice must be a table, not 3"),
        ("[voice]\nalto = 3", "voice.alto must be a table, not 3"),
        ("cc = 20", "cc must be a list of tables, not 20"),
        ("cc = [20]", 'cc entry 1: this must be like { number = 20, moves = "temperature" }, not 20'),
        ("cc = [{number = 20}]", 'cc entry 1: this must be like { number = 20, moves = "temperature" }, not a dict'),
        ("cc = [{number = 20, moves = 'go', x = 1}]", "cc entry 1: unknown key 'x'; there are number, moves, channel"),
        ("cc = [{number = 120, moves = 'go'}]", None),
        ("cc = [{number = 1, moves = 'go'}, {number = 1, moves = 'stop'}]", "CC 1 is given twice, for go and for stop"),
        ("[ports]\ninputs = []", "unknown key 'ports.inputs'; did you mean input?"),
        ("[ports]\nin = 'Keys'", "in must be a list of names, not 'Keys'"),
        ("[ports]\nin = ['']", "in must be a list of names, not ['']"),
        ("[ports]\nosc_in = 0", "osc_in must be a port from 1 to 65535, or host:port, not 0"),
        ("[clock]\nclock = 'wall'", "clock must be one of internal, midi, link, osc, not 'wall'"),
        ("[clock]\nbpm = inf", "bpm must be from 20 to 400, not inf"),
        ('[clock]\nmetre = "5/3"', "metre must be a time signature such as 3/4, 6/8 or 7/8, not '5/3'"),
        ("[clock]\nmetre = 4", "metre must be a time signature such as 3/4, 6/8 or 7/8, not 4"),
        ("[clock]\nbpm = 500", "bpm must be from 20 to 400, not 500"),
        ("mode = ", "Invalid value (at end of document)"),
        (f"x = {'[' * 5000}", "this is no preset"),
        (f"seed = {'9' * 5000}", "this is no preset"),
    ],
)
def test_what_is_wrong_names_the_file_the_key_and_what_is_right(text: str, line: str | None) -> None:
    with pytest.raises(BadSetting) as fault:
        read_preset(text, "x.toml", CHOICES)
    assert str(fault.value).startswith("x.toml: ")
    assert str(fault.value).isprintable()
    assert line is None or str(fault.value) == f"x.toml: {line}"


@given(st.text(max_size=60))
def test_any_text_is_a_preset_or_a_fault_in_one_line(text: str) -> None:
    with suppress(BadSetting):
        read_preset(text, "x.toml")


def test_presets_are_saved_and_loaded_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "chorale" / "presets"  # not there yet
    preset = Preset(change(Settings(), "mode", ("duet",)))
    assert preset_names(folder) == []
    assert save_preset("live set", preset, folder) == folder / "live set.toml"
    assert load_preset("live set", folder) == preset
    assert preset_names(folder) == ["live set"]


def test_presets_are_saved_and_loaded_by_file(tmp_path: Path) -> None:
    path = str(tmp_path / "my.toml")
    save_preset(path, Preset(), tmp_path / "elsewhere")
    assert load_preset(path, tmp_path / "elsewhere") == Preset()
    assert not (tmp_path / "elsewhere").exists()


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    save_preset("a", Preset(), tmp_path)
    other = Preset(change(Settings(), "mode", ("duet",)))
    with pytest.raises(OutputExists, match=r"a\.toml exists"):
        save_preset("a", other, tmp_path)
    assert load_preset("a", tmp_path) == Preset()
    save_preset("a", other, tmp_path, force=True)
    assert load_preset("a", tmp_path) == other


@pytest.mark.parametrize("name", ["", " a", "a ", "con", "COM1", "a:b", "a.b", "*", "-", "\0"])
def test_names_that_no_file_may_have(name: str) -> None:
    with pytest.raises(BadSetting, match="a preset's name is of letters, digits"):
        preset_file(name, Path("folder"))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("live", "folder/live.toml"),
        ("Süd-2 b", "folder/Süd-2 b.toml"),
        ("live.toml", "live.toml"),
        ("./live", "live"),
        ("../x/live.toml", "../x/live.toml"),
        ("console", "folder/console.toml"),
    ],
)
def test_a_name_or_a_file(name: str, path: str) -> None:
    assert preset_file(name, Path("folder")) == Path(path)


def test_what_cannot_be_loaded_is_said(tmp_path: Path) -> None:
    save_preset("live", Preset(), tmp_path)
    (tmp_path / "latin.toml").write_bytes(b"style = '\xe9'")
    (tmp_path / "folder.toml").mkdir()

    def line(name: str) -> str:
        with pytest.raises(BadSetting) as fault:
            load_preset(name, tmp_path)
        return str(fault.value)

    assert line("liv") == f"unknown preset 'liv' (did you mean live?); in {tmp_path}: folder, latin, live"
    assert line("./no.toml") == "there is no preset no.toml"
    assert line("latin").startswith(f"cannot read the preset {tmp_path / 'latin.toml'}: ")
    assert line("folder") == f"cannot read {tmp_path / 'folder.toml'}: it is a folder"
    (tmp_path / "large.toml").write_bytes(b"#" * 100_001)
    assert line("large") == f"{tmp_path / 'large.toml'} is larger than 0.1 MB"
    assert line("a\0.toml") == "there is no preset a\0.toml"


def test_what_cannot_be_saved_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputFailed, match="cannot make the folder"):
        save_preset("a", Preset(), tmp_path / "file")
    with pytest.raises(OutputFailed, match="there is no folder"):
        save_preset(str(tmp_path / "no" / "a.toml"), Preset(), tmp_path)


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("linux", {}, "home/.config/chorale/presets"),
        ("linux", {"XDG_CONFIG_HOME": "/etc/mine"}, "/etc/mine/chorale/presets"),
        ("linux", {"XDG_CONFIG_HOME": "mine"}, "home/.config/chorale/presets"),
        ("darwin", {"XDG_CONFIG_HOME": "/etc/mine"}, "home/Library/Application Support/chorale/presets"),
        ("win32", {}, "home/AppData/Roaming/chorale/presets"),
        ("win32", {"APPDATA": "/roaming"}, "/roaming/chorale/presets"),
    ],
)
def test_where_presets_lie(
    platform: str, environ: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("home"))
    assert preset_folder(platform, environ) == Path(expected)


def test_a_user_without_a_home_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Any:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", nowhere)
    assert preset_folder("linux", {}) is None
    for work in (load_preset, lambda name, folder: save_preset(name, Preset(), folder)):
        with pytest.raises(BadSetting, match="give a preset as a file"):
            work("live", None)
    place = str(tmp_path / "a.toml")
    assert save_preset(place, Preset(), None) == Path(place)
    assert load_preset(place, None) == Preset()
    with pytest.raises(BadSetting, match=r"there is no preset .*b\.toml"):
        load_preset(str(tmp_path / "b.toml"), None)


def test_an_empty_home_is_none() -> None:
    assert preset_folder("linux", {"HOME": ""}) is None
    assert preset_folder("win32", {"HOME": "", "APPDATA": "/roaming"}) == Path("/roaming/chorale/presets")


def test_a_rig_is_checked_when_made() -> None:
    with pytest.raises(BadSetting, match="bpm must be from 20 to 400, not 5"):
        Rig(bpm=5)


@pytest.mark.parametrize("heard", [7402, "localhost:7402", "0.0.0.0:7402", "[::1]:7402"])
def test_a_rig_does_not_hear_itself(heard: Any) -> None:
    with pytest.raises(BadSetting, match="osc_in and osc_out must be two places"):
        Rig(osc_in=heard)
    apart: Any = "192.168.1.20:7402"
    assert Rig(osc_in=heard, osc_out=apart).osc_out.port == 7402
    with pytest.raises(BadSetting, match="osc_in and choices_out must be two places"):
        Rig(osc_in=heard, osc_out=apart, choices_out="7402")  # type: ignore[arg-type]
    assert Rig(osc_in=heard, osc_out=apart, choices_out=apart).choices_out == NetworkAddress("192.168.1.20", 7402)
