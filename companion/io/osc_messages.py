"""What is said over OSC: every address of the protocol with its arguments, read and written.

Pure: ``decode`` turns an address and its arguments into a value, or into an ``OscFault`` whose text goes
back as ``/chorale/error``; the functions below it write what goes out, as an address and arguments.
Voices are 0..3 and channels 0..15 in here, 1–4 and 1–16 in messages.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from companion.clock.tempo import FASTEST_BPM, SLOWEST_BPM
from companion.controls.kinds import Argument, Number, Sent, Switch, Whole, read_arguments, usage
from companion.controls.settings import Command, read_command
from companion.controls.table import CONTROLS, HIGHEST_SEED, OF_ALL, VOICE_CONTROL
from companion.errors import BadSetting, one_line
from companion.io.choice_messages import CHOICE_SAID
from companion.io.clip_messages import CLIP, CLIP_HEARD, CLIP_SAID, ClipInbound
from companion.music.sounding import Part, SoundingFrame

PREFIX = "/chorale/"
VERSION = 1  # of the protocol

LONGEST_TEXT = 400  # of a status or an error, so that it stays one small datagram
_FARTHEST_STEP = 10_000_000  # a week at 240 bpm

Message = tuple[str, tuple[Sent, ...]]


@dataclass(frozen=True)
class Hello:
    """The other side has started, or wants to know everything."""

    version: int
    session: int  # another one after each start


@dataclass(frozen=True)
class Alive:
    """The other side is there."""

    session: int


@dataclass(frozen=True)
class PlayedNote:
    """The player's key."""

    pitch: int
    velocity: int  # 0: released
    channel: int  # 0..15


@dataclass(frozen=True)
class PlayedPedal:
    """The player's sustain pedal."""

    down: bool
    channel: int  # 0..15


@dataclass(frozen=True)
class TransportReport:
    """Where Live stands."""

    playing: bool
    step: float  # song position in 16ths
    tempo: float  # quarter notes a minute
    beats: int | None = None  # of a bar; None: not said
    unit: int | None = None  # 4: a beat is a quarter


@dataclass(frozen=True)
class LoopReport:
    """Live's loop brace."""

    on: bool
    start: float  # steps
    end: float


@dataclass(frozen=True)
class OscFault:
    """A message that means nothing; the text says why."""

    text: str


Inbound = Hello | Alive | PlayedNote | PlayedPedal | TransportReport | LoopReport | Command | ClipInbound | OscFault


@dataclass(frozen=True)
class Incoming:
    """An address that the companion hears, besides those of the controls."""

    address: str
    arguments: tuple[Argument, ...]
    read: Callable[..., Inbound]
    doc: str
    group: tuple[Argument, ...] = ()  # come after the others, as often as they like

    @property
    def usage(self) -> str:
        """The arguments in words."""
        return usage(self.arguments) + (f" ({usage(self.group)})…" if self.group else "")

    def decoded(self, given: Sequence[object]) -> Inbound:
        """What these arguments mean; BadSetting says what is wrong with them."""
        head = len(self.arguments) if self.group else len(given)
        values = read_arguments(self.address, self.arguments, given[:head])
        if not self.group:
            return self.read(*values)
        size = len(self.group)
        groups = [given[place : place + size] for place in range(head, len(given), size)]
        return self.read(*values, tuple(read_arguments(self.address, self.group, one) for one in groups))


def _step(name: str) -> Argument:
    return Argument(name, Number(-_FARTHEST_STEP, _FARTHEST_STEP, 0, 1))


def _whole(name: str, low: int, high: int, *, optional: bool = False) -> Argument:
    return Argument(name, Whole(low, high), optional)


def _on(name: str) -> Argument:
    return Argument(name, Switch())


def _note(pitch: int, velocity: int, channel: int = 1) -> PlayedNote:
    return PlayedNote(pitch, velocity, channel - 1)


def _pedal(down: bool, channel: int = 1) -> PlayedPedal:
    return PlayedPedal(down, channel - 1)


def _transport(
    playing: bool, step: float, tempo: float, beats: int | None = None, unit: int | None = None
) -> TransportReport:
    if beats is not None and unit is None:
        raise BadSetting("beats comes with unit")
    if unit is not None and unit & (unit - 1):
        raise BadSetting(f"unit must be 1, 2, 4, 8, 16 or 32, not {unit}")
    return TransportReport(playing, step, tempo, beats, unit)


def _loop(on: bool, start: float, end: float) -> LoopReport:
    if on and not start < end:
        raise BadSetting(f"end must be above start ({start:g}), not {end:g}")
    return LoopReport(on, start, end)


_SESSION = _whole("session", 0, HIGHEST_SEED)
_VERSION = _whole("version", 0, 9999)

INCOMING = (
    Incoming(f"{PREFIX}hello", (_VERSION, _SESSION), Hello, "answered by hello and the whole state"),
    Incoming(f"{PREFIX}alive", (_SESSION,), Alive, "twice a second, both ways; two seconds without it is offline"),
    Incoming(
        f"{PREFIX}note",
        (_whole("pitch", 0, 127), _whole("velocity", 0, 127), _whole("channel", 1, 16, optional=True)),
        _note,
        "the player's key; velocity 0 is note-off",
    ),
    Incoming(
        f"{PREFIX}pedal",
        (_on("down"), _whole("channel", 1, 16, optional=True)),
        _pedal,
        "the player's sustain pedal: keys let go while it is down sound on",
    ),
    Incoming(
        f"{PREFIX}transport",
        (
            _on("playing"),
            _step("step"),
            Argument("tempo", Number(SLOWEST_BPM, FASTEST_BPM, SLOWEST_BPM, FASTEST_BPM)),
            _whole("beats", 1, 99, optional=True),
            _whole("unit", 1, 32, optional=True),
        ),
        _transport,
        "Live's song position in 16ths, tempo and time signature",
    ),
    Incoming(
        f"{PREFIX}loop",
        (_on("on"), _step("start"), _step("end")),
        _loop,
        "the plan goes on across the wrap at start",
    ),
    *(Incoming(f"{CLIP}{clip.name}", clip.head, clip.read, clip.doc, clip.group) for clip in CLIP_HEARD),
)

_INCOMING = {incoming.address: incoming for incoming in INCOMING}
_SIGNS = (f"{PREFIX}hello", f"{PREFIX}alive", f"{PREFIX}loop")
_PANIC, _TRANSPORT = f"{PREFIX}panic", f"{PREFIX}transport"
_CONTROLS = {f"{PREFIX}{control.name}": control.name for control in CONTROLS}
_OF_VOICES = {f"{PREFIX}{control.name}" for control in CONTROLS if control.group == VOICE_CONTROL}
_UNDERSTOOD = frozenset(address.encode() for address in (*_INCOMING, *_CONTROLS))


def decode(address: str, arguments: Sequence[object]) -> Inbound:
    """What a message means; an OscFault where it means nothing."""
    # Names of models and styles are checked where these are known, when the command is carried out.
    if address == _PANIC:  # a button that sends its value with it is heard all the same
        return Command("panic")
    try:
        if address in _CONTROLS:
            return read_command(_CONTROLS[address], arguments)
        if address in _INCOMING:
            return _INCOMING[address].decoded(arguments)
    except BadSetting as fault:
        text = str(fault)
        return OscFault(_text(text if text.startswith(address) else f"{address}: {text}"))
    return OscFault(unknown_address(address))


def what_it_sets(address: str, arguments: tuple[object, ...]) -> Hashable | None:
    """The same for messages of which only the last counts; None where each counts, as notes do."""
    control = OF_ALL.get(address.removeprefix(PREFIX))
    if address in (_TRANSPORT, _PANIC):
        return address
    if address in _SIGNS:
        return address, arguments
    if control is not None:
        return address, arguments[1:]
    return (address, arguments[:1]) if address in _OF_VOICES else None


def verdict(address: bytes) -> str | None:
    """None for an address that the companion hears; what is said of another, "" for one that a companion speaks to.

    Those are never answered: two companions, or one that hears itself, would never end.
    """
    if address in _UNDERSTOOD:
        return None
    return "" if address in _SPOKEN_TO else unknown_address(address.decode())


def unknown_address(address: str) -> str:
    """What is said of an address that there is not."""
    return _text(f"unknown address {address[:60]}{_hint(address)}")


@functools.lru_cache(256)
def _hint(address: str) -> str:
    """What may have been meant: with a beginning that all share, all addresses would look alike."""
    names = {known.removeprefix(PREFIX): known for known in (*_INCOMING, *_CONTROLS)}
    close = difflib.get_close_matches(address[:60].removeprefix(PREFIX), names, n=1)
    return f"; did you mean {names[close[0]]}?" if close else ""


@dataclass(frozen=True)
class Outgoing:
    """An address that the companion speaks to."""

    address: str
    usage: str
    doc: str


OUTGOING = (
    Outgoing(f"{PREFIX}hello", "version session", "the answer to hello, and unasked after a start"),
    Outgoing(f"{PREFIX}alive", "session", "twice a second"),
    Outgoing(f"{PREFIX}frame", "step S A T B vS vA vT vB", "what the voices do in a step, ahead of it; replaces"),
    Outgoing(f"{PREFIX}now", "voice pitch velocity", "sound at once, past the store of frames; pitch 0: stop"),
    Outgoing(f"{PREFIX}clear", "first last", "the frames of these steps, both included, are withdrawn"),
    Outgoing(f"{PREFIX}confidence", "step e1 e2 e3 e4", "how open each choice was, entropy in bits; 0 is certain"),
    Outgoing(f"{PREFIX}state", "key value…", "one message a key, on hello and on every change"),
    Outgoing(f"{PREFIX}status", "text", "a line for the player"),
    Outgoing(f"{PREFIX}error", "text", "a line that says what was wrong; nothing was changed"),
    Outgoing(f"{PREFIX}latency", "p50_ms p99_ms late", "how late notes left, and how many steps were missed"),
    *(Outgoing(f"{CLIP}{name}", words, doc) for name, words, doc in CLIP_SAID),
)
STREAMED = tuple(Outgoing(*said) for said in CHOICE_SAID)  # not to the device, but where it is asked for
_SPOKEN_TO = frozenset(each.address.encode() for each in (*OUTGOING, *STREAMED))


@dataclass(frozen=True)
class StateKey:
    """A key of the state that no control sets."""

    key: str
    usage: str
    doc: str


STATE_KEYS = (
    StateKey("connected", "on", "1: hello and alive came from the device"),
    StateKey("chord", "name", "the chord that sounds; empty for none"),
    StateKey("bars_left", "n", "bars until the answer ends; -1 while it has no end"),
    StateKey("models", "name…", "the models there are"),
    StateKey("styles", "name…", "the styles there are"),
)


def hello(session: int) -> Message:
    """The companion is there, or there again."""
    return f"{PREFIX}hello", (VERSION, session)


def alive(session: int) -> Message:
    """The companion is still there."""
    return f"{PREFIX}alive", (session,)


def frame(address_step: int, sounding: SoundingFrame) -> Message:
    """What the voices do at one of Live's steps, which the caller has found for the frame's own."""
    parts = sounding.parts
    velocities = (part.velocity if part.pitch else 0 for part in parts)
    return f"{PREFIX}frame", (address_step, *(_part(part) for part in parts), *velocities)


def _part(part: Part) -> int:
    """+p strikes, −p goes on, 0 rests. MIDI note 0 has no sign; at 8 Hz it is no loss, and rests."""
    if part.pitch is None:
        return 0
    return part.pitch if part.struck else -part.pitch


def now(voice: int, pitch: int, velocity: int) -> Message:
    """A voice (0..3) sounds a pitch at once, or with pitch 0 nothing."""
    return f"{PREFIX}now", (voice + 1, pitch, velocity)


def clear(first: int, last: int) -> Message:
    """The frames of these of Live's steps, both included, are withdrawn."""
    return f"{PREFIX}clear", (first, last)


def confidence(address_step: int, entropies_bits: Sequence[float]) -> Message:
    """How open the choices of a step were, soprano first."""
    return f"{PREFIX}confidence", (address_step, *(float(bits) for bits in entropies_bits))


def state(key: str, values: Sequence[Sent]) -> Message:
    """One key of the state, as ``companion.controls.table.state_items`` has them, or of STATE_KEYS."""
    return f"{PREFIX}state", (key, *(_sent(value) for value in values))


def _sent(value: Sent) -> Sent:
    if isinstance(value, str):
        return _text(value)
    return int(value) if isinstance(value, bool) else value  # Max knows no OSC booleans


def status(text: str) -> Message:
    """A line for the player."""
    return f"{PREFIX}status", (_text(text),)


def error(text: str) -> Message:
    """A line that says what was wrong."""
    return f"{PREFIX}error", (_text(text),)


def latency(p50_ms: float, p99_ms: float, late: int) -> Message:
    """How late notes left the companion, and how many steps missed their time."""
    return f"{PREFIX}latency", (float(p50_ms), float(p99_ms), late)


def _text(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= LONGEST_TEXT else f"{line[: LONGEST_TEXT - 1]}…"
