"""``/builtin/load_file``: a JSON, YAML or text file as a value."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from flow_compiler.engine.components import ComponentContext, component
from flow_compiler.engine.settings import EngineSettings
from flow_compiler.errors import FlowLoadError, InvalidInput
from flow_compiler.language.loader import decode, read_data

Format = Literal["json", "yaml", "text"]
_BY_SUFFIX: dict[str, Format] = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}

MAX_BYTES = 32 * 1024 * 1024
"""What a file may have: its value goes into the journal as a whole."""


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


@component("/builtin/load_file", effect="read", builtin=True)
def load_file(given: LoadFile, context: ComponentContext) -> LoadedFile:
    """Reads a file of at most 32 MiB; relative paths start at the engine's working directory. YAML and JSON go by suffix
    unless ``format`` says otherwise, and are read as strictly as flows; all else is text."""
    path = context.resource(EngineSettings).working_directory / given.path
    data = _bytes(path, given.path)
    kind = given.format or _BY_SUFFIX.get(path.suffix.lower(), "text")
    try:
        text = decode(data, given.path)
        value = text if kind == "text" else read_data(text, given.path, yaml=kind == "yaml")
    except FlowLoadError as error:
        raise InvalidInput(
            f"the file {given.path} is not valid {kind}: {error}",
            next_step=f"Correct the file, or give another `format` than {kind}.",
        ) from error
    return LoadedFile(
        data=value,
        metadata=FileMetadata(resolved_path=str(Path(path).resolve()), size_bytes=len(data), format=kind),
    )


def _bytes(path: Path, shown: str) -> bytes:
    try:
        if path.exists() and not path.is_file():  # a device may never end, a pipe never begin
            raise InvalidInput(f"{shown} is no ordinary file", next_step="Give the path of a file.")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"the file {shown} cannot be read", next_step="Correct the path, or make the file readable."
        ) from error
    if len(data) > MAX_BYTES:
        raise InvalidInput(
            f"the file {shown} is larger than {MAX_BYTES // 2**20} MiB",
            next_step="Split the file, or let a component read it.",
        )
    return data
