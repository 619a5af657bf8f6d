"""Everything the routes use, opened together: tables, engine, the runs at work."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from flow_compiler.engine.engine import Engine
from flow_compiler.engine.registry import Components
from flow_compiler.engine.settings import EngineSettings
from flow_compiler.engine.storage.opening import Database, open_database, stores_in
from flow_compiler.engine.storage.tables import SCHEMA as STORES
from flow_compiler.engine.stores import ArtifactStore, Journal
from flow_compiler.http_api.limits import Limits
from flow_compiler.http_api.running.news import News
from flow_compiler.http_api.running.server_runs import ServerRuns
from flow_compiler.http_api.running.streams import Streams
from flow_compiler.http_api.running.working import Working
from flow_compiler.http_api.served_components import EVERYTHING_BUT_FILES, Reach, ServedComponents
from flow_compiler.http_api.storage.blobs import BlobTable
from flow_compiler.http_api.storage.claims import ClaimTable
from flow_compiler.http_api.storage.events import EventTable
from flow_compiler.http_api.storage.flows import FlowTable
from flow_compiler.http_api.storage.runs import RunTable
from flow_compiler.http_api.storage.tables import SCHEMA


@dataclass(frozen=True)
class Service:
    flows: FlowTable
    runs: RunTable
    events: EventTable
    blobs: BlobTable
    journal: Journal
    artifacts: ArtifactStore
    components: Components
    at_work: ServerRuns
    news: News
    limits: Limits
    streams: Streams


@dataclass(frozen=True)
class Place:
    """Where the server keeps what it must not lose."""

    database_url: str
    artifacts: str | Path


@asynccontextmanager
async def open_service(
    place: Place,
    components: AbstractAsyncContextManager[Components],
    limits: Limits | None = None,
    *,
    reach: Reach = EVERYTHING_BUT_FILES,
    settings: EngineSettings | None = None,
) -> AsyncIterator[Service]:
    """The service, at work on what it finds unfinished, until the block ends.

    An accepted run, and a cancellation, are on the disk before the client hears of them. ``components`` are opened first,
    and closed last. Raises StoreUnavailable, and what opening the components raises.
    """
    limits = limits or Limits()
    settings = settings or EngineSettings(lease_ttl=limits.lease_seconds)
    async with (
        components as known,
        open_database(place.database_url, STORES, SCHEMA) as database,
        stores_in(database, place.artifacts) as stores,
    ):
        served = ServedComponents(known, reach)
        async with Engine(served, stores, settings=settings) as engine:
            at_work = _runs(database, engine, stores.journal, limits, news := News())
            service = Service(
                flows=FlowTable(database),
                runs=RunTable(database),
                events=EventTable(database),
                blobs=BlobTable(database),
                journal=stores.journal,
                artifacts=stores.artifacts,
                components=served,
                at_work=at_work,
                news=news,
                limits=limits,
                streams=Streams(limits.streams),
            )
            async with at_work.at_work():
                yield service


def _runs(database: Database, engine: Engine, journal: Journal, limits: Limits, news: News) -> ServerRuns:
    claims = ClaimTable(database)
    working = Working(engine, journal, FlowTable(database), claims, news, limits.items_at_once)
    return ServerRuns(working, claims, RunTable(database), news, limits)
