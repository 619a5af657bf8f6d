"""The first message in each direction, and what is said of a program that ends, or says something else."""

from __future__ import annotations

import asyncio
import signal

from flow_compiler.errors import PluginFailed
from flow_compiler.plugins.worker_process import WorkerProcess
from flow_compiler.worker.messages import MAX_LINE, PROTOCOL, Message, NotAMessage, decode, encode

AFTER_EXIT = 1.0
"""Seconds to read what a process had written when it ended."""


async def shake_hands(process: WorkerProcess) -> Message:
    """What the program says of itself. Raises PluginFailed."""
    name = process.name
    process.stdin.write(encode({"type": "hello", "protocol": PROTOCOL, "maxLineBytes": MAX_LINE}))
    try:
        line = await next_line(process)
        if line is None:
            await asyncio.wait_for(process.exited.wait(), AFTER_EXIT)
            words = process.last_words
            raise PluginFailed(
                f"plugin {name}: its program ended ({ending(process.status)}) before it introduced itself"
                + (f": {words}" if words else ""),
            )
        hello = decode(line)
    except NotAMessage as error:
        raise PluginFailed(
            f"plugin {name}: the first thing its program wrote to standard output is {error}",
            code="plugin.protocol",
            next_step="Standard output is for messages only (docs/protocol.md); let it log to standard error.",
        ) from None
    if hello["type"] != "hello" or hello.get("protocol") != PROTOCOL:
        raise PluginFailed(
            f"plugin {name}: its program does not speak version {PROTOCOL} of the protocol",
            code="plugin.protocol",
            next_step=f'Let it write {{"type":"hello","protocol":{PROTOCOL},…}} first (docs/protocol.md).',
        )
    return hello


async def next_line(process: WorkerProcess) -> bytes | None:
    """None at the end. Raises NotAMessage for one that is too long."""
    try:
        return await process.stdout.readuntil(b"\n")
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError:
        raise NotAMessage(f"a line of more than {MAX_LINE} bytes") from None


def ending(status: int | None) -> str:
    """How a process ended, in words."""
    if status is None:
        return "it closed its standard output"
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
