"""Declaring components: ``@component`` on a typed function, or ``@component("/pages/prepare", effect="pure")``.

The function takes one pydantic model (or plain JSON) and, where it wants one, a :class:`ComponentContext`, and returns
a model (or JSON). Its annotations are its contract, enforced both ways. With ``batch=N`` it takes a list of inputs and a
:class:`BatchContext` and returns a list of outputs or :class:`ComponentError`, in the same order.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol, TypeVar, overload

from pydantic import TypeAdapter

from flow_compiler.engine.component_log import ComponentLog
from flow_compiler.engine.contracts import contracts_of, json_schema
from flow_compiler.engine.json_blobs import read_json, write_json
from flow_compiler.engine.many_flows import FlowRunner, run_many
from flow_compiler.engine.outcomes import FlowResult, Json
from flow_compiler.engine.signatures import takes_context
from flow_compiler.engine.stores import ArtifactStore, BlobRef, ItemPath
from flow_compiler.errors import ResourceUnavailable

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class Effect(StrEnum):
    """What calling a component does to the world (design, idea 2)."""

    PURE = "pure"  # result depends on the input only: memoised
    READ = "read"  # reads a pinned version of something outside: memoised
    WRITE = "write"  # changes something, idempotently: journaled per run, never memoised


class Resources:
    """Things components use that are not data: stores, pools, clients. Looked up by type."""

    def __init__(self, items: Mapping[type[Any], Any] | None = None) -> None:
        self._items = dict(items or {})

    def get(self, kind: type[T]) -> T:
        try:
            found: T = self._items[kind]
        except KeyError:
            raise ResourceUnavailable(
                f"no resource of type {kind.__name__} is configured",
                code="component.resource_missing",
                retryable=False,
                next_step=f"Give the engine a {kind.__name__} in its resources.",
            ) from None
        return found

    def plus(self, item: Any) -> Resources:
        """These and one more, found by its own type."""
        return Resources({**self._items, type(item): item})


class NumberSink(Protocol):
    def __call__(self, **numbers: float | int) -> None: ...


class ProgressSink(Protocol):
    def __call__(self, done: int, total: int | None = None) -> None: ...


def _unheard(done: int, total: int | None = None) -> None:  # noqa: ARG001  nobody listens
    return


@dataclass(frozen=True)
class ComponentContext:
    """What a component may know and use besides its input. Nothing here enters the memo key."""

    run_id: str
    item: ItemPath
    step_id: str
    attempt: int  # from 1, over all runners of this run
    artifacts: ArtifactStore
    resources: Resources
    report: NumberSink
    """Numbers for people: pages, bytes, milliseconds, scores under ``eval/…``. Journaled and memoised with the outcome."""
    mark_degraded: Callable[[], None]
    """This result came from a fallback: kept, but may be improved later."""
    elapsed: float = 0.0
    """Seconds since this call was begun: more than 0 where a runner of this run began it and was killed."""
    run_flow: FlowRunner | None = None
    """Runs a flow below this step; None only outside an engine."""
    progress: ProgressSink = _unheard
    """Tells how far a long call is: ``context.progress(3, 10)``. Shown while it runs, and not kept."""

    @cached_property
    def log(self) -> ComponentLog:
        """A standard logger whose records name run, step and attempt."""
        return ComponentLog(self.run_id, self.step_id, self.attempt)

    async def run_flows(self, flow: Json, inputs: Sequence[Json], at_once: int | None = None) -> list[FlowResult]:
        """Runs the flow on each input, ``at_once`` at a time, below this step; results in the order of the inputs, a
        failed one is a result. Each run is journaled under its index: do not mix with unnumbered ``run_flow`` calls.
        Raises FlowError when the flow cannot be read."""
        assert self.run_flow is not None
        return await run_many(self.run_flow, flow, inputs, at_once)

    def resource(self, kind: type[T]) -> T:
        return self.resources.get(kind)

    async def put_blob(self, data: bytes, kind: str = "binary") -> BlobRef:
        return await self.artifacts.put(data, kind)

    async def get_blob(self, digest: str) -> bytes:
        return await self.artifacts.get(digest)

    async def put_json(self, value: Json, kind: str = "data") -> BlobRef:
        """Stores a JSON value as ``/builtin/put_blob`` does. Raises NotJson."""
        return await write_json(self.artifacts, value, kind)

    async def get_json(self, digest: str) -> Json:
        """The JSON value stored under the id. Raises InvalidInput when it is none, ArtifactMissing."""
        return await read_json(self.artifacts, digest)


class EarlyAnswer(Protocol):
    def __call__(self, place: int, answer: Any) -> None: ...


def _told_at_the_end(place: int, answer: Any) -> None:  # noqa: ARG001  the batch's own answers count
    return


@dataclass(frozen=True)
class BatchContext:
    """Contexts of a batch, in the order of its inputs; items may belong to different documents."""

    items: Sequence[ComponentContext]
    answer: EarlyAnswer = _told_at_the_end
    """Gives the answer for the input at ``place`` (from 0) before the batch ends: that step is then finished, and kept. What the
    function returns in the end still has one answer for each input; of those given early it is not looked at."""

    def resource(self, kind: type[T]) -> T:
        return self.items[0].resource(kind)


Profile = Callable[[Any, Resources], str]


@dataclass(frozen=True)
class Component:
    """A registered callable with its contract."""

    path: str
    call: Callable[..., Any]
    input: TypeAdapter[Any]
    output: TypeAdapter[Any]
    version: str = "1"
    effect: Effect = Effect.WRITE
    pool: str | None = None
    batch: int | None = None
    lease: bool = False
    profile: Profile | None = None
    description: str = ""
    is_async: bool = field(default=True)
    takes_context: bool = True
    builtin: bool = False
    """Plumbing of the language: journaled, never memoised, not counted as a leaf call, fails as the reference's built-ins do."""
    shares_input: bool = True
    """The input's contract lets parts of the resolved input through as they are, so the component is given a copy."""
    returns_numbers: bool = True
    """The result may hold floats, so also such as JSON does not have."""
    returns_untyped: bool = True
    """Where a float has no type, pydantic writes one that JSON does not have as null."""
    declared_input: Json = None
    """JSON schema of the input where it is declared by somebody else's program; None: the annotation says it."""
    declared_output: Json = None

    @cached_property
    def input_schema(self) -> Json:
        """JSON schema (2020-12) of what it takes; ``{}`` where that is anything."""
        return self.declared_input if self.declared_input is not None else json_schema(self.input, "validation")

    @cached_property
    def output_schema(self) -> Json:
        """JSON schema (2020-12) of what it gives; ``{}`` where that is anything."""
        return self.declared_output if self.declared_output is not None else json_schema(self.output, "serialization")

    def profile_of(self, value: Any, resources: Resources) -> str:
        """Everything besides the input that changes the result (engine, weights, options): part of the memo key."""
        return self.profile(value, resources) if self.profile else ""


@overload
def component(path: F, /) -> F: ...


@overload
def component(
    path: str | None = None,
    /,
    *,
    version: str = "1",
    effect: Effect | str = Effect.WRITE,
    pool: str | None = None,
    batch: int | None = None,
    lease: bool = False,
    profile: Profile | None = None,
    builtin: bool = False,
) -> Callable[[F], F]: ...


def component(
    path: Any = None,
    /,
    *,
    version: str = "1",
    effect: Effect | str = Effect.WRITE,
    pool: str | None = None,
    batch: int | None = None,
    lease: bool = False,
    profile: Profile | None = None,
    builtin: bool = False,
) -> Any:
    """Declare a function as the component ``path``, or ``/<its name>`` where no path is given; the declaration is
    ``function.__component__``. Raises TypeError for a function that cannot be a component.

    Raise ``version`` when the result for the same input changes: it is part of the memo key. ``lease=True`` makes
    two callers of the same memo key, in any process, wait for one computation. Synchronous functions run in a
    thread pool, never on the event loop.
    """

    def declare(function: F) -> F:
        function.__component__ = _describe(  # type: ignore[attr-defined]
            function,
            path=path if isinstance(path, str) else f"/{function.__name__}",
            version=version,
            effect=Effect(effect),
            pool=pool,
            batch=batch,
            lease=lease,
            profile=profile,
            builtin=builtin,
        )
        return function

    return declare(path) if callable(path) else declare


def _describe(function: Callable[..., Any], *, path: str, batch: int | None, **options: Any) -> Component:
    if not path.startswith("/"):
        raise TypeError(f"the component path {path!r} must start with /")
    given, returned = contracts_of(function, batch=batch is not None)
    return Component(
        path=path,
        call=function,
        input=given.adapter,
        output=returned.adapter,
        batch=batch,
        description=inspect.getdoc(function) or "",
        is_async=inspect.iscoroutinefunction(function),
        takes_context=takes_context(function),
        shares_input=given.untyped and not options["builtin"],
        returns_numbers=returned.numbers and not options["builtin"],
        returns_untyped=returned.untyped,
        **options,
    )
