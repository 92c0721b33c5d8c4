import numpy as np
import pytest

from companion.audio.organ import (
    ATTACK_SAMPLES,
    CEILING,
    LARGEST_BOOST,
    LEVEL,
    LIFT_SECONDS,
    RELEASE_SAMPLES,
    SAMPLE_RATE,
    Room,
    SampleArray,
    Sound,
    articulated,
    envelope,
    pitch_hz,
    render,
    tone,
)

CHORD = [Sound(0.0, 0.5, pitch, 90, voice) for voice, pitch in enumerate((72, 67, 64, 48))]


def steepest(samples: SampleArray) -> float:
    """The largest step from one sample to the next."""
    return float(np.max(np.abs(np.diff(samples, axis=0))))


def loudness(samples: SampleArray) -> float:
    return float(np.sqrt(np.mean(samples**2)))


def at(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)


def share_above(samples: SampleArray, hz: float) -> float:
    """Share of the amplitude above a frequency."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum[round(hz * len(samples) / SAMPLE_RATE) :].max() / spectrum.max())


def test_no_notes_are_no_samples() -> None:
    silence = render([])
    assert (silence.shape, silence.dtype.name) == ((0, 2), "float32")


def test_a_rendering_has_the_room_after_it_and_ends_in_silence() -> None:
    sound = render(CHORD)
    assert (sound.shape, sound.dtype.name) == ((at(0.5 + Room.DECAY_SECONDS), 2), "float32")
    assert np.all(sound[-1] == 0)
    assert loudness(sound[at(0.7) : at(0.8)]) > 0.005


def test_the_same_notes_give_the_same_bytes_in_any_order() -> None:
    assert render(CHORD).tobytes() == render(CHORD[::-1]).tobytes() == render(CHORD).tobytes()


def test_the_tone_is_in_tune() -> None:
    spectrum = np.abs(np.fft.rfft(tone(69, 0, SAMPLE_RATE)))
    assert int(np.argmax(spectrum)) == 440
    assert pitch_hz(57) == 220.0


def test_partials_above_nyquist_are_left_out() -> None:
    spectrum = np.abs(np.fft.rfft(tone(120, 0, SAMPLE_RATE) * np.hanning(SAMPLE_RATE)))
    hz = pitch_hz(120)
    spoken = np.zeros(len(spectrum), dtype=bool)
    for frequency in (hz, 2 * hz):
        spoken[round(frequency) - 30 : round(frequency) + 30] = True  # the ranks are a cent apart
    assert spectrum[~spoken].max() < 1e-4 * spectrum.max()


def test_blocks_of_a_tone_join() -> None:
    parts = [tone(50, first, count) for first, count in ((0, 700), (700, 1), (701, 1299))]
    np.testing.assert_allclose(np.concatenate(parts), tone(50, 0, 2000), atol=1e-7)


def test_the_envelope_rises_holds_and_falls_to_nothing() -> None:
    gain = envelope(-10, 20_000, 10_000)
    assert np.all(gain[:11] == 0)
    assert np.all(np.diff(gain[10 : 10 + ATTACK_SAMPLES]) >= 0)
    assert np.all(gain[10 + ATTACK_SAMPLES : 10_010] == 1)
    assert np.all(np.diff(gain[10_010:]) <= 0)
    assert np.all(gain[10_010 + RELEASE_SAMPLES :] == 0)


@pytest.mark.parametrize("pitch", [36, 60, 81])
def test_a_note_starts_and_ends_without_a_click(pitch: int) -> None:
    sound = render([Sound(0.1, 3.0, pitch, 100, 1)])
    sustained = steepest(sound[at(0.15) : at(2.9)])
    assert steepest(sound[: at(0.15)]) <= 1.05 * sustained
    assert steepest(sound[at(2.9) :]) <= 1.05 * sustained


@pytest.mark.parametrize("length_seconds", [0.6, 0.01, 0.0])
def test_starts_and_ends_spread_nothing_over_the_spectrum(length_seconds: float) -> None:
    samples = render([Sound(0.1, 0.1 + length_seconds, 48, 100, 1)])[:, 0]
    assert share_above(samples, 4_000) < 1e-4  # a tone cut off hard has some 1e-2 there
    assert loudness(samples) > 0 or length_seconds == 0


def test_a_repeated_note_is_articulated() -> None:
    sound = render([Sound(0.0, 0.5, 60, 90, 0), Sound(0.5, 1.0, 60, 90, 0)])
    windows = sound[at(0.4) : at(0.6)].reshape(-1, at(0.01), 2)
    levels = [loudness(window) for window in windows]
    assert min(levels) < 0.6 * levels[0]


def test_only_the_same_key_of_the_same_voice_is_lifted_early() -> None:
    first, again = Sound(0.0, 0.5, 60, 90, 0), Sound(0.5, 0.6, 60, 90, 0)
    other_voice, other_pitch = Sound(0.5, 1.0, 60, 90, 1), Sound(0.5, 1.0, 62, 90, 0)
    last = Sound(0.6, 0.9, 60, 90, 0)
    lifted = articulated([last, other_pitch, other_voice, again, first])
    assert lifted == [
        Sound(0.0, 0.5 - LIFT_SECONDS, 60, 90, 0),
        Sound(0.5, 0.6 - (0.6 - 0.5) / 3, 60, 90, 0),  # a short note keeps two thirds
        last,
        other_pitch,
        other_voice,
    ]


def test_a_loud_cluster_stays_below_the_ceiling() -> None:
    cluster = [Sound(0.0, 0.4, pitch, 127, pitch % 4) for pitch in range(36, 82)]
    peak = np.max(np.abs(render(cluster)))
    assert peak == pytest.approx(CEILING, abs=1e-6)


def test_soft_music_is_not_blown_up() -> None:
    soft = render([Sound(0.0, 0.4, 60, 1, 0)])
    assert np.max(np.abs(soft)) < 0.5 * LEVEL * 3 * LARGEST_BOOST  # a tone peaks below three times its level


def test_there_is_no_direct_current() -> None:
    assert np.all(np.abs(render(CHORD).mean(axis=0)) < 1e-4)


def test_the_soprano_stands_left_and_the_bass_right() -> None:
    balances = []
    for voice in range(4):
        left, right = (loudness(side) for side in render([Sound(0.0, 0.4, 60, 90, voice)]).T)
        balances.append(left / right)
    assert balances == sorted(balances, reverse=True)
    assert balances[0] > 1.2
    assert balances[3] < 1 / 1.2


def test_the_room_is_the_same_in_blocks_of_any_size() -> None:
    dry = render(CHORD)[: at(0.3)]
    whole, parts, room = dry.copy(), dry.copy(), Room()
    Room().add_to(whole)
    for part in np.split(parts, [1, 512, 700, 5000]):
        room.add_to(part)
    np.testing.assert_allclose(parts, whole, atol=1e-6)
    assert not np.allclose(whole, dry, atol=1e-3)


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ((1.0, 0.5, 60, 90, 0), "a sound needs 0 <= start <= end, not 1.0..0.5 s"),
        ((0.0, float("nan"), 60, 90, 0), "a sound needs 0 <= start <= end, not 0.0..nan s"),
        ((0.0, 1.0, 128, 90, 0), "pitch must be 0..127, not 128"),
        ((0.0, 1.0, 60, 0, 0), "velocity must be 1..127, not 0"),
        ((0.0, 1.0, 60, 90, 4), "voice must be 0..3, not 4"),
    ],
)
def test_a_sound_that_cannot_be_is_refused(values: tuple[float, float, int, int, int], line: str) -> None:
    with pytest.raises(ValueError) as caught:
        Sound(*values)
    assert str(caught.value) == line
