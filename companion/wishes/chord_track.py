"""The chord symbols of a song: those it is known to have, else texts of a track that are nearly all chords."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from companion.harmony.symbols import chord_of_symbol
from companion.music.messages import CUE, LYRIC, MARKER, META, TEXT, meta_text
from companion.music.song import ChordSymbol, Song, TrackEvent

NO_CHORD = frozenset({"N.C.", "NC", "N.C", "n.c.", "nc", "-"})
_TEXTS = {TEXT, LYRIC, MARKER, CUE}
_TRACK_NAMES = {"chord", "chords", "chord symbols", "harmony", "changes", "akkorde", "accords", "accordi", "acordes"}
_LEAST = 2  # symbols, but in a track that is named for them
_MOST_OTHERS = 0.1  # of the texts


def chord_track(song: Song) -> tuple[ChordSymbol, ...]:
    """The chord symbols that stand over a song, in order of time; none where it has none."""
    if song.chord_symbols:
        return song.chord_symbols
    texts: dict[tuple[int, int], list[ChordSymbol]] = defaultdict(list)
    for event in song.events:
        if (text := _text(event)) is not None:
            texts[event.track, event.data[1]].append(ChordSymbol(event.tick, text))
    named = [one for (track, _), one in texts.items() if _is_named(song, track) and _are_chords(one, least=1)]
    others = [one for one in texts.values() if _are_chords(one, least=_LEAST) and not _are_letters(one)]
    most = max(named or others, key=len, default=())
    return tuple(symbol for symbol in most if is_symbol(symbol.text))


def is_symbol(text: str) -> bool:
    """It names a chord, or that there is none."""
    return text in NO_CHORD or chord_of_symbol(text) is not None


def _text(event: TrackEvent) -> str | None:
    """What a text event says, without what does not belong to it; None for other events."""
    if event.data[0] != META or event.data[1] not in _TEXTS:
        return None
    return meta_text(event.data).strip().strip("\x00") or None


def _is_named(song: Song, track: int) -> bool:
    return track < len(song.track_names) and song.track_names[track].strip().lower() in _TRACK_NAMES


def _are_chords(symbols: Sequence[ChordSymbol], least: int) -> bool:
    known = sum(is_symbol(symbol.text) for symbol in symbols)
    return known >= least and len(symbols) - known <= max(1 if known > 3 else 0, _MOST_OTHERS * len(symbols))


def _are_letters(symbols: Iterable[ChordSymbol]) -> bool:
    """Rehearsal letters: A, then B, then C, each as often as it likes."""
    names = list(dict.fromkeys(symbol.text for symbol in symbols))
    return names == [chr(ord("A") + number) for number in range(len(names))]
