"""What a configuration means to an engine: pauses, retries, leases, stores."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from flow_compiler.configuration.reading import ConfigurationFile, parse_configuration
from flow_compiler.engine.configured import engine_settings, is_durable, open_configured_stores
from flow_compiler.engine.outcomes import StepRecord, Success
from flow_compiler.engine.settings import EngineSettings
from flow_compiler.errors import ConfigurationError


def read(folder: Path, text: str) -> ConfigurationFile:
    return parse_configuration(text, folder / "stepflow-config.yml", {})


@pytest.mark.parametrize(
    ("retry", "pauses"),
    [
        ("{}", [1, 1, 2, 3, 5, 8, 10]),
        ("{backoff: {type: fibonacci, minDelayMs: 100, maxDelayMs: 300}}", [0.1, 0.1, 0.2, 0.3, 0.3]),
        ("{backoff: {type: constant, delayMs: 250}}", [0.25, 0.25]),
        ("{backoff: {type: exponential, minDelayMs: 10, maxDelayMs: 50, factor: 2}}", [0.01, 0.02, 0.04, 0.05]),
    ],
)
def test_pauses_between_attempts_are_in_milliseconds(tmp_path: Path, retry: str, pauses: list[float]) -> None:
    backoff = engine_settings(read(tmp_path, f"retry: {retry}")).backoff
    assert [backoff.delay(number) for number in range(1, len(pauses) + 1)] == pytest.approx(pauses)


def test_retries_leases_and_the_folder_of_files(tmp_path: Path) -> None:
    settings = engine_settings(
        read(tmp_path, "retry: {transportMaxRetries: 0}\nrecovery: {leaseTtlSecs: 2}\nworkingDirectory: data")
    )
    assert engine_settings(read(tmp_path, "validateSchemas: true")).enforce_schemas
    assert (settings.transport_retries, settings.lease_ttl, settings.working_directory) == (0, 2, tmp_path / "data")
    untold = engine_settings(read(tmp_path, ""))
    assert (untold.lease_ttl, untold.transport_retries) == (
        EngineSettings().lease_ttl,
        EngineSettings().transport_retries,
    )


@pytest.mark.parametrize(
    ("storage", "database", "artifacts"),
    [
        ("{type: sqlite, databaseUrl: 'sqlite:state.db'}", "state.db", "state-artifacts"),
        ("{type: sqlite, databaseUrl: 'sqlite://state.db?mode=rwc'}", "state.db", "state-artifacts"),
        ("{metadata: {type: sqlite, databaseUrl: 'sqlite:s.db'}, blobs: {type: filesystem, directory: b}}", "s.db", "b"),
        ("{metadata: {type: inMemory}, journal: {type: sqlite, databaseUrl: 'sqlite:j.db'}}", "j.db", "j-artifacts"),
    ],
)  # fmt: skip
def test_what_is_recorded_is_there_again(tmp_path: Path, storage: str, database: str, artifacts: str) -> None:
    file = read(tmp_path, f"storageConfig: {storage}")
    assert is_durable(file)
    asyncio.run(record(file))
    assert (tmp_path / database).is_file()
    assert any((tmp_path / artifacts).iterdir())
    assert asyncio.run(recorded(file)) == {("i", "s")}


@pytest.mark.parametrize("storage", ["", "storageConfig: {type: inMemory}"])
def test_in_memory_nothing_is_kept(tmp_path: Path, storage: str) -> None:
    file = read(tmp_path, storage)
    assert not is_durable(file)
    asyncio.run(record(file))
    assert list(tmp_path.iterdir()) == []
    assert asyncio.run(recorded(file)) == set()


def test_a_url_that_names_no_file_is_refused(tmp_path: Path) -> None:
    file = read(tmp_path, "storageConfig: {type: sqlite, databaseUrl: 'mysql://u:hidden@h/d'}")
    with pytest.raises(ConfigurationError, match="names no SQLite file") as caught:
        asyncio.run(record(file))
    assert "hidden" not in str(caught.value)


async def record(file: ConfigurationFile) -> None:
    async with open_configured_stores(file) as stores:
        await stores.journal.record("r", "i", "s", StepRecord(outcome=Success(result=1)))
        await stores.artifacts.put(b"bytes")


async def recorded(file: ConfigurationFile) -> set[tuple[str, str]]:
    async with open_configured_stores(file) as stores:
        return set(await stores.journal.load("r", "i"))
