"""SQLite's errors as ours: what is wrong with the index file, in a sentence, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from stepflow_assets.errors import IndexUnavailable

MOVE_AWAY = "Move the file away (keep it if it is not ours), then ingest the documents again: a new index is made."


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise IndexUnavailable for anything SQLite or the file system refuses inside the block."""
    try:
        yield
    except apsw.Error as error:
        raise _unavailable(path, error) from error
    except OSError as error:
        raise IndexUnavailable(f"the index {path} cannot be used: {error.strerror or error}") from error


def _unavailable(path: Path, error: apsw.Error) -> IndexUnavailable:
    match error:
        case apsw.BusyError() | apsw.LockedError():
            return IndexUnavailable(
                f"the index {path} is locked by another process",
                next_step="Wait until the other process has finished writing, then retry.",
            )
        case apsw.FullError():
            return IndexUnavailable(f"there is no space left to write the index {path}")
        case apsw.CorruptError():
            return damaged(path)
        case apsw.NotADBError():
            return foreign(path)
        case apsw.ReadOnlyError() | apsw.PermissionsError() | apsw.AuthError():
            return IndexUnavailable(f"the index {path} may not be written")
        case apsw.CantOpenError():
            return IndexUnavailable(f"the index {path} cannot be opened")
        case _:
            return IndexUnavailable(f"the index {path} cannot be used: {error}")


def damaged(path: Path) -> IndexUnavailable:
    return IndexUnavailable(f"the index {path} is damaged", retryable=False, next_step=MOVE_AWAY)


def foreign(path: Path) -> IndexUnavailable:
    return IndexUnavailable(
        f"{path} is not an index of ours; it was left as it is", retryable=False, next_step=MOVE_AWAY
    )


def from_newer_version(path: Path) -> IndexUnavailable:
    return IndexUnavailable(
        f"the index {path} was made by a newer version of this program",
        retryable=False,
        next_step="Use that version, or move the file away and ingest the documents again.",
    )
