"""Control changes: obeyed as commands, or learnt."""

from __future__ import annotations

from companion.controls.knobs import HIGHEST_NUMBER, ControlMap, ControlReader, Learning
from companion.controls.settings import Command, Settings
from companion.controls.table import Choices
from companion.jam.notices import Notices


class ControlChanges:
    """Obeys those that are bound; while it learns, it asks for those to bind."""

    def __init__(self, controls: ControlMap, notices: Notices, learning: Learning | None = None) -> None:
        self._reader, self._learning, self._notices = ControlReader(controls), learning, notices
        if learning is not None:
            notices.say(f"move {learning.asked}")

    @property
    def map(self) -> ControlMap:
        """As they are bound now."""
        return self._reader.map

    def takes(self, number: int, channel: int) -> bool:
        """Whether one is bound, or is about to be."""
        learns = self._learning is not None and self._learning.asked is not None
        return number <= HIGHEST_NUMBER and (learns or self.map.find(number, channel + 1) is not None)

    def receive(
        self,
        number: int,
        value: int,
        channel: int,
        time_s: float,
        settings: Settings,
        answering: bool,
        choices: Choices,
    ) -> Command | None:
        """One that has come; what it asks for."""
        if self._learning is not None and self._learning.asked is not None:
            self._learn(self._learning, self._learning.receive(number, value, channel, time_s))
            return None
        return self._reader.receive(number, value, channel, settings, answering, choices)

    def _learn(self, learning: Learning, said: str | None) -> None:
        if said is None:
            return
        self._reader.map = learning.map
        asked = learning.asked
        self._notices.say(f"{said}; now move {asked}" if asked is not None else f"{said}; all is learnt")
