"""Bars of a file made anew, read back by mido: all else note for note, and joined without a seam."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from support.fakes import Babbler, Line, MidiFacts, Played, read_facts, write_seed
from support.programs import Command, Ran

from companion.controls.settings import Settings
from companion.errors import BadSetting
from companion.generation.job import Job
from companion.generation.rewriting import Rewriting, merit
from companion.music.vocabulary import VOICES
from companion.workbench import anew
from companion.workbench.anew import named_voices, rewrite_job
from companion.workbench.jobs import run
from companion.workbench.outputs import Outputs, write_outputs

SETTINGS = Settings(model="babbler", seed=1)
BAR = 1920
NAMES = ("Soprano", "Alto", "Tenor", "Bass")
# Four bars in C: I–V–vi–IV, ii–V–I–I, and again; played unevenly and swelling.
CHORDS = (
    *((72, 67, 64, 48), (71, 67, 62, 55), (72, 64, 60, 57), (72, 65, 60, 53)),
    *((74, 65, 57, 50), (71, 67, 62, 55), (72, 67, 64, 48), (72, 67, 64, 48)),
)


def piece(bars: int = 4) -> list[Line]:
    """Quarters, a little uneven, each louder than the one before."""
    return [
        [
            (beat + (beat * 7 % 5 - 2) / 100 * (beat > 0), 0.9, CHORDS[beat % 8][voice], 40 + 2 * beat + voice)
            for beat in range(4 * bars)
        ]
        for voice in range(4)
    ]


@pytest.fixture
def babbler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anew, "open_model", lambda name: Babbler())


def rewritten(seed: Path, bars: str, voices: str | None = None, settings: Settings = SETTINGS) -> tuple[Job, MidiFacts]:
    job = rewrite_job(seed, bars, voices, settings)
    told: list[int] = []
    out = seed.with_name("out.mid")
    write_outputs(job, run(job, told.append), Outputs(out, force=True))
    assert told == list(range(1, job.work + 1)), "what the progress bar is told"
    return job, read_facts(out)


def inside(notes: Sequence[Played], first: int, last: int) -> list[Played]:
    """Those that begin in bars, by their number; a little early belongs to the bar."""
    return [note for note in notes if (first - 1) * BAR - 30 <= note.start < last * BAR - 30]


@pytest.mark.usefixtures("babbler")
class TestRewrite:
    @pytest.mark.parametrize(("bars", "first", "last"), [("2-3", 2, 3), ("1", 1, 1), ("4", 4, 4), ("2-4", 2, 4)])
    @pytest.mark.parametrize("voices", [None, "alto,tenor", "bass", "1,4"])
    def test_all_else_is_kept_note_for_note(
        self, tmp_path: Path, bars: str, first: int, last: int, voices: str | None
    ) -> None:
        seed = write_seed(tmp_path / "song.mid", piece(), names=NAMES, metres=[(0, 4, 4)], tempos=[(0, 600_000)])
        before = read_facts(seed)
        _, facts = rewritten(seed, bars, voices)
        assert (facts.ticks_per_beat, facts.tempos, facts.metres) == (480, before.tempos, before.metres)
        chosen = range(4) if voices is None else named_voices(voices)
        for voice in range(4):
            old, new = before.notes[voice], facts.notes[voice]
            if voice not in chosen:
                assert new == old
                continue
            made, was = inside(new, first, last), inside(old, first, last)
            assert [note for note in new if note not in made] == [note for note in old if note not in was]
            assert abs(made[0].start - (first - 1) * BAR) <= 30, "it begins with the bar, or as the note before ends"
            assert all(one.end <= other.start for one, other in itertools.pairwise(new)), "two notes of a voice at once"
            assert all(one.end == other.start for one, other in itertools.pairwise(made)), "a gap"
            assert made[-1].end >= last * BAR - 60
            assert min(note.velocity for note in was) <= made[0].velocity <= max(note.velocity for note in was)

    def test_the_best_try_is_kept_and_it_is_another(self, tmp_path: Path) -> None:
        job, facts = rewritten(write_seed(tmp_path / "song.mid", piece(), names=NAMES), "2-3")
        assert isinstance(job.rewriting, Rewriting)
        candidates = job.rewriting.candidates
        assert len(candidates) == 12
        assert job.rewriting.best is min(candidates, key=merit)
        assert len({candidate.nats for candidate in candidates}) > 4
        assert job.rewriting.best.changed > 0
        assert facts.notes[0][4].start == BAR

    def test_equal_seeds_give_equal_files(self, tmp_path: Path) -> None:
        seed = write_seed(tmp_path / "song.mid", piece(), names=NAMES)
        one, again, other = (
            rewritten(seed, "2", settings=replace(SETTINGS, seed=number))[1].notes for number in (1, 1, 2)
        )
        assert one == again != other

    def test_bars_without_notes_are_filled(self, tmp_path: Path) -> None:
        lines = [[note for note in line if not 3.9 <= note[0] < 11.9] for line in piece()]
        seed = write_seed(tmp_path / "song.mid", lines, names=NAMES)
        _, facts = rewritten(seed, "2-3")
        for old, new in zip(read_facts(seed).notes, facts.notes, strict=True):
            assert [note for note in new if note in old] == old
            assert len(inside(new, 2, 3)) > 0

    def test_a_tune_alone_is_rewritten_alone(self, tmp_path: Path) -> None:
        """Other voices are sung along, so that the model hears four, and are not written."""
        seed = write_seed(tmp_path / "song.mid", piece()[:1])
        job, facts = rewritten(seed, "2-3")
        assert job.phrase.given == (True, False, False, False)
        assert [len(notes) > 0 for notes in facts.notes] == [True, False, False, False]
        old = read_facts(seed).notes[0]
        assert [note for note in facts.notes[0] if note in old] == [n for n in old if n not in inside(old, 2, 3)]

    def test_a_pickup_stays_outside_of_bar_1(self, tmp_path: Path) -> None:
        lines = [[(start + 3, *rest) for start, *rest in line] for line in piece(2)]
        seed = write_seed(tmp_path / "song.mid", lines, names=NAMES)  # type: ignore[arg-type]
        before = read_facts(seed)
        _, facts = rewritten(seed, "1")
        assert [notes[0] for notes in facts.notes] == [notes[0] for notes in before.notes]
        assert [notes[-3:] for notes in facts.notes] == [notes[-3:] for notes in before.notes]

    def test_compound_metres_have_their_own_beats(self, tmp_path: Path) -> None:
        line = [(eighth / 2, 0.5, 67 + eighth % 5, 70) for eighth in range(24)]
        seed = write_seed(tmp_path / "song.mid", [line], metres=[(0, 6, 8)])
        _, facts = rewritten(seed, "2-3")
        old = read_facts(seed).notes[0]
        made = [note for note in facts.notes[0] if 3 * 480 <= note.start < 9 * 480]
        assert [note for note in facts.notes[0] if note not in made] == [
            note for note in old if not 3 * 480 <= note.start < 9 * 480
        ]
        assert made[0].start == 3 * 480
        assert made[-1].end == 9 * 480
        assert {note.start % 720 for note in made} <= {0, 240, 480, 600}

    def test_the_trace_tells_of_the_bars_alone(self, tmp_path: Path) -> None:
        seed = write_seed(tmp_path / "song.mid", piece(), names=NAMES)
        job = rewrite_job(seed, "2-3", "alto", SETTINGS)
        trace = tmp_path / "trace.json"
        write_outputs(job, run(job, lambda done: None), Outputs(tmp_path / "out.mid", trace=trace))
        frames = json.loads(trace.read_text())["frames"]
        assert [frame["step"] for frame in frames] == list(range(16, 48))
        assert {one["origin"] for frame in frames for one in (frame["notes"][0], *frame["notes"][2:])} == {"seed"}
        assert {frame["notes"][1]["origin"] for frame in frames} == {"model"}


class TestCommand:
    def test_beside_the_song(self, chorale: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        write_seed(Path("song.mid"), piece(), names=NAMES)
        words = ("rewrite", "song.mid", "--bars", "2-3", "--voices", "alto,tenor", "--seed", 1)
        ran = chorale(*words)
        assert (ran.code, ran.err, ran.out.splitlines()[-1]) == (0, "", "wrote song-rewritten.mid")
        assert re.search(r"made: bars 2 to 3 anew in alto, tenor; \d+ notes", ran.out)
        before, after = read_facts(Path("song.mid")), read_facts(Path("song-rewritten.mid"))
        assert (after.notes[0], after.notes[3]) == (before.notes[0], before.notes[3])
        assert (after.notes[1], after.notes[2]) != (before.notes[1], before.notes[2])

    @pytest.mark.parametrize(
        ("words", "complaint"),
        [
            (("--bars", "5"), "the piece has bars 1 to 4, not 5"),
            (("--bars", "two"), "bars must be a number or two, as in 5 or 5-8, not 'two'"),
            (("--bars", "1-4"), "these are all bars of all voices: nothing is left to go by; name fewer of either"),
            (
                ("--bars", "2", "--voices", "alto,viola"),
                "unknown voice 'viola'; choose one of soprano, alto, tenor, bass or 1-4, with commas between,"
                " as in alto,tenor",
            ),
        ],
    )
    def test_what_cannot_be_is_one_line(
        self, chorale: Command, tmp_path: Path, words: Sequence[str], complaint: str
    ) -> None:
        song = write_seed(tmp_path / "song.mid", piece(), names=NAMES)
        assert chorale("rewrite", song, *words) == Ran(1, "", f"chorale: {complaint}\n")
        assert [path.name for path in tmp_path.iterdir()] == ["song.mid"]

    def test_chords_that_are_asked_for_sound(self, chorale: Command, tmp_path: Path) -> None:
        song = write_seed(tmp_path / "song.mid", piece(), names=NAMES)
        trace = tmp_path / "trace.json"
        words = ("--bars", "2-3", "--chords", "F . G C/E | Am F G7 C", "--seed", 1, "--style", "free", "--trace", trace)
        assert chorale("rewrite", song, *words).code == 0
        frames = json.loads(trace.read_text("utf-8"))["frames"]
        beats = [{note["pitch"] % 12 for note in frame["notes"]} for frame in frames[::4]]
        f, g, c, am = {5, 9, 0}, {7, 11, 2}, {0, 4, 7}, {9, 0, 4}
        assert beats == [f, f, g, c, am, f, g | {5}, c]
        basses = [frame["notes"][3]["pitch"] % 12 for frame in frames[::4]]
        assert basses[:-1] == [5, 5, 7, 4, 9, 5, 7], "the last one joins what comes"

    def test_a_voice_that_is_not_there(self, chorale: Command, tmp_path: Path) -> None:
        song = write_seed(tmp_path / "song.mid", piece()[:1])
        ran = chorale("rewrite", song, "--bars", "2", "--voices", "alto")
        assert ran.err == "chorale: the piece has no alto to rewrite, only soprano; harmonise adds what is missing\n"

    def test_a_tune_alone_is_told_alone(self, chorale: Command, tmp_path: Path) -> None:
        song = write_seed(tmp_path / "song.mid", piece()[:1])
        ran = chorale("rewrite", song, "--bars", "2", "--seed", 1)
        made = next(line for line in ran.out.splitlines() if line.startswith("made: "))
        assert made.startswith("made: bar 2 anew in soprano; ")
        assert not any(voice in made for voice in VOICES[1:]), "they are sung along, and not written"

    def test_of_many_tracks_those_that_are_named(self, chorale: Command, tmp_path: Path) -> None:
        """As the note on what was left out says."""
        song = write_seed(tmp_path / "song.mid", piece(), names=("Flute", "Oboe", "Soprano", "Bass"))
        ran = chorale("rewrite", song, "--bars", "2", "--seed", 1, "--track", "Flute,Bass")
        assert ran.code == 0, ran.err
        assert "left out: 2 Oboe, 3 Soprano; --track chooses others" in ran.err
        assert [len(notes) > 0 for notes in read_facts(tmp_path / "song-rewritten.mid").notes] == [
            *(True, False, False, True)
        ]


def test_voices_by_name_or_number() -> None:
    assert named_voices(None) is None
    assert named_voices(" Alto , 3") == [1, 2]
    assert named_voices(",".join(VOICES)) == [0, 1, 2, 3]
    with pytest.raises(BadSetting, match=r"^unknown voice ''; choose one of"):
        named_voices("alto,")
