"""A jam as a program, and what it tells while it plays: choices over UDP, in time with a song that this test plays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from integration.jack import HOME, wait_until
from support.programs import free_port
from support.schema import breaches

from companion.io.osc_port import Arrival, OscIn, OscOut, Unreadable
from companion.music.vocabulary import FIRST_STRIKE, HOLD, REST, VOICES, struck_pitch
from companion.visuals.reading import read_trace

pytestmark = pytest.mark.slow

BPM, STEP_S = 120.0, 0.125
FIRST, STEPS = 64, 40  # of the song: where it starts, and for how long it plays
IN_TIME_S, EARLY_S = 0.05, 0.005
SCHEMA = json.loads((HOME / "docs" / "trace.schema.json").read_text("utf-8"))
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(HOME), "PYTHONUNBUFFERED": "1"}

Message = tuple[Any, ...]


@contextmanager
def jam(*options: object, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """A jam without MIDI; killed where a test has not ended it."""
    command = [sys.executable, "-m", "companion", "jam", "--plain", "--no-midi", *map(str, options)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=cwd, env=ENVIRONMENT, text=True, **pipes) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


class Told:
    """What came to one place."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.port = OscIn(0, sink=self._hear)

    def _hear(self, heard: Arrival | Unreadable) -> None:
        assert isinstance(heard, Arrival)
        self.arrivals.append(heard)

    def steps(self, address: str) -> dict[int, dict[int, tuple[float, Message]]]:
        """Step → voice → when it came and what else it said."""
        found: dict[int, dict[int, tuple[float, Message]]] = defaultdict(dict)
        for one in list(self.arrivals):
            if one.address == address:
                step, voice, *rest = one.arguments
                found[int(step)][int(voice) - 1] = one.time_s, tuple(rest)  # type: ignore[call-overload]
        return found


def play_song(out: OscOut) -> float:
    """Live's transport from FIRST on, as long as STEPS; when step 0 would have been."""
    begun_s = time.perf_counter() + 0.1
    zero_s = begun_s - FIRST * STEP_S
    while (step := (time.perf_counter() - zero_s) / STEP_S) < FIRST + STEPS:
        if step >= FIRST:
            out.send(("/chorale/transport", (1, step, BPM, 4, 4)))
        time.sleep(0.02)
    out.send(("/chorale/transport", (0, step, BPM, 4, 4)))
    return zero_s


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[float, Told, list[dict[str, Any]], Path]:
    """When step 0 was, what was told, the lines of the trace, and its place."""
    folder = tmp_path_factory.mktemp("streams")
    heard = free_port()
    with ExitStack() as stack:
        told = Told()
        stack.callback(told.port.close)
        device = Told()
        stack.callback(device.port.close)
        out = stack.enter_context(OscOut(port=heard))
        ports = ("--osc-in", heard, "--osc-out", device.port.port, "--choices-out", told.port.port)
        words = ("--clock", "osc", "--mode", "duet", "--seed", 4, "--model", "attention-gru", "--trace", "out.jsonl")
        process = stack.enter_context(jam(*ports, *words, cwd=folder))
        wait_until(lambda: [one for one in device.arrivals if one.address == "/chorale/hello"], "the jam is there")
        zero_s = play_song(out)
        process.send_signal(signal.SIGINT)
        said, complained = process.communicate(timeout=30)
        assert (process.returncode, complained) == (0, "")
        assert said.splitlines()[-1] == "wrote out.jsonl"
        assert {one.address for one in told.arrivals} == {"/chorale/choice", "/chorale/attention"}
        assert not {one.address for one in device.arrivals} & {"/chorale/choice", "/chorale/attention"}
    lines = [json.loads(line) for line in (folder / "out.jsonl").read_bytes().splitlines()]
    return zero_s, told, lines, folder / "out.jsonl"


def by_pitch(shares: Sequence[float], held: int | None) -> dict[int | None, float]:
    """As a trace counts them: a hold to the pitch it holds."""
    found: dict[int | None, float] = defaultdict(float)
    for token, share in enumerate(shares):
        found[None if token == REST else held if token == HOLD else struck_pitch(token)] += share
    return found


def test_every_step_is_four_choices_that_sum_to_one(played: Any) -> None:
    _, told, _, _ = played
    steps = told.steps("/chorale/choice")
    assert len(steps) > STEPS / 2
    for voices in steps.values():
        assert sorted(voices) == [0, 1, 2, 3]
        for _, (pitch, probability, entropy, *shares) in voices.values():
            assert sum(shares) == pytest.approx(1, abs=1e-5) and min(shares) >= 0
            drawn = {shares[HOLD], shares[REST] if pitch == -1 else shares[pitch - 36 + FIRST_STRIKE]}
            assert any(share == pytest.approx(probability, abs=1e-6) for share in drawn) and entropy >= -1e-6


def test_they_are_those_of_the_trace(played: Any) -> None:
    _, told, lines, _ = played
    frames = {line["address"]: line for line in lines if "notes" in line}
    steps = told.steps("/chorale/choice")
    assert set(steps) <= set(frames)
    for step in sorted(set(steps) & {before + 1 for before in steps}):
        for voice, note in enumerate(frames[step]["notes"]):
            _, (pitch, probability, entropy, *shares) = steps[step][voice]
            _, (held, *_) = steps[step - 1][voice]
            assert pitch == (-1 if note["pitch"] is None else note["pitch"])
            assert (probability, entropy) == pytest.approx((note["probability"], note["entropy_bits"]), abs=1e-4)
            found = by_pitch(shares, None if held == -1 else held)
            for named, share in note["distribution"]:
                assert found[named] == pytest.approx(share, abs=1e-4)


def test_what_the_model_looked_back_at_is_told(played: Any) -> None:
    _, told, lines, _ = played
    frames = {line["address"]: line for line in lines if "notes" in line}
    looked = told.steps("/chorale/attention")
    assert len(looked) > STEPS / 2
    for step, voices in looked.items():
        for voice, (_, weights) in voices.items():
            assert list(weights) == pytest.approx(frames[step]["notes"][voice]["attention"][-128:], abs=1e-4)


def test_they_come_when_their_step_sounds(played: Any) -> None:
    """But for the first steps, which sound late themselves; of the others nearly all, however busy the machine is."""
    zero_s, told, _, _ = played
    steps = told.steps("/chorale/choice")
    late_s = [steps[step][0][0] - (zero_s + step * STEP_S) for step in sorted(steps)][4:]
    assert min(late_s) > -EARLY_S - 0.02  # what the clock itself has taken for jitter
    assert median(late_s) < IN_TIME_S
    assert sum(late < IN_TIME_S for late in late_s) >= 0.8 * len(late_s)


def test_the_trace_is_as_the_schema_has_it_and_is_shown(played: Any) -> None:
    _, _, lines, place = played
    for at, line in enumerate(lines):
        kind = "head" if at == 0 else "taken_back" if "taken_back" in line else "frame"
        assert breaches(line, SCHEMA["$defs"][kind], SCHEMA) == []
    trace = read_trace(place)
    assert {note.voice for note in trace.music.notes} == set(range(len(VOICES)))


@pytest.mark.skipif(sys.platform == "win32", reason="limits are those of POSIX")
def test_a_full_disk_ends_the_trace_and_never_the_jam(tmp_path: Path) -> None:
    limited = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000)); "
        "from companion.cli import main; "
    )
    words = ["jam", "--plain", "--no-midi", "--osc-in", free_port(), "--osc-out", free_port()]
    words += ["--mode", "duet", "--seed", 4, "--bpm", 240, "--trace", "out.jsonl"]
    code = f"{limited}sys.argv[1:] = {[*map(str, words)]!r}; main()"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=ENVIRONMENT, text=True, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout is not None
        seen = []
        for line in process.stdout:
            seen.append(line)
            if "the trace has stopped" in "".join(seen[:-1]) and "answering" in line:
                break  # it plays on
        process.send_signal(signal.SIGINT)
        said, complained = process.communicate(timeout=30)
    assert (process.returncode, complained) == (0, "")
    assert sum("the trace has stopped" in line for line in seen) == 1, seen
    assert said.splitlines()[-1] == "the trace has stopped: cannot write out.jsonl: No space left on device"
    assert read_trace(tmp_path / "out.jsonl").frames


def refused(*options: object, cwd: Path) -> str:
    with jam(*options, cwd=cwd) as process:
        said, complained = process.communicate(timeout=30)
    assert (process.returncode, said) == (1, "")
    assert complained.count("\n") == 1
    return complained


def test_what_cannot_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_bytes(b"mine")
    for options, line in (
        (["--trace", "mine.jsonl"], "mine.jsonl exists; choose another name, or --force to replace it"),
        (["--trace", "none/t.jsonl"], "cannot write none/t.jsonl: there is no folder none"),
        (["--trace", "t.csv"], "--trace of a jam must end in .jsonl, a frame a line as it is played, not '.csv'"),
        (["--choices-out", "0"], "choices_out must be a port from 1 to 65535, or host:port, not '0'"),
        (["--choices-out", "wall:x"], "choices_out must be a port from 1 to 65535, or host:port, not 'wall:x'"),
        (
            ["--osc-in", "7461", "--choices-out", "7461"],
            "osc_in and choices_out must be two places, not both 127.0.0.1:7461: it would hear itself",
        ),
    ):
        assert refused(*options, cwd=tmp_path) == f"chorale: {line}\n"
    ports = ("--osc-in", free_port(), "--osc-out", free_port())
    lost = refused(*ports, "--choices-out", "nowhere.invalid:7000", "--trace", "t.jsonl", cwd=tmp_path)
    assert lost.startswith("chorale: OSC cannot use nowhere.invalid:7000 (")
    assert lost.endswith("; choose another with --choices-out\n")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.jsonl"]
    assert (tmp_path / "mine.jsonl").read_bytes() == b"mine"
