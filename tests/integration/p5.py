"""p5.js for a sketch that is tested: fetched from npm's registry when it is needed, and kept in no repository."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import urllib.request
from pathlib import Path

import pytest

PATIENCE_S = 60.0
# version → what the registry says of its package
KNOWN = {
    "1.11.10": "lFe18Af+SUxyZyPkgza0DYhIV+Ymr1oD4w6Y0Bjhbi5TCaIktRys8xu847eH7epL/GZ1jATFekqW71/v4PvNGA==",
    "2.3.4": "bU5oNunn4L51hFu3+b6+zAQj+sPIlVyY0JmUCjABVytYwjNwf06EKFiLQgU70z5HPW58qTHRf5G8vM8gNtfbng==",
}


def registry() -> str:
    """Where npm takes packages from: as it is told, else its usual place."""
    named = os.environ.get("NPM_CONFIG_REGISTRY", "")
    if not named and (npm := shutil.which("npm")):
        asked = subprocess.run([npm, "config", "get", "registry"], capture_output=True, text=True, check=False)
        named = asked.stdout.strip()
    return (named if named.startswith("http") else "https://registry.npmjs.org").rstrip("/")


def need_p5(version: str, place: Path) -> None:
    """p5.min.js, put at a place; skips where it cannot be had, or fails where CI_PEERS says that all must be."""
    address = f"{registry()}/p5/-/p5-{version}.tgz"
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE_S) as answer:
            package = answer.read()
    except OSError as fault:
        reason = f"no p5.js from {address}: {fault}"
        if os.environ.get("CI_PEERS") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    assert base64.b64encode(hashlib.sha512(package).digest()).decode() == KNOWN[version]
    with tarfile.open(fileobj=io.BytesIO(package)) as packed:
        script = packed.extractfile("package/lib/p5.min.js")
        assert script is not None
        place.write_bytes(script.read())
