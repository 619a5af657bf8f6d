"""Keys as dynamic partitions of a flow in Dagster, which has them under the flow's name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import dagster as dg

_AT_ONCE = 20_000


def enter_keys(instance: dg.DagsterInstance, flow_name: str, keys: Sequence[str]) -> Sequence[str]:
    """Add the keys that are not partitions yet; returns those, in order."""
    there = set(instance.get_dynamic_partitions(flow_name))
    new = [key for key in dict.fromkeys(keys) if key not in there]
    for start in range(0, len(new), _AT_ONCE):
        instance.add_dynamic_partitions(flow_name, new[start : start + _AT_ONCE])
    return new


def enter_in_dagster_home(flow_name: str, key: str) -> bool:
    """Add the key in the instance that ``DAGSTER_HOME`` names; False where it names none."""
    if not os.environ.get("DAGSTER_HOME"):
        return False
    import dagster as dg  # seconds, where there is a home only

    with dg.DagsterInstance.get() as instance:
        enter_keys(instance, flow_name, [key])
    return True
