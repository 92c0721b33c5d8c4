"""``chorale serve``: what was typed, checked, and what is said of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from companion.controls.kinds import LOOPBACK
from companion.errors import BadSetting, MissingExtra
from companion.screen.say import is_terminal, say

LONGEST_QUEUE, MOST_WISH_SECONDS = 1000, 3600
_LIBRARIES = ("starlette", "uvicorn")


def serve_as_asked(
    port: int, host: str, origins: Sequence[str], token_file: Path | None, waiting: int, seconds: float
) -> None:
    """Serves until it is told to end.

    Raises:
        BadSetting, NoPort: it cannot be served so.
        MissingExtra: the server is not installed.
    """
    if not all(find_spec(name) for name in _LIBRARIES):
        raise MissingExtra("to be asked over HTTP: pip install 'chorale-companion[serve]'")
    from companion.serve.gate import allowed_origins  # noqa: PLC0415 - needs the extra
    from companion.serve.server import ServiceOptions, Serving, run_service  # noqa: PLC0415
    from companion.serve.token_file import usual_token_file  # noqa: PLC0415

    if not 0 <= port <= 65535:
        raise BadSetting(f"--port must be from 1 to 65535, or 0 for any that is free, not {port}")
    if not 1 <= waiting <= LONGEST_QUEUE:
        raise BadSetting(f"--queue must be from 1 to {LONGEST_QUEUE}, not {waiting}")
    if not 1 <= seconds <= MOST_WISH_SECONDS:
        raise BadSetting(f"--seconds must be from 1 to {MOST_WISH_SECONDS}, not {seconds:g}")
    file = token_file or usual_token_file()
    options = ServiceOptions(file, host, port, allowed_origins(origins), waiting, seconds)

    def begun(serving: Serving) -> None:
        """The token is shown to a person alone; what is piped may be kept where others read it."""
        shown = f"{serving.address}#{serving.token}" if is_terminal(sys.stdout) else serving.address
        others = [] if host in (LOOPBACK, "localhost", "::1") else ["other machines of the network may ask"]
        say(f"serving at {shown}", f"the token is in {file}", *others, "Ctrl-C ends it")

    run_service(options, begun)
