"""What the tests of the commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
SHIPPED = HERE.parents[1] / "flows" / "document_ingestion.yaml"
GOOD = """\
name: doubling
description: Doubles a number.
schemas: {type: object, properties: {input: {type: object}, variables: {properties: {size: {type: integer}}}}}
steps:
  - {id: given, component: /builtin/noop, input: {number: {$input: number}, size: {$variable: size}}}
  - {id: doubled, component: /test/double, input: {$step: given}}
  - {id: extra, component: /builtin/noop, input: 1}
output: {result: {$step: doubled, path: number}, size: {$step: given, path: size}, more: {$if: {$step: given}, then: 1, else: {$step: extra}}}
"""
BAD = "name: bad\nsteps:\n  - {id: a, component: noop, skipIf: true}\noutput: {$step: b}\n"
Answer = tuple[int, str, str]
Command = Callable[..., Answer]
WITH_MODULE = ("--module", "flow_components")
