"""The settings that controls change; all that comes from outside goes through ``read_command`` and ``change``."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from companion.controls.kinds import Named, Number, Sent, read_arguments, shown
from companion.controls.table import (
    ACTION,
    ANY,
    CONTROL,
    CONTROLS,
    DEFAULT_MODEL,
    DEFAULT_STYLE,
    IN_FILES_ALONE,
    OF_A_VOICE,
    OF_ALL,
    USUAL_FOLLOW,
    VOICE_CONTROL,
    Choices,
    Control,
)
from companion.errors import BadSetting

_BY_NAME = {control.name: control for control in CONTROLS}


@dataclass(frozen=True)
class VoiceSettings:
    """What can be set for one voice."""

    lock: bool = False  # keep the player's notes exactly
    mute: bool = False  # do not sound it
    octave: int = 0  # sound it so many octaves higher, -3..3
    velocity: int | None = None  # 1..127; None: as the rule says
    channel: int = 1  # 1..16
    program: int | None = None  # 1..128; None: none is told
    bank: int | None = None  # 1..16384, which is MSB * 128 + LSB + 1; None: none is told
    temperature: float | None = None  # None: that of all voices

    def __post_init__(self) -> None:
        _check(self, OF_A_VOICE.values())


def _four_voices() -> tuple[VoiceSettings, ...]:
    return tuple(VoiceSettings(channel=number) for number in (1, 2, 3, 4))


@dataclass(frozen=True)
class Settings:
    """Everything a player can set; checked and brought into its normal form once, here."""

    mode: str = "continue"
    style: str = DEFAULT_STYLE
    model: str = DEFAULT_MODEL
    temperature: float | None = None  # None: the style's
    top_p: float | None = None  # None: the style's
    threshold: float | None = None  # of a key's chance, from the lowest up, in place of dice; None: dice
    density: float = 0.0  # nats off the score of a hold: above 0 more notes, below 0 fewer
    follow: float = USUAL_FOLLOW  # how far an answer takes after the phrase, 0 not at all … 1
    key: str | None = None  # such as "C major" or "F# minor"; None: as heard
    seed: int = 0
    velocity: str = "played"  # or "entropy" or "1" to "127"
    bars: int = 4
    grid: str = "beat"
    phrase_end: str = "sense"  # or "rest": always after the same silence
    rest_beats: float = 2.0  # the silence that ends every phrase
    click: bool = False  # strike the beats
    click_channel: int = 10  # 1..16
    count_in: int = 0  # bars of clicks before an answer that is asked for
    transpose: int = 0  # semitones by which all that sounds is higher
    voices: tuple[VoiceSettings, ...] = field(default_factory=_four_voices)  # soprano first

    def __post_init__(self) -> None:
        _check(self, (*OF_ALL.values(), *IN_FILES_ALONE.values()))
        if len(self.voices) != 4:
            raise ValueError(f"there are four voices, not {len(self.voices)}")


def _check(settings: object, controls: Iterable[Control]) -> None:
    for control in controls:
        (argument,) = [argument for argument in control.arguments() if argument.called]
        (value,) = read_arguments(control.name, (argument,), (getattr(settings, control.field),))
        object.__setattr__(settings, control.field, value)  # frozen, and not yet seen by anyone


@dataclass(frozen=True)
class Command:
    """A control or an action with its arguments, wherever it comes from."""

    name: str
    arguments: tuple[Sent, ...] = ()


def find_control(name: str) -> Control:
    """A control by its name; BadSetting suggests what may have been meant."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    close = difflib.get_close_matches(name, _BY_NAME, n=1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(_BY_NAME)}"
    raise BadSetting(f"unknown control {shown(name)}; {hint}")


def read_command(name: str, arguments: Sequence[object] = (), choices: Choices = ANY) -> Command:
    """A command in its normal form: voices as 1..4, on and off as 1 and 0.

    Raises:
        BadSetting: there is no such control, or it does not take these arguments.
    """
    control = find_control(name)
    values = _values(control, arguments, choices)
    kinds = [argument.kind for argument in control.arguments()]
    return Command(name, tuple(kind.sent(value) for kind, value in zip(kinds, values, strict=False)))


def change(settings: Settings, name: str, arguments: Sequence[object], choices: Choices = ANY) -> Settings:
    """The settings with one of them changed.

    Raises:
        BadSetting: there is no such control, it is an action, or it does not take these arguments.
    """
    control = find_control(name)
    if control.group == ACTION:
        raise BadSetting(f"{name} is an action, and sets nothing")
    values = _values(control, arguments, choices)
    if control.group == VOICE_CONTROL:
        return _with_voice(settings, values[0], control.field, values[1])
    if len(values) == 2:
        return _with_voice(settings, values[1], control.field, values[0])
    return replace(settings, **{control.field: values[0]})


def _values(control: Control, arguments: Sequence[object], choices: Choices) -> tuple[Any, ...]:
    if control.name == "key" and len(arguments) == 2:  # "C major" without quotes is two words in Max
        arguments = (" ".join(str(word) for word in arguments),)
    return read_arguments(control.name, control.arguments(choices), arguments)


def _with_voice(settings: Settings, voice: int, name: str, value: Any) -> Settings:
    voices = list(settings.voices)
    voices[voice] = replace(voices[voice], **{name: value})
    return replace(settings, voices=tuple(voices))


def settled(settings: Settings, choices: Choices) -> Settings:
    """The settings with what a style or all voices decide written out, as far as the style is known."""
    style = choices.defaults(settings.style)
    temperature, top_p = settings.temperature, settings.top_p
    if style is not None:
        temperature = style.temperature if temperature is None else temperature
        top_p = style.top_p if top_p is None else top_p
    voices = [
        replace(voice, temperature=temperature if voice.temperature is None else voice.temperature)
        for voice in settings.voices
    ]
    return replace(settings, temperature=temperature, top_p=top_p, voices=tuple(voices))


def drawing_words(settings: Settings, choices: Choices = ANY) -> tuple[str, ...]:
    """What the music is drawn with, for a view: the model, the style, every number, and what else is set."""
    numbers = settled(settings, choices)
    known = (*OF_ALL.values(), *IN_FILES_ALONE.values())
    drawn = [control for control in known if control.in_files and not isinstance(control.kind, Named)]
    given = [(control, getattr(numbers, control.field)) for control in drawn]
    usual = Settings()
    words = [
        f"{control.name.replace('_', '-')} {_short(value)}"
        for control, value in given
        if value is not None and (isinstance(control.kind, Number) or value != getattr(usual, control.field))
    ]
    return (settings.model, settings.style, *words)


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def state_items(settings: Settings, choices: Choices = ANY) -> list[tuple[str, tuple[Sent, ...]]]:
    """Every control with the arguments that set it as it is, in the order of the table.

    With the styles in ``choices``, what a style decides is given as the number that counts, so that a dial
    can show it; without them as ``auto``, and setting all items again gives the same settings.
    """
    numbers = settled(settings, choices) if choices.styles is not None else settings
    return [item for control in CONTROLS if control.group != ACTION for item in _items(control, numbers)]


def _items(control: Control, settings: Settings) -> list[tuple[str, tuple[Sent, ...]]]:
    assert control.kind is not None
    sent = control.kind.sent
    items: list[tuple[str, tuple[Sent, ...]]] = []
    if control.group == CONTROL:
        items.append((control.name, (sent(getattr(settings, control.field)),)))
    for number, voice in enumerate(settings.voices, start=1):
        if control.group == VOICE_CONTROL:
            items.append((control.name, (number, sent(getattr(voice, control.field)))))
        elif control.voice_too:
            items.append((control.name, (sent(getattr(voice, control.field)), number)))
    return items


def state_changes(before: Settings, after: Settings, choices: Choices = ANY) -> list[tuple[str, tuple[Sent, ...]]]:
    """What ``state_items`` says of ``after`` and did not say of ``before``."""
    known = set(state_items(before, choices))
    return [item for item in state_items(after, choices) if item not in known]
