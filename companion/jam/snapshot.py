"""A picture of a session, for the view."""

from __future__ import annotations

import math
from collections.abc import Iterable

from companion.controls.settings import Settings, drawing_words
from companion.controls.table import Choices
from companion.generation.improviser import HEARD, Planned
from companion.jam.picture import FrameView, Picture
from companion.music.vocabulary import FIRST_STRIKE
from companion.session.session import AnswerProgress, Session
from companion.session.turns import IDLE

SHOWN_STEPS = 40  # of the past


def picture_of(session: Session, position: float, choices: Choices) -> Picture:
    """The music as it stands at a position; what only the engine knows is left as it is by default."""
    settings, progress = session.settings, session.progress
    bar, beat = session.barlines.place(math.floor(position))
    recent = session.recent(SHOWN_STEPS)
    past = [one for one in recent if one.step <= position]
    planned = [] if session.activity == IDLE else session.plan
    ahead = [*(one for one in recent if one.step > position), *planned]
    return Picture(
        now_step=position,
        bar=bar,
        beat=beat,
        playing=session.running,
        mode=settings.mode,
        click=settings.click,
        activity=_activity(session),
        bars_left=progress.bars_left,
        phrase=_phrase(progress),
        settings=(*drawing_words(settings, choices), *_playing_words(settings)),
        chord=session.harmony.chord,
        frames=tuple(_frame_view(session, one) for one in past),
        planned=tuple(_frame_view(session, one) for one in ahead),
        committed_steps=len(recent) - len(past),
        entropies=_entropies(past[-1]) if past else None,
        locked=_four(voice.lock for voice in settings.voices),
        muted=_four(voice.mute for voice in settings.voices),
    )


def _playing_words(settings: Settings) -> list[str]:
    """What else of the settings is heard, where it is not as usual."""
    transposed = [f"transpose {settings.transpose:+d}"] if settings.transpose else []
    return transposed + ([f"count-in {settings.count_in}"] if settings.count_in else [])


def _activity(session: Session) -> str:
    if not session.running:
        return "stopped"
    return "closing" if session.closing else session.activity


def _phrase(progress: AnswerProgress) -> str:
    if progress.phrase is None:
        return ""
    return f"phrase {progress.phrase}" + (f" of {progress.phrases}" if progress.phrases else "")


def _frame_view(session: Session, planned: Planned) -> FrameView:
    bar, beat = session.barlines.place(planned.step)
    struck = tuple(bool(token >= FIRST_STRIKE) for token in planned.frame.tokens)
    origin = "seed" if planned.origin == HEARD else "model"
    return FrameView(planned.step, bar, beat, planned.frame.pitches, struck, origin)


def _entropies(planned: Planned) -> tuple[float, float, float, float]:
    soprano, alto, tenor, bass = (choice.entropy_bits for choice in planned.frame.choices)
    return soprano, alto, tenor, bass


def _four(values: Iterable[bool]) -> tuple[bool, bool, bool, bool]:
    soprano, alto, tenor, bass = values
    return soprano, alto, tenor, bass
