"""A connection to one MCP server. It lives in a task of its own: the client's scopes end where they began."""

from __future__ import annotations

import asyncio
import base64
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CONNECTION_CLOSED, INVALID_PARAMS, REQUEST_TIMEOUT

from flow_compiler.engine.components import ComponentContext
from flow_compiler.engine.outcomes import Json
from flow_compiler.errors import Category, ComponentError, FlowCompilerError, InvalidInput, PluginFailed, WorkerLost
from flow_compiler.plugins.environment import plugin_environment

if TYPE_CHECKING:
    from flow_compiler.plugins.mcp import McpSettings

START_TIMEOUT = 60.0
_TOOL_PAGES = 100
_LOG_LINE = 2000


class McpSession:
    """Tools of the server, and calls of them. ``ended`` once the connection is lost."""

    def __init__(self, name: str) -> None:
        self.tools: list[Any] = []
        self.ended = False
        self._name = name
        self._client: Client | None = None
        self._stop = asyncio.Event()
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, name: str, settings: McpSettings, base: Path) -> McpSession:
        """Raises PluginFailed."""
        session = cls(name)
        session._task = asyncio.create_task(session._live(settings, base))
        try:
            async with asyncio.timeout(START_TIMEOUT):
                await asyncio.shield(session._ready)
        except BaseException as error:
            await session._cancel()
            if isinstance(error, TimeoutError):
                raise PluginFailed(
                    f"plugin {name}: the MCP server did not answer within {START_TIMEOUT:g} s",
                    code="plugin.start_timeout",
                ) from None
            raise
        return session

    async def call(self, tool: str, value: Json, context: ComponentContext) -> Json:
        """What the tool gives. Raises ComponentError with the tool's words, WorkerLost when the connection is lost."""
        if self.ended or self._client is None:
            raise self._lost()
        try:
            result = await self._client.call_tool(tool, value or {})
        except MCPError as error:
            raise self._error(error) from error
        except (httpx2.HTTPError, OSError) as error:
            self.ended = True
            raise self._lost() from error
        except RuntimeError as error:  # how the client says that a result does not fit the tool's own schema
            raise ComponentError(
                f"{tool} returned what it did not promise",
                code="component.broken_output",
                next_step="Correct the tool: its structured result must fit its output schema.",
            ) from error
        if result.is_error:
            raise ComponentError(
                " ".join(part.text for part in result.content if part.type == "text") or f"{tool} failed",
                code="component.raised",
                next_step="See the message and the server's log.",
            )
        if result.structured_content is not None:
            return result.structured_content
        parts = [await _content(part, context) for part in result.content]
        return parts[0] if len(parts) == 1 else parts

    async def close(self) -> None:
        self._stop.set()
        if self._task is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(10):
                    await asyncio.wait([self._task])
        await self._cancel()

    async def _live(self, settings: McpSettings, base: Path) -> None:
        try:
            async with self._transport(settings, base) as transport, Client(transport) as client:
                cursor = None
                for _ in range(_TOOL_PAGES):
                    page = await client.list_tools(cursor=cursor)
                    self.tools += page.tools
                    cursor = page.next_cursor
                    if cursor is None:
                        break
                self._client = client
                self._ready.set_result(None)
                await self._stop.wait()
        except Exception as error:  # noqa: BLE001  whatever a transport raises: it is told once, below
            if not self._ready.done():
                self._ready.set_exception(_not_open(self._name, settings, error))
        finally:
            self.ended = True

    @asynccontextmanager
    async def _transport(self, settings: McpSettings, base: Path) -> AsyncIterator[Any]:
        if settings.url is not None:
            # Redirects are followed inside the server's own origin only, so that headers reach nobody else.
            headers = dict(settings.headers)
            timeout = httpx2.Timeout(30.0, read=None)  # a tool may take long; a lost connection is noticed
            async with httpx2.AsyncClient(headers=headers, timeout=timeout, trust_env=False) as http:
                yield streamable_http_client(settings.url, http_client=http)
            return
        folder = Path.cwd() / base / (settings.working_directory or ".")
        async with _logged(self._name) as errors:
            parameters = StdioServerParameters(
                command=str(settings.command),
                args=list(settings.args),
                env=plugin_environment(settings.env),
                cwd=folder,
            )
            yield stdio_client(parameters, errlog=errors)

    def _error(self, error: MCPError) -> FlowCompilerError:
        if error.error.code == CONNECTION_CLOSED:
            self.ended = True
            return self._lost()
        if error.error.code == INVALID_PARAMS:
            return InvalidInput(error.error.message)
        return ComponentError(
            error.error.message,
            code="component.raised",
            category=Category.TIMEOUT if error.error.code == REQUEST_TIMEOUT else None,
            next_step="See the message and the server's log.",
        )

    def _lost(self) -> WorkerLost:
        return WorkerLost(f"plugin {self._name}: the connection to the MCP server is lost")

    async def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])


def _not_open(name: str, settings: McpSettings, error: BaseException) -> PluginFailed:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if settings.url is None:
        return PluginFailed(
            f"plugin {name}: no MCP server answers at {settings.command}: {type(error).__name__}: {error}"
        )
    status = getattr(getattr(error, "response", None), "status_code", None)
    why = type(error).__name__ if status is None else f"it answers with status {status}"
    # What the client says quotes the URL, or a header it cannot send: either may hold a key.
    return PluginFailed(f"plugin {name}: no MCP server answers at {_origin(settings.url)}: {why}")


def _origin(url: str) -> str:
    """Host and port: what comes before and after may be a password, or a token."""
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    except ValueError:
        return "its URL"


async def _content(part: Any, context: ComponentContext) -> Json:
    """Text as it is; bytes as a blob; a link to a resource as what it says."""
    if part.type == "text":
        return part.text
    if part.type in ("image", "audio"):
        return await _blob(part.data, part.mime_type, context)
    if part.type == "resource":
        held = part.resource
        if hasattr(held, "blob"):
            return {**await _blob(held.blob, held.mime_type, context), "uri": str(held.uri)}
        return held.text
    return part.model_dump(mode="json", by_alias=True, exclude_none=True)


async def _blob(data: str, mime_type: str | None, context: ComponentContext) -> dict[str, Json]:
    reference = await context.put_blob(base64.b64decode(data))
    return {**reference.to_json(), "mimeType": mime_type}


@asynccontextmanager
async def _logged(name: str) -> AsyncIterator[Any]:
    """A file whose lines go to the log of the plugin."""
    log = logging.getLogger(f"flow_compiler.plugins.{name}")
    read_end, write_end = os.pipe()
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_end, "rb", buffering=0)
    )

    async def tell() -> None:
        while piece := await reader.read(_LOG_LINE * 4):
            for line in piece.decode("utf-8", "replace").splitlines():
                log.info("%s", line[:_LOG_LINE])

    telling = asyncio.create_task(tell())
    try:
        with os.fdopen(write_end, "w") as errors:
            yield errors
    finally:
        telling.cancel()
        transport.close()
        await asyncio.wait([telling])
