"""What a session does with keys and controls, position by position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.fakes import Babbler, ScriptedModel, sung
from support.jamfakes import PLAIN, Jam, Shadow, babbling, chord, chords_at, heard, rest
from support.leading import ScriptedTune

from companion.controls.settings import Command, Settings
from companion.controls.table import GRIDS
from companion.errors import BadSetting
from companion.generation.improviser import ANSWER, HEARD
from companion.model.leading import LedModel
from companion.music.bars import Barlines
from companion.music.key import Key
from companion.music.vocabulary import FIRST_STRIKE, HOLD, STEPS_PER_BEAT, strike
from companion.session.hearing import KEY_STEPS
from companion.session.turns import ANSWERING, IDLE, PHRASE

TONIC, DOMINANT = (72, 67, 64, 48), (71, 67, 62, 43)
TONICS = {frame: TONIC for frame in range(400)}
NO_CLOCK = "waiting for the clock: press play"


def with_voice(base: Settings, voice: int, **changes: object) -> Settings:
    voices = [
        replace(own, **changes) if number == voice else own  # type: ignore[arg-type]
        for number, own in enumerate(base.voices, 1)
    ]
    return replace(base, voices=tuple(voices))


def answering(model: object = None, base: Settings = PLAIN, at: float = 10.5) -> Jam:
    """A jam whose answer to one long C has begun at step 8."""
    jam = Jam(model or chords_at(TONICS), base)
    jam.play((0, 3.7, 72)).to(at)
    assert jam.session.activity == ANSWERING
    jam.lines.clear()
    return jam


def origins(jam: Jam) -> dict[int, str]:
    return {step: planned.origin for step, (planned, _) in sorted(jam.listener.music.items())}


def first_step(jam: Jam, origin: str = ANSWER) -> int:
    return min(step for step, whose in origins(jam).items() if whose == origin)


def pitches(jam: Jam, step: int) -> tuple[int | None, ...]:
    return jam.listener.music[step][0].frame.pitches


class TestWhenAnAnswerBegins:
    @given(
        st.floats(0.1, 30),
        st.sampled_from(GRIDS),
        st.sampled_from([0.25, 0.5, 1.0, 2.5]),
        st.sampled_from([Barlines(), Barlines(12, 5), Barlines(14)]),
        st.booleans(),
    )
    def test_on_the_next_line_of_the_grid(
        self, release: float, grid: str, rest_beats: float, barlines: Barlines, works: bool
    ) -> None:
        jam = Jam(chords_at(TONICS), replace(PLAIN, grid=grid, rest_beats=rest_beats), barlines)
        jam.strike(0, 72)
        jam.release(release, 72)
        over = release + rest_beats * STEPS_PER_BEAT
        line = barlines.next_line(over, grid)
        jam.to(line - 0.01 if line > over + 0.02 else over, every=0.1, work=works)
        assert jam.listener.pitches == (None,) * 4 or line <= jam.listener.position
        jam.to(line + 0.3, every=0.1, work=works)
        assert jam.listener.pitches == TONIC and not jam.listener.late
        assert first_step(jam) == line

    @pytest.mark.parametrize(
        ("first", "bars", "bar_steps", "start"),
        [
            (0, 1, 16, 16),
            (3, 1, 16, 16),
            (11, 1, 16, 16),  # more than a beat before the bar line is no upbeat
            (12, 1, 16, 32),
            (15, 1, 16, 32),
            (16, 1, 16, 32),
            (14, 2, 16, 48),
            (0, 2, 16, 32),
            (0, 1, 12, 12),
            (9, 1, 12, 24),
            (5, 2, 14, 28),
        ],
    )
    def test_respond_counts_bars(self, first: int, bars: int, bar_steps: int, start: int) -> None:
        barlines = Barlines(bar_steps)
        jam = Jam(chords_at(TONICS), replace(PLAIN, mode="respond", bars=bars), barlines)
        jam.play((first, first + 1.9, 72)).to(start + 0.1)
        assert jam.listener.pitches == TONIC and first_step(jam) == start
        assert jam.session.answer is not None and jam.session.answer.end == start + bars * bar_steps
        jam.to(start + bars * bar_steps + 1)
        assert jam.listener.pitches == (None,) * 4 and jam.session.activity == IDLE

    def test_respond_answers_though_the_player_holds_on(self) -> None:
        jam = Jam(chords_at(TONICS), replace(PLAIN, mode="respond", bars=1))
        jam.strike(0, 72)
        jam.to(16.1)
        assert jam.listener.pitches == TONIC

    def test_a_shorter_call_than_what_is_played_already_ends_with_the_bar(self) -> None:
        jam = Jam(chords_at(TONICS), replace(PLAIN, mode="respond", bars=4))
        jam.strike(0, 72)
        jam.to(20)
        jam.tell("bars", 1)
        jam.to(40)
        assert first_step(jam) == 32

    def test_a_shorter_rest_than_has_lasted_already_ends_the_phrase_at_once(self) -> None:
        jam = Jam(chords_at(TONICS), replace(PLAIN, rest_beats=4.0))
        jam.play((0, 2, 72)).to(13.2)
        jam.tell("rest", 1)
        jam.to(17)
        assert first_step(jam) == 16

    def test_go_answers_on_the_next_line_though_keys_are_down(self) -> None:
        jam = Jam(chords_at(TONICS), PLAIN)
        jam.strike(0, 72)
        jam.to(5.3)
        jam.tell("go")
        jam.to(9)
        assert first_step(jam) == 8 and jam.listener.pitches == TONIC

    def test_go_with_nothing_heard(self) -> None:
        jam = Jam(chords_at(TONICS), PLAIN)
        jam.to(2.5)
        jam.tell("go")
        jam.to(9)
        assert first_step(jam) == 4 and jam.listener.pitches == TONIC

    def test_go_for_some_bars_closes_and_rests(self) -> None:
        jam = Jam(chords_at(TONICS), PLAIN)
        jam.to(2.5)
        jam.tell("go", 2)
        jam.to(50)
        assert jam.listener.notes()[-4:] == heard(28, 36, "72 67 64 48")
        assert jam.session.activity == IDLE and max(jam.listener.music) == 35

    def test_go_while_answering_changes_nothing(self) -> None:
        jam = answering()
        jam.tell("go", 1)
        assert jam.lines == [] and jam.session.answer is not None and jam.session.answer.end is None

    def test_nothing_begins_without_a_clock(self) -> None:
        jam = Jam(chords_at(TONICS), PLAIN, begin=False)
        for name in ("go", "cadence"):
            jam.tell(name)
        jam.session.note(0, 60, 80, 0)
        jam.to(20)
        assert jam.session.activity == IDLE and jam.lines == [] and not jam.listener.music
        assert jam.listener.messages == [NO_CLOCK] * 3

    def test_a_phrase_is_not_over_while_a_key_is_down(self) -> None:
        jam = Jam(chords_at(TONICS), PLAIN)
        jam.strike(0, 72)
        jam.play((1, 2, 76)).to(60)
        assert jam.session.activity == PHRASE


class TestPlayingIntoAnAnswer:
    def test_continue_stops_and_hears_the_new_phrase(self) -> None:
        jam = answering(at=10.5)
        jam.strike(10.7, 65)
        assert jam.session.activity == PHRASE and jam.listener.pitches == (None,) * 4
        assert jam.lines == ["taken back 11", "silence"]
        jam.to(13)
        assert origins(jam) == {
            **dict.fromkeys(range(8), HEARD),
            8: ANSWER,
            9: ANSWER,
            10: ANSWER,
            11: HEARD,
            12: HEARD,
        }
        assert pitches(jam, 11)[0] == 65

    def test_a_little_late_it_belongs_to_the_step_that_sounded(self) -> None:
        jam = answering(at=10.1)
        jam.strike(10.2, 65)
        assert jam.lines == ["taken back 10", "silence"]
        jam.to(12)
        assert origins(jam)[10] == HEARD and pitches(jam, 10)[0] == 65

    def test_before_the_line_the_phrase_goes_on(self) -> None:
        """The rest has lasted, but the bar line is not there yet."""
        jam = Jam(chords_at(TONICS), replace(PLAIN, grid="bar"))
        jam.play((0, 2, 72)).to(9)
        assert jam.session.activity == ANSWERING
        jam.play((9.1, 13, 74)).to(17)
        assert set(origins(jam).values()) == {HEARD} and not jam.listener.sounds
        jam.to(33)
        assert first_step(jam) == 32
        jam.tell("keep")
        assert jam.lines[-1] == "keep 0-35"  # one phrase, and the answer

    def test_before_the_line_a_note_is_heard_and_the_answer_that_was_asked_for_comes(self) -> None:
        jam = Jam(chords_at(TONICS), PLAIN)
        jam.strike(0, 72)
        jam.to(5)
        jam.tell("go")
        jam.strike(6.1, 74)
        jam.to(9)
        assert [pitches(jam, step)[0] for step in (5, 6, 7)] == [72, 74, 74]
        assert first_step(jam) == 8 and jam.listener.pitches == TONIC

    @pytest.mark.parametrize("mode", ["listen", "harmonise"])
    def test_an_answer_that_was_asked_for_ends_in_other_modes_too(self, mode: str) -> None:
        jam = Jam(chords_at(TONICS), replace(PLAIN, mode=mode))
        jam.to(1)
        jam.tell("go")
        jam.to(10.5)
        assert jam.listener.pitches == TONIC
        jam.strike(10.6, 74)
        assert jam.listener.pitches == (None,) * 4
        assert jam.session.activity == (PHRASE if mode == "listen" else ANSWERING)

    def test_respond_does_not_listen_to_what_is_played_into_its_response(self) -> None:
        jam = Jam(chords_at(TONICS), replace(PLAIN, mode="respond", bars=1))
        jam.play((0, 3, 72), (20, 22, 65)).to(31)
        assert jam.listener.pitches == TONIC
        jam.to(60)
        assert max(jam.listener.music) == 31 and jam.session.activity == IDLE

    @pytest.mark.parametrize("at", [28.1, 28.9, 29.6, 31.4])
    def test_but_to_the_upbeat_to_the_next_call(self, at: float) -> None:
        jam = Jam(chords_at(TONICS), replace(PLAIN, mode="respond", bars=1))
        jam.play((0, 3, 72)).to(at)
        jam.strike(at, 65)
        jam.to(31.5)
        assert jam.listener.pitches == TONIC  # the last chord goes on
        jam.to(32.5)
        assert jam.listener.pitches == (None,) * 4
        jam.to(48.5)
        assert jam.listener.pitches == TONIC and not jam.listener.late
        assert origins(jam)[47] == HEARD and origins(jam)[48] == ANSWER

    def test_duet_says_what_to_do(self) -> None:
        jam = Jam(chords_at(TONICS), replace(PLAIN, mode="duet"))
        jam.to(3)
        assert jam.strike(3.1, 60) is None
        assert jam.listener.messages == ["duet: lock the voice that you play"]
        jam.to(5)
        assert jam.listener.pitches == TONIC

    def test_a_loop_goes_on(self) -> None:
        jam = answering()
        jam.tell("mode", "loop")
        jam.to(20)
        sounding = jam.listener.pitches
        jam.strike(20.1, 60)
        jam.to(20.9)
        assert jam.listener.pitches == sounding != (None,) * 4


class TestCapture:
    @pytest.mark.parametrize(("at", "step"), [(4.0, 4), (4.4, 4), (4.6, 5), (3.6, 4), (3.4, 3)])
    def test_notes_go_to_the_nearest_step(self, at: float, step: int) -> None:
        jam = Jam(chords_at(TONICS), PLAIN)
        jam.strike(0, 72)
        jam.strike(at, 76)
        jam.to(8)
        struck = [s for s, (planned, _) in jam.listener.music.items() if planned.frame.tokens[0] == strike(76)]
        assert struck == [step]

    def test_what_arrives_much_too_late_belongs_to_now(self) -> None:
        jam = Jam(chords_at(TONICS), PLAIN)
        jam.strike(0, 72)
        jam.to(9.2)
        jam.session.note(5.0, 76, 80, 0)
        jam.to(12)
        assert [pitches(jam, step)[0] for step in (7, 8, 9, 10)] == [72, 72, 76, 76]

    def test_the_voice_is_told(self) -> None:
        jam = Jam(chords_at(TONICS), PLAIN)
        assert [jam.strike(0, 72), jam.strike(4.8, 48), jam.strike(9.9, 74)] == [0, 3, 0]
        jam.release(10, 72)
        assert jam.session.note(10.1, 72, 0, 0) is None

    def test_by_channel(self) -> None:
        jam = Jam(chords_at({}), PLAIN, by_channel=True)
        assert [jam.strike(0, pitch, channel=voice) for voice, pitch in enumerate((65, 64, 60, 50))] == [0, 1, 2, 3]
        assert jam.strike(0.1, 72, channel=8) is None
        jam.to(2)
        assert pitches(jam, 0) == (65, 64, 60, 50)
        assert jam.listener.messages == ["channel 9 is no voice: channels 1-4 are soprano, alto, tenor and bass"]

    def test_a_note_out_of_range_is_heard_elsewhere_and_said_once(self) -> None:
        jam = Jam(chords_at({}), PLAIN)
        jam.play((0, 1.9, 96), (2, 3.9, 98), (4, 5.9, 72), (6, 7.9, 40)).to(9)
        assert [pitches(jam, step)[0] for step in (0, 2, 4, 6)] == [72, 74, 72, 64]
        assert jam.listener.messages == [
            "C7 is out of the soprano's range: it is heard 2 octaves lower",
            "E2 is out of the soprano's range: it is heard 2 octaves higher",
        ]

    def test_what_is_not_played_is_imagined_and_not_sounded(self) -> None:
        jam = Jam(chords_at({0: (None, 67, 64, 48), 2: (None, 69, 65, 41)}), PLAIN)
        jam.strike(0, 72)
        jam.to(4)
        assert [pitches(jam, step) for step in (0, 2)] == [(72, 67, 64, 48), (72, 69, 65, 41)]
        assert not jam.listener.sounds and not jam.lines

    def test_played_rests_are_heard_as_long_notes(self) -> None:
        jam = Jam(chords_at({0: (None, 67, 64, 48)}), replace(PLAIN, rest_beats=2.0))
        jam.play((0, 1, 72), (6, 7, 74)).to(9)
        assert [pitches(jam, step)[0] for step in range(9)] == [72] * 6 + [74] * 3


class TestHarmonise:
    def jam(self) -> Jam:
        return Jam(Shadow(), replace(PLAIN, mode="harmonise"))

    def test_a_chord_that_arrives_note_by_note(self) -> None:
        """Of the voices that were added to the first note, those that are played fall silent."""
        jam = self.jam()
        jam.to(4.02)
        jam.session.note(4.02, 72, 80, 0)
        jam.session.note(4.02, 48, 80, 0)
        assert jam.lines == ["now alto 67!", "now tenor 63!", "now bass 48!", "now bass ."]
        assert jam.listener.pitches == (None, 67, 63, None)

    def test_two_notes_around_the_line(self) -> None:
        """The frame of the step may be on its way still when the second one changes it."""
        jam = self.jam()
        jam.strike(3.99, 72)
        assert jam.lines == ["4: . 67! 63! 48!"]
        jam.strike(4.01, 48)
        jam.to(4.1)
        assert jam.lines[-10:-8] == ["now bass .", "4: . 67 63 ."]
        assert jam.listener.pitches == (None, 67, 63, None)

    def test_a_short_early_note_is_not_lost(self) -> None:
        """Down and up again before its step, when the step before it has just ended a phrase."""
        jam = self.jam()
        jam.play((0, 1, 72)).to(3.4)
        jam.session.note(3.6, 74, 80, 0)
        jam.session.note(3.9, 74, 0, 0)
        jam.to(4.2)
        assert jam.listener.pitches == (None, 69, 65, 50)

    def test_silence_between_two_notes(self) -> None:
        jam = self.jam()
        jam.play((0, 1, 72), (8, 9, 74)).to(20)
        assert jam.listener.notes() == [*heard(0, 3, ". 67 63 48"), *heard(8, 11, ". 69 65 50")]

    def test_begun_in_the_midst_of_a_phrase(self) -> None:
        jam = Jam(Shadow(), PLAIN)
        jam.strike(0, 72)
        jam.to(5.2)
        jam.tell("mode", "harmonise")
        jam.to(7)
        assert jam.listener.pitches == (None, 67, 63, 48) and not jam.listener.late
        assert origins(jam) == {**dict.fromkeys(range(6), HEARD), 6: ANSWER}

    def test_go_answers_alone(self) -> None:
        jam = self.jam()
        jam.to(1)
        jam.tell("go")
        jam.to(6)
        assert jam.listener.pitches == (72, 67, 63, 48)

    def test_locked_to_another_voice(self) -> None:
        """The player's low melody is the bass, and the others are added to it."""
        jam = Jam(chords_at(TONICS), with_voice(replace(PLAIN, mode="harmonise"), 4, lock=True))
        jam.strike(0.1, 60)
        jam.to(1)
        assert jam.listener.pitches == (72, 67, 64, None)
        assert pitches(jam, 0)[3] == 60


class TestLocked:
    def test_the_voice_is_the_players_as_soon_as_the_answer_begins(self) -> None:
        jam = answering(Shadow(), with_voice(PLAIN, 1, lock=True))
        assert jam.listener.pitches == (None, 65, 60, 41)  # the soprano rests
        jam.strike(10.9, 74)
        jam.to(12.5)
        assert jam.listener.pitches == (None, 69, 65, 50)
        jam.release(12.6, 74)
        jam.to(16)
        assert jam.listener.pitches == (None, 65, 60, 41)
        assert jam.session.activity == ANSWERING

    def test_a_release_in_a_call_is_known_to_the_response(self) -> None:
        """It was planned while the key was down."""
        jam = Jam(Shadow(), with_voice(replace(PLAIN, mode="respond", bars=1), 1, lock=True))
        jam.strike(0, 72)
        jam.release(11, 72)
        jam.to(18)
        assert jam.listener.pitches == (None, 65, 60, 41)

    def test_locked_while_answering(self) -> None:
        jam = answering(Shadow())
        assert jam.listener.pitches == (72, 67, 63, 48)
        assert jam.tell("voice/lock", 1, 1) == 13  # what is committed stays
        jam.to(12.9)
        assert jam.listener.pitches == (72, 67, 63, 48)
        jam.to(13.1)
        assert jam.listener.pitches == (None, 65, 60, 41)


class TestStopping:
    @pytest.mark.parametrize(
        ("name", "lines"),
        [
            ("stop", ["taken back 11", "silence"]),
            ("panic", ["taken back 11", "silence", "panic"]),
            ("undo", ["taken back 11", "silence", "taken back 8"]),
        ],
    )
    def test_at_once(self, name: str, lines: Sequence[str]) -> None:
        jam = answering()
        jam.tell(name)
        assert jam.lines == lines
        assert jam.listener.pitches == (None,) * 4 and jam.session.activity == IDLE
        jam.to(40)
        assert jam.lines == []

    def test_a_stopped_clock_silences_and_a_new_start_waits_for_the_player(self) -> None:
        jam = answering()
        jam.session.halt()
        assert jam.lines == ["taken back 11", "silence"] and not jam.session.running
        jam.to(20)
        jam.session.begin(32, Barlines())
        jam.to(40)
        assert jam.lines == [] and jam.session.activity == IDLE
        jam.play((40, 41, 72)).to(49)
        assert jam.listener.pitches == TONIC

    def test_twice_is_no_harm(self) -> None:
        jam = answering()
        for _ in range(2):
            jam.tell("stop")
            jam.tell("panic")
            jam.session.halt()
        assert not jam.listener.sounding

    def test_the_end_of_an_answer_is_silenced_too(self) -> None:
        """Its last steps are committed, and the session listens already."""
        jam = Jam(chords_at(TONICS), replace(PLAIN, mode="respond", bars=1))
        jam.play((0, 3, 72)).to(30.2)
        assert jam.session.activity == IDLE and jam.listener.pitches == TONIC
        jam.lines.clear()
        jam.tell("stop")
        assert jam.lines == ["taken back 31", "silence"]
        jam.to(40)
        assert not jam.listener.sounding and max(jam.listener.music) == 30

    @pytest.mark.parametrize("mode", ["duet", "loop"])
    def test_modes_that_begin_by_themselves_do_so_with_every_start_of_the_clock(self, mode: str) -> None:
        jam = answering()
        jam.tell("mode", mode)
        jam.to(20)
        jam.session.halt()
        assert not jam.listener.sounding
        jam.listener.play_to(48)
        jam.session.begin(48, Barlines())
        jam.to(50)
        assert jam.listener.pitches != (None,) * 4

    def test_nothing_to_loop(self) -> None:
        jam = Jam(chords_at(TONICS), replace(PLAIN, mode="loop"))
        assert jam.listener.messages == ["nothing to loop yet: play a phrase first"]
        jam.to(20)
        assert jam.lines == []


class TestLoop:
    def test_what_was_held_into_the_take_is_struck_at_its_beginning(self) -> None:
        """Each time: something else sounds at the end of a round."""
        chords = {0: (None, 67, 64, 48), 8: (None, 69, 65, 53)}
        jam = Jam(chords_at(chords), replace(PLAIN, mode="listen"))
        jam.play((0, 3, 72)).to(9)  # seven frames
        jam.play((16, 18, 74), (20, 26, 76)).to(32)
        jam.tell("mode", "loop")
        for start in (32, 48):
            jam.to(start + 0.1)
            assert jam.listener.pitches == (74, 67, 64, 48)
            jam.to(start + 1.1)
            assert jam.listener.pitches == (74, 69, 65, 53)

    def test_a_take_begins_in_its_bar_where_it_began(self) -> None:
        jam = Jam(chords_at({}), replace(PLAIN, mode="listen"))
        jam.play((6, 7, 72)).to(20)
        jam.tell("mode", "loop")
        jam.to(64)
        assert [start for start, _, voice, _ in jam.listener.notes() if voice == 1] == [38, 54]

    def test_to_another_mode_it_ends(self) -> None:
        jam = answering()
        jam.tell("mode", "loop")
        jam.to(20)
        jam.tell("mode", "duet")
        jam.to(30)
        assert {origin for step, origin in origins(jam).items() if step >= 24} == {ANSWER}


class TestCadence:
    @pytest.mark.parametrize("bar_steps", [16, 12, 14, 8, 6])
    @pytest.mark.parametrize("at", [10.5, 12.0, 15.9, 21.3, 27.75])
    def test_closes_on_a_strong_beat_within_two_bars_and_rests(self, at: float, bar_steps: int) -> None:
        barlines = Barlines(bar_steps)
        jam = Jam(chords_at(TONICS), PLAIN, barlines)
        jam.play((0, 3.7, 72)).to(at)
        jam.tell("cadence")
        answer = jam.session.answer
        assert answer is not None and answer.close is not None and answer.end is not None
        assert barlines.strong_beats(answer.close, answer.close) == [answer.close]
        assert at + 4 <= answer.close <= at + 2 * bar_steps + (bar_steps < 12) * bar_steps
        jam.to(answer.end - 0.1)
        assert jam.listener.pitches == TONIC
        jam.to(answer.end + 40)
        assert jam.listener.notes()[-4:] == heard(answer.close, answer.end, "72 67 64 48")
        assert jam.session.activity == IDLE

    def test_the_model_is_told_of_the_close(self) -> None:
        model = chords_at(TONICS)
        jam = answering(model)
        jam.tell("cadence")
        model.seen.clear()
        jam.to(17)
        slot = model.row.slot("close")
        told = {int(ids[slot] - model.row.offsets[slot]) for ids in model.seen}
        assert set(range(1, 12)) <= told  # 1 is the close itself

    def test_the_best_of_several_endings_is_taken(self) -> None:
        jam = answering(Babbler(), babbling(), at=12.0)
        jam.tell("cadence")
        answer = jam.session.answer
        assert answer is not None and answer.close is not None
        jam.to(answer.close + 1)
        assert all(token >= 2 for token in jam.listener.music[answer.close][0].frame.tokens)

    def test_while_listening_a_short_answer_is_made(self) -> None:
        jam = Jam(chords_at(TONICS), PLAIN)
        jam.play((0, 3, 72)).to(5.2)
        jam.tell("cadence")
        jam.to(60)
        assert first_step(jam) == 8
        assert jam.listener.notes()[-4:] == heard(16, 24, "72 67 64 48")

    def test_a_close_that_is_near_stays(self) -> None:
        jam = Jam(chords_at(TONICS), replace(PLAIN, mode="respond", bars=1))
        jam.play((0, 3, 72)).to(17)
        before = jam.session.answer
        jam.tell("cadence")
        assert jam.session.answer == before

    def test_a_close_that_is_far_comes_nearer(self) -> None:
        jam = Jam(chords_at(TONICS), replace(PLAIN, mode="respond", bars=4))
        jam.play((0, 3, 72)).to(70)
        jam.tell("cadence")
        assert jam.session.answer is not None and jam.session.answer.close == 80

    def test_a_loop_has_none(self) -> None:
        jam = answering()
        jam.tell("mode", "loop")
        jam.tell("cadence")
        assert jam.listener.messages == ["a loop comes to no close: stop it"]

    def test_around_a_locked_voice(self) -> None:
        jam = answering(Shadow(), with_voice(PLAIN, 1, lock=True))
        jam.tell("cadence")
        jam.to(40)
        assert jam.session.activity == IDLE and jam.listener.pitches == (None,) * 4
        assert jam.listener.notes()[-3:] == heard(16, 24, ". 65 60 45")


class TestUndo:
    def context(self, jam: Jam) -> list[tuple[int, ...]]:
        return [tuple(int(token) for token in planned.frame.tokens) for planned in jam.session.recent(KEY_STEPS)]

    @pytest.mark.parametrize("until", [9.0, 15.0, 200.0])
    def test_the_music_is_what_it_was(self, until: float) -> None:
        jam = answering(Babbler(), babbling(), at=8.2)
        before = [planned for planned in jam.session.recent(100) if planned.step < 8]
        jam.to(until)
        jam.tell("undo")
        assert jam.session.recent(100) == before
        assert jam.session._turns.plan.music.context.state is before[-1].after.state
        assert sorted(jam.listener.music) == list(range(8))

    def test_go_afterwards_answers_the_same_otherwise(self) -> None:
        jam = answering(Babbler(), babbling(), at=15.5)
        first = [self.context(jam)[:8], self.context(jam)[8:16]]
        jam.tell("undo")
        jam.to(24)
        jam.tell("go")
        jam.to(40)
        assert self.context(jam)[:8] == first[0]
        assert self.context(jam)[8:16] != first[1]

    def test_one_answer_after_another(self) -> None:
        jam = answering(at=12.5)
        jam.play((13, 15, 65)).to(24.5)
        jam.tell("undo")
        assert max(jam.listener.music) == 19
        jam.tell("undo")
        assert max(jam.listener.music) == 7
        jam.tell("undo")
        assert jam.listener.messages == ["nothing to undo"]

    def test_an_answer_that_has_not_begun_is_only_stopped(self) -> None:
        jam = Jam(chords_at(TONICS), replace(PLAIN, grid="bar"))
        jam.play((0, 2, 72)).to(17)
        jam.tell("stop")
        jam.play((20, 22, 74)).to(28)
        assert jam.session.activity == ANSWERING and first_step(jam) == 16
        jam.tell("undo")
        assert jam.session.activity == IDLE and first_step(jam) == 16
        jam.tell("undo")
        assert ANSWER not in origins(jam).values()

    def test_the_phrase_can_be_kept(self) -> None:
        jam = answering(at=15)
        jam.tell("undo")
        jam.tell("keep")
        assert jam.lines[-1] == "keep 0-7"

    def test_after_another_model_has_come(self) -> None:
        """The state before the answer was the old model's: the new one hears the music up to there."""
        jam = answering(Babbler(), babbling(), at=15.5)
        model = chords_at(TONICS)
        jam.session.set_model(model)  # type: ignore[arg-type]
        jam.tell("undo")
        model.asked.clear()
        jam.to(16.5)
        jam.tell("go")
        jam.to(21)
        assert model.asked[0] == (8, 0) and jam.listener.pitches is not None


class TestKeep:
    def test_phrase_and_answer(self) -> None:
        jam = answering(at=15.5)
        jam.tell("keep")
        assert jam.lines[-1] == "keep 0-17"

    def test_after_the_answer_too(self) -> None:
        jam = answering(at=15.5)
        jam.tell("stop")
        jam.to(60)
        jam.tell("keep")
        assert jam.lines[-1] == "keep 0-15"

    def test_the_last_take_only(self) -> None:
        jam = answering(at=15.5)
        jam.play((16, 18, 74)).to(20)
        jam.tell("keep")
        assert jam.lines[-1] == "keep 16-19"

    def test_nothing(self) -> None:
        jam = Jam(chords_at(TONICS), PLAIN)
        jam.tell("keep")
        assert jam.listener.messages == ["nothing to keep yet"] and jam.lines == []

    def test_a_take_that_is_longer_than_a_loop(self) -> None:
        jam = Jam(chords_at({0: TONIC}), replace(PLAIN, mode="duet"))
        jam.to(1100, every=4.0, work=False)
        jam.tell("keep")
        assert jam.lines[-1] == "keep 0-1102"


CHANGES = [
    ("voice/mute", (1, 1)),
    ("voice/octave", (2, -1)),
    ("voice/velocity", (3, 33)),
    ("voice/channel", (4, 9)),
    ("transpose", (3,)),
    ("velocity", ("100",)),
    ("velocity", ("entropy",)),
    ("temperature", (3.0,)),
    ("temperature", (3.0, 1)),
    ("top_p", (0.1,)),
    ("density", (3.0,)),
    ("key", ("F# major",)),
    ("style", ("free",)),
    ("seed", (77,)),
]


class TestControlsWhileAnswering:
    @pytest.mark.parametrize(("name", "arguments"), CHANGES)
    def test_a_change_reaches_what_is_not_committed_and_nothing_else(
        self, name: str, arguments: tuple[str, ...]
    ) -> None:
        runs = []
        for changes in (False, True):
            jam = answering(Babbler(), babbling(), at=20.4)
            if changes:
                assert jam.tell(name, *arguments) == 23  # the step that sounds, and two more
            jam.to(60)
            runs.append(jam)
        plain, other = ([sounding for _, sounding in jam.listener.music.values()] for jam in runs)
        assert plain[:23] == other[:23]
        assert plain[23:] != other[23:]
        assert not runs[1].listener.late

    @pytest.mark.parametrize(("name", "arguments"), CHANGES)
    def test_while_the_player_is_followed_the_next_step_is_the_first(
        self, name: str, arguments: tuple[str, ...]
    ) -> None:
        jam = answering(Babbler(), with_voice(babbling(), 1, lock=True), at=20.4)
        assert jam.tell(name, *arguments) == 21

    def test_mute_silences_a_voice_that_goes_on(self) -> None:
        jam = answering(chords_at({8: TONIC}))
        jam.tell("voice/mute", 2, 1)
        jam.to(16)
        assert jam.listener.pitches == (72, None, 64, 48) and pitches(jam, 16) == TONIC
        jam.tell("voice/mute", 2, 0)
        jam.to(20)
        assert jam.listener.pitches == TONIC  # struck, though the model holds it

    def test_octave_and_channel_strike_what_is_held(self) -> None:
        jam = answering(chords_at({8: TONIC}))
        jam.tell("voice/octave", 4, -1)
        jam.tell("voice/channel", 1, 11)
        jam.to(16)
        jam.tell("stop")
        assert sorted((note.start, note.end, note.channel, note.pitch) for note in jam.listener.sounds) == [
            (8, 13, 0, 72),
            (8, 13, 3, 48),
            (8, 16, 1, 67),
            (8, 16, 2, 64),
            (13, 16, 3, 36),
            (13, 16, 10, 72),
        ]

    def test_a_transposition_moves_what_sounds_and_not_what_was_thought(self) -> None:
        jam = answering(chords_at({8: TONIC}))
        jam.tell("transpose", -2)
        jam.to(16)
        assert jam.listener.pitches == (70, 65, 62, 46) and pitches(jam, 16) == TONIC
        jam.tell("stop")
        assert sorted((note.start, note.end, note.pitch) for note in jam.listener.sounds if note.channel == 0) == [
            (8, 13, 72),
            (13, 16, 70),
        ]

    def test_an_octave_beyond_midi_is_left_out(self) -> None:
        jam = Jam(chords_at({frame: (72, 67, 64, 36) for frame in range(60)}), with_voice(PLAIN, 4, octave=-3))
        jam.play((0, 3.7, 72)).to(10)
        assert jam.listener.pitches == (72, 67, 64, 0)

    def test_the_voices_own_temperature(self) -> None:
        """A model that finds any note as good as another: without heat the first is taken."""
        model = ScriptedModel(lambda frame, voice: np.zeros(48, dtype=np.float32))
        jam = answering(model, with_voice(replace(PLAIN, temperature=1.0), 1, temperature=0.0))
        jam.to(60)
        lines = [{pitches(jam, step)[voice] for step in range(8, 60)} for voice in range(4)]
        assert len(lines[0]) == 1 and all(len(line) > 5 for line in lines[1:])

    def test_density(self) -> None:
        def strikes(density: float) -> int:
            jam = answering(Babbler(level=1.0), babbling(density=density), at=70)
            return sum(int(np.sum(jam.listener.music[step][0].frame.tokens != HOLD)) for step in range(8, 70))

        assert strikes(-4) < strikes(0) < strikes(4)

    def test_the_same_seed_the_same_music(self) -> None:
        def music(seed: int) -> list[object]:
            return list(answering(Babbler(), babbling(seed=seed), at=40).listener.fixed_steps())

        assert music(3) == music(3) != music(4)

    def test_a_seed_begins_with_the_same_dice(self) -> None:
        """However many answers there were before it."""
        jam = answering(Babbler(), babbling(), at=12)
        jam.tell("seed", 5)
        assert jam.session.answer is not None and jam.session.answer.number == 0
        jam.tell("stop")
        jam.tell("seed", 6)
        jam.play((16, 18, 72)).to(25)
        assert jam.session.answer is not None and jam.session.answer.number == 0

    def test_the_plan_goes_on_where_a_change_is_none(self) -> None:
        jam = answering(Babbler(), babbling())
        plan = jam.session.plan
        jam.tell("grid", "beat")
        assert jam.session.plan is plan

    def test_temperature_while_an_answer_is_only_prepared(self) -> None:
        """It was planned in time with the old one."""
        jams = [Jam(Babbler(), babbling()) for _ in range(2)]
        for jam, works in zip(jams, (True, False), strict=True):
            jam.strike(0, 72)
            jam.release(3.7, 72)
            jam.to(7, work=works)
            jam.tell("temperature", 2.0)
            jam.to(30)
        assert jams[0].listener.fixed_steps() == jams[1].listener.fixed_steps()


class TestVelocity:
    def velocities(self, jam: Jam, step: int) -> list[int]:
        sounding = jam.listener.music[step][1]
        assert sounding is not None
        return [part.velocity for part in sounding.parts]

    def test_as_the_player_played(self) -> None:
        jam = Jam(chords_at(TONICS), with_voice(PLAIN, 2, velocity=5))
        jam.play((0, 1, 72), velocity=40)
        jam.play((2, 4, 74), velocity=61).to(12)
        assert self.velocities(jam, 9) == [50, 5, 50, 50]

    def test_long_after_the_phrase_too(self) -> None:
        jam = Jam(chords_at(TONICS), PLAIN)
        jam.play((0, 1, 72), velocity=40).to(150)
        jam.tell("temperature", 0.5)
        jam.tell("velocity", "100")
        jam.tell("velocity", "played")
        jam.to(160)
        assert self.velocities(jam, 158) == [40] * 4

    def test_a_number_and_entropy(self) -> None:
        jam = answering(base=replace(PLAIN, velocity="99"))
        assert self.velocities(jam, 10) == [99] * 4
        jam.tell("velocity", "entropy")
        jam.to(16)
        assert self.velocities(jam, 15) == [104] * 4  # the model is sure

    def test_the_harmony_is_as_loud_as_the_last_notes(self) -> None:
        jam = Jam(Shadow(), replace(PLAIN, mode="harmonise"))
        jam.strike(0.1, 72, velocity=30)
        jam.to(1)
        assert {velocity for *_, velocity in jam.listener.sounding.values()} == {30}


class TestModel:
    def test_another_one_hears_the_last_bars_and_plays_on(self) -> None:
        jam = answering(at=20.4)
        model = chords_at({frame: DOMINANT for frame in range(400)})
        jam.session.set_model(model)  # type: ignore[arg-type]
        assert [asked[0] for asked in model.asked[::4]] == list(range(23))
        jam.to(22.9)
        assert jam.listener.pitches == TONIC  # what was committed
        jam.to(23.1)
        assert jam.listener.pitches == DOMINANT and not jam.listener.late

    def test_one_that_a_melody_model_leads_comes_and_goes(self) -> None:
        jam = answering(at=20.4)
        tune: Any = ScriptedTune({frame: strike(76) for frame in range(400)})
        under: Any = chords_at(TONICS)
        under.digest, under.is_stranger = "", False
        jam.session.set_model(LedModel(tune, under))
        jam.to(30.1)
        assert jam.listener.pitches == (76, *TONIC[1:])
        jam.session.set_model(chords_at(TONICS))  # type: ignore[arg-type]
        jam.to(35.1)
        assert jam.listener.pitches == TONIC and not jam.listener.late

    @pytest.mark.parametrize("mode", ["continue", "harmonise", "duet", "loop", "listen"])
    @pytest.mark.parametrize("at", [3.2, 10.6, 70.3, 150.9])
    def test_at_any_time_in_any_mode(self, mode: str, at: float) -> None:
        jam = Jam(Shadow(), replace(PLAIN, mode=mode))
        jam.strike(0, 72)
        jam.to(at)
        before = jam.listener.pitches
        jam.session.set_model(chords_at({}))  # type: ignore[arg-type]
        jam.play((at + 0.1, at + 5, 65)).to(at + 20)
        jam.tell("undo")
        jam.tell("go")
        jam.to(at + 30)
        jam.session.halt()
        assert not jam.listener.sounding and not jam.listener.late
        assert len(before) == 4

    def test_what_sounds_goes_on_while_the_player_is_followed(self) -> None:
        """The step that sounds was the old model's: it stays in the music as it was heard."""
        jam = Jam(Shadow(), replace(PLAIN, mode="harmonise"))
        jam.strike(0, 72)
        jam.to(4.2)
        jam.session.set_model(chords_at({}))  # type: ignore[arg-type]
        jam.to(5)
        assert pitches(jam, 4) == (72, 67, 63, 48)


class TestBadCommands:
    @pytest.mark.parametrize(
        ("name", "arguments"),
        [
            ("style", ("baroque",)),
            ("mode", ("dance",)),
            ("temperature", (99,)),
            ("temperature", ()),
            ("voice/octave", (5, 0)),
            ("key", ("Q dur",)),
            ("go", ("now",)),
            ("go", (1, 2)),
            ("go", (0,)),
            ("stop", (1,)),
            ("dance", ()),
        ],
    )
    def test_they_are_refused_and_change_nothing(self, name: str, arguments: tuple[str | int, ...]) -> None:
        jam = answering(Babbler(), babbling())
        before, guidance, plan = jam.settings, jam.session._turns.plan.guidance, list(jam.session.plan)
        with pytest.raises(BadSetting):
            jam.session.command(Command(name, arguments))
        assert (jam.settings, jam.session._turns.plan.guidance, jam.session.plan) == (before, guidance, plan)
        jam.to(20)
        assert jam.session.activity == ANSWERING


class TestModes:
    def test_continue_to_respond_gives_the_answer_an_end(self) -> None:
        jam = Jam(chords_at(TONICS), replace(PLAIN, bars=1))
        jam.play((0, 3, 72)).to(30)
        jam.tell("mode", "respond")
        assert jam.session.answer is not None and (jam.session.answer.close, jam.session.answer.end) == (48, 56)
        jam.to(70)
        assert jam.session.activity == IDLE

    def test_continue_to_duet_plays_on(self) -> None:
        jam = answering(Babbler(), babbling())
        before = jam.session.answer
        jam.tell("mode", "duet")
        jam.to(30)
        assert before is not None
        assert jam.session.answer == replace(before, open_end=False) and "silence" not in jam.lines

    def test_in_the_midst_of_a_phrase_to_respond_the_call_is_counted_from_its_first_note(self) -> None:
        jam = Jam(chords_at(TONICS), replace(PLAIN, bars=1))
        jam.strike(2, 72)
        jam.to(10)
        jam.tell("mode", "respond")
        jam.to(20)
        assert first_step(jam) == 16

    def test_in_the_midst_of_a_phrase_to_listen_there_is_no_answer(self) -> None:
        jam = Jam(chords_at(TONICS), PLAIN)
        jam.play((0, 3, 72)).to(7)
        jam.tell("mode", "listen")
        jam.to(60)
        assert jam.session.activity == IDLE and not jam.listener.sounds

    def test_in_the_midst_of_a_phrase_to_duet_it_goes_on_from_it(self) -> None:
        jam = Jam(chords_at(TONICS), PLAIN)
        jam.strike(0, 72)
        jam.to(5)
        jam.tell("mode", "duet")
        jam.to(10)
        assert first_step(jam) == 8 and pitches(jam, 7)[0] == 72

    def test_a_jump_moves_the_bar_lines_of_what_is_to_come(self) -> None:
        jam = Jam(chords_at(TONICS), replace(PLAIN, mode="respond", bars=1))
        jam.play((0, 3, 72)).to(10)
        jam.session.barlines = Barlines(16, 4)
        jam.to(30)
        assert first_step(jam) == 20

    def test_a_jump_off_the_beat_moves_the_beats_that_the_model_counts(self) -> None:
        """The plan is made anew for it, as far as nothing of it is settled."""
        model = chords_at(TONICS)
        jam = Jam(model, PLAIN)
        jam.play((0, 3, 72)).to(20)
        slot = model.row.slot("beat")
        model.seen.clear()
        jam.session.barlines = Barlines(16, 2)
        jam.to(24)
        beats = [int(ids[slot] - model.row.offsets[slot]) for ids in model.seen[::4]]
        assert beats[:8] == [1, 2, 3, 0, 1, 2, 3, 0]  # from step 23 on

    def test_a_jump_onto_the_beat_leaves_the_plan(self) -> None:
        jam = Jam(chords_at(TONICS), PLAIN)
        jam.play((0, 3, 72)).to(20)
        plan = list(jam.session.plan)
        jam.session.barlines = Barlines(16, 8)
        assert len(plan) > 8 and jam.session.plan == plan

    @pytest.mark.parametrize("name", ["free", "wild"])
    def test_a_key_that_is_asked_for_holds_in_every_style(self, name: str) -> None:
        """Of a model that loves all notes alike more are in the scale."""

        def share_in_key(key: str | None) -> float:
            jam = Jam(Babbler(), babbling(style=name, key=key))
            jam.play((0, 3, 72)).to(200)
            struck = [
                pitch % 12
                for planned in jam.session.recent(128)
                for pitch, token in zip(planned.frame.pitches, planned.frame.tokens, strict=True)
                if pitch is not None and token >= FIRST_STRIKE
            ]
            return sum(pitch in Key.of_name("F# major").scale for pitch in struck) / len(struck)

        assert share_in_key("F# major") > share_in_key(None) + 0.1


class TestShown:
    def test_chord_and_recent(self) -> None:
        jam = answering()
        assert jam.session.harmony.chord == "C"
        assert [planned.step for planned in jam.session.recent(3)] == [10, 11, 12]
        jam.tell("stop")
        assert jam.session.harmony.chord == ""

    def test_bars_left_and_closing(self) -> None:
        jam = Jam(chords_at(TONICS), replace(PLAIN, mode="respond", bars=3))
        jam.play((0, 3, 72)).to(49)
        assert (jam.session.progress.bars_left, jam.session.closing) == (3, False)
        jam.to(81)
        assert (jam.session.progress.bars_left, jam.session.closing) == (1, True)
        jam.to(100)
        assert (jam.session.progress.bars_left, jam.session.closing) == (None, False)

    def test_no_end_in_sight(self) -> None:
        jam = answering()
        assert (jam.session.progress.bars_left, jam.session.closing) == (None, False)


class TestPlan:
    def test_a_bar_is_planned_and_two_steps_are_committed(self) -> None:
        jam = answering(at=20.4)
        assert [planned.step for planned in jam.session.plan] == list(range(23, 37))
        assert max(jam.listener.music) == 22

    def test_without_time_to_plan_what_is_committed_comes_all_the_same(self) -> None:
        jam = Jam(chords_at(TONICS), PLAIN)
        jam.play((0, 3, 72)).to(20, work=False)
        assert jam.listener.pitches == TONIC and not jam.listener.late

    def test_too_late_is_no_burst(self) -> None:
        """What was not planned while the computer was busy is not caught up with."""
        jam = answering(chords_at({8: TONIC, **{frame: DOMINANT for frame in range(26, 90, 4)}}), at=10)
        jam.listener.play_to(40)
        jam.session.advance(40)
        jam.to(41)
        struck = [note.start for note in jam.listener.sounds if note.start > 26.9]
        assert struck == [] or min(struck) >= 40

    @settings(max_examples=30)
    @given(st.lists(st.sampled_from([0.1, 0.9, 2.5, 7.0]), max_size=10))
    def test_steps_become_music_in_order(self, waits: list[float]) -> None:
        jam = answering(Babbler(), babbling(), at=9)
        position = 9.0
        for wait in waits:
            position += wait
            jam.to(position, every=wait)
        assert sorted(jam.listener.music) == list(range(max(jam.listener.music) + 1))
        assert max(jam.listener.music) == int(position) + 2


def test_lines_of_a_chord() -> None:
    """The helpers of these tests."""
    assert chord(3, 4, "72 . . 48") == ["3: 72! . . 48!", "4: 72 . . 48"]
    assert rest(5) == ["5: . . . ."]
    assert sung({(0, 0): 3})(0, 0)[3] > 0


def test_how_it_sounds_makes_no_music_anew() -> None:
    """A channel, an octave, a mute: what can still change is sent again, and none of it drawn again."""
    model = Babbler()
    jam = Jam(model, replace(PLAIN, mode="duet"))
    jam.to(8.01)
    jam.work()
    plan, made = [planned.frame.tokens.tolist() for planned in jam.session.plan], len(model.seen)
    jam.tell("voice/channel", 1, 9)
    jam.tell("voice/octave", 4, -1)
    assert len(model.seen) == made
    assert [planned.frame.tokens.tolist() for planned in jam.session.plan] == plan
    last = jam.listener.ahead[-1]
    assert (last.parts[0].channel, last.step) == (8, jam.session.plan[-1].step)
