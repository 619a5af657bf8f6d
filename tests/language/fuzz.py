"""Anything at all is a flow, or is refused: ``python -m tests.language.fuzz --seconds 600 [--seed N]``.

Inputs are random bytes, flow files that were damaged, YAML made from its grammar, and JSON values that look like flows.
Prints how many were tried, in what time. The first that breaks something is made as small as possible and raised.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from flow_compiler.errors import FlowError, FlowLoadError
from flow_compiler.language.diagnostics import Diagnostic, diagnose
from flow_compiler.language.loader import decode, flow_from_json, parse_flow, read_data, read_value
from flow_compiler.language.model import Flow
from flow_compiler.language.overrides import apply_overrides

_SECONDS = 2.0
"""Of CPU for one input; inputs are small."""
_AT_A_TIME = 1000
_ROOT = Path(__file__).parents[2]
_KEYS = [
    "steps", "output", "id", "component", "input", "onError", "action", "defaultValue", "maxRetries", "mustExecute",
    "schemas", "properties", "variables", "test", "cases", "examples", "metadata", "name", "description", "version",
    "$step", "$input", "$variable", "$literal", "$if", "then", "else", "$coalesce", "$from", "path", "default",
    "workflow", "flow", "items", "data", "blob_type", "type", "required", "$ref", "$defs", "skip", "inputSchema",
]  # fmt: skip
_SCALARS = [
    "", "~", "null", "true", "False", "on", "0", "-0", "1", "007", "0x1F", "0o17", "1e3", "1e999", ".5", ".inf", "-.INF",
    ".nan", "9" * 30, "9" * 500, "12:30:45", "2024-01-01", "=", "<<", "a", "s0", "retry", "useDefault", "/builtin/map",
    "/builtin/put_blob", "/builtin/noop", "$", "$.a.b", "$[0]", '$["a.b"]', "$.a[", "a.b", "é", "😀", "\u2028", "\ufeff",
    "\x85", "'it''s'", '"\\ud800"', '"\\ud83d\\ude00"', '"\\x07"', "!!str 1", "!!int x", "!!float 1", "!!binary aGk=",
    "!mine 1", "! 1", "!!set {a}", "&a 1", "*a", "*b", "&a [*a]", "|\n  x\n  y", ">-\n  x\n\n  y", "# no", "[", "{", "}",
    "- ", ": ", "? ", "%YAML 1.1", "---", "...", "\t", "@", "`", "\x00", "\r",
]  # fmt: skip
_EDITS = [word.encode() for word in [*_KEYS, *_SCALARS, ": ", ", ", "\n", "  ", "[]", "{}", '"', "'", "&a ", "*a"]] + [
    b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xff\xfe", b"\xf4\x90\x80\x80",
]  # fmt: skip


def _whole_flows() -> list[bytes]:
    """What is shipped, and, where it is there, what the reference ships."""
    folders = [_ROOT / "flows", _ROOT / "examples", _ROOT.parent / "shared" / "stepflow" / "upstream"]
    found = [path for folder in folders for path in sorted(folder.rglob("*")) if path.suffix in (".yaml", ".yml")]
    written = [path.read_bytes() for path in found]
    as_json = [json.dumps(parse_flow(text.decode()).to_json(), indent=1).encode() for text in written[:1]]
    return written + as_json


def _damaged(data: bytes, edits: list[tuple[int, int, int, bytes]]) -> bytes:
    for kind, start, length, word in edits:
        at = start % (len(data) + 1)
        piece = data[at : at + length]
        match kind:
            case 0:
                data = data[:at] + word + data[at:]
            case 1:
                data = data[:at] + data[at + length :]
            case 2:
                data = data[:at] + piece * 2 + data[at + length :]
            case 3:
                data = data[:at] + word + data[at + len(word) :]
            case _:
                data = data[:at] + data[at + length :] + piece
    return data


_edits = st.tuples(st.integers(0, 4), st.integers(0, 2**16), st.integers(1, 40), st.sampled_from(_EDITS))
_damaged_flows = st.builds(_damaged, st.sampled_from(_whole_flows()), st.lists(_edits, min_size=1, max_size=8))
_key = st.sampled_from(_KEYS) | st.sampled_from(_SCALARS)


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


_yaml_blocks = st.recursive(
    st.sampled_from(_SCALARS) | st.text(max_size=8),
    lambda inner: st.one_of(
        st.lists(st.tuples(_key, inner), max_size=4).map(
            lambda pairs: "".join(f"{key}:\n{_indented(value)}" for key, value in pairs)
        ),
        st.lists(inner, max_size=4).map(lambda items: "".join(f"-\n{_indented(item)}" for item in items)),
        st.lists(st.tuples(_key, inner), max_size=3).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
        ),
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.tuples(st.sampled_from(["&a ", "&b ", "!!map ", "!!seq ", "!x ", "? "]), inner).map("".join),
        st.tuples(inner, st.integers(1, 130)).map(lambda nested: "[" * nested[1] + nested[0] + "]" * nested[1]),
    ),
    max_leaves=14,
)
_yaml = _yaml_blocks.map(lambda text: text.encode("utf-8", "surrogatepass"))

_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.sampled_from(_SCALARS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_key, inner, max_size=5),
    max_leaves=20,
)
_flows = st.fixed_dictionaries(
    {
        "steps": st.lists(
            st.fixed_dictionaries(
                {"id": st.sampled_from(["a", "b", "", " ", "é"]), "component": st.sampled_from(_SCALARS + ["/b"])},
                optional=dict.fromkeys(("input", "onError", "mustExecute", "metadata", "skip"), _values),
            ),
            max_size=4,
        )
    },
    optional=dict.fromkeys(("output", "schemas", "test", "examples", "metadata", "name", "description"), _values),
)
_json = (_values | _flows).map(lambda value: json.dumps(value).encode())

INPUTS: st.SearchStrategy[bytes] = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=60).map(lambda text: text.encode("utf-16")),
    _damaged_flows,
    _yaml,
    _json,
    st.builds(_damaged, _json, st.lists(_edits, max_size=3)),
)


def examine(data: bytes) -> str:
    """``refused``, or ``read``; AssertionError, or whatever else was raised, when the reader is wrong."""
    began = time.process_time()
    outcome = "refused"
    for file in ("flow.yaml", "flow.json"):
        flow = _flow(data, file)
        if flow is not None:
            outcome = "read"
            _require_sense(flow)
    _as_data(data)
    assert time.process_time() - began < _SECONDS, "it took too long"
    return outcome


def _flow(data: bytes, file: str) -> Flow | None:
    try:
        return parse_flow(decode(data, file), file)
    except FlowLoadError as error:
        assert error.message and error.next_step
        assert error.line is None or (error.line >= 1 and error.column is not None and error.column >= 1)
        return None


def _require_sense(flow: Flow) -> None:
    for found in diagnose(flow):
        assert isinstance(found, Diagnostic)
        assert found.line is not None and found.line >= 1
        json.dumps(found.to_json())
    written = json.loads(json.dumps(flow.to_json()))
    again = flow_from_json(written)
    assert again == flow
    assert again.digest == flow.digest


def _as_data(data: bytes) -> None:
    """As an input, as overrides of a flow, and as a file that a flow loads."""
    for yaml in (True, False):
        try:
            read_data(decode(data, None), None, yaml=yaml)
        except FlowLoadError:
            continue
    try:
        value = read_value(decode(data, None))
        apply_overrides(_SMALL, value)
        apply_overrides(_SMALL, {"steps": {"a": {"value": value}}})
    except FlowError:
        return


_SMALL = parse_flow("steps: [{id: a, component: /b, input: {x: 1}}]")


def tried(examples: int, seed_number: int, look: Callable[[bytes], str] = examine) -> Counter[str]:
    """How ``examples`` inputs ended."""
    ends: Counter[str] = Counter()

    @seed(seed_number)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(INPUTS)
    def look_at(data: bytes) -> None:
        ends[look(data)] += 1

    look_at()
    return ends


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="tests.language.fuzz", description="Give the reader of flows anything at all."
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    began, cpu = time.monotonic(), time.process_time()
    number, ends = asked.seed, Counter[str]()
    while time.monotonic() - began < asked.seconds:
        ends += tried(_AT_A_TIME, number)
        number += 1
    print(
        f"{ends.total():,} inputs in {time.monotonic() - began:.0f} s ({time.process_time() - cpu:.0f} s of CPU),"
        f" seeds {asked.seed} to {number - 1}: {ends['read']:,} read, {ends['refused']:,} refused"
    )


if __name__ == "__main__":
    main()
