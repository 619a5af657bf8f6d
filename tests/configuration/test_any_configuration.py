"""Whatever a file says, it is a configuration or it is refused as one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flow_compiler.configuration.diagnose import diagnose_configuration
from flow_compiler.configuration.reading import parse_configuration
from flow_compiler.errors import ConfigurationError

WORDS = st.sampled_from(
    [
        "plugins",
        "routes",
        "routing",
        "match",
        "target",
        "pools",
        "retry",
        "storageConfig",
        "stateStore",
        "recovery",
        "workingDirectory",
        "validateSchemas",
        "type",
        "builtin",
        "mock",
        "python",
        "command",
        "mcp",
        "grpc",
        "module",
        "modules",
        "args",
        "env",
        "url",
        "components",
        "behaviors",
        "outcome",
        "success",
        "failed",
        "error",
        "code",
        "message",
        "/",
        "/a",
        "/a/b",
        "/{*component}",
        "/a/{x}/b",
        "*",
        "plugin",
        "pool",
        "conditions",
        "path",
        "value",
        "$.x",
        "componentAllow",
        "componentDeny",
        "under",
        "component",
        "input",
        "backoff",
        "constant",
        "sqlite",
        "metadata",
        "blobs",
        "journal",
        "databaseUrl",
        "${HOME}",
        "${NOT_SET}",
        "${A:-b}",
        "$${A}",
    ]
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 2), st.just(0.5), WORDS, st.text(max_size=3)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=12,
)
TOP = st.dictionaries(st.sampled_from(["plugins", "routes", "routing", "retry", "storageConfig", "pools"]), VALUES)


@given(st.one_of(TOP, VALUES))
def test_any_value_is_read_or_refused_with_a_next_step(value: Any) -> None:
    try:
        file = parse_configuration(json.dumps(value), Path("c.json"), {"HOME": "/home/me"})
    except ConfigurationError as error:
        assert error.file == "c.json" and error.line == 1 and error.next_step
        return
    diagnose_configuration(file)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_configuration(text, Path("c.yml"), {})
    except ConfigurationError as error:
        assert error.next_step
