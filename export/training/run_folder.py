"""The folder of a run: one process writes in it, every file is whole or as it was, and faults name the file."""

from __future__ import annotations

import csv
import importlib
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from companion.errors import BadSetting, one_line
from companion.files.locking import flock
from companion.files.writing import write_output

if TYPE_CHECKING:
    import keras

SETTINGS_FILE, STATE_FILE, HISTORY_FILE, LOCK_FILE = "settings.json", "state.json", "history.csv", ".lock"
HISTORY_COLUMNS = ("epoch", "train_nll", "valid_nll", "seconds")
RUN_KEYS = {"epoch", "best", "best_epoch", "seconds"}


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """The folder, made if need be, is this process's alone meanwhile; the system lets it go with the process.

    BadSetting: another one trains there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK_FILE).open("ab") as file:
        if not _lock(file):
            raise BadSetting(f"another fit is training in {folder}; wait for it, or choose another --run")
        yield


def _lock(file: IO[bytes]) -> bool:
    """False where another process has it; a drive that knows no locks locks nobody out."""
    if (is_ours := flock(file)) is not None:
        return is_ours
    msvcrt: Any = importlib.import_module("msvcrt")
    try:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    except OSError as error:
        return not isinstance(error, PermissionError)
    return True


def read_json(path: Path, keys: set[str]) -> dict[str, Any]:
    """An object with these keys at least; ValueError names the file that holds none."""
    try:
        values = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise damaged(path, error) from None
    if not isinstance(values, dict) or not keys <= set(values):
        raise damaged(path, f"it does not say {', '.join(sorted(keys))}")
    return values


def damaged(path: Path, why: object) -> ValueError:
    """What to say of a file that cannot be read."""
    return ValueError(f"{path} is damaged ({one_line(why):.120}); train anew in another --run")


def write_json(path: Path, values: dict[str, Any]) -> None:
    """In one move."""
    write_output(path, json.dumps(values, indent=1).encode(), force=True)


def read_state(folder: Path) -> dict[str, Any]:
    """How far a run has come: epoch, best, best_epoch, seconds."""
    path = folder / STATE_FILE
    state = read_json(path, RUN_KEYS)
    if not all(isinstance(state[key], int | float) for key in RUN_KEYS):
        raise damaged(path, "it holds no numbers")
    return state


def read_history(folder: Path) -> list[dict[str, float]]:
    """A row an epoch, of HISTORY_COLUMNS; none where there is no file yet."""
    path = folder / HISTORY_FILE
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
        return [{name: float(row[name]) for name in HISTORY_COLUMNS} for row in rows]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError, KeyError, csv.Error) as error:
        raise damaged(path, error) from None


def note_epoch(folder: Path, row: Sequence[float]) -> None:
    """Adds a row to the history; what a run that was killed had noted of this epoch and later ones goes."""
    rows = [list(old.values()) for old in read_history(folder) if old["epoch"] < row[0]]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HISTORY_COLUMNS)
    writer.writerows([f"{epoch:.0f}", f"{a:.5f}", f"{b:.5f}", f"{s:.0f}"] for epoch, a, b, s in [*rows, row])
    write_output(folder / HISTORY_FILE, text.getvalue().encode(), force=True)


def save_weights(model: keras.Model, path: Path) -> None:
    """In one move: a run that is stopped meanwhile keeps what it had."""
    part = path.with_name(f"part.{path.name}")
    try:
        model.save_weights(part)
        part.replace(path)
    except (OSError, RuntimeError) as error:
        part.unlink(missing_ok=True)
        raise OSError(f"cannot write {path}: {one_line(error):.160}") from error


def load_weights(model: keras.Model, path: Path) -> None:
    """ValueError names a file that holds none for this model."""
    try:
        model.load_weights(path)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise damaged(path, error) from error
