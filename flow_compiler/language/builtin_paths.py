"""The components that every flow may call, by the paths that flows name. What they do, the engine knows; a test holds this
list against it. Checking a flow needs no more, and loads no engine."""

from __future__ import annotations

PREFIX = "/builtin/"
BUILTIN_PATHS = frozenset(
    PREFIX + name
    for name in (
        "create_messages",
        "eval",
        "get_blob",
        "iterate",
        "load_file",
        "map",
        "noop",
        "openai",
        "put_blob",
        "sleep",
    )
)
