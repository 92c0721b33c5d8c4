"""Where the stage is served."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

from companion.controls.kinds import LOOPBACK

ANY_HOSTS = ("0.0.0.0", "::")
_HTTP_PORT = 80  # which a browser does not name


@dataclass(frozen=True)
class StagePlace:
    """A host's name or number on this machine, and a port."""

    host: str = LOOPBACK  # any other lets other machines of the network look on
    port: int = 0  # 0: any that is free
    opens: bool = True  # the browser of this machine, by itself


def is_asked_here(asked: str, host: str, port: int) -> bool:
    """Whether a browser that asks this Host believes to be here: names that others have given to this machine are none.

    asked: the header, a name and a port; host, port: where we serve.
    """
    name, sign, number = asked.lower().rpartition(":")
    if not sign or number.endswith("]"):
        name, number = asked.lower(), str(_HTTP_PORT)
    if number != str(port):
        return False
    name = name.removeprefix("[").removesuffix("]")
    if host in ANY_HOSTS:
        return name == "localhost" or _is_number(name)
    return name in (host.lower(), LOOPBACK if host == "localhost" else "localhost")


def _is_number(name: str) -> bool:
    """Not a name: bad.cafe could be anybody's."""
    try:
        return bool(ip_address(name))
    except ValueError:
        return False


def bracketed(host: str) -> str:
    """A host as it stands in an address."""
    return f"[{host}]" if ":" in host else host
