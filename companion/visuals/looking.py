"""Where a model looked back, of frames: at what echoes, or by its attention to earlier notes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from companion.model.contract import RISING_ORDER
from companion.model.leading import LEADER, UNDER
from companion.music.vocabulary import VOICES
from companion.visuals.traced import Trace, TracedFrame, TracedModel
from companion.workbench.trace import MODELS_NOTE

LEAST_LOOK = 1.2  # times an even share of what goes to earlier frames; what is less says little
MOST_LOOKS = 3  # of a frame

LookedAt = tuple[int, float]  # the number of an earlier frame, and how much of it there was, 0..1


def looked_back(trace: Trace) -> tuple[tuple[LookedAt, ...], ...]:
    """Of each frame, most first: where the music was like it, as the model was told; else what it looked at itself."""
    return tuple(
        _echo(at, frame) or _attention(at, frame, frame.model or trace.model) for at, frame in enumerate(trace.frames)
    )


def _echo(at: int, frame: TracedFrame) -> tuple[LookedAt, ...]:
    """One place at most; of bars made anew it may lie before what the trace tells."""
    return ((at - frame.echo_steps, 1.0),) if 0 < frame.echo_steps <= at else ()


def _attention(at: int, frame: TracedFrame, model: TracedModel) -> tuple[LookedAt, ...]:
    """The share of its own frame is left out. A tune's model looks at frames, the others at notes."""
    total: dict[int, float] = defaultdict(float)
    looking = [voice for voice, note in enumerate(frame.notes) if note.attention and note.origin == MODELS_NOTE]
    turns, is_tunes = list(_turns(frame, model.voice_order)), UNDER in model.digest and looking == [LEADER]
    for voice in looking:
        for back, weight in enumerate(reversed(frame.notes[voice].attention)):
            then = at - back if is_tunes else (at * len(VOICES) + turns.index(voice) - back) // len(VOICES)
            if 0 <= then < at:
                total[then] += weight / len(looking)
    least = LEAST_LOOK * sum(total.values()) / max(len(total), 1)
    most = sorted(total.items(), key=lambda look: -look[1])[:MOST_LOOKS]
    return tuple((then, weight) for then, weight in most if weight >= least and weight > 0)


def _turns(frame: TracedFrame, voice_order: str) -> Iterator[int]:
    """The voices in the order in which they were decided."""
    voices = range(len(VOICES))
    if voice_order == RISING_ORDER:
        return reversed(voices)
    if voice_order == "any":
        return iter(sorted(voices, key=lambda voice: frame.notes[voice].origin == MODELS_NOTE))
    return iter(voices)
