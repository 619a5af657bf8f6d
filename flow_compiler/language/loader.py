"""From text to a flow. Files are opened by :mod:`flow_compiler.flow_files`.

Every error is a :class:`FlowLoadError` with file, line and column, what is wrong, and what to write instead.
"""

from __future__ import annotations

from codecs import BOM_UTF8

from flow_compiler.errors import FlowLoadError
from flow_compiler.language.collecting import without_collecting
from flow_compiler.language.expressions import Json
from flow_compiler.language.json_text import json_value, places_of, read_json
from flow_compiler.language.json_values import require_few_values, require_json
from flow_compiler.language.model import Flow
from flow_compiler.language.reading import flow_from_json
from flow_compiler.language.source import Places, Source, Where
from flow_compiler.language.yaml_text import read_yaml

__all__ = [
    "MAX_BYTES",
    "decode",
    "flow_from_json",
    "parse_flow",
    "read_data",
    "read_placed",
    "read_value",
    "require_size",
]

MAX_BYTES = 4 * 1024 * 1024
"""Size of a flow file. Data of that size belongs in a blob or a file that the flow loads."""


def parse_flow(text: str, file: str | None = None) -> Flow:
    """The flow in YAML or JSON text; ``file`` is named in errors. Raises FlowLoadError."""
    require_size(len(text), file)
    with without_collecting():
        value, places = _read(text, file)
        require_few_values(value, file)
        return flow_from_json(value, Source(file, places))


def read_value(text: str, file: str | None = None) -> Json:
    """The JSON value in YAML or JSON text, read as strictly as a flow. Raises FlowLoadError."""
    require_size(len(text), file)
    value, places = _read(text, file)
    require_json(value, Where(Source(file, places)))
    return value


def read_placed(text: str, file: str | None) -> tuple[Json, Source]:
    """The same with the place of everything; a key of YAML may be any value (see JsonKey). Raises FlowLoadError."""
    require_size(len(text), file)
    value, places = _read(text, file, any_keys=True)
    source = Source(file, places)
    require_json(value, Where(source))
    return value, source


def read_data(text: str, file: str | None, *, yaml: bool) -> Json:
    """The JSON value in the text of a data file, which may be larger than a flow. Raises FlowLoadError."""
    if yaml:
        return read_yaml(text, file)[0]
    value = json_value(text, file)
    try:
        require_json(value, Where(Source(file)))
    except FlowLoadError:  # where it stands is looked up only now
        require_json(value, Where(Source(file, places_of(text)[0])))
        raise
    return value


def _read(text: str, file: str | None, *, any_keys: bool = False) -> tuple[Json, Places]:
    """YAML reads most JSON, but not all of it (tabs, surrogate pairs): what starts like JSON is tried as JSON first."""
    start = text[:200].split()
    if not start or not start[0].startswith("{"):
        return read_yaml(text, file, any_keys=any_keys)
    try:
        return read_json(text, file)
    except FlowLoadError:
        if (file or "").lower().endswith(".json") or "".join(start)[1:2] in ('"', "}", ""):
            raise
    return read_yaml(text, file, any_keys=any_keys)  # `{name: a}` is YAML


def require_size(size: int, file: str | None) -> None:
    """Raises FlowLoadError for more than MAX_BYTES."""
    if size > MAX_BYTES:
        raise FlowLoadError(
            f"the flow is larger than {MAX_BYTES // 2**20} MiB",
            file=file,
            next_step="Keep large data in a file of its own and load it with /builtin/load_file.",
        )


def decode(data: bytes, file: str | None) -> str:
    """The text of a UTF-8 file, with or without a byte order mark. Raises FlowLoadError."""
    text = data.removeprefix(BOM_UTF8)
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        before = text[: error.start]
        raise FlowLoadError(
            f"not UTF-8 text (byte {len(data) - len(text) + error.start})",
            file=file,
            line=before.count(b"\n") + 1,
            column=len(before[before.rfind(b"\n") + 1 :].decode()) + 1,
            next_step="Save the file as UTF-8.",
        ) from error
