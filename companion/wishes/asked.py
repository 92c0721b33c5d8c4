"""Chords, closes and cadences as they are asked for on the command line, and as a file has them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from companion.errors import BadSetting
from companion.generation.asked import NOTHING_ASKED, AskedClose, AskedHarmony
from companion.harmony.cadences import CADENCE_KINDS
from companion.harmony.form import Wish
from companion.harmony.symbols import AskedChord, chord_of_symbol
from companion.harmony.tunes import close_in
from companion.music.bars import closing_steps
from companion.music.song import Song
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, STEPS_PER_BEAT, IntArray
from companion.phrase.seed import Phrase
from companion.wishes.bars import Bar, bars_of, new_bars
from companion.wishes.chord_track import NO_CHORD, chord_track

MOST_DIGITS = 9  # of a bar's number
NONE = "none"  # for --chords: whatever stands in the file, none are asked for
_GOES_ON = frozenset({".", "/"})  # a beat more of the chord before
_AGAIN = "%"  # the bar before, or the chord before
_GERMAN_B = r"(?:^|/)B(?![b♭])"
_GERMAN_H = r"(?:^|/)H"
Places = dict[int, AskedChord]  # by the step where a beat begins, from the beginning of the song's first bar


@dataclass(frozen=True)
class Wanted:
    """What was said; None: nothing."""

    chords: str | None = None  # as "G D7 G | C G/B Am D"
    close_at: str | None = None  # as "4,8" or "4:half,8:authentic"
    cadence: str | None = None  # as "half", or one for each close

    @property
    def bars(self) -> int | None:
        """How many bars are spoken of."""
        written = len(written_bars(self.chords)) if self.chords is not None and _are_written(self.chords) else 0
        return max([written, *(bar for bar, _ in _closes(self.close_at))]) or None


NOTHING_WANTED = Wanted()


def asked_of_tune(wanted: Wanted, song: Song, phrase: Phrase) -> AskedHarmony:
    """What is asked of the voices that are added to a tune; its bars count from its first whole one.

    Chords that are written count from the first bar that is heard.

    Raises:
        BadSetting: it cannot be; it names the bar.
    """
    bars, notices = bars_of(phrase), list[str]()
    if _are_written(wanted.chords):
        chords = _written(wanted.chords or "", bars, notices)
    else:
        end = phrase.start_step + len(phrase.frames)
        chords = {} if wanted.chords else _of_song(song, phrase, bars, end, notices)
    tune = _Tune(phrase)
    closes = [tune.close(bars, bar, kind) for bar, kind in _closes(wanted.close_at)]
    closes = closes or tune.fermatas(song.fermatas, bars, notices)
    closes = _of_kinds(wanted.cadence, closes or [tune.last(bars)] * bool(wanted.cadence))
    return AskedHarmony(_by_beat(chords), tuple(closes), notices=tuple(notices))


def asked_of_new(wanted: Wanted, song: Song, phrase: Phrase, bars: int, wishes: Sequence[Wish] = ()) -> AskedHarmony:
    """What is asked of a phrase and of new bars after it, which count from 1 on.

    Raises:
        BadSetting: it cannot be; it names the bar.
    """
    coming, notices = new_bars(phrase, bars), list[str]()
    none = wanted.chords is not None and not _are_written(wanted.chords)
    chords = {} if none else _of_song(song, phrase, [*bars_of(phrase), *coming], coming[0].start, notices)
    if _are_written(wanted.chords):
        chords = {step: chord for step, chord in chords.items() if step < coming[0].start}
        chords |= _written(wanted.chords or "", coming, notices)
    ends = _phrase_ends(coming, wishes)
    closes = [_new_close(coming, bar, kind, ends) for bar, kind in _closes(wanted.close_at)]
    closes = _of_kinds(wanted.cadence, closes or [_new_close(coming, bars, "", ends)] * bool(wanted.cadence))
    if not all(phrase.given):
        closes = [*_Tune(phrase).fermatas(song.fermatas, bars_of(phrase), notices), *closes]
    return AskedHarmony(_by_beat(chords), tuple(closes), notices=tuple(notices))


def asked_of_bars(wanted: Wanted, song: Song, phrase: Phrase, first: int, stop: int) -> AskedHarmony:
    """What is asked of bars that are made anew: chords, which count from the first of them where they are written.

    first, stop: the first frame of the bars, and the frame after them.

    Raises:
        BadSetting: it cannot be; it names the bar.
    """
    start, notices = phrase.start_step, list[str]()
    if _are_written(wanted.chords):
        bars = [bar for bar in bars_of(phrase) if bar.start < start + stop and start + first < bar.end]
        return AskedHarmony(_by_beat(_written(wanted.chords or "", bars, notices)), notices=tuple(notices))
    if wanted.chords:
        return NOTHING_ASKED
    chords = _by_beat(_of_song(song, phrase, bars_of(phrase), start + len(phrase.frames), notices))
    here = any(start + first <= step < start + stop for step in chords)
    return AskedHarmony(chords, notices=tuple(notices)) if here else NOTHING_ASKED


def symbol_bars(wanted: Wanted, song: Song, phrase: Phrase) -> int | None:
    """For how many bars after a phrase its file has chord symbols, where they are wanted; None: for none."""
    if wanted.chords is not None or not (symbols := chord_track(song)):
        return None
    first = new_bars(phrase, 1)[0].start
    after = [step for symbol in symbols if (step := phrase.start_step + phrase.step_of_tick(symbol.tick)) >= first]
    return (after[-1] - first) // phrase.bar_steps + 1 if len(after) > 1 else None  # one alone ends the seed


def _are_written(chords: str | None) -> bool:
    return chords is not None and chords.strip().lower() != NONE


def written_bars(text: str) -> list[list[str]]:
    """What stands in each bar; BadSetting where one is empty."""
    lines = re.sub(r"\s*\|?\s*\n\s*\|?\s*", "|", text.strip())
    bars = [bar.split() for bar in re.sub(r"\|[|\]]+", "|", lines).split("|")]
    bars = bars[1 if len(bars) > 1 and not bars[0] else 0 : -1 if len(bars) > 1 and not bars[-1] else None]
    for number, bar in enumerate(bars, 1):
        if not bar:
            raise BadSetting(f"bar {number} of the chords is empty; write %, N.C. or a chord")
    _check_german(bars)
    return bars


def _check_german(bars: Sequence[Sequence[str]]) -> None:
    german = any(re.search(_GERMAN_H, symbol) for bar in bars for symbol in bar)
    for number, bar in enumerate(bars, 1):
        for symbol in bar:
            if german and re.search(_GERMAN_B, symbol):
                raise BadSetting(f"bar {number}: {symbol} may be B flat or B natural beside H; write Bb or H")


def _written(text: str, bars: Sequence[Bar], notices: list[str]) -> Places:
    """The chords of each beat of some bars."""
    written = written_bars(text)
    if len(written) > len(bars):
        raise BadSetting(f"there are chords for {_count(len(written), 'bar')}, and {_count(len(bars), 'bar')} for them")
    if len(written) < len(bars):
        notices.append(f"chords are asked for in {len(written)} of {len(bars)} bars: the others are free")
    places: Places = {}
    before: list[str] = []
    chord: AskedChord | None = None
    for number, (bar, symbols) in enumerate(zip(bars, written, strict=False), 1):
        here = before if symbols == [_AGAIN] else symbols
        if not here:
            raise BadSetting("bar 1: there is no bar before it that % could repeat")
        for symbol, step in zip(
            _each_beat(here, bar.beats, number), range(bar.start, bar.end, STEPS_PER_BEAT), strict=True
        ):
            if symbol not in _GOES_ON and symbol != _AGAIN:
                chord = _chord(symbol, number)
            if chord is not None:
                places[step] = chord
        before = here
    notices += _left_out(symbol for bar in written for symbol in bar)
    return places


def _chord(symbol: str, bar: int) -> AskedChord | None:
    if symbol in NO_CHORD:
        return None
    if (chord := chord_of_symbol(symbol)) is None:
        raise BadSetting(
            f"bar {bar}: unknown chord {symbol!r}; chords are written like G, Em, D7, F#m7b5, C/E or Asus4"
        )
    return chord


def _each_beat(symbols: Sequence[str], beats: int, bar: int) -> list[str]:
    """The symbols of a bar by its beats, which they share; where these do not come out even, the first last longer."""
    if len(symbols) > beats:
        raise BadSetting(
            f"bar {bar} has {len(symbols)} chords and {_count(beats, 'beat')}: a beat has one chord at most"
        )
    share, rest = divmod(beats, len(symbols))
    if rest and _GOES_ON.intersection(symbols):
        raise BadSetting(f"bar {bar} has {len(symbols)} signs for {_count(beats, 'beat')}; write one for each beat")
    return [symbol for place, symbol in enumerate(symbols) for _ in range(share + (place < rest))]


def _left_out(symbols: Iterable[str]) -> list[str]:
    """A notice of chords that have more tones than there are voices."""
    known = ((name, chord_of_symbol(name)) for name in dict.fromkeys(symbols))
    names = [name for name, chord in known if chord is not None and chord.left_out]
    return [f"of the tones of {', '.join(names)} four voices sing those that matter most"] if names else []


def _of_song(song: Song, phrase: Phrase, bars: Sequence[Bar], end: int, notices: list[str]) -> Places:
    """The chords that a file has, beat by beat up to a step; what is after that holds to the end of its bar at last."""
    symbols = chord_track(song)
    places: Places = {}
    begins = [_nearest_beat(phrase.start_step + phrase.step_of_tick(symbol.tick)) for symbol in symbols]
    bar_ends = {step: bar.end for bar in bars for step in range(bar.start, bar.end)}
    for place, (symbol, begin) in enumerate(zip(symbols, begins, strict=True)):
        following = (
            begins[place + 1] if place + 1 < len(begins) else bar_ends.get(begin, begin) if begin >= end else end
        )
        chord = None if symbol.text in NO_CHORD else chord_of_symbol(symbol.text)
        stop = min(following, end) if begin < end else following
        for step in range(begin, stop, STEPS_PER_BEAT):
            if chord is not None:
                places[step] = chord
    unknown = [symbol.text for symbol in symbols if symbol.text not in NO_CHORD and not chord_of_symbol(symbol.text)]
    if symbols:
        notices.append(f"the file's {_count(len(symbols), 'chord symbol')} are kept to; --chords none leaves them")
        notices += [f"chord symbols that say nothing here are passed over: {', '.join(unknown)}"] * bool(unknown)
        notices += _left_out(symbol.text for symbol in symbols)
    return places


def _nearest_beat(step: int) -> int:
    return (step + STEPS_PER_BEAT // 2) // STEPS_PER_BEAT * STEPS_PER_BEAT


def _by_beat(places: Mapping[int, AskedChord]) -> dict[int, tuple[AskedChord, ...]]:
    """Of each beat; where a chord goes on from the beat before it is known to."""
    return {
        step: (chord._replace(goes_on=places.get(step - STEPS_PER_BEAT) == chord),)
        for step, chord in sorted(places.items())
    }


class _Tune:
    """The voice that leads a phrase, on the steps of the song."""

    def __init__(self, phrase: Phrase) -> None:
        column = phrase.frames[:, phrase.given.index(True)]
        lacking = phrase.start_step % STEPS_PER_BEAT
        self._tokens: IntArray = np.concatenate([np.full(lacking, REST, dtype=np.int32), column])
        self._start = phrase.start_step - lacking
        self._phrase = phrase

    def close(self, bars: Sequence[Bar], number: int, kind: str) -> AskedClose:
        """On the note of a bar that ends a phrase best."""
        bar = next((bar for bar in bars if bar.number == number), None)
        if bar is None:
            has = f"{bars[0].number} to {bars[-1].number}" if bars else "none"
            raise BadSetting(f"there is no bar {number} to close in: the tune has bars {has}")
        step = self._close_in(bar.start, bar.end)
        if step is None:
            raise BadSetting(f"no note of the tune begins on a beat of bar {number}, so nothing can close there")
        return AskedClose(step, bar.end, number, kind)

    def last(self, bars: Sequence[Bar]) -> AskedClose:
        """On the last note of all."""
        struck = [step for step in range(0, len(self._tokens), STEPS_PER_BEAT) if self._tokens[step] >= FIRST_STRIKE]
        step = self._start + (struck[-1] if struck else 0)
        return AskedClose(step, self._start + len(self._tokens), _bar_around(bars, step))

    def fermatas(self, ticks: Iterable[int], bars: Sequence[Bar], notices: list[str]) -> list[AskedClose]:
        """On the beats of the notes that have one; an inner voice may come to its own while the tune holds its note."""
        steps: dict[int, None] = {}
        for beat in dict.fromkeys(self._phrase.start_step + self._phrase.beat_around(tick) for tick in ticks):
            step = self._close_in(beat, beat + STEPS_PER_BEAT)
            if step is None:
                step = self._held_at(beat)
            if step is not None:
                steps[step] = None
            elif self._start <= beat < self._start + len(self._tokens):
                notices.append(f"the fermata in bar {_bar_around(bars, beat)} is on no beat of the tune: passed over")
        return [AskedClose(step, step, _bar_around(bars, step)) for step in sorted(steps)]

    def _held_at(self, beat: int) -> int | None:
        """Where the note begins, on a beat, that the tune holds; None where it holds none."""
        at = beat - self._start
        if not 0 <= at < len(self._tokens) or self._tokens[at] != HOLD:
            return None
        struck = int(np.flatnonzero(self._tokens[:at] != HOLD)[-1])
        return None if self._tokens[struck] == REST or struck % STEPS_PER_BEAT else self._start + struck

    def _close_in(self, first: int, last: int) -> int | None:
        found = close_in(self._tokens, first - self._start, last - self._start)
        return None if found is None else self._start + found


def _bar_around(bars: Sequence[Bar], step: int) -> int:
    return next((bar.number for bar in bars if bar.start <= step < bar.end), 0)


def _phrase_ends(bars: Sequence[Bar], wishes: Sequence[Wish]) -> list[int]:
    """The steps at which the phrases end that are asked for."""
    lengths = [wish.beats * STEPS_PER_BEAT for wish in wishes]
    return list(accumulate(lengths, initial=bars[-1].end - sum(lengths)))[1:]


def _new_close(bars: Sequence[Bar], number: int, kind: str, ends: Sequence[int]) -> AskedClose:
    """On the last strong beat of a bar, where its phrase ends with it."""
    if not 1 <= number <= len(bars):
        raise BadSetting(f"there is no bar {number} to close in: there are {_count(len(bars), 'new bar')}")
    bar = bars[number - 1]
    end = next((end for end in ends if bar.start < end <= bar.end), None if ends else bar.end)
    if end is None:
        phrases = ", ".join(str(next(one.number for one in bars if one.start < end <= one.end)) for end in ends)
        raise BadSetting(f"no phrase ends in bar {number}: those that are asked for end in bars {phrases}")
    strong = bar.end - closing_steps(bar.end - bar.start)
    return AskedClose(strong if strong < end else bar.start, end, number, kind)


def _closes(close_at: str | None) -> list[tuple[int, str]]:
    """(bar, kind) of each, rising."""
    closes = []
    for one in [] if close_at is None else close_at.split(","):
        bar, _, kind = (part.strip() for part in one.partition(":"))
        if not bar.isdecimal() or len(bar) > MOST_DIGITS:
            raise BadSetting(f"close-at must be bars, as in 4,8 or 4:half,8:authentic, not {close_at!r}")
        closes.append((int(bar), _kind(kind) if kind else ""))
    numbers = [bar for bar, _ in closes]
    if len(set(numbers)) < len(numbers):
        raise BadSetting(f"close-at names a bar twice: {close_at}")
    return sorted(closes)


def _kind(name: str) -> str:
    if name.lower() not in CADENCE_KINDS:
        raise BadSetting(f"unknown cadence {name!r}; choose one of {', '.join(CADENCE_KINDS)}")
    return name.lower()


def _of_kinds(cadence: str | None, closes: Sequence[AskedClose]) -> list[AskedClose]:
    """The closes with the kind that is asked for: one for all, or one for each."""
    if cadence is None:
        return list(closes)
    kinds = [_kind(kind.strip()) for kind in cadence.split(",")]
    if any(close.kind for close in closes):
        raise BadSetting("say the kinds of closes by --cadence or by --close-at, not by both")
    if len(kinds) not in (1, len(closes)):
        raise BadSetting(
            f"{_count(len(kinds), 'cadence')} for {_count(len(closes), 'close')}; give one for each, or one"
        )
    kinds *= len(closes) if len(kinds) == 1 else 1
    return [close._replace(kind=kind) for close, kind in zip(closes, kinds, strict=True)]


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
