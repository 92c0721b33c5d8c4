"""What the player is told (``PlayerCommand``), and what it tells (``PlayerReport``)."""

from __future__ import annotations

from dataclasses import dataclass, field

from companion.clock.addresses import Addresses
from companion.io.events import PortBack, PortEvent, PortLost, PortMissing
from companion.music.sounding import ChannelNote, SoundingFrame
from companion.music.timebase import Timebase
from companion.player.channel_state import AT_REST, ProgramChange, Touch
from companion.player.lateness import Lateness


@dataclass(frozen=True)
class PlayFrames:
    """These steps are to sound so; a step that was sent before is replaced."""

    frames: tuple[SoundingFrame, ...]


@dataclass(frozen=True)
class ClearSteps:
    """The frames of these steps are withdrawn, both ends included."""

    first: int
    last: int


@dataclass(frozen=True)
class SetTimebase:
    """How music steps lie in time; None: the clock has stopped, nothing sounds, the frames are kept."""

    timebase: Timebase | None
    addresses: Addresses = field(default_factory=Addresses)  # how they lie in the song
    anew: bool = False  # another player was told of them before, and is gone


@dataclass(frozen=True)
class PlayNow:
    """A voice strikes at once, past the frames, and this is what it sounds from now on."""

    voice: int  # 0 soprano … 3 bass
    pitch: int  # 0: it stops
    velocity: int = 64
    channel: int = 0  # 0..15


@dataclass(frozen=True)
class EchoKey:
    """A key of the human player's, sounded for them."""

    pitch: int
    velocity: int  # 0: let go
    channel: int  # 0..15
    touch: Touch = AT_REST  # the pedal and the bend that its channel has when it goes down


@dataclass(frozen=True)
class EchoTouch:
    """The human player's pedal or bend has moved, on a channel on which keys of theirs are sounded."""

    channel: int  # 0..15
    touch: Touch


@dataclass(frozen=True)
class SetPrograms:
    """What channels sound like: told once, and again when the port is back."""

    programs: tuple[ProgramChange, ...]


@dataclass(frozen=True)
class Silence:
    """Everything is released at once and all frames are forgotten; answered by Silenced."""

    token: int


@dataclass(frozen=True)
class Panic:
    """As Silence, and all channels in use are told that no note is on."""

    token: int
    notes: tuple[ChannelNote, ...] = ()  # let go besides, and their channels told: what a lost player may have left
    touched: tuple[int, ...] = ()  # channels whose pedal and bend it may have left


@dataclass(frozen=True)
class SetOffset:
    """What is sent against the clock: later, or with a negative number earlier."""

    seconds: float


@dataclass(frozen=True)
class SetClick:
    """The beats of the bar are struck, or are not."""

    on: bool
    channel: int = 9  # 0..15
    counted_in: int = 0  # beats before this step of the music are struck in any case


@dataclass(frozen=True)
class Close:
    """Release everything, close the port, end."""


PlayerCommand = (
    PlayFrames
    | ClearSteps
    | SetTimebase
    | PlayNow
    | EchoKey
    | EchoTouch
    | SetPrograms
    | Silence
    | Panic
    | SetOffset
    | SetClick
    | Close
)


@dataclass(frozen=True)
class Ready:
    """The player runs."""

    port: str  # "" where none is open yet
    realtime: bool  # the system gives it precedence
    clock_port: str = ""  # where MIDI clock goes out; "" where it does not


@dataclass(frozen=True)
class HeldOver:
    """The frame of this step came after its time, or not at all; told once a step."""

    step: int


@dataclass(frozen=True)
class Silenced:
    """The last note-off of a Silence or a Panic was sent at ``at_s`` (time.perf_counter)."""

    token: int
    at_s: float


@dataclass(frozen=True)
class ClockLateness:
    """Of all ticks of MIDI clock that were sent so far."""

    lateness: Lateness  # at the return of the send call
    deviation: Lateness  # how much longer or shorter the time between two was than it should be


@dataclass(frozen=True)
class ClockPortNews:
    """What has become of the port that MIDI clock goes out on, where notes go out on another."""

    event: PortEvent


@dataclass(frozen=True)
class Fault:
    """Something that should not happen, in a line; everything was released."""

    text: str


PlayerReport = (
    Ready | Lateness | ClockLateness | HeldOver | PortLost | PortBack | PortMissing | ClockPortNews | Silenced | Fault
)
