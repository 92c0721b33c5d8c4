"""docs/protocol.md against the tables in the code, in both directions."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from companion.clips.desk import HERE_SECONDS
from companion.clips.parcel import AGAIN_SECONDS, MOST_TIMES
from companion.clock.transport import _SILENCE_SECONDS
from companion.controls.keymap import KEY_ROWS
from companion.controls.kinds import Argument, Turnable
from companion.controls.knobs import (
    DEFAULT_BINDINGS,
    GO_STOP,
    HIGHEST_NUMBER,
    PRESSED,
    Learning,
    all_targets,
    read_target,
)
from companion.controls.presets import Preset, read_preset, write_preset
from companion.controls.rig import OSC_PORT_IN, OSC_PORT_OUT, RIG_KEYS
from companion.controls.settings import Settings, find_control, state_items
from companion.controls.table import ACTION, CONTROL, CONTROLS, VOICE_CONTROL, Control
from companion.io import clip_messages, osc_messages
from companion.io.choice_messages import MOST_WEIGHTS, choice
from companion.io.clip_messages import (
    CHUNK_NOTES,
    LONGEST_CLIP_BEATS,
    MOST_CLIP_NOTES,
    ClipNote,
    ClipVoiceNote,
)
from companion.io.osc_messages import INCOMING, OUTGOING, PREFIX, STATE_KEYS, STREAMED, Message, OscFault, decode
from companion.io.osc_peer import ALIVE_SECONDS, OFFLINE_SECONDS
from companion.io.osc_port import SAFE_DATAGRAM, bundles
from companion.music.sounding import Part, SoundingFrame
from companion.music.vocabulary import FIRST_STRIKE, HIGHEST_PITCH, HOLD, LOWEST_PITCH, REST, VOCABULARY_SIZE, VOICES
from companion.streams.choices import MOST_A_SECOND, MOST_TOGETHER

DOCUMENT = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text("utf-8")


def section(title: str) -> str:
    """What stands under a heading, up to the next."""
    found = re.findall(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", DOCUMENT, re.DOTALL | re.MULTILINE)
    assert len(found) == 1, f"{len(found)} sections are called {title}"
    return str(found[0])


def rows(title: str) -> list[list[str]]:
    """The table under a heading, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    assert len(lines) > 2
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def ranges(arguments: tuple[Argument, ...]) -> str:
    return "; ".join(f"{argument.name} {argument.kind.words()}" for argument in arguments)


def default(control: Control) -> str:
    """What is sent for the settings as they are at first; four values where the voices differ."""
    settings = Settings()
    if control.group == CONTROL:
        values = [values[0] for name, values in state_items(settings) if name == control.name][:1]
    else:
        values = [values[1] for name, values in state_items(settings) if name == control.name]
    return ", ".join(dict.fromkeys(f"{value:g}" if isinstance(value, float) else str(value) for value in values))


def arguments_of(example: str) -> list[int | float | str]:
    """The words of an example after its address, as OSC would bring them."""
    words = shlex.split(example.strip("`"))[1:]
    number = re.compile(r"-?\d+(\.\d+)?")
    return [(float(w) if "." in w else int(w)) if number.fullmatch(w) else w for w in words]


@pytest.mark.parametrize(("title", "group"), [("Controls", CONTROL), ("Controls of a voice", VOICE_CONTROL)])
def test_controls(title: str, group: str) -> None:
    expected = [
        [
            code(f"{PREFIX}{control.name}"),
            code(control.usage),
            control.arguments()[-1 if group == VOICE_CONTROL else 0].kind.words(),
            default(control),
            control.doc,
        ]
        for control in CONTROLS
        if control.group == group
    ]
    assert [row[:-1] for row in rows(title)] == expected


def test_actions() -> None:
    expected = [
        [code(f"{PREFIX}{control.name}"), code(control.usage), ranges(control.arguments()), control.doc]
        for control in CONTROLS
        if control.group == ACTION
    ]
    assert [row[:-1] for row in rows("Actions")] == expected


def test_what_the_companion_hears() -> None:
    expected = [
        [code(incoming.address), code(incoming.usage), ranges(incoming.arguments + incoming.group), incoming.doc]
        for incoming in INCOMING
    ]
    assert [row[:-1] for row in rows("From the device")] == expected


@pytest.mark.parametrize("title", ["From the device", "Actions", "Controls", "Controls of a voice"])
def test_examples_of_what_comes_in_are_understood(title: str) -> None:
    for row in rows(title):
        example = row[-1].strip("`")
        assert code(example.split()[0]) == row[0]
        assert not isinstance(decode(example.split()[0], arguments_of(example)), OscFault), example


def test_what_the_companion_says() -> None:
    expected = [[code(outgoing.address), code(outgoing.usage), outgoing.doc] for outgoing in OUTGOING]
    assert [row[:-1] for row in rows("To the device")] == expected


def example_messages() -> list[Message]:
    """The examples of the document, as the code makes them."""
    parts = (Part(72, True, 90, 0), Part(67, False, 84, 1), Part(64, False, 84, 2), Part(None, False, 1, 3))
    notes = (ClipVoiceNote(0, ClipNote(67, 0, 1, 96)), ClipVoiceNote(3, ClipNote(43, 0, 2, 80)))
    return [
        osc_messages.hello(8253),
        osc_messages.alive(8253),
        osc_messages.frame(132, SoundingFrame(4, parts)),
        osc_messages.now(3, 48, 90),
        osc_messages.clear(136, 151),
        osc_messages.confidence(132, (0.12, 1.5, 0.75, 0)),
        osc_messages.state("voice/mute", (2, 1)),
        osc_messages.status("take saved"),
        osc_messages.error("/chorale/keep: keep takes no arguments, not 1 argument"),
        osc_messages.latency(0.11, 0.42, 0),
        clip_messages.heard_chunk(4711, 1),
        clip_messages.working(4711, 24, 32),
        clip_messages.answer_header(4711, 2, 8, "G major seed 7 14:05"),
        clip_messages.answer_notes(4711, 1, notes),
        clip_messages.clip_fault(4711, "the seed holds no notes"),
    ]


def test_examples_of_what_goes_out_are_made_by_the_code() -> None:
    shown = [(row[-1].strip("`").split()[0], tuple(arguments_of(row[-1]))) for row in rows("To the device")]
    assert shown == example_messages()


def test_what_is_told_for_pictures() -> None:
    said, tokens = rows("Choices")[: len(STREAMED)], rows("Choices")[-3:]
    assert said == [[code(each.address), code(each.usage), each.doc] for each in STREAMED]
    assert tokens == [
        [f"`p{REST}`", "a rest"],
        [f"`p{HOLD}`", "going on with the pitch that sounds"],
        [
            f"`p{FIRST_STRIKE}`…`p{VOCABULARY_SIZE - 1}`",
            f"a note that begins on pitch {LOWEST_PITCH}…{HIGHEST_PITCH}",
        ],
    ]


def test_words_on_choices() -> None:
    text = " ".join(section("Choices").split())
    assert f"At most {MOST_A_SECOND:g} steps a second" in text and f"{MOST_TOGETHER} at once" in text
    assert f"larger than {SAFE_DATAGRAM} bytes" in text and f"{MOST_WEIGHTS} weights" in text
    four = [choice(132, voice, 60, 0.5, 1.5, [0.0] * VOCABULARY_SIZE) for voice in range(len(VOICES))]
    assert [len(bundle) for bundle in bundles(four)] == [1168] and "the four choices have 1168" in text


def test_state() -> None:
    assert [row for row in rows("State") if row[0] != "every control"] == [
        [code(key.key), code(key.usage), key.doc] for key in STATE_KEYS
    ]


def test_no_address_is_named_that_does_not_exist_and_none_is_left_out() -> None:
    named = set(re.findall(rf"(?<![\w.]){PREFIX}[a-z_]+(?:/[a-z_]+)?", DOCUMENT))  # no folder of that name
    known = {f"{PREFIX}{control.name}" for control in CONTROLS}
    known |= {address.address for address in (*INCOMING, *OUTGOING, *STREAMED)}
    assert named == known


def test_numbers() -> None:
    assert rows("Numbers") == [
        ["version of this protocol", str(osc_messages.VERSION)],
        ["UDP port of the companion", str(OSC_PORT_IN)],
        ["UDP port of the device", str(OSC_PORT_OUT)],
        ["seconds between two signs of life", f"{ALIVE_SECONDS:g}"],
        ["seconds without one that are offline", f"{OFFLINE_SECONDS:g}"],
    ]


def turnable(target: str) -> Turnable | None:
    parsed = read_target(target)
    return None if parsed.is_button else find_control(parsed.name).kind


def value_words(target: str) -> str:
    kind = turnable(target)
    return "button" if kind is None else kind.knob_words()


def test_control_changes() -> None:
    assert rows("Control changes") == [
        [str(binding.number), code(str(binding.target)), value_words(str(binding.target))]
        for binding in DEFAULT_BINDINGS
    ]


def test_what_else_can_be_assigned() -> None:
    usual = {binding.target.name for binding in DEFAULT_BINDINGS}
    others = dict.fromkeys(target.name for target in all_targets() if target.name not in usual)
    expected = []
    for name in others:
        voiced = find_control(name).group == VOICE_CONTROL
        expected.append([code(f"{name} VOICE" if voiced else name), value_words(f"{name} 1" if voiced else name)])
    assert rows("Other targets") == expected


def test_words_on_control_changes() -> None:
    text = section("Control changes") + section("Other targets")
    assert f"rise through {PRESSED}" in text
    assert f"0 to {HIGHEST_NUMBER}" in text
    assert f"{Learning.QUIET_SECONDS:g} s" in text
    assert GO_STOP in text


def test_words_on_time() -> None:
    assert f"after {_SILENCE_SECONDS:g} s without it" in section("Time")


def test_words_on_clips() -> None:
    text = " ".join(section("Clips").split())
    assert f"{MOST_CLIP_NOTES} notes and {LONGEST_CLIP_BEATS:g} quarter notes" in text
    assert f"after {AGAIN_SECONDS:g} s, twenty times" in text and MOST_TIMES == 20
    assert "every two seconds" in text and "for five" in text and HERE_SECONDS == 5
    assert "chunks of twelve notes" in text and CHUNK_NOTES == 12


def test_channels() -> None:
    assert rows("Channels") == [
        [str(number), name, str(voice.channel)]
        for number, (name, voice) in enumerate(zip(VOICES, Settings().voices, strict=True), start=1)
    ]


def test_preset_keys() -> None:
    assert rows("Presets") == [[code(f"{key.table}.{key.key}"), key.kind.words(), key.doc] for key in RIG_KEYS]


def test_example_presets_are_read() -> None:
    examples = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
    assert len(examples) == 1
    preset = read_preset(examples[0], "the example")
    assert preset != Preset()
    assert read_preset(write_preset(preset), "again") == preset


def test_keys_are_those_of_the_table() -> None:
    table = DOCUMENT.split("## Keys\n")[1]
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    assert rows == [f"| `{key.label}` | {key.text} |" for key in KEY_ROWS]
