"""The service on real sockets, with the real process behind it: what comes back, and with which status."""

from __future__ import annotations

import io
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import mido
import pytest
from support.programs import Command
from support.schema import breaches
from support.served import LATER, LONG, NOTES, PATIENCE_S, Asking, served

from companion.files.midi import MOST_BYTES
from companion.serve.server import MOST_CONNECTIONS
from companion.serve.wish import MIDI_TYPE, NOTES_TYPE, TRACE_TYPE

HOME = Path(__file__).parents[3]
GOLDEN = HOME / "tests" / "golden"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    with served(tmp_path_factory.mktemp("serve"), origins=("https://example.org",), most_waiting=3) as one:
        yield one


def until_state(service: Asking, place: str, *states: str) -> Any:
    """What is known of a job as soon as it is in one of these states."""
    until_s = time.monotonic() + PATIENCE_S
    while (told := service.ask("GET", place).json)["state"] not in states:
        assert time.monotonic() < until_s, told
    return told


def begin(service: Asking, **query: Any) -> str:
    """Where a job is that was begun."""
    came = service.ask("POST", "/v1/continue", NOTES, LATER, **query)
    assert came.status == 202
    assert came.json["state"] == "waiting"
    return came.headers["location"]


# The music


@pytest.mark.parametrize(
    ("what", "file", "words", "query"),
    [
        ("continue", "eminor.mid", ("--bars", "4", "--top-p", "0.9"), {"bars": 4, "top_p": "0.9"}),
        ("harmonise", "lyrics.mid", ("--key", "G", "--program", "organ"), {"key": "G", "program": "organ"}),
        (
            "rewrite",
            "sustain_chords.mid",
            ("--bars", "1", "--voice-temperature", "bass=0.5", "--voice-temperature", "alto=1"),
            {"bars": "1", "voice_temperature": ["bass=0.5", "alto=1"]},
        ),
    ],
)
def test_the_music_is_that_of_the_command(
    what: str, file: str, words: tuple[str, ...], query: dict[str, Any],
    service: Asking, chorale: Command, tmp_path: Path,
) -> None:  # fmt: skip
    out = tmp_path / "out.mid"
    done = chorale(what, str(GOLDEN / file), "--seed", "7", *words, "-o", str(out))
    assert done.code == 0, done
    came = service.ask("POST", f"/v1/{what}", (GOLDEN / file).read_bytes(), name=file, seed=7, **query)
    assert came.status == 200, came.body
    assert came.headers["content-type"] == MIDI_TYPE
    assert came.body == out.read_bytes()


def test_notes_come_back_as_notes_and_can_be_sent_again(service: Asking) -> None:
    came = service.ask("POST", "/v1/harmonise", NOTES, seed=1)
    assert came.headers["content-type"] == NOTES_TYPE
    given = [note for note in came.json["notes"] if note["origin"] == "seed"]
    assert [(note["pitch"], note["start"], note["duration"]) for note in given] == [
        (note["pitch"], note["start"], note["duration"]) for note in NOTES["notes"]
    ]
    assert {note["voice"] for note in came.json["notes"]} == {"soprano", "alto", "tenor", "bass"}
    assert came.json["summary"]["again"].startswith("chorale harmonise music.mid --seed 1 ")
    again = service.ask("POST", "/v1/rewrite", came.json, bars="1", voices="tenor", seed=2)
    assert again.status == 200, again.body
    assert [note for note in again.json["notes"] if note["voice"] != "tenor"] == [
        {**note, "origin": "seed"} for note in came.json["notes"] if note["voice"] != "tenor"
    ]


def test_accept_says_what_comes_back(service: Asking) -> None:
    midi = service.ask("POST", "/v1/harmonise", NOTES, {"Accept": "audio/*;q=0.5"}, seed=1)
    assert len(mido.MidiFile(file=io.BytesIO(midi.body)).tracks) == 4
    assert midi.headers["content-disposition"] == 'attachment; filename="music-harmonised.mid"'
    trace = service.ask("POST", "/v1/harmonise", NOTES, {"Accept": TRACE_TYPE}, seed=1)
    schema = json.loads((HOME / "docs" / "trace.schema.json").read_text("utf-8"))
    assert breaches(trace.json, schema) == []
    other = service.ask("POST", "/v1/harmonise", NOTES, {"Accept": "image/png"})
    assert (other.status, "audio/midi" in other.error) == (406, True)


def test_models_styles_and_health(service: Asking) -> None:
    assert {"bach", "gru", "melody-lookback"} <= {row["name"] for row in service.ask("GET", "/v1/models").json}
    assert [row["name"] for row in service.ask("GET", "/v1/styles").json] == ["bach", "free", "wild"]
    assert service.ask("GET", "/v1/health", headers={"Authorization": ""}).json["status"] == "ok"


# Who may ask


def test_nobody_without_the_token_and_no_page_from_elsewhere(service: Asking) -> None:
    for given in ("", "Bearer x", f"Basic {service.token}", "Bearer \xfc"):
        came = service.ask("POST", "/v1/continue", NOTES, {"Authorization": given})
        assert (came.status, came.headers["www-authenticate"]) == (401, "Bearer")
        assert "token" in came.error
    assert service.ask("GET", "/v1/health", headers={"Origin": "https://evil.example"}).status == 403
    assert service.ask("GET", "/v1/health", headers={"Origin": "null"}).status == 403
    assert service.ask("GET", "/v1/health", headers={"Host": f"evil.example:{service.place[1]}"}).status == 421
    own = f"http://{service.place[0]}:{service.place[1]}"
    assert service.ask("GET", "/v1/styles", headers={"Origin": own}).status == 200


def test_an_origin_that_is_allowed_is_told_so(service: Asking) -> None:
    origin = {"Origin": "https://example.org"}
    asked = {**origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    before = service.ask("OPTIONS", "/v1/continue", headers={**asked, "Authorization": ""})
    assert (before.status, before.headers["access-control-allow-origin"]) == (200, "https://example.org")
    came = service.ask("GET", "/v1/styles", headers=origin)
    assert (came.status, came.headers["access-control-allow-origin"]) == (200, "https://example.org")


# Bad input


@pytest.mark.parametrize(
    ("body", "query", "status", "told"),
    [
        (b"not MIDI at all", {}, 422, "MIDI"),
        (b"", {}, 400, "no body"),
        ({"notes": []}, {}, 422, "notes"),
        ({"notes": [{"pitch": 200, "start": 0, "duration": 1}]}, {}, 422, "notes[0].pitch must be a whole number"),
        (NOTES, {"model": "nobody"}, 422, "known: attention-gru"),
        (NOTES, {"model": "/etc/passwd"}, 422, "known: attention-gru"),
        (NOTES, {"model": "melody-basic+../x.onnx"}, 422, "known: attention-gru"),
        (NOTES, {"under": "x.onnx", "model": "melody-basic"}, 422, "known: attention-gru"),
        (NOTES, {"style": "jazz"}, 422, "style must be one of bach, free, wild"),
        (NOTES, {"key": "H sharp"}, 422, "key must be a key such as"),
        (NOTES, {"temperature": 11}, 422, "temperature must be from 0 to 10 or auto, not 11"),
        (NOTES, {"bars": 0}, 422, "bars must be from 1 to 1000, not 0"),
        (NOTES, {"bars": "many"}, 422, "bars must be a whole number"),
        (NOTES, {"colour": "red"}, 422, "no parameter 'colour'"),
        (NOTES, {"seed": [1, 2]}, 422, "seed is said 2 times"),
        (NOTES, {"name": ""}, 422, "name"),
    ],
)
def test_bad_input_is_one_line(service: Asking, body: Any, query: dict[str, Any], status: int, told: str) -> None:
    came = service.ask("POST", "/v1/continue", body, **query)
    assert came.status == status, came.body
    assert told in came.error


def test_broken_json_and_other_kinds(service: Asking) -> None:
    for body in (b"{", b'{"notes": [' * 100_000, b"\xff", b""):
        came = service.ask("POST", "/v1/harmonise", body, {"Content-Type": "application/json"})
        assert came.status == 400
        assert came.error
    for kind in ("", "application/x-www-form-urlencoded", "audio/wav"):
        came = service.ask("POST", "/v1/harmonise", b"MThd", {"Content-Type": kind})
        assert came.status == 415
        assert "audio/midi" in came.error
    assert "bars" in service.ask("POST", "/v1/rewrite", NOTES).error
    assert service.ask("GET", "/nowhere").error == "there is nothing here; /openapi.json says what there is"
    other = service.ask("PUT", "/v1/continue", NOTES)
    assert (other.status, other.headers["allow"]) == (405, "POST")
    assert other.error == "/v1/continue does not take PUT"


def head(service: Asking, *lines: str) -> bytes:
    told = ("POST /v1/continue HTTP/1.1", f"Host: {service.place[0]}:{service.place[1]}", *lines)
    return (
        "\r\n".join((*told, f"Authorization: Bearer {service.token}", "Content-Type: audio/midi")) + "\r\n\r\n"
    ).encode()


def test_what_says_that_it_is_too_large_is_not_waited_for(service: Asking) -> None:
    came = service.say(head(service, "Content-Length: 1000000000"))
    assert came.status == 413
    assert came.error == "the body is larger than 4 MB"


def test_what_turns_out_too_large_is_refused_while_it_comes(service: Asking) -> None:
    chunk = b"10000\r\n" + bytes(0x10000) + b"\r\n"
    came = service.say(head(service, "Transfer-Encoding: chunked") + chunk * (MOST_BYTES // 0x10000 + 2))
    assert came.status == 413
    assert came.error == "the body is larger than 4 MB"


def test_a_fault_is_read_by_whoever_is_still_sending(service: Asking) -> None:
    came = service.ask("POST", "/v1/continue", bytes(3_000_000), {"Authorization": ""})
    assert came.status == 401


def test_a_body_that_does_not_come_is_not_waited_for(service: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("companion.serve.bodies.BODY_SECONDS", 0.1)
    came = service.say(head(service, "Content-Length: 10"))
    assert (came.status, came.error) == (408, "the body did not arrive within 0.1 seconds")


def test_who_holds_all_lines_is_the_only_one_to_be_refused(service: Asking) -> None:
    with ExitStack() as lines:
        for _ in range(MOST_CONNECTIONS):
            lines.enter_context(socket.create_connection(service.place, PATIENCE_S))
        assert service.ask("GET", "/v1/health").status == 503
    until_s = time.monotonic() + PATIENCE_S
    while service.ask("GET", "/v1/health").status != 200:
        assert time.monotonic() < until_s


# Jobs


def test_a_job_tells_how_far_it_is_and_is_kept(service: Asking) -> None:
    place = begin(service, bars=24, seed=3)
    with socket.create_connection(service.place, PATIENCE_S) as line:
        request = f"GET {place}/events HTTP/1.1\r\nHost: {service.place[0]}:{service.place[1]}\r\n"
        line.sendall(f"{request}Authorization: Bearer {service.token}\r\nConnection: close\r\n\r\n".encode())
        with line.makefile("rb") as stream:
            told = stream.read().decode()
    assert "content-type: text/event-stream" in told
    rows = [
        json.loads(row.partition("{")[1] + row.partition("{")[2].partition("\n")[0]) for row in told.split("data: ")[1:]
    ]
    states = list(dict.fromkeys(row["state"] for row in rows))
    assert states[-2:] == ["working", "done"]
    done = [row["done"] for row in rows]
    assert done == sorted(done)
    assert len(set(done)) > 2
    midi = service.ask("GET", f"{place}/result")
    assert midi.headers["content-type"] == MIDI_TYPE
    notes = service.ask("GET", f"{place}/result", headers={"Accept": NOTES_TYPE})
    assert notes.json["summary"]["seed"] == 3
    assert service.ask("GET", f"{place}/result", headers={"Accept": TRACE_TYPE}).status == 406
    assert service.ask("DELETE", place).status == 204
    assert service.ask("GET", place).status == 404


def test_a_job_that_is_cancelled_leaves_the_next_its_turn(service: Asking) -> None:
    first, second = begin(service, **LONG), begin(service, bars=1, seed=1)
    until_state(service, first, "working")
    assert service.ask("GET", f"{first}/result").status == 409
    assert service.ask("DELETE", first).status == 204
    until_state(service, second, "done")


def test_a_job_that_fails_says_why(service: Asking) -> None:
    place = begin(service, key="H sharp")
    told = until_state(service, place, "failed")
    assert told["error"].startswith("key must be")
    assert service.ask("GET", f"{place}/result").status == 422


def test_more_than_the_queue_holds_is_told_to_come_again(service: Asking) -> None:
    working = begin(service, **LONG)
    until_state(service, working, "working")
    waiting = [begin(service, **LONG) for _ in range(3)]
    came = service.ask("POST", "/v1/continue", NOTES)
    assert came.status == 503
    assert int(came.headers["retry-after"]) >= 1
    assert came.error == "the queue is full"
    for place in (*waiting, working):
        assert service.ask("DELETE", place).status == 204
    assert service.ask("POST", "/v1/continue", NOTES, bars=1).status == 200


def test_a_client_that_goes_away_takes_its_job_with_it(service: Asking) -> None:
    body = json.dumps(NOTES).encode()
    request = head(service, f"Content-Length: {len(body)}").replace(b"audio/midi", b"application/json")
    lines = [socket.create_connection(service.place, PATIENCE_S) for _ in range(2)]
    for line in lines:
        line.sendall(request.replace(b"/v1/continue", b"/v1/continue?bars=900") + body)
    for line in lines:
        line.close()
    assert service.ask("POST", "/v1/continue", NOTES, bars=1).status == 200  # else it would wait for minutes


def test_two_clients_at_once_are_both_answered_as_if_alone(service: Asking) -> None:
    alone = {seed: service.ask("POST", "/v1/continue", NOTES, bars=2, seed=seed).body for seed in (1, 2)}
    found: dict[int, list[bytes]] = {1: [], 2: []}

    def client(seed: int) -> None:
        for _ in range(3):
            found[seed].append(service.ask("POST", "/v1/continue", NOTES, bars=2, seed=seed).body)

    threads = [threading.Thread(target=client, args=(seed,)) for seed in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert found == {seed: [body] * 3 for seed, body in alone.items()}


def test_a_job_may_not_take_longer_than_it_may(tmp_path: Path) -> None:
    with served(tmp_path, wish_seconds=0.5) as service:
        came = service.ask("POST", "/v1/continue", NOTES, **LONG)
        assert came.status == 504
        assert came.error == "it took longer than 0.5 seconds; ask for fewer bars"
        assert service.ask("GET", "/v1/health").status == 200


def test_the_token_stays_and_is_for_its_user_alone(tmp_path: Path) -> None:
    with served(tmp_path) as service:
        first = service.token
    if os.name == "posix":
        assert (tmp_path / "serve.token").stat().st_mode & 0o777 == 0o600
    with served(tmp_path) as service:
        assert service.token == first
