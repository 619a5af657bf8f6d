"""What a database, disk or bucket complains of, said as one sentence with the next step."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from obstore.exceptions import BaseError as ObjectStoreError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from flow_compiler.errors import StoreUnavailable


class _Complaint(NamedTuple):
    signs: tuple[str, ...]  # lower-case fragments of the message that tell it
    sentence: str
    next_step: str
    retryable: bool = True


_FREE_SPACE = "Free some space on that disk, then run again: what was recorded before is kept."
_COMPLAINTS = (
    _Complaint(("disk is full", "no space left", "os error 28", "disk quota"), "the disk is full", _FREE_SPACE),
    _Complaint(("file too large", "os error 27"), "a file has reached the allowed size", _FREE_SPACE),
    # What SQLite says on a full disk when it cannot grow the file that its readers share.
    _Complaint(("disk i/o error",), "the disk is full, or it fails", _FREE_SPACE),
    _Complaint(
        ("database is locked", "database table is locked", "lock timeout", "deadlock detected"),
        "another process holds it locked",
        "Wait until the other process has finished, or stop it, then run again.",
    ),
    _Complaint(
        ("not a database", "malformed", "disk image"),
        "the file is damaged or is not a database of this tool",
        "Move the file away: a new one is made, and what it remembered is computed anew.",
        retryable=False,
    ),
    _Complaint(
        ("readonly database", "read-only", "permission denied", "os error 13", "os error 30", "not permitted"),
        "it is not writable",
        "Give this user write access to it, or choose another place.",
        retryable=False,
    ),
    _Complaint(
        ("unable to open database", "not a directory", "is a directory", "os error 20", "no such file or directory"),
        "it cannot be opened",
        "Check that its folder exists, is a folder, and is writable.",
        retryable=False,
    ),
    _Complaint(
        ("password authentication", "no password supplied", "role ", "unauthenticated", "access denied"),
        "it refuses these credentials",
        "Correct user and password in the settings.",
        retryable=False,
    ),
    _Complaint(
        (
            "connection refused",
            "could not connect",
            "could not translate host",
            "server closed",
            "terminating connection",
        ),
        "it cannot be reached",
        "Check that the server runs and that host and port are right, then run again.",
    ),
)
_OTHER = _Complaint((), "it reported an error", StoreUnavailable.next_step)


def store_unavailable(error: Exception, place: str) -> StoreUnavailable:
    """The error to raise for ``error``. Only the kind of the original is told: its text may hold parameters."""
    told = str(error.orig if isinstance(error, DBAPIError) and error.orig is not None else error).lower()
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        told = "no space left"
    complaint = next((item for item in _COMPLAINTS if any(sign in told for sign in item.signs)), _OTHER)
    origin = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    detail = f" ({type(origin).__name__})" if complaint is _OTHER else ""
    return StoreUnavailable(
        f"{place}: {complaint.sentence}{detail}", next_step=complaint.next_step, retryable=complaint.retryable
    )


@contextmanager
def store_failures(place: str) -> Iterator[None]:
    """Raises StoreUnavailable instead of what drivers, disks and object stores raise. ``place`` names the store for people."""
    try:
        yield
    except (DBAPIError, PoolTimeout, OSError, ObjectStoreError) as error:
        raise store_unavailable(error, place) from error
