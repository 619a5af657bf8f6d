"""New expected outputs in the text of a flow file: only these change, all else stays as it is, to the byte.

The place of a value is taken from the parser's events, not from what was read: comments and layout are not in there.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import yaml

from flow_compiler.commands.documents import one_line, same, yaml_document
from flow_compiler.commands.whole_files import rewrite
from flow_compiler.errors import FlowError
from flow_compiler.language.expressions import Json
from flow_compiler.language.loader import decode, read_value
from flow_compiler.language.source import Part

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OUTPUT = "output"


@dataclass
class _Node:
    """A value in the text: from where to where, without what follows its last part."""

    start: int
    column: int
    end: int = 0
    flow_style: bool = False
    empty: bool = False
    members: dict[Part, _Node] = field(default_factory=dict)


def with_outputs(text: str, outputs: Mapping[int, Json], file: str | None = None) -> str:
    """The text of a flow file with the ``output`` of its test cases (by their position) replaced, or added. Raises
    FlowError where that cannot be done without touching anything else."""
    wanted = read_value(text, file)
    for index, output in outputs.items():
        wanted["test"]["cases"][index][_OUTPUT] = output
    for block in (True, False):
        try:
            cases = _tree(text).members["test"].members["cases"].members
            edits = [_edit(text, cases[index], output, block=block) for index, output in outputs.items()]
            changed = text
            for start, end, new in sorted(edits, reverse=True):
                changed = changed[:start] + new + changed[end:]
            if same(read_value(changed, file), wanted):
                return changed
        except (yaml.YAMLError, KeyError, FlowError):
            continue
    raise FlowError(
        f"{file or 'the flow'}: its outputs cannot be written without changing anything else",
        code="test.update",
        next_step="Write them by hand: anchors, aliases and tabs around `output:` are in the way.",
    )


def rewrite_outputs(file: Path, outputs: Mapping[int, Json]) -> None:
    """The same in a file, which is whole at any time. Raises FlowError, click.FileError when it cannot be written."""
    data = file.read_bytes()
    mark = BOM_UTF8 if data.startswith(BOM_UTF8) else b""
    changed = mark + with_outputs(decode(data, str(file)), outputs, str(file)).encode()
    try:
        rewrite(file, changed)
    except OSError as error:
        raise click.FileError(str(file), f"cannot be written: {error.strerror or error}") from error


def _edit(text: str, case: _Node, output: Json, *, block: bool) -> tuple[int, int, str]:
    known = case.members.get(_OUTPUT)
    line_end = "\r\n" if "\r\n" in text else "\n"
    if known is not None and (known.flow_style or known.empty or case.flow_style or not block):
        space = "" if text[known.start - 1 : known.start].isspace() or not known.start else " "
        return known.start, known.end, space + one_line(output)
    if known is not None:
        return known.start, known.end, _block(output, known.column, line_end)
    if case.flow_style:
        comma = ", " if case.members else ""
        return case.end - 1, case.end - 1, f'{comma}"{_OUTPUT}": {one_line(output)}'
    at = _end_of_line(text, case.end)
    margin = " " * case.column
    body = f"{margin}  {_block(output, case.column + 2, line_end)}"
    return at, at, f"{line_end}{margin}{_OUTPUT}:{line_end}{body}"


def _block(value: Json, column: int, line_end: str) -> str:
    """Without the margin of its first line."""
    margin = " " * column
    return line_end.join(
        f"{margin}{line}" if number and line else line for number, line in enumerate(yaml_document(value).split("\n"))
    )


def _end_of_line(text: str, at: int) -> int:
    """A comment behind the last value of a case stays with it."""
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    return end - 1 if text[end - 1 : end] == "\r" else end


def _tree(text: str) -> _Node:
    return _node(text, _content(text))


def _content(text: str) -> Iterator[Any]:
    outside = (yaml.StreamStartEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent, yaml.StreamEndEvent)
    return (event for event in yaml.parse(text, Loader=_LOADER) if not isinstance(event, outside))


def _node(text: str, events: Iterator[Any]) -> _Node:
    open_nodes: list[tuple[_Node, bool, list[str]]] = []
    for event in events:
        if isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            node, _, _ = open_nodes.pop()
            mark: Any = event.end_mark
            if node.flow_style or not node.end:
                node.end = mark.index
            if not open_nodes:
                return node
            _reach(open_nodes[-1][0], node.end)
            continue
        parent, mapping, key = open_nodes[-1] if open_nodes else (None, False, [])
        if mapping and not key:
            key.append(str(getattr(event, "value", "")))
            if parent is not None:
                _reach(parent, event.end_mark.index)
            continue
        node = _Node(event.start_mark.index, event.start_mark.column)
        if parent is not None:
            parent.members[key.pop() if mapping else len(parent.members)] = node
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            node.flow_style = bool(event.flow_style)
            open_nodes.append((node, isinstance(event, yaml.MappingStartEvent), []))
            continue
        node.end = event.end_mark.index
        if isinstance(event, yaml.ScalarEvent) and event.style in ("|", ">"):
            node.end = node.start + len(text[node.start : node.end].rstrip())
        node.empty = True  # a scalar: what stands there is no result
        if parent is None:
            return node
        _reach(parent, node.end)
    raise KeyError("test")


def _reach(parent: _Node, end: int) -> None:
    if not parent.flow_style:
        parent.end = max(parent.end, end)
