"""What is said about a configuration that can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from flow_compiler.configuration.diagnose import diagnose_configuration
from flow_compiler.configuration.reading import parse_configuration

B = "plugins: {b: {type: builtin}}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [(1200, "noPluginsConfigured", "warning", "$.plugins"), (1201, "noRoutingRulesConfigured", "warning", "$.routes")]),
        (B, [(1201, "noRoutingRulesConfigured", "warning", "$.routes")]),
        (B + "routes: {/b: [{plugin: b}]}", []),
        (
            "plugins: {b: {type: builtin}, c: {type: builtin}}\nroutes: {/b: [{plugin: b}]}",
            [(1202, "unusedPlugin", "warning", "$.plugins.c")],
        ),
        (
            "plugins: {builtin: {type: builtin}}\nroutes: {/b: [{plugin: builtin}, {plugin: buildin}]}",
            [(2200, "invalidRouteReference", "error", "$.routes./b[1].plugin")],
        ),
        (
            "plugins: {m: {type: mock, components: {}}}\nroutes: {/m: [{plugin: m}]}",
            [(1500, "mockComponent", "warning", "$.plugins.m")],
        ),
    ],
)  # fmt: skip
def test_codes_and_levels(text: str, expected: list[tuple[int, str, str, str]]) -> None:
    found = diagnose_configuration(parse_configuration(text, Path("c.yml"), {}))
    assert [(each.code, each.name, str(each.level), each.path) for each in found] == expected


def test_a_route_to_nothing_names_the_nearest_plugin_and_its_place() -> None:
    text = "plugins: {builtin: {type: builtin}}\nroutes:\n  /my/b:\n    - {plugin: buildin}\n"
    *_, found = diagnose_configuration(parse_configuration(text, Path("c.yml"), {}))
    assert (found.code, found.line, found.column, found.instead) == (2200, 4, 16, "Did you mean `builtin`?")
