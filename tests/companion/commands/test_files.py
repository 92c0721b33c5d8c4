"""From a seed file to a finished one, read back by mido."""

from __future__ import annotations

import errno
import itertools
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.fakes import (
    CHORALE,
    MELODY,
    VOICE_NAMES,
    Babbler,
    Line,
    MidiFacts,
    Played,
    ScriptedModel,
    quarters,
    read_facts,
    sung,
    write_seed,
)

from companion.commands import files
from companion.controls.settings import Settings, VoiceSettings
from companion.controls.table import HIGHEST_SEED
from companion.errors import BadMidiFile, BadSetting, OutputExists, OutputFailed
from companion.generation.composer import Composed
from companion.generation.job import Job
from companion.model.features import key_id
from companion.music.key import Key
from companion.music.vocabulary import FIRST_STRIKE, strike
from companion.workbench import jobs
from companion.workbench.jobs import continue_job, harmonise_job, run
from companion.workbench.outputs import Outputs, write_outputs

SETTINGS = Settings(model="babbler", seed=1)


@pytest.fixture(autouse=True)
def babbler(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model at once, that needs no file; open_model has tests of its own."""
    monkeypatch.setattr(jobs, "open_model", lambda name: Babbler())


def finished(job: Job, out: Path) -> tuple[MidiFacts, Sequence[str]]:
    told: list[int] = []
    write_outputs(job, run(job, told.append), Outputs(out, force=True))
    assert told == list(range(1, job.total + 1))
    return read_facts(out), job.notices


def continued(seed: Path, bars: int = 2, settings: Settings = SETTINGS) -> tuple[MidiFacts, Sequence[str]]:
    return finished(continue_job(seed, bars, settings), seed.with_name("out.mid"))


def harmonised(seed: Path, voice: int | None = None, settings: Settings = SETTINGS) -> tuple[MidiFacts, Sequence[str]]:
    return finished(harmonise_job(seed, voice, settings), seed.with_name("out.mid"))


def in_ticks(line: Line, voice: int, ticks: int = 480) -> list[Played]:
    return [
        Played(round(start * ticks), round((start + length) * ticks), pitch, velocity, voice)
        for start, length, pitch, velocity in line
    ]


def before(notes: Sequence[Played], tick: int) -> list[Played]:
    return [note for note in notes if note.start < tick]


def repeated(beats: float, start: float = 0.0, step: float = 1.0) -> list[Line]:
    """A chord again and again, every voice as loud as its number says."""
    count = round(beats / step)
    return [
        [(start + number * step, step, pitch, 60 + 10 * voice) for number in range(count)]
        for voice, pitch in enumerate((72, 67, 64, 48))
    ]


class TestContinue:
    # The seed's beats and where it starts; metres; bars; where the new music begins and ends; its last chord, in beats
    @pytest.mark.parametrize(
        ("beats", "start", "step", "metres", "bars", "seam", "end", "last"),
        [
            pytest.param(4, 0, 1, [(0, 4, 4)], 2, 4, 12, 2, id="4/4"),
            pytest.param(4, 0, 1, [], 8, 4, 36, 2, id="nothing said is 4/4"),
            pytest.param(3, 0, 1, [(0, 3, 4)], 2, 3, 9, 3, id="3/4"),
            pytest.param(3, 0, 0.5, [(0, 6, 8)], 2, 3, 9, 3, id="6/8"),
            pytest.param(2.5, 0, 0.5, [(0, 6, 8)], 2, 3, 9, 3, id="6/8 ending inside a beat"),
            pytest.param(6, 0, 1, [(0, 4, 4)], 2, 6, 16, 2, id="4/4 ending inside a bar"),
            pytest.param(4, 0, 1, [(0, 3, 4)], 1, 4, 9, 3, id="3/4 ending inside a bar"),
            pytest.param(5, 3, 1, [(0, 4, 4)], 2, 8, 16, 2, id="pickup after rests"),
            pytest.param(5, 0, 1, [(0, 1, 4), (1, 4, 4)], 2, 5, 13, 2, id="pickup in a bar of its own"),
            pytest.param(4, 2, 1, [(0, 3, 4)], 2, 6, 12, 3, id="3/4 with a pickup"),
            pytest.param(4, 0, 1, [(0, 2, 2)], 1, 4, 8, 2, id="2/2"),
            pytest.param(7, 0, 1, [(0, 4, 4), (4, 3, 4)], 2, 7, 13, 3, id="metre that changes"),
        ],
    )
    def test_bars(
        self,
        tmp_path: Path,
        beats: float,
        start: float,
        step: float,
        metres: list[tuple[float, int, int]],
        bars: int,
        seam: float,
        end: float,
        last: float,
    ) -> None:
        lines = repeated(beats, start, step)
        seed = write_seed(tmp_path / "seed.mid", lines, names=VOICE_NAMES, metres=metres, ticks=96)
        facts, notices = continued(seed, bars)
        seam_tick, end_tick, last_tick = round(seam * 96), round(end * 96), round((end - last) * 96)
        assert (facts.form, facts.ticks_per_beat, facts.names) == (1, 96, list(VOICE_NAMES))
        assert facts.metres == [(round(beat * 96), n, d) for beat, n, d in metres or [(0, 4, 4)]]
        assert facts.markers == [(seam_tick, "Chorale Companion")]
        for voice, notes in enumerate(facts.notes):
            assert before(notes, seam_tick) == in_ticks(lines[voice], voice, 96)
            new = notes[len(lines[voice]) :]
            assert {note.channel for note in new} == {voice}
            assert new[0].start == seam_tick
            assert all(one.end == other.start for one, other in itertools.pairwise(new)), "a gap in style bach"
            assert new[-1].end == end_tick
            assert new[-1].start <= last_tick
            assert {note.velocity for note in new} == {60 + 10 * voice}
        assert list(notices) == []

    def test_seed_is_kept_to_the_tick(self, tmp_path: Path) -> None:
        """Early and late notes, gaps, loudness and all; only the model's own lie on the grid."""
        lines = [
            [
                (beat + ((7 * beat + 3 * voice) % 9 - 4) / 100 + 0.05, 0.83, pitch, 40 + 11 * voice + beat)
                for beat in range(4)
            ]
            for voice, pitch in enumerate((72, 67, 64, 48))
        ]
        seed = write_seed(tmp_path / "seed.mid", lines, names=VOICE_NAMES)
        facts, _ = continued(seed)
        seam = facts.markers[0][0]
        assert seam == 1920
        for voice, notes in enumerate(facts.notes):
            assert before(notes, seam) == in_ticks(lines[voice], voice)
            assert {note.start % 120 for note in notes if note.start >= seam} == {0}

    def test_legato_over_the_seam(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A last note let go a little late keeps its end, though the model strikes the same pitch again."""
        again = {(4, voice): strike(pitch) for voice, pitch in enumerate((72, 67, 64, 48))}
        monkeypatch.setattr(jobs, "open_model", lambda name: ScriptedModel(sung(again)))
        lines = [[(0, 1.02 + voice / 100, pitch, 70)] for voice, pitch in enumerate((72, 67, 64, 48))]
        facts, _ = continued(write_seed(tmp_path / "seed.mid", lines, names=VOICE_NAMES, metres=[(0, 1, 4)]), 1)
        assert facts.notes == [
            [Played(0, end, pitch, 70, voice), Played(end, 960, pitch, 70, voice)]
            for voice, (pitch, end) in enumerate(((72, 490), (67, 494), (64, 499), (48, 504)))
        ]

    def test_tempo_map_is_kept(self, tmp_path: Path) -> None:
        tempos = [(0, 700_000), (1.5, 650_001), (3, 900_000)]
        seed = write_seed(tmp_path / "seed.mid", CHORALE, tempos=tempos)
        assert continued(seed)[0].tempos == [(0, 700_000), (720, 650_001), (1440, 900_000)]

    def test_melody_is_harmonised_and_continued(self, tmp_path: Path) -> None:
        seed = write_seed(tmp_path / "seed.mid", [quarters(MELODY)])
        facts, _ = continued(seed)
        assert facts.markers == [(8 * 480, "Chorale Companion")]
        assert before(facts.notes[0], 8 * 480) == in_ticks(quarters(MELODY), 0)
        for notes in facts.notes:
            assert notes[0].start == 0
            assert all(one.end == other.start for one, other in itertools.pairwise(notes))
            assert notes[-1].end == 16 * 480

    def test_chords_are_dealt_out_and_continued(self, tmp_path: Path) -> None:
        chords = sorted(note for line in CHORALE for note in line)
        facts, _ = continued(write_seed(tmp_path / "seed.mid", [chords]))
        for voice, notes in enumerate(facts.notes):
            assert before(notes, 1920) == in_ticks(CHORALE[voice], voice)

    def test_very_long_seed(self, tmp_path: Path) -> None:
        lines = repeated(140)
        facts, notices = continued(write_seed(tmp_path / "seed.mid", lines, names=VOICE_NAMES), 1)
        assert list(notices) == ["the seed is long: only its last 512 steps are heard"]
        assert facts.markers == [(140 * 480, "Chorale Companion")]
        for voice, notes in enumerate(facts.notes):
            assert before(notes, 140 * 480) == in_ticks(lines[voice], voice)
            assert notes[-1].end == 144 * 480

    @pytest.mark.parametrize(("rule", "velocities"), [("33", {33}), ("entropy", set(range(48, 105)))])
    def test_velocity(self, tmp_path: Path, rule: str, velocities: set[int]) -> None:
        seed = write_seed(tmp_path / "seed.mid", CHORALE, names=VOICE_NAMES)
        facts, _ = continued(seed, settings=replace(SETTINGS, velocity=rule))
        for voice, notes in enumerate(facts.notes):
            assert before(notes, 1920) == in_ticks(CHORALE[voice], voice)
            assert {note.velocity for note in notes if note.start >= 1920} <= velocities

    def test_equal_seeds_give_equal_bytes(self, tmp_path: Path) -> None:
        seed = write_seed(tmp_path / "seed.mid", CHORALE, names=VOICE_NAMES)

        def content(number: int) -> bytes:
            continued(seed, 4, replace(SETTINGS, seed=number))
            return (tmp_path / "out.mid").read_bytes()

        assert content(1) == content(1)
        assert len({content(1), content(2), content(HIGHEST_SEED)}) == 3


class TestHarmonise:
    @pytest.mark.parametrize("voice", range(4))
    def test_melody_is_copied_as_it_stands(self, tmp_path: Path, voice: int) -> None:
        """Its own ticks and pitches, far out of the voice's range as they may be."""
        line = [(beat + 0.01 * beat, 0.7, pitch + 12, 50 + beat) for beat, pitch in enumerate(MELODY)]
        facts, notices = harmonised(write_seed(tmp_path / "seed.mid", [line]), voice)
        assert facts.names == list(VOICE_NAMES)
        assert facts.notes[voice] == in_ticks(line, voice)
        assert facts.markers == []
        for other in {0, 1, 2, 3} - {voice}:
            assert facts.notes[other][0].start == 0
            assert facts.notes[other][-1].end == 8 * 480
            assert {note.channel for note in facts.notes[other]} == {other}
        assert list(notices) == ["8 notes out of the range of the voice: heard by the model octaves away"]

    def test_one_voice_of_four(self, tmp_path: Path) -> None:
        seed = write_seed(tmp_path / "seed.mid", CHORALE, names=VOICE_NAMES)
        facts, notices = harmonised(seed, 1)
        assert facts.notes[1] == in_ticks(CHORALE[1], 1)
        assert facts.notes[0] != in_ticks(CHORALE[0], 0)
        assert list(notices) == ["12 notes of other voices than the alto: left out"]

    def test_outer_voices_are_kept_and_the_inner_ones_added(self, tmp_path: Path) -> None:
        seed = write_seed(tmp_path / "seed.mid", [CHORALE[0], CHORALE[3]], names=("Soprano", "Bass"))
        facts, _ = harmonised(seed)
        assert facts.notes[0] == in_ticks(CHORALE[0], 0)
        assert facts.notes[3] == in_ticks(CHORALE[3], 3)
        assert facts.notes[1]
        assert facts.notes[2]

    def test_some_bars_are_in_the_key_of_the_whole(self, tmp_path: Path) -> None:
        """In G these four are heard; with its F sharps out of sight they would be in C."""
        pitches = (67, 69, 71, 67, 72, 64, 67, 72, 74, 69, 66, 69, 67, 71, 67, 67)
        seed = write_seed(tmp_path / "seed.mid", [[(beat, 1.0, pitch, 70) for beat, pitch in enumerate(pitches)]])
        keys = [harmonise_job(seed, None, SETTINGS, bars=bars).key for bars in (None, "2-2")]
        assert [str(key and key.name) for key in keys] == ["G major", "G major"]

    def test_four_voices_leave_nothing_to_do(self, tmp_path: Path) -> None:
        seed = write_seed(tmp_path / "seed.mid", CHORALE, names=VOICE_NAMES)
        with pytest.raises(BadSetting) as caught:
            harmonised(seed)
        assert str(caught.value) == (
            f"{seed} holds all four voices; name the one to keep with --voice soprano|alto|tenor|bass"
        )

    def test_voice_that_is_not_there(self, tmp_path: Path) -> None:
        seed = write_seed(tmp_path / "seed.mid", [CHORALE[0], CHORALE[3]], names=("Soprano", "Bass"))
        with pytest.raises(BadMidiFile, match="holds no alto"):
            harmonised(seed, 1)


class TestRefused:
    @pytest.mark.parametrize(
        ("settings", "bars", "says"),
        [
            (SETTINGS, 0, "bars must be from 1 to 1000, not 0"),
            (SETTINGS, 1001, "bars must be from 1 to 1000, not 1001"),
            (SETTINGS, -8, "bars must be from 1 to 1000, not -8"),
            (replace(SETTINGS, style="jazz"), 1, "unknown style 'jazz'; choose one of bach, free, wild"),
        ],
    )
    def test_bad(self, tmp_path: Path, settings: Settings, bars: int, says: str) -> None:
        seed = write_seed(tmp_path / "seed.mid", CHORALE)
        with pytest.raises(BadSetting) as caught:
            continue_job(seed, bars, settings)
        assert str(caught.value) == says


class TestTime:
    """What is to be said before the work begins."""

    @pytest.mark.parametrize(
        ("beats", "says"),
        [
            (4, ""),
            (1100, ""),
            (1300, "about 10 seconds: 11 minutes of sound"),
            (7100, "about 60 seconds: 59 minutes of sound"),
        ],
    )
    def test_sound(self, tmp_path: Path, beats: float, says: str) -> None:
        line = [(0, 1, 60, 80), (beats - 1, 1, 60, 80)]
        job = harmonise_job(write_seed(tmp_path / "seed.mid", [line]), None, SETTINGS)
        assert files.check_sound(job, Outputs(tmp_path / "a.mid", tmp_path / "a.wav")) == says
        assert files.check_sound(job, Outputs(tmp_path / "a.mid")) == ""

    @pytest.mark.parametrize(
        ("size", "says"),
        [
            (1_400_000, ""),
            (1_600_000, "about 10 seconds: 1.6 MB to read and to write again"),
            (3_900_000, "about 30 seconds: 3.9 MB to read and to write again"),
        ],
    )
    def test_a_large_file(self, tmp_path: Path, size: int, says: str) -> None:
        path = tmp_path / "large.mid"
        path.write_bytes(bytes(size))
        assert files.long_read(path) == says

    def test_of_what_is_no_file_nothing_is_said(self, tmp_path: Path) -> None:
        for path in (Path("-"), tmp_path, tmp_path / "none.mid", tmp_path / ("long" * 100)):
            assert files.long_read(path) == ""

    def test_a_day_of_sound(self, tmp_path: Path) -> None:
        """The bars to come count too."""
        seed = write_seed(tmp_path / "seed.mid", [[(0, 1, 60, 80)]], tempos=[(0, 2_000_000)])
        with pytest.raises(BadSetting) as caught:
            files.check_sound(continue_job(seed, 1000, SETTINGS), Outputs(tmp_path / "a.mid", tmp_path / "a.wav"))
        assert str(caught.value) == "the sound would last 2 hours, and can last 60 minutes; leave out --wav"

    def test_task(self, tmp_path: Path) -> None:
        """What is gone through is counted, not what is silent."""
        line = [(0, 1, 60, 80), (40_000, 8, 60, 80)]
        seed = write_seed(tmp_path / "seed.mid", [line])
        assert harmonise_job(seed, None, SETTINGS).task == "3 bars to harmonise"
        assert continue_job(seed, 1000, SETTINGS).task == "1,003 bars to compose"


class TestSettings:
    """What a player can ask for in a jam, asked for a file."""

    def frames(self, folder: Path, harmonise: bool, **asked: Any) -> list[Composed]:
        lines = [quarters(MELODY)] if harmonise else CHORALE
        seed = write_seed(folder / "seed.mid", lines, names=VOICE_NAMES)
        settings = replace(SETTINGS, style="free", **asked)
        job = harmonise_job(seed, 0, settings) if harmonise else continue_job(seed, 4, settings)
        return list(job.frames)

    def strikes(self, made: Sequence[Composed], voices: Sequence[int] = range(4)) -> list[int]:
        """The pitches that the model struck."""
        return [
            one.frame.pitches[voice] or 0
            for one in made
            for voice in voices
            if one.chosen[voice] and one.frame.tokens[voice] >= FIRST_STRIKE
        ]

    @pytest.mark.parametrize("harmonise", [False, True])
    def test_density(self, tmp_path: Path, harmonise: bool) -> None:
        few, many = (len(self.strikes(self.frames(tmp_path, harmonise, density=density))) for density in (-4.0, 4.0))
        assert few < 0.9 * many

    @pytest.mark.parametrize("harmonise", [False, True])
    @pytest.mark.parametrize("name", ["F# major", "eb minor"])
    def test_key(self, tmp_path: Path, harmonise: bool, name: str) -> None:
        """It holds in a style that holds to none by itself, though the seed is in another."""

        def share(key: str | None) -> float:
            struck = self.strikes(self.frames(tmp_path, harmonise, key=key))
            return sum(pitch % 12 in Key.of_name(name).scale for pitch in struck) / len(struck)

        assert share(name) > share(None) + 0.1

    def test_key_is_told_to_the_model(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        model = Babbler()
        monkeypatch.setattr(jobs, "open_model", lambda name: model)
        slot = model.row.slot("key")
        for asked, told in (("e minor", key_id(Key(4, True))), ("auto", key_id(Key(7, False)))):
            model.seen.clear()
            self.frames(tmp_path, False, key=asked)
            assert {int(ids[slot] - model.row.offsets[slot]) for ids in model.seen} == {told}

    def test_temperature_of_a_voice(self, tmp_path: Path) -> None:
        own = [VoiceSettings(temperature=temperature) for temperature in (None, 0.5, None, 0.0)]
        made = self.frames(tmp_path, False, voices=tuple(own))
        # While the last chord of a phrase is held, and where a phrase comes back, nothing is drawn.
        new = [one for one in made if all(one.chosen) and one.phrase == 0 and (one.to_close or 0) >= 0]
        assert len(new) > 4
        assert {tuple(choice.temperature for choice in one.frame.choices) for one in new} == {(1.0, 0.5, 1.0, 0.0)}

    def test_what_is_not_asked_changes_nothing(self, tmp_path: Path) -> None:
        said = {"density": 0.0, "key": "auto", "voices": (VoiceSettings(),) * 4}
        one, other = self.frames(tmp_path, False), self.frames(tmp_path, False, **said)
        assert [made.frame.tokens.tolist() for made in one] == [made.frame.tokens.tolist() for made in other]


class TestOutputs:
    def outputs(self, folder: Path, force: bool = False) -> Outputs:
        return Outputs(folder / "o.mid", folder / "o.wav", folder / "o.json", None, force)

    def write(self, folder: Path, outputs: Outputs) -> None:
        job = continue_job(write_seed(folder / "seed.mid", CHORALE), 1, SETTINGS)
        write_outputs(job, list(job.frames), outputs)

    def test_all_three(self, tmp_path: Path) -> None:
        outputs = self.outputs(tmp_path)
        outputs.check()
        self.write(tmp_path, outputs)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["o.json", "o.mid", "o.wav", "seed.mid"]
        assert (tmp_path / "o.wav").read_bytes()[:4] == b"RIFF"
        trace = json.loads((tmp_path / "o.json").read_text())
        assert trace["model"]["name"] == "babbler"
        assert [frame["notes"][0]["origin"] for frame in trace["frames"]] == ["seed"] * 16 + ["model"] * 16
        assert [frame["step"] for frame in trace["frames"]] == list(range(32))

    @pytest.mark.parametrize("name", ["o.mid", "o.wav", "o.json"])
    def test_what_exists_is_refused_before_any_work(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_bytes(b"mine")
        with pytest.raises(OutputExists, match=name):
            self.outputs(tmp_path).check()
        self.outputs(tmp_path, force=True).check()

    def test_one_name_for_two_files_is_refused(self, tmp_path: Path) -> None:
        """With --force the second would replace the first."""
        path = tmp_path / "o.mid"
        with pytest.raises(BadSetting, match=r"two outputs have one name: .*o\.mid"):
            Outputs(path, trace=tmp_path / "." / "o.mid", force=True).check()

    @pytest.mark.parametrize("place", ["none/o.mid", ""])
    def test_no_such_folder_or_a_folder_itself(self, tmp_path: Path, place: str) -> None:
        with pytest.raises(OutputFailed):
            Outputs(tmp_path / place).check()

    @pytest.mark.skipif(not Path("/dev/null").exists(), reason="POSIX has devices among its files")
    def test_what_is_no_file_is_never_replaced(self) -> None:
        with pytest.raises(OutputFailed, match="it is not a regular file"):
            Outputs(Path("/dev/null"), force=True).check()

    def test_full_disk_leaves_what_was_there(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "o.mid").write_bytes(b"mine")

        def full(_: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        seed = write_seed(tmp_path / "seed.mid", CHORALE)
        job = continue_job(seed, 1, SETTINGS)
        composed = list(job.frames)
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OutputFailed, match=r"cannot write .*o\.mid: No space left on device"):
            write_outputs(job, composed, self.outputs(tmp_path, force=True))
        assert (tmp_path / "o.mid").read_bytes() == b"mine"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["o.mid", "seed.mid"]
