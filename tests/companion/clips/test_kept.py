"""What a jam has answered, given back as clips: the notes that were sent to sound."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.clipmaker import Maker
from support.fakes import Babbler
from support.jamfakes import babbling
from support.jamrig import Rig

from companion.clips.desk import ClipDesk
from companion.controls.settings import Settings
from companion.io.osc_messages import Message
from companion.music.sounding import SoundingFrame
from companion.player.messages import PlayFrames
from companion.session.turns import ANSWERING

Note = tuple[int, int, float, float, int]  # voice 1..4, pitch, start, duration, velocity


def rig_with_clips(settings: Settings | None = None) -> Rig:
    def clips(send: Callable[[Message], object]) -> ClipDesk:
        return ClipDesk(send, lambda text: None, Maker(), lambda: "14:05")

    return Rig(Babbler(), settings or babbling(seed=5), clips=clips)


def answered(settings: Settings | None = None, always: int = 0) -> Rig:
    rig = rig_with_clips(settings)
    rig.osc("clip/here", always)
    rig.play(67, 69)
    rig.run_to(13)
    assert rig.session.activity == ANSWERING
    rig.osc("clip/here", always)
    rig.run_to(40)
    rig.osc("clip/here", always)
    return rig


def collected(rig: Rig) -> tuple[tuple[object, ...], list[Note]]:
    """All of one answer, each chunk with its receipt."""
    header = rig.heard("clip/answer")[-1]
    for chunk in range(-(-int(header[1]) // 12) + 1):
        rig.osc("clip/got", header[0], chunk)
        rig.run_until(rig.now_s + 0.02)
    by_chunk = {arguments[1]: arguments[2:] for arguments in rig.heard("clip/notes") if arguments[0] == header[0]}
    values = [value for _, part in sorted(by_chunk.items()) for value in part]
    return header, [tuple(values[place : place + 5]) for place in range(0, len(values), 5)]  # type: ignore[misc]


def sung(frames: dict[int, SoundingFrame], origin: int) -> list[Note]:
    """What frames sound, one after the other."""
    notes: list[Note] = []
    for voice in range(4):
        begun: tuple[int, int, int] | None = None
        for step in [*sorted(frames), max(frames) + 1]:
            part = frames[step].parts[voice] if step in frames else None
            goes_on = part is not None and begun is not None and not part.struck and part.pitch == begun[1]
            if begun is not None and not goes_on:
                notes.append((voice + 1, begun[1], (begun[0] - origin) / 4, (step - begun[0]) / 4, begun[2]))
                begun = None
            if part is not None and part.pitch is not None and begun is None:
                begun = (step, part.pitch, part.velocity)
    return sorted(notes, key=lambda note: (note[2], note[0]))


@pytest.mark.parametrize("octave", [0, 1])
def test_keep_gives_the_notes_that_sounded(octave: int) -> None:
    rig = answered(babbling(seed=5))
    if octave:
        rig = rig_with_clips()
        rig.osc("voice/octave", 1, octave)
        rig.osc("clip/here", 0)
        rig.play(67, 69)
        rig.run_to(40)
        rig.osc("clip/here", 0)
    rig.osc("keep")
    rig.run_until(rig.now_s + 0.02)
    header, notes = collected(rig)
    (first, last) = rig.kept[0]
    sent = {frame.step: frame for command in rig.player.of(PlayFrames) for frame in command.frames}
    inside = {step: frame for step, frame in sent.items() if 12 <= step <= last}
    assert (first, min(inside)) == (0, 12)
    assert sorted(notes) == sorted(sung(inside, 0))  # from the bar line before
    assert str(header[3]).endswith("seed 5 14:05")
    assert float(str(header[2])) % 4 == 0


def test_every_answer_comes_when_it_ends_where_that_is_wanted() -> None:
    for always in (0, 1):
        rig = answered(always=always)
        rig.osc("stop")
        rig.run_until(rig.now_s + 0.1)
        assert len(rig.heard("clip/answer")) == always


def test_what_was_taken_back_is_in_no_clip() -> None:
    rig = answered()
    rig.osc("undo")
    rig.run_until(rig.now_s + 0.1)
    rig.osc("keep")
    rig.run_until(rig.now_s + 0.02)
    assert rig.heard("clip/answer") == []
