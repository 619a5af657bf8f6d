"""Flows for the server's tests."""

from __future__ import annotations

from typing import Any

DOUBLE: dict[str, Any] = {
    "name": "double",
    "description": "The number, twice.",
    "schemas": {
        "type": "object",
        "properties": {
            "variables": {
                "type": "object",
                "properties": {
                    "unit": {"type": "string", "default": "m", "description": "of the number", "env_var": "UNIT"},
                    "key": {"type": "string", "is_secret": True, "default": "hidden"},
                },
                "required": ["key"],
            }
        },
    },
    "steps": [
        {"id": "a", "component": "/builtin/noop", "input": {"n": {"$input": "n"}}},
        {"id": "b", "component": "/builtin/noop", "input": {"one": {"$step": "a"}, "unit": {"$variable": "unit"}}},
    ],
    "output": {"$step": "b"},
    "examples": [{"name": "three", "input": {"n": 3}}],
}

# What was done before `held` must not be done again, whatever happens while it works.
HELD: dict[str, Any] = {
    "name": "held",
    "steps": [
        {"id": "before", "component": "/test/call", "input": {"folder": {"$input": "folder"}}},
        {
            "id": "held",
            "component": "/test/until",
            "input": {"folder": {"$input": "folder"}, "after": {"$step": "before"}},
        },
        {
            "id": "after",
            "component": "/test/call",
            "input": {"folder": {"$input": "folder"}, "number": {"$step": "held", "path": "attempt"}},
        },
    ],
    "output": {"$step": "after"},
}

FATAL: dict[str, Any] = {"steps": [{"id": "a", "component": "/builtin/noop"}], "output": {"$step": "missing"}}
