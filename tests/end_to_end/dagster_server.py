"""A real `stepflow-assets dev` (webserver, daemon, code location) and what a person does in its UI, through GraphQL."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LAUNCH = """
mutation Launch($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}"""
BACKFILL = """
query Backfill($id: String!) {
  partitionBackfillOrError(backfillId: $id) {
    __typename
    ... on PartitionBackfill { status runs: assetBackfillData { __typename } }
    ... on PythonError { message }
  }
}"""
ADD_PARTITION = """
mutation Add($repository: RepositorySelector!, $name: String!, $key: String!) {
  addDynamicPartition(repositorySelector: $repository, partitionsDefName: $name, partitionKey: $key) {
    __typename
    ... on PythonError { message }
    ... on UnauthorizedError { message }
  }
}"""
STATUSES = """
query Statuses($key: AssetKeyInput!) {
  assetNodeOrError(assetKey: $key) {
    ... on AssetNode {
      assetPartitionStatuses {
        ... on DefaultPartitionStatuses { materializedPartitions failedPartitions materializingPartitions unmaterializedPartitions }
      }
    }
  }
}"""
CHECKS = """
query($key: AssetKeyInput!) {
  assetNodeOrError(assetKey: $key) { ... on AssetNode { assetChecksOrError { ... on AssetChecks { checks {
    name
    partitionStatuses { ... on AssetCheckDefaultPartitionStatuses {
      succeededPartitions failedPartitions executionFailedPartitions skippedPartitions inProgressPartitions
    } }
  } } } } }
}"""
MESSAGES = """
{ runsOrError(limit: 50) { ... on Runs { results {
  eventConnection(limit: 1000) { events { ... on LogMessageEvent { message level } } }
} } } }"""
RUNS = "{ runsOrError(limit: 50) { ... on Runs { results { runId status } } } }"
AGAIN = """
mutation Again($params: ReexecutionParams!) {
  launchRunReexecution(reexecutionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
  }
}"""
REPOSITORIES = """
{ repositoriesOrError { __typename ... on RepositoryConnection { nodes { name location { name } } } } }"""


class DagsterUi:
    """GraphQL of a running webserver."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/graphql"

    def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> Any:
        body = json.dumps({"query": query, "variables": dict(variables or {})}).encode()
        request = urllib.request.Request(self._url, body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            found = json.load(answer)
        assert "errors" not in found, found["errors"]
        return found["data"]

    def ready(self) -> bool:
        try:
            nodes = self.ask(REPOSITORIES)["repositoriesOrError"].get("nodes", [])
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
        return bool(nodes)

    def repository(self) -> dict[str, str]:
        [node] = self.ask(REPOSITORIES)["repositoriesOrError"]["nodes"]
        return {"repositoryName": node["name"], "repositoryLocationName": node["location"]["name"]}

    def add_document(self, key: str) -> None:
        given = {"repository": self.repository(), "name": "document_ingestion", "key": key}
        answer = self.ask(ADD_PARTITION, given)["addDynamicPartition"]
        assert answer["__typename"] == "AddDynamicPartitionSuccess", answer

    def backfill(self, assets: list[str], keys: list[str] | None, **options: Any) -> str:
        """Materialize partitions of the assets, as the UI's dialog does; returns the backfill's id."""
        selection = [{"path": ["document_ingestion", asset]} for asset in assets]
        params = {"assetSelection": selection, "partitionNames": keys, **options}
        answer = self.ask(LAUNCH, {"params": params})["launchPartitionBackfill"]
        assert answer["__typename"] == "LaunchBackfillSuccess", answer
        return str(answer["backfillId"])

    def backfill_status(self, backfill_id: str) -> str:
        return str(self.ask(BACKFILL, {"id": backfill_id})["partitionBackfillOrError"]["status"])

    def runs(self) -> dict[str, str]:
        """Id → status, the latest first."""
        return {run["runId"]: run["status"] for run in self.ask(RUNS)["runsOrError"]["results"]}

    def again(self, run_id: str) -> str:
        """Re-execute the run, as its button does; returns the new run's id, or the reason why there is none."""
        answer = self.ask(AGAIN, {"params": {"parentRunId": run_id, "strategy": "ALL_STEPS"}})["launchRunReexecution"]
        return str(answer["run"]["runId"] if "run" in answer else answer["message"])

    def errors_told(self) -> list[str]:
        """Error lines of the runs' logs: one per document that failed, with its code and what to do."""
        runs = self.ask(MESSAGES)["runsOrError"]["results"]
        events = [event for run in runs for event in run["eventConnection"]["events"] if event.get("level") == "ERROR"]
        return [event["message"] for event in events]

    def checked(self, asset: str, check: str) -> dict[str, set[str]]:
        """How a check of the asset went → partition keys; ways that no partition went are left out."""
        key = {"path": ["document_ingestion", asset]}
        found = self.ask(CHECKS, {"key": key})["assetNodeOrError"]["assetChecksOrError"]["checks"]
        [one] = [part for part in found if part["name"] == check]
        return {name.removesuffix("Partitions"): set(keys) for name, keys in one["partitionStatuses"].items() if keys}

    def statuses(self, asset: str) -> dict[str, set[str]]:
        """Partition keys by status: materialized, failed, …"""
        key = {"path": ["document_ingestion", asset]}
        found = self.ask(STATUSES, {"key": key})["assetNodeOrError"]["assetPartitionStatuses"]
        return {name.removesuffix("Partitions"): set(keys) for name, keys in found.items()}


@contextmanager
def dagster_ui(home: Path, *, cwd: Path, environment: Mapping[str, str]) -> Iterator[DagsterUi]:
    """Starts `stepflow-assets dev` and stops it with all its processes."""
    port = _free_port()
    command = [Path(sys.executable).with_name("stepflow-assets"), "--home", home, "dev", "--port", str(port)]
    log = home.with_name("dev.log").open("w")
    server = subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environment},
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    ui = DagsterUi(port)
    try:
        wait_for(ui.ready, seconds=120, what="the webserver", alive=server)
        yield ui
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
        log.close()


def wait_for(condition: Any, *, seconds: float, what: str, alive: subprocess.Popen[bytes] | None = None) -> None:
    """Poll until the condition holds; fails with what was waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert alive is None or alive.poll() is None, f"the process ended while waiting for {what}"
        assert time.monotonic() < deadline, f"{what} did not come within {seconds:g} s"
        time.sleep(0.25)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
