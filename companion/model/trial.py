"""A model file that nobody knows, first tried in a process of its own, which may take so much time and memory.

What would break, hang or fill this process does so there. A file that passed is remembered by its digest.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import signal
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from companion.errors import BadModel, one_line
from companion.files.folders import CACHE, user_folder
from companion.model.ending import under_way
from companion.model.features import CLOSE_STEPS, KEYS, Place
from companion.model.runtime import Model, model_of
from companion.model.state import aside
from companion.music.vocabulary import RANGES, VOICES, IntArray, canonical, strike
from companion.parent import end_with_parent

SECONDS = 10.0  # for a file to be loaded and played; the models that ship need half a second on a slow machine
MEGABYTES = 1000  # beyond what the process has before it loads anything; Linux alone holds it to that
BEGIN_SECONDS = 60.0  # for the process to begin
FRAMES = 48  # that it is given to play, and as many rows of any ids
EDITION = 2  # of this trial: what passed another one is tried again

_UNUSABLE = "not a usable ONNX model: loading it and playing some notes takes more than"


def try_model(content: bytes, digest: str) -> None:
    """BadModel where these bytes of a model file break what tries them, or take too much."""
    passed = _remembered(digest)
    if passed is not None and passed.exists():
        return
    if verdict := _verdict(content):
        raise BadModel(verdict)
    with contextlib.suppress(OSError):  # where there is no room for it, it is tried again
        if passed is not None:
            passed.parent.mkdir(parents=True, exist_ok=True)
            passed.touch()


def _remembered(digest: str) -> Path | None:
    """An empty file, once this trial was passed with this version of onnxruntime."""
    folder = user_folder(CACHE)
    return None if folder is None else folder / "models" / f"{digest}.{EDITION}.{ort.__version__}"


def _verdict(content: bytes) -> str:
    """What is wrong with the file, if anything is."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_judge, args=(content, there), name="chorale trial", daemon=True)
    process.start()
    there.close()
    trial = _Trial(process)
    under_way.add(trial)
    try:
        return _heard(here)
    except EOFError:
        process.join(1)
        how = f"it ends the program that loads it (code {process.exitcode})"
        return "its trial was ended" if trial.terminate else f"not a usable ONNX model: {how}"
    finally:
        under_way.discard(trial)
        process.kill()
        process.join()
        here.close()


def _heard(connection: Connection) -> str:
    """What the process says in its time."""
    if not connection.poll(BEGIN_SECONDS):
        return "its trial did not begin: this machine is too busy"
    connection.recv_bytes()
    return connection.recv_bytes().decode() if connection.poll(SECONDS) else f"{_UNUSABLE} {SECONDS:g} seconds"


class _Trial:
    """The process, with the flag by which a signal ends runs."""

    def __init__(self, process: BaseProcess) -> None:
        self._process, self._ended = process, False

    @property
    def terminate(self) -> bool:
        return self._ended

    @terminate.setter
    def terminate(self, ended: bool) -> None:
        self._ended = ended
        self._process.kill()


def _judge(content: bytes, connection: Connection) -> None:
    """The life of the process: says that it has begun, and then what is wrong."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who waits for it ends it
    end_with_parent()
    with contextlib.suppress(OSError):  # what a library says while it breaks
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    connection.send_bytes(b"")
    _limit()
    connection.send_bytes(_judged(content).encode(errors="replace"))


def _limit() -> None:
    """Holds this process to its time and memory, where the system can."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        resource: Any = importlib.import_module("resource")
        used = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + 2 * SECONDS),) * 2)
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEGABYTES * 1_000_000,) * 2)


def _judged(content: bytes) -> str:
    try:
        model = model_of(content, "")
        feed(model, made_up_rows(model))
    except Exception as error:
        cause = error.__cause__ or error
        is_memory = isinstance(cause, MemoryError) or "alloc" in str(cause)
        return f"{_UNUSABLE} {MEGABYTES:,} MB" if is_memory else one_line(error)
    return ""


def feed(model: Model, rows: IntArray) -> None:
    """Feeds rows ``[notes, width]`` to a model; BadModel where it cannot take them."""
    state = model.initial_state()
    for row in rows:
        logits, state = model.step(row, state)
        if not np.all(np.isfinite(logits)):
            raise BadModel("what it makes of real notes are no finite logits")
        for each in model.contract.asides:
            if not np.all(np.isfinite(aside(state, each.name))):
                raise BadModel(f"what it says of real notes beside its logits ({each.name}) are no finite numbers")


def made_up_rows(model: Model) -> IntArray:
    """``[notes, width]``: the features of four voices that sing at random, then any ids that features can have."""
    dice = np.random.default_rng(EDITION)
    shape = (FRAMES, len(VOICES))
    struck = dice.integers([strike(low) for low, _ in RANGES], [strike(high) + 1 for _, high in RANGES], shape)
    frames = canonical(np.where(dice.random(shape) < 0.5, dice.integers(0, 2, shape), struck).astype(np.int32))
    closes, keys = dice.integers(-1, CLOSE_STEPS + 8, FRAMES), dice.integers(0, KEYS, FRAMES)
    place = Place.of(np.arange(FRAMES), closes, keys)
    sung = model.row.of_pieces(frames, place, np.broadcast_to(np.arange(len(VOICES)), shape))
    ends = np.append(model.row.offsets[1:], model.row.rows)
    wild = dice.integers(model.row.offsets, ends, (FRAMES, model.row.width))
    rows: IntArray = np.concatenate([sung.reshape(-1, model.row.width), wild]).astype(np.int32)
    return rows
