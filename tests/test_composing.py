"""What docs/composing.md shows goes with the commands that it types, as far as can be seen without a model.

``python -m tests.composing`` makes all of it anew.
"""

from __future__ import annotations

import functools
import shlex

import mido
import pytest

from companion.workbench.source import read_source
from tests.composing import PAGE, commands, outputs

FOLDER = PAGE.with_suffix("")
MIDI_MADE = [(words, name) for words in commands() for name in outputs(words) if name.endswith(".mid")]

Sung = tuple[float, float, int]  # from a quarter to another, a pitch


@functools.cache
def voices(name: str) -> list[list[Sung]]:
    """What each voice of a file sings, from the highest down."""
    song = read_source(FOLDER / name)
    found: dict[int, list[Sung]] = {}
    for note in song.notes:
        quarters = note.start_tick / song.ticks_per_beat, note.end_tick / song.ticks_per_beat
        found.setdefault(note.track, []).append((*quarters, note.pitch))
    return [sorted(found[track]) for track in sorted(found)]


def test_there_is_what_the_commands_read_and_write_and_nothing_else() -> None:
    made = {name for words in commands() for name in outputs(words)}
    read = {words[1] for words in commands()} - made
    assert {path.name for path in FOLDER.iterdir()} == read | made
    page = PAGE.read_text("utf-8")
    assert [name for name in sorted(read | made) if f"](composing/{name})" not in page] == []


@pytest.mark.parametrize(("words", "name"), MIDI_MADE, ids=[name for _, name in MIDI_MADE])
def test_a_midi_file_says_the_command_that_made_it(words: list[str], name: str) -> None:
    said = next(one.text for one in mido.MidiFile(FOLDER / name).tracks[0] if one.type == "text")
    typed = ["chorale", *(word for word in words if word not in ("-o", name)), "--model", "bach", "--style", "bach"]
    assert shlex.split(said) == typed


@pytest.mark.parametrize("stem", ["auld-lang-syne-harmonised", "old-hundredth-harmonised"])
def test_score_and_midi_file_are_the_same_music(stem: str) -> None:
    assert voices(f"{stem}.musicxml") == voices(f"{stem}.mid")


@pytest.mark.parametrize(
    ("made", "tune"),
    [
        ("auld-lang-syne-harmonised.musicxml", "auld-lang-syne.abc"),
        ("auld-lang-syne-chords.musicxml", "auld-lang-syne.abc"),
        ("old-hundredth-harmonised.musicxml", "old-hundredth.musicxml"),
    ],
)
def test_a_tune_is_kept(made: str, tune: str) -> None:
    assert len(voices(made)) == 4
    assert voices(made)[0] == voices(tune)[0]


def test_what_is_continued_begins_with_its_seed() -> None:
    for before, after in zip(
        voices("old-hundredth-harmonised.musicxml"), voices("old-hundredth-longer.musicxml"), strict=True
    ):
        assert after[: len(before)] == before
        assert after[-1][1] == 1 + (8 + 8) * 4, "eight bars more, after a pickup of a beat"


def test_bars_3_and_4_of_lower_voices_are_anew() -> None:
    tune, *others = zip(
        voices("old-hundredth-harmonised.musicxml"), voices("old-hundredth-rewritten.musicxml"), strict=True
    )
    assert tune[0] == tune[1]
    first, stop = 1 + 2 * 4, 1 + 4 * 4  # after a pickup of a beat
    for pair in others:
        kept, anew = zip(*map(functools.partial(parted, first=first, stop=stop), pair), strict=True)
        assert kept[0] == kept[1]
        assert anew[0] != anew[1]


def parted(own: list[Sung], first: float, stop: float) -> tuple[list[Sung], list[Sung]]:
    """The notes that begin outside of some quarters, and those that begin in them."""
    return [note for note in own if not first <= note[0] < stop], [note for note in own if first <= note[0] < stop]
