"""The devices and the companion speak of the same things: addresses, names, ranges, times."""

from __future__ import annotations

import re

import pytest
from support.devicefiles import enum_of, parameter, texts

from companion.controls.kinds import Number, Whole
from companion.controls.rig import OSC_PORT_IN, OSC_PORT_OUT
from companion.controls.settings import Settings, find_control
from companion.controls.table import ACTIONS as COMPANION_ACTIONS
from companion.controls.table import CONTROLS, GRIDS, MODES, PHRASE_ENDS
from companion.io import osc_messages
from companion.io.clip_messages import CLIP
from companion.io.osc_messages import INCOMING, OUTGOING, PREFIX, STATE_KEYS
from companion.io.osc_peer import ALIVE_SECONDS, OFFLINE_SECONDS
from companion.model.library import bundled_models
from companion.music.key import Key
from companion.music.vocabulary import VOICES
from companion.sampling.styles import STYLES, style
from max_patches import hub, names
from max_patches.build import HOME
from max_patches.checks import addresses
from max_patches.hubclips import CLIP_WORDS
from max_patches.hubface import COMMAND, HINT
from max_patches.reading import read

HEARD = {address.address for address in INCOMING} | {f"{PREFIX}{each.name}" for each in CONTROLS if each.in_live}
SPOKEN = {address.address for address in OUTGOING}
LAUNCHERS = HOME / "launchers"


def test_what_the_devices_say_the_companion_hears(shipped: dict[str, bytes]) -> None:
    script = (HOME / "scripts" / "chorale-clips.js").read_text("utf-8")
    said = addresses(read(shipped["Chorale Hub"]))["said"]
    said |= {f"{CLIP}{word}" for word in re.findall(r'tell\("(\w+)"', script)}
    said |= {f"{CLIP}{word}" for pair in re.findall(r'\? "(\w+)" : "(\w+)", request, chunk\]', script) for word in pair}
    assert said == HEARD


def test_what_the_companion_says_the_hub_knows(shipped: dict[str, bytes]) -> None:
    assert addresses(read(shipped["Chorale Hub"]))["known"] == SPOKEN


def test_the_hub_hands_on_what_is_said_of_clips_and_the_script_has_a_function_for_it(shipped: dict[str, bytes]) -> None:
    assert {f"{CLIP}{word}" for word in CLIP_WORDS} == {each for each in SPOKEN if each.startswith(CLIP)}
    script = (HOME / "scripts" / "chorale-clips.js").read_text("utf-8")
    prefixes = {text.split()[1] for text in texts(shipped["Chorale Hub"]) if text.startswith("prepend ")}
    for word in CLIP_WORDS:
        assert re.search(rf"^function {word}\(", script, re.MULTILINE) and word in prefixes


def test_a_voice_speaks_no_osc(shipped: dict[str, bytes]) -> None:
    assert addresses(read(shipped["Chorale Voice"])) == {"said": set(), "known": set()}


def test_keys_of_the_state_that_are_shown_exist(shipped: dict[str, bytes]) -> None:
    (shown,) = [text.split()[1:] for text in texts(shipped["Chorale Hub"]) if text.startswith("route chord ")]
    known = {control.name for control in CONTROLS} | {key.key for key in STATE_KEYS}
    assert set(shown) - known == set()


def test_numbers_of_the_protocol() -> None:
    assert hub.VERSION == osc_messages.VERSION
    assert (names.PORT_IN, names.PORT_OUT) == (OSC_PORT_IN, OSC_PORT_OUT)
    assert (hub.ALIVE_MS, hub.OFFLINE_MS) == (1000 * ALIVE_SECONDS, 1000 * OFFLINE_SECONDS)
    assert tuple(voice.lower() for voice in names.VOICES) == VOICES


def test_choices(shipped: dict[str, bytes]) -> None:
    data = shipped["Chorale Hub"]
    assert [label.lower() for label in enum_of(data, "Mode")] == list(MODES)
    assert [label.lower() for label in enum_of(data, "Answer Grid")] == list(GRIDS)
    assert [label.lower() for label in enum_of(data, "Phrase Ends")] == list(PHRASE_ENDS)
    assert enum_of(data, "Style") == ["Auto", *STYLES]
    auto, *models = enum_of(data, "Model")
    assert auto == "Auto"
    assert models[:3] == ["bach", "gru", "transformer"]  # as saved Sets know them
    assert sorted(models) == sorted(bundled_models())


@pytest.mark.parametrize("label", [label for label in (*enum_of(None, "Mode"), *enum_of(None, "Answer Grid"))])
def test_the_companion_reads_labels_as_they_are_written(label: str) -> None:
    control = find_control("mode" if label.lower() in MODES else "grid")
    assert control.kind is not None
    assert control.kind.read(label) == label.lower()


def test_every_action_has_a_button(shipped: dict[str, bytes]) -> None:
    buttons = {
        action: parameter(shipped["Chorale Hub"], action.capitalize())
        for action in COMPANION_ACTIONS
        if find_control(action).in_live
    }
    assert all(button["parameter_enum"] == ["Released", "Pressed"] for button in buttons.values())


@pytest.mark.parametrize(("name", "address"), [("Surprise", "temperature"), ("Density", "density"), ("Rest", "rest")])
def test_dials_stay_in_range(name: str, address: str, shipped: dict[str, bytes]) -> None:
    saved, kind = parameter(shipped["Chorale Hub"], name), find_control(address).kind
    assert isinstance(kind, Number)
    assert (saved["parameter_mmin"], saved["parameter_mmax"]) == (kind.knob_low, kind.knob_high)
    for value in (saved["parameter_mmin"], *saved["parameter_initial"], saved["parameter_mmax"]):
        assert kind.read(value) == value


def test_focus_is_what_the_share_leaves_out(shipped: dict[str, bytes]) -> None:
    saved, kind = parameter(shipped["Chorale Hub"], "Focus"), find_control("top_p").kind
    assert isinstance(kind, Number)
    shares = [1 - saved[f"parameter_m{end}"] / 100 for end in ("max", "min")]
    assert shares == [pytest.approx(kind.knob_low), kind.knob_high]


@pytest.mark.parametrize(
    ("name", "address", "low"),
    [("Length", "bars", 1), ("Level", "velocity", 0), ("Loudness Alto", "voice/velocity", 1),
     ("Channel Bass", "voice/channel", 1)],
)  # fmt: skip
def test_whole_numbers_are_in_range(name: str, address: str, low: int, shipped: dict[str, bytes]) -> None:
    """0 of Length is without an end, of a channel as it was started: not sent. Of a loudness it is the rule."""
    saved, kind = parameter(shipped["Chorale Hub"], name), find_control(address).kind
    assert kind is not None
    for value in (saved["parameter_mmin"] + low, saved["parameter_mmax"]):
        assert kind.read(value) in (value, str(value))


def test_octaves_keys_and_rules(shipped: dict[str, bytes]) -> None:
    data = shipped["Chorale Hub"]
    octaves, keys = find_control("voice/octave").kind, find_control("key").kind
    assert isinstance(octaves, Whole)
    assert keys is not None
    assert [int(label) for label in enum_of(data, "Octave Tenor")] == list(range(octaves.low, octaves.high + 1))
    named = [Key.of_name(str(keys.read(label))) for label in enum_of(data, "Key")[2:]]
    assert named == [Key(tonic, minor) for minor in (False, True) for tonic in range(12)]
    rules = find_control("velocity").kind
    assert rules is not None
    assert {rules.read(word) for word in ("played", "entropy")} == {"played", "entropy"}


def test_first_values_are_those_of_the_companion(shipped: dict[str, bytes]) -> None:
    data, settings = shipped["Chorale Hub"], Settings()
    first = {name: parameter(data, name)["parameter_initial"][0] for name in ("Mode", "Answer Grid", "Length", "Rest")}
    assert first == {
        "Mode": MODES.index(settings.mode),
        "Answer Grid": GRIDS.index(settings.grid),
        "Length": settings.bars,
        "Rest": settings.rest_beats,
    }
    usual = style(settings.style)
    surprise, focus, density = (
        parameter(data, name)["parameter_initial"][0] for name in ("Surprise", "Focus", "Density")
    )
    assert (surprise, pytest.approx(1 - focus / 100), density) == (usual.temperature, usual.top_p, settings.density)
    assert parameter(data, "Style Decides")["parameter_initial"] == [1]
    chosen = [(name, enum_of(data, name)[int(parameter(data, name)["parameter_initial"][0])]) for name in FIRST]
    assert dict(chosen) == FIRST


FIRST = {
    "Key": "Heard",
    "Phrase Ends": "Sense",
    "Loudness": "As played",
    "Octave Alto": "0",
    "Lock Alto": "Off",
    "Mute Alto": "Off",
}


def test_hint_and_launchers_name_one_command() -> None:
    assert HINT.endswith(COMMAND)
    for launcher in LAUNCHERS.glob("Chorale Companion.*"):
        assert f"{COMMAND} --record" in launcher.read_text("utf-8"), launcher.name
    setup = (LAUNCHERS.parents[1] / "docs" / "live-setup.md").read_text("utf-8")
    assert f"`{COMMAND}`" in setup
