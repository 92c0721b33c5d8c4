"""``chorale bench``: everything that is measured, as lines or as JSON."""

from __future__ import annotations

import json

from companion.bench import frames, jam, keys
from companion.sampling.styles import style
from companion.screen.terminal import progress_bar


def bench_report(model: str, style_name: str, count: int, notebook: bool, with_jam: bool, as_json: bool) -> str:
    """Measures so many frames, and a jam where it is asked for; what to print."""
    with progress_bar("timing frames", count, hidden=as_json) as tell:
        result = frames.bench(model, style(style_name), count, notebook, tell)
    lines = frames.describe(result)
    if with_jam:
        with progress_bar("jamming", jam.total_steps(), hidden=as_json) as tell:
            result |= jam.bench_jam(model, progress=tell)
        result["jam"]["harmony_ms"] = keys.time_keys(model)
        lines += jam.describe_jam(result)
    return json.dumps(result) if as_json else "\n".join(lines)
