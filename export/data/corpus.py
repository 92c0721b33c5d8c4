"""The Bach chorales of music21's own corpus: true onsets, rests, metre, key and fermatas.

Nothing is fetched: the corpus comes with music21, which only this module imports, and only when asked.
Repeats are left as written, so that no passage counts twice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from companion.errors import MissingExtra
from companion.music.vocabulary import (
    HIGHEST_PITCH,
    LOWEST_PITCH,
    RANGES,
    STEPS_PER_BEAT,
    VOICES,
    IntArray,
    Note,
    frames_of_notes,
)
from companion.screen.terminal import Progress, unseen
from export.data.pieces import Piece

OFF_GRID_SHARE = 0.05  # with more of its notes than this off the 16th grid a piece is refused
_ANALYSIS = ".rntxt"  # Roman numerals about a chorale, not its notes
_PREFERRED = ".mxl"  # of two encodings of one chorale: the corpus' own, with mode and metre


@dataclass(frozen=True)
class Refusal:
    """Something that gives no piece for a set, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Corpus:
    """What reading the corpus gave."""

    pieces: tuple[Piece, ...]  # all in split "train"; prepare.py deals them out
    refusals: tuple[Refusal, ...]
    quantised: tuple[str, ...]  # pieces of which some notes were moved to the 16th grid, or fell away there


@dataclass(frozen=True)
class _Sound:
    """A note as written, tied notes already joined; times in quarter notes."""

    start_beat: float
    stop_beat: float
    pitch: int
    fermata: bool


@dataclass(frozen=True)
class _Bars:
    """The metre of a score as far as it is constant, and where in its bar the first frame stands."""

    metre: str | None
    bar_steps: int | None
    first_step: int


def read_corpus(progress: Progress = unseen) -> Corpus:
    """Every four-part chorale of music21's corpus, in the order of its name.

    Raises:
        MissingExtra: music21 is not installed.
    """
    try:
        from music21 import converter, corpus  # noqa: PLC0415 — slow to import, and only the train extra has it
    except ModuleNotFoundError as error:
        raise MissingExtra(
            "the chorales come with music21; install it with: pip install 'chorale-companion[train]'"
        ) from error
    paths, refusals = _choose_files([Path(path) for path in corpus.getComposer("bach")])
    pieces, quantised = [], []
    for done, path in enumerate(paths, start=1):
        try:
            # not from music21's store in the temporary folder, which another process may be writing just now
            score = converter.parse(path, forceSource=True, storePickle=False)
            piece, moved = piece_of_score(score, path.stem)
            pieces.append(piece)
            quantised += [piece.name] if moved else []
        except ValueError as error:
            refusals.append(Refusal(path.stem, str(error)))
        progress(done, len(paths))
    return Corpus(tuple(pieces), tuple(refusals), tuple(quantised))


def _choose_files(paths: list[Path]) -> tuple[list[Path], list[Refusal]]:
    """One file for each chorale, by name; analyses and second encodings are refused unread."""
    chosen: dict[str, Path] = {}
    refusals = []
    for path in sorted(paths, key=lambda path: (path.suffix != _PREFERRED, path.name)):
        if path.suffix == _ANALYSIS:
            refusals.append(Refusal(path.stem, "an analysis in Roman numerals, not a score"))
        elif path.stem in chosen:
            refusals.append(Refusal(path.name, f"a second encoding of {chosen[path.stem].name}"))
        else:
            chosen[path.stem] = path
    return [chosen[stem] for stem in sorted(chosen)], refusals


def piece_of_score(score: Any, name: str) -> tuple[Piece, int]:
    """A piece of split "train" from a music21 score, and how many of its notes were off the grid.

    Raises:
        ValueError: the score has not four parts of single notes on the 16th grid in a usable range.
    """
    parts = _four_parts(score)
    voices = [_sounds(part, voice) for part, voice in zip(parts, VOICES, strict=True)]
    moved = sum(_is_off_grid(sound) for voice in voices for sound in voice)
    if moved > OFF_GRID_SHARE * sum(map(len, voices)):
        raise ValueError(f"{moved} of its {sum(map(len, voices))} notes are off the 16th grid")
    notes = [note for voice, sounds in enumerate(voices) for note in _on_grid(sounds, voice)]
    semitones = _fitting_transposition(notes)
    frames, lead = _frames(notes, semitones)
    bars = _bars(parts[0], lead)
    closes = {close - lead for close in _closes(voices)}
    piece = Piece(
        name=name,
        split="train",
        frames=frames,
        onsets_known=True,
        first_step=bars.first_step,
        closes=tuple(sorted(closes)),
        key=_key(score, parts[0], semitones),
        metre=bars.metre,
        bar_steps=bars.bar_steps,
    )
    return piece, moved


def _four_parts(score: Any) -> list[Any]:
    """The parts from soprano to bass: the one of each name, whatever plays beside them; else the only four."""
    parts = list(score.parts)
    names = [_first_word(part.partName or "") for part in parts]
    if all(names.count(voice) == 1 for voice in VOICES):
        return [parts[names.index(voice)] for voice in VOICES]
    if len(parts) != len(VOICES):
        raise ValueError(f"it has {len(parts)} parts, not four")
    return parts


def _first_word(name: str) -> str:
    """Of a part that a voice shares with instruments, the voice, which is named first."""
    return (name.split() or [""])[0].lower()


def _sounds(part: Any, voice: str) -> list[_Sound]:
    """The notes of a part in order of time: tied notes joined, ornaments without length left out."""
    sounds: list[_Sound] = []
    for element in part.flatten().notes:
        start, length = float(element.offset), float(element.quarterLength)
        if length <= 0:
            continue
        if element.isChord:
            raise ValueError(f"its {voice} has chords")
        sound = _Sound(start, start + length, int(element.pitch.midi), _has_fermata(element))
        previous = sounds[-1] if sounds else None
        if previous is not None and _goes_on(element, previous, sound):
            sounds[-1] = _joined(previous, sound)
        elif previous is not None and sound.start_beat < previous.stop_beat - 1e-6:
            raise ValueError(f"its {voice} has two notes at once")
        else:
            sounds.append(sound)
    if not sounds:
        raise ValueError(f"its {voice} has no notes")
    return sounds


def _goes_on(element: Any, previous: _Sound, sound: _Sound) -> bool:
    """Whether a written note is tied to the one before; a tie from nowhere is struck."""
    tied = element.tie is not None and element.tie.type in {"continue", "stop"}
    return tied and previous.pitch == sound.pitch and abs(previous.stop_beat - sound.start_beat) < 1e-6


def _joined(first: _Sound, second: _Sound) -> _Sound:
    return _Sound(first.start_beat, second.stop_beat, first.pitch, first.fermata or second.fermata)


def _has_fermata(element: Any) -> bool:
    return any("Fermata" in expression.classes for expression in element.expressions)


def _nearest_step(beat: float) -> int:
    """The step nearest to a time in quarter notes; halfway it is the earlier one."""
    return math.ceil(round(beat * STEPS_PER_BEAT, 6) - 0.5)


def _is_off_grid(sound: _Sound) -> bool:
    return any(not _is_step(beat) for beat in (sound.start_beat, sound.stop_beat))


def _is_step(beat: float) -> bool:
    return abs(beat * STEPS_PER_BEAT - round(beat * STEPS_PER_BEAT)) < 1e-6


def _on_grid(sounds: list[_Sound], voice: int) -> list[Note]:
    """Notes on the step grid; where two fall on one step the first stays, the second was an ornament."""
    notes: dict[int, Note] = {}
    for sound in sounds:
        start = _nearest_step(sound.start_beat)
        steps = max(_nearest_step(sound.stop_beat) - start, 1)
        notes.setdefault(start, Note(start, voice, sound.pitch, steps))
    return list(notes.values())


def _fitting_transposition(notes: list[Note]) -> int:
    """0 inside the vocabulary; else the fewest semitones that bring every voice into its range."""
    if all(LOWEST_PITCH <= note.pitch <= HIGHEST_PITCH for note in notes):
        return 0
    for semitones in sorted(range(-12, 13), key=abs):
        if all(RANGES[note.voice][0] <= note.pitch + semitones <= RANGES[note.voice][1] for note in notes):
            return semitones
    low, high = min(note.pitch for note in notes), max(note.pitch for note in notes)
    raise ValueError(
        f"its pitches {low}..{high} leave {LOWEST_PITCH}..{HIGHEST_PITCH}, and no transposition fits the voices"
    )


def _frames(notes: list[Note], semitones: int) -> tuple[IntArray, int]:
    """Frames from the first note to the end of the last, and the silent steps cut off before them."""
    lead = min(note.start_step for note in notes)
    stop = max(note.start_step + note.steps for note in notes)
    placed = [Note(note.start_step - lead, note.voice, note.pitch + semitones, note.steps) for note in notes]
    return frames_of_notes(placed, stop - lead), lead


def _closes(voices: list[list[_Sound]]) -> set[int]:
    """Steps of the soprano's onsets under a fermata (of any voice's, where it has none), and of its last onset."""
    soprano = voices[0]
    marked = [sound for sound in soprano if sound.fermata]
    if not marked:
        marked = [sound for voice in voices for sound in voice if sound.fermata]
    return {_nearest_step(sound.start_beat) for sound in [*marked, soprano[-1]]}


def _bars(part: Any, lead: int) -> _Bars:
    """Metre, length of the bar and place of step ``lead`` in it; a length only where every barline keeps to it.

    Bars cut in two by a repeat or a phrase's end still count as one. Where the bars change later on,
    the place is that in the first one.
    """
    measures = list(part.getElementsByClass("Measure"))
    if not measures:
        return _Bars(None, None, lead % STEPS_PER_BEAT)
    bar_steps = round(float(measures[0].barDuration.quarterLength) * STEPS_PER_BEAT)
    pickup = _place_in_bar(measures[0], bar_steps)
    metres = {signature.ratioString for signature in part.recurse().getElementsByClass("TimeSignature")}
    constant = len(metres) == 1
    kept = constant and all(_keeps_to(measure, bar_steps, pickup) for measure in measures[1:])
    return _Bars(metres.pop() if constant else None, bar_steps if kept else None, (pickup + lead) % bar_steps)


def _place_in_bar(measure: Any, bar_steps: int) -> int:
    """The step within its bar at which a first measure begins: a short one is a pickup."""
    if measure.paddingLeft > 0:
        return round(float(measure.paddingLeft) * STEPS_PER_BEAT)
    return max(bar_steps - round(float(measure.duration.quarterLength) * STEPS_PER_BEAT), 0)


def _keeps_to(measure: Any, bar_steps: int, pickup: int) -> bool:
    """Whether a later measure begins at a barline, or as far after one as its pickup says."""
    place = (pickup + round(float(measure.offset) * STEPS_PER_BEAT)) % bar_steps
    return place == round(float(measure.paddingLeft) * STEPS_PER_BEAT) % bar_steps


def _key(score: Any, part: Any, semitones: int) -> str:
    """The key as encoded where its mode is, else by music21's analysis; "Bb major", "f# minor"."""
    encoded = part.recurse().getElementsByClass("Key").first()
    key = encoded if encoded is not None else score.analyze("key")
    if semitones:
        key = key.transpose(semitones)
    tonic = key.tonic.name.replace("-", "b")
    return f"{tonic.lower() if key.mode == 'minor' else tonic} {key.mode}"
