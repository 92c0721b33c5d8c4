"""Chords, what the voices sing in them, and phrases, counted in chorales whose closes are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from companion.harmony.chords import QUALITIES, TONE_OF, Chord, heard_chord
from companion.harmony.doubling import DEALT, DEALT_NUMBER, UPPER
from companion.harmony.form import HELD_BEATS, PHRASE_BEATS, beats_apart
from companion.harmony.keeping import ON_BEAT
from companion.harmony.progressions import Closing, Counts, Likelihoods, PhrasePlace
from companion.model.codes import INVERSIONS, SILENCE
from companion.music.key import Key
from companion.music.pitch import OCTAVE
from companion.music.vocabulary import (
    CODE_PITCH_CLASS,
    FIRST_STRIKE,
    HOLD,
    STEPS_PER_BEAT,
    VOICES,
    IntArray,
    sounding_tokens,
)
from export.data.pieces import Piece, key_of

LEAST_SEEN = 3  # times, so that a chord is one of the states
EIGHTHS = (0, 2)  # steps of a beat whose notes are counted: on it, off it


@dataclass(frozen=True, eq=False)
class HeardPiece:
    """A chorale as harmony: beat by beat, its chords counted from the tonic."""

    key: Key
    chords: tuple[Chord | None, ...]
    places: tuple[PhrasePlace | None, ...]  # None while a last chord is held
    closes: tuple[int, ...]  # beats
    begins: tuple[int, ...]  # the beat on which each phrase begins
    sounds: IntArray  # [beats · 4, 4] codes
    held: NDArray[np.bool_]  # [beats, 4]: what sounds on the beat began before it
    in_threes: bool


def heard_pieces(pieces: Iterable[Piece]) -> Iterator[HeardPiece]:
    """Every piece whose bars and closes are known."""
    for piece in pieces:
        key = key_of(piece)
        if piece.bar_steps and len(piece.closes) > 1 and key is not None:
            yield heard_piece(piece, key)


def heard_piece(piece: Piece, key: Key) -> HeardPiece:
    """One piece, from its first whole beat on."""
    first = -piece.first_step % STEPS_PER_BEAT
    frames = piece.frames[first:]
    frames = frames[: len(frames) // STEPS_PER_BEAT * STEPS_PER_BEAT]
    sounds = np.maximum(sounding_tokens(frames), SILENCE)
    beats = len(frames) // STEPS_PER_BEAT
    by_beat = sounds.reshape(beats, STEPS_PER_BEAT, len(VOICES)).tolist()
    chords = [None if (found := heard_chord(beat)) is None else found.transposed(-key.tonic) for beat in by_beat]
    struck = np.asarray((frames[::STEPS_PER_BEAT] >= FIRST_STRIKE).any(axis=1)).tolist()
    in_threes = (piece.metre or "").startswith("3/")
    closes = tuple(sorted({(close - first) // STEPS_PER_BEAT for close in piece.closes if close >= first}))
    begins = (0, *(_next(struck, close + 1) for close in closes[:-1]))
    return HeardPiece(
        key,
        tuple(chords),
        _places(beats, closes, begins, beats_apart(in_threes)),
        closes,
        begins,
        sounds,
        frames[::STEPS_PER_BEAT] == HOLD,
        in_threes,
    )


def _next(struck: Sequence[bool], beat: int) -> int:
    while beat < len(struck) and not struck[beat]:
        beat += 1
    return beat


def _places(beats: int, closes: Sequence[int], begins: Sequence[int], apart: int) -> tuple[PhrasePlace | None, ...]:
    places: list[PhrasePlace | None] = [PhrasePlace.WEAK] * beats
    for begin, close in zip(begins, closes, strict=True):
        strong = range(begin + (close - begin) % apart, close, apart)
        places[strong.start : close : apart] = [PhrasePlace.STRONG] * len(strong)
    for begin in begins[1:]:
        if begin < beats:
            places[begin] = PhrasePlace.BEGIN
    for close, following in zip(closes, [*begins[1:], beats], strict=True):
        for before in range(PhrasePlace.LAST_BUT_TWO, -1, -1):
            if 0 <= close - before < beats:
                places[close - before] = PhrasePlace(before)
        places[close + 1 : following] = [None] * len(places[close + 1 : following])
    return tuple(places[:beats])


def counts_of(heard: Sequence[HeardPiece]) -> Counts:
    """Of pieces of one mode."""
    seen = Counter(chord for piece in heard for chord in piece.chords if chord is not None)
    chords = [chord for chord, times in seen.most_common() if times >= LEAST_SEEN]
    number = {chord: at for at, chord in enumerate(chords)}
    counts = Counts(
        np.array(chords),
        np.zeros(len(chords)),
        np.zeros((PhrasePlace.INSIDE, len(chords), len(chords))),
        np.zeros((Closing.INNER, len(chords))),
        np.zeros((len(VOICES), len(EIGHTHS), len(chords), OCTAVE)),
        np.zeros((len(VOICES), len(chords), OCTAVE)),
    )
    for piece in heard:
        _count(piece, [None if chord is None else number.get(chord) for chord in piece.chords], counts)
    return counts


def _count(piece: HeardPiece, states: Sequence[int | None], counts: Counts) -> None:
    before: int | None = None
    for beat, (state, place) in enumerate(zip(states, piece.places, strict=True)):
        if state is not None:
            if before is not None and place is not None:
                counts.following[place, before, state] += 1
            if beat == 0:
                counts.openings[state] += 1
            if beat in piece.closes:
                counts.closing[_closing(piece, beat), state] += 1
            if beat == piece.closes[-1] - 1:
                counts.closing[Closing.BEFORE_FINAL, state] += 1
            _count_voices(piece, beat, counts.singing[:, :, state], counts.holding[:, state])
        before = before if state is None else state


def _closing(piece: HeardPiece, beat: int) -> Closing:
    if beat in (edges := {piece.closes[0]: Closing.FIRST, piece.closes[-1]: Closing.FINAL}):
        return edges[beat]
    if beat == piece.closes[-2]:
        return Closing.LAST_BUT_ONE
    return Closing.EARLY if 2 * beat < len(piece.chords) else Closing.LATE


def _count_voices(piece: HeardPiece, beat: int, singing: Likelihoods, holding: Likelihoods) -> None:
    for when, step in enumerate(EIGHTHS):
        for voice, code in enumerate(piece.sounds[beat * STEPS_PER_BEAT + step].tolist()):
            if code >= FIRST_STRIKE:
                tone = (CODE_PITCH_CLASS[code] - piece.key.tonic) % OCTAVE
                singing[voice, when, tone] += 1
                holding[voice, tone] += when == ON_BEAT and bool(piece.held[beat, voice])


def dealt_counts(heard: Iterable[HeardPiece]) -> Likelihoods:
    """``[qualities, inversions, dealt]``: how often three upper voices shared a chord so, on the beat."""
    counts = np.zeros((len(QUALITIES), INVERSIONS, len(DEALT)))
    for piece in heard:
        for chord, codes in zip(piece.chords, piece.sounds[::STEPS_PER_BEAT].tolist(), strict=True):
            if chord is not None and min(codes) >= FIRST_STRIKE:
                above = [(CODE_PITCH_CLASS[code] - piece.key.tonic - chord.root) % OCTAVE for code in codes[:UPPER]]
                dealt = tuple(sorted(int(TONE_OF[chord.quality, tone]) for tone in above))
                counts[chord.quality, chord.inversion, DEALT_NUMBER[dealt]] += 1
    return counts


def phrase_counts(heard: Iterable[HeardPiece]) -> np.ndarray[tuple[int, int, int], np.dtype[np.intp]]:
    """``[in threes or not, lengths, held]``: of all phrases but the last, from one beginning to the next."""
    counts = np.zeros((2, len(PHRASE_BEATS), len(HELD_BEATS)), dtype=np.intp)
    for piece in heard:
        for begin, close, following in zip(piece.begins, piece.closes, piece.begins[1:], strict=False):
            held = min(following - close, HELD_BEATS[-1])
            if following - begin in PHRASE_BEATS and held in HELD_BEATS:
                counts[int(piece.in_threes), following - begin - PHRASE_BEATS[0], held - HELD_BEATS[0]] += 1
    return counts


def key_counts(heard: Iterable[HeardPiece]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """What tells a key, from the tonic: for how many steps each tone sounds, and which are first and last.

    ``[2, 12]`` of the soprano and of all voices; ``[3, 12]`` the first of the soprano, of the bass, and the
    last of the soprano.
    """
    tones, edges = np.zeros((2, OCTAVE), dtype=np.intp), np.zeros((3, OCTAVE), dtype=np.intp)
    for piece in heard:
        sung = piece.sounds >= FIRST_STRIKE
        classes = (np.array(CODE_PITCH_CLASS)[piece.sounds] - piece.key.tonic) % OCTAVE
        tones[0] += np.bincount(classes[:, 0][sung[:, 0]], minlength=OCTAVE)
        tones[1] += np.bincount(classes[sung], minlength=OCTAVE)
        for row, (voice, end) in enumerate(((0, 0), (-1, 0), (0, -1))):
            edges[row, classes[:, voice][sung[:, voice]][end]] += 1
    return tones, edges


assert EIGHTHS[0] == ON_BEAT
