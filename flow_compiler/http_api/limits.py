"""What the server takes and does at most. Each limit has an option of ``flow-compiler serve``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Seconds and bytes. What is over a limit is refused with what to do, and never dropped silently."""

    body_bytes: int = 32 * 2**20
    """Of a request: flows, inputs and blobs alike."""
    runs_at_once: int = 8
    runs_unfinished: int = 1000
    """Accepted runs that have not ended, on all servers of the database."""
    items_at_once: int = 64
    """Over all runs of this server; a run may ask for fewer with ``maxConcurrency``."""
    items_per_run: int = 10_000
    streams: int = 100
    """Clients that follow events at the same time."""
    wait_seconds: float = 300.0
    """How long a request waits for a run when it does not say ``timeoutSecs``."""
    longest_wait_seconds: float = 3600.0
    heartbeat_seconds: float = 15.0
    page: int = 100
    longest_page: int = 1000
    lease_seconds: float = 10.0
    """After which the runs of a server that no longer answers are gone on with by another."""
    stop_seconds: float = 10.0
    """How long requests that wait for a run may go on after SIGTERM."""
