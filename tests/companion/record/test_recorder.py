"""Recording a jam, and the MIDI files that are made of its log."""

from __future__ import annotations

import datetime
import math
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import mido
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.fakes import Played, read_facts

from companion.errors import OutputFailed
from companion.music.sounding import Part, SoundingFrame
from companion.music.timebase import Timebase
from companion.player.messages import ClearSteps, PlayFrames, PlayNow, SetTimebase, Silence
from companion.player.player import Player
from companion.record import log, recorder
from companion.record.log import (
    Entry,
    Header,
    LoggedClear,
    LoggedCommand,
    LoggedFrame,
    LoggedNote,
    LoggedNow,
    LoggedSend,
    LoggedSilence,
    LoggedTransport,
    read_entries,
)
from companion.record.recorder import NOTHING_PLAYED, Recorder, Saved, recover, save_jam, save_take
from companion.record.take import read_take

HEADER = Header("1.2", "gru", "ab" * 32, 7, {"mode": "continue"}, "2026-11-22T20:15:00+01:00")
DATE = datetime.date(2026, 11, 22)
STEP = 240  # ticks

in_a_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def frame(
    step: int, soprano: str, alto: str = "-", tenor: str = "-", bass: str = "-", channels: str = "0123"
) -> SoundingFrame:
    """A frame in words: a pitch struck, (a pitch) held, - for a rest; velocities 80, 81, 82, 83."""
    parts = []
    for voice, word in enumerate((soprano, alto, tenor, bass)):
        pitch = None if word == "-" else int(word.strip("()"))
        parts.append(Part(pitch, not word.startswith("("), 80 + voice, int(channels[voice])))
    return SoundingFrame(step, (parts[0], parts[1], parts[2], parts[3]))


def send(now: float, *frames: SoundingFrame) -> LoggedSend:
    return LoggedSend(now, frames)


def key(at: float, pitch: int, velocity: int, channel: int = 0) -> LoggedNote:
    return LoggedNote(at + 0.01, at, pitch, velocity, channel)


def start(now: float = 0.0, bpm: float = 120.0, bar_step: int = 0, beats: int = 4) -> LoggedTransport:
    return LoggedTransport(now, "start", now, bpm=bpm, beats=beats, unit=4, bar_step=bar_step)


def recorded(folder: Path, entries: Sequence[Entry]) -> Path:
    recorder = Recorder(folder, HEADER, DATE)
    for entry in entries:
        recorder.write(entry)
    recorder.close()
    assert recorder.take_fault() is None
    assert recorder.log is not None
    return recorder.log


def saved(result: Saved) -> Path:
    assert result.path is not None, result.text
    assert result.text == f"saved {result.path}"
    return result.path


def voices_of(folder: Path, *entries: Entry) -> list[list[tuple[float, float, int]]]:
    """(start, end, pitch) in steps from the file's first bar line, of each of the four voices."""
    notes = read_facts(saved(save_jam(recorded(folder, entries)))).notes[1:]
    return [[(note.start / STEP, note.end / STEP, note.pitch) for note in voice] for voice in notes]


def soprano_of(folder: Path, *entries: Entry) -> list[tuple[float, float, int]]:
    soprano, *others = voices_of(folder, *entries)
    assert others == [[], [], []]
    return soprano


JAM: tuple[Entry, ...] = (
    start(16.0, 120.0),
    LoggedCommand(16.0, "mode", ("continue",), 16),
    key(17.0, 67, 90, 5),
    key(20.25, 67, 0, 5),
    key(20.125, 72, 100, 0),
    LoggedFrame(20.5, 20, "heard", (38, 33, 0, 14), (72, 67, 60, 48), (0.5, 1.25, 2.0, 0.06)),
    send(22.0, frame(24, "74", "67", "59", "43"), frame(25, "(74)", "(67)", "60", "(43)")),
    key(23.9, 72, 0, 0),
    LoggedTransport(24.0, "tempo", bpm=90.0),
    send(24.5, frame(26, "72", "-", "(60)", "48"), frame(27, "(72)", "64", "(60)", "(48)")),
    send(26.5, frame(28, "-", "-", "-", "-")),
    LoggedTransport(30.0, "stop"),
)


def test_the_whole_file(tmp_path: Path) -> None:
    facts = read_facts(saved(save_jam(recorded(tmp_path, JAM))))
    assert (facts.form, facts.ticks_per_beat) == (1, 960)
    assert facts.names == ["Player", "Soprano", "Alto", "Tenor", "Bass"]
    assert facts.tempos == [(0, 500_000), (8 * STEP, 666_667)]
    assert facts.metres == [(0, 4, 4)]
    assert facts.notes == [
        [Played(240, 1020, 67, 90, 5), Played(990, 1896, 72, 100, 0)],
        [Played(8 * STEP, 10 * STEP, 74, 80, 0), Played(10 * STEP, 12 * STEP, 72, 80, 0)],
        [Played(8 * STEP, 10 * STEP, 67, 81, 1), Played(11 * STEP, 12 * STEP, 64, 81, 1)],
        [Played(8 * STEP, 9 * STEP, 59, 82, 2), Played(9 * STEP, 12 * STEP, 60, 82, 2)],
        [Played(8 * STEP, 10 * STEP, 43, 83, 3), Played(10 * STEP, 12 * STEP, 48, 83, 3)],
    ]


def test_message_for_message(tmp_path: Path) -> None:
    """Offs go before ons, the tracks end together, and nothing else is in them."""
    file = mido.MidiFile(saved(save_jam(recorded(tmp_path, JAM))))
    assert [[str(message) for message in track] for track in file.tracks[:2]] == [
        [
            "MetaMessage('track_name', name='Player', time=0)",
            "MetaMessage('time_signature', numerator=4, denominator=4, clocks_per_click=24, "
            "notated_32nd_notes_per_beat=8, time=0)",
            "MetaMessage('set_tempo', tempo=500000, time=0)",
            "note_on channel=5 note=67 velocity=90 time=240",
            "note_on channel=0 note=72 velocity=100 time=750",
            "note_off channel=5 note=67 velocity=64 time=30",
            "note_off channel=0 note=72 velocity=64 time=876",
            "MetaMessage('set_tempo', tempo=666667, time=24)",
            "MetaMessage('end_of_track', time=960)",
        ],
        [
            "MetaMessage('track_name', name='Soprano', time=0)",
            "note_on channel=0 note=74 velocity=80 time=1920",
            "note_off channel=0 note=74 velocity=64 time=480",
            "note_on channel=0 note=72 velocity=80 time=0",
            "note_off channel=0 note=72 velocity=64 time=480",
            "MetaMessage('end_of_track', time=0)",
        ],
    ]


def test_a_take(tmp_path: Path) -> None:
    """Of steps 25 to 26 the companion's notes are cut; the player's are those that belong to them, whole."""
    more = (*JAM[:7], key(25.4, 50, 70), key(26.6, 51, 70), key(31.0, 50, 0), *JAM[7:])
    facts = read_facts(saved(save_take(recorded(tmp_path, more), 25, 26)))
    assert facts.notes == [
        [Played(round(9.4 * STEP), 15 * STEP, 50, 70, 0)],
        [Played(9 * STEP, 10 * STEP, 74, 80, 0), Played(10 * STEP, 11 * STEP, 72, 80, 0)],
        [Played(9 * STEP, 10 * STEP, 67, 81, 1)],
        [Played(9 * STEP, 11 * STEP, 60, 82, 2)],
        [Played(9 * STEP, 10 * STEP, 43, 83, 3), Played(10 * STEP, 11 * STEP, 48, 83, 3)],
    ]
    assert facts.tempos == [(0, 500_000), (8 * STEP, 666_667)]


def test_a_take_begins_with_the_tempo_and_the_metre_of_its_place(tmp_path: Path) -> None:
    entries = [start(0.0, 60.0), LoggedTransport(16.0, "metre", beats=3, unit=4, bar_step=16)]
    entries += [LoggedTransport(100.0, "tempo", bpm=80.0), key(3.0, 60, 80), key(5.0, 60, 0)]
    entries += [key(300.0, 62, 80), key(301.0, 62, 0), LoggedTransport(310.0, "tempo", bpm=70.0)]
    facts = read_facts(saved(save_take(recorded(tmp_path, entries), 300, 310)))
    assert facts.metres == [(0, 3, 4)]
    assert facts.tempos == [(0, 750_000), (18 * STEP, 857_143)]  # from the bar line at 292
    assert facts.notes[0] == [Played(8 * STEP, 9 * STEP, 62, 80, 0)]


def test_an_early_note_keeps_its_place(tmp_path: Path) -> None:
    facts = read_facts(saved(save_take(recorded(tmp_path, [start(), key(15.75, 60, 80), key(18.0, 60, 0)]), 16, 31)))
    assert facts.notes[0] == [Played(round(15.75 * STEP), 18 * STEP, 60, 80, 0)]


class TestPlayer:
    """The player's own notes."""

    def notes(self, folder: Path, *entries: Entry) -> list[Played]:
        return read_facts(saved(save_jam(recorded(folder, entries)))).notes[0]

    def test_a_key_that_is_still_down_ends_with_the_log(self, tmp_path: Path) -> None:
        entries = key(1.0, 60, 80), key(2.0, 62, 80, 3), LoggedSilence(8.0)
        assert self.notes(tmp_path, *entries) == [Played(240, 8 * STEP, 60, 80, 0), Played(480, 8 * STEP, 62, 80, 3)]

    def test_equal_keys_of_two_channels_are_two(self, tmp_path: Path) -> None:
        entries = key(1.0, 60, 80, 0), key(2.0, 60, 81, 1), key(3.0, 60, 0, 1), key(4.0, 60, 0, 0)
        assert saved(save_jam(recorded(tmp_path, entries)))
        file = mido.MidiFile(next(tmp_path.glob("*.mid")))
        assert [(m.type, m.channel, m.time) for m in file.tracks[0] if not m.is_meta] == [
            ("note_on", 0, 240),
            ("note_on", 1, 240),
            ("note_off", 1, 240),
            ("note_off", 0, 240),
        ]

    def test_a_release_without_a_key_and_a_note_without_length(self, tmp_path: Path) -> None:
        entries = key(0.5, 59, 0), key(1.0, 60, 80), key(1.0, 60, 0), key(2.0, 60, 70), key(1.5, 60, 0)
        assert self.notes(tmp_path, *entries) == [Played(240, 241, 60, 80, 0), Played(480, 481, 60, 70, 0)]


class TestVoices:
    """What the companion sounded."""

    def test_repeated_and_held_notes(self, tmp_path: Path) -> None:
        frames = [frame(0, "72"), frame(1, "72"), frame(2, "(72)"), frame(3, "(74)"), frame(4, "-"), frame(5, "(74)")]
        entries = send(0.0, *frames), LoggedSilence(6.5)
        assert soprano_of(tmp_path, *entries) == [(0, 1, 72), (1, 3, 72), (3, 4, 74), (5, 6.5, 74)]

    def test_a_frame_sent_again_replaces(self, tmp_path: Path) -> None:
        entries = (
            send(0.0, frame(1, "72"), frame(2, "(72)")),
            send(1.5, frame(2, "74"), frame(3, "-")),
            LoggedSilence(4.0),
        )
        assert soprano_of(tmp_path, *entries) == [(1, 2, 72), (2, 3, 74)]

    def test_frames_that_are_cleared_do_not_sound(self, tmp_path: Path) -> None:
        entries = (
            send(0.0, frame(1, "72"), frame(2, "74"), frame(3, "76"), frame(4, "-")),
            LoggedClear(1.5, 2, 3),
            LoggedSilence(9.0),
        )
        assert soprano_of(tmp_path, *entries) == [(1, 4, 72)]

    def test_silence_ends_all_and_forgets_all(self, tmp_path: Path) -> None:
        entries = (
            send(0.0, frame(1, "72"), frame(2, "(72)"), frame(3, "74")),
            LoggedSilence(2.5, True),
            LoggedSilence(9.0),
        )
        assert soprano_of(tmp_path, *entries) == [(1, 2.5, 72)]

    def test_a_note_that_was_silenced_where_it_began_is_none(self, tmp_path: Path) -> None:
        entries = send(0.0, frame(1, "72")), LoggedSilence(1.0), send(1.0, frame(2, "74")), LoggedSilence(3.0)
        assert soprano_of(tmp_path, *entries) == [(2, 3, 74)]

    def test_a_stop_ends_all_and_keeps_the_frames(self, tmp_path: Path) -> None:
        entries = (
            start(0.0),
            send(0.0, frame(1, "72"), frame(2, "74"), frame(3, "(74)"), frame(4, "-")),
            LoggedTransport(1.5, "stop"),
            start(3.25, bar_step=3),
            LoggedSilence(9.0),
        )
        assert soprano_of(tmp_path, *entries) == [(1, 1.5, 72), (3, 4, 74)]

    def test_what_went_by_while_the_clock_stood_does_not_sound(self, tmp_path: Path) -> None:
        entries = (
            start(0.0),
            send(0.0, frame(1, "72"), frame(2, "74"), frame(3, "-")),
            LoggedTransport(0.5, "stop"),
            start(3.5),
            send(3.5, frame(4, "76"), frame(5, "-")),
            LoggedSilence(6.0),
        )
        assert soprano_of(tmp_path, *entries) == [(4, 5, 76)]

    def test_a_note_sounded_at_once(self, tmp_path: Path) -> None:
        """Harmony to a note that came after the grid line goes on as what the voice sounds."""
        entries = (
            send(0.0, frame(1, "72"), frame(2, "(72)")),
            LoggedNow(2.25, 0, 74, 90, 0),
            send(2.25, frame(3, "(74)"), frame(4, "-")),
            LoggedNow(5.0, 0, 71, 90, 0),
            LoggedNow(5.5, 0, None, 90, 0),
            LoggedSilence(6.0),
        )
        assert soprano_of(tmp_path, *entries) == [(1, 2.25, 72), (2.25, 4, 74), (5, 5.5, 71)]

    def test_another_channel_is_another_note(self, tmp_path: Path) -> None:
        entries = send(0.0, frame(1, "72"), frame(2, "(72)", channels="5123"), frame(3, "-")), LoggedSilence(4.0)
        assert soprano_of(tmp_path, *entries) == [(1, 2, 72), (2, 3, 72)]

    def test_a_frame_that_came_late_is_held_over(self, tmp_path: Path) -> None:
        entries = (
            send(0.0, frame(1, "72", "60"), frame(2, "(72)", "(60)")),
            send(3.1, frame(3, "(72)", "62")),  # hardly: struck when it came
            send(4.5, frame(4, "74", "-")),  # too late to strike, not to let go
            send(4.6, frame(4, "76", "62"), frame(5, "-")),  # of a step that was dealt with
            LoggedSilence(6.0),
        )
        soprano, alto, *_ = voices_of(tmp_path, *entries)
        assert soprano == [(1, 5, 72)]
        assert alto == [(1, 3.1, 60), (3.1, 4.5, 62)]

    def test_voices_keep_their_channels_whatever_they_sounded_on(self, tmp_path: Path) -> None:
        entries = send(0.0, frame(0, "72", "67", "60", "48", channels="9999"), frame(1, "-")), LoggedSilence(2.0)
        facts = read_facts(saved(save_jam(recorded(tmp_path, entries))))
        assert [[note.channel for note in track] for track in facts.notes[1:]] == [[0], [1], [2], [3]]


class Stage:
    """The real player under a time of its own; a step is a 16th of a second, which floats hold exactly."""

    STEP_S = 0.0625

    def __init__(self) -> None:
        self.now_s = 0.0
        self.sounded: list[list[tuple[float, float, int]]] = [[], []]
        self.player = Player(self, lambda: self.now_s)
        self.player.receive(SetTimebase(Timebase(0.0, 0.0, self.STEP_S)))
        self._started: dict[tuple[int, int], float] = {}

    name = "stage"

    def send(self, message: bytes) -> None:
        position, key = self.now_s / self.STEP_S, (message[0] & 0x0F, message[1])
        if message[0] & 0xF0 == 0x90:
            self._started[key] = position
        elif (start := self._started.pop(key)) < position:
            self.sounded[key[0]].append((start, position, key[1]))

    def poll(self, _: float) -> list[object]:
        return []

    def close(self) -> None:
        """Nothing is open."""

    def follow(self, entry: Entry) -> None:
        """What was logged happens."""
        end_s = entry.now * self.STEP_S
        for step in range(math.ceil(self.now_s / self.STEP_S), math.floor(entry.now) + 1):
            self.now_s = step * self.STEP_S
            self.player.due(self.now_s)
            self.player.keep_house(self.now_s)
        self.now_s = end_s
        match entry:
            case LoggedSend():
                self.player.receive(PlayFrames(entry.frames))
            case LoggedNow():
                self.player.receive(PlayNow(entry.voice, entry.pitch or 0, entry.velocity, entry.channel))
            case LoggedClear():
                self.player.receive(ClearSteps(entry.first, entry.last))
            case LoggedSilence():
                self.player.receive(Silence(1))
        self.player.due(self.now_s)


@st.composite
def orders(draw: st.DrawFn) -> list[Entry]:
    """What an engine may send, some of it late, in time."""
    entries: list[Entry] = [start(0.0, bpm=240.0)]
    now = 0.0
    words = st.sampled_from(("-", "60", "(60)", "62", "(62)"))
    for _ in range(draw(st.integers(1, 25))):
        now += draw(st.sampled_from((0.0, 0.125, 0.5, 1.0, 2.375)))
        first = int(now) + draw(st.sampled_from((0, 1, 1, 1)))
        kind = draw(st.sampled_from(("send", "send", "send", "now", "clear", "silence")))
        if kind == "send":
            steps = range(first, first + draw(st.integers(1, 4)))
            entries.append(LoggedSend(now, tuple(frame(step, draw(words), draw(words)) for step in steps)))
        elif kind == "now":
            voice = draw(st.integers(0, 1))
            entries.append(LoggedNow(now, voice, draw(st.sampled_from((None, 60, 65))), 70, voice))
        elif kind == "clear":
            entries.append(LoggedClear(now, first, first + draw(st.integers(0, 3))))
        else:
            entries.append(LoggedSilence(now))
    return [*entries, LoggedSilence(now + 6)]


@given(orders())
@in_a_folder
def test_a_take_is_what_the_player_process_sounded(
    tmp_path_factory: pytest.TempPathFactory, entries: list[Entry]
) -> None:
    stage = Stage()
    for entry in entries:
        stage.follow(entry)
    take = read_take(recorded(tmp_path_factory.mktemp("jam"), entries))
    found = [
        sorted((note.start, note.end, note.pitch) for note in take.voices if note.part == voice) for voice in (0, 1)
    ]
    assert found == [sorted(notes) for notes in stage.sounded]


class TestBars:
    """Where the file begins, and its metres."""

    def facts(self, folder: Path, *entries: Entry) -> tuple[list[tuple[int, int, int]], int]:
        facts = read_facts(saved(save_jam(recorded(folder, entries))))
        return facts.metres, facts.notes[0][0].start // STEP

    def test_without_a_word_it_is_common_time_from_step_0(self, tmp_path: Path) -> None:
        assert self.facts(tmp_path, key(37.0, 60, 80), key(38.0, 60, 0)) == ([(0, 4, 4)], 5)

    def test_music_before_step_0(self, tmp_path: Path) -> None:
        assert self.facts(tmp_path, key(-3.0, 60, 80), key(-2.0, 60, 0)) == ([(0, 4, 4)], 13)

    def test_three_four_from_where_a_bar_begins(self, tmp_path: Path) -> None:
        entries = start(2.0, beats=3, bar_step=-5), key(20.0, 60, 80), key(21.0, 60, 0)
        assert self.facts(tmp_path, *entries) == ([(0, 3, 4)], 1)  # bars at -5, 7, 19

    def test_a_change_comes_on_its_own_bar_line(self, tmp_path: Path) -> None:
        entries = (
            start(0.0),
            key(1.0, 60, 80),
            key(2.0, 60, 0),
            LoggedTransport(33.0, "metre", beats=3, unit=4, bar_step=48),
            LoggedTransport(60.0, "jump", 0.0, bar_step=60),  # on a bar line of its own: nothing changes
            LoggedTransport(62.5, "jump", 7.0, bar_step=65),
            start(77.0, beats=3, bar_step=77),
            LoggedTransport(90.0, "loop", 0.0, 64.0, on=True),
        )
        assert self.facts(tmp_path, *entries) == ([(0, 4, 4), (36 * STEP, 3, 4), (65 * STEP, 3, 4)], 1)

    def test_tempos_that_do_not_change_are_said_once(self, tmp_path: Path) -> None:
        entries = [key(1.0, 60, 80), key(2.0, 60, 0)]
        entries += [LoggedTransport(float(step), "tempo", bpm=bpm) for step, bpm in enumerate((60, 60, 90, 90, 60), 4)]
        entries += [LoggedTransport(9.0, "tempo", bpm=1e-320), LoggedTransport(9.0, "tempo", bpm=0.0)]
        facts = read_facts(saved(save_jam(recorded(tmp_path, entries))))
        beats = [(0, 500_000), (4 * STEP, 1_000_000), (6 * STEP, 666_667), (8 * STEP, 1_000_000), (9 * STEP, 0xFFFFFF)]
        assert facts.tempos == beats


class TestNames:
    """Nothing is ever written over."""

    def begin(self, folder: Path, date: datetime.date = DATE) -> Recorder:
        recorder = Recorder(folder, HEADER, date)
        recorder.close()
        return recorder

    def test_numbers_count_on(self, tmp_path: Path) -> None:
        folder = tmp_path / "my jams" / "live"
        assert [self.begin(folder).name for _ in range(11)] == [f"jam-2026-11-22-{number}" for number in range(1, 12)]
        assert self.begin(folder, datetime.date(2026, 11, 23)).name == "jam-2026-11-23-1"
        assert self.begin(folder).name == "jam-2026-11-22-12"

    @pytest.mark.parametrize("left", ["jam-2026-11-22-3.mid", "jam-2026-11-22-3-take-1.mid", "jam-2026-11-22-3.jsonl"])
    def test_whatever_is_left_of_a_jam_keeps_its_number(self, tmp_path: Path, left: str) -> None:
        (tmp_path / left).write_text("mine")
        assert self.begin(tmp_path).name == "jam-2026-11-22-4"
        assert (tmp_path / left).read_text() == "mine"

    def test_another_jam_began_in_this_moment(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begin(tmp_path)
        monkeypatch.setattr(Path, "iterdir", lambda _: iter(()))
        assert self.begin(tmp_path).name == "jam-2026-11-22-2"

    def test_saved_again_beside_another_it_gets_another_name(self, tmp_path: Path) -> None:
        log = recorded(tmp_path, JAM)
        (tmp_path / "jam-2026-11-22-1.mid").write_text("mine")
        (tmp_path / "jam-2026-11-22-1-copy-1.mid").write_text("mine too")
        assert saved(save_jam(log)).name == "jam-2026-11-22-1-copy-2.mid"

    def test_takes_are_numbered_and_equal_ones_are_one_file(self, tmp_path: Path) -> None:
        log = recorded(tmp_path, JAM)
        assert [saved(save_take(log, first, 30)).name for first in (16, 20, 16, 20)] == [
            "jam-2026-11-22-1-take-1.mid",
            "jam-2026-11-22-1-take-2.mid",
        ] * 2
        assert sorted(path.suffix for path in tmp_path.iterdir()) == [".jsonl", ".mid", ".mid"]

    def test_the_log_can_be_read_while_it_is_written(self, tmp_path: Path) -> None:
        recorder = Recorder(tmp_path, HEADER, DATE)
        assert recorder.log is not None
        for entry in JAM:
            recorder.write(entry)
        saved(save_take(recorder.log, 16, 30))
        recorder.write(LoggedSilence(40.0))
        recorder.close()
        assert tuple(read_entries(recorder.log)) == (*JAM, LoggedSilence(40.0))


class TestFaults:
    """A line for the player, and the jam goes on."""

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        recorder = Recorder(tmp_path / "file" / "jams", HEADER, DATE)
        fault = f"this jam is not recorded: cannot write in {tmp_path}/file/jams: Not a directory"
        assert (recorder.take_fault(), recorder.take_fault()) == (fault, None)
        assert (recorder.log, recorder.name) == (None, None)
        recorder.write(JAM[0])
        recorder.close()
        recorder.close()

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_a_folder_that_may_not_be_written(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o500)
        recorder = Recorder(tmp_path, HEADER, DATE)
        assert recorder.take_fault() == f"this jam is not recorded: cannot write in {tmp_path}: Permission denied"

    def test_a_disk_that_is_full(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        recorder = Recorder(tmp_path, HEADER, DATE)
        for entry in JAM:
            recorder.write(entry)

        def write(*_: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(log.LogWriter, "write", write)
            recorder.write(JAM[0])
        recorder.write(JAM[0])  # not any more: a log with a hole would tell another story
        fault = f"recording has stopped: cannot write {recorder.log}: No space left on device"
        assert (recorder.take_fault(), recorder.take_fault()) == (fault, None)
        assert recorder.log is not None
        assert tuple(read_entries(recorder.log)) == JAM
        saved(save_jam(recorder.log))

    def test_a_log_that_cannot_begin_leaves_no_file_open(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def append(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(log.LogWriter, "_append", append)
        recorder = Recorder(tmp_path, HEADER, DATE)
        assert recorder.take_fault() == f"this jam is not recorded: cannot write in {tmp_path}: No space left on device"

    def test_a_midi_file_that_cannot_be_written(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(path: Path, data: bytes) -> None:
            raise OutputFailed(f"cannot write {path.name}: {len(data) > 0}")

        log = recorded(tmp_path, JAM)
        monkeypatch.setattr(recorder, "write_output", refuse)
        assert save_jam(log) == Saved(None, "cannot write jam-2026-11-22-1.mid: True")
        assert save_take(log, 0, 9) == Saved(None, NOTHING_PLAYED)

    def test_nothing_was_played(self, tmp_path: Path) -> None:
        log = recorded(tmp_path, [start(), LoggedCommand(3.0, "go", (), 5)])
        assert save_jam(log) == Saved(None, NOTHING_PLAYED)
        assert list(tmp_path.iterdir()) == [log]

    def test_what_is_no_log(self, tmp_path: Path) -> None:
        path = tmp_path / "jam-2026-11-22-1.jsonl"
        path.write_text("{}")
        message = f"{path} is no log of a jam; expected one in the format chorale-jam/1"
        assert save_jam(path) == save_take(path, 0, 9) == Saved(None, message)

    def test_damage_in_the_middle_costs_only_what_comes_after(self, tmp_path: Path) -> None:
        log = recorded(tmp_path, JAM)
        lines = log.read_bytes().splitlines(keepends=True)
        log.write_bytes(b"".join([*lines[:-2], b"!", *lines[-2:]]))
        place = sum(map(len, lines[:-2]))
        result = save_jam(log)
        midi = log.with_suffix(".mid")
        assert result == Saved(midi, f"saved {midi}; {log} is damaged at byte {place}, so the rest is missing")
        assert len(read_facts(midi).notes[0]) == 2

    def test_damage_from_the_start(self, tmp_path: Path) -> None:
        log = recorded(tmp_path, JAM)
        log.write_bytes(log.read_bytes().replace(b"transport", b"dance"))
        assert save_jam(log).text.startswith(f"{log} is damaged at byte ")
        assert not log.with_suffix(".mid").exists()


class TestRecovery:
    """After a crash."""

    def test_logs_without_a_midi_file_get_one(self, tmp_path: Path) -> None:
        logs = [recorded(tmp_path, JAM) for _ in range(3)]
        saved(save_jam(logs[1]))
        empty = recorded(tmp_path, [])
        (tmp_path / "jam-2026-11-22-9.jsonl").write_text("")  # killed in its first moment
        (tmp_path / "notes.jsonl").write_text("mine")
        with logs[2].open("a") as file:
            file.write('{"now":30.0,"kind":"no')
        results = recover(tmp_path)
        assert [result.path for result in results] == [logs[0].with_suffix(".mid"), logs[2].with_suffix(".mid")]
        assert read_facts(logs[0].with_suffix(".mid")) == read_facts(logs[2].with_suffix(".mid"))
        assert not empty.with_suffix(".mid").exists()
        assert recover(tmp_path) == []

    def test_a_jam_that_still_goes_on_is_left_alone(self, tmp_path: Path) -> None:
        recorder = Recorder(tmp_path, HEADER, DATE)
        for entry in JAM:
            recorder.write(entry)
        assert recover(tmp_path) == []
        recorder.close()
        assert [result.path for result in recover(tmp_path)] == [tmp_path / "jam-2026-11-22-1.mid"]

    def test_what_cannot_be_read_is_told(self, tmp_path: Path) -> None:
        log = tmp_path / "jam-2026-11-22-1.jsonl"
        log.write_text("{}\n")
        assert [result.text for result in recover(tmp_path)] == [
            f"{log} is no log of a jam; expected one in the format chorale-jam/1"
        ]

    def test_one_that_cannot_be_read_costs_no_other_its_own(self, tmp_path: Path) -> None:
        """Nor keeps the jam that is to come from beginning."""
        os.mkfifo(tmp_path / "jam-2026-11-20-1.jsonl")
        (tmp_path / "jam-2026-11-20-2.jsonl").symlink_to("/dev/zero")
        (tmp_path / "jam-2026-11-20-3.jsonl").symlink_to("nowhere")
        (tmp_path / "jam-2026-11-20-4.jsonl").mkdir()
        log = recorded(tmp_path, JAM)
        far = log.with_name("jam-2026-11-23-1.jsonl")
        entry = b'{"now":1,"kind":"note","at":-2e9,"pitch":60,"velocity":1,"channel":0}\n'
        far.write_bytes(log.read_bytes() + entry)
        first, rest = recover(tmp_path)
        assert first.path == log.with_suffix(".mid")
        fifo = tmp_path / "jam-2026-11-20-1.jsonl"
        says = f"cannot read {fifo}: it is not a regular file; nor can 4 more of the logs there be read"
        assert rest == Saved(None, says)
        assert save_jam(far).text.startswith(f"no MIDI file can hold {far}: tick ")

    def test_no_folder_yet(self, tmp_path: Path) -> None:
        assert recover(tmp_path / "none") == []

    def test_after_a_kill(self, tmp_path: Path, fresh_python: list[str]) -> None:
        child = subprocess.Popen(
            [*fresh_python, "-c", KILLED, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        assert child.stdout.readline() == b"written\n"
        child.kill()
        child.communicate()
        assert child.returncode == -signal.SIGKILL
        (result,) = recover(tmp_path)
        assert read_facts(saved(result)).notes == [[Played(240, 480, 60, 80, 0)], [], [], [], []]


KILLED = """
import datetime, pathlib, sys
from companion.record.log import Header, LoggedNote
from companion.record.recorder import Recorder
recorder = Recorder(pathlib.Path(sys.argv[1]), Header("1", "gru", "", 0, {}, ""), datetime.date(2026, 11, 22))
recorder.write(LoggedNote(1.0, 1.0, 60, 80, 0))
recorder.write(LoggedNote(2.0, 2.0, 60, 0, 0))
print("written", flush=True)
sys.stdin.read()
"""
