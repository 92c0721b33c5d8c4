"""Keys on the running grid: which step and which voice each belongs to, and how long it lasts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from companion.music.vocabulary import HOLD, RANGES, REST, VOICES, strike
from companion.phrase.hands import LEGATO_STEPS, TAIL_STEPS, Capture, Hands, Press
from companion.phrase.voicing import heard_pitch

SOPRANO, ALTO, TENOR, BASS = range(4)


def hands_after(capture: Capture, steps: Sequence[int], hands: Hands | None = None, **options: object) -> Hands:
    """The hands after what begins at each of these steps."""
    hands = hands or Hands()
    for step in steps:
        voices, by_channel = options.get("voices"), bool(options.get("by_channel"))
        hands = hands.deal(step, capture.struck_at(step), voices, by_channel)  # type: ignore[arg-type]
    return hands


def sung_by(hands: Hands) -> list[int | None]:
    """What was played for each voice."""
    return [None if press is None else press.pitch for press in hands.presses]


def press(capture: Capture, step: int, *pitches: int, channel: int = 0) -> None:
    for pitch in pitches:
        capture.press(step, pitch, 80, channel)


class TestCapture:
    def test_a_key_goes_down_and_up(self) -> None:
        capture = Capture()
        pressed = capture.press(4, 60, 90, 2)
        assert capture.keys_down and capture.silent_since is None
        assert capture.release(6.3, 60, 2) is pressed
        assert (pressed.step, pressed.end, pressed.velocity, pressed.channel) == (4, 6.3, 90, 2)
        assert not capture.keys_down and capture.silent_since == 6.3

    def test_what_the_pedal_holds_sounds_on_and_frees_the_hand(self) -> None:
        """Under the pedal a leap goes on with the melody, as it does without."""
        capture = Capture()
        for step, pitch in ((0, 60), (4, 72)):
            press(capture, step, pitch)
            capture.release(step + 3.0, pitch, 0, held=True)
        assert capture.keys_down and capture.silent_since is None
        hands = hands_after(capture, [0, 4])
        assert sung_by(hands) == [72, None, None, None]
        assert hands.tokens(30, TAIL_STEPS) == {SOPRANO: HOLD}
        capture.release(31, 60, 0)
        capture.release(31, 72, 0)
        assert capture.silent_since == 31

    def test_a_release_finds_its_own_key_and_channel(self) -> None:
        capture = Capture()
        press(capture, 0, 60)
        assert capture.release(1, 62, 0) is None
        assert capture.release(1, 60, 1) is None
        assert capture.release(1, 60, 0) is not None
        assert capture.release(2, 60, 0) is None

    def test_a_key_let_go_before_its_step_has_come_ends_there(self) -> None:
        """Pressed early, and so short that it is over before the line."""
        capture = Capture()
        press(capture, 8, 60)
        capture.release(7.9, 60, 0)
        assert capture.silent_since == 8
        hands = hands_after(capture, [8])
        assert [hands.tokens(step, 0) for step in (8, 9)] == [{SOPRANO: strike(60)}, {SOPRANO: REST}]

    def test_the_same_key_again_ends_the_first(self) -> None:
        capture = Capture()
        press(capture, 0, 60)
        press(capture, 4, 60)
        assert [(one.step, one.end) for one in capture.presses] == [(0, 4.0), (4, None)]
        capture.release(6, 60, 0)
        assert [(one.step, one.end) for one in capture.presses] == [(0, 4.0), (4, 6)]

    def test_the_same_key_twice_within_a_step_is_one_note(self) -> None:
        capture = Capture()
        press(capture, 4, 72)
        capture.release(4.1, 72, 0)
        again = capture.press(4, 72, 50, 0)
        assert capture.presses == [again]
        assert sung_by(hands_after(capture, [4])) == [72, None, None, None]

    def test_silence_begins_with_the_last_release(self) -> None:
        capture = Capture()
        assert capture.silent_since is None
        press(capture, 0, 60, 64)
        capture.release(3.0, 64, 0)
        assert capture.silent_since is None
        capture.release(2.5, 60, 0)
        assert capture.silent_since == 3.0

    def test_is_over(self) -> None:
        capture = Capture()
        assert capture.is_over(0)
        press(capture, 5, 60)
        assert not capture.is_over(9)
        capture.release(4.8, 60, 0)
        assert not capture.is_over(4)  # it is still to come
        assert capture.is_over(5)

    def test_begins_again_with_the_keys_that_are_down(self) -> None:
        capture = Capture()
        press(capture, 0, 60, 64)
        capture.release(1, 60, 0)
        capture.begin_again()
        assert [one.pitch for one in capture.presses] == [64]
        assert capture.release(9, 64, 0) is not None

    def test_forgets_what_no_voice_sings_any_more(self) -> None:
        capture = Capture()
        press(capture, 0, 60, 64)
        capture.release(1, 60, 0)
        capture.forget_before(LEGATO_STEPS)
        assert [one.pitch for one in capture.presses] == [60, 64]
        capture.forget_before(LEGATO_STEPS + 1)
        assert [one.pitch for one in capture.presses] == [64]

    def test_velocities(self) -> None:
        capture = Capture()
        capture.press(0, 60, 40, 0)
        capture.press(1, 62, 100, 0)
        assert capture.velocities() == [40, 100]


class TestTokens:
    @pytest.mark.parametrize(
        ("end", "tail", "last"),
        [
            (None, 0, 99),
            (4.0, 0, 3),
            (4.4, 0, 3),  # nearest to 4
            (4.6, 0, 4),
            (4.0, TAIL_STEPS, 3 + TAIL_STEPS),
            (0.2, 0, 0),  # a note has its step
        ],
    )
    def test_a_note_is_struck_held_and_let_go(self, end: float | None, tail: int, last: int) -> None:
        own = Press(0, 67, 80, 0, end)
        hands = Hands().deal(0, [own], None, False)
        tokens = [hands.tokens(step, tail)[SOPRANO] for step in range(100)]
        assert tokens == [strike(67)] + [HOLD] * last + [REST] * (99 - last)
        assert [hands.sings(step, tail) for step in range(100)] == [step <= last for step in range(100)]

    def test_only_voices_of_this_phrase_are_told(self) -> None:
        hands = Hands().deal(0, [Press(0, 67, 80, 0)], None, False)
        assert set(hands.tokens(0, 0)) == {SOPRANO}
        assert hands.next_phrase().tokens(1, 0) == {}
        assert hands.next_phrase().pitches == hands.pitches


class TestMelody:
    @pytest.mark.parametrize(("pitch", "voice"), [(72, SOPRANO), (60, SOPRANO), (59, TENOR), (54, TENOR), (53, BASS)])
    def test_the_first_note_says_which_voice(self, pitch: int, voice: int) -> None:
        capture = Capture()
        press(capture, 0, pitch)
        assert sung_by(hands_after(capture, [0])) == [pitch if one == voice else None for one in range(4)]

    def test_a_melody_stays_in_its_voice_whatever_it_leaps(self) -> None:
        capture = Capture()
        for step, pitch in enumerate((72, 60, 55, 79, 48)):
            press(capture, step, pitch)
            hands = hands_after(capture, range(step + 1))
            assert sung_by(hands) == [pitch, None, None, None]
            capture.release(step + 0.9, pitch, 0)

    def test_legato_overlaps_are_one_melody(self) -> None:
        capture = Capture()
        press(capture, 0, 72)
        press(capture, 4, 74)  # 72 is still down
        assert sung_by(hands_after(capture, [0, 4])) == [74, None, None, None]

    def test_a_leap_that_overlaps_a_little_is_one_melody(self) -> None:
        capture = Capture()
        press(capture, 0, 76)
        press(capture, 4, 60)
        capture.release(4.3, 76, 0)
        assert sung_by(hands_after(capture, [0, 4])) == [60, None, None, None]

    def test_a_low_note_under_a_held_one_is_another_voice(self) -> None:
        capture = Capture()
        press(capture, 0, 72)
        press(capture, 4, 48)
        hands = hands_after(capture, [0, 4])
        assert sung_by(hands) == [72, None, None, 48]
        assert hands.tokens(4, 0) == {SOPRANO: HOLD, BASS: strike(48)}

    def test_and_goes_on_as_one_when_both_hands_have_left_the_keys(self) -> None:
        capture = Capture()
        press(capture, 0, 72)
        press(capture, 4, 48)
        for pitch in (72, 48):
            capture.release(6, pitch, 0)
        press(capture, 8, 50)
        assert sung_by(hands_after(capture, [0, 4, 8])) == [72, None, None, 50]
        press(capture, 12, 74)
        assert sung_by(hands_after(capture, [0, 4, 8, 12])) == [74, None, None, 50]


class TestChords:
    def test_four_notes_are_the_four_voices(self) -> None:
        capture = Capture()
        press(capture, 0, 48, 64, 72, 67)
        assert sung_by(hands_after(capture, [0])) == [72, 67, 64, 48]

    def test_a_rolled_chord_on_one_step_is_dealt_together(self) -> None:
        capture = Capture()
        press(capture, 0, 48)
        assert sung_by(hands_after(capture, [0])) == [None, None, None, 48]
        press(capture, 0, 72)
        assert sung_by(hands_after(capture, [0])) == [72, None, None, 48]

    def test_two_notes_are_the_outer_voices(self) -> None:
        capture = Capture()
        press(capture, 0, 72, 48)
        assert sung_by(hands_after(capture, [0])) == [72, None, None, 48]

    def test_of_five_notes_the_outer_ones_are_kept(self) -> None:
        capture = Capture()
        press(capture, 0, 48, 55, 64, 67, 72)
        found = sung_by(hands_after(capture, [0]))
        assert found[0] == 72 and found[3] == 48 and len({*found}) == 4

    def test_a_held_voice_is_not_cut_off(self) -> None:
        capture = Capture()
        press(capture, 0, 72, 67, 60, 48)
        for pitch in (67, 60):
            capture.release(3.9, pitch, 0)
        press(capture, 4, 65, 59)
        assert sung_by(hands_after(capture, [0, 4])) == [72, 65, 59, 48]

    def test_a_lone_note_after_chords_goes_where_it_leads_best(self) -> None:
        capture = Capture()
        press(capture, 0, 72, 67, 60, 48)
        for pitch in (72, 67, 60, 48):
            capture.release(3.9, pitch, 0)
        press(capture, 4, 50)
        assert sung_by(hands_after(capture, [0, 4])) == [72, 67, 60, 50]

    @given(st.lists(st.sets(st.integers(0, 127), min_size=1, max_size=7), max_size=8))
    def test_any_chords_are_dealt_from_high_to_low(self, chords: list[set[int]]) -> None:
        capture, hands = Capture(), Hands()
        for step, chord in enumerate(chords):
            press(capture, step, *chord)
            hands = hands_after(capture, [step], hands)
            struck = [one.pitch for one in hands.presses if one is not None and one.step == step]
            assert struck == sorted(struck, reverse=True)
            assert len(struck) == min(len(chord), 4)
            for pitch in chord:
                capture.release(step + 0.9, pitch, 0)


class TestVoicesGiven:
    def test_by_channel(self) -> None:
        capture = Capture()
        for channel, pitch in enumerate((50, 72, 60, 48)):
            press(capture, 0, pitch, channel=channel)
        press(capture, 0, 99, channel=9)
        assert sung_by(hands_after(capture, [0], by_channel=True)) == [50, 72, 60, 48]

    def test_by_channel_the_later_of_two_notes_counts(self) -> None:
        capture = Capture()
        press(capture, 0, 60, 62, channel=1)
        assert sung_by(hands_after(capture, [0], by_channel=True)) == [None, 62, None, None]

    def test_only_to_locked_voices(self) -> None:
        capture = Capture()
        press(capture, 0, 72, 48)
        assert sung_by(hands_after(capture, [0], voices=[TENOR])) in ([None, None, 72, None], [None, None, 48, None])
        assert sung_by(hands_after(capture, [0], voices=[ALTO, BASS])) == [None, 72, None, 48]
        assert sung_by(hands_after(capture, [0], voices=[])) == [None] * 4

    def test_by_channel_and_locked(self) -> None:
        capture = Capture()
        press(capture, 0, 60, channel=1)
        press(capture, 0, 48, channel=3)
        assert sung_by(hands_after(capture, [0], by_channel=True, voices=[BASS])) == [None, None, None, 48]


class TestRange:
    @given(st.integers(0, 127), st.sampled_from(range(4)))
    def test_heard_in_the_voice_s_range_octaves_away(self, pitch: int, voice: int) -> None:
        lowest, highest = RANGES[voice]
        heard = heard_pitch(pitch, voice)
        assert lowest <= heard <= highest and (heard - pitch) % 12 == 0
        if lowest <= pitch <= highest:
            assert heard == pitch

    def test_hands_know_who_is_heard_elsewhere(self) -> None:
        capture = Capture()
        press(capture, 0, 96)
        hands = hands_after(capture, [0])
        assert hands.far == {SOPRANO} and hands.pitches[SOPRANO] == 72
        capture.release(1, 96, 0)
        press(capture, 2, 74)
        assert hands_after(capture, [2], hands).far == frozenset()


def test_hands_are_values() -> None:
    """The same step dealt again after one more key gives other hands, and leaves the first alone."""
    capture = Capture()
    press(capture, 0, 67)
    first = hands_after(capture, [0])
    press(capture, 0, 72, 48)
    assert sung_by(first) == [67, None, None, None]
    assert sung_by(hands_after(capture, [0]))[0] == 72
    assert len(VOICES) == 4
