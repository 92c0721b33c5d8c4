"""What a viewer is told of a jam, put together again, is what the player process was told, and what was played."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from support.fakes import Babbler
from support.jamfakes import babbling
from support.jamrig import Rig

from companion.controls.settings import Settings
from companion.music.sounding import SoundingFrame
from companion.music.timebase import Timebase
from companion.music.vocabulary import FIRST_STRIKE, HOLD, struck_pitch
from companion.player.messages import PlayFrames
from companion.record.log import Entry
from companion.session.session import Session
from companion.session.turns import ANSWERING
from companion.stage.feed import LEAST_SHARE, NEWS_KEYS, NEWS_STEPS, Feed
from companion.stage.news import Phase, StageKey, StageNews, StageStep


class Looker:
    """Looks at each tick, and keeps the picture that a page would have."""

    def __init__(self) -> None:
        self.feed = Feed()
        self.news: list[StageNews] = []
        self.steps: dict[int, StageStep] = {}
        self.keys: dict[int, StageKey] = {}
        self.firmness: dict[int, list[Phase]] = {}

    def hear(self, entry: Entry) -> None:
        self.feed.hear(entry)

    def tick(self, now_s: float, session: Session, line: Timebase | None) -> None:
        del now_s
        news = self.feed.look(session, line)
        if news is None:
            return
        self.news.append(news)
        for step in news.gone:
            self.steps.pop(step, None)
        for step_news in news.steps:
            self.steps[step_news.step] = step_news
            self.firmness.setdefault(step_news.step, []).append(step_news.phase)
        self.keys.update((key.number, key) for key in news.keys)

    @property
    def scene(self) -> Any:
        return self.news[-1].scene


def watched(settings: Settings | None = None, **kwargs: Any) -> tuple[Rig, Looker]:
    looker = Looker()
    return Rig(Babbler(), settings or babbling(seed=5), stage=looker, **kwargs), looker


def answering(**kwargs: Any) -> tuple[Rig, Looker]:
    """A phrase of two beats is over."""
    rig, looker = watched(**kwargs)
    rig.play(67, 69)
    rig.run_to(13)
    assert rig.session.activity == ANSWERING
    return rig, looker


def sent(rig: Rig) -> dict[int, SoundingFrame]:
    """What the player has for each step, the last word counting."""
    return {frame.step: frame for command in rig.player.of(PlayFrames) for frame in command.frames}


def test_an_answer_is_seen_as_it_sounds() -> None:
    rig, looker = answering()
    rig.run_to(40)
    frames = {step: frame for step, frame in sent(rig).items() if 12 <= step <= 40}
    assert len(frames) > 20
    for step, frame in frames.items():
        seen = looker.steps[step]
        assert seen.phase is Phase.FIXED
        assert seen.pitches == tuple(part.pitch for part in frame.parts)
        assert seen.struck == tuple(part.struck for part in frame.parts)


def test_what_sounds_otherwise_than_it_was_chosen_is_seen_as_it_sounds() -> None:
    rig, looker = answering()
    rig.osc("voice/mute", 2, 1)
    rig.osc("voice/octave", 4, -1)
    rig.run_to(40)
    seen, frame = looker.steps[36], sent(rig)[36]
    assert seen.pitches == tuple(part.pitch for part in frame.parts)
    assert seen.pitches[1] is None
    assert looker.scene.muted == (False, True, False, False)


def test_a_plan_firms_up_step_by_step() -> None:
    rig, looker = answering()
    rig.run_to(40)
    for step in range(20, 40):
        phases = looker.firmness[step]
        assert phases == sorted(phases) and phases[0] is Phase.PLANNED and phases[-1] is Phase.FIXED
    assert any(step > 42 and seen.phase is Phase.PLANNED for step, seen in looker.steps.items())


def test_what_is_taken_back_is_gone() -> None:
    rig, looker = answering()
    rig.run_to(20)
    ahead = [step for step in looker.steps if step > 24]
    assert ahead
    rig.osc("stop")
    rig.run_to(21)
    assert not [step for step in looker.steps if step > 24]
    rig.osc("panic")
    rig.run_to(22)
    assert not [step for step, seen in looker.steps.items() if step > 22 and any(seen.pitches)]


def test_the_players_keys_are_seen_while_and_as_long_as_they_sound() -> None:
    rig, looker = watched()
    rig.run_to(4)
    rig.press(67)
    rig.run_to(6)
    assert list(looker.keys.values()) == [StageKey(1, 67, 4.0)]
    rig.release(67)
    rig.run_to(7)
    (key,) = looker.keys.values()
    assert (key.pitch, key.start) == (67, 4.0)
    assert key.end is not None and math.isclose(key.end, 6.0)


def test_a_key_under_the_pedal_sounds_until_the_pedal_is_up() -> None:
    rig, looker = watched()
    rig.press(67)
    rig.engine.midi([0xB0, 64, 127], rig.now_s)
    rig.run_to(2)
    rig.release(67)
    rig.run_to(4)
    assert looker.keys[1].end is None
    rig.engine.midi([0xB0, 64, 0], rig.now_s)
    rig.run_to(5)
    assert looker.keys[1].end is not None and math.isclose(looker.keys[1].end, 4.0)


def test_heard_steps_show_what_is_imagined_and_not_what_is_played() -> None:
    rig, looker = answering()
    heard = [seen for seen in looker.steps.values() if seen.phase is Phase.HEARD]
    assert heard
    played = [seen for seen in heard if any(cloud == () for cloud in seen.clouds)]
    assert played
    for seen in played:
        for pitch, cloud in zip(seen.pitches, seen.clouds, strict=True):
            assert pitch is None or cloud
    del rig


def test_clouds_are_what_was_drawn_from() -> None:
    rig, looker = answering()
    rig.run_to(30)
    planned = next(one for one in rig.session.recent(8) if one.step == 29)
    for cloud, choice in zip(looker.steps[29].clouds, planned.frame.choices, strict=True):
        shares: dict[int, float] = {}
        for token, likely in enumerate(np.exp(choice.distribution)):
            pitch = choice.held_pitch if token == HOLD else struck_pitch(token) if token >= FIRST_STRIKE else None
            if pitch is not None:
                shares[pitch] = shares.get(pitch, 0.0) + float(likely)
        assert dict(cloud) == {pitch: round(1000 * share) for pitch, share in shares.items() if share >= LEAST_SHARE}
        assert [share for _, share in cloud] == sorted((share for _, share in cloud), reverse=True)


def test_chord_key_and_bars_are_told() -> None:
    rig, looker = answering(settings=babbling(seed=5, key="g-minor"))
    rig.run_to(30)
    assert looker.scene.key == "G minor"
    assert (looker.scene.bar_steps, looker.scene.bar_origin % 16) == (16, 0)
    assert any(news.scene.chord for news in looker.news)


def test_nothing_new_is_nothing_said() -> None:
    rig, looker = watched()
    rig.run_to(2)
    before = len(looker.news)
    line = looker.news[-1].line
    assert looker.feed.look(rig.session, line) is None
    assert len(looker.news) == before


def test_a_piece_of_news_stays_small_however_much_is_new() -> None:
    rig, looker = watched()
    for number in range(3 * NEWS_KEYS):
        rig.press(30 + number % 60)
    rig.run_to(1)
    assert max(len(news.keys) for news in looker.news) <= NEWS_KEYS
    rig.run_to(60)
    assert max(len(news.steps) for news in looker.news) <= NEWS_STEPS
