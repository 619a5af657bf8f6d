"""A configuration as it is used: plugins, routes and pools, retries, stores."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from flow_compiler.configuration.plugins import Plugin
from flow_compiler.configuration.storage import StorageConfig
from flow_compiler.configuration.strictness import Strict
from flow_compiler.configuration.substitution import Number, Whole
from flow_compiler.language.expressions import Json
from flow_compiler.language.paths import Path, PathError


class Condition(Strict):
    """A part of the step's resolved input that must have this value."""

    what: ClassVar[str] = "a condition of a route"
    path: Annotated[str, Field(description="Which part, as in `$.model`.")]
    value: Annotated[Json, Field(description="What it must be equal to (1 and 1.0 differ).")]

    @field_validator("path")
    @classmethod
    def _is_path(cls, path: str) -> str:
        try:
            Path.parse(path)
        except PathError as error:
            raise ValueError(str(error)) from error
        return path


class Rule(Strict):
    """Where a route leads. The first rule whose conditions hold and that allows the component is taken."""

    what: ClassVar[str] = "a rule of a route"
    plugin: Annotated[str, Field(description="Name of the plugin that serves the component.")]
    pool: Annotated[str | None, Field(description="Pool that the steps run in.")] = None
    queue_name: Annotated[str | None, Field(description="Read as `pool` where no pool is given.")] = None
    conditions: Annotated[list[Condition], Field(description="All must hold.")] = []
    component_allow: Annotated[list[str] | None, Field(description="Only these components, with a leading slash.")] = (
        None
    )
    component_deny: Annotated[list[str], Field(description="Not these components, with a leading slash.")] = []
    under: Annotated[
        str | None,
        Field(description="Only components below this path of the route; the plugin is asked for what follows it."),
    ] = None

    @field_validator("under")
    @classmethod
    def _is_below(cls, under: str | None) -> str | None:
        if under is not None and (not under.startswith("/") or under.endswith("/")):
            raise ValueError("`under` is a path below the route, as in `under: /tools`")
        return under

    @property
    def pool_name(self) -> str | None:
        return self.pool or self.queue_name


class Pool(Strict):
    """A place where steps run. Pools without settings need not be listed."""

    what: ClassVar[str] = "a pool"
    allow_code: Annotated[
        bool, Field(description="Code that a flow carries (`/udf`) may run here, in a process of its own.")
    ] = False
    kubernetes: Annotated[dict[str, Any], Field(description="Value of the op tag `dagster-k8s/config`.")] = {}
    limit: Annotated[str | None, Field(description="Dagster pool that limits these ops across runs.")] = None
    tags: Annotated[dict[str, str], Field(description="More tags for the ops of the pool.")] = {}

    @property
    def is_place(self) -> bool:
        """Whether it says anything about where its ops run."""
        return bool(self.kubernetes or self.limit or self.tags)


class ConstantBackoff(Strict):
    what: ClassVar[str] = "a constant backoff"
    type: Literal["constant"]
    delay_ms: Annotated[Whole, Field(ge=0, description="Pause before every retry (ms).")] = 1000


class ExponentialBackoff(Strict):
    what: ClassVar[str] = "an exponential backoff"
    type: Literal["exponential"]
    min_delay_ms: Annotated[Whole, Field(ge=0, description="Pause before the first retry (ms).")] = 1000
    max_delay_ms: Annotated[Whole, Field(ge=0, description="Longest pause (ms).")] = 10_000
    factor: Annotated[Number, Field(ge=1, description="Each pause is so many times the one before.")] = 2.0


class FibonacciBackoff(Strict):
    what: ClassVar[str] = "a fibonacci backoff"
    type: Literal["fibonacci"] = "fibonacci"
    min_delay_ms: Annotated[Whole, Field(ge=0, description="Pause before the first two retries (ms).")] = 1000
    max_delay_ms: Annotated[Whole, Field(ge=0, description="Longest pause (ms).")] = 10_000


class Retry(Strict):
    """How failed steps are tried again."""

    what: ClassVar[str] = "retry"
    transport_max_retries: Annotated[
        Whole, Field(ge=0, description="Retries of a step whose process died, beside the flow's own `maxRetries`.")
    ] = 3
    backoff: Annotated[
        Annotated[ConstantBackoff | ExponentialBackoff | FibonacciBackoff, Field(discriminator="type")],
        Field(description="Pauses between attempts."),
    ] = FibonacciBackoff()


class BlobApi(Strict):
    """Read, and of no effect: values over 64 KiB are artifacts anyway."""

    what: ClassVar[str] = "blobApi"
    enabled: bool = True
    url: str | None = None
    blob_threshold: Whole | None = None


class LeaseManager(Strict):
    """Read, and of no effect: leases are kept beside the journal."""

    what: ClassVar[str] = "leaseManager"
    type: Literal["noOp", "etcd"] = "noOp"
    endpoints: list[str] = []
    key_prefix: str | None = None


class Recovery(Strict):
    """Of these only the time of a lease has an effect: runs go on when they are given again."""

    what: ClassVar[str] = "recovery"
    enabled: bool = True
    check_interval_secs: Whole = 30
    max_startup_recovery: Whole = 100
    max_claims_per_check: Whole = 10
    lease_ttl_secs: Annotated[
        Number, Field(gt=0, description="Seconds after which the work of a runner that is gone is taken over.")
    ] = 30.0
    checkpoint_interval: Whole = 1000


class Configuration(Strict):
    """The whole file."""

    plugins: Annotated[dict[str, Plugin], Field(description="What serves components, by name.")] = {}
    routes: Annotated[
        dict[str, list[Rule]], Field(description="First segment of a component's path (`/python`), or `/`, to rules.")
    ] = {}
    pools: Annotated[dict[str, Pool], Field(description="Settings of pools, by name.")] = {}
    retry: Annotated[Retry, Field(description="How failed steps are tried again.")] = Retry()
    storage_config: Annotated[
        StorageConfig | None, Field(description="Where runs are kept (default: in memory, or where a command says).")
    ] = None
    blob_api: Annotated[BlobApi | None, Field(description="Without effect.")] = None
    lease_manager: Annotated[LeaseManager | None, Field(description="Without effect.")] = None
    recovery: Annotated[Recovery | None, Field(description="The time of leases.")] = None
    working_directory: Annotated[
        str | None, Field(description="Folder that relative paths start from (default: that of the file).")
    ] = None
    validate_schemas: Annotated[
        bool,
        Field(description="Enforce the schemas of every flow; a flow asks with `metadata: {enforce_schemas: true}`."),
    ] = False

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: member for key, member in value.items() if member is not None}

    @property
    def used_plugins(self) -> list[str]:
        """Names of the plugins that routes lead to, in the order of the file."""
        named = {rule.plugin for rules in self.routes.values() for rule in rules}
        return [name for name in self.plugins if name in named]
