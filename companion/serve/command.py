"""``chorale serve``: what was typed, checked, and what is said of it."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from companion.controls.kinds import LOOPBACK
from companion.errors import BadSetting, MissingExtra
from companion.frozen import ways_to_get
from companion.screen.say import is_terminal, say

LONGEST_QUEUE, MOST_WISH_SECONDS = 1000, 3600


def can_serve() -> bool:
    """Whether the server is installed."""
    return all(find_spec(name) for name in ("starlette", "uvicorn"))


def serve_as_asked(
    port: Annotated[int, typer.Option("--port", help="The port that hosts ask at.")] = 8730,
    host: Annotated[
        str, typer.Option("--host", help="Where it is served; any other than this lets other machines ask.")
    ] = LOOPBACK,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option("--allow-origin", help="A web page's origin that may ask, too; may be given more than once."),
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option("--token-file", help="Where the token is kept. Default: in your settings' folder.")
    ] = None,
    waiting: Annotated[int, typer.Option("--queue", help="How many jobs may wait (1 to 1000).")] = 16,
    seconds: Annotated[float, typer.Option("--seconds", help="The longest that a job may take (1 to 3600).")] = 120,
) -> None:
    """Let any host on this machine ask over HTTP: continue, harmonise, rewrite."""
    if not can_serve():
        raise MissingExtra(f"to be asked over HTTP: {ways_to_get('serve')}")
    from companion.serve.gate import allowed_origins  # noqa: PLC0415 - needs the extra
    from companion.serve.server import ServiceOptions, Serving, run_service  # noqa: PLC0415
    from companion.serve.token_file import usual_token_file  # noqa: PLC0415

    if not 0 <= port <= 65535:
        raise BadSetting(f"--port must be from 1 to 65535, or 0 for any that is free, not {port}")
    if not host.strip():
        raise BadSetting("--host must be an address or a name of this machine, not an empty one")
    if not 1 <= waiting <= LONGEST_QUEUE:
        raise BadSetting(f"--queue must be from 1 to {LONGEST_QUEUE}, not {waiting}")
    if not 1 <= seconds <= MOST_WISH_SECONDS:
        raise BadSetting(f"--seconds must be from 1 to {MOST_WISH_SECONDS}, not {seconds:g}")
    file = token_file or usual_token_file()
    options = ServiceOptions(file, host, port, allowed_origins(allow_origin or []), waiting, seconds)

    def begun(serving: Serving) -> None:
        """The token is shown to a person alone; what is piped may be kept where others read it."""
        shown = f"{serving.address}#{serving.token}" if is_terminal(sys.stdout) else serving.address
        others = [] if host in (LOOPBACK, "localhost", "::1") else ["other machines of the network may ask"]
        say(f"serving at {shown}", f"the token is in {file}", *others, "Ctrl-C ends it")

    run_service(options, begun)
