"""Changing steps of a flow for one run: ``{steps: {ID: {value: PATCH}}}`` (notes/stepflow 1.11).

``PATCH`` is an RFC 7396 merge patch of the step as JSON: objects are merged, null deletes, anything else replaces.
"""

from __future__ import annotations

import difflib
from dataclasses import replace

from flow_compiler.errors import FlowError
from flow_compiler.language.expressions import Json, kind_of
from flow_compiler.language.model import Flow
from flow_compiler.language.reading import flow_from_json
from flow_compiler.language.source import Source

CODE = "flow.overrides"
_MERGE_PATCH = "merge_patch"


def merge_patch(target: Json, patch: Json) -> Json:
    """RFC 7396. Neither argument is changed."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def apply_overrides(flow: Flow, overrides: Json) -> Flow:
    """The flow with its steps patched; null changes nothing.

    Raises FlowError when the overrides are not of the form above or name a step that the flow does not have, and
    FlowLoadError when a patched step is no longer a step.
    """
    if overrides is None:
        return flow
    patches = _patches(overrides)
    for step_id in patches:
        if step_id not in flow:
            near = difflib.get_close_matches(step_id, [step.id for step in flow.steps], n=3)
            hint = f"; nearest: {', '.join(near)}" if near else ""
            raise _error(f"failed to apply workflow overrides: there is no step {step_id!r}{hint}")
    if not patches:
        return flow
    written = flow.to_json()
    written["steps"] = [
        merge_patch(step, patches[step["id"]]) if step["id"] in patches else step for step in written["steps"]
    ]
    # The places in the file no longer belong to what the steps say.
    return replace(flow, steps=flow_from_json(written).steps, source=Source(flow.source.file))


def _patches(overrides: Json) -> dict[str, Json]:
    if not isinstance(overrides, dict):
        raise _error(f"invalid overrides: expected an object, not {kind_of(overrides)}")
    if "steps" not in overrides:
        raise _error("invalid overrides: missing field `steps`")
    steps = overrides["steps"]
    if not isinstance(steps, dict):
        raise _error(f"invalid overrides: `steps` must be an object, not {kind_of(steps)}")
    return {step_id: _patch(step_id, entry) for step_id, entry in steps.items()}


def _patch(step_id: str, entry: Json) -> Json:
    if not isinstance(entry, dict) or "value" not in entry:
        raise _error(f"invalid overrides: missing field `value` for step {step_id!r}")
    kind = entry.get("$type")
    if kind not in (None, _MERGE_PATCH):
        raise _error(f"invalid overrides: `$type` of step {step_id!r} is {kind!r}; only {_MERGE_PATCH} exists")
    return entry["value"]


def _error(message: str) -> FlowError:
    return FlowError(message, code=CODE, next_step="Write `{steps: {STEP_ID: {value: {input: {field: new value}}}}}`.")
