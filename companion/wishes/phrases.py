"""The phrases of new bars as they are asked for on the command line: their lengths, and which of them are alike."""

from __future__ import annotations

from math import ceil

from companion.errors import BadSetting
from companion.harmony.form import PHRASE_BEATS, Wish
from companion.music.bars import closing_steps
from companion.music.vocabulary import STEPS_PER_BEAT

DEFAULT_BARS = 8
LONGEST = 64  # beats of a phrase that is asked for


def wishes_of(phrases: str | None, form: str | None, bars: int | None, bar_steps: int) -> tuple[int, tuple[Wish, ...]]:
    """How many bars there are to be, and their phrases, none where nothing is asked for.

    phrases: lengths in beats, as "8,8,8,8"; form: a letter a phrase, equal for phrases that are alike, as "AABA".

    Raises:
        BadSetting: they cannot be, or do not fit the bars; it names what would.
    """
    if phrases is None and form is None:
        return DEFAULT_BARS if bars is None else bars, ()
    bar_beats = bar_steps / STEPS_PER_BEAT
    letters = _letters(form)
    if phrases is not None:
        lengths = _lengths(phrases)
        if letters and len(letters) != len(lengths):
            raise BadSetting(
                f"{form} is {len(letters)} phrases, and {phrases} {len(lengths)}; give one length for each"
            )
        wanted = sum(lengths) / bar_beats
        if wanted != int(wanted) or bars not in (None, int(wanted)):
            fits = f"{sum(lengths)} beats fill {wanted:g} bars of {bar_beats:g}"
            raise BadSetting(f"phrases {phrases} do not fit{'' if bars is None else f' {bars} bars'}: {fits}")
        bars = int(wanted)
    else:
        bars = DEFAULT_BARS if bars is None else bars
        lengths = _equal(form or "", bars, bar_beats)
    wishes = tuple(Wish(*wish) for wish in zip(lengths, letters or [""] * len(lengths), strict=True))
    _check_alike(wishes)
    _check_last(wishes[-1], closing_steps(bar_steps) / STEPS_PER_BEAT)
    return bars, wishes


def _letters(form: str | None) -> list[str]:
    if form is None:
        return []
    if not form.isalpha():
        raise BadSetting(f"form must be a letter for each phrase, as in AABA, not {form!r}")
    return list(form.upper())


def _lengths(phrases: str) -> list[int]:
    try:
        lengths = [int(length) for length in phrases.split(",")]
    except ValueError:
        raise BadSetting(f"phrases must be lengths in beats, as in 8,8,8,8, not {phrases!r}") from None
    for length in lengths:
        if not PHRASE_BEATS[0] <= length <= LONGEST:
            raise BadSetting(f"a phrase must have {PHRASE_BEATS[0]} to {LONGEST} beats, not {length}")
    return lengths


def _equal(form: str, bars: int, bar_beats: float) -> list[int]:
    """Phrases of one length that fill some bars."""
    length = bars * bar_beats / len(form)
    if length != int(length) or not PHRASE_BEATS[0] <= length <= LONGEST:
        fitting = [n for n in range(1, 65) if (n * bar_beats / len(form)).is_integer()]
        good = [n for n in fitting if PHRASE_BEATS[0] <= n * bar_beats / len(form) <= LONGEST]
        nearest = sorted(sorted(good, key=lambda n: abs(n - bars))[:3])
        would = ", ".join(map(str, nearest))
        raise BadSetting(f"{form} cannot fill {bars} bars with equal phrases; {would} bars would, or give --phrases")
    return [int(length)] * len(form)


def _check_last(wish: Wish, last_chord: float) -> None:
    if wish.beats < last_chord:
        raise BadSetting(
            f"the last chord is held for {last_chord:g} beats, so the last phrase must have at least"
            f" {ceil(last_chord)}, not {wish.beats}"
        )


def _check_alike(wishes: tuple[Wish, ...]) -> None:
    lengths: dict[str, int] = {}
    for letter, beats in ((wish.letter, wish.beats) for wish in wishes if wish.letter):
        if (first := lengths.setdefault(letter, beats)) != beats:
            raise BadSetting(f"phrases {letter} are alike, so they must be equally long, not {first} and {beats}")
