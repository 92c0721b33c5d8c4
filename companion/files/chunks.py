"""The chunks of a MIDI file and the events in its tracks, read as the programs read them that play any file.

Events stay bytes, as they stand in the file: a message of a channel, or a meta event as FF, kind, length, text. The
format is that of Standard MIDI Files 1.0 (RP-001); what strays from it is mended, left out where it cannot be, and
counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from companion.music.messages import (
    END_OF_TRACK,
    KEY_SIGNATURE,
    META,
    TEMPO,
    TIME_SIGNATURE,
    meta_event,
)

Event = tuple[int, bytes]  # tick; an event without its time

TEXTS = range(0x01, 0x08)  # kinds of meta events that are words: text, copyright, names, lyrics, markers, cues
READ = {*TEXTS, END_OF_TRACK, TEMPO, TIME_SIGNATURE, KEY_SIGNATURE}  # the kinds that say something of the music
LONGEST_NUMBER = 4  # bytes of seven bits each
HIGHEST = 0x7F  # of a data byte
_NOTES = (0x80, 0x90, 0xA0)  # kinds whose first data byte is a pitch
_SHORT = (0xC0, 0xD0, 0xF1, 0xF3)  # kinds of one data byte; others have two, and the rest of the system's none

HIGH_BYTES = "data bytes above 127, taken as 127"
HIGH_NOTES = "notes above pitch 127, left out"
LONG_TIMES = "damaged times of more than four bytes, taken as 0"
NO_STATUS = "events of no kind, left out"
LENGTHS = "tracks not as long as they say, read as far as they go"


@dataclass
class Chunks:
    """What a MIDI file holds."""

    form: int  # 0, 1 or 2
    division: int  # ticks a beat; negative: SMPTE frames
    tracks: list[list[Event]] = field(default_factory=list)
    mended: Counter[str] = field(default_factory=Counter)  # what strayed from the format, and how often


def read_chunks(data: bytes) -> Chunks:
    """All tracks of a file, whatever comes before them (RIFF, MacBinary), between them or after them.

    Raises:
        ValueError: it has no header of a MIDI file.
    """
    start = data.find(b"MThd")
    header = data[start + 8 : start + 14]
    if start < 0 or len(header) < 6:
        raise ValueError("it has no header MThd" if start < 0 else "it ends in its header")
    form, said, division = (int.from_bytes(header[at : at + 2], "big", signed=True) for at in (0, 2, 4))
    chunks = Chunks(form, division)
    place = _next_track(data, _end_of_chunk(data, start))
    while place >= 0:
        track = _Track(data, place, chunks.mended)
        chunks.tracks.append(list(track.events()))
        place = _next_track(data, track.place)
    if said != len(chunks.tracks):
        chunks.mended[f"tracks, where the header says {said}"] = len(chunks.tracks)
    return chunks


def _end_of_chunk(data: bytes, place: int) -> int:
    """Where a chunk says that it ends."""
    return place + 8 + int.from_bytes(data[place + 4 : place + 8], "big")


def _is_chunk(data: bytes, place: int) -> bool:
    """A chunk of any kind begins here, and the file has all of it."""
    return data[place : place + 4].isalpha() and place + 8 <= _end_of_chunk(data, place) <= len(data)


def _next_track(data: bytes, place: int) -> int:
    """Where the next track begins, past chunks of other kinds; -1: there is none."""
    while _is_chunk(data, place) and not data.startswith(b"MTrk", place):
        place = _end_of_chunk(data, place)
    return data.find(b"MTrk", place)


class _Track:
    """A track while it is read. It ends where it says if something else begins there, else with its last event."""

    def __init__(self, data: bytes, place: int, mended: Counter[str]) -> None:
        self.place = place + 8
        self._data, self._mended = data, mended
        self._said_end = _end_of_chunk(data, place)
        follows = data.startswith(b"MTrk", self._said_end) or _is_chunk(data, self._said_end)
        self._is_sure = self._said_end == len(data) or follows
        self._end = self._said_end if self._is_sure else len(data)
        self._status = 0  # of the last event of a channel
        self._has_ended = False

    def events(self) -> Iterator[Event]:
        tick, is_cut = 0, False
        try:
            while not self._is_over():
                tick += self._time()
                message = self._message()
                if message is not None:
                    yield tick, message
        except IndexError:
            is_cut, self.place = True, self._end
        self._mended[LENGTHS] += is_cut or self.place != self._said_end

    def _is_over(self) -> bool:
        """Its end is reached, or two of three say so: its length is wrong, its last event was read, a track begins."""
        if self._is_sure and not self._has_ended:
            return self.place >= self._end
        signs = (not self._is_sure) + self._has_ended + self._data.startswith(b"MTrk", self.place)
        return self.place >= self._end or signs >= 2

    def _take(self, size: int) -> bytes:
        """The next bytes; IndexError where the track has not so many."""
        self.place += size
        if self.place > self._end:
            raise IndexError
        return self._data[self.place - size : self.place]

    def _number(self) -> tuple[int, int]:
        """A number of bytes of seven bits, and how many they were."""
        value, start = 0, self.place
        while self.place < self._end:
            byte = self._data[self.place]
            self.place += 1
            value = (value << 7 | byte & 0x7F) & 0x0FFF_FFFF
            if byte < 0x80:
                return value, self.place - start
        raise IndexError

    def _time(self) -> int:
        ticks, size = self._number()
        if size <= LONGEST_NUMBER:
            return ticks
        self._mended[LONG_TIMES] += 1
        return 0

    def _message(self) -> bytes | None:
        """The next event; None where it says nothing of the music."""
        (status,) = self._take(1)
        if status == META:
            return self._meta()
        if status in (0xF0, 0xF7):
            data = self._take(self._number()[0])
            self._mended[HIGH_BYTES] += sum(byte > HIGHEST for byte in data[:-1]) if status == 0xF0 else 0
            return None
        if status > 0xF0:
            self._take(2 if status == 0xF2 else status in _SHORT)
            return None
        return self._channel_message(status)

    def _meta(self) -> bytes | None:
        (kind,) = self._take(1)
        data = self._take(self._number()[0])
        self._has_ended |= kind == END_OF_TRACK
        return meta_event(kind, data) if kind in READ else None

    def _channel_message(self, status: int) -> bytes | None:
        if status < 0x80:  # that of the event before
            self.place -= 1
            if not self._status:
                return self._resume()
            status = self._status
        self._status = status
        data = self._take(1 if status & 0xF0 in _SHORT else 2)
        if max(data) > HIGHEST:
            if status & 0xF0 in _NOTES and data[0] > HIGHEST:
                self._mended[HIGH_NOTES] += status & 0xF0 == 0x90 and data[1] > 0
                return None
            self._mended[HIGH_BYTES] += sum(byte > HIGHEST for byte in data)
            data = bytes(min(byte, HIGHEST) for byte in data)
        return bytes((status, *data))

    def _resume(self) -> bytes | None:
        """The next event whose kind is said; what comes before it has none."""
        self._mended[NO_STATUS] += 1
        while self._take(1)[0] < 0x80:
            pass
        self.place -= 1
        return self._message()
