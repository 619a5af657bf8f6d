"""``/builtin/load_file``: a JSON, YAML or text file as a value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, TypeAdapter

from flow_compiler.engine.components import ComponentContext, component
from flow_compiler.engine.outcomes import Json
from flow_compiler.engine.settings import EngineSettings
from flow_compiler.errors import InvalidInput

Format = Literal["json", "yaml", "text"]
_BY_SUFFIX: dict[str, Format] = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}
_JSON: TypeAdapter[Any] = TypeAdapter(Any)


class LoadFile(BaseModel):
    path: str
    format: Format | None = None


class FileMetadata(BaseModel):
    resolved_path: str
    size_bytes: int
    format: Format


class LoadedFile(BaseModel):
    data: Any
    metadata: FileMetadata


@component("/builtin/load_file", builtin=True)
def load_file(given: LoadFile, context: ComponentContext) -> LoadedFile:
    """Reads a file; relative paths start at the engine's working directory. YAML and JSON go by suffix unless
    ``format`` says otherwise; all else is text."""
    path = context.resource(EngineSettings).working_directory / given.path
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"the file {given.path} cannot be read", next_step="Correct the path, or make the file readable."
        ) from error
    kind = given.format or _BY_SUFFIX.get(path.suffix.lower(), "text")
    try:
        value = _parse(data.decode(), kind)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise InvalidInput(
            f"the file {given.path} is not valid {kind}",
            next_step=f"Correct the file, or give another `format` than {kind}.",
        ) from error
    return LoadedFile(
        data=value,
        metadata=FileMetadata(resolved_path=str(Path(path).resolve()), size_bytes=len(data), format=kind),
    )


def _parse(text: str, kind: Format) -> Json:
    match kind:
        case "json":
            return json.loads(text)
        case "yaml":
            return _JSON.dump_python(yaml.safe_load(text), mode="json")  # dates and the like become text
        case "text":
            return text
