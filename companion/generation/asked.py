"""What a composer asks of the harmony of some music: chords where they are to sound, and closes where it is to rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from companion.harmony.cadences import cadence_of
from companion.harmony.form import Form, Span
from companion.harmony.symbols import AskedChord
from companion.harmony.way import AskedBeats
from companion.music.key import Key
from companion.music.pitch import pitch_class_name
from companion.music.vocabulary import STEPS_PER_BEAT

TuneAt = Callable[[int], int | None]  # the pitch class that the tune has at a step of the song; None where it is silent


class AskedClose(NamedTuple):
    """A close that is asked for; steps count from the beginning of the song's first bar."""

    step: int  # its last chord is struck
    end: int  # the phrase is over; a given tune has its own end
    bar: int  # as the composer counts, for what is said of it
    kind: str = ""  # one of companion.harmony.cadences.CADENCE_KINDS; empty: any


@dataclass(frozen=True)
class AskedHarmony:
    """Chords and closes; steps count from the beginning of the song's first bar, and lie on beats."""

    chords: AskedBeats = field(default_factory=dict)  # of which each beat is to be one, by its step
    closes: tuple[AskedClose, ...] = ()  # rising
    key: Key | None = None  # that the chords are in
    notices: tuple[str, ...] = ()  # lines for the user

    def __bool__(self) -> bool:
        return bool(self.chords or self.closes)

    @property
    def symbols(self) -> tuple[AskedChord, ...]:
        """The chords one after another, each where it begins."""
        named = (self.chords[step] for step in sorted(self.chords))
        return tuple(chords[0] for chords in named if len(chords) == 1 and not chords[0].goes_on)

    def with_cadences(self, key: Key, sung: TuneAt) -> AskedHarmony:
        """The same with the chords of its closes that are of a kind; chords that are asked for anyway stay."""
        chords, notices = dict(self.chords), list(self.notices)
        for close in self.closes:
            if not close.kind:
                continue
            last = chords.get(close.step, ())
            tone = last[0].root if last else sung(close.step)
            found = cadence_of(close.kind, key, tone, sung(close.step - STEPS_PER_BEAT))
            if found is None or (last and not any(_alike(last[0], chord) for chord in found.last)):
                notices.append(_not_of_kind(close, tone, last))
                continue
            if found.tonic != key.tonic:
                notices.append(
                    f"the close in bar {close.bar} is {close.kind} in {replace(key, tonic=found.tonic).tonic_name}:"
                    " so the tune asks"
                )
            chords.setdefault(close.step, found.last)
            chords.setdefault(close.step - STEPS_PER_BEAT, found.before)
        return replace(self, chords=chords, notices=tuple(notices))

    def moved(self, beats: Sequence[int], first: int = 0) -> AskedHarmony:
        """What is asked of some beats, by other steps, which begin with the first.

        beats: the steps of the song where they begin.
        """
        places = {step: first + place * STEPS_PER_BEAT for place, step in enumerate(beats)}
        chords = {places[step]: chords for step, chords in self.chords.items() if step in places}
        closes = (
            close._replace(step=places[close.step], end=places.get(close.end, close.end))
            for close in self.closes
            if close.step in places
        )
        return replace(self, chords=chords, closes=tuple(closes))


NOTHING_ASKED = AskedHarmony()


def _alike(one: AskedChord, other: AskedChord) -> bool:
    return one.root == other.root and one.above[0] == other.above[0]


def _not_of_kind(close: AskedClose, tone: int | None, chords: Sequence[AskedChord]) -> str:
    what = "the chord that is asked for" if chords else f"the tune's {'' if tone is None else pitch_class_name(tone)}"
    return f"the close in bar {close.bar} is not {close.kind}: {what} is in no such close"


def as_asked(form: Form, chords: AskedBeats) -> Form:
    """A form that leaves room for chords: a phrase is held from its last one on, and returns while its are the same."""
    return replace(form, spans=tuple(_returning(_later(span, chords), chords) for span in form.spans))


def with_closes(form: Form, closes: Sequence[AskedClose]) -> Form:
    """A form whose phrases are held as it is asked for, where they end on closes."""
    by_end = {close.end: close.step for close in closes}
    return replace(form, spans=tuple(replace(span, close=by_end.get(span.end, span.close)) for span in form.spans))


def _later(span: Span, chords: AskedBeats) -> Span:
    changes = [step for step in _beats(span.close + 1, span.end) if _begins(chords.get(step, ()))]
    return replace(span, close=changes[-1]) if changes else span


def _returning(span: Span, chords: AskedBeats) -> Span:
    if span.repeats is None:
        return span
    back = span.start - span.repeats
    for step in _beats(span.start, span.end):
        if step in chords and chords.get(step - back) != chords[step]:
            before = step - STEPS_PER_BEAT
            return replace(span, fresh=before if span.fresh is None else min(before, span.fresh))
    return span


def _beats(first: int, end: int) -> range:
    return range(first + -first % STEPS_PER_BEAT, end, STEPS_PER_BEAT)


def _begins(chords: Sequence[AskedChord]) -> bool:
    return bool(chords) and not any(chord.goes_on for chord in chords)
