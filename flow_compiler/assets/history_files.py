"""Files of Dagster's history: databases without what was deleted from them, logs and values of runs without names."""

from __future__ import annotations

import io
import json
import mmap
import pickle
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from flow_compiler.assets.redaction import Redaction
from flow_compiler.engine.storage.database import BUSY_SECONDS
from flow_compiler.engine.storage.failures import store_unavailable
from flow_compiler.errors import StoreUnavailable

_PICKLE = b"\x80"


def rewrite_database(file: Path) -> None:
    """Leave in a SQLite file and its log only what its tables hold: free pages, gaps in pages and the log keep what was
    deleted. Writers wait meanwhile. Raises StoreUnavailable when others do not let go of it within 30 s."""
    _checkpointed(file, "VACUUM")


def empty_log(file: Path) -> None:
    """Only the log, for a file whose writers overwrite what they delete."""
    _checkpointed(file)


def database_holds(file: Path, names: Iterable[str]) -> bool:
    """Whether the bytes of the file hold a name, in whichever way JSON in it writes it."""
    forms = sorted({form.encode("utf-8", "surrogatepass") for name in names for form in _written(name)})
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return re.search(b"|".join(map(re.escape, forms)), content) is not None


def redact_file(file: Path, redaction: Redaction) -> None:
    """A log loses the lines about a forgotten key, and the name elsewhere; a pickled value of an op loses the name. A
    value that is no plain data and may hold the name is removed."""
    content = file.read_bytes()
    if content.startswith(_PICKLE):
        if not redaction.may_be_in(content.decode("utf-8", "replace")):
            return
        try:
            replaced = pickle.dumps(redaction.value(_PlainData(io.BytesIO(content)).load()))
        except Exception:  # noqa: BLE001  what is no pickle of ours may raise anything
            file.unlink()
            return
    else:
        text = content.decode("utf-8", "surrogateescape")
        replaced = "".join(_kept(text, redaction)).encode("utf-8", "surrogateescape")
    if replaced != content:
        growing = file.with_name(f"{file.name}.new")
        growing.write_bytes(replaced)
        growing.replace(file)


class _PlainData(pickle.Unpickler):
    """Loads nothing but dictionaries, lists, texts and numbers."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        raise pickle.UnpicklingError(f"{module_name}.{global_name} is no plain data")


def _kept(text: str, redaction: Redaction) -> Iterator[str]:
    """Dagster's console writes ``time - … - step - message``."""
    for line in text.splitlines(keepends=True):
        if not any(redaction.is_about(part) for part in line.split(" - ")):
            yield redaction.sentence(line)


def _written(name: str) -> Iterator[str]:
    yield name
    for _ in range(3):  # JSON, in a string of JSON, in a string of that
        name = json.dumps(name)[1:-1]
        yield name


def _checkpointed(file: Path, *statements: str) -> None:
    try:
        with closing(sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as error:
        raise store_unavailable(error, f"database {file}") from error
    if busy:
        raise StoreUnavailable(
            f"database {file}: another process keeps reading it",
            next_step="Wait until the other process has finished, or stop it, then run again.",
            retryable=True,
        )
