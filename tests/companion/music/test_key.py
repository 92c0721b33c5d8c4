"""The key of some music."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from companion.controls.kinds import KeyName
from companion.music.key import Key, find_key, pitch_class_weights
from companion.music.vocabulary import HOLD, REST, IntArray, strike, transpose


def line(pitches: Sequence[int], steps: int = 4) -> IntArray:
    """A lone soprano."""
    frames = np.full((len(pitches) * steps, 4), REST, dtype=np.int32)
    frames[:, 0] = HOLD
    frames[::steps, 0] = [strike(pitch) for pitch in pitches]
    return frames


C_MAJOR = (60, 62, 64, 65, 67, 69, 71, 72, 67, 64, 60)
A_MINOR = (57, 59, 60, 62, 64, 65, 68, 69, 64, 60, 57)


@pytest.mark.parametrize("semitones", range(-6, 7))
def test_scales(semitones: int) -> None:
    assert find_key(transpose(line(C_MAJOR), semitones)) == Key(semitones % 12, False)
    assert find_key(transpose(line(A_MINOR), semitones)) == Key((9 + semitones) % 12, True)


def test_weights_count_what_sounds() -> None:
    frames = line((60, 67), steps=3)
    frames[:2, 3] = [strike(48), HOLD]
    assert pitch_class_weights(frames).tolist() == [5, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0]


@pytest.mark.parametrize(
    "frames", [np.zeros((8, 4), dtype=np.int32), line(range(60, 72))], ids=["silence", "all twelve"]
)
def test_nothing_that_tells(frames: IntArray) -> None:
    assert find_key(frames) is None


def test_scale_of_a_minor_key_has_its_leading_note() -> None:
    assert Key(0, False).scale == {0, 2, 4, 5, 7, 9, 11}
    assert Key(9, True).scale == {9, 11, 0, 2, 4, 5, 7, 8}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("C major", Key(0, False)),
        ("Bb major", Key(10, False)),
        ("f# minor", Key(6, True)),
        ("B minor", Key(11, True)),
        ("Cb major", Key(11, False)),
        (" b MINOR ", Key(11, True)),
        ("C## major", Key(2, False)),
        ("B♭minor", Key(10, True)),
        ("G", Key(7, False)),
        ("F#", Key(6, False)),
        ("Em", Key(4, True)),
        ("f#m", Key(6, True)),
        ("CM", Key(0, False)),
        ("C maj", Key(0, False)),
        ("Gmin", Key(7, True)),
        ("e-moll", Key(4, True)),
        ("fis-Moll", Key(6, True)),
        ("Es-Dur", Key(3, False)),
        ("As", Key(8, False)),
        ("H-Dur", Key(11, False)),
        ("h moll", Key(11, True)),
        ("B-Dur", Key(10, False)),  # in German
        ("B", Key(11, False)),
        ("E-flat major", Key(3, False)),
        ("F sharp minor", Key(6, True)),
        ("Sol majeur", Key(7, False)),
        ("si bémol majeur", Key(10, False)),
        ("fa dièse mineur", Key(6, True)),
        ("Si bemolle maggiore", Key(10, False)),
        ("do sostenido menor", Key(1, True)),
        ("D dorian", Key(2, True, "dorian")),
        ("d-dorisch", Key(2, True, "dorian")),
        ("G Mixolydian", Key(7, False, "mixolydian")),
        ("E phrygian", Key(4, True, "phrygian")),
        ("F lydisch", Key(5, False, "lydian")),
        ("A natural minor", Key(9, True, "aeolian")),
        ("A harmonic minor", Key(9, True)),
        ("C ionian", Key(0, False)),
    ],
)
def test_names(name: str, key: Key) -> None:
    assert Key.of_name(name) == key


@pytest.mark.parametrize("name", ["", "Q major", "C locrian", "C7", "major", "C# b major", "C dorian minor", "Ds"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(ValueError, match=f"unknown key {name!r}; write it like 'Bb major' or 'f# minor'"):
        Key.of_name(name)


@pytest.mark.parametrize("name", ["C major", "f♯ minor", "C##major", " bb  Minor", "H major", "C#b major"])
def test_a_control_takes_the_same_names(name: str) -> None:
    try:
        key: Key | None = Key.of_name(name)
    except ValueError:
        key = None
    if key is None:
        with pytest.raises(ValueError):
            KeyName().read(name)
    else:
        assert Key.of_name(str(KeyName().read(name))) == key


@pytest.mark.parametrize("name", ["e", "g", "bb", "fis", "h"])
def test_a_small_letter_alone_may_be_major_or_minor(name: str) -> None:
    with pytest.raises(ValueError, match=f"key '{name}' may be major or minor; write it {name.capitalize()} or "):
        Key.of_name(name)


@pytest.mark.parametrize(
    ("name", "white_keys_but"),
    [("D dorian", {1}), ("E phrygian", set()), ("F lydian", set()), ("G mixolydian", set()), ("A aeolian", set())],
)
def test_church_modes_are_the_white_keys_and_dorian_has_its_leading_note(name: str, white_keys_but: set[int]) -> None:
    key = Key.of_name(name)
    assert key.scale == {0, 2, 4, 5, 7, 9, 11} | white_keys_but
    assert key.mode == name.split()[1]
    assert key.transposed(3).scale == {(tone + 3) % 12 for tone in key.scale}


def test_a_key_moves_with_its_music() -> None:
    assert Key(9, True).transposed(5) == Key(2, True)
    assert Key(0, False).transposed(-1) == Key(11, False)


@pytest.mark.parametrize("mode", ["major", "minor", "dorian", "lydian"])
@pytest.mark.parametrize("tonic", range(12))
def test_a_key_is_read_by_its_own_name(tonic: int, mode: str) -> None:
    key = Key.of_name(f"C {mode}").transposed(tonic)
    assert Key.of_name(key.name) == key
    assert key.name.endswith(mode)
