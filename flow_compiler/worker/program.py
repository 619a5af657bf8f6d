"""The worker as a program: its options, its streams, its limits."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from typing import BinaryIO

from flow_compiler.engine.components import Component
from flow_compiler.worker.limits import die_with_parent, limit_memory
from flow_compiler.worker.modules import CannotServe, components_of
from flow_compiler.worker.serving import Serving

AT_ONCE = 64
"""Calls in flight that the worker says it takes: as many as a map gives."""


def main() -> None:
    options = _options()
    given, told = _own_streams()
    die_with_parent()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    try:
        components = _components(options)
    except CannotServe as error:
        sys.exit(str(error))
    serving = Serving(components, told, at_once=1 if options.code else AT_ONCE)
    asyncio.run(serving.run(given))
    told.flush()
    os._exit(0)  # a thread that never returns must not hold up the end


def _components(options: argparse.Namespace) -> list[Component]:
    if options.code:
        from flow_compiler.worker.udf import code_component

        component = code_component(options.cpu_seconds)
        limit_memory(options.memory)  # after the imports, which need address space for a moment
        return [component]
    return components_of(options.module)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("flow_compiler.worker", description="Serves components over standard streams.")
    parser.add_argument("--module", action="append", default=[], help="module whose components are served")
    parser.add_argument("--code", action="store_true", help="serve /udf, and nothing else, under limits")
    parser.add_argument("--cpu-seconds", type=int, default=60, help="CPU time of one call of /udf")
    parser.add_argument("--memory", type=int, default=2 << 30, help="bytes of address space under --code")
    return parser.parse_args()


def _own_streams() -> tuple[BinaryIO, BinaryIO]:
    """The streams of the protocol, out of the reach of ``print`` and ``input``: what components print goes to the log."""
    given = os.fdopen(os.dup(0), "rb", buffering=0)
    told = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return given, told
