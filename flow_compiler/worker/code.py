"""From the text of a code blob to something callable: the four readings of notes/stepflow 1.9, in their order.

The globals hold a whitelist of built-ins and json, math, re. Python cannot be confined this way (``type`` alone leads out
of it): what bounds the code is the process it runs in, and what allows it is the configuration.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import json
import math
import re
from collections.abc import Callable
from typing import Any

Code = Callable[..., Any]

_BUILTINS = [
    "len",
    "str",
    "int",
    "float",
    "bool",
    "list",
    "dict",
    "tuple",
    "set",
    "range",
    "sum",
    "min",
    "max",
    "abs",
    "round",
    "sorted",
    "reversed",
    "enumerate",
    "zip",
    "map",
    "filter",
    "any",
    "all",
    "print",
    "isinstance",
    "getattr",
    "type",
    "Exception",
    "ValueError",
    "TypeError",
    "RuntimeError",
    "KeyError",
    "IndexError",
    "AttributeError",
]
_IMPORTABLE = ("json", "math", "re", "langchain_core")

_FORMS = (
    "Unable to compile code. Code must be one of: (1) A Python expression, (2) A function definition followed by the "
    "function name, (3) Code that results in a callable object, (4) Function body statements (with return, raise, if, "
    "etc.)."
)


class NoCode(ValueError):
    """No reading gives something callable. ``reason`` is what the first reading met."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Code compilation failed: {_FORMS}")
        self.reason = reason


def read_code(text: str) -> Code:
    """Raises NoCode."""
    reasons: list[str] = []
    for reading in (_definitions, _expression, _lambda, _body):
        try:
            found = reading(text)
        except Exception as error:  # noqa: BLE001  the code may do anything; the next reading is tried
            reasons.append(f"{type(error).__name__}: {error}")
            continue
        if callable(found):
            called: Code = found
            return called
    raise NoCode(reasons[0] if reasons else "it defines no function")


def _definitions(text: str) -> Any:
    """Statements that define exactly one public callable, or end with an expression that gives one."""
    tree = ast.parse(text)
    last = tree.body.pop() if len(tree.body) > 1 and isinstance(tree.body[-1], ast.Expr) else None
    if not tree.body or (len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr)):
        return None
    scope = _globals()
    known = set(scope)
    exec(compile(tree, "<blob>", "exec"), scope)
    defined = {name: value for name, value in scope.items() if name not in known and not name.startswith("_")}
    called = [value for value in defined.values() if callable(value)]
    if last is not None:
        assert isinstance(last, ast.Expr)
        value = eval(compile(ast.Expression(last.value), "<blob>", "eval"), scope)
        if callable(value):
            return value
    return called[0] if len(called) == 1 else None


def _expression(text: str) -> Any:
    return eval(text, _globals())


def _lambda(text: str) -> Any:
    return eval(f"lambda input: {text}", _globals())


def _body(text: str) -> Any:
    if not re.search(r"^\s*(return|raise|if)\b", text, re.MULTILINE):
        return None
    lines = "\n".join(f"    {line}" if line.strip() else "" for line in text.split("\n"))
    scope = _globals()
    exec(f"def _body(input, context):\n{lines}\n", scope)
    return scope["_body"]


def _globals() -> dict[str, Any]:
    allowed = {name: getattr(builtins, name) for name in _BUILTINS}
    found: dict[str, Any] = {"__builtins__": {**allowed, "__import__": _import}, "json": json, "math": math, "re": re}
    try:
        found["langchain_core"] = importlib.import_module("langchain_core")
        runnables = importlib.import_module("langchain_core.runnables")
    except ImportError:
        return found
    return {**found, "RunnableLambda": runnables.RunnableLambda, "RunnableParallel": runnables.RunnableParallel}


def _import(name: str, *given: Any, **more: Any) -> Any:
    if name.split(".")[0] not in _IMPORTABLE:
        raise ImportError(f"code in a blob may import {', '.join(_IMPORTABLE)}; not {name}")
    return builtins.__import__(name, *given, **more)
