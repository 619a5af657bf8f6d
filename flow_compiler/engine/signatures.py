"""The shape of a function that is a component: one input, and a context where it wants one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def takes_context(function: Callable[..., Any]) -> bool:
    """Whether it is called with the context after its input. Raises TypeError for a function that takes anything else."""
    named = [
        each
        for each in inspect.signature(function).parameters.values()
        if each.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    fitting = 1 <= len(named) <= 2 and all(each.kind in positional for each in named)
    if not fitting:
        raise TypeError(
            f"{function.__name__} cannot be a component: it must take one input (a pydantic model holds several values), "
            "then a context if it wants one"
        )
    return len(named) == 2
