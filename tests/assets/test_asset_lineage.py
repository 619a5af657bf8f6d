"""Which steps are assets, what each comes from, and which op works on it."""

from __future__ import annotations

import pytest

from flow_compiler.assets.blueprint import Blueprint, draw
from flow_compiler.assets.code_versions import Setting
from flow_compiler.assets.lineage import OUTPUT, lineage_of
from flow_compiler.assets.pools import PoolSettings, routed_pool
from flow_compiler.assets.segments import segments_of
from flow_compiler.engine.components import component
from flow_compiler.engine.registry import ComponentRegistry
from flow_compiler.language.loader import parse_flow


def parents(text: str) -> dict[str, set[str]]:
    return {asset: set(above) for asset, above in lineage_of(parse_flow(text)).parents.items()}


@pytest.mark.parametrize(
    ("flow", "expected"),
    [
        pytest.param(
            "steps: [{id: a, component: /x/a}, {id: b, component: /x/b, input: {$step: a}}]\noutput: {$step: b}",
            {"a": set(), "b": {"a"}},
            id="each needed step is an asset",
        ),
        pytest.param(
            "steps: [{id: a, component: /x/a}, {id: unused, component: /x/b}]\noutput: {$step: a}",
            {"a": set()},
            id="a step nothing needs is none",
        ),
        pytest.param(
            "steps: [{id: a, component: /x/a}, {id: unused, component: /x/b, mustExecute: true}]\noutput: {$step: a}",
            {"a": set(), "unused": set()},
            id="mustExecute is a need",
        ),
        pytest.param(
            "steps: [{id: a, component: /x/a}, {id: g, component: /builtin/noop, input: {$step: a}},"
            " {id: b, component: /x/b, input: {$step: g}}]\noutput: {$step: b}",
            {"a": set(), "b": {"a"}},
            id="glue is passed through",
        ),
        pytest.param(
            "steps: [{id: a, component: /x/a}, {id: g, component: /builtin/noop, input: {$step: a}}]\noutput: {$step: g}",
            {"a": set(), "g": {"a"}},
            id="glue that the output shows is an asset",
        ),
        pytest.param(
            "steps: [{id: a, component: /x/a}, {id: m, component: /builtin/map, input: {$step: a}},"
            " {id: b, component: /x/b, input: {$step: m}}]\noutput: {$step: b}",
            {"a": set(), "m": {"a"}, "b": {"m"}},
            id="a map is an asset",
        ),
        pytest.param(
            "steps: [{id: a, component: /x/a, metadata: {asset: false}}, {id: g, component: /builtin/noop, metadata: {asset: true},"
            " input: {$step: a}}, {id: b, component: /x/b, input: [{$step: a}, {$step: g}]}]\noutput: {$step: b}",
            {"g": set(), "b": {"g"}},
            id="metadata decides",
        ),
        pytest.param("output: {$input: $}", {OUTPUT: set()}, id="a flow without assets has its result"),
        pytest.param(
            "steps: [{id: a, component: /x/a}, {id: b, component: /x/b}]\n"
            "output: {$if: {$input: x}, then: {$step: a}, else: {$step: b}}",
            {"a": set(), "b": set()},
            id="both branches of a condition",
        ),
    ],
)
def test_lineage(flow: str, expected: dict[str, set[str]]) -> None:
    assert parents(flow) == expected


def test_steps_that_a_condition_decides_about_are_not_certain() -> None:
    lineage = lineage_of(
        parse_flow(
            "steps: [{id: c, component: /x/c}, {id: a, component: /x/a}, {id: b, component: /x/b}]\n"
            "output: {$if: {$step: c}, then: {$step: a}, else: {$step: b}}"
        )
    )
    assert lineage.certain == {"c"}


@pytest.mark.parametrize(
    ("pools", "refers", "expected"),
    [
        ({"a": "cpu", "b": "cpu"}, {"a": (), "b": ("a",)}, [("cpu", ("a", "b"))]),
        (
            {"a": "cpu", "b": "gpu", "c": "cpu"},
            {"a": (), "b": ("a",), "c": ("b",)},
            [("cpu", ("a",)), ("gpu", ("b",)), ("cpu", ("c",))],
        ),
        ({"a": "gpu", "b": None, "c": "gpu"}, {"a": (), "b": ("a",), "c": ("b",)}, [("gpu", ("a", "b", "c"))]),
        (
            {"a": "cpu", "b": "gpu", "c": "cpu"},
            {"a": (), "b": ("a",), "c": ("a",)},
            [("cpu", ("a", "c")), ("gpu", ("b",))],
        ),
        (
            {"a": "cpu", "b": "gpu", "c": None},
            {"a": (), "b": (), "c": ("a", "b")},
            [("cpu", ("a",)), ("gpu", ("b", "c"))],
        ),
        ({}, {}, [("cpu", ())]),
    ],
)
def test_consecutive_steps_of_one_pool_are_one_segment(
    pools: dict[str, str | None], refers: dict[str, tuple[str, ...]], expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    segments = segments_of(refers, pools)
    assert [(segment.pool, segment.steps) for segment in segments] == expected
    order = {step: segment.number for segment in segments for step in segment.steps}
    assert all(order[above] <= order[step] for step, named in refers.items() for above in named)


@component("/ocr/recognize", pool="gpu")
async def recognize(given: dict[str, str]) -> dict[str, str]:
    return given


MAP = """
steps:
  - {id: read, component: /x/read}
  - {id: plain, component: /ocr/recognize, input: {$step: read}}
  - {id: named, component: /ocr/recognize, metadata: {pool: io}, input: {$step: read}}
  - id: mapped
    component: /builtin/map
    input: {items: {$step: read}, workflow: {$literal: {steps: [{id: r, component: /ocr/recognize}], output: {$step: r}}}}
  - id: inside
    component: /builtin/map
    input: {items: {$step: read}, workflow: {steps: [{id: r, component: /x/other, metadata: {pool: io}}], output: {$literal: {$step: r}}}}
output: [{$step: plain}, {$step: named}, {$step: mapped}, {$step: inside}]
"""


def drawn(pools: dict[str, PoolSettings], routes: dict[str, str] | None = None) -> Blueprint:
    return draw(parse_flow(MAP), ComponentRegistry.of(recognize), pools=pools, routes=routes or {}, checks=())


def test_a_steps_pool_is_named_by_the_step_then_its_sub_flow_then_its_component() -> None:
    found = {
        step: part.pool for part in drawn({"gpu": PoolSettings(), "io": PoolSettings()}).segments for step in part.steps
    }
    assert found == {"read": "cpu", "plain": "gpu", "named": "io", "mapped": "gpu", "inside": "io"}


def test_a_route_decides_before_the_component() -> None:
    found = {
        step: part.pool
        for part in drawn({"gpu": PoolSettings(), "io": PoolSettings()}, {"/ocr": "io", "/x": "gpu"}).segments
        for step in part.steps
    }
    assert found == {"read": "gpu", "plain": "io", "named": "io", "mapped": "io", "inside": "io"}


def test_pools_without_settings_are_one_place() -> None:
    assert [part.pool for part in drawn({}).segments] == ["cpu"]


@pytest.mark.parametrize(
    ("component_path", "pool"),
    [("/ocr/recognize", "long"), ("/ocr/blocks", "short"), ("/ocrx/y", None), ("/ocr", "short")],
)
def test_the_longest_route_wins(component_path: str, pool: str | None) -> None:
    assert routed_pool(component_path, {"/ocr": "short", "/ocr/recognize": "long"}) == pool


def version_of(text: str, asset: str, registry: ComponentRegistry, setting: Setting | None = None) -> str:
    return draw(parse_flow(text), registry, pools={}, routes={}, checks=(), setting=setting).code_versions[asset]


def test_a_code_version_changes_with_the_step_and_what_it_absorbs_and_with_component_versions() -> None:
    flow = (
        "steps: [{id: a, component: /x/a}, {id: g, component: /ocr/recognize, metadata: {asset: false}, input: {$step: a}},"
        " {id: b, component: /x/b, input: {$step: g}}]\noutput: {$step: b}"
    )

    @component("/ocr/recognize", version="2")
    async def newer(given: dict[str, str]) -> dict[str, str]:
        return given

    old, new = ComponentRegistry.of(recognize), ComponentRegistry.of(newer)
    assert version_of(flow, "b", old) != version_of(flow, "b", new)
    assert version_of(flow, "a", old) == version_of(flow, "a", new)
    assert version_of(flow, "b", old) != version_of(flow.replace("input: {$step: g}", "input: [{$step: g}]"), "b", old)
    assert version_of(flow, "b", old) == version_of(flow + "\ndescription: other words", "b", old)


WITH_VARIABLES = """
schemas:
  properties: {variables: {type: object, properties: {size: {type: integer, default: 256}, key: {is_secret: true}}}}
steps:
  - {id: a, component: /x/a}
  - {id: g, component: /builtin/noop, input: {text: {$step: a}, size: {$variable: size}}}
  - {id: b, component: /x/b, input: [{$step: g}, {$if: {$variable: key, default: null}, then: 1}]}
output: {$step: b}
"""


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param((WITH_VARIABLES, Setting({"size": 128})), id="its value"),
        pytest.param((WITH_VARIABLES.replace("256", "128"), Setting()), id="its default"),
    ],
)
def test_a_code_version_changes_with_a_variable_that_the_step_or_what_it_absorbs_refers_to(
    changed: tuple[str, Setting],
) -> None:
    registry = ComponentRegistry.of()
    before = {asset: version_of(WITH_VARIABLES, asset, registry) for asset in "ab"}
    after = {asset: version_of(changed[0], asset, registry, changed[1]) for asset in "ab"}
    assert before["a"] == after["a"]
    assert before["b"] != after["b"]
    assert version_of(WITH_VARIABLES, "b", registry, Setting({"size": 256, "other": 1})) == before["b"]


def test_a_code_version_tells_nothing_of_a_secret() -> None:
    registry = ComponentRegistry.of()
    one, other = (version_of(WITH_VARIABLES, "b", registry, Setting({"key": key})) for key in ("k1", "k2"))
    assert one == other


def test_a_code_version_changes_with_the_engine_behind_a_component_in_a_sub_flow() -> None:
    flow = (
        "steps: [{id: m, component: /builtin/map, input: {items: [], workflow:"
        " {steps: [{id: p, component: /ocr/recognize}], output: 1}}}, {id: b, component: /x/b, input: {$step: m}}]\n"
        "output: {$step: b}"
    )
    registry = ComponentRegistry.of(recognize)
    old, new = (Setting(profiles={"/ocr/recognize": engine}) for engine in ("engine 1", "engine 2"))
    assert version_of(flow, "m", registry, old) != version_of(flow, "m", registry, new)
    assert version_of(flow, "b", registry, old) == version_of(flow, "b", registry, new)
