"""A real MCP server: ``mcp_server.py`` over stdio, ``mcp_server.py PORT`` over streamable HTTP on loopback."""

from __future__ import annotations

import base64
import os
import signal
import sys
from typing import Any

from mcp.server.mcpserver import Image, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel

server = MCPServer("tests")


class Sum(BaseModel):
    total: int


@server.tool()
def add(a: int, b: int) -> Sum:
    """Adds two numbers."""
    return Sum(total=a + b)


@server.tool(structured_output=False)
def greet(name: str) -> str:
    """Greets."""
    print("greeting", file=sys.stderr, flush=True)
    return f"Hello, {name}!"


@server.tool(structured_output=False)
def several() -> Any:
    return ["one", Image(data=base64.b64decode("iVBORw0KGgo="), format="png")]


@server.tool()
def fail(reason: str) -> str:
    raise ToolError(reason)


@server.tool()
def environment() -> list[str]:
    return sorted(os.environ)


@server.tool()
def die(marker: str) -> str:
    """Ends the process unless the marker is there, which it leaves."""
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return "alive"
    os.kill(os.getpid(), signal.SIGKILL)
    return "never"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
    else:
        server.run("stdio")
