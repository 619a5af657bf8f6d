"""A real server: killed, restarted, stopped, doubled. No run that was accepted is lost, no finished step repeated."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from flows_served import DOUBLE, HELD
from server_process import ServerProcess, compiler, environment, server, until

pytestmark = pytest.mark.process

RUNNING, COMPLETED, CANCELLED = 1, 2, 4
QUICK = ("--lease-seconds", "1", "--stop-seconds", "0")


def _calls(folder: Path) -> list[list[str]]:
    file = folder / "calls"
    return [line.split() for line in file.read_text().splitlines()] if file.exists() else []


def _until_traced(folder: Path, word: str) -> None:
    until(lambda: any(word in call for call in _calls(folder)), f"the trace {word!r}")


def _http(running: ServerProcess) -> httpx.Client:
    return httpx.Client(base_url=f"{running.url}/api/v1", timeout=60, trust_env=False)


def _begin(http: httpx.Client, folder: Path, items: int = 1) -> str:
    run = {"flow": HELD, "input": [{"folder": str(folder)}] * items}
    answer = http.post("/runs", json=run).raise_for_status().json()
    assert answer["summary"]["status"] == RUNNING
    return str(answer["summary"]["runId"])


def _ended(http: httpx.Client, run_id: str) -> Any:
    return http.get(f"/runs/{run_id}", params={"wait": True, "timeoutSecs": 60}).raise_for_status().json()["summary"]


def _events(lines: Iterator[str]) -> list[dict[str, Any]]:
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


def _told(events: list[dict[str, Any]]) -> list[tuple[str, Any, Any]]:
    """Kind, step and attempt or status of each event."""
    told = []
    for event in events:
        ((kind, fields),) = event["event"].items()
        told.append((kind, fields.get("stepId"), fields.get("attempt", fields.get("status"))))
    return told


def test_a_run_goes_on_where_a_killed_server_left_it(tmp_path: Path) -> None:
    with server(tmp_path / "home", *QUICK) as first, _http(first) as http:
        run_id = _begin(http, tmp_path)
        queued = _begin(http, tmp_path / "other")
        _until_traced(tmp_path, "held")
        until(lambda: len(http.get(f"/runs/{run_id}").json()["steps"]) == 2, "the step that is at work")
        first.kill()
    (tmp_path / "other").mkdir()
    for folder in (tmp_path, tmp_path / "other"):
        (folder / "go").touch()
    with server(tmp_path / "home", *QUICK) as second, _http(second) as http:
        assert _ended(http, run_id)["status"] == COMPLETED
        assert _ended(http, queued)["items"]["total"] == 1
        assert [call[2] for call in _calls(tmp_path)] == ["before", "held", "held", "after"]
        events = _events(http.get(f"/runs/{run_id}/events").iter_lines())
    assert [event["sequenceNumber"] for event in events] == list(range(len(events)))
    assert _told(events) == [
        ("RunCreated", None, None),
        ("StepStarted", "before", 1),
        ("StepCompleted", "before", COMPLETED),
        ("StepStarted", "held", 1),
        ("StepStarted", "held", 2),
        ("StepCompleted", "held", COMPLETED),
        ("StepStarted", "after", 1),
        ("StepCompleted", "after", COMPLETED),
        ("ItemCompleted", None, COMPLETED),
        ("RunCompleted", None, COMPLETED),
    ]


def test_the_attempt_that_is_told_is_the_one_that_the_component_is_told(tmp_path: Path) -> None:
    step = {"id": "held", "component": "/test/second", "input": {"folder": str(tmp_path)}}
    flow = {"steps": [{**step, "onError": {"action": "retry", "maxRetries": 1}}], "output": {"$step": "held"}}
    with server(tmp_path / "home", *QUICK) as first, _http(first) as http:
        run_id = http.post("/runs", json={"flow": flow, "input": [None]}).raise_for_status().json()["summary"]["runId"]
        until(lambda: len(_calls(tmp_path)) == 2, "the attempt after the failed one")
        first.kill()
    (tmp_path / "go").touch()
    with server(tmp_path / "home", *QUICK) as second, _http(second) as http:
        assert _ended(http, run_id)["status"] == COMPLETED
        events = _told(_events(http.get(f"/runs/{run_id}/events").iter_lines()))
    assert [call[3] for call in _calls(tmp_path)] == ["1", "2", "3"]
    assert [attempt for kind, _, attempt in events if kind == "StepStarted"] == [1, 3]


def test_two_servers_share_the_runs_of_one_database(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with server(home, *QUICK, "--max-runs", "2") as one, server(home, *QUICK, "--max-runs", "2") as two:
        (tmp_path / "go").touch()
        with _http(one) as to_one, _http(two) as to_two:
            runs = [_begin(to_one if number % 2 else to_two, tmp_path) for number in range(12)]
            assert {_ended(to_one, run_id)["status"] for run_id in runs} == {COMPLETED}
    calls = _calls(tmp_path)
    assert sorted((call[0], call[2]) for call in calls) == sorted(
        (run_id, step) for run_id in runs for step in ("before", "held", "after")
    )
    assert all(len({call[4] for call in calls if call[0] == run_id}) == 1 for run_id in runs)


def test_a_server_takes_over_what_a_killed_one_had(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with server(home, *QUICK) as one, server(home, *QUICK) as two, _http(one) as to_one, _http(two) as to_two:
        run_id = _begin(to_one, tmp_path)
        _until_traced(tmp_path, "held")
        working = one if _calls(tmp_path)[0][4] == str(one.process.pid) else two
        working.kill()
        (tmp_path / "go").touch()
        left = to_two if working is one else to_one
        assert _ended(left, run_id)["status"] == COMPLETED
    assert [call[2] for call in _calls(tmp_path)] == ["before", "held", "held", "after"]
    assert len({call[4] for call in _calls(tmp_path)}) == 2


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_asked_to_stop_gives_its_runs_back(tmp_path: Path, how: signal.Signals) -> None:
    with server(tmp_path / "home", "--lease-seconds", "600", "--stop-seconds", "0") as first, _http(first) as http:
        run_id = _begin(http, tmp_path)
        _until_traced(tmp_path, "held")
        assert first.stop(how) == 0
    (tmp_path / "go").touch()
    with server(tmp_path / "home", "--lease-seconds", "600") as second, _http(second) as http:
        assert _ended(http, run_id)["status"] == COMPLETED
    assert [call[2] for call in _calls(tmp_path) if call[-1] != "stopped"] == ["before", "held", "held", "after"]


def test_a_request_that_waits_ends_before_the_server_does(tmp_path: Path) -> None:
    with server(tmp_path / "home", "--stop-seconds", "60") as running, _http(running) as http:
        answers: list[Any] = []
        run = {"flow": HELD, "input": [{"folder": str(tmp_path)}], "wait": True}
        asking = threading.Thread(target=lambda: answers.append(http.post("/runs", json=run).json()))
        asking.start()
        _until_traced(tmp_path, "held")
        running.process.send_signal(signal.SIGTERM)
        (tmp_path / "go").touch()
        asking.join(60)
        assert running.process.wait(60) == 0
    assert answers[0]["summary"]["status"] == COMPLETED


def test_events_are_followed_live_and_resumed_without_a_gap(tmp_path: Path) -> None:
    with server(tmp_path / "home", *QUICK) as running, _http(running) as http:
        run_id = _begin(http, tmp_path)
        seen: list[str] = []
        with http.stream("GET", f"/runs/{run_id}/events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            for line in stream.iter_lines():
                if line.startswith("id: "):
                    seen.append(line.removeprefix("id: "))
                if '"StepStarted"' in line and '"held"' in line:
                    break
        assert seen == ["0", "1", "2", "3"]
        (tmp_path / "go").touch()
        with http.stream("GET", f"/runs/{run_id}/events", headers={"Last-Event-ID": seen[-1]}) as stream:
            rest = _events(stream.iter_lines())
        assert [event["sequenceNumber"] for event in rest] == list(range(4, 4 + len(rest)))
        assert _told(rest)[-1] == ("RunCompleted", None, COMPLETED)
        results = _events(http.get(f"/runs/{run_id}/events", params={"since": 4, "includeResults": True}).iter_lines())
        assert results[0]["event"]["StepCompleted"]["result"] == {"attempt": 1}
        only = _events(http.get(f"/runs/{run_id}/events", params={"eventTypes": [5, 6]}).iter_lines())
        assert [kind for kind, _, _ in _told(only)] == ["ItemCompleted", "RunCompleted"]


def test_no_more_clients_follow_than_may(tmp_path: Path) -> None:
    with server(tmp_path / "home", *QUICK, "--max-streams", "1") as running, _http(running) as http:
        run_id = _begin(http, tmp_path)
        with http.stream("GET", f"/runs/{run_id}/events") as stream:
            lines = stream.iter_lines()  # held, for what it reads from ends with it
            next(lines)
            refused = http.get(f"/runs/{run_id}/events")
            assert (refused.status_code, refused.json()["code"]) == (503, "server.too_many_streams")
        until(lambda: _first_line(http, run_id), "the place of the client that left")


def _first_line(http: httpx.Client, run_id: str) -> bool:
    with http.stream("GET", f"/runs/{run_id}/events") as stream:
        return stream.status_code == 200


def test_it_does_not_start_open_to_the_world_without_a_token(tmp_path: Path) -> None:
    arguments = compiler("serve", "--host", "0.0.0.0", "--port", "0", "--home", str(tmp_path / "home"))
    done = subprocess.run(arguments, env=environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "--token-file" in done.stderr
    assert not (tmp_path / "home").exists()


def test_with_a_token_it_answers_who_has_it(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a-token-of-the-tests\n")
    with server(tmp_path / "home", "--host", "0.0.0.0", "--token-file", str(tmp_path / "token")) as running:
        port = httpx.URL(running.url).port
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", trust_env=False) as http:
            assert http.get("/runs").status_code == 401
            assert http.get("/runs", headers={"Authorization": "Bearer a-token-of-the-tests"}).status_code == 200


def test_a_port_that_is_taken_is_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        arguments = compiler("serve", "--port", str(taken.getsockname()[1]), "--home", str(tmp_path))
        done = subprocess.run(arguments, env=environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: cannot listen on 127.0.0.1")
    assert "next: " in done.stderr


def test_a_body_that_says_nothing_of_its_size_is_counted(tmp_path: Path) -> None:
    with server(tmp_path / "home", "--max-body", "1") as running, _http(running) as http:
        pieces = (b"x" * 2**16 for _ in range(17))
        assert http.post("/blobs", content=pieces).status_code == 413
        assert http.post("/flows", json={"flow": DOUBLE}).json()["stored"]
