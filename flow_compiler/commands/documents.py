"""JSON values as YAML documents that are read back as the same values."""

from __future__ import annotations

import json

from flow_compiler.errors import FlowLoadError
from flow_compiler.language.expressions import Json
from flow_compiler.language.yaml_output import to_yaml
from flow_compiler.language.yaml_text import read_yaml


def yaml_document(value: Json) -> str:
    """Block style, without the last line's end. JSON, which is YAML too, where block style would not be read back."""
    text = to_yaml(value).removesuffix("\n").removesuffix("\n...")
    try:
        if same(read_yaml(text, None)[0], value):
            return text
    except FlowLoadError:
        pass
    return one_line(value)


def one_line(value: Json) -> str:
    """JSON that is YAML too: characters that YAML does not have as they are are escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(mark if mark.isprintable() or mark > "\uffff" else f"\\u{ord(mark):04x}" for mark in text)


def same(one: Json, other: Json) -> bool:
    """Equal as JSON: 1, 1.0 and true are three values."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
