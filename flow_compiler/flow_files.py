"""Files with flows: the one place that opens them. What they say, :mod:`flow_compiler.language` reads."""

from __future__ import annotations

from pathlib import Path

from flow_compiler.errors import FlowLoadError
from flow_compiler.language.expressions import Json
from flow_compiler.language.loader import MAX_BYTES, decode, parse_flow, read_value, require_size
from flow_compiler.language.model import Flow


def load_flow(path: str | Path) -> Flow:
    """The flow in a YAML or JSON file. Raises FlowLoadError, also when the file cannot be read."""
    return parse_flow(read_text(path), str(path))


def read_flow_value(path: str | Path) -> Json:
    """The JSON value in a flow file, as it was written. Raises FlowLoadError."""
    return read_value(read_text(path), str(path))


def read_text(path: str | Path) -> str:
    """The text of a file that is no larger than a flow may be. Raises FlowLoadError."""
    file = str(path)
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise FlowLoadError(
            f"cannot read the file: {error.strerror or error}",
            file=file,
            next_step="Check the name and that you may read it.",
        ) from error
    except ValueError as error:  # a NUL in the name
        raise FlowLoadError(f"not a file name: {error}", file=repr(file), next_step="Correct the file name.") from error
    require_size(len(data), file)
    return decode(data, file)
