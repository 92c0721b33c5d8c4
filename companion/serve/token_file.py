"""The token, in a file that only the user can read; the same one until the file is removed.

On Windows nobody but the user and administrators can read what stands in a user's own folder, by what the folder hands
on to its files; there is nothing more to be set there, and nothing is checked.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import sys
from pathlib import Path

from companion.errors import BadSetting, one_line
from companion.files.folders import SETTINGS, user_folder
from companion.files.opening import read_file

TOKEN_NAME = "serve.token"
_BYTES = 32
_MOST_BYTES = 1000
_TOKEN = r"(?a)[\w-]{32,}"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def usual_token_file() -> Path:
    """In the user's folder of settings; BadSetting where this user has none."""
    folder = user_folder(SETTINGS)
    if folder is None:
        raise BadSetting("this user has no home to keep the token in; name a file with --token-file")
    return folder / TOKEN_NAME


def kept_token(path: Path) -> str:
    """The token of a file, which is made where there is none.

    Raises:
        BadSetting: it cannot be made or read, holds something else, or others may read it.
    """
    if os.path.lexists(path):
        return _read(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        token = secrets.token_urlsafe(_BYTES)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(f"{token}\n")
        return token
    except OSError as fault:
        raise BadSetting(f"cannot write the token to {one_line(path)}: {fault.strerror or fault}") from None


def _read(path: Path) -> str:
    token = read_file(path, _MOST_BYTES, BadSetting).decode("ascii", "replace").strip()
    if not re.fullmatch(_TOKEN, token):
        raise BadSetting(f"{one_line(path)} holds no token of ours; remove it, or name another with --token-file")
    status = path.stat()
    if sys.platform != "win32" and (status.st_mode & _OTHERS or status.st_uid != os.getuid()):
        raise BadSetting(f"others may read the token in {one_line(path)}; remove it, and a new one is made")
    return token
