"""One connection per thread to the index file that is there now, opened when first needed.

A file that was deleted (or replaced) while we run is noticed by its identity before each use and opened anew. Making
the tables, and removing what a deleted file left beside it, is done by one process at a time under a lock file.
"""

from __future__ import annotations

import os
import threading
from importlib.util import find_spec
from pathlib import Path

import apsw
from filelock import FileLock, Timeout

from stepflow_assets.errors import IndexUnavailable
from stepflow_assets.resources.embedded_index import faults, schema, tokenizer

Identity = tuple[int, int]


class Connections:
    """``current()`` gives the calling thread's connection. Raises IndexUnavailable."""

    def __init__(self, path: Path, busy_seconds: float) -> None:
        self._path, self._busy_seconds = path, busy_seconds
        self._open: dict[tuple[int, int], tuple[Identity, apsw.Connection]] = {}  # by (process, thread)
        self._guard = threading.Lock()

    def current(self) -> apsw.Connection:
        caller = (os.getpid(), threading.get_ident())
        with self._guard:
            found = self._open.get(caller)
        if found is not None:
            identity, connection = found
            if identity == _identity(self._path):
                return connection
            self._drop(caller)
        with faults.translated(self._path):
            connection, identity = self._connect()
        with self._guard:
            self._open[caller] = (identity, connection)
        return connection

    def still_there(self) -> bool:
        """Whether the calling thread's connection writes to the file that has the path."""
        with self._guard:
            found = self._open.get((os.getpid(), threading.get_ident()))
        return found is not None and found[0] == _identity(self._path)

    def close(self) -> None:
        """Close this process's connections. Those inherited by a fork belong to the parent: SQLite forbids touching them."""
        with self._guard:
            mine = [caller for caller in self._open if caller[0] == os.getpid()]
        for caller in mine:
            self._drop(caller)

    def _drop(self, caller: tuple[int, int]) -> None:
        with self._guard:
            found = self._open.pop(caller, None)
        if found is not None:
            found[1].close()

    def _connect(self) -> tuple[apsw.Connection, Identity]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{self._path}.lock", timeout=self._busy_seconds)
        try:
            with lock:
                return self._connect_alone()
        except Timeout as error:
            raise IndexUnavailable(
                f"the index {self._path} is being opened by another process that does not finish",
                next_step="Wait until the other process has finished, then retry.",
            ) from error

    def _connect_alone(self) -> tuple[apsw.Connection, Identity]:
        if not self._path.exists():
            for left_over in ("-wal", "-shm"):
                # They belong to the file that was deleted; SQLite would read the new one through them.
                Path(f"{self._path}{left_over}").unlink(missing_ok=True)
        connection = apsw.Connection(str(self._path))
        try:
            connection.set_busy_timeout(int(self._busy_seconds * 1000))
            if schema.is_new(connection, self._path):
                tokenizer.register(connection)
                schema.create(connection)
            else:
                tokenizer.register(connection)
            for pragma in ("synchronous = FULL", "secure_delete = ON", f"journal_size_limit = {64 << 20}"):
                connection.execute(f"PRAGMA {pragma}")
            schema.tokenise_anew_if_outdated(connection)
            identity = _identity(self._path)
            if identity is None:
                raise IndexUnavailable(f"the index {self._path} was removed while it was opened")
        except BaseException:
            connection.close()
            raise
        return connection, identity


def enable_vectors(connection: apsw.Connection) -> None:
    """Load sqlite-vec into the connection, once. Found without importing it: its module loads the stdlib's sqlite3."""
    if connection.execute("SELECT count(*) FROM pragma_function_list WHERE name = 'vec_distance_cosine'").get:
        return
    package = find_spec("sqlite_vec")
    if package is None or package.origin is None:
        raise IndexUnavailable(
            "sqlite-vec is not installed", retryable=False, next_step="Install sqlite-vec, then retry."
        )
    connection.enable_load_extension(True)
    try:
        connection.load_extension(str(Path(package.origin).with_name("vec0")))
    finally:
        connection.enable_load_extension(False)


def _identity(path: Path) -> Identity | None:
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino
