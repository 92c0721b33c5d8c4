"""What the device that writes clips asks for, and what it is given.

A wish is taken in chunk by chunk; when all are there it is made, beside the jam; the answer goes out as a parcel.
Whatever is lost is asked for again by whoever misses it: the device says its wish again, the companion its chunks.
One wish at a time: another one takes its place.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from companion.clips.maker import ClipMade, ClipMaker, ClipNews
from companion.clips.making import ClipWish
from companion.clips.music import ClipAnswer
from companion.clips.parcel import Parcel
from companion.clips.tape import ClipTape
from companion.controls.settings import Settings
from companion.io.clip_messages import (
    CHUNK_NOTES,
    HEADER,
    LONGEST_CLIP_BEATS,
    MOST_CLIP_NOTES,
    REWRITE,
    ClipAsk,
    ClipDrop,
    ClipGot,
    ClipHere,
    ClipInbound,
    ClipMark,
    ClipMessage,
    ClipNote,
    ClipPart,
    clip_fault,
    heard_chunk,
    working,
)
from companion.music.bars import Barlines

HERE_SECONDS = 5.0  # after its last sign no device that writes clips is there
MOST_PARCELS = 4  # on their way; the oldest gives way

NOBODY = "Live has not taken the clips: is Chorale Clip in the Set, and of the Hub's group?"
ANOTHER_WISH = "another clip was asked for meanwhile"
NO_ANSWER = "no answer yet that could become clips"


class Making(Protocol):
    """Makes clips; see ``ClipMaker``."""

    def ask(self, wish: ClipWish) -> None: ...

    def cancel(self) -> None: ...

    def news(self) -> Iterable[ClipNews]: ...

    def close(self) -> None: ...


class _Wish:
    """One wish from its first message on."""

    def __init__(self, ask: ClipAsk) -> None:
        self.ask = ask
        self.parts: dict[int, ClipPart] = {}
        self.begun = False
        self.answer: ClipAnswer | None = None
        self.fault = ""

    @property
    def over(self) -> bool:
        return bool(self.fault) or self.answer is not None

    @property
    def complete(self) -> bool:
        return len(self.parts) == self.ask.chunks

    def notes(self) -> tuple[ClipNote, ...]:
        return tuple(note for _, part in sorted(self.parts.items()) for note in part.notes)

    def marks(self) -> tuple[ClipMark, ...]:
        return tuple(mark for _, part in sorted(self.parts.items()) for mark in part.marks)

    def take(self, part: ClipPart) -> bool:
        """Whether it is one of the chunks that are to come."""
        first = (part.chunk - 1) * CHUNK_NOTES
        expected = min(CHUNK_NOTES, self.ask.notes - first)
        if expected < 1 or len(part.notes) != expected or bool(part.marks) != (self.ask.what == REWRITE):
            return False
        self.parts.setdefault(part.chunk, part)
        return True


class ClipDesk:
    """Between the engine and the device that writes clips."""

    def __init__(
        self,
        send: Callable[[ClipMessage], object],
        say: Callable[[str], object],
        maker: Making | None = None,
        time_of_day: Callable[[], str] = lambda: time.strftime("%H:%M"),
        first_own: int = -1,
    ) -> None:
        """
        Args:
            send: to the device.
            say: a line for the player.
            maker: what makes clips; None: a process of its own.
            time_of_day: for the clips' names.
            first_own: below 0, the request of the first answer that is kept; another one after each start, since a
                device knows those of before.
        """
        self.tape = ClipTape()
        self._send, self._say, self._time_of_day = send, say, time_of_day
        self._maker: Making = ClipMaker() if maker is None else maker
        self._wish: _Wish | None = None
        self._parcels: dict[int, Parcel] = {}
        self._own = itertools.count(first_own, -1)
        self._here_s, self._always = -math.inf, False
        self._settings, self._barlines = Settings(), Barlines.of_metre(4, 4)
        self._answering = False
        self._now_s = 0.0

    # What the device says

    def hear(self, message: ClipInbound, now_s: float) -> None:
        """A message of the device's."""
        match message:
            case ClipAsk():
                self._asked(message)
            case ClipPart():
                self._part(message)
            case ClipGot(request, chunk):
                if request in self._parcels:
                    self._parcels[request].got(chunk)
            case ClipDrop(request):
                self._drop(request)
            case ClipHere(always):
                self._here_s, self._always = now_s, always

    def _asked(self, ask: ClipAsk) -> None:
        if self._wish is None or self._wish.ask.request != ask.request:
            if self._wish is not None and not self._wish.over:
                self._send(clip_fault(self._wish.ask.request, ANOTHER_WISH))
            self._forget_wish()
            self._wish = _Wish(ask)
            self._wish.fault = _refusal(ask)
        if self._wish.fault:
            self._send(clip_fault(ask.request, self._wish.fault))
            return
        self._send(heard_chunk(ask.request, HEADER))
        if self._wish.answer is not None and ask.request not in self._parcels:
            self._post(ask.request, self._wish.answer)

    def _part(self, part: ClipPart) -> None:
        wish = self._wish
        if wish is None or part.request != wish.ask.request or wish.fault or not wish.take(part):
            return  # late, or of a wish that was replaced
        self._send(heard_chunk(part.request, part.chunk))
        if wish.complete and not wish.begun:
            wish.begun = True
            self._maker.ask(ClipWish(wish.ask, wish.notes(), self._settings, self._time_of_day(), wish.marks()))

    def _drop(self, request: int) -> None:
        self._parcels.pop(request, None)
        if self._wish is not None and self._wish.ask.request == request:
            self._forget_wish()

    def _forget_wish(self) -> None:
        if self._wish is not None:
            self._parcels.pop(self._wish.ask.request, None)
            self._maker.cancel()
        self._wish = None

    # What the jam says

    def keep(self, first: int, last: int) -> bool:
        """The last answer of these steps becomes clips; whether anybody is there to write them."""
        if not self._is_here:
            return False
        self._offer(self.tape.answer(self._settings, self._barlines, self._time_of_day(), first, last))
        return True

    def tick(self, now_s: float, settings: Settings, barlines: Barlines, answering: bool) -> None:
        """The time is now, and so the jam stands."""
        self._now_s, self._settings, self._barlines = now_s, settings, barlines
        if self._answering and not answering and self._always and self._is_here:
            self._offer(self.tape.answer(settings, barlines, self._time_of_day()))
        self._answering = answering
        for news in self._maker.news():
            self._made(news)
        for parcel in list(self._parcels.values()):
            self._carry(parcel, now_s)

    def close(self) -> None:
        """Makes nothing any more; can be called twice."""
        self._maker.close()

    @property
    def _is_here(self) -> bool:
        return self._now_s < self._here_s + HERE_SECONDS

    def _offer(self, answer: ClipAnswer | None) -> None:
        if answer is None:
            self._say(NO_ANSWER)
        else:
            self._post(next(self._own), answer)

    def _made(self, news: ClipNews) -> None:
        wish = self._wish
        if wish is None or news.request != wish.ask.request:
            return
        if not isinstance(news, ClipMade):
            self._send(working(news.request, news.done, news.total))
        elif news.answer is None:
            wish.fault = news.fault
            self._send(clip_fault(news.request, news.fault))
        else:
            for line in news.answer.notices:
                self._say(line)
            wish.answer = news.answer
            self._post(news.request, news.answer)

    def _post(self, request: int, answer: ClipAnswer) -> None:
        while len(self._parcels) >= MOST_PARCELS:
            del self._parcels[next(iter(self._parcels))]
        self._parcels[request] = Parcel(request, answer)

    def _carry(self, parcel: Parcel, now_s: float) -> None:
        for message in parcel.due(now_s):
            self._send(message)
        if parcel.lost:
            self._say(NOBODY)
        if parcel.lost or parcel.arrived:
            del self._parcels[parcel.request]


def _refusal(ask: ClipAsk) -> str:
    """Why a clip is not taken; empty where it is."""
    clip, remedy = ("the music", "rewrite shorter clips") if ask.what == REWRITE else ("the clip", "shorten its loop")
    if ask.notes > MOST_CLIP_NOTES:
        return f"{clip} holds {ask.notes} notes, and may hold {MOST_CLIP_NOTES}; {remedy}"
    if ask.length > LONGEST_CLIP_BEATS:
        return f"{clip} lasts {ask.length:g} beats, and may last {LONGEST_CLIP_BEATS:g}; {remedy}"
    return ""
