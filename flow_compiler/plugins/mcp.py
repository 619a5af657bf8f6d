"""``type: mcp``: the tools of an MCP server as components, over stdio or streamable HTTP (package ``mcp``)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from flow_compiler.engine.components import Component, ComponentContext, Effect
from flow_compiler.engine.outcomes import Json
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.errors import FlowCompilerError, PluginFailed, WorkerLost
from flow_compiler.plugins.declared_contracts import ANYTHING, BrokenSchema, declared_contract
from flow_compiler.plugins.supervised import Supervised


class McpSettings(Protocol):
    """A server that is started (``command``, ``args``, ``env``, ``working_directory``), or one that runs (``url``, ``headers``)."""

    @property
    def command(self) -> str | None: ...
    @property
    def args(self) -> Sequence[str]: ...
    @property
    def env(self) -> Mapping[str, str]: ...
    @property
    def working_directory(self) -> str | None: ...
    @property
    def url(self) -> str | None: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


@asynccontextmanager
async def open_mcp(name: str, settings: McpSettings, *, base: Path) -> AsyncIterator[ComponentRegistry]:
    """Each tool as the component ``/<tool>``, as long as the context is open. Raises PluginFailed.

    The package is imported here and nowhere before. A server that goes away is connected to again by the next call.
    """
    try:
        from flow_compiler.plugins.mcp_session import McpSession
    except ImportError as error:
        raise PluginFailed(
            f"plugin {name}: the package for MCP servers is not installed ({error.name})",
            code="plugin.extra_missing",
            next_step="Install the extra: pip install 'stepflow-assets[mcp]'.",
        ) from error

    async def start() -> Any:
        return await McpSession.open(name, settings, base)

    server: Supervised[McpSession] = Supervised(name, start)
    try:
        tools = (await server.open()).tools
        yield ComponentRegistry([_component(name, tool, server) for tool in tools])
    finally:
        await server.close()


def _component(name: str, tool: Any, server: Supervised[Any]) -> Component:
    try:
        given = declared_contract(tool.input_schema)
        returned = declared_contract(tool.output_schema)
    except BrokenSchema as error:
        raise PluginFailed(f"plugin {name}: a schema of the tool {tool.name} is none: {error}") from error

    async def call(value: Json, context: ComponentContext) -> Json:
        session = await server.session()
        try:
            result = await session.call(tool.name, value, context)
        except WorkerLost:
            raise
        except FlowCompilerError:  # a refusal is an answer too
            server.answered()
            raise
        server.answered()
        return result

    return Component(
        path=f"/{tool.name}",
        call=call,
        input=given,
        output=returned if tool.output_schema is not None else ANYTHING,
        effect=Effect.WRITE,  # what a tool says of itself ("read only") is a hint, and nothing to remember results by
        description=tool.description or tool.title or "",
        shares_input=False,
        declared_input=tool.input_schema,
        declared_output=tool.output_schema if tool.output_schema is not None else {},
    )
