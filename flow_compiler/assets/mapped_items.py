"""How many items of a map were there already: the pages of a document that nothing was computed for."""

from __future__ import annotations

from collections.abc import Mapping

from flow_compiler.engine.outcomes import Reuse, StepRecord, Success
from flow_compiler.engine.stores import ItemPath, outermost_map
from flow_compiler.language.model import Flow

_MAP = "/builtin/map"
_NAME = "items"


class MappedItems:
    """The items of a flow's own map steps, as the calls below them come to an end. ``metadata: {items: pages}`` of a map
    says what its items are: it reports ``pages_reused``, any other map ``items_reused``."""

    def __init__(self, flow: Flow) -> None:
        self._names = {step.id: _name(step.metadata) for step in flow.steps if step.component == _MAP}
        self._called: dict[str, dict[str, bool]] = {}

    def heard(self, item: ItemPath, record: StepRecord) -> None:
        """A call of a component has ended, somewhere below the root item."""
        below = outermost_map(item)
        if below is not None:
            step_id, index = below
            items = self._called.setdefault(step_id, {})
            items[index] = items.get(index, True) and record.computed == 0

    def numbers(self, step_id: str, record: StepRecord) -> dict[str, int]:
        """Of the map that has ended: items all of whose calls were reused. None for any other step."""
        if step_id not in self._names or not isinstance(record.outcome, Success):
            return {}
        if record.reuse is Reuse.JOURNAL:  # replayed as a whole, so that no call of its items is heard
            reused = sum(result["outcome"] == "success" for result in record.outcome.result["results"])
        else:
            reused = sum(self._called.get(step_id, {}).values())
        return {f"{self._names[step_id]}_reused": reused}


def _name(metadata: Mapping[str, object]) -> str:
    said = metadata.get("items")
    return said if isinstance(said, str) and said else _NAME
