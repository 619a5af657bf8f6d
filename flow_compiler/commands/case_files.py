"""The flow files that ``flow-compiler test`` is given, and the cases in them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from flow_compiler.errors import FlowLoadError
from flow_compiler.flow_files import load_flow, read_text
from flow_compiler.language.expressions import Json
from flow_compiler.language.loader import read_value
from flow_compiler.language.model import Flow

_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True)
class FlowFile:
    """A flow with test cases."""

    path: Path
    flow: Flow

    @property
    def cases(self) -> list[dict[str, Json]]:
        return list(self.flow.test.get("cases") or [])


@dataclass(frozen=True)
class BrokenFile:
    """A file that should be a flow."""

    path: Path
    error: FlowLoadError


@dataclass(frozen=True)
class LeftOut:
    """A file of a folder that is no flow, or has no cases."""

    path: Path
    reason: str


def case_files(paths: Iterable[Path]) -> Iterator[FlowFile | BrokenFile | LeftOut]:
    """Files as given, and what is in folders and their folders, sorted; each once. Raises click.BadParameter for what
    there is not."""
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise click.BadParameter(f"{path}: there is no such file or folder", param_hint="PATH")
        for file in sorted(_inside(path)) if path.is_dir() else [path]:
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield _read(file, named=not path.is_dir())


def _inside(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "node_modules"]
        yield from (Path(place, name) for name in names if name.endswith(_SUFFIXES) and not name.startswith("."))


def _read(file: Path, *, named: bool) -> FlowFile | BrokenFile | LeftOut:
    try:
        flow = load_flow(file)
    except FlowLoadError as error:
        if named or _means_to_be_a_flow(file):
            return BrokenFile(file, error)
        return LeftOut(file, "no flow")
    if not flow.test.get("cases"):
        empty = not (flow.steps or flow.test) and "plugins" in flow.unknown
        return LeftOut(file, "no flow" if empty else "no test cases")
    return FlowFile(file, flow)


def _means_to_be_a_flow(file: Path) -> bool:
    """What says ``schema:`` is a flow, as the reference has it; so is what has steps and test cases."""
    try:
        text = read_text(file)
    except FlowLoadError:
        return False
    try:
        value = read_value(text, str(file))
        keys = set(value) if isinstance(value, dict) else set()
    except FlowLoadError:  # not even YAML: what is written at the start of lines
        keys = {
            line.partition(":")[0].strip("\"' {,") for line in text.splitlines() if line[:1] not in (" ", "\t", "#")
        }
    return "schema" in keys or {"steps", "test"} <= keys
