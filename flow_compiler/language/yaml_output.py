"""JSON values as YAML text that our reader, and any other YAML 1.2 reader, reads as the same values."""

from __future__ import annotations

import re
from typing import Any

import yaml

from flow_compiler.language.yaml_scalars import NotAScalar, scalar_value

_WIDE = 10**9
"""Lines are never folded."""
_OTHER_BREAKS = re.compile("[\r\x85\u2028\u2029]")
_BLOCK = "tag:yaml.org,2002:str"


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    """Quoted where another reader would take it for a number, a boolean or null."""
    if _OTHER_BREAKS.search(text):
        return dumper.represent_scalar(_BLOCK, text, style='"')
    if "\n" in text:
        return dumper.represent_scalar(_BLOCK, text, style='"' if dumper.default_flow_style else "|")
    try:
        plain = scalar_value(text, None, plain=True) == text
    except NotAScalar:
        plain = False
    return dumper.represent_scalar(_BLOCK, text, style=None if plain else "'")


_Dumper.add_representer(str, _text)


def to_yaml(value: Any) -> str:
    """Block style, keys in their order."""
    return _dumped(value, flow=False)


def in_one_line(value: Any) -> str:
    """Flow style, such as ``{$step: load, path: $.x}``: what a person can paste."""
    return _dumped(value, flow=True).removesuffix("...\n").strip()


def _dumped(value: Any, *, flow: bool) -> str:
    text: str = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=flow, width=_WIDE, allow_unicode=True, sort_keys=False
    )
    return text
