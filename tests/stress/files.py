"""``python -m tests.stress files [TRIALS] [KIND …]``: a thousand damaged files of each kind, or so many.

Every kind is tried in a process of its own, which is measured. Right is: whatever is read, or refused in one line;
no traceback, nothing over five seconds, and less than 300 MB. A fault is told by its number, with which it comes again:
``python -m tests.stress files 1 midi 417``.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import random
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from companion.bench.memory import peak_megabytes
from companion.controls.settings import Settings
from companion.errors import ChoraleError
from tests.stress.mutations import OF_BYTES, OF_TEXT, Damage, damaged

TRIALS = 1000
MOST_SECONDS = 5.0  # of a trial, of a processor: other programs do not count
MOST_MEGABYTES = 300.0
SILENT_SECONDS = 30.0  # after which a trial is given up

TESTS = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Kind:
    """Something that is read, from what it is made, and what is done with it."""

    samples: Callable[[], list[bytes]]
    ways: Sequence[Damage]
    work: Callable[[Path], object]  # reads the file; ChoraleError refuses it
    suffix: str


def _midi_samples() -> list[bytes]:
    folders = (TESTS / "golden", TESTS / "companion" / "files" / "odd")
    return [path.read_bytes() for folder in folders for path in sorted(folder.glob("*.[mr][im][di]"))]


def _notation_samples(pattern: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((TESTS.parent / "docs" / "composing").glob(pattern))]


def _musicxml_samples() -> list[bytes]:
    """As they are, and compressed."""
    from companion.notation.musicxml.xmltree import pack  # noqa: PLC0415

    plain = _notation_samples("*.musicxml")
    return [*plain, *map(pack, plain)]


def _notate(path: Path) -> None:
    """Reads a score, and writes it with another bar as MusicXML, which is read again."""
    from companion.notation.musicxml.files import read_musicxml  # noqa: PLC0415
    from companion.workbench import jobs, outputs  # noqa: PLC0415
    from tests.support.fakes import Babbler  # noqa: PLC0415

    jobs.open_model = lambda name: Babbler()  # type: ignore[assignment,return-value]
    job = jobs.continue_job(path, 1, Settings(model="babbler", seed=1))
    out = outputs.Outputs(path.with_name("out.musicxml"), force=True)
    outputs.write_outputs(job, jobs.run(job, lambda done: None), out)
    read_musicxml(out.midi)


def _compose(path: Path) -> None:
    """The whole way from a seed to what is written, and the beginning of a harmonisation."""
    from companion.workbench import jobs, outputs  # noqa: PLC0415 - heavy, and only in the process that is measured
    from tests.support.fakes import Babbler  # noqa: PLC0415

    jobs.open_model = lambda name: Babbler()  # type: ignore[assignment,return-value]
    settings = Settings(model="babbler", seed=1)
    with contextlib.suppress(ChoraleError):  # of four voices
        for _ in zip(range(64), jobs.harmonise_job(path, None, settings).frames, strict=False):
            pass
    job = jobs.continue_job(path, 1, settings)
    out = outputs.Outputs(path.with_name("out.mid"), trace=path.with_name("out.json"), force=True)
    outputs.write_outputs(job, jobs.run(job, lambda done: None), out)


def _log_samples() -> list[bytes]:
    logs = sorted((TESTS / "golden").glob("*.jsonl"))
    return [b"".join(log.read_bytes().splitlines(keepends=True)[:80]) for log in logs]


def _recover_and_replay(path: Path) -> None:
    from companion.commands.replay import replay  # noqa: PLC0415
    from companion.record.recorder import recover  # noqa: PLC0415
    from tests.support.fakes import Babbler  # noqa: PLC0415

    path.with_suffix(".mid").unlink(missing_ok=True)
    for saved in recover(path.parent):
        assert saved.text and saved.text.isprintable()
    replay(path, lambda name: Babbler())  # type: ignore[arg-type,return-value]


def _preset_samples() -> list[bytes]:
    from companion.controls.presets import Preset, write_preset  # noqa: PLC0415

    cc = b'cc = [{number = 7, moves = "voice/mute 1", channel = 3}, {number = 64, moves = "toggle voice/lock bass"}]\n'
    rig = b'mode = "duet"\n[voice.alto]\nlock = true\n[ports]\nin = ["Keys"]\nosc_in = 7401\n[clock]\nbpm = 96\n'
    return [write_preset(Preset()).encode(), cc + rig]


def _load_preset(path: Path) -> None:
    from companion.controls.presets import load_preset, read_preset, write_preset  # noqa: PLC0415

    preset = load_preset(str(path), None)
    assert read_preset(write_preset(preset), "again") == preset


def _osc_samples() -> list[bytes]:
    from pythonosc.osc_message_builder import build_msg  # noqa: PLC0415

    said: list[tuple[str, list[Any]]] = [
        *(("hello", [1, 77]), ("alive", [77]), ("note", [60, 80, 1]), ("transport", [1, 16.0, 120.0, 4, 4])),
        *(("loop", [1, 0.0, 64.0]), ("temperature", [0.9, "alto"]), ("key", ["f# minor"]), ("voice/lock", [2, 1])),
        *(("go", [8]), ("model", ["bach"]), ("panic", [1])),
    ]
    packets = [build_msg(f"/chorale/{name}", arguments).dgram for name, arguments in said]
    elements = b"".join(len(packet).to_bytes(4, "big") + packet for packet in packets)
    return [*packets, b"#bundle\0" + bytes(8) + elements]


def _hear(path: Path) -> None:
    from companion.io.osc_messages import OscFault, decode  # noqa: PLC0415
    from companion.io.osc_port import read_packet  # noqa: PLC0415

    for found in read_packet(path.read_bytes()[:65_507]):
        meaning = OscFault(found) if isinstance(found, str) else decode(*found)
        assert not isinstance(meaning, OscFault) or meaning.text.isprintable()


def _model_samples() -> list[bytes]:
    """A small model, one of tunes, and such with operators that take much where a number is another one."""
    sys.path.insert(0, str(TESTS))
    from support import hostile, tiny_graph  # noqa: PLC0415 - onnx, and only where models are made

    made = [
        tiny_graph.tiny_graph(),
        hostile.tune(),
        hostile.slow(4),
        *(hostile.large(kind, 4) for kind in hostile.LARGE),
    ]
    return [one.model().SerializeToString() for one in made]


def _load_model(path: Path) -> None:
    """As a command does, and plays it; what passed is tried again the next time."""
    from companion.model.library import open_file  # noqa: PLC0415
    from companion.model.trial import feed, made_up_rows  # noqa: PLC0415

    os.environ["XDG_CACHE_HOME"] = str(path.with_suffix(".cache"))
    model = open_file(path)
    feed(model, made_up_rows(model))


def _result_samples() -> list[bytes]:
    """What listeners send back."""
    answers = [
        {"id": name, "said": said, "sure": 2, "known": False, "plays": 3}
        for name, said in (("0123456789abcdef", "bach"), ("fedcba9876543210", "aaaa"))
    ]
    listener = {"name": "Anna", "years": 12}
    result = {"format": "chorale-turing-result/1", "test": "0" * 64, "listener": listener, "seed": 7}
    return [json.dumps({**result, "answers": answers}, indent=1).encode()]


def _score(path: Path) -> None:
    from export.turing.answers import Answers, Question  # noqa: PLC0415
    from export.turing.results import read_result  # noqa: PLC0415
    from export.turing.verdict import describe_verdict, verdict_on  # noqa: PLC0415

    single = Question("0123456789abcdef", "continuations", "gru", ("bach", "program"), "bach", "piece", 32)
    pair = Question("fedcba9876543210", "harmonisations", "gru", ("aaaa", "bbbb"), "bbbb", "other", 32)
    result = read_result(path, Answers("0" * 64, {}, (single, pair)))
    assert all(line.isprintable() for line in describe_verdict(verdict_on([result])))


def _trace_samples() -> list[bytes]:
    """The beginning of one of format 1, and a small one of format 2."""
    note = {"pitch": 60, "struck": True, "probability": 0.5, "entropy_bits": 1.5, "temperature": 0.8}
    shares = {"distribution": [[60, 0.5], [None, 0.5]], "raw": [[60, 1.0]], "taken": [[60, 0.5]], "attention": [0.5]}
    notes = [{"voice": voice, "origin": "model", **note, **shares} for voice in ("soprano", "alto", "tenor", "bass")]
    head = {"steps_per_beat": 4, "summary": {"again": "chorale continue song.mid"}}
    frames = [{"step": step, "tick": 120 * step, "origin": "model", "notes": notes} for step in range(4)]
    music = {"ticks_per_beat": 480, "tempos": [[0, 500000]], "bars": [[0, 1]], "notes": [[0, 0, 480, 60, 80]]}
    model = {"name": "gru", "sha256": "0" * 64, "voice_order": "any"}
    newer = {"model": model, "seed": 1, "style": "bach", "key": None, "music": music}
    made = [{"format": "chorale-trace/1", "model": "gru", **head}, {"format": "chorale-trace/2", **newer, **head}]
    return [json.dumps({**each, "frames": frames}, indent=1).encode() for each in made]


def _show(path: Path) -> None:
    from companion.visuals.page import page_of  # noqa: PLC0415
    from companion.visuals.reading import read_trace  # noqa: PLC0415
    from companion.visuals.shown import shown_trace  # noqa: PLC0415

    page_of(shown_trace(path.stem, read_trace(path)))


KINDS = {
    "midi": Kind(_midi_samples, OF_BYTES, _compose, ".mid"),
    "musicxml": Kind(_musicxml_samples, (*OF_BYTES, *OF_TEXT), _notate, ".musicxml"),
    "abc": Kind(lambda: _notation_samples("*.abc"), OF_TEXT, _notate, ".abc"),
    "logs": Kind(_log_samples, OF_TEXT, _recover_and_replay, ".jsonl"),
    "presets": Kind(_preset_samples, OF_TEXT, _load_preset, ".toml"),
    "models": Kind(_model_samples, OF_BYTES, _load_model, ".onnx"),
    "osc": Kind(_osc_samples, OF_BYTES, _hear, ".osc"),
    "traces": Kind(_trace_samples, OF_TEXT, _show, ".json"),
    "results": Kind(_result_samples, OF_TEXT, _score, ".json"),
}


@dataclass
class Outcome:
    """What came of the trials of a kind."""

    trials: int = 0
    refused: int = 0
    faults: list[str] = field(default_factory=list)  # tracebacks, and what took too long
    slowest_s: float = 0.0
    peak_mb: float = 0.0

    @property
    def is_good(self) -> bool:
        return not self.faults and self.peak_mb < MOST_MEGABYTES

    def row(self, name: str) -> str:
        numbers = (
            f"{self.trials:>7} {self.refused:>8} {len(self.faults):>7} {self.slowest_s:>9.2f} {self.peak_mb:>8.0f}"
        )
        return f"{name:<8} {numbers}"


def tried(name: str, first: int, count: int) -> Outcome:
    """The trials of a kind from a number on; where one does not end, its process is ended and another goes on."""
    outcome = Outcome()
    while outcome.trials < count:
        with _child(name, first + outcome.trials, count - outcome.trials) as lines:
            for line in lines:
                _add(outcome, json.loads(line), name)
            if outcome.trials < count:
                number = first + outcome.trials
                _add(outcome, {"fault": "never ended", "seconds": SILENT_SECONDS, "number": number}, name)
    return outcome


def _add(outcome: Outcome, row: dict[str, Any], name: str) -> None:
    outcome.peak_mb = max(outcome.peak_mb, row.get("peak_mb", 0.0))
    if "number" not in row:
        return
    outcome.trials += 1
    outcome.refused += row.get("refused", False)
    outcome.slowest_s = max(outcome.slowest_s, row["seconds"])
    slow = f"{row['seconds']:.1f} s" if row["seconds"] > MOST_SECONDS else ""
    if why := row.get("fault") or slow:
        outcome.faults.append(f"{name} {row['number']}: {why}")


@contextlib.contextmanager
def _child(name: str, first: int, count: int) -> Iterator[Iterator[str]]:
    """A process that makes these trials, and its lines until it is silent."""
    command = [sys.executable, "-m", "tests.stress.files", name, str(first), str(count)]
    process = subprocess.Popen(command, cwd=TESTS.parent, stdout=subprocess.PIPE, text=True)
    heard: queue.SimpleQueue[str] = queue.SimpleQueue()

    def listen() -> None:
        assert process.stdout is not None
        with process.stdout as out:
            for line in out:
                heard.put(line)
        heard.put("")

    ear = threading.Thread(target=listen)
    ear.start()

    def lines() -> Iterator[str]:
        with contextlib.suppress(queue.Empty):
            yield from iter(lambda: heard.get(timeout=SILENT_SECONDS), "")

    try:
        yield lines()
    finally:
        process.kill()
        process.wait()
        ear.join()


def _trial(kind: Kind, samples: list[bytes], number: int, folder: Path) -> dict[str, Any]:
    """One damaged file, read."""
    path = folder / f"jam-{number}{kind.suffix}"
    path.write_bytes(damaged(random.Random(number), samples, kind.ways))
    row: dict[str, Any] = {"number": number}
    begun_s = _processor_seconds()
    try:
        kind.work(path)
    except ChoraleError:
        row["refused"] = True
    except Exception as fault:
        place = traceback.extract_tb(fault.__traceback__)[-1]
        row["fault"] = f"{type(fault).__name__}: {str(fault)[:80]!r} in {Path(place.filename).name}:{place.lineno}"
    row["seconds"] = _processor_seconds() - begun_s
    path.unlink()
    return row


def _processor_seconds() -> float:
    """Of this process, and of those that it has waited for."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _work(name: str, first: int, count: int) -> None:
    """In the process that is measured: a line a trial, and at the end the memory."""
    kind = KINDS[name]
    samples = kind.samples()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(first, first + count):
            print(json.dumps(_trial(kind, samples, number, Path(folder))), flush=True)  # noqa: T201
    print(json.dumps({"peak_mb": _peak_megabytes()}), flush=True)  # noqa: T201


@cache
def _peak_megabytes() -> float:
    """Of this program, or one that it has waited for.

    Of this one alone: Linux counts to a process what its parent had, until asked for the program's own.
    """
    status = Path("/proc/self/status")
    if status.exists():
        import resource  # noqa: PLC0415 - not on Windows

        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        kib = max(int(line.split()[1]), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
        return kib * 1024 / 1_000_000
    return peak_megabytes() or 0.0


def main(words: list[str]) -> int:
    numbers = [int(word) for word in words if word.isdecimal()]
    names = [word for word in words if word in KINDS] or list(KINDS)
    count, first = (*numbers, TRIALS, 0)[:2] if numbers else (TRIALS, 0)
    sys.stdout.write("kind      trials  refused  faults slowest s  peak MB\n")
    outcomes = {}
    for name in names:
        outcomes[name] = tried(name, first if len(numbers) > 1 else 0, count)
        sys.stdout.write("\n".join([outcomes[name].row(name), *outcomes[name].faults[:20]]) + "\n")
        sys.stdout.flush()
    return int(not all(outcome.is_good for outcome in outcomes.values()))


if __name__ == "__main__":
    _work(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
