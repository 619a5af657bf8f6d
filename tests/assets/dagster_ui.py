"""What the Dagster UI shows, asked through its GraphQL schema in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.remote_representation.grpc_server_registry import GrpcServerRegistry
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from dagster._grpc.server import GrpcServerCommand
from dagster_graphql.test.utils import execute_dagster_graphql

_shown: dg.Definitions | None = None


def shown() -> dg.RepositoryDefinition:
    """What the in-process code location loads."""
    assert _shown is not None
    return _shown.get_repository_def()


class Ui:
    """GraphQL as the browser asks it."""

    def __init__(self, new_request: Callable[[], Any]) -> None:
        self._new_request = new_request  # a request remembers what it has read

    def ask(self, query: str, **variables: Any) -> Any:
        result = execute_dagster_graphql(self._new_request(), query, variables)
        assert not result.errors, result.errors
        return result.data

    def statuses(self, key: dg.AssetKey) -> dict[str, set[str]]:
        """``materialized`` and ``failed`` → partition keys."""
        query = """query($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
            assetPartitionStatuses { ... on DefaultPartitionStatuses {
                materializedPartitions failedPartitions materializingPartitions } } } } }"""
        found = self.ask(query, key={"path": list(key.path)})["assetNodeOrError"]["assetPartitionStatuses"]
        return {
            "materialized": set(found["materializedPartitions"]),
            "failed": set(found["failedPartitions"]),
            "materializing": set(found["materializingPartitions"]),
        }

    def stale(self, key: dg.AssetKey, partition: str) -> tuple[str, list[str]]:
        query = """query($key: AssetKeyInput!, $partition: String!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
            staleStatus(partition: $partition) staleCauses(partition: $partition) { reason } } } }"""
        found = self.ask(query, key={"path": list(key.path)}, partition=partition)["assetNodeOrError"]
        return found["staleStatus"], [cause["reason"] for cause in found["staleCauses"]]

    def checked(self, key: dg.AssetKey, check: str) -> dict[str, set[str]]:
        """How the check went → partition keys; ways that no partition went are left out."""
        query = """query($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
            assetChecksOrError { ... on AssetChecks { checks { name blocking
                partitionStatuses { ... on AssetCheckDefaultPartitionStatuses {
                    succeededPartitions failedPartitions executionFailedPartitions skippedPartitions
                    inProgressPartitions } } } } } } } }"""
        found = self.ask(query, key={"path": list(key.path)})["assetNodeOrError"]["assetChecksOrError"]["checks"]
        (one,) = [part for part in found if part["name"] == check]
        statuses = one["partitionStatuses"]
        return {name.removesuffix("Partitions"): set(keys) for name, keys in statuses.items() if keys}

    def executions(self, key: dg.AssetKey, check: str) -> set[tuple[str, str | None]]:
        """Status and partition of each time that the check was executed."""
        query = """query($key: AssetKeyInput!, $check: String!) {
            assetCheckExecutions(assetKey: $key, checkName: $check, limit: 50) {
                status evaluation { partition } } }"""
        found = self.ask(query, key={"path": list(key.path)}, check=check)["assetCheckExecutions"]
        return {(one["status"], (one["evaluation"] or {}).get("partition")) for one in found}


@contextmanager
def ui(instance: dg.DagsterInstance, definitions: dg.Definitions) -> Iterator[Ui]:
    global _shown
    _shown = definitions
    origin = InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="dagster_ui", attribute="shown"))
    with (
        GrpcServerRegistry(
            None,
            GrpcServerCommand.API_GRPC,
            heartbeat_ttl=30,
            startup_timeout=30,
            wait_for_processes_on_shutdown=False,
        ) as servers,
        WorkspaceProcessContext(
            instance, InProcessWorkspaceLoadTarget([origin]), grpc_server_registry=servers
        ) as workspace,
    ):
        yield Ui(workspace.create_request_context)
