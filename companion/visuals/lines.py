"""A trace in lines, as one object; and where the frames of a jam stand, which has written no ticks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from companion.music.song import Tempo
from companion.music.vocabulary import STEPS_PER_BEAT
from companion.visuals.checked import Checked, WrongValue, checked_json
from companion.visuals.traced import BarLine

CUT_NOTICE = "the trace is cut short: its last line is left out"
LONGEST_PAUSE = 16  # steps; of a longer one in a jam a beat is shown
_LAST_STEP, _MOST_STEPS, _MOST_BARS = 10**7, 10**5, 10**7
_SLOWEST, _FASTEST = 4, 1000  # quarter notes a minute


def one_of_lines(data: bytes) -> tuple[Checked, bool]:
    """The head with all frames that were not taken back, and whether the last line is cut short; that is left out.

    Raises:
        WrongValue: there is no head, or a line in the middle is none.
    """
    *lines, rest = data.split(b"\n")
    is_cut = bool(rest) and not _is_whole(rest)
    if rest and not is_cut:
        lines.append(rest)
    if not lines:
        raise WrongValue("it is empty, or cut short in its first line")
    head, frames = _line(1, lines[0]), list[dict[str, Any]]()
    for number, line in enumerate(lines[1:], start=2):
        _add(frames, _line(number, line), number)
    return Checked({"frames": frames, **head}), is_cut


def _is_whole(line: bytes) -> bool:
    try:
        checked_json(line)
    except ValueError:
        return False
    return True


def _line(number: int, line: bytes) -> dict[str, Any]:
    try:
        value = checked_json(line).value
    except ValueError as fault:
        raise WrongValue(f"line {number}: {fault}") from None
    if not isinstance(value, dict):
        raise WrongValue(f"line {number} must be an object, not {value!r:.40}")
    return value


def _add(frames: list[dict[str, Any]], row: dict[str, Any], number: int) -> None:
    """A frame, or that frames are taken back; anything else is passed over."""
    if "notes" in row:
        Checked(row.get("step"), f"step in line {number}").whole(-_LAST_STEP, _LAST_STEP)
        frames.append(row)
    elif "taken_back" in row:
        step = Checked(row["taken_back"], f"taken_back in line {number}").whole(-_LAST_STEP, _LAST_STEP)
        while frames and frames[-1]["step"] >= step:
            frames.pop()


@dataclass
class JamTime:
    """Where the frames of a jam stand, a tick a step, and its tempos and bars."""

    ticks: list[int] = field(default_factory=list)
    tempos: list[Tempo] = field(default_factory=list)
    bars: list[BarLine] = field(default_factory=list)

    @classmethod
    def of(cls, rows: Sequence[Checked]) -> JamTime:
        """As the frames say; WrongValue where they say what cannot be."""
        time, before = cls(), 0
        for row in rows:
            step = row["step"].whole(-_LAST_STEP, _LAST_STEP)
            time._add(step - before, row)
            before = step
        return time

    def _add(self, since: int, row: Checked) -> None:
        """since: steps from the last frame to this one."""
        place = row["step_of_bar"].whole(0, _MOST_STEPS) if row["step_of_bar"] else 0
        if not self.ticks:
            tick = place
        elif since > LONGEST_PAUSE:
            tick = self.ticks[-1] + 1 + STEPS_PER_BEAT + place
        else:
            tick = self.ticks[-1] + max(since, 1)
        self.ticks.append(tick)
        if row["bar"]:
            self._add_bar(tick, place, row["bar"].whole(-_MOST_BARS, _MOST_BARS))
        if row["bpm"]:
            self._add_tempo(tick, row["bpm"].number(_SLOWEST, _FASTEST))

    def _add_bar(self, tick: int, place: int, number: int) -> None:
        if self.bars and self.bars[-1].number == number:
            return
        after = self.bars[-1].tick + 1 if self.bars else 0
        self.bars.append(BarLine(max(tick - place, after), number))

    def _add_tempo(self, tick: int, bpm: float) -> None:
        beat_us = round(60_000_000 / bpm)
        if not self.tempos:
            self.tempos.append(Tempo(0, beat_us))
        elif self.tempos[-1].beat_us != beat_us:
            self.tempos.append(Tempo(tick, beat_us))
