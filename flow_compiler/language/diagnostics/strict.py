"""Strict mode: what the reference ignores silently is an error."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from flow_compiler.language.diagnostics.diagnostic import Diagnostic
from flow_compiler.language.diagnostics.kinds import Kind, Level

_SILENTLY_IGNORED = frozenset(kind.code for kind in (Kind.UNKNOWN_KEY, Kind.IGNORED_KEY, Kind.UNKNOWN_DIRECTIVE))


def is_ignored_silently(found: Diagnostic) -> bool:
    """Whether the finding is about something that the reference reads over."""
    return found.code in _SILENTLY_IGNORED


def strictly(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The findings, with keys that mean nothing as errors."""
    return [replace(each, level=Level.ERROR) if is_ignored_silently(each) else each for each in findings]
