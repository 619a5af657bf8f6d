"""The test cases of a flow file, run as one batch in memory, and what came of each."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Collection, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from flow_compiler.commands.case_files import FlowFile
from flow_compiler.commands.expected_results import Difference, NoResult, comparable, differences
from flow_compiler.configuration.lookup import configuration_of
from flow_compiler.configuration.old_forms import FOREIGN_TRANSPORT
from flow_compiler.engine.configured import engine_settings
from flow_compiler.engine.engine import Engine, ItemResult
from flow_compiler.engine.outcomes import to_json
from flow_compiler.engine.registry import ComponentRegistry, Components
from flow_compiler.engine.run_batch import run_batch
from flow_compiler.engine.storage import memory_stores
from flow_compiler.errors import ConfigurationError, FlowCompilerError, FlowError
from flow_compiler.language.diagnostics import reject_if_fatal
from flow_compiler.language.expressions import Json
from flow_compiler.language.model import Flow
from flow_compiler.language.nested_steps import nested_steps_at
from flow_compiler.plugins.opening import open_plugins

NO_MODULE = "udf.no_module"
"""The error of code in a blob that imports a module which its process does not have."""


class Status(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    UPDATED = "updated"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class CaseEnd:
    """How a case ended. ``actual`` is the flow result to compare with, where the flow ran."""

    file: Path
    index: int
    name: str
    status: Status
    reason: str = ""
    differences: tuple[Difference, ...] = ()
    actual: Json = None
    seconds: float = 0.0


def run_cases(
    file: FlowFile,
    *,
    config: Path | None,
    modules: ComponentRegistry,
    names: Collection[str],
    strict: bool = False,
) -> list[CaseEnd]:
    """Of the cases with these names, or of all. What keeps them from running is told of each: a service or program that
    is not there as not run, all else as a failure."""
    chosen = [(index, case) for index, case in enumerate(file.cases) if not names or case["name"] in names]
    if not chosen:
        return []
    try:
        reject_if_fatal(file.flow, strict=strict)
        return asyncio.run(_run(file, chosen, config, modules))
    except FlowCompilerError as error:
        absent = _absent(error)
        status, reason = (Status.NOT_RUN, absent) if absent else (Status.FAILED, f"{error} ({error.next_step})")
        return [CaseEnd(file.path, index, case["name"], status, reason) for index, case in chosen]


async def _run(
    file: FlowFile, chosen: list[tuple[int, dict[str, Json]]], config: Path | None, modules: ComponentRegistry
) -> list[CaseEnd]:
    found = configuration_of(file.flow, file.path, config, testing=True)
    away: dict[str, str] = {}

    def left_out(plugin: str, error: FlowCompilerError) -> bool:
        away[plugin] = _absent(error)
        return bool(away[plugin])

    ended: list[CaseEnd] = []
    async with AsyncExitStack() as stack:
        components: Components = modules
        settings = None
        if found is not None:
            routed = await stack.enter_async_context(open_plugins(found, modules, left_out))
            for path in _called(file.flow):
                if (reason := away.get(routed.closed_plugin(path) or "")) is not None:
                    return [CaseEnd(file.path, index, case["name"], Status.NOT_RUN, reason) for index, case in chosen]
            components, settings = routed, engine_settings(found)
        engine = await stack.enter_async_context(Engine(components, memory_stores(), settings=settings))

        async def note(position: int, result: ItemResult) -> None:
            index, case = chosen[position]
            ended.append(_compared(file.path, index, case, result))

        inputs = [case["input"] for _, case in chosen]
        await run_batch(engine, file.flow, inputs, note, run_id=str(uuid.uuid4()))
    return sorted(ended, key=lambda end: end.index)


def _compared(path: Path, index: int, case: dict[str, Json], result: ItemResult) -> CaseEnd:
    actual = comparable(to_json(result.result))
    status, reason, found = Status.FAILED, "", tuple[Difference, ...]()
    if case.get("output") is None:
        reason = "the case says no `output`; --update writes it"
    else:
        try:
            found = differences(case["output"], actual)
            status = Status.FAILED if found else Status.PASSED
            if found and _lacks_module(actual):
                status, reason, found = Status.NOT_RUN, f"a package is not installed: {actual['error']['message']}", ()
        except NoResult as error:
            reason = f"its `output` is no flow result: {error}"
    return CaseEnd(path, index, case["name"], status, reason, found, actual, result.seconds)


def _lacks_module(actual: Json) -> bool:
    """Code in a blob imports what there is not in its process."""
    return bool(actual["outcome"] == "failed" and actual["error"]["data"]["error"] == NO_MODULE)


def _called(flow: Flow) -> Iterator[str]:
    """Every component that the flow names, in flows inside it too."""
    for step in flow.steps:
        yield step.component
        yield from (nested["component"] for _, nested in nested_steps_at(step.to_json().get("input")))


def _absent(error: FlowCompilerError) -> str:
    """What is not on this machine, where that is why; else nothing."""
    if isinstance(error, ConfigurationError) and error.code == FOREIGN_TRANSPORT:
        return f"it needs a network service: {error.message}"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ModuleNotFoundError):
            return f"the package {(cause.name or '?').partition('.')[0]} is not installed"
        if isinstance(cause, FileNotFoundError) and not isinstance(error, FlowError):
            return f"the program {cause.filename} is not installed" if cause.filename else error.message
        cause = cause.__cause__
    return ""
