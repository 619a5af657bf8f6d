"""The code version of an asset: what, besides its inputs, decides its result. Dagster shows what a change makes stale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flow_compiler.assets.lineage import OUTPUT, Lineage
from flow_compiler.engine.registry import Components
from flow_compiler.language.canonical import digest
from flow_compiler.language.expressions import Expression, Json, VariableRef
from flow_compiler.language.model import Flow
from flow_compiler.language.nested_steps import nested_steps
from flow_compiler.language.schemas import variable_defaults
from flow_compiler.language.secrets import REDACTED, Secrets
from flow_compiler.language.walk import Found, walk

_DIGITS = 16


@dataclass(frozen=True)
class Setting:
    """What a flow is run with wherever it is run: ``variables`` over the defaults of its schema, and the ``profiles`` of
    components, the engines behind them, by path."""

    variables: Mapping[str, Json] = field(default_factory=dict)
    profiles: Mapping[str, str] = field(default_factory=dict)


def code_versions(flow: Flow, lineage: Lineage, registry: Components, setting: Setting) -> dict[str, str]:
    """By asset. Changes when what the asset's step says changes, or a step without an asset between it and its parents;
    the value of a variable that any of them refers to; the version or profile of a component that any of them calls, in
    sub-flows too. Secrets are no part of it."""
    told = Secrets.of(flow).in_variables({**variable_defaults(flow), **setting.variables})
    variables = {name: value for name, value in told.items() if value != REDACTED}
    return {
        asset: _version(flow, lineage, asset, registry, Setting(variables, setting.profiles))
        for asset in lineage.assets
    }


def _version(flow: Flow, lineage: Lineage, asset: str, registry: Components, setting: Setting) -> str:
    covered = [step for step in flow.steps if step.id == asset or step.id in lineage.absorbed[asset]]
    said = [{key: value for key, value in step.to_json().items() if key != "metadata"} for step in covered]
    expressions: list[Expression] = [step.input for step in covered]
    if asset == OUTPUT:
        said.append({"output": flow.to_json().get("output")})
        expressions.append(flow.output)
    components = [step.component for step in covered] + [nested["component"] for nested in nested_steps(said)]
    return digest(
        {
            "said": said,
            "components": {path: registry.get(path).version for path in components if path in registry},
            "variables": {name: setting.variables.get(name) for name in _variables(expressions)},
            "profiles": {path: setting.profiles[path] for path in components if path in setting.profiles},
        }
    )[:_DIGITS]


def _variables(expressions: Sequence[Expression]) -> set[str]:
    """Names of the variables that the expressions refer to."""
    found = (part.expression for expression in expressions for part in walk(Found(expression)))
    return {name for part in found if isinstance(part, VariableRef) and (name := part.name) is not None}
