"""What the description says, held against the service: asked what it allows, and what it does not, by schemathesis."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.served import served

from companion.serve.openapi import description
from companion.serve.parameters import PARAMETERS

pytestmark = pytest.mark.slow

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
CHECKS = (
    *("not_a_server_error", "status_code_conformance", "response_schema_conformance", "content_type_conformance"),
    *("negative_data_rejection", "ignored_auth", "unsupported_method", "missing_required_header", "use_after_free"),
)
SECONDS = 25  # of asking


def test_the_service_does_what_its_description_says(tmp_path: Path) -> None:
    with served(tmp_path, wish_seconds=2.0) as service:
        command = [
            *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
            *("--config-file", str(CONFIGURATION), "run", f"{service.address}openapi.json", "--no-color"),
            *("--header", f"Authorization: Bearer {service.token}", "--checks", ",".join(CHECKS), "--seed", "1"),
            *("--phases", "coverage,fuzzing,stateful", "--max-examples", "4", "--max-time", str(SECONDS)),
            *("--request-timeout", str(SECONDS)),
        ]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=10 * SECONDS, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        (cases,) = re.findall(r"(\d+) generated", done.stdout)
        assert int(cases) > 50  # five hundred, where nothing else runs
        assert service.ask("POST", "/v1/continue", b"MThd").status == 422  # it is there still


def test_every_parameter_is_described() -> None:
    told = description(["bach", "gru"])
    for what, parameters in PARAMETERS.items():
        described = {row["name"]: row for row in told["paths"][f"/v1/{what}"]["post"]["parameters"]}
        assert set(described) == {*(one.name for one in parameters), "name", "Prefer"}
        assert described["temperature"]["schema"]["anyOf"][0] == {"type": "number", "minimum": 0, "maximum": 10}
        assert described["model"]["schema"]["enum"] == ["bach", "gru"]
        assert described["bars"].get("required", False) == (what == "rewrite")
    bars = {row["name"]: row for row in told["paths"]["/v1/continue"]["post"]["parameters"]}["bars"]
    assert bars["schema"] == {"type": "integer", "minimum": 1, "maximum": 1000}
