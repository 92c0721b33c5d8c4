"""What each beat of some music is asked to be: its place in its phrase, and how each chord leads to what is to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from companion.harmony.form import Form, Span
from companion.harmony.keeping import OFF_BEAT, ON_BEAT
from companion.harmony.leading import AskedBeat, Harmony
from companion.harmony.progressions import ChordChain, Closing, Likelihoods, PhrasePlace, tables
from companion.harmony.symbols import AskedChord
from companion.harmony.voicings import go_in_parallel
from companion.music.key import Key
from companion.music.pitch import OCTAVE
from companion.music.vocabulary import STEPS_PER_BEAT, IntArray, sounding_pitches

OFF_STEP = 2  # of a beat: where its second eighth begins
_NOT_A_CLOSE = 1e-4  # how much less likely a phrase ends on what is no triad in root position …
_AWAY_FROM_HOME = 0.05  # … and a piece away from its tonic
_NOT_ASKED = 1e-9
KEPT_KEY = 1.5  # so much likelier are chords of the key's own tones in the first half
_TOP = 0  # the voice of a tune
AskedBeats = Mapping[int, Sequence[AskedChord]]
NO_CHORDS: AskedBeats = {}


@dataclass(frozen=True, eq=False)
class Way:
    """A form in a key, beat by beat."""

    key: Key
    form: Form
    beats: tuple[AskedBeat | None, ...]  # from the first step of the form on; None while a last chord is held

    def harmony(self, step: int) -> Harmony | None:
        """Harmony for the frame at a step; None where none is to be chosen."""
        number = (step - self.form.spans[0].start) // STEPS_PER_BEAT
        beat = self.beats[number] if 0 <= number < len(self.beats) else None
        return None if beat is None else Harmony(self.key, beat)


def way_through(
    key: Key,
    form: Form,
    known: IntArray | None = None,
    given: Sequence[bool] = (),
    asked: AskedBeats = NO_CHORDS,
) -> Way:
    """The way through a form.

    known: frames ``[steps, 4]`` from the form's first step on, of which the given voices are known beforehand.
    asked: the chords of which a beat is to be one, by its step.
    """
    chain = tables().of_key(key)
    first, last = form.spans[0].start, form.spans[-1].end
    sung = [] if known is None else _sung(sounding_pitches(known), key, given)
    beats: list[AskedBeat | None] = []
    message = np.ones(len(chain.chords))
    at_home = np.where(Harmony(key).of_the_key, KEPT_KEY, 1.0)
    for step in range(last - STEPS_PER_BEAT - (last - first) % STEPS_PER_BEAT, first - 1, -STEPS_PER_BEAT):
        place = form.place(step)
        if place is None:
            beats.append(None)
            continue
        toward = message / message.max()
        options = _options(asked.get(step, ()), place)
        if options and len(sung) > step - first + STEPS_PER_BEAT and beats and (following := beats[-1]):
            tune = sung[step - first].get(_TOP), sung[step - first + STEPS_PER_BEAT].get(_TOP)
            options = _leading_on(options, following.options, tune, key)
        if options:
            toward = toward * _being_one_of(Harmony(key), options)
            if place == PhrasePlace.CLOSE and (span := form.at(step)) is not None:
                toward = toward * chain.closing[form.closing(span)]  # major or minor, where either is asked for
        else:
            toward = toward * _on_place(chain, form, step, place)
            if 2 * (step - first) < last - first:
                toward = toward * at_home  # the key is left later on, if it is
        for off_beat in sung[step - first + OFF_STEP :][:1]:
            toward = toward * chain.going_with(off_beat, OFF_BEAT) ** 0.5
        beats.append(AskedBeat(place, toward, options=options, then=_then(beats)))
        for on_beat in sung[step - first :][:1]:
            toward = toward * chain.going_with(on_beat, ON_BEAT)
        message = chain.after(place) @ toward
    return Way(key, form, tuple(reversed(beats)))


def _then(following: Sequence[AskedBeat | None]) -> AskedChord | None:
    """The chord of the next beat, which was found last, where one alone is asked for."""
    options = following[-1].options if following and following[-1] else ()
    return options[0] if len(options) == 1 else None


def _options(chords: Sequence[AskedChord], place: PhrasePlace) -> tuple[AskedChord, ...]:
    """Each chord on each of its basses; a phrase closes on the first."""
    if place == PhrasePlace.CLOSE:
        return tuple(chord.options[0]._replace(goes_on=False) for chord in chords)
    return tuple(option for chord in chords for option in chord.options)


def _leading_on(
    options: tuple[AskedChord, ...], following: Sequence[AskedChord], tune: tuple[int | None, int | None], key: Key
) -> tuple[AskedChord, ...]:
    """Those from which the bass goes on in no fifths or octaves with a tune that is given; all where there are none.

    tune: its tones above the tonic, now and a beat later.
    """
    now, then = tune
    if now is None or then is None or not following:
        return options
    sung = (now + key.tonic) % OCTAVE, (then + key.tonic) % OCTAVE

    def is_free(option: AskedChord) -> bool:
        return any(not go_in_parallel(sung, (option.basses[0], other.basses[0])) for other in following)

    return tuple(filter(is_free, options)) or options


def _being_one_of(harmony: Harmony, options: Sequence[AskedChord]) -> Likelihoods:
    """[chords]: how well each is one of these; where one is none that is counted nothing is known."""
    states = [harmony.state_of(option) for option in options]
    chords = np.full(len(harmony.progressions.chords), 1.0 if None in states else _NOT_ASKED)
    chords[[state for state in states if state is not None]] = 1.0
    return chords


def _on_place(chain: ChordChain, form: Form, step: int, place: PhrasePlace) -> Likelihoods:
    """How likely each chord is at a close, or before the last one, above what is likely there in any phrase."""
    usual = np.ones(len(chain.chords))
    span = form.at(step)
    if span is not None and place == PhrasePlace.CLOSE:
        return _on_close(chain, form, span)
    if span is not None and place == PhrasePlace.LAST and form.closing(span) == Closing.FINAL:
        usual *= chain.closing[Closing.BEFORE_FINAL]
    return usual


def _on_close(chain: ChordChain, form: Form, span: Span) -> Likelihoods:
    """How likely each chord is to close a phrase, above what is likely on any close."""
    fits: Likelihoods = chain.closing[form.closing(span)] * np.where(chain.triads, 1.0, _NOT_A_CLOSE)
    if form.closing(span) == Closing.FINAL:
        fits = fits * np.where(chain.on_tonic, 1.0, _AWAY_FROM_HOME)
    return fits


def _sung(frames: IntArray, key: Key, given: Sequence[bool]) -> list[dict[int, int]]:
    """Of each frame of sounding pitches ``[steps, 4]``: given voice → tone above the tonic."""
    return [
        {voice: (pitch - key.tonic) % OCTAVE for voice, pitch in enumerate(frame) if given[voice] and pitch}
        for frame in frames.tolist()
    ]
