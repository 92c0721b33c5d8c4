"""``python -m tests.roundtrip [NAME …]``: the chorales that music21 brings, read, written, and read again.

Each is written twice, as it stands and as four voices on two staves, and is then read by us and by music21, which also
read the original: every note must have kept its place, length, spelling, tie, voice, words and fermata. Prints how many
did, and what is otherwise.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path
from typing import Any

from companion.notation.laying import Given, Sheet, chorale_score
from companion.notation.musicxml.files import read_musicxml, score_of_bytes
from companion.notation.musicxml.writing import musicxml
from companion.notation.score import PLAIN_LINE, KeySign, WrittenScore, sounds_of

PROCESSES = 2


def chorales() -> list[Path]:
    """The chorales of Bach in music21, as it brings them."""
    import music21  # noqa: PLC0415 - the train extra

    return sorted((Path(music21.__file__).parent / "corpus" / "bach").glob("*.mxl"))


def closed(score: WrittenScore) -> WrittenScore | None:
    """Four voices on two staves, written as they were; None where there are not four voices of one note each."""
    lines = [line for part in score.parts for line in part.lines]
    if len(lines) != 4 or any(note.in_chord or not note.ticks for line in lines for note in line.notes):
        return None
    given = [
        Given(voice, one.start, one.end, one.pitch, one.pieces)
        for voice, line in enumerate(lines)
        for one in sounds_of(line.notes)
    ]
    return chorale_score(given, Sheet(score.ticks_per_beat, score.measures, score.key or KeySign(0)))


def notes_of(score: WrittenScore) -> list[list[Any]]:
    """What must be kept of each voice: all of its notes, bar by bar."""
    return [
        [note[1:3] + note[4:9] + (note.tick,) for note in line.notes if note.spelling]
        for part in score.parts
        for line in part.lines
    ]


def heard_by_music21(data: bytes | Path) -> list[list[Any]]:
    """The same by another reader: bar, place, length, pitches, tie, words and fermata of each note of each voice."""
    from music21 import converter  # noqa: PLC0415

    score = converter.parse(data) if isinstance(data, Path) else converter.parseData(data, format="musicxml")
    voices: list[list[Any]] = []
    for part in score.parts:
        own: dict[str, list[Any]] = {}
        for number, measure in enumerate(part.getElementsByClass("Measure")):
            for voice in measure.voices or [measure]:
                name = str(voice.id) if measure.voices else "1"
                own.setdefault(name, []).extend((number, *_facts(note)) for note in voice.notes)
        voices += [own[name] for name in sorted(own) if own[name]]
    return voices


def _facts(note: Any) -> tuple[Any, ...]:
    ties = tuple(one.tie.type if one.tie else "" for one in (note.notes if note.isChord else [note]))
    return (
        str(note.offset),
        str(note.quarterLength),
        tuple(pitch.nameWithOctave for pitch in note.pitches),
        ties,
        tuple((lyric.number, lyric.syllabic, lyric.text) for lyric in note.lyrics),
        tuple(one.type for one in note.expressions if "Fermata" in one.classes),
    )


def differences(path: Path, referee: bool = True) -> Iterator[str]:
    """What is otherwise after one round."""
    score = read_musicxml(path)
    data = musicxml(score)
    again = score_of_bytes(data, path.name)
    if notes_of(again) != notes_of(score):
        yield "as it stands, by us"
    if _signs(again) != _signs(score):
        yield "as it stands: bars, keys, metres or repeats"
    two_staves = closed(score)
    packed = None if two_staves is None else musicxml(two_staves)
    if packed is not None and notes_of(score_of_bytes(packed, path.name)) != notes_of(score):
        yield "on two staves, by us"
    if referee:
        original = heard_by_music21(path)
        if heard_by_music21(data) != original:
            yield "as it stands, by music21"
        if packed is not None and heard_by_music21(packed) != original:
            yield "on two staves, by music21"


def _signs(score: WrittenScore) -> list[Any]:
    """Every bar, but for the line after the last, which is a final one."""
    return [*score.measures[:-1], score.measures[-1]._replace(right=PLAIN_LINE)]


def _one(path: Path) -> tuple[str, int, bool, list[str]]:
    score = read_musicxml(path)
    return path.name, sum(map(len, notes_of(score))), closed(score) is not None, list(differences(path))


def main(names: list[str]) -> int:
    """Plays all, or those named."""
    paths = [path for path in chorales() if not names or path.stem in names]
    with Pool(PROCESSES) as pool:
        results = pool.map(_one, paths, chunksize=4)
    for name, _, _, found in results:
        if found:
            print(f"{name}: {'; '.join(found)}")  # noqa: T201
    notes, four = sum(result[1] for result in results), sum(result[2] for result in results)
    faults = Counter(what for result in results for what in result[3])
    same = sum(not result[3] for result in results)
    print(f"{same} of {len(results)} chorales ({notes:,} notes) are the same; {four} of them on two staves too")  # noqa: T201
    print(*(f"{count} {what}" for what, count in faults.items()), sep="\n")  # noqa: T201
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
