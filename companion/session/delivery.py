"""What the sink is told of a plan: octave, transposition, mute, velocity and channel are applied here, once.

What is sent again replaces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from companion.controls.settings import Settings
from companion.generation.improviser import ANSWER, HEARD, Planned
from companion.generation.velocity import DEFAULT_VELOCITY, VelocityRule
from companion.music.pitch import OCTAVE
from companion.music.sounding import Part, SoundingFrame
from companion.music.vocabulary import FIRST_STRIKE, VOICES
from companion.session.plan import PLAN_STEPS, Plan
from companion.session.sink import Sink


class Delivery:
    """Brings a plan to a sink."""

    def __init__(self, sink: Sink, plan: Plan, settings: Settings, velocity: VelocityRule) -> None:
        self.settings, self.velocity = settings, velocity
        self._sink, self._plan = sink, plan
        self._frameless = -1  # a step of the plan that has only sounded at once

    def send(self) -> None:
        """What is planned of an answer that is to be heard, and not yet at the sink, goes there."""
        plan = self._plan
        if plan.tentative:
            return
        fresh = [planned for planned in plan.frames if planned.origin != HEARD and planned.step not in plan.sent]
        if fresh:
            self.put(fresh)

    def send_anew(self, position: float) -> None:
        """What can still be changed goes to the sink as it is to sound now."""
        step = self._plan.change_step(position)
        for sent in [sent for sent in self._plan.sent if sent >= step]:
            del self._plan.sent[sent]
        self.send()

    def send_again(self) -> None:
        """What the sink had, to a sink that has forgotten it."""
        frames = [frame for _, frame in sorted(self._plan.sent.items())]
        if frames:
            self._sink.frames(frames)

    def put(self, frames: Sequence[Planned]) -> None:
        """These frames go to the sink."""
        sounding = [self._sounding(planned) for planned in frames]
        self._plan.sent.update((frame.step, frame) for frame in sounding)
        self._sink.frames(sounding)

    def sound_now(self, step: int, before: SoundingFrame | None) -> None:
        """A note came late: what it changes in the step that sounds already is sounded now.

        before: what the sink had of that step.
        """
        after = next(self._sounding(planned) for planned in self._plan.frames if planned.step == step)
        self._plan.sent[step] = after
        for voice, part in enumerate(after.parts):
            was = None if before is None else before.parts[voice].pitch
            if part.pitch != was:
                self._sink.now(voice, part)
        if before is None:
            self._frameless = step
        elif step != self._frameless:  # its frame may be on its way still, and shall not sound after all
            self._sink.frames([_frame(step, [replace(part, struck=False) for part in after.parts])])

    def rest_at(self, step: int, position: float) -> None:
        """All voices let go at a step, and nothing comes after it."""
        self.clear_from(step)
        if step <= position:  # a rest that comes too late
            self._sink.silence()
            return
        parts = [Part(None, False, DEFAULT_VELOCITY, self._channel(voice)) for voice in range(len(VOICES))]
        self._sink.frames([_frame(step, parts)])

    def clear_from(self, step: int) -> None:
        """Nothing that was sent sounds from a step on."""
        self._sink.clear(step, step + 2 * PLAN_STEPS)

    def _sounding(self, planned: Planned) -> SoundingFrame:
        return _frame(planned.step, [self._part(planned, voice) for voice in range(len(VOICES))])

    def _part(self, planned: Planned, voice: int) -> Part:
        own = self.settings.voices[voice]
        pitch, choice = planned.frame.pitches[voice], planned.frame.choices[voice]
        answer = self._plan.answer
        since = 0 if answer is None else self._plan.guidance.since(planned.step, answer)
        velocity = own.velocity or self.velocity(voice, choice.entropy_bits, since)
        silent = own.mute or (voice in planned.own and planned.origin == ANSWER)
        if pitch is None or silent or self._is_let_go(planned, voice):
            return Part(None, False, velocity, self._channel(voice))
        moved = pitch + self.settings.transpose + OCTAVE * own.octave
        if not 0 <= moved <= 127:
            moved = pitch + self.settings.transpose
        return Part(moved, bool(planned.frame.tokens[voice] >= FIRST_STRIKE), velocity, self._channel(voice))

    def _is_let_go(self, planned: Planned, voice: int) -> bool:
        """Whether a note has sounded for long enough: an answer to detached notes is detached, up to its close."""
        answer = self._plan.answer
        if planned.origin != ANSWER or answer is None or (answer.close is not None and planned.step >= answer.close):
            return False
        lead = self._plan.guidance.lead(answer)
        return lead is not None and planned.after.state.history.held[voice] > max(lead.longest_steps, 1.0)

    def _channel(self, voice: int) -> int:
        return self.settings.voices[voice].channel - 1


def _frame(step: int, parts: Sequence[Part]) -> SoundingFrame:
    soprano, alto, tenor, bass = parts
    return SoundingFrame(step, (soprano, alto, tenor, bass))
