"""The built-in components beyond what the recorded cases show (notes/stepflow 1.9)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flow_compiler.engine.builtins import BUILTINS
from flow_compiler.engine.builtins.load_file import MAX_BYTES
from flow_compiler.engine.components import ComponentContext, component
from flow_compiler.engine.outcomes import Failure, Success, from_json
from flow_compiler.engine.settings import EngineSettings
from flow_compiler.engine.storage import memory_stores
from flow_compiler.language.builtin_paths import BUILTIN_PATHS

from .running import QUICK, Flows, step


def one(component: str, given: Any) -> dict[str, Any]:
    return {"steps": [step("a", given, component)], "output": {"$step": "a"}}


FILES = [
    ("x.json", None, '{"a": 1}', {"a": 1}, "json"),
    ("x.yaml", None, "a: 2020-01-01\n", {"a": "2020-01-01"}, "yaml"),
    ("x.yaml", None, "[on, 007, 0o17, 1_000]", ["on", "007", 15, "1_000"], "yaml"),
    ("x.yml", None, "[1, 1.0]", [1, 1.0], "yaml"),
    ("x.txt", None, "ünï", "ünï", "text"),
    ("x.txt", "json", "[1]", [1], "json"),
    ("x.json", "text", "[1]", "[1]", "text"),
]


@pytest.mark.parametrize(("name", "format_", "content", "data", "kind"), FILES)
async def test_load_file_reads_by_suffix_or_as_told(
    evaluate: Flows, tmp_path: Path, name: str, format_: str | None, content: str, data: Any, kind: str
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    settings = EngineSettings(backoff=QUICK.backoff, working_directory=tmp_path)
    ended = await evaluate(one("/builtin/load_file", {"path": name, "format": format_}), settings=settings)
    metadata = {"resolved_path": str((tmp_path / name).resolve()), "size_bytes": len(content.encode()), "format": kind}
    assert ended.result == Success(result={"data": data, "metadata": metadata})


BOMB = "a: &a [1, 2, 3, 4, 5, 6, 7, 8]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 8)}]\n" for before, name in zip("abcdefg", "bcdefgh", strict=True)
)
UNREADABLE = [
    ("nan.json", b'{"a": [1, NaN]}', "nan.json:1:11: NaN is not a JSON number"),
    ("large.json", b'{"a": 1e999}', "large.json:1:7: $.a: inf is not a JSON number"),
    ("twice.json", b'{"a": 1, "a": 2}', "twice.json:1:10: the key 'a' is given twice"),
    ("half.json", b'["\\ud800"]', "half.json:1:2: $[0]: this is no text"),
    ("deep.json", b"[" * 50_000, "deep.json:1:101: nested deeper than 100 levels"),
    ("nan.yaml", b"a: .nan", "nan.yaml:1:4: .nan is not a JSON number"),
    ("bomb.yaml", BOMB.encode(), "there are more than 175,000 values"),
    ("merge.yaml", b"<<: {a: 1}", "merge keys"),
    ("latin.txt", b"caf\xe9", "latin.txt:1:4: not UTF-8 text"),
    ("large.txt", b"x" * (MAX_BYTES + 1), "larger than 32 MiB"),
    ("/dev/zero", None, "/dev/zero is no ordinary file"),
]


@pytest.mark.parametrize(("name", "content", "hint"), UNREADABLE, ids=[case[0] for case in UNREADABLE])
async def test_files_are_read_as_strictly_as_flows(
    evaluate: Flows, tmp_path: Path, name: str, content: bytes | None, hint: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    settings = EngineSettings(backoff=QUICK.backoff, working_directory=tmp_path)
    ended = await evaluate(one("/builtin/load_file", {"path": name}), settings=settings)
    assert isinstance(ended.result, Failure)
    assert hint in ended.result.next_step


@pytest.mark.parametrize("content", [b"[NaN]", b"[1e999]"])
async def test_a_blob_that_holds_a_number_without_json_form_is_no_value(content: bytes, evaluate: Flows) -> None:
    stores = memory_stores()
    reference = await stores.artifacts.put(content)
    ended = await evaluate(one("/builtin/get_blob", {"blob_id": reference.id}), stores=stores)
    assert isinstance(ended.result, Failure)
    assert "is not JSON" in ended.result.next_step


BAD = [
    ("/builtin/load_file", {"path": "bad.json"}, "bad.json is not valid json"),
    ("/builtin/load_file", {"path": "absent"}, "cannot be read"),
    ("/builtin/load_file", {}, "field path"),
    ("/builtin/get_blob", {"blob_id": "00"}, "00"),
    ("/builtin/put_blob", {"data": 1, "blob_type": "other"}, "field blob_type"),
    ("/builtin/sleep", {"duration_ms": 1.5}, "field duration_ms"),
    ("/builtin/map", {"workflow": {}, "items": [], "max_concurrency": 0}, "field max_concurrency"),
    ("/builtin/eval", {"flow_id": "00", "input": 1}, "00"),
]


@pytest.mark.parametrize(("path", "given", "hint"), BAD)
async def test_a_built_in_that_cannot_do_its_work_fails_as_the_reference_does_and_says_why(
    evaluate: Flows, tmp_path: Path, path: str, given: Any, hint: str
) -> None:
    (tmp_path / "bad.json").write_text("{")
    ended = await evaluate(one(path, given), settings=EngineSettings(working_directory=tmp_path))
    assert isinstance(ended.result, Failure)
    assert (ended.result.code, ended.result.message) == ("UNREACHABLE", 'step "a" failed')
    assert hint in ended.result.next_step
    assert ended.records["a"].attempts == 1


async def test_blob_ids_are_those_of_the_reference(evaluate: Flows) -> None:
    data = {"message": "Hello, blobs!", "number": 42, "nested": {"array": [1, 2, 3], "boolean": True}}
    ended = await evaluate(one("/builtin/put_blob", {"data": {"$literal": data}, "blob_type": "data"}))
    assert ended.result == Success(
        result={"blob_id": "868591347a854ba1d0f4875b2dd44e1e8335052af03725a9819f89e0142318b0"}
    )


async def test_eval_turns_a_failure_inside_into_a_result(evaluate: Flows) -> None:
    stores = memory_stores()
    inner = {"steps": [step("x", {}, "/py/boom")], "output": {"$step": "x"}}
    blob = await stores.artifacts.put(json.dumps(inner).encode(), "flow")
    ended = await evaluate(one("/builtin/eval", {"flow_id": blob.id, "input": {}}), stores=stores)
    assert isinstance(ended.result, Success)
    assert ended.result.result["run_id"] == "run"
    failed = from_json(ended.result.result["result"])
    assert isinstance(failed, Failure)
    assert failed.message == "boom"
    assert ended.records["a"].computed == 1  # the call inside; built-ins are not counted


async def test_iterate_runs_a_component_until_it_has_a_result(evaluate: Flows) -> None:
    flow = {"steps": [step("x", {"$input": "$"}, "/py/count_to")], "output": {"$step": "x"}}
    given = {"flow": {"$literal": flow}, "initial_input": {"n": 0, "target": 4}}
    ended = await evaluate(one("/builtin/iterate", given))
    assert ended.result == Success(result={"result": {"reached": 4}, "iterations": 5, "terminated": False})
    assert ended.records["a"].computed == 5


async def test_integers_stay_integers(evaluate: Flows) -> None:
    ended = await evaluate(one("/builtin/noop", {"i": 2**60 + 1, "f": 1.0}))
    assert isinstance(ended.result, Success)
    assert json.dumps(ended.result.result) == '{"i": 1152921504606846977, "f": 1.0}'


async def test_a_python_component_can_run_flows_below_its_step(evaluate: Flows) -> None:
    """The loop component of the Stepflow documentation, in Python."""

    @component("/t/loop")
    async def loop(given: Any, context: ComponentContext) -> Any:
        assert context.run_flow is not None
        value = given["start"]
        while True:
            ended = await context.run_flow(given["flow"], value)
            assert isinstance(ended, Success)
            if "result" in ended.result:
                return ended.result["result"]
            value = ended.result["next"]

    stores = memory_stores()
    flow = {"steps": [step("x", {"$input": "$"}, "/py/count_to")], "output": {"$step": "x"}}
    ended = await evaluate(
        one("/t/loop", {"flow": {"$literal": flow}, "start": {"n": 0, "target": 2}}), None, loop, stores=stores
    )
    assert ended.result == Success(result={"reached": 2})
    assert {path for path, _ in await stores.journal.load("run", "item")} == {
        "item",
        "item/a[0]",
        "item/a[1]",
        "item/a[2]",
    }


async def test_a_flow_that_runs_itself_fails_and_does_not_go_on_for_ever(evaluate: Flows) -> None:
    again = {"flow_id": {"$input": "id"}, "input": {"id": {"$input": "id"}}}
    inner = {"steps": [step("deeper", again, "/builtin/eval")], "output": {"$step": "deeper"}}
    stored = step("stored", {"data": {"$literal": inner}, "blob_type": "flow"}, "/builtin/put_blob")
    blob = {"$step": "stored", "path": "blob_id"}
    first = step("first", {"flow_id": blob, "input": {"id": blob}}, "/builtin/eval")
    ended = await evaluate({"steps": [stored, first], "output": {"$step": "first"}})
    assert isinstance(ended.result, Success)
    result, depth = ended.result.result["result"], 1
    while result["outcome"] == "success":
        result, depth = result["result"]["result"], depth + 1
    assert (depth, result["error"]["data"]["error"]) == (100, "flow.too_deep")


def test_the_language_lists_the_components_that_are_built_in() -> None:
    assert {component.path for component in BUILTINS} == BUILTIN_PATHS
