"""A server's numbers and fields in words."""

from __future__ import annotations

from flow_compiler.language.expressions import Json

STATUSES = {
    1: "running",
    2: "completed",
    3: "failed",
    4: "cancelled",
    5: "paused",
    6: "recovery failed",
}


def status_word(status: Json) -> str:
    return STATUSES.get(status, str(status))


def outcome_of(item: dict[str, Json]) -> dict[str, Json]:
    """An item's result in Stepflow's form: ``{outcome, result}`` or ``{outcome, error}``; ``{outcome: cancelled}``."""
    if "output" in item:
        return {"outcome": "success", "result": item["output"]}
    if "errorMessage" in item:
        error = {"code": item.get("errorCode"), "message": item["errorMessage"]}
        return {"outcome": "failed", "error": error | ({"data": item["error"]} if "error" in item else {})}
    return {"outcome": status_word(item.get("status"))}
