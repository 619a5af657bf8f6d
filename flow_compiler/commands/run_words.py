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
_NAMES = {"code": "error", "nextStep": "next_step"}
"""What the fields of a failure's details are called outside the API."""


def status_word(status: Json) -> str:
    return STATUSES.get(status, str(status))


def outcome_of(item: dict[str, Json]) -> dict[str, Json]:
    """An item's result as ``run`` prints it: ``{outcome, result}`` or ``{outcome, error}``; ``{outcome: cancelled}``."""
    if "output" in item:
        return {"outcome": "success", "result": item["output"]}
    if "errorMessage" in item:
        error = {"code": _code(item.get("errorCode")), "message": item["errorMessage"]}
        return {"outcome": "failed", "error": error | ({"data": _data(item["error"])} if "error" in item else {})}
    return {"outcome": status_word(item.get("status"))}


def _code(number: Json) -> Json:
    from flow_compiler.engine.outcomes import TaskErrorCode

    codes = list(TaskErrorCode)
    return str(codes[number]) if isinstance(number, int) and 0 <= number < len(codes) else number


def _data(detail: dict[str, Json]) -> dict[str, Json]:
    return {_NAMES.get(name, name): value for name, value in detail.items()}
