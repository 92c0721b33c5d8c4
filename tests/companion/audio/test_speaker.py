import importlib
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from companion.audio.organ import CEILING, RELEASE_SAMPLES, SAMPLE_RATE, SampleArray
from companion.audio.speaker import CLOSE_SAMPLES, Fill, LiveOrgan, Speaker, open_sound_output
from companion.errors import ChoraleError, MissingExtra

BLOCK = 512


class FakeStream:
    """A sound card that is asked for its blocks by the test, and by ``close`` until the sound has faded."""

    def __init__(self, fill: Fill) -> None:
        self.fill = fill
        self.events: list[str] = []
        self.last: SampleArray = np.zeros((0, 2), dtype=np.float32)

    def start(self) -> None:
        self.events.append("start")

    def close(self) -> None:
        blocks = []
        more = True
        while more:
            block = np.empty((BLOCK, 2), dtype=np.float32)
            more = self.fill(block)
            blocks.append(block)
        self.last = np.concatenate(blocks)
        self.events.append("close")


def open_fake() -> tuple[Speaker, FakeStream]:
    streams: list[FakeStream] = []

    def open_stream(fill: Fill) -> FakeStream:
        streams.append(FakeStream(fill))
        return streams[0]

    return Speaker(open_stream), streams[0]


def blocks(render: Any, count: int, size: int = BLOCK) -> SampleArray:
    """What comes next, in blocks that start out as rubbish."""
    rendered = []
    for _ in range(count):
        block = np.full((size, 2), 9.0, dtype=np.float32)
        render(block)
        rendered.append(block)
    return np.concatenate(rendered)


def steepest(samples: SampleArray) -> float:
    return float(np.max(np.abs(np.diff(samples, axis=0))))


def chord() -> LiveOrgan:
    organ = LiveOrgan()
    for voice, pitch in enumerate((72, 67, 64, 48)):
        organ.press(voice, pitch, 90)
    return organ


def test_blocks_join_without_a_seam() -> None:
    small, large = chord(), chord()
    np.testing.assert_allclose(blocks(small.render, 70, 64), blocks(large.render, 1, 70 * 64), atol=1e-6)


def test_a_note_let_go_is_silent_after_its_release() -> None:
    organ = chord()
    sustained = steepest(blocks(organ.render, 20))
    for voice, pitch in enumerate((72, 67, 64, 48)):
        organ.release(voice, pitch)
    end = blocks(organ.render, -(-RELEASE_SAMPLES // BLOCK))
    assert np.all(end[RELEASE_SAMPLES:] == 0)
    assert np.any(end[: RELEASE_SAMPLES // 2] != 0)
    assert steepest(end) <= sustained
    assert organ.silent


def test_a_key_struck_again_is_heard_and_does_not_click() -> None:
    organ = LiveOrgan()
    organ.press(0, 60, 90)
    sustained = blocks(organ.render, 20)
    organ.press(0, 60, 90)
    again = blocks(organ.render, 20)
    windows = again[: 10 * 441].reshape(-1, 441, 2)
    levels = np.sqrt(np.mean(windows**2, axis=(1, 2)))
    assert levels.min() < 0.5 * np.sqrt(np.mean(sustained[-4410:] ** 2))
    assert steepest(again) <= 1.01 * steepest(sustained)
    organ.release(0, 60)
    blocks(organ.render, 10)
    assert organ.silent


def test_a_key_let_go_before_its_first_block_ends_too() -> None:
    organ = LiveOrgan()
    organ.press(0, 60, 90)
    organ.press(0, 60, 90)
    organ.release(0, 60)
    blocks(organ.render, 20)
    assert organ.silent


def test_letting_go_of_what_is_not_held_does_nothing() -> None:
    organ = LiveOrgan()
    organ.release(0, 60)
    assert np.all(blocks(organ.render, 1) == 0)


def test_the_speaker_plays_what_is_pressed_and_dies_away_after_silence() -> None:
    speaker, stream = open_fake()
    assert np.all(blocks(stream.fill, 2) == 0)
    speaker.note_on(0, 72, 90)
    speaker.note_on(3, 48, 90)
    playing = np.max(np.abs(blocks(stream.fill, 40)))
    assert 0.1 < playing < CEILING
    speaker.silence()
    blocks(stream.fill, SAMPLE_RATE * 2 // BLOCK)
    assert np.max(np.abs(blocks(stream.fill, 4))) < 1e-3 * playing  # the room, two seconds later


def test_a_note_off_reaches_the_organ() -> None:
    speaker, stream = open_fake()
    speaker.note_on(1, 60, 90)
    before = np.max(np.abs(blocks(stream.fill, 20)))
    speaker.note_off(1, 60)
    blocks(stream.fill, SAMPLE_RATE * 2 // BLOCK)
    assert np.max(np.abs(blocks(stream.fill, 4))) < 1e-3 * before
    speaker.close()


def test_any_number_of_keys_stays_below_the_ceiling() -> None:
    speaker, stream = open_fake()
    for pitch in range(36, 82):
        speaker.note_on(pitch % 4, pitch, 127)
    assert np.max(np.abs(blocks(stream.fill, 20))) <= CEILING


def test_closing_fades_out_and_may_be_repeated() -> None:
    speaker, stream = open_fake()
    with speaker:
        speaker.note_on(0, 60, 90)
        sustained = steepest(blocks(stream.fill, 40))
    speaker.close()
    assert stream.events == ["start", "close"]
    assert len(stream.last) == -(-CLOSE_SAMPLES // BLOCK) * BLOCK
    assert np.all(stream.last[CLOSE_SAMPLES:] == 0)
    assert steepest(stream.last) <= 1.01 * sustained


def test_a_key_that_does_not_exist_is_refused_where_it_is_pressed() -> None:
    speaker, _ = open_fake()
    with pytest.raises(ValueError, match=r"^voice must be 0\.\.3, not 4$"):
        speaker.note_on(4, 60, 90)


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (ImportError(), "to hear it at once: pip install 'chorale-companion[audio]'"),
        (OSError(), "to hear it at once PortAudio is needed: apt install libportaudio2"),
    ],
)
def test_a_missing_package_is_one_line(monkeypatch: pytest.MonkeyPatch, fault: Exception, line: str) -> None:
    def import_module(_: str) -> None:
        raise fault

    monkeypatch.setattr(importlib, "import_module", import_module)
    with pytest.raises(MissingExtra) as caught:
        Speaker()
    assert str(caught.value) == line


class PortAudioError(Exception):
    pass


class CallbackStop(Exception):  # noqa: N818 - its name in sounddevice
    pass


class FakeOutputStream:
    """The part of sounddevice's stream that is used: it asks for two blocks, and at its end for the rest."""

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.closed = False

    def start(self) -> None:
        with pytest.raises(CallbackStop):
            while True:
                self.options["callback"](np.empty((BLOCK, 2), dtype=np.float32), BLOCK, None, None)
        self.options["finished_callback"]()

    def close(self) -> None:
        self.closed = True


def test_the_card_is_asked_for_stereo_and_stops_after_the_last_block(monkeypatch: pytest.MonkeyPatch) -> None:
    streams: list[FakeOutputStream] = []

    def output_stream(**options: Any) -> FakeOutputStream:
        streams.append(FakeOutputStream(**options))
        return streams[0]

    fake = SimpleNamespace(PortAudioError=PortAudioError, CallbackStop=CallbackStop, OutputStream=output_stream)
    monkeypatch.setattr(importlib, "import_module", {"sounddevice": fake}.__getitem__)
    left = [True, True, False]
    stream = open_sound_output(lambda _: left.pop(0))
    stream.start()
    stream.close()
    assert (left, streams[0].closed) == ([], True)
    assert {key: streams[0].options[key] for key in ("samplerate", "channels", "dtype")} == {
        "samplerate": SAMPLE_RATE,
        "channels": 2,
        "dtype": "float32",
    }


@pytest.mark.parametrize("where", ["opening", "starting"])
def test_without_an_output_device_it_is_one_line(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    def fail() -> None:
        raise PortAudioError("Error querying device -1")

    def output_stream(**_: Any) -> SimpleNamespace:
        if where == "opening":
            fail()
        return SimpleNamespace(start=fail, close=lambda: None)

    fake = SimpleNamespace(PortAudioError=PortAudioError, CallbackStop=CallbackStop, OutputStream=output_stream)
    monkeypatch.setattr(importlib, "import_module", {"sounddevice": fake}.__getitem__)
    with pytest.raises(ChoraleError) as caught:
        Speaker()
    assert str(caught.value) == (
        "no sound output can be opened (Error querying device -1); without --play the sound file is still written"
    )
