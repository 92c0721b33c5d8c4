"""Function, counted: what chords do in their key. Chords are those on the beat of a passage.

A chord has a name if it is a triad (major, minor, diminished) or a seventh chord; a seventh chord may lack its
fifth, a triad too if it still has root and third. What has no name counts among the beats, and not as a chord.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from companion.music.pitch import OCTAVE
from companion.music.vocabulary import STEPS_PER_BEAT, VOICES, sounding_pitches
from companion.sampling.harmony import DIMINISHED, MAJOR, MINOR, SEVENTHS, SOFT_SEVENTHS, PitchClasses
from export.measures.harmony import TRIADS_AND_SEVENTHS, pitch_classes
from export.measures.passage import Passage
from export.measures.tally import Tally

Pitches = tuple[int, ...]  # what sounds, soprano first

FALL_OF_A_FIFTH = 7  # semitones from the root that is come to up to the one that was left
THIRD_TONE, FIFTH_TONE, SEVENTH_TONE = 1, 2, 3  # of a shape
SUSPENDED = (1, 2, 5, 10, 11)  # semitones above the bass: seconds, the fourth, sevenths
STEPS_DOWN = (1, 2)  # semitones
PREPARED_STEPS = 2  # for which a suspension sounded before
_BASS = VOICES.index("bass")


class Sonority(NamedTuple):
    """A chord by name."""

    root: int  # pitch class
    shape: tuple[int, ...]  # semitones from the root, as when it is whole

    @property
    def is_seventh(self) -> bool:
        """Whether it is more than a triad."""
        return len(self.shape) > SEVENTH_TONE

    @property
    def is_dominant(self) -> bool:
        """Whether it has what leads on: a major third, and no other seventh than a minor one."""
        return self.shape in (MAJOR, SEVENTHS[0])

    def tone(self, number: int) -> int:
        """The pitch class of its third, fifth or seventh."""
        return (self.root + self.shape[number]) % OCTAVE


def _named() -> Mapping[PitchClasses, Sonority]:
    whole = [(shape, shape) for shape in (MAJOR, MINOR, DIMINISHED, *SEVENTHS)]
    no_fifth = [(shape, (shape[0], shape[THIRD_TONE], shape[SEVENTH_TONE])) for shape in SEVENTHS]
    thirds = [(shape, shape[:FIFTH_TONE]) for shape in (MAJOR, MINOR)]
    found: dict[PitchClasses, Sonority] = {}
    for shape, tones in (*whole, *no_fifth, *thirds):
        for root in range(OCTAVE):
            found.setdefault(frozenset((tone + root) % OCTAVE for tone in tones), Sonority(root, shape))
    return found


_NAMED = _named()
_OPENINGS = frozenset(classes for classes, chord in _NAMED.items() if chord.shape in (MAJOR, MINOR))


def chord_of(pitches: Sequence[int]) -> Sonority | None:
    """The chord of what sounds, 0 for silence; None where it has no name."""
    return _NAMED.get(frozenset(pitch % OCTAVE for pitch in pitches if pitch))


def beat_pitches(passage: Passage) -> list[Pitches]:
    """What sounds on each judged beat on which anything does."""
    on_beats = sounding_pitches(passage.frames)[passage.first_beat :: STEPS_PER_BEAT]
    return [beat for pitches in on_beats.tolist() if (beat := tuple(pitch for pitch in pitches if pitch))]


def progression(passage: Passage) -> list[tuple[Sonority, Pitches]]:
    """Each change of root among the named chords: the chord that stands last on each, and what sounds there."""
    found: list[tuple[Sonority, Pitches]] = []
    for beat in beat_pitches(passage):
        chord = chord_of(beat)
        if chord is None:
            continue
        if found and found[-1][0].root == chord.root:
            found.pop()
        found.append((chord, beat))
    return found


def opens_on_triad(passage: Passage) -> Tally:
    """Whether the first that sounds is a major or minor triad; of what goes on from an opening nothing is asked."""
    if passage.start:
        return Tally(0, 0)
    pitches = sounding_pitches(passage.frames)
    first = pitches[(pitches > 0).any(axis=1)][:1]
    return Tally(int(pitch_classes(first)[0] in _OPENINGS), 1)


def opens_at_home(passage: Passage) -> Tally:
    """Whether that triad is the tonic's."""
    if passage.start:
        return Tally(0, 0)
    pitches = sounding_pitches(passage.frames)
    chord = chord_of(pitches[(pitches > 0).any(axis=1)][0].tolist())
    return Tally(int(chord is not None and chord.root == passage.key.tonic), 1)


def authentic_progressions(passage: Passage) -> Tally:
    """The dominant that goes to the tonic of the piece's key, among changes of root."""
    return Tally(len(_dominants(passage)), max(len(progression(passage)) - 1, 0))


def doubled_leading_tones(passage: Passage) -> Tally:
    """Dominants with two leading tones, among those that go to the tonic."""
    dominants = _dominants(passage)
    leading = (passage.key.tonic - 1) % OCTAVE
    return Tally(sum([pitch % OCTAVE for pitch in beat].count(leading) > 1 for beat in dominants), len(dominants))


def six_fours(passage: Passage) -> Tally:
    """Beats whose chord has its fifth in the bass, sevenths among them."""
    beats = beat_pitches(passage)
    chords = ((beat, chord) for beat in beats if (chord := chord_of(beat)))
    return Tally(sum(min(beat) % OCTAVE == chord.tone(FIFTH_TONE) for beat, chord in chords), len(beats))


def seventh_chords(passage: Passage) -> Tally:
    """Beats on a seventh chord."""
    chords = [chord_of(beat) for beat in beat_pitches(passage)]
    return Tally(sum(chord is not None and chord.is_seventh for chord in chords), len(chords))


def soft_sevenths(passage: Passage) -> Tally:
    """Beats on a minor or major seventh chord, which lead nowhere by themselves."""
    chords = [chord_of(beat) for beat in beat_pitches(passage)]
    return Tally(sum(chord is not None and chord.shape in SOFT_SEVENTHS for chord in chords), len(chords))


def dissonant_beats_led_on(passage: Passage) -> Tally:
    """Beats that are no triad or seventh chord and are followed by one within a beat, among all such beats."""
    chords = pitch_classes(sounding_pitches(passage.frames))
    named = [chord in TRIADS_AND_SEVENTHS for chord in chords]
    on_beats = range(passage.first_beat, len(chords), STEPS_PER_BEAT)
    dissonant = [step for step in on_beats if chords[step] and not named[step]]
    return Tally(sum(any(named[step + 1 : step + 1 + STEPS_PER_BEAT]) for step in dissonant), len(dissonant))


def suspensions(passage: Passage) -> Tally:
    """Upper voices that hold a dissonance with the bass over the beat and go down a step within it, among all beats.

    What is held sounded for half a beat before; what is dissonant is a second, a fourth or a seventh.
    """
    pitches = sounding_pitches(passage.frames)
    beats = range(passage.first_beat, len(pitches), STEPS_PER_BEAT)
    found = sum(
        _is_suspended(pitches[max(beat - PREPARED_STEPS, 0) : beat + STEPS_PER_BEAT + 1, [voice, _BASS]])
        for beat in beats
        for voice in range(_BASS)
        if beat >= PREPARED_STEPS
    )
    return Tally(found, len(beats))


def _is_suspended(pitches: NDArray[np.integer]) -> bool:
    """Pitches of a voice and the bass, ``[steps, 2]``, the beat after PREPARED_STEPS."""
    held, bass = pitches[PREPARED_STEPS].tolist()
    if not held or not bass or (held - bass) % OCTAVE not in SUSPENDED or (pitches[:PREPARED_STEPS, 0] != held).any():
        return False
    left = next((pitch for pitch in pitches[PREPARED_STEPS:, 0].tolist() if pitch != held), held)
    return held - left in STEPS_DOWN and left > 0


def root_motions(passage: Passage) -> NDArray[np.float64]:
    """[12]: how often the root goes up by so many semitones from a beat to the next, 0 where it stays."""
    chords = [chord_of(beat) for beat in beat_pitches(passage)]
    motions: NDArray[np.float64] = np.zeros(OCTAVE)
    for before, after in pairwise(chords):
        if before is not None and after is not None:
            motions[(after.root - before.root) % OCTAVE] += 1
    return motions


def _dominants(passage: Passage) -> list[Pitches]:
    """What sounds on each dominant that goes to the tonic."""
    tonic = passage.key.tonic
    return [
        beat
        for (chord, beat), (after, _) in pairwise(progression(passage))
        if after.root == tonic and chord.is_dominant and (chord.root - tonic) % OCTAVE == FALL_OF_A_FIFTH
    ]
