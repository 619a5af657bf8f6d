"""What a component in a worker has of the engine: blobs, flows, numbers; each a message (docs/protocol.md)."""

from __future__ import annotations

import asyncio
import base64
import logging
import tempfile
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from flow_compiler import errors
from flow_compiler.engine.component_log import ComponentLog
from flow_compiler.engine.components import ComponentContext, Resources
from flow_compiler.engine.failures import CallFailed
from flow_compiler.engine.outcomes import Failure, FlowResult, Json, from_json
from flow_compiler.engine.stores import BlobRef
from flow_compiler.errors import ArtifactMissing, ComponentError
from flow_compiler.worker.messages import MAX_INLINE_BLOB, Message

Ask = Callable[[str, Message], Awaitable[Json]]
"""Sends a request of this call: method, params → result. Raises what the engine answers."""
Tell = Callable[[Message], None]
"""Sends a message about this call. Usable from any thread."""

_BY_CODE = {
    kind.code: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.FlowCompilerError) and kind is not errors.FlowLoadError
}


def error_of(failure: Failure) -> Exception:
    """As the component would have met it in the engine's process; what has no class of its own keeps its fields."""
    kind = _BY_CODE.get(failure.error)
    if kind is None:
        return CallFailed(failure)
    return kind(
        failure.message,
        code=failure.error,
        category=failure.category,
        retryable=failure.retryable,
        next_step=failure.next_step,
    )


def context_of(told: Message, ask: Ask, tell: Tell) -> ComponentContext:
    """Of one call, from what its message says. Resources are the engine's: there are none here."""

    def report(**numbers: float | int) -> None:
        tell({"type": "report", "numbers": numbers})

    def progress(done: int, total: int | None = None) -> None:
        tell({"type": "progress", "done": done, "total": total})

    return WorkerContext(
        run_id=told.get("runId", ""),
        item=told.get("item", ""),
        step_id=told.get("stepId", ""),
        attempt=told.get("attempt", 1),
        elapsed=told.get("elapsed", 0.0),
        artifacts=EngineArtifacts(ask),
        resources=Resources(),
        report=report,
        mark_degraded=lambda: tell({"type": "degraded"}),
        run_flow=EngineFlows(ask, told.get("width", 1)),
        progress=progress,
        tell=tell,
    )


@dataclass(frozen=True)
class WorkerContext(ComponentContext):
    """A context whose log is written in the engine, which knows run, step and attempt."""

    tell: Tell = field(kw_only=True)

    @cached_property
    def log(self) -> ComponentLog:
        return EngineLog(self.tell)


class EngineLog(ComponentLog):
    """Records of one call, sent to the engine; from the level INFO on."""

    def __init__(self, tell: Tell) -> None:
        logger = logging.Logger("engine", logging.INFO)
        logger.addHandler(_Sending(tell))
        logging.LoggerAdapter.__init__(self, logger, {})

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        return msg, kwargs


class _Sending(logging.Handler):
    def __init__(self, tell: Tell) -> None:
        super().__init__()
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        self._tell({"type": "log", "level": record.levelname.lower(), "message": self.format(record)})


class EngineFlows:
    """Runs flows in the engine."""

    def __init__(self, ask: Ask, width: int) -> None:
        self._ask = ask
        self.width = width

    async def __call__(self, flow: Json, given: Json, index: int | None = None) -> FlowResult:
        return await self.run({"flow": flow}, given, index)

    async def run(self, which: Message, given: Json, index: int | None) -> FlowResult:
        """``which`` is ``{"flow": …}`` or ``{"flowId": …}``, with ``overrides`` where there are any."""
        return from_json(await self._ask("run_flow", {**which, "input": given, "index": index}))

    def check(self, flow: Json) -> None:
        """The engine reads the flow when it is run; what is wrong with it is told then."""


class EngineArtifacts:
    """The engine's artifact store. Bytes that fit no message go through a file on this host."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def put(self, data: bytes, kind: str = "binary") -> BlobRef:
        if len(data) <= MAX_INLINE_BLOB:
            return await self._put({"base64": base64.b64encode(data).decode("ascii"), "blobType": kind})
        with tempfile.NamedTemporaryFile(prefix="stepflow-blob-") as file:
            await asyncio.to_thread(file.write, data)
            await asyncio.to_thread(file.flush)
            return await self._put({"file": file.name, "blobType": kind})

    async def put_json(self, value: Json, kind: str) -> BlobRef:
        return await self._put({"data": value, "blobType": kind})

    async def get(self, digest: str) -> bytes:
        return await asyncio.to_thread((await self.local_path(digest)).read_bytes)

    async def get_json(self, digest: str) -> Json:
        return (await self._ask("get_blob", {"blobId": digest}))["data"]

    async def exists(self, digest: str) -> bool:
        try:
            await self.local_path(digest)
        except ArtifactMissing:
            return False
        return True

    async def local_path(self, digest: str) -> Path:
        return Path((await self._ask("get_blob", {"blobId": digest, "as": "file"}))["file"])

    async def delete(self, digests: Iterable[str]) -> int:
        raise _not_here()

    async def list(self) -> Sequence[tuple[str, int, float]]:
        raise _not_here()

    async def _put(self, params: Message) -> BlobRef:
        told: dict[str, Any] = await self._ask("put_blob", params)
        return BlobRef(id=told["blobId"], size=told["size"], kind=told["blobType"])


def _not_here() -> ComponentError:
    return ComponentError("artifacts are listed and deleted in the engine's process only", code="worker.not_here")
