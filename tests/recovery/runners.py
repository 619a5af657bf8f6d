"""Runners as a test sees them: started, watched line by line, killed at a point it has seen."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import update

from flow_compiler.engine.storage.database import create_database
from flow_compiler.engine.storage.tables import journal, leases

from .runner import Order

SCRIPT = Path(__file__).with_name("runner.py")
Line = dict[str, Any]


class Runner:
    """A running process. ``lines`` is what it has told so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.lines: list[Line] = []
        self._process = process

    def until(self, *wanted: Line) -> Line:
        """Read on until each wanted line has come; returns the last one that did. A line fits when it has these fields."""
        missing = list(wanted)
        while True:
            line = self._next()
            fitting = [one for one in missing if line.items() >= one.items()]
            for one in fitting:
                missing.remove(one)
            if not missing:
                return line

    def end(self) -> Line:
        """Its last line, ``result`` or ``lost``, once it has ended by itself."""
        while "result" not in self._next() and "lost" not in self.lines[-1]:
            pass
        assert self._process.wait() == 0
        return self.lines[-1]

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        assert self._process.wait() == -signal.SIGKILL

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def go_on(self) -> None:
        """The held step may return."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def _next(self) -> Line:
        assert self._process.stdout is not None
        text = self._process.stdout.readline()
        assert text, f"the runner ended; it had told {self.lines[-3:]}"
        self.lines.append(json.loads(text))
        return self.lines[-1]


@dataclass(frozen=True)
class Place:
    """Where a run is kept."""

    folder: Path
    database: str

    @contextmanager
    def runner(self, flow: Line, **order: Any) -> Iterator[Runner]:
        given = Order(str(self.folder), self.database, flow, **order)
        command = [sys.executable, str(SCRIPT), json.dumps(asdict(given))]
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        ) as process:
            try:
                yield Runner(process)
            finally:
                process.kill()

    def finish(self, flow: Line, **order: Any) -> Line:
        """A runner that goes on to the end; its last line."""
        with self.runner(flow, **order) as runner:
            return runner.end()

    def expire_leases(self) -> None:
        """As if their time had passed: whoever held them was killed."""
        engine = create_database(self.database)
        with engine.begin() as connection:
            connection.execute(update(leases).values(expires_at=0.0))
        engine.dispose()

    def let_pass(self, seconds: float) -> None:
        """So much longer ago, by the database's clock, every attempt and pause that has not ended began. Less than 0: the
        clock was set back."""
        engine = create_database(self.database)
        unended = journal.c.outcome.is_(None) & journal.c.outcome_ref.is_(None)
        with engine.begin() as connection:
            earlier = update(journal).where(unended).values(recorded_at=journal.c.recorded_at - seconds)
            assert connection.execute(earlier).rowcount
        engine.dispose()

    @property
    def calls(self) -> list[Line]:
        """Of all runners, in their order."""
        file = self.folder / "calls"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    @property
    def attempts(self) -> dict[str, list[int]]:
        """The numbers of the attempts that were made, by step; a nested step is ``m[0]/step``."""
        made: dict[str, list[int]] = {}
        for call in self.calls:
            below = call["item"].removeprefix("item").removeprefix("/")
            made.setdefault(f"{below}/{call['called']}" if below else call["called"], []).append(call["attempt"])
        return made

    @property
    def times(self) -> Counter[str]:
        """How often each step was called."""
        return Counter({step: len(numbers) for step, numbers in self.attempts.items()})


def step(step_id: str, given: Any = None, component: str = "/t/work", **more: Any) -> Line:
    return {"id": step_id, "component": component, "input": given, **more}


def ref(step_id: str) -> Line:
    return {"$step": step_id}


class Forks:
    """Runners without the start of a process each."""

    def __init__(self) -> None:
        command = [sys.executable, str(SCRIPT), "serve"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, order: Order) -> Line:
        """One that goes on until it ends, or kills itself: its last line, and the exit status as ``ended``."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(asdict(order))}\n")
        self._process.stdin.flush()
        last: Line = {}
        while "ended" not in (line := json.loads(self._process.stdout.readline())):
            last = line
        return {**last, **line}

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        assert self._process.wait() == 0
        self._process.stdout.close()
