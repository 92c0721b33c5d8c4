"""Control changes: which knob, fader or button moves which control.

    Target         what is moved: a control, that of one voice, an action, or the pair go/stop
    Binding        a control change that moves it
    ControlMap     all bindings; a value, changed by ``bound``
    ControlReader  control changes in, commands out; remembers which buttons are down
    Learning       asks for one target after the other, and binds what moves

A knob sets a value outright: choices split 0..127 evenly, and a switch is on from 64. A button acts on the
rise through 64, so that the same value sent again does nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from companion.controls.kinds import Argument, Sent, Switch, Voice, Whole, read_arguments
from companion.controls.settings import Command, Settings, find_control, read_command
from companion.controls.table import ACTION, ANY, CONTROLS, VOICE_CONTROL, Choices, Control
from companion.errors import BadSetting

HIGHEST_NUMBER = 119  # those above are channel mode messages: 120 all sound off, 123 all notes off
PRESSED = 64

GO_STOP = "go/stop"  # one button: stops while the companion answers, else makes it answer
_TOGGLE = "toggle "

_VOICE = Argument("voice", Voice())
_NUMBER = Argument("control change", Whole(0, HIGHEST_NUMBER))
_CHANNEL = Argument("channel", Whole(1, 16))


@dataclass(frozen=True)
class Target:
    """What a control change moves; written ``temperature``, ``voice/mute alto``, ``toggle voice/lock bass``."""

    name: str  # of a control or an action, or GO_STOP
    voice: int | None = None  # 0..3
    toggle: bool = False  # a switch as a button: each press turns it over

    @property
    def is_button(self) -> bool:
        """It acts on being pressed, and has no value."""
        return self.toggle or self.name == GO_STOP or find_control(self.name).group == ACTION

    def __str__(self) -> str:
        words = [self.name] if self.voice is None else [self.name, _voice_names()[self.voice]]
        return f"{_TOGGLE if self.toggle else ''}{' '.join(words)}"

    def arguments(self, value: Sent) -> tuple[Sent, ...]:
        """Those of the command that sets this value."""
        if self.voice is None:
            return (value,)
        return find_control(self.name).of_voice(self.voice + 1, value)


def _voice_names() -> tuple[str, ...]:
    from companion.music.vocabulary import VOICES  # noqa: PLC0415 - brings numpy

    return VOICES


def read_target(text: str) -> Target:
    """A target as it is written.

    Raises:
        BadSetting: there is no such control, or a voice is missing or too much.
    """
    toggle = text.startswith(_TOGGLE)
    name, *rest = text.removeprefix(_TOGGLE).split() or [""]
    control = None if name == GO_STOP else find_control(name)
    if toggle and not (control is not None and isinstance(control.kind, Switch)):
        raise BadSetting(f"{name} cannot be toggled: only what is on or off can")
    (voice,) = read_arguments(name, _voice_argument(control), rest) or (None,)
    return Target(name, voice, toggle)


def _voice_argument(control: Control | None) -> tuple[Argument, ...]:
    if control is not None and control.group == VOICE_CONTROL:
        return (_VOICE,)
    if control is not None and control.voice_too:
        return (Argument(_VOICE.name, _VOICE.kind, optional=True),)
    return ()


def all_targets() -> tuple[Target, ...]:
    """Everything that can be moved, first what is moved by default."""
    every = [target for control in CONTROLS for target in _targets(control)]
    usual = [binding.target for binding in DEFAULT_BINDINGS]
    return (*usual, *(target for target in every if target not in usual))


def _targets(control: Control) -> Iterator[Target]:
    if control.group != VOICE_CONTROL:
        yield Target(control.name)
    if control.group == VOICE_CONTROL or control.voice_too:
        yield from (Target(control.name, voice) for voice in range(4))


@dataclass(frozen=True)
class Binding:
    """A control change and what it moves."""

    number: int  # 0..119
    target: Target
    channel: int | None = None  # 1..16; None: on any

    def __post_init__(self) -> None:
        read_arguments("binding", (_NUMBER,), (self.number,))
        if self.channel is not None:
            read_arguments("binding", (_CHANNEL,), (self.channel,))

    @property
    def place(self) -> str:
        """The control change in words."""
        return f"CC {self.number}" + ("" if self.channel is None else f" on channel {self.channel}")


def _usual_bindings() -> Iterator[Binding]:
    for control in CONTROLS:
        if control.cc is not None and control.group == VOICE_CONTROL:
            yield from (Binding(control.cc + voice, Target(control.name, voice)) for voice in range(4))
        elif control.cc is not None:
            yield Binding(control.cc, Target(GO_STOP if control.name == "go" else control.name))


DEFAULT_BINDINGS = tuple(sorted(_usual_bindings(), key=lambda binding: binding.number))


@dataclass(frozen=True)
class ControlMap:
    """Which control change moves what; at most one binding for a control change on a channel."""

    bindings: tuple[Binding, ...] = DEFAULT_BINDINGS

    def __post_init__(self) -> None:
        places: dict[tuple[int, int | None], Binding] = {}
        for binding in self.bindings:
            other = places.setdefault((binding.number, binding.channel), binding)
            if other is not binding:
                raise BadSetting(f"{binding.place} is given twice, for {other.target} and for {binding.target}")

    def find(self, number: int, channel: int) -> Binding | None:
        """What a control change on channel 1..16 moves; one of that channel goes before one of any."""
        for wanted in (channel, None):
            for binding in self.bindings:
                if (binding.number, binding.channel) == (number, wanted):
                    return binding
        return None

    def bound(self, new: Binding) -> tuple[ControlMap, tuple[Binding, ...]]:
        """The map with one binding more, and those that had to go: of this control change, or to this target."""
        gone = tuple(old for old in self.bindings if _in_the_way(old, new))
        return ControlMap((*(old for old in self.bindings if old not in gone), new)), gone


def _in_the_way(old: Binding, new: Binding) -> bool:
    same_place = old.number == new.number and (new.channel is None or old.channel in (None, new.channel))
    return same_place or old.target == new.target


class ControlReader:
    """Turns control changes into commands."""

    def __init__(self, bindings: ControlMap) -> None:
        self.map = bindings  # may be replaced while playing
        self._last: dict[tuple[int, int], int] = {}  # by channel and number: the last value

    def receive(
        self, number: int, value: int, channel: int, settings: Settings, answering: bool, choices: Choices = ANY
    ) -> Command | None:
        """What a control change (channel 0..15, as on the wire) tells; None where it tells nothing.

        Args:
            settings: as they are, for what is toggled.
            answering: the companion answers now, so that go/stop stops it.
            choices: the models and styles there are, among which a knob chooses.
        """
        before = self._last.get((channel, number), 0)
        self._last[channel, number] = value
        binding = self.map.find(number, channel + 1)
        if binding is None:
            return None
        if not binding.target.is_button:
            return _turned(binding.target, value, choices)
        return _pressed(binding.target, settings, answering) if before < PRESSED <= value else None


def _turned(target: Target, value: int, choices: Choices) -> Command | None:
    kind = find_control(target.name).kind
    assert kind is not None  # only an action may have none, and it is a button
    kind = choices.narrowed(kind)
    try:
        return Command(target.name, target.arguments(kind.sent(kind.knob(value))))
    except ValueError:  # nothing to choose among
        return None


def _pressed(target: Target, settings: Settings, answering: bool) -> Command:
    if target.name == GO_STOP:
        return Command("stop" if answering else "go")
    if not target.toggle:
        return Command(target.name)
    of = settings if target.voice is None else settings.voices[target.voice]
    on = getattr(of, find_control(target.name).field)
    return read_command(target.name, target.arguments(int(not on)))


class Learning:
    """Binds one target after the other to the control change that moves next."""

    QUIET_SECONDS = 0.5  # a knob goes on sending after it is bound: so long a silence, and the next may move

    def __init__(self, bindings: ControlMap, targets: Sequence[Target], *, any_channel: bool = True) -> None:
        """Args: targets: in the order in which they are asked for; any_channel: bind it on all channels."""
        self.map = bindings
        self._targets = list(targets)
        self._any_channel = any_channel
        self._quiet_from_s: float | None = None

    @property
    def asked(self) -> Target | None:
        """The target that waits for a control change; None when all are done."""
        return self._targets[0] if self._targets else None

    def skip(self) -> None:
        """Leaves this target as it is."""
        self._targets = self._targets[1:]

    def receive(self, number: int, value: int, channel: int, time_s: float) -> str | None:
        """A control change (channel 0..15) at a time; what was bound, as a line for the player."""
        if self.asked is None or number > HIGHEST_NUMBER:
            return None
        if self._quiet_from_s is not None and time_s < self._quiet_from_s:
            self._quiet_from_s = time_s + self.QUIET_SECONDS
            return None
        if value == 0:  # a button let go; a knob on its way says other values too
            return None
        self._quiet_from_s = time_s + self.QUIET_SECONDS
        binding = Binding(number, self.asked, None if self._any_channel else channel + 1)
        self.map, gone = self.map.bound(binding)
        self.skip()
        return _said(binding, gone)


def _said(binding: Binding, gone: Sequence[Binding]) -> str:
    lost = [str(old.target) for old in gone if old.target != binding.target]
    moved = [old.place for old in gone if old.target == binding.target and old.place != binding.place]
    words = [f"{binding.place} moves {binding.target}"]
    words += [f"no longer {', '.join(lost)}"] if lost else []
    words += [f"{', '.join(moved)} is free"] if moved else []
    return "; ".join(words)
