"""What is said over OSC of clips: notes in numbered chunks, each small enough for any datagram, and their receipts.

A *request* is a number that all messages of one wish share, so that what is lost can be sent again and what comes
twice, or late, does no harm. The device's are above 0; the companion's own, of an answer that is kept, below.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from companion.controls.kinds import Argument, Number, OneOf, Sent, Switch, Whole
from companion.errors import BadSetting, one_line
from companion.music.vocabulary import VOICES

CLIP = "/chorale/clip/"

HARMONISE, CONTINUE, REWRITE = "harmonise", "continue", "rewrite"
MOST_CLIP_NOTES = 2000  # of the player's clip, or of four
LONGEST_CLIP_BEATS = 512.0  # quarter notes: 128 bars of 4/4
CHUNK_NOTES = 12  # 400 bytes at most: below 512, which every OSC implementation takes
MOST_CHUNKS = 2000  # of an answer; four voices that strike every step of the longest make fewer
HEADER = 0  # the number of the message that comes before the first chunk

_FARTHEST_BEAT = 4 * LONGEST_CLIP_BEATS
_FARTHEST_BAR = 9999
_HIGHEST_REQUEST = 2**31 - 1
_LONGEST_WORDS = 200

ClipMessage = tuple[str, tuple[Sent, ...]]


class ClipNote(NamedTuple):
    """A note of a clip, as Live counts it."""

    pitch: int
    start: float  # quarter notes from the beginning of the clip
    duration: float
    velocity: int


class ClipVoiceNote(NamedTuple):
    """A note of an answer."""

    voice: int  # 0 soprano … 3 bass
    note: ClipNote


class ClipMark(NamedTuple):
    """What is known of a note of a clip that is to be rewritten."""

    voice: int | None  # 0 soprano … 3 bass; None: all voices are in one clip
    chosen: bool  # it is selected


@dataclass(frozen=True)
class ClipAsk:
    """What is wanted of a clip whose notes follow."""

    request: int
    what: str  # HARMONISE, CONTINUE or REWRITE
    notes: int  # so many follow
    length: float  # quarter notes
    beats: int  # of a bar
    unit: int  # 4: a beat is a quarter
    bars: int  # CONTINUE: so many new ones
    turn: int  # added to the seed, so that the same wish again brings other music
    first: float = 0.0  # REWRITE: quarter notes; from there …
    stop: float = 0.0  # … to there
    bar: int = 1  # REWRITE: the number of the first bar, in Live's ruler

    @property
    def chunks(self) -> int:
        """So many messages bring the notes."""
        return -(-self.notes // CHUNK_NOTES)


@dataclass(frozen=True)
class ClipPart:
    """One chunk of the notes."""

    request: int
    chunk: int  # from 1
    notes: tuple[ClipNote, ...]
    marks: tuple[ClipMark, ...] = ()  # REWRITE: one for each


@dataclass(frozen=True)
class ClipGot:
    """A chunk of the answer, or its header, has arrived."""

    request: int
    chunk: int


@dataclass(frozen=True)
class ClipDrop:
    """The answer is not wanted any more."""

    request: int


@dataclass(frozen=True)
class ClipHere:
    """A device that writes clips is there."""

    always: bool  # every answer becomes clips, not only what is kept


ClipInbound = ClipAsk | ClipPart | ClipGot | ClipDrop | ClipHere


@dataclass(frozen=True)
class ClipAddress:
    """An address of the protocol."""

    name: str  # after CLIP
    head: tuple[Argument, ...]
    read: Callable[..., Any]  # takes the head's values, then a tuple for all groups
    doc: str
    group: tuple[Argument, ...] = ()  # come once, twice … so often as there are notes in a chunk


def _whole(name: str, low: int, high: int) -> Argument:
    return Argument(name, Whole(low, high))


def _ask(request: int, what: str, *values: Any) -> ClipAsk:
    ask = ClipAsk(request, what, *values)
    if what == REWRITE and not ask.first < ask.stop:
        raise BadSetting(f"stop must be above first ({ask.first:g}), not {ask.stop:g}")
    return ask


def _part(request: int, chunk: int, notes: Sequence[tuple[int, float, float, int]]) -> ClipPart:
    return ClipPart(request, chunk, tuple(ClipNote(*note) for note in notes))


def _voiced(request: int, chunk: int, notes: Sequence[tuple[int, bool, int, float, float, int]]) -> ClipPart:
    marks = tuple(ClipMark(voice - 1 if voice else None, chosen) for voice, chosen, *_ in notes)
    return ClipPart(request, chunk, tuple(ClipNote(*note[2:]) for note in notes), marks)


_REQUEST = _whole("request", 1, _HIGHEST_REQUEST)
_ANY_REQUEST = _whole("request", -_HIGHEST_REQUEST, _HIGHEST_REQUEST)
_NOTE = (
    _whole("pitch", 0, 127),
    Argument("start", Number(0, LONGEST_CLIP_BEATS, 0, 1)),
    Argument("duration", Number(0, _FARTHEST_BEAT, 0, 1)),
    _whole("velocity", 1, 127),
)

CLIP_HEARD = (
    ClipAddress(
        "ask",
        (
            _REQUEST,
            Argument("what", OneOf((HARMONISE, CONTINUE, REWRITE))),
            _whole("notes", 1, 10**9),
            Argument("length", Number(0, 10**9, 0, 1, above=True)),
            _whole("beats", 1, 99),
            _whole("unit", 1, 32),
            _whole("bars", 1, 64),
            _whole("turn", 0, _HIGHEST_REQUEST),
            Argument("first", Number(0, LONGEST_CLIP_BEATS, 0, 1), optional=True),
            Argument("stop", Number(0, LONGEST_CLIP_BEATS, 0, 1), optional=True),
            Argument("bar", Whole(-_FARTHEST_BAR, _FARTHEST_BAR), optional=True),
        ),
        _ask,
        "what is wanted of a clip, whose notes follow; said again, it asks how far it is; rewrite says from where to "
        "where, and the number of the first bar",
    ),
    ClipAddress(
        "part",
        (_REQUEST, _whole("chunk", 1, MOST_CHUNKS)),
        _part,
        "twelve of its notes, at the end fewer; times in quarter notes from the clip's beginning",
        _NOTE,
    ),
    ClipAddress(
        "voiced",
        (_REQUEST, _whole("chunk", 1, MOST_CHUNKS)),
        _voiced,
        "the same of rewrite: with the voice, 0 where all are in one clip, and whether the note is selected",
        (_whole("voice", 0, len(VOICES)), Argument("chosen", Switch()), *_NOTE),
    ),
    ClipAddress(
        "got", (_ANY_REQUEST, _whole("chunk", 0, MOST_CHUNKS)), ClipGot, "a chunk of the answer is there; 0 its header"
    ),
    ClipAddress("drop", (_ANY_REQUEST,), ClipDrop, "the answer is not wanted any more"),
    ClipAddress(
        "here",
        (Argument("always", Switch()),),
        ClipHere,
        "every two seconds: a device that writes clips is there; 1: it writes every answer, not only what is kept",
    ),
)

CLIP_SAID = (
    ("heard", "request chunk", "a chunk of the clip has arrived; 0: the wish itself"),
    ("working", "request done total", "so many of so many steps are made"),
    ("answer", "request notes length name", "an answer is ready: four clips so long, in quarter notes"),
    ("notes", "request chunk (voice pitch start duration velocity)…", "twelve of its notes, at the end fewer"),
    ("fault", "request text", "why there is no answer"),
)


def heard_chunk(request: int, chunk: int) -> ClipMessage:
    """A chunk of a clip has arrived."""
    return f"{CLIP}heard", (request, chunk)


def working(request: int, done: int, total: int) -> ClipMessage:
    """How far an answer is, in steps."""
    return f"{CLIP}working", (request, done, total)


def answer_header(request: int, notes: int, length: float, name: str) -> ClipMessage:
    """An answer of so many notes and quarter notes is to come."""
    return f"{CLIP}answer", (request, notes, float(length), one_line(name)[:_LONGEST_WORDS])


def answer_notes(request: int, chunk: int, notes: Sequence[ClipVoiceNote]) -> ClipMessage:
    """A chunk of an answer."""
    values: list[Sent] = []
    for voice, (pitch, start, duration, velocity) in notes:
        values += [voice + 1, pitch, float(start), float(duration), velocity]
    return f"{CLIP}notes", (request, chunk, *values)


def clip_fault(request: int, text: str) -> ClipMessage:
    """Why there is no answer."""
    return f"{CLIP}fault", (request, one_line(text)[:_LONGEST_WORDS])
