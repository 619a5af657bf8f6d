"""Which component serves a call."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flow_compiler.configuration.reading import parse_configuration
from flow_compiler.engine.components import BatchContext, ComponentContext, component
from flow_compiler.engine.engine import Engine
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.engine.storage import memory_stores
from flow_compiler.errors import UnknownComponent
from flow_compiler.language.loader import parse_flow
from flow_compiler.plugins.builtin import builtin_components
from flow_compiler.plugins.routing import RoutedComponents

PLUGINS = """
plugins:
  builtin: {type: builtin}
  ours: {type: python, module: m}
  other: {type: python, module: n}
  tool: {type: command, command: x}
"""


def serving(*paths: str, said: str = "") -> ComponentRegistry:
    """Components that say which they are."""

    def make(path: str) -> Any:
        @component(path, pool="declared" if path == "/pooled" else None)
        async def say(given: Any, context: ComponentContext) -> str:
            return f"{said}{path}"

        return say

    return ComponentRegistry.of(*(make(path) for path in paths))


def routed(routes: str, named: ComponentRegistry | None = None, pools: str = "{}") -> RoutedComponents:
    file = parse_configuration(f"{PLUGINS}\nroutes: {routes}\npools: {pools}", Path("c.yml"), {})
    return RoutedComponents(
        file.configuration,
        {
            "builtin": builtin_components(),
            "ours": serving("/ocr/recognize", "/short", "/pooled", "/udf", said="ours "),
            "other": serving("/short", "/ocr/recognize", said="other "),
            "tool": serving("/short", "/deep/er", said="tool "),
        },
        named,
    )


def says(components: RoutedComponents, path: str, given: Any = None) -> str:
    """What the component that serves the call answers, or why there is none."""
    try:
        found = components.find(path, given)
    except UnknownComponent as error:
        return error.message
    return str(asyncio.run(found.call(given, None)))


@pytest.mark.parametrize(
    ("routes", "path", "given", "expected"),
    [
        ("{/tools: [{plugin: tool}]}", "/tools/short", None, "tool /short"),
        ("{/tools: [{plugin: tool}]}", "/tools/deep/er", None, "tool /deep/er"),
        ("{/tools: [{plugin: tool}]}", "/other/short", None, "no rule of its route"),
        ("{/tools: [{plugin: tool}]}", "tools/short", None, "no rule of its route"),
        ("{/tools: [{plugin: tool}]}", "/tools", None, "no rule of its route"),
        ("{/: [{plugin: tool}]}", "/short", None, "tool /short"),
        ("{/: [{plugin: tool}]}", "/tool/short", None, "tool /short"),  # by its full path
        ("{/: [{plugin: tool}]}", "/any/short", None, "has no /any/short"),
        ("{/tools: [{plugin: tool}], /: [{plugin: other}]}", "/tools/short", None, "tool /short"),
        ("{/tools: [{plugin: tool}], /: [{plugin: other}]}", "/short", None, "other /short"),
        ("{/tools: [{plugin: tool}], /: [{plugin: other}]}", "/tools/recognize", None, "has no /recognize"),
        ("{/: [{plugin: ours}]}", "/ocr/recognize", None, "ours /ocr/recognize"),
        ("{/ocr: [{plugin: ours}]}", "/ocr/recognize", None, "ours /ocr/recognize"),
        ("{/ocr: [{plugin: ours}]}", "/ocr/short", None, "ours /short"),
        ("{/x: [{plugin: ours}]}", "/x/ocr/recognize", None, "ours /ocr/recognize"),
        ("{/a: [{plugin: ours, conditions: [{path: $.m, value: 1}]}, {plugin: other}]}", "/a/short", {"m": 1}, "ours /short"),
        ("{/a: [{plugin: ours, conditions: [{path: $.m, value: 1}]}, {plugin: other}]}", "/a/short", {"m": 1.0}, "other /short"),
        ("{/a: [{plugin: ours, conditions: [{path: $.m, value: 1}]}, {plugin: other}]}", "/a/short", {"m": True}, "other /short"),
        ("{/a: [{plugin: ours, conditions: [{path: $.m, value: 1}]}, {plugin: other}]}", "/a/short", None, "other /short"),
        ("{/a: [{plugin: ours, conditions: [{path: $.m, value: null}]}]}", "/a/short", {}, "no rule of its route"),
        ("{/a: [{plugin: ours, conditions: [{path: $.m, value: null}]}]}", "/a/short", {"m": None}, "ours /short"),
        ("{/a: [{plugin: ours, conditions: [{path: '$.m[0]', value: {b: 1, a: 2}}]}]}", "/a/short", {"m": [{"a": 2, "b": 1}]}, "ours /short"),
        (
            "{/a: [{plugin: ours, conditions: [{path: $.m, value: 1}, {path: $.n, value: 2}]}, {plugin: other}]}",
            "/a/short", {"m": 1, "n": 3}, "other /short",
        ),
        ("{/a: [{plugin: ours, componentAllow: [/pooled]}, {plugin: other}]}", "/a/short", None, "other /short"),
        ("{/a: [{plugin: ours, componentAllow: [/short]}, {plugin: other}]}", "/a/short", None, "ours /short"),
        ("{/a: [{plugin: ours, componentAllow: []}]}", "/a/short", None, "no rule of its route"),
        ("{/a: [{plugin: ours, componentDeny: [/short]}, {plugin: other}]}", "/a/short", None, "other /short"),
        ("{/a: [{plugin: ours, componentDeny: [/short]}], /: [{plugin: other}]}", "/a/short", None, "no rule of its route"),
        ("{/my: [{plugin: tool, under: /tools}, {plugin: ours}]}", "/my/tools/short", None, "tool /short"),
        ("{/my: [{plugin: tool, under: /tools}, {plugin: ours}]}", "/my/short", None, "ours /short"),
        ("{/my: [{plugin: tool, under: /tools}]}", "/my/toolshort", None, "no rule of its route"),
    ],
)  # fmt: skip
def test_the_first_rule_that_fits_serves_the_call(routes: str, path: str, given: Any, expected: str) -> None:
    assert expected in says(routed(routes), path, given)


@pytest.mark.parametrize("routes", ["{/builtin: [{plugin: builtin}]}", "{/: [{plugin: builtin}]}"])
def test_built_in_components_keep_their_full_path_wherever_they_are(routes: str) -> None:
    components = routed(routes)
    assert components.find("/builtin/noop", None).path == "/builtin/noop"
    assert ("/noop" in components) == (routes == "{/: [{plugin: builtin}]}")


def test_mounting_a_plugin_elsewhere_changes_no_identity() -> None:
    one, two = (
        routed("{/a: [{plugin: ours}], /d: [{plugin: tool}]}"),
        routed("{/b: [{plugin: ours}], /c: [{plugin: tool}]}"),
    )
    assert one.get("/a/ocr/recognize").path == two.get("/b/ocr/recognize").path == "/ocr/recognize"
    assert one.get("/d/deep/er").path == two.get("/c/deep/er").path == "/tool/deep/er"


def test_the_same_component_is_handed_out_each_time() -> None:
    components = routed("{/a: [{plugin: ours, pool: gpu}]}")
    assert components.find("/a/short", 1) is components.find("/a/short", 2)


def test_batches_of_two_plugins_that_declare_the_same_path_stay_apart() -> None:
    def make(said: str) -> ComponentRegistry:
        @component("/same", batch=8)
        async def answer(given: list[Any], context: BatchContext) -> list[str]:
            return [said for _ in given]

        return ComponentRegistry.of(answer)

    file = parse_configuration(PLUGINS + "routes: {/a: [{plugin: ours}], /b: [{plugin: other}]}", Path("c.yml"), {})
    components = RoutedComponents(file.configuration, {"ours": make("ours"), "other": make("other")})
    flow = parse_flow(
        "steps: [{id: x, component: /a/same}, {id: y, component: /b/same}]\noutput: [{$step: x}, {$step: y}]"
    )

    async def evaluate() -> Any:
        async with Engine(components, memory_stores()) as engine:
            return (await engine.item(flow, run_id="r", key="k", input=None).evaluate()).result

    assert asyncio.run(evaluate()).result == ["ours", "other"]


def test_a_routes_pool_is_the_components_pool() -> None:
    components = routed(
        "{/a: [{plugin: ours, pool: gpu}], /b: [{plugin: ours, queueName: slow}], /c: [{plugin: ours}]}"
    )
    pools = [components.find(f"/{prefix}/pooled", None).pool for prefix in "abc"]
    assert pools == ["gpu", "slow", "declared"]
    assert [components.pool_of(f"/{prefix}/anything") for prefix in "abcd"] == ["gpu", "slow", None, None]


@pytest.mark.parametrize(
    ("route", "pools", "allowed"),
    [
        ("{plugin: ours}", "{}", False),
        ("{plugin: ours, pool: code}", "{}", False),
        ("{plugin: ours, pool: code}", "{code: {}}", False),
        ("{plugin: ours, pool: code}", "{code: {allowCode: false}}", False),
        ("{plugin: ours}", "{code: {allowCode: true}}", False),
        ("{plugin: ours, pool: code}", "{code: {allowCode: true}}", True),
        ("{plugin: ours, queueName: code}", "{code: {allowCode: true}}", True),
    ],
)
def test_code_that_a_flow_carries_runs_only_where_the_routes_pool_allows_it(
    route: str, pools: str, allowed: bool
) -> None:
    components = routed(f"{{/python: [{route}], /: [{{plugin: ours}}]}}", pools=pools)
    assert ("/python/udf" in components) == allowed
    assert "/udf" not in components  # the other way in
    if not allowed:
        with pytest.raises(UnknownComponent, match="runs code that the flow carries") as caught:
            components.find("/python/udf", None)
        assert "{allowCode: true}" in caught.value.next_step


def test_components_of_modules_come_before_any_route() -> None:
    components = routed(
        "{/: [{plugin: other}], /x: [{plugin: other}]}", named=serving("/x/mine", "/short", said="named ")
    )
    assert says(components, "/x/mine") == "named /x/mine"
    assert says(components, "/short") == "named /short"


def test_an_unknown_component_names_the_nearest_and_is_a_routing_error_of_the_flow() -> None:
    components = routed("{/ocr: [{plugin: ours}]}")
    with pytest.raises(UnknownComponent, match="nearest known: /ocr/recognize"):
        components.find("/ocr/recognise", None)
    flow = parse_flow("steps: [{id: a, component: /ocr/recognise, onError: {action: useDefault}}]\noutput: {$step: a}")

    async def evaluate() -> Any:
        async with Engine(components, memory_stores()) as engine:
            return (await engine.item(flow, run_id="r", key="k", input=None).evaluate()).result

    failure = asyncio.run(evaluate())
    assert (failure.code, failure.message) == ("ORCHESTRATOR_ERROR", "error routing component")
    assert "/ocr/recognize" in failure.next_step


def test_every_listed_path_leads_to_its_component_and_none_is_listed_twice() -> None:
    components = routed(
        "{/ocr: [{plugin: ours, componentDeny: [/short]}], /: [{plugin: builtin}], /my: [{plugin: tool, under: /t}]}"
    )
    listed = [each.path for each in components]
    assert sorted(set(listed)) == sorted(listed)
    assert {"/ocr/recognize", "/ocr/pooled", "/noop", "/my/t/short", "/my/t/deep/er"} <= set(listed)
    assert not {"/ocr/short", "/ocr/udf"} & set(listed)
    for path in listed:
        assert path in components


SEGMENT = st.sampled_from(["a", "b", "c"])
PATH = st.lists(SEGMENT, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts))
RULES = st.lists(
    st.fixed_dictionaries(
        {"plugin": st.sampled_from(["p", "q"])},
        optional={
            "conditions": st.lists(
                st.fixed_dictionaries({"path": st.sampled_from(["$", "$.x", "$.y"]), "value": st.sampled_from([0, 1, None])}),
                max_size=2,
            ),
            "componentAllow": st.lists(PATH, max_size=3),
            "componentDeny": st.lists(PATH, max_size=2),
        },
    ),
    max_size=3,
)  # fmt: skip
ROUTES = st.dictionaries(st.sampled_from(["/", "/a", "/b"]), RULES)
INPUT = st.one_of(
    st.sampled_from([0, 1, None]), st.dictionaries(st.sampled_from(["x", "y"]), st.sampled_from([0, 1, None]))
)


@given(ROUTES, PATH, INPUT, st.sets(PATH), st.sets(PATH))
def test_routing_is_what_its_description_says(
    routes: dict[str, Any], path: str, given: Any, p: set[str], q: set[str]
) -> None:
    text = {
        "plugins": {"p": {"type": "python", "module": "m"}, "q": {"type": "python", "module": "n"}},
        "routes": routes,
    }
    configuration = type(parse_configuration("", Path("c"), {}).configuration).model_validate(text)
    components = RoutedComponents(configuration, {"p": serving(*p, said="p "), "q": serving(*q, said="q ")})
    expected = naive(routes, path, given, {"p": p, "q": q})
    answer = says(components, path, given)
    assert answer == expected if expected else answer.startswith("no component is served as")


def naive(routes: dict[str, Any], path: str, given: Any, plugins: dict[str, set[str]]) -> str | None:
    first, rest = path.split("/")[1], path.split("/")[2:]
    key, below = (f"/{first}", "/" + "/".join(rest)) if rest and f"/{first}" in routes else ("/", path)
    for rule in routes.get(key, []):
        allow = rule.get("componentAllow")
        if allow is not None and below not in allow and path not in allow:
            continue
        if below in rule.get("componentDeny", []) or path in rule.get("componentDeny", []):
            continue
        parts = {
            "$": given,
            **({f"$.{name}": value for name, value in given.items()} if isinstance(given, dict) else {}),
        }
        if any(
            condition["path"] not in parts or parts[condition["path"]] != condition["value"]
            for condition in rule.get("conditions", [])
        ):
            continue
        return next((f"{rule['plugin']} {found}" for found in (below, path) if found in plugins[rule["plugin"]]), None)
    return None
