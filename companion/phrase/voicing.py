"""Which voice a note belongs to: by parts where there are parts, by voice leading where there are chords."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from companion.music.song import SongNote
from companion.music.vocabulary import RANGES, VOICES
from companion.phrase.names import named_voice
from companion.phrase.quantise import Ints

# The mean pitch of each voice in the chorales, to the nearest semitone: where a voice is at home.
HOMES = (71, 65, 59, 51)
LOWEST_SOPRANO_MEAN = 60  # a lone melody around middle C or above is a soprano
LOWEST_TENOR_MEAN = 54  # below, it is a bass

ALL_VOICES = range(len(VOICES))
CHOICES = [list(combinations(ALL_VOICES, notes)) for notes in range(len(VOICES) + 1)]

CHORDAL_PART = 0.1  # the share of notes that overlap others by half, above which a part holds chords
CHORDAL_NAMED_PART = 0.5  # a track that bears a voice's name is one even with some double notes
SHIFT_PRICE = 0.25  # a whole voice is heard octaves away if that brings in more than this share of it

# What it costs to give a note to a voice, in semitones of movement.
OUT_OF_RANGE = 4.0  # a semitone
CROSSING = 10.0  # a held voice
CUTTING = 15.0  # a held note off
NO_OUTER_VOICE = 7.0  # while inner voices sound
ALONE_INSIDE = 6.0  # an inner voice that sounds alone


def chordal_share(notes: Sequence[SongNote]) -> float:
    """The share of notes that overlap the one before by more than half of the shorter of both.

    Legato overlaps are less than that; notes of a chord are more. ``notes`` in order of time.
    """
    chordal = 0
    longest = notes[0]
    for note in notes[1:]:
        overlap = min(longest.end_tick, note.end_tick) - note.start_tick
        shorter = min(note.end_tick - note.start_tick, longest.end_tick - longest.start_tick)
        chordal += 2 * overlap > shorter
        if note.end_tick >= longest.end_tick:
            longest = note
    return chordal / len(notes)


def is_melody(notes: Sequence[SongNote]) -> bool:
    """Whether notes, in order of time, come one at a time but for a few."""
    return chordal_share(notes) <= CHORDAL_PART


def voices_of_parts(notes: Sequence[SongNote], track_names: Sequence[str]) -> Ints | None:
    """The voice of each note where the notes come in two to four parts of one note at a time, else None.

    Parts are tracks, or the channels of a single track. Names of tracks decide, then mean pitch.
    """
    for part_of in ([note.track for note in notes], [note.channel for note in notes]):
        parts: dict[int, list[SongNote]] = {}
        for part, note in zip(part_of, notes, strict=True):
            parts.setdefault(part, []).append(note)
        if not 2 <= len(parts) <= len(VOICES):
            continue
        named = {part: named_voice(track_names[own[0].track]) for part, own in parts.items()}
        distinct = None not in named.values() and len(set(named.values())) == len(parts)
        if all(chordal_share(own) <= (CHORDAL_NAMED_PART if distinct else CHORDAL_PART) for own in parts.values()):
            voices = named if distinct else _by_pitch(parts)
            return np.array([voices[part] for part in part_of], dtype=np.int64)
    return None


def _by_pitch(parts: dict[int, list[SongNote]]) -> dict[int, int]:
    """Parts from high to low on voices from high to low, each as near its home as possible."""
    means = {part: float(np.mean([note.pitch for note in own])) for part, own in parts.items()}
    ordered = sorted(means, key=lambda part: (-means[part], part))
    choices = CHOICES[len(ordered)]
    homes = min(choices, key=lambda voices: sum(abs(means[p] - HOMES[v]) for p, v in zip(ordered, voices, strict=True)))
    return dict(zip(ordered, homes, strict=True))


def voice_of_melody(notes: Sequence[SongNote], track_names: Sequence[str]) -> int:
    """The voice of a lone melody: the one its track names, else the soprano unless it is clearly low."""
    named = {named_voice(track_names[note.track]) if note.track < len(track_names) else None for note in notes}
    if len(named) == 1 and (voice := named.pop()) is not None:
        return voice
    return voice_of_mean(float(np.mean([note.pitch for note in notes])))


def voice_of_mean(pitch: float) -> int:
    """The voice of a lone melody of this mean pitch."""
    if pitch >= LOWEST_SOPRANO_MEAN:
        return 0
    return 2 if pitch >= LOWEST_TENOR_MEAN else 3


def voices_of_chords(starts: Ints, ends: Ints, pitches: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """Deals chords out by voice leading: the voice of each note, and whether it has that voice to itself.

    What begins on one step is dealt together, from high to low; the way costs least that moves the
    voices least from where they are, keeps them in their ranges, does not cross or cut what they
    hold, and uses the outer voices first. Of more than four notes the outer ones and the two that
    lead best are kept.

    Args:
        starts: the step of each note, rising.
        ends: likewise.
        pitches: MIDI notes.
    """
    voices = np.zeros(len(starts), dtype=np.int64)
    heard = np.zeros(len(starts), dtype=bool)
    dealer = Dealer()
    bounds = [0, *(np.flatnonzero(np.diff(starts)) + 1).tolist(), len(starts)]
    end_list, pitch_list = ends.tolist(), pitches.tolist()
    for first, last in pairwise(bounds):
        order = sorted(range(first, last), key=lambda note: (-pitch_list[note], -end_list[note]))
        chord = dealer.thinned(order, pitch_list)
        for voice, note in dealer.deal(int(starts[first]), chord, pitch_list, end_list):
            voices[note], heard[note] = voice, True
        for note in order:
            if not heard[note]:
                voices[note] = dealer.nearest_voice(pitch_list[note])
    return voices, heard


class Dealer:
    """Where the four voices are while chords are dealt to them."""

    def __init__(self, pitches: Sequence[int] = HOMES, ends: Sequence[int] = (0, 0, 0, 0)) -> None:
        """pitches: what each voice sang last; ends: the step until which each voice holds its note."""
        self._pitches = list(pitches)
        self._ends = list(ends)

    def thinned(self, chord: list[int], pitches: list[int]) -> list[int]:
        """A chord (notes from high to low) of at most four: without doubles, then without what leads worst."""
        if len(chord) <= len(VOICES):
            return chord
        chord = [note for at, note in enumerate(chord) if at == 0 or pitches[note] != pitches[chord[at - 1]]]
        if len(chord) <= len(VOICES):
            return chord
        inner = chord[1:-1]
        alto = min(range(len(inner) - 1), key=lambda at: abs(pitches[inner[at]] - self._pitches[1]))
        tenor = min(range(alto + 1, len(inner)), key=lambda at: abs(pitches[inner[at]] - self._pitches[2]))
        return [chord[0], inner[alto], inner[tenor], chord[-1]]

    def deal(
        self, step: int, chord: list[int], pitches: list[int], ends: list[int], among: Sequence[int] = ALL_VOICES
    ) -> list[tuple[int, int]]:
        """(voice, note) for each note of a chord, from high to low; of no more notes than voices to deal ``among``."""
        wanted = [pitches[note] for note in chord]
        choices = list(combinations(among, len(chord))) if among is not ALL_VOICES else CHOICES[len(chord)]
        voices = choices[0] if len(choices) == 1 else min(choices, key=lambda voices: self._cost(step, voices, wanted))
        for voice, note in zip(voices, chord, strict=True):
            self._pitches[voice], self._ends[voice] = pitches[note], ends[note]
        return list(zip(voices, chord, strict=True))

    def nearest_voice(self, pitch: int) -> int:
        return min(ALL_VOICES, key=lambda voice: abs(pitch - self._pitches[voice]))

    def _cost(self, step: int, voices: tuple[int, ...], wanted: list[int]) -> float:
        """What a way of giving pitches to voices costs; written plainly, as long seeds ask it a million times."""
        held = [voice for voice in ALL_VOICES if self._ends[voice] > step and voice not in voices]
        cost = 0.0
        for voice, pitch in zip(voices, wanted, strict=True):
            lowest, highest = RANGES[voice]
            cost += abs(pitch - self._pitches[voice])
            if not lowest <= pitch <= highest:
                cost += OUT_OF_RANGE * max(lowest - pitch, pitch - highest)
            if self._ends[voice] > step:
                cost += CUTTING
            for other in held:
                if (pitch - self._pitches[other]) * (other - voice) < 0:
                    cost += CROSSING
        return cost + self._emptiness(voices, held)

    def _emptiness(self, voices: tuple[int, ...], held: list[int]) -> float:
        """The price of outer voices that do not sound."""
        soprano, bass = (voice in voices or voice in held for voice in (0, 3))
        if len(voices) + len(held) == 1:
            return 0.0 if soprano else NO_OUTER_VOICE if bass else NO_OUTER_VOICE + ALONE_INSIDE
        return NO_OUTER_VOICE * ((not soprano) + (not bass))


def into_range(pitches: Ints, voice: int) -> Ints:
    """Pitches moved by octaves into a voice's range: all of them together first, then those left over."""
    lowest, highest = RANGES[voice]

    def price(octaves: int) -> float:
        moved = pitches + 12 * octaves
        outside = np.mean((moved < lowest) | (moved > highest))
        return float(outside) + SHIFT_PRICE * abs(octaves)

    together = pitches + 12 * min(range(-5, 6), key=lambda octaves: (price(octaves), abs(octaves)))
    up = -(-(lowest - together) // 12)
    down = -(-(together - highest) // 12)
    return np.asarray(together + 12 * (np.maximum(up, 0) - np.maximum(down, 0)), dtype=np.int64)


def heard_pitch(pitch: int, voice: int) -> int:
    """A played pitch as the model hears it: in the voice's range, octaves away if need be."""
    lowest, highest = RANGES[voice]
    if lowest <= pitch <= highest:
        return pitch
    return int(into_range(np.array([pitch]), voice)[0])
