"""Fixtures that several areas use."""

import signal

from postgres_server import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]


def pytest_configure() -> None:
    """A shell starts what runs in its background with interrupts ignored, and so would every command under test."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
