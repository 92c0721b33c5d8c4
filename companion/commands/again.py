"""The words by which a command makes the same file again: what was typed, with the dice that were thrown."""

from __future__ import annotations

import inspect
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path, PurePath
from typing import Any, get_args

from companion.controls.settings import Settings
from companion.errors import one_line

_NAMED = ("seed", "model", "style")  # always told: what is usual may change
_IN_A_NAME = frozenset(["under"])  # in that of the model
# What says nothing of the music: where files stand, how it is shown, and how many are made.
_WHERE = frozenset(["out", "trace", "wav", "soundfont", "force", "out_dir", "variations", "png", "svg", "pdf"])
_SHOWN = frozenset(["quiet", "plain", "fast", "sound"])
_PLAIN_WORD = r"(?a)[\w@%+=:,./#-]+"

_running: ContextVar[tuple[str, ...]] = ContextVar("running", default=())  # the command, and the options of its music


def remember(command: str, parameters: Iterable[inspect.Parameter], given: Mapping[str, Any]) -> None:
    """A command begins, with these values of its parameters."""
    said = (
        word
        for parameter in parameters
        if parameter.name not in {*_NAMED, *_IN_A_NAME, *_WHERE, *_SHOWN} and given[parameter.name] != parameter.default
        for word in _words(parameter, given[parameter.name])
    )
    _running.set((command, *said))


def again(settings: Settings, source: str) -> str:
    """The command that runs now, in a line for any shell; of the machine's paths only the files' names.

    source: the name of the file that it works on; empty where there is none.
    """
    command, *said = _running.get() or ("",)
    named = ("--seed", str(settings.seed), "--model", PurePath(settings.model).name, "--style", settings.style)
    words = ("chorale", command, source, *named, *said)
    return " ".join(_quoted(one_line(word)) for word in words if word)


def _words(parameter: inspect.Parameter, value: Any) -> Iterator[str]:
    """As it is typed; nothing of what has no name, as the files."""
    options = [name for info in get_args(parameter.annotation)[1:] for name in _names(info) if name.startswith("--")]
    if not options:
        return
    on, _, off = options[0].partition("/")
    if isinstance(value, bool):
        yield on if value else off or on
        return
    for one in value if isinstance(value, (list, tuple)) else [value]:
        yield from (on, one.name if isinstance(one, Path) else str(one))


def _names(option: Any) -> Iterator[str]:
    """Of an option of typer's; in an annotation its first name stands in the place of its default."""
    for name in (getattr(option, "default", None), *(getattr(option, "param_decls", None) or ())):
        if isinstance(name, str):
            yield name


def _quoted(word: str) -> str:
    """In double quotes, which every shell knows, unless there is something in it that they do not hold."""
    if re.fullmatch(_PLAIN_WORD, word):
        return word
    return shlex.quote(word) if re.search(r'["$`\\!]', word) else f'"{word}"'
