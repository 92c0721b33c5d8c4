"""Which tracks of a song are heard: those asked for, a choir, the tune, or all that are one instrument.

Parts are the tracks that have notes; in a file of one track they are its channels, where these have programs of their
own. Two to four lines are voices, and are all heard, as are the two staves of one instrument. Of everything else the
tune alone is heard, found by its name or by being the only line above the bass; where that is in doubt, it is asked
for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from companion.errors import BadMidiFile, BadSetting, one_line
from companion.music.messages import PROGRAM
from companion.music.pitch import pitch_name
from companion.music.song import Song, SongNote
from companion.music.vocabulary import VOICES
from companion.phrase.names import (
    EVERY_VOICE,
    instrument,
    is_accompaniment,
    is_of_one_line,
    is_staff,
    named_voice,
    telling,
    tune_rank,
    voices_of_choir,
)
from companion.phrase.voicing import LOWEST_TENOR_MEAN, is_melody, voices_of_parts

EVERYTHING = "all"  # in the place of a track
MOST_LISTED = 16
LONGEST_NAME = 24


@dataclass(frozen=True)
class SongPart:
    """A track, or a channel of the only one."""

    number: int  # from 1: of the track in the file, or of the channel
    name: str
    notes: tuple[SongNote, ...]  # in order of time, the higher first
    is_channel: bool = False
    says: str = ""  # of its name, what tells of voices and instruments

    @cached_property
    def is_line(self) -> bool:
        return is_melody(self.notes)

    @cached_property
    def mean(self) -> float:
        return float(np.mean([note.pitch for note in self.notes]))

    @property
    def label(self) -> str:
        """As in ``2 "Piano"``."""
        name = one_line(self.name)
        name = name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
        return f"{'channel ' * self.is_channel}{self.number}{name and f' {name}'}"

    @property
    def row(self) -> str:
        """With how many notes it has, and between which."""
        pitches = [note.pitch for note in self.notes]
        count = f"{len(pitches):,} note{'s' * (len(pitches) > 1)}"
        return f"{self.label} ({count}, {pitch_name(min(pitches))} to {pitch_name(max(pitches))})"


def parts_of(song: Song) -> list[SongPart]:
    """The parts of a song that has notes, in the order of their numbers."""
    notes = sorted(song.notes, key=lambda note: (note.start_tick, -note.pitch, note.end_tick))
    tracks = _grouped(notes, [note.track for note in notes])
    if len(tracks) == 1 and _are_instruments(song, notes):
        channels = _grouped(notes, [note.channel for note in notes])
        return [SongPart(channel + 1, "", own, is_channel=True) for channel, own in channels.items()]
    names = dict(enumerate(zip(song.track_names, telling(song.track_names), strict=True)))
    named = [(track + 1, *names.get(track, ("", "")), own) for track, own in tracks.items()]
    return [SongPart(number, name, own, says=says) for number, name, says, own in named]


def _grouped(notes: Sequence[SongNote], keys: Sequence[int]) -> dict[int, tuple[SongNote, ...]]:
    groups: dict[int, list[SongNote]] = {key: [] for key in sorted(set(keys))}
    for note, key in zip(notes, keys, strict=True):
        groups[key].append(note)
    return {key: tuple(own) for key, own in groups.items()}


def _are_instruments(song: Song, notes: Sequence[SongNote]) -> bool:
    """The channels of a song of one track have different programs; else they may be strings, or fingers on pads."""
    used = {note.channel for note in notes}
    first: dict[int, int] = {}
    for event in song.events:
        if event.data[0] & 0xF0 == PROGRAM:
            first.setdefault(event.data[0] & 0x0F, event.data[1])
    return len({program for channel, program in first.items() if channel in used}) > 1


def heard_parts(song: Song, voice: int | None = None, track: str | None = None) -> tuple[Song, tuple[str, ...]]:
    """The song with the notes that are heard, and lines on what is left out.

    voice: what the tune is to be.
    track: the number or the name of a part, several of them with commas between, or ``all``.

    Raises:
        BadSetting: there is no such part, or more than one.
        BadMidiFile: which part is the tune is in doubt; it lists them all.
    """
    parts = parts_of(song)
    heard = _chosen(parts, voice) if track is None else _asked(parts, track)
    if len(heard) == len(parts):
        return song, ()
    left_out = ", ".join(part.label for part in parts if part not in heard)
    kept = ", ".join(part.label for part in heard)
    word = "" if heard[0].is_channel else f"track{'s' * (len(heard) > 1)} "
    notice = f"heard: {word}{kept}; left out: {left_out}; --track chooses others"
    return replace(song, notes=tuple(sorted(note for part in heard for note in part.notes))), (notice,)


def _chosen(parts: Sequence[SongPart], voice: int | None) -> Sequence[SongPart]:
    if len(parts) == 1 or _are_voices(parts) or is_melody(_in_order(parts)):
        return parts
    of_a_voice = _line(parts) if voice is not None else ()  # of two staves too
    for some in (
        *(_asked_voice(parts, voice), _choir(parts), _named_tune(parts)),
        *(of_a_voice, _ensemble(parts), _one_instrument(parts), _line(parts)),
    ):
        if some:
            return some
    raise BadMidiFile(
        f"it is not clear which track is the tune: {_list(parts)}; name it, as in --track {parts[0].number},"
        f" or hear all of them as one by --track {EVERYTHING}"
    )


def _list(parts: Sequence[SongPart]) -> str:
    more = len(parts) - MOST_LISTED
    return ", ".join(part.row for part in parts[:MOST_LISTED]) + (f", and {more} more" if more > 0 else "")


def _in_order(parts: Sequence[SongPart]) -> list[SongNote]:
    """The notes of parts in order of time, the higher first."""
    return sorted((note for part in parts for note in part.notes), key=lambda note: (note.start_tick, -note.pitch))


def _are_voices(parts: Sequence[SongPart]) -> bool:
    """Two to four lines."""
    notes = _in_order(parts)
    names = [""] * (1 + max(note.track for note in notes))
    for part in parts:
        names[part.notes[0].track] = part.says
    return voices_of_parts(notes, names) is not None


def _asked_voice(parts: Sequence[SongPart], voice: int | None) -> Sequence[SongPart]:
    """The only part that bears the name of the voice that is asked for."""
    named = [part for part in parts if voice is not None and voices_of_choir(part.says) == {voice}]
    return named if len(named) == 1 else ()


def _choir(parts: Sequence[SongPart]) -> Sequence[SongPart]:
    """The parts of single voices, where the soprano and another one are named; of more than four the first of each.

    What is named for a whole choir may be no more than what accompanies a tune.
    """
    voices = [voices_of_choir(part.says) for part in parts]
    singers = [(part, own) for part, own in zip(parts, voices, strict=True) if own and own != EVERY_VOICE]
    sung: set[int] = set()
    first = []
    for part, own in singers:
        if not own & sung:
            first.append(part)
            sung |= own
    if 0 in sung and len(sung) > 1:
        return [part for part, _ in singers] if len(singers) <= len(VOICES) else first
    return () if _named_tune(parts) else [part for part, own in zip(parts, voices, strict=True) if own == EVERY_VOICE]


def _named_tune(parts: Sequence[SongPart]) -> Sequence[SongPart]:
    """The only part of the surest of the names that tunes have."""
    ranks = {part.number: rank for part in parts if (rank := tune_rank(part.says)) is not None}
    surest = [part for part in parts if ranks and ranks.get(part.number) == min(ranks.values())]
    return surest if len(surest) == 1 else ()


def _ensemble(parts: Sequence[SongPart]) -> Sequence[SongPart]:
    """All parts, where they are no more than voices and of one line by their names."""
    return parts if len(parts) <= len(VOICES) and all(is_of_one_line(part.says) for part in parts) else ()


def _one_instrument(parts: Sequence[SongPart]) -> Sequence[SongPart]:
    """All parts, where they are hands or staves of one instrument; of three and more, where none is a tune."""
    instruments = {instrument(part.says) for part in parts}
    if len(instruments) > 1 or (len(parts) > 2 and _line(parts)):
        return ()
    if instruments != {""} or all(is_staff(part.says) for part in parts):
        return parts
    channels = {note.channel for part in parts for note in part.notes}
    is_unnamed = not any(part.name for part in parts)
    return parts if (is_unnamed and len(channels) == 1) or (len(parts) == 2 and not _tunes(parts)) else ()


def _tunes(parts: Sequence[SongPart]) -> list[SongPart]:
    """The lines that are no bass and are not named for something else than a tune."""
    return [
        part
        for part in parts
        if part.is_line
        and (part.mean >= LOWEST_TENOR_MEAN or named_voice(part.says) == 0)
        and not is_accompaniment(part.says)
    ]


def _line(parts: Sequence[SongPart]) -> Sequence[SongPart]:
    """The only line that is no bass, where nothing lies above it or all parts are different instruments."""
    lines = _tunes(parts)
    instruments = {(instrument(part.says), voices_of_choir(part.says)) for part in parts} - {("", frozenset[int]())}
    is_highest = len(lines) == 1 and all(part.mean <= lines[0].mean for part in parts)
    return lines if is_highest or (len(lines) == 1 and len(instruments) == len(parts)) else ()


def _asked(parts: Sequence[SongPart], track: str) -> Sequence[SongPart]:
    """The parts that are asked for, in the order of their numbers."""
    found = _found(parts, track)
    if found is None and track.strip().lower() == EVERYTHING:
        return parts
    if found is None and "," in track:
        several = [_found(parts, word) for word in track.split(",")]
        if all(one is not None for one in several):
            return [part for part in parts if part in several]
    if found is None:
        raise BadSetting(f"no track is {one_line(track)!r}; there are {_list(parts)}")
    return [found]


def _found(parts: Sequence[SongPart], word: str) -> SongPart | None:
    """The part of a name or number; BadSetting where a name is that of several."""
    word = word.strip().lower()
    for named in (
        [part for part in parts if part.name.lower() == word],
        [part for part in parts if str(part.number) == word],
        [part for part in parts if word and word in part.name.lower()],
    ):
        if len(named) == 1:
            return named[0]
        if named:
            raise BadSetting(f"{one_line(word)!r} are several tracks; give the number of one: {_list(named)}")
    return None
