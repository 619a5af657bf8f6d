"""Reading flows: the only place of the language that opens a file.

Every error is a :class:`FlowLoadError` with file, line and column, what is wrong, and what to write instead.
"""

from __future__ import annotations

from pathlib import Path as FilePath

from flow_compiler.errors import FlowLoadError
from flow_compiler.language.expressions import Json
from flow_compiler.language.json_text import read_json
from flow_compiler.language.model import Flow
from flow_compiler.language.reading import flow_from_json
from flow_compiler.language.source import Place, Source
from flow_compiler.language.yaml_text import read_yaml

__all__ = ["MAX_BYTES", "flow_from_json", "load_flow", "parse_flow", "read_value"]

MAX_BYTES = 4 * 1024 * 1024
"""Size of a flow file. Data of that size belongs in a blob or a file that the flow loads."""


def load_flow(path: str | FilePath) -> Flow:
    """The flow in a YAML or JSON file. Raises FlowLoadError, also when the file cannot be read."""
    file = str(path)
    try:
        with FilePath(path).open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise FlowLoadError(
            f"cannot read the file: {error.strerror or error}",
            file=file,
            next_step="Check the name and that you may read it.",
        ) from error
    except ValueError as error:  # a NUL in the name
        raise FlowLoadError(f"not a file name: {error}", file=repr(file), next_step="Correct the file name.") from error
    _require_size(len(data), file)
    return parse_flow(_decode(data, file), file)


def parse_flow(text: str, file: str | None = None) -> Flow:
    """The flow in YAML or JSON text; ``file`` is named in errors. Raises FlowLoadError."""
    _require_size(len(text), file)
    value, places = _read(text, file)
    return flow_from_json(value, Source(file, places))


def read_value(text: str, file: str | None = None) -> Json:
    """The JSON value in YAML or JSON text, read as strictly as a flow. Raises FlowLoadError."""
    _require_size(len(text), file)
    return _read(text, file)[0]


def _read(text: str, file: str | None) -> tuple[Json, Place]:
    """YAML reads most JSON, but not all of it (tabs, surrogate pairs): what starts like JSON is tried as JSON first."""
    start = text[:200].split()
    if not start or not start[0].startswith("{"):
        return read_yaml(text, file)
    try:
        return read_json(text, file)
    except FlowLoadError:
        if (file or "").lower().endswith(".json") or "".join(start)[1:2] in ('"', "}", ""):
            raise
    return read_yaml(text, file)  # `{name: a}` is YAML


def _require_size(size: int, file: str | None) -> None:
    if size > MAX_BYTES:
        raise FlowLoadError(
            f"the flow is larger than {MAX_BYTES // 2**20} MiB",
            file=file,
            next_step="Keep large data in a file of its own and load it with /builtin/load_file.",
        )


def _decode(data: bytes, file: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        raise FlowLoadError(
            f"not UTF-8 text (byte {error.start})",
            file=file,
            line=before.count(b"\n") + 1,
            column=error.start - before.rfind(b"\n"),
            next_step="Save the file as UTF-8.",
        ) from error
