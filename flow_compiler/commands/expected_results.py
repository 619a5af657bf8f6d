"""Does a result have what a test case expects: the semantics of ``stepflow test`` (notes/stepflow 1.11).

Of a success, the expected result must be a part of the actual one: objects may have more members, arrays have the same
length, scalars are equal (1, 1.0 and true are three values). Of a failure, code and message are equal, and ``data``, where
it is given, is a part. On both sides ``run_id`` texts are made equal and ``backtrace`` members are left out; of a failure's
``data`` its ``stack`` too, the reference's trace through its own program.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from flow_compiler.language.expressions import Json, kind_of
from flow_compiler.language.source import Part, path_text

ANY_RUN = "00000000-0000-0000-0000-000000000000"
_LONGEST = 200
_SUCCESS, _FAILED = "success", "failed"


@dataclass(frozen=True)
class Difference:
    """One place where the actual result is not what was expected."""

    path: str
    expected: str
    got: str


class NoResult(ValueError):
    """What a case expects is no flow result; the message says why."""


def require_result(expected: Json) -> None:
    """Raises NoResult for anything but ``{outcome: success, result}`` and ``{outcome: failed, error: {code, message}}``."""
    outcome = expected.get("outcome") if isinstance(expected, dict) else None
    if outcome == _SUCCESS:
        if "result" not in expected:
            raise NoResult("missing field `result`")
        return
    if outcome != _FAILED:
        raise NoResult("must be `{outcome: success, result: …}` or `{outcome: failed, error: {code: …, message: …}}`")
    error = expected.get("error")
    for name in ("code", "message"):
        if not isinstance(error, dict) or not isinstance(error.get(name), str):
            raise NoResult(f"missing field `error.{name}`, a text")


def differences(expected: Json, actual: Json) -> tuple[Difference, ...]:
    """What of the expected flow result the actual one does not have; empty where it matches. Both are results in
    Stepflow's form. Raises NoResult."""
    require_result(expected)
    expected, actual = comparable(expected), comparable(actual)
    if expected["outcome"] != actual["outcome"]:
        return (Difference("$", _outcome_text(expected), _outcome_text(actual)),)
    if expected["outcome"] == _SUCCESS:
        return tuple(_differences(expected["result"], actual["result"], ("result",)))
    wanted, got = expected["error"], actual["error"]
    found = [part for name in ("code", "message") for part in _differences(wanted[name], got[name], ("error", name))]
    if wanted.get("data") is not None:
        found += _differences(wanted["data"], got.get("data"), ("error", "data"))
    return tuple(found)


def comparable(result: Json) -> Json:
    """A flow result without what differs from run to run."""
    result = _normalised(result)
    data = result["error"].get("data") if isinstance(result.get("error"), dict) else None
    if isinstance(data, dict) and "stack" in data:
        result["error"]["data"] = {name: value for name, value in data.items() if name != "stack"}
    return result


def _normalised(value: Json) -> Json:
    if isinstance(value, list):
        return [_normalised(member) for member in value]
    if not isinstance(value, dict):
        return value
    return {
        name: ANY_RUN if name == "run_id" and isinstance(member, str) else _normalised(member)
        for name, member in value.items()
        if name != "backtrace"
    }


def _differences(expected: Json, actual: Json, at: tuple[Part, ...]) -> Iterator[Difference]:
    if isinstance(expected, dict) and isinstance(actual, dict):
        for name, value in expected.items():
            if name in actual:
                yield from _differences(value, actual[name], (*at, name))
            else:
                yield Difference(path_text((*at, name)), _text(value), "nothing")
    elif isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            yield Difference(path_text(at), f"{len(expected)} elements", f"{len(actual)}: {_text(actual)}")
            return
        for index, value in enumerate(expected):
            yield from _differences(value, actual[index], (*at, index))
    elif type(expected) is not type(actual) or expected != actual:
        kinds = kind_of(expected), kind_of(actual)
        named = kinds[0] != kinds[1]
        wanted, got = (f"{_text(value)}{f' ({kind_of(value)})' * named}" for value in (expected, actual))
        yield Difference(path_text(at), wanted, got)


def _text(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"


def _outcome_text(result: Json) -> str:
    if result["outcome"] == _SUCCESS:
        return f"success: {_text(result['result'])}"
    return f"failed: {result['error']['code']}: {result['error']['message']}"
