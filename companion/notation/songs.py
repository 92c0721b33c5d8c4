"""A score as a song: what a model hears of it, in the ticks of the score."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from companion.errors import BadMidiFile
from companion.music.key import CHURCH_MODES
from companion.music.messages import LYRIC
from companion.music.song import EXPECTED, ChordSymbol, KeySignature, Metre, Song, SongNote, Tempo, TrackEvent
from companion.notation.chords import text_of_chord
from companion.notation.score import KeySign, ScorePart, TiedNote, WrittenBar, WrittenScore, sounds_of

WRITTEN_VELOCITY = 80  # notation has none
SLOWEST_US, FASTEST_US = 0xFFFFFF, 1
MOST_SCORE_NOTES = 1_000_000


@dataclass(frozen=True)
class ScoredSong(Song):
    """A song that was read from a score, which it keeps."""

    score: WrittenScore | None = None


def song_of_score(score: WrittenScore, name: str) -> ScoredSong:
    """The song: a track for each voice of each part; repeats are not played out.

    Raises:
        BadMidiFile: there are no notes in it, or too many.
    """
    notes: list[SongNote] = []
    names: list[str] = []
    events: list[TrackEvent] = []
    fermatas: set[int] = set()
    for part in score.parts:
        for at, line in enumerate(part.lines):
            track, sounds = len(names), list(sounds_of(line.notes))
            if not sounds:
                continue
            names.append(_track_name(part, at))
            notes += [SongNote(one.start, one.end, one.pitch, WRITTEN_VELOCITY, track % 16, track) for one in sounds]
            events += _lyrics(sounds, track)
            fermatas |= {one.start for one in sounds if any(piece.fermata for piece in one.pieces)}
    if not notes:
        raise BadMidiFile(f"{name} holds no notes; {EXPECTED}")
    if len(notes) > MOST_SCORE_NOTES:
        raise BadMidiFile(f"{name} holds more than {MOST_SCORE_NOTES} notes; choose a shorter piece")
    last = score.measures[-1]
    return ScoredSong(
        tuple(sorted(notes)),
        score.ticks_per_beat,
        tuple(_tempos(score)),
        tuple(_metres(score)),
        tuple(names),
        last.tick + last.ticks,
        None if score.key is None else _signature(score.key),
        (*score.notices, *_repeats(score)),
        tuple(sorted(events)),
        tuple(ChordSymbol(chord.tick, text_of_chord(chord)) for chord in score.harmonies),
        tuple(sorted(fermatas)),
        score,
    )


def _signature(key: KeySign) -> KeySignature:
    minor = key.mode in ("minor", "aeolian")
    return KeySignature(key.fifths, minor, key.mode if key.mode in CHURCH_MODES else "")


def _track_name(part: ScorePart, line: int) -> str:
    """The part's own name for its only voice; "Soprano Alto" names two."""
    words = re.findall(r"[^\W\d_]+", part.name)
    if len(part.lines) == 1:
        return part.name
    return words[line] if len(words) == len(part.lines) else ""


def _lyrics(sounds: list[TiedNote], track: int) -> Iterator[TrackEvent]:
    """The first verse, as a MIDI file has it: a syllable that goes on in the next ends in a dash."""
    for sound in sounds:
        lyric = next(iter(sound.pieces[0].lyrics), None)
        if lyric is not None and lyric.text:
            text = lyric.text + ("-" if lyric.syllabic in ("begin", "middle") else "")
            yield TrackEvent.of_text(sound.start, track, LYRIC, text)


def _tempos(score: WrittenScore) -> Iterator[Tempo]:
    for tempo in score.tempos:
        yield Tempo(tempo.tick, min(max(round(60e6 / tempo.bpm), FASTEST_US), SLOWEST_US))


def _metres(score: WrittenScore) -> Iterator[Metre]:
    """Where a bar is not as long as its metre says it is one of its own length, a pickup and a cut bar too."""
    nominal, said = (4, 4), None
    bars = score.measures
    whole = 0  # the tick where a bar that is written as two is whole again
    for at, bar in enumerate(bars):
        if bar.metre is not None:
            nominal = bar.metre.numerator, bar.metre.denominator
        length = 4 * score.ticks_per_beat * nominal[0] // nominal[1]
        if bar.tick < whole:
            continue
        metre = nominal
        if bar.ticks < length and at + 1 < len(bars):
            if at and bar.ticks + bars[at + 1].ticks == length and bars[at + 1].metre is None:
                whole = bar.tick + length
            else:
                metre = _short(bar, score.ticks_per_beat)
        elif bar.ticks > length:
            metre = _short(bar, score.ticks_per_beat)
        if metre != said:
            yield Metre(bar.tick, *metre)
            said = metre


def _short(bar: WrittenBar, ticks_per_beat: int) -> tuple[int, int]:
    """The metre of a bar that lasts so long."""
    for denominator in (4, 8, 16, 32, 64):
        numerator, rest = divmod(bar.ticks * denominator, 4 * ticks_per_beat)
        if not rest and 1 <= numerator <= 255:
            return numerator, denominator
    return max(1, min(255, round(bar.ticks * 16 / ticks_per_beat))), 64


def _repeats(score: WrittenScore) -> Iterator[str]:
    """What is said of repeats, where there are any."""
    if any(bar.right.repeat or bar.left.repeat for bar in score.measures):
        yield "repeats are kept as they are written, and gone through once"
