"""A flow as Dagster will see it, worked out once: assets, names, versions, ops and checks. No definitions yet.

Ops, closers of orphaned runs and the definitions all read the same blueprint.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from flow_compiler.assets.checks import StepCheck
from flow_compiler.assets.code_versions import Setting, code_versions
from flow_compiler.assets.lineage import GLUE, OUTPUT, Lineage, lineage_of
from flow_compiler.assets.naming import Names, dagster_name, is_reserved
from flow_compiler.assets.pools import DEFAULT_POOL, PoolSettings, placed, pool_of
from flow_compiler.assets.segments import Segment, segments_of
from flow_compiler.engine.registry import Components
from flow_compiler.language.dependencies import upstream
from flow_compiler.language.model import Flow, Step


@dataclass(frozen=True)
class Blueprint:
    """``name`` is the flow's Dagster name; assets are named by step id everywhere, :data:`OUTPUT` included. ``checks`` are
    those of every needed step: on one that is no asset they are not shown, and the blocking ones block."""

    flow: Flow
    name: str
    lineage: Lineage
    names: Names
    segments: tuple[Segment, ...]
    code_versions: Mapping[str, str]
    checks: Mapping[str, tuple[StepCheck, ...]]

    @property
    def assets(self) -> tuple[str, ...]:
        return self.lineage.assets

    @property
    def graph_name(self) -> str:
        """The job has the flow's name, and Dagster wants another one for the graph inside."""
        return f"{self.name}_batch"

    def segment_of(self, asset: str) -> Segment:
        """The segment whose op reports the asset: its step's, or the last one for the flow's whole result."""
        if asset == OUTPUT:
            return self.segments[-1]
        return next(segment for segment in self.segments if asset in segment.steps)

    def op_name(self, segment: Segment) -> str:
        """Unique among all flows of a code location, as Dagster asks of op names."""
        number = f"_{segment.number}" if segment.number else ""
        return f"{self.name}_{dagster_name(segment.pool)}{number}"

    def steps_until(self, segment: Segment) -> frozenset[str]:
        """The steps of the segment and of those before it."""
        return frozenset(step for part in self.segments[: segment.number + 1] for step in part.steps)

    def steps_for(self, wanted: Collection[str]) -> frozenset[str]:
        """The steps of the wanted assets and all that they may need."""
        return upstream(self.flow, wanted)

    def decides(self, wanted: Collection[str]) -> bool:
        """Whether a run of the ``wanted`` assets runs the whole flow: all that its output and ``mustExecute`` need."""
        return len(wanted) == len(self.assets) or self.steps_for(wanted) >= self.lineage.needed.keys()

    def unreached(
        self, wanted: Collection[str], succeeded: Collection[str], failed: Collection[str]
    ) -> tuple[str, ...]:
        """Of the ``wanted`` assets, those that a partition which failed should have reached and did not.

        A step that only some inputs need counts when it was reached and failed; one that laziness may have left out does
        not. A failure behind the last asset (the flow's output) is shown on the assets nothing comes from.
        """
        missing = [
            asset
            for asset in self.assets
            if asset in wanted and asset not in succeeded and (asset in failed or self._is_certain(asset))
        ]
        return tuple(missing or [asset for asset in self.assets if asset in wanted and asset in self._last_of(wanted)])

    def finished(self, wanted: Collection[str], succeeded: Collection[str]) -> bool:
        """Whether every wanted asset that each input needs is there."""
        return all(asset in succeeded for asset in self.assets if asset in wanted and self._is_certain(asset))

    def _is_certain(self, asset: str) -> bool:
        return asset == OUTPUT or asset in self.lineage.certain

    def _last_of(self, wanted: Collection[str]) -> frozenset[str]:
        with_children = frozenset().union(*(self.lineage.parents[asset] for asset in self.assets if asset in wanted))
        return frozenset(wanted) - with_children


def draw(
    flow: Flow,
    registry: Components,
    *,
    name: str | None = None,
    pools: Mapping[str, PoolSettings],
    routes: Mapping[str, str],
    checks: Sequence[StepCheck],
    setting: Setting | None = None,
) -> Blueprint:
    """The blueprint of a flow. Components that are not registered give no version and no pool, and stop nothing."""
    lineage = lineage_of(flow)
    places = {step_id: placed(_pool(flow.step(step_id), registry, routes), pools) for step_id in lineage.needed}
    ids = [asset for asset in lineage.assets if asset != OUTPUT]
    names = Names.of(ids) if ids else Names({OUTPUT: "output"})
    return Blueprint(
        flow=flow,
        name=name_of(flow, name),
        lineage=lineage,
        names=names,
        segments=segments_of(lineage.needed, places),
        code_versions=code_versions(flow, lineage, registry, setting or Setting()),
        checks={
            step_id: of_step
            for step_id in lineage.needed
            if (of_step := tuple(check for check in checks if check.step_id == step_id))
        },
    )


def name_of(flow: Flow, given: str | None = None) -> str:
    """The Dagster name of a flow: the one given, its own, or its file's."""
    return job_name(given or flow.name or (PurePath(flow.source.file).stem if flow.source.file else ""))


def job_name(flow_name: str) -> str:
    name = dagster_name(flow_name, fallback="flow")
    return f"{name}_flow" if is_reserved(name) else name


def _pool(step: Step, registry: Components, routes: Mapping[str, str]) -> str | None:
    """None only for glue: everything else that nobody places is in the default pool."""
    found = pool_of(step, registry, routes)
    return found if found or step.component in GLUE else DEFAULT_POOL
