"""The roll of the Hub's display: four voices, the last 16 steps and, dimmed, the 16 that come.

Drawn with ``multislider``, which Max has had since long before 8 and needs no file for: one for each voice and half,
one over the other, each a short line a step at the height of its pitch. A voice that rests lies on the floor.
"""

from __future__ import annotations

from typing import Final

from max_patches.faces import VOICE_COLOURS, Face
from max_patches.hubnames import GROUP, REDRAW, STEP_NOW, text_of
from max_patches.names import FRAMES, GROUPS, SLOTS, VOICES, shared_name
from max_patches.patcher import Box, Patcher

STEPS: Final = 16  # of each half: a bar of 4/4
LOWEST, HIGHEST = 35, 85  # pitches; a rest is drawn at the lowest
GAP_MS = 60  # between two drawings


def drawn(patch: Patcher, face: Face, rect: tuple[int, int, int, int]) -> None:
    """Its place on the face."""
    left, top, width, height = rect
    for place in range(len(VOICES)):
        for half, (what, colour) in enumerate((("past", VOICE_COLOURS[place]), ("plan", None))):
            where = (left + half * width // 2, top, width // 2, height)
            lines = face.lines(where, STEPS, LOWEST, HIGHEST, colour)
            patch.receive(text_of(f"{what}{place + 1}")) >> lines


def room(patch: Patcher) -> None:
    """What is drawn: the frames of the store around the step that is now, looked up in the queue."""
    now, onward = patch.add("i"), patch.add("+ 0")
    due = patch.add(f"qlim {GAP_MS}")
    moved = patch.receive(STEP_NOW) >> patch.add("t b i")
    moved[1] >> now.inlet(1)
    moved[0] >> due
    patch.receive(REDRAW) >> due
    drawing = due >> patch.add("t b b")
    drawing[1] >> now >> patch.add(f"- {STEPS - 1}") >> onward.inlet(1)
    counted = drawing[0] >> patch.add(f"uzi {2 * STEPS} 0")
    each = counted[2] >> onward >> patch.add("t b i i 0")
    pitches = [patch.add("i") for _ in VOICES]
    none, taken = each[3] >> patch.add("t 0 0 0 0"), each[0] >> patch.add("t b b b b")
    found = _frame(patch, each) >> patch.add("zl.slice 2")  # step and serial | pitches and velocities
    split = found[1] >> patch.add("unpack 0 0 0 0")
    for place, pitch in enumerate(pitches):
        none[place] >> pitch.inlet(1)
        split[place] >> patch.add("abs") >> pitch.inlet(1)
        halves = taken[place] >> pitch >> patch.add(f"zl.group {2 * STEPS}") >> patch.add(f"zl.slice {STEPS}")
        halves[0] >> patch.send(text_of(f"past{place + 1}"))
        halves[1] >> patch.send(text_of(f"plan{place + 1}"))


def _frame(patch: Patcher, each: Box) -> Box:
    """A gate that lets the record of a step pass, where its place in the store is of this step."""
    wanted, passing, groups = patch.add("== 0"), patch.add("gate 1"), patch.add(f"gate {len(GROUPS)}")
    each[2] >> wanted.inlet(1)
    patch.receive(GROUP) >> groups
    each[1] >> patch.add(f"% {SLOTS}") >> groups.inlet(1)
    record = patch.add("t l l")
    for place, group in enumerate(GROUPS):
        groups[place] >> patch.add(f"coll {shared_name(group, FRAMES)} 1") >> record
    record[1] >> patch.add("zl.nth 1") >> wanted >> passing
    record[0] >> passing.inlet(1)
    return passing
