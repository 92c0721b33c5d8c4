"""Scores with anything in any place: read and written again, or refused in one line."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring, tostring

from hypothesis import given
from hypothesis import strategies as some

from companion.errors import BadMidiFile
from companion.notation.musicxml.files import score_of_bytes
from companion.notation.musicxml.writing import musicxml
from companion.notation.songs import song_of_score
from companion.phrase.seed import phrase_of_song

HYMN = (Path(__file__).parents[4] / "docs" / "composing" / "old-hundredth.musicxml").read_bytes()
WORDS = (
    "",
    "0",
    "-1",
    "1e9",
    "nan",
    "½",
    "99999999999999999999",
    "C",
    "x" * 300,
    "\u202e\x9b",
    "3/4",
    "start",
    "yes",
    "7",
)


def damaged(seed: int) -> bytes:
    """Some elements are gone, twice there, elsewhere, or say something else."""
    dice = random.Random(seed)
    root = fromstring(HYMN)
    for _ in range(dice.randrange(1, 8)):
        parent = dice.choice([one for one in root.iter() if len(one)])
        _damage(dice, root, parent, dice.choice(list(parent)))
    return tostring(root)


def _damage(dice: random.Random, root: Element, parent: Element, child: Element) -> None:
    match dice.randrange(5):
        case 0:
            parent.remove(child)
        case 1:
            parent.extend([child] * dice.randrange(1, 4))
        case 2:
            parent.insert(0, dice.choice([one for one in root.iter() if not len(one)]))
        case 3:
            child.text = dice.choice(WORDS)
        case 4:
            child.set(dice.choice(("type", "number", "implicit", "location", "id")), dice.choice(WORDS))


def through(data: bytes) -> None:
    """The whole way, and once more."""
    score = score_of_bytes(data, "x")
    phrase_of_song(song_of_score(score, "x"))
    again = score_of_bytes(musicxml(score), "x")
    assert [bar.tick for bar in again.measures] == [bar.tick for bar in score.measures]


@given(some.integers(0, 1_000_000))
def test_damage_is_refused_or_read(seed: int) -> None:
    with suppress(BadMidiFile):
        through(damaged(seed))


def test_half_of_it_is_read() -> None:
    """So that what is tried is the reading, and not its refusal."""
    read = 0
    for seed in range(40):
        with suppress(BadMidiFile):
            through(damaged(seed))
            read += 1
    assert read > 20
