"""What a chord is called."""

from __future__ import annotations

from collections.abc import Iterable

from companion.music.pitch import pitch_class_name

# Intervals above the root → what is written after it; the first that fits is taken.
_KINDS: tuple[tuple[frozenset[int], str], ...] = (
    (frozenset({0, 4, 7}), ""),
    (frozenset({0, 3, 7}), "m"),
    (frozenset({0, 4, 7, 10}), "7"),
    (frozenset({0, 4, 7, 11}), "maj7"),
    (frozenset({0, 3, 7, 10}), "m7"),
    (frozenset({0, 3, 6, 10}), "m7b5"),
    (frozenset({0, 3, 6, 9}), "dim7"),
    (frozenset({0, 3, 6}), "dim"),
    (frozenset({0, 4, 8}), "aug"),
    (frozenset({0, 4, 10}), "7"),
    (frozenset({0, 5, 7}), "sus4"),
    (frozenset({0, 4}), ""),
    (frozenset({0, 3}), "m"),
    (frozenset({0, 7}), "5"),
)


def chord_name(pitches: Iterable[int | None]) -> str:
    """ "G", "Em/B", "D7/F#": of what sounds, with the bass where it is not the root; "" where no name fits."""
    sounding = sorted(pitch for pitch in pitches if pitch is not None)
    classes = {pitch % 12 for pitch in sounding}
    if len(classes) < 2:
        return ""
    bass = sounding[0] % 12
    for kind, suffix in _KINDS:
        for root in sorted(classes, key=lambda root: root != bass):
            if {(other - root) % 12 for other in classes} == kind:
                name = pitch_class_name(root) + suffix
                return name if root == bass else f"{name}/{pitch_class_name(bass)}"
    return ""
