"""What people read about an asset: group, owners, kinds, description, tags, from the flow's and the step's ``metadata``.

Metadata is free text for the flow language, so what Dagster would refuse is left out rather than stopping the flow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import dagster as dg

from flow_compiler.assets.blueprint import Blueprint
from flow_compiler.assets.dagster_metadata import asset_key
from flow_compiler.assets.lineage import OUTPUT
from flow_compiler.assets.naming import dagster_name
from flow_compiler.assets.pools import POOL_TAG
from flow_compiler.engine.registry import Components
from flow_compiler.language.expressions import Json

_MOST_KINDS = 10
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_TAG_KEY = re.compile(r"([A-Za-z0-9_.-]{1,63}/)?[A-Za-z0-9_.-]{1,63}")
_TAG_VALUE = re.compile(r"[A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True)
class AssetTexts:
    group: str
    description: str | None
    owners: tuple[str, ...]
    tags: Mapping[str, str]
    metadata: Mapping[str, str]


def describe(blueprint: Blueprint, asset: str, registry: Components) -> AssetTexts:
    """``metadata`` of the step over that of the flow; the component's own description where the step has none."""
    flow = blueprint.flow
    if asset == OUTPUT:
        said: Mapping[str, Json] = {}
        component, summary = None, flow.description
    else:
        step = flow.step(asset)
        said, component = step.metadata, step.component
        summary = _first_line(registry.get(component).description) if component in registry else None
    kinds = [kind for text in _texts(said.get("kinds")) if (kind := _tag_word(text))]
    pool = _tag_word(blueprint.segment_of(asset).pool)
    tags = {**_tags(flow.metadata.get("tags")), **_tags(said.get("tags"))}
    return AssetTexts(
        group=dagster_name(_text(said.get("group")) or _text(flow.metadata.get("group")) or blueprint.name),
        description=_text(said.get("description")) or summary,
        owners=tuple(dict.fromkeys(_owners(flow.metadata.get("owners"), said.get("owners")))),
        tags={**tags, POOL_TAG: pool, **{f"dagster/kind/{kind}": "" for kind in kinds[:_MOST_KINDS]}},
        metadata={"stepflow/step": asset, **({"stepflow/component": component} if component else {})},
    )


def check_specs(blueprint: Blueprint, partitions_def: dg.PartitionsDefinition | None) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            dagster_name(check.name),
            asset=asset_key(blueprint, asset),
            description=check.description,
            blocking=check.blocking,
            metadata={
                "severity": check.severity.value,
                **({} if check.threshold is None else {"threshold": check.threshold}),
            },
            partitions_def=partitions_def,
        )
        for asset in blueprint.assets
        for check in blueprint.checks.get(asset, ())
    ]


def _owners(*said: Json) -> Iterable[str]:
    for value in said:
        for text in _texts(value):
            if _EMAIL.fullmatch(text) or (text.startswith("team:") and len(text) > len("team:")):
                yield text


def _tags(value: Json) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {}
    return {
        key: str(text)
        for key, text in value.items()
        if isinstance(text, str | int | float | bool)
        and _TAG_KEY.fullmatch(key)
        and not key.startswith("dagster/")
        and _TAG_VALUE.fullmatch(str(text))
    }


def _tag_word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-")[:63]


def _texts(value: Json) -> list[str]:
    """A text, or the texts in a list."""
    return [part for part in (value if isinstance(value, list) else [value]) if isinstance(part, str) and part]


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _first_line(text: str) -> str | None:
    return text.strip().splitlines()[0] if text.strip() else None
