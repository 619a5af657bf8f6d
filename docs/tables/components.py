"""docs/components.md: what flows can call, from the registry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from docs.tables.markdown import fields, json_type, page, table
from flow_compiler.engine.builtins import BUILTINS
from flow_compiler.engine.components import Component, Effect
from stepflow_assets.assets.runtime import document_components

_INTRO = """
What a flow can call; how to write one: [writing components](writing-components.md). `flow-compiler validate` and `flow-compiler run` know the built-ins; those of other modules are named
with `--module`.

A component's *effect* decides what is remembered of it ([architecture](architecture.md#what-is-recomputed-when)): the
results of `pure` and `read` components are kept in the memo under path, version, profile and input, and used by every
later run; a `write` component is called by every run. Raise `version` when the result for the same input changes.
*Profile* says that something besides the input is part of that key: the render settings, the OCR engine with its
weights, docling's version, the embedder. *Lease* says that two processes never compute the same entry at once.
"""

_EFFECTS = {Effect.PURE: "pure", Effect.READ: "read", Effect.WRITE: "write"}


def components_page() -> str:
    own = list(document_components())
    types: dict[str, Mapping[str, Any]] = {}
    parts = [_overview(own), "## Components for documents"]
    parts += [_component(item, types) for item in own]
    parts += ["## Built-ins", "Components of the language itself. They are journaled, and not memoised."]
    parts += [_component(item, types) for item in BUILTINS]
    parts += ["## Types", *(_type(name, types[name]) for name in sorted(types))]
    return page("Components", _INTRO, *parts)


def _overview(components: list[Component]) -> str:
    return table(
        ["path", "effect", "version", "pool", "batch", "profile", "lease"],
        [
            [
                f"[{item.path}](#{_anchor(item.path)})",
                _EFFECTS[item.effect],
                item.version,
                item.pool or "",
                str(item.batch or ""),
                "yes" if item.profile else "",
                "yes" if item.lease else "",
            ]
            for item in components
        ],
    )


def _component(item: Component, types: dict[str, Mapping[str, Any]]) -> str:
    parts = [f"### {item.path}", _prose(item.description)]
    for word, adapter, mode in (("Input", item.input, "validation"), ("Output", item.output, "serialization")):
        schema = adapter.json_schema(mode=mode)
        types.update(schema.get("$defs", {}))
        title = schema.get("title")
        if schema.get("properties"):
            parts += [f"{word}{f' ({title})' if title else ''}:", fields(schema)]
        else:
            parts.append(f"{word}: {json_type(schema)}.")
    return "\n\n".join(parts)


def _type(name: str, schema: Mapping[str, Any]) -> str:
    described = _prose(schema.get("description", ""))
    body = fields(schema) if schema.get("properties") else f"{json_type(schema)}."
    return "\n\n".join(part for part in (f"### {name}", described, body) if part)


def _prose(text: str) -> str:
    """A docstring as Markdown: reStructuredText's double backquotes and roles become plain code, sources are left out."""
    without_sources = re.sub(r"\s*\([^()]*(?:design,|notes/)[^()]*\)", "", text)
    return re.sub(r":\w+:`([^`]+)`", r"`\1`", without_sources).replace("``", "`").strip()


def _anchor(path: str) -> str:
    return re.sub(r"[^a-z0-9_-]", "", path.lower())
