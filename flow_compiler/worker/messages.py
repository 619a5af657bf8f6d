"""One line of JSON for each message, in both directions (docs/protocol.md): what both ends must agree on."""

from __future__ import annotations

import json
import re
from typing import Any

from flow_compiler.engine.outcomes import Failure, TaskErrorCode
from flow_compiler.errors import Category

PROTOCOL = 1
MAX_LINE = 16 << 20
"""Bytes of one line, its end included. Larger data travels as blobs, larger blobs as files."""
MAX_INLINE_BLOB = 8 << 20
"""Bytes of a blob that fit a line as base64, with room."""

Message = dict[str, Any]

_OWN_CODE = re.compile(r"[a-z0-9_]{1,40}(\.[a-z0-9_]{1,40}){1,3}")
_RETRYABLE = frozenset({TaskErrorCode.RESOURCE_UNAVAILABLE, TaskErrorCode.TIMEOUT, TaskErrorCode.UNREACHABLE})


class NotAMessage(ValueError):
    """The line is no message: noise on the stream, or a broken peer. Says nothing of what the line holds."""


class TooLong(ValueError):
    """The message does not fit a line."""


def encode(message: Message) -> bytes:
    """The line. Raises TooLong, and ValueError when the message has no JSON form."""
    line = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"
    if len(line) > MAX_LINE:
        raise TooLong(f"the message has {len(line)} bytes; a line has at most {MAX_LINE}")
    return line


def decode(line: bytes) -> Message:
    """Raises NotAMessage."""
    try:
        message = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise NotAMessage("a line that is not JSON") from error
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise NotAMessage("a line that is not an object with a type")
    return message


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def failure_to_json(failure: Failure) -> Message:
    return {
        "code": str(failure.code),
        "message": failure.message,
        "retryable": failure.retryable,
        "error": failure.error,
        "category": str(failure.category),
        "nextStep": failure.next_step,
    }


def failure_from_json(told: Any) -> Failure:
    """What a worker says went wrong. Only ``message`` is expected; whatever else is not understood is left out.

    A worker that gives a code of its own answers for its words. Without one they are those of a foreign exception.
    """
    told = told if isinstance(told, dict) else {}
    code = _one_of(TaskErrorCode, told.get("code"), TaskErrorCode.COMPONENT_FAILED)
    message = str(told.get("message") or "the component failed without a message")
    retryable = told.get("retryable")
    again = code in _RETRYABLE if retryable is None else bool(retryable)
    error = told.get("error")
    if isinstance(error, str) and _OWN_CODE.fullmatch(error):
        category = _one_of(Category, told.get("category"), Category.INTERNAL)
        next_step = str(told.get("nextStep") or _NEXT_STEP)
        return Failure(code=code, message=message, error=error, category=category, retryable=again, next_step=next_step)
    if retryable is False:
        return Failure(
            code=code,
            message=message,
            error="component.raised_for_good",  # FOREIGN_FOR_GOOD, in full for the table of codes
            next_step="See the message and the worker's log; correct the input or the component.",
        )
    return Failure(code=code, message=message, error="component.raised", retryable=again, next_step=_NEXT_STEP)


_NEXT_STEP = "See the message and the worker's log; correct the input or the component, then run again."


def _one_of(kind: type[Any], value: Any, otherwise: Any) -> Any:
    try:
        return kind(value)
    except ValueError:
        return otherwise
