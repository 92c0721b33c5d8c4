"""The key of the music: heard while the player leads, and followed by what is planned."""

from __future__ import annotations

from companion.controls.settings import Settings
from companion.generation.improviser import HEARD
from companion.music.pulse import Pulse
from companion.session.hearing import Hearing
from companion.session.plan import REHEARD_STEPS, Plan, guidance_of
from companion.session.sink import Sink


class Tonality:
    """Keeps a plan in the key that is asked for or heard."""

    def __init__(self, plan: Plan, hearing: Hearing, sink: Sink) -> None:
        self._plan, self._hearing, self._sink = plan, hearing, sink

    def follow(self, settings: Settings, pulse: Pulse) -> None:
        """New frames are to be as these settings and the key that is heard say; BadSetting where that cannot be."""
        self._plan.guidance = guidance_of(settings, self._hearing.key, pulse)

    def hear(self, settings: Settings, pulse: Pulse, phrase_start: int | None) -> None:
        """The key of what was heard, for what comes; what was imagined to a phrase so far fits it too."""
        plan = self._plan
        self._hearing.hear_key(plan.music.past)
        if settings.key is not None or plan.guidance.key == self._hearing.key:
            return
        self.follow(settings, pulse)
        plan.replan(plan.music.context.step)
        if phrase_start is not None:
            self._imagine_anew(phrase_start)

    def _imagine_anew(self, phrase_start: int) -> None:
        """The phrase is heard again, with other voices to what was played."""
        plan = self._plan
        heard = [planned for planned in plan.music.past if planned.step >= phrase_start][-REHEARD_STEPS:]
        if not heard or any(planned.origin != HEARD for planned in heard):
            return
        if plan.rewind(heard[0].step):
            self._sink.taken_back(heard[0].step)
        for old in heard:
            planned = plan.improviser.heard(plan.music.context, old.after.hands, plan.guidance, plan.answers)
            plan.music.fix(planned)
            self._sink.fixed(planned, None)
