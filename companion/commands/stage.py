"""The stage, as it is asked for on the command line."""

from __future__ import annotations

import inspect

from companion.commands.options import Said, parameter
from companion.controls.kinds import NetworkPlace, from_text
from companion.errors import BadSetting
from companion.stage.place import StagePlace


def stage_options() -> list[inspect.Parameter]:
    """Of what shows a jam."""
    at = "Where it is served (a port, or host:port for other machines to look on). Default: any free port here."
    return [
        parameter("stage", bool, "Show the jam as it happens, on a page for a projector.", "stage"),
        parameter("stage_at", str, at, "stage-at", metavar="PLACE"),
        parameter("opens", bool, "Open that page in the browser.", "open/--no-open"),
    ]


def stage_place(said: Said) -> StagePlace | None:
    """Where the jam is to be shown; None: nowhere.

    Raises:
        BadSetting: the place is none, or nothing is to be shown.
    """
    if not said.get("stage", "stage_at" in said):
        if "opens" in said:
            raise BadSetting("--open and --no-open are of the stage: say --stage, too")
        return None
    opens = said.get("opens", True)
    if "stage_at" not in said:
        return StagePlace(opens=opens)
    kind = NetworkPlace()
    try:
        place = kind.read(from_text(kind, said["stage_at"]))
    except ValueError:
        raise BadSetting(f"--stage-at must be {kind.words()}, not {said['stage_at']!r}") from None
    return StagePlace(place.host, place.port, opens)
