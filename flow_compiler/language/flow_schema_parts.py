"""Parts that the JSON schema of a flow file is made of; the largest is that of values."""

from __future__ import annotations

from flow_compiler.language.expressions import Json

_NO_LONGER = "No longer part of the language, and ignored: "


def value_schema() -> dict[str, Json]:
    """The first of the deciding keys decides, in this order."""
    forms: list[tuple[str, dict[str, Json]]] = [
        ("$literal", {"$literal": {"description": "Taken as it is: nothing inside is a reference. Flows inside inputs are written so."}}),
        ("$if", {
            "$if": ref("value", "Everything but null, false and a failure holds: 0, \"\" and [] too."),
            "then": ref("value", "Taken when the condition holds; only the branch that is taken is evaluated."),
            "else": ref("value", "Taken otherwise. Missing: null."),
        }),
        ("$coalesce", {"$coalesce": {"type": "array", "items": ref("value"), "description": "The first that is not null."}}),
        ("$step", {
            "$step": {"type": "string", "description": "Id of an earlier step."},
            "path": ref("path", "Which part of its result."),
        }),
        ("$input", {"$input": ref("path", "A part of the flow's input; `$` is all of it.")}),
        ("$variable", {
            "$variable": ref("path", "Name of a variable, or a path that begins with it: `$.name.part`."),
            "default": ref("value", "Taken where the variable has no value."),
        }),
    ]  # fmt: skip
    decided: Json = {"additionalProperties": ref("value"), "not": {"required": ["$from"]}}
    for key, fields in reversed(forms):
        rule = {"properties": fields, "additionalProperties": False}
        if key == "$if":
            rule["required"] = ["then"]
        decided = {"if": {"required": [key]}, "then": rule, "else": decided}
    return {
        "description": "A value: plain JSON, or made of references (`$step`, `$input`, `$variable`, `$if`, `$coalesce`, `$literal`).",
        "type": ["null", "boolean", "number", "string", "array", "object"],
        "items": ref("value"),
        "if": {"type": "object"},
        "then": decided,
    }


def object_schema(
    description: str, fields: dict[str, Json], *, required: tuple[str, ...] = (), old: dict[str, str] | None = None
) -> dict[str, Json]:
    deprecated = {
        key: {"deprecated": True, "description": _NO_LONGER + instead} for key, instead in (old or {}).items()
    }
    said: dict[str, Json] = {"type": "object", "description": description, "properties": {**fields, **deprecated}}
    return {**said, **({"required": list(required)} if required else {}), "additionalProperties": False}


def ref(name: str, description: str = "") -> dict[str, Json]:
    return {"$ref": f"#/$defs/{name}", **({"description": description} if description else {})}


def text(description: str) -> dict[str, Json]:
    return {"type": ["string", "null"], "description": description}


def free(description: str) -> dict[str, Json]:
    return {"type": ["object", "null"], "description": description}
