"""Ctrl-C that lands where Python or a library would print a traceback of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

PREPARED = """
import gc, os, signal, sys, threading
from flow_compiler.commands import stopping
stopping.prepare()

def ctrl_c():
    os.kill(os.getpid(), signal.SIGINT)
    while True:  # until the handler runs, which is between two instructions of this thread
        pass
"""

WHILE_A_CONNECTION_IS_CLOSED = """
import sqlite3, sqlalchemy

class Closing(sqlite3.Connection):
    def close(self):
        ctrl_c()

engine = sqlalchemy.create_engine("sqlite://", connect_args={"factory": Closing}, poolclass=sqlalchemy.NullPool)
"""

IN_A_FINALIZER = """
class Finalized:
    def __del__(self):
        ctrl_c()
"""


@pytest.mark.parametrize(
    ("setting", "act"),
    [
        (WHILE_A_CONNECTION_IS_CLOSED, "engine.connect().close()"),
        (IN_A_FINALIZER, "Finalized(); threading.Event().wait(30)"),
    ],
    ids=["while a connection is closed", "in a finalizer"],
)
def test_an_interrupt_shows_no_traceback_and_is_obeyed(setting: str, act: str) -> None:
    program = f"{PREPARED}{setting}\ntry:\n    {act}\nexcept KeyboardInterrupt:\n    sys.exit(stopping.exit_code())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (130, "")
