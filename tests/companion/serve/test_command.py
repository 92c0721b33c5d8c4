"""``chorale serve`` as it is typed: what is wrong with it is one line."""

from __future__ import annotations

import errno
import os
import socket
import stat
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
from support.programs import Command

from companion.errors import BadSetting, NoPort
from companion.serve import command as commands
from companion.serve.gate import allowed_origins
from companion.serve.server import bound_socket
from companion.serve.token_file import kept_token
from companion.stage.place import is_asked_here


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--port", "70000"), "chorale: --port must be from 1 to 65535, or 0 for any that is free, not 70000"),
        (("--queue", "0"), "chorale: --queue must be from 1 to 1000, not 0"),
        (("--seconds", "0.5"), "chorale: --seconds must be from 1 to 3600, not 0.5"),
        (("--allow-origin", "*"), "chorale: --allow-origin must be like https://example.org or http://localhost:3000"),
        (("--host", "no.such.host.invalid"), "chorale: service cannot use no.such.host.invalid:0 ("),
        (("--token-file", "/dev/null/x"), "chorale: cannot write the token to /dev/null/x: "),
    ],
)
def test_what_cannot_be_is_one_line(words: tuple[str, ...], told: str, chorale: Command, tmp_path: Path) -> None:
    done = chorale("serve", "--port", "0", "--token-file", str(tmp_path / "token"), *words)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(told)
    assert done.err.count("\n") == 1


def test_a_port_that_is_taken(chorale: Command, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = chorale("serve", "--port", str(port), "--token-file", str(tmp_path / "token"))
    assert done.code == 1
    assert done.err == (
        f"chorale: service port {port} is taken by another program, or another companion; choose another with --port\n"
    )


def test_a_port_that_is_not_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> socket.socket:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(socket, "create_server", refuse)  # who runs the tests may be allowed
    with pytest.raises(NoPort) as caught:
        bound_socket("127.0.0.1", 80)
    assert str(caught.value) == "service port 80 is not allowed here; choose one above 1023 with --port"


def test_without_its_libraries_it_says_what_to_install(chorale: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def found(name: str) -> ModuleSpec | None:
        return None if name == "uvicorn" else ModuleSpec(name, None)

    monkeypatch.setattr(commands, "find_spec", found)
    done = chorale("serve")
    assert (done.code, done.err) == (1, "chorale: to be asked over HTTP: pip install 'chorale-companion[serve]'\n")


@pytest.mark.skipif(os.name != "posix", reason="files have no such rights there")
def test_a_token_that_others_may_read_is_none(tmp_path: Path) -> None:
    file = tmp_path / "new" / "token"
    token = kept_token(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert kept_token(file) == token
    file.chmod(0o644)
    with pytest.raises(BadSetting, match="others may read the token"):
        kept_token(file)
    file.chmod(0o600)
    file.write_text("short")
    with pytest.raises(BadSetting, match="holds no token of ours"):
        kept_token(file)
    with pytest.raises(BadSetting, match="it is a folder"):
        kept_token(tmp_path)


def test_origins_are_as_browsers_say_them() -> None:
    assert allowed_origins(["HTTP://Localhost:3000/", "null", "https://a.example", "null"]) == (
        "http://localhost:3000",
        "null",
        "https://a.example",
    )
    for text in ("example.org", "https://a.example/page", "*", "https://", "http://a b"):
        with pytest.raises(BadSetting):
            allowed_origins([text])


@pytest.mark.parametrize(
    ("asked", "host", "port", "is_here"),
    [
        ("127.0.0.1:8730", "127.0.0.1", 8730, True),
        ("LocalHost:8730", "127.0.0.1", 8730, True),
        ("127.0.0.1", "127.0.0.1", 80, True),
        ("[::1]", "::1", 80, True),
        ("192.168.1.7:8730", "0.0.0.0", 8730, True),
        ("[fe80::1]:8730", "::", 8730, True),
        ("127.0.0.1:1", "127.0.0.1", 8730, False),
        ("evil.example:8730", "127.0.0.1", 8730, False),
        ("bad.cafe:8730", "0.0.0.0", 8730, False),  # nothing but hexadecimal digits
        ("", "127.0.0.1", 80, False),
    ],
)
def test_names_that_others_gave_to_this_machine_are_none(asked: str, host: str, port: int, is_here: bool) -> None:
    assert is_asked_here(asked, host, port) == is_here
