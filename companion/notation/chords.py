"""Chord symbols: as MusicXML has them, and as they are written, "G7/B"."""

from __future__ import annotations

import re

from companion.notation.score import ChordSign

# MusicXML's kinds, and what is written after the root; of several the first is written.
CHORD_KINDS = {
    "major": ("", "maj", "M"),
    "minor": ("m", "min", "mi", "-"),
    "dominant": ("7",),
    "major-seventh": ("maj7", "M7", "Δ7", "Δ", "ma7"),
    "minor-seventh": ("m7", "min7", "mi7", "-7"),
    "half-diminished": ("m7b5", "ø7", "ø", "m7(b5)", "-7b5"),
    "diminished-seventh": ("dim7", "°7", "o7"),
    "diminished": ("dim", "°", "o"),
    "augmented": ("aug", "+"),
    "augmented-seventh": ("aug7", "+7", "7#5"),
    "major-minor": ("mMaj7", "m(maj7)", "mmaj7", "mM7"),
    "suspended-fourth": ("sus4", "sus"),
    "suspended-second": ("sus2",),
    "power": ("5",),
    "major-sixth": ("6", "maj6"),
    "minor-sixth": ("m6", "min6"),
    "dominant-ninth": ("9",),
    "major-ninth": ("maj9", "M9"),
    "minor-ninth": ("m9", "min9"),
    "dominant-11th": ("11",),
    "dominant-13th": ("13",),
    "none": ("N.C.", "NC"),
}
_SUFFIXES = {suffix: kind for kind, suffixes in CHORD_KINDS.items() for suffix in suffixes}
_SIGNS = {-3: "bbb", -2: "bb", -1: "b", 0: "", 1: "#", 2: "##", 3: "###"}
_CHORD = re.compile(r"([A-G])([#♯]{0,2}|[b♭]{0,2})([^/]*)(?:/([A-G])([#♯]{0,2}|[b♭]{0,2}))?")


def text_of_chord(chord: ChordSign) -> str:
    """As it is written; what no kind says is the text that it had."""
    if chord.kind == "none":
        return "N.C."
    kind = CHORD_KINDS[chord.kind][0] if chord.kind in CHORD_KINDS else (chord.text or "")
    degrees = "".join(_degree(*degree) for degree in chord.degrees)
    bass = "" if chord.bass is None else f"/{_tone(*chord.bass)}"
    return f"{_tone(*chord.root)}{kind}{degrees}{bass}"


def _tone(step: str, alter: int) -> str:
    return step + _SIGNS[alter]


def _degree(value: int, alter: int, what: str) -> str:
    word = {"add": "add", "subtract": "no"}.get(what, "")
    return f"({word}{_SIGNS.get(alter, '')}{value})"


def chord_of_text(text: str, tick: int) -> ChordSign | None:
    """A chord symbol of its text; None where it names no root."""
    if text in CHORD_KINDS["none"]:
        return ChordSign(tick, ("C", 0), "none", "N.C.")
    match = _CHORD.fullmatch(text.strip())
    if match is None:
        return None
    root, signs, suffix, bass, bass_signs = match.groups()
    kind = _SUFFIXES.get(suffix.strip())
    below = None if bass is None else (bass, _alter(bass_signs))
    return ChordSign(tick, (root, _alter(signs)), kind or "other", suffix.strip()[:20], below)


def _alter(signs: str) -> int:
    return sum(1 if sign in "#♯" else -1 for sign in signs)
