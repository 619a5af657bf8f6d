"""The installed command, as a person runs it: a process of its own, with a home of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXECUTABLE = Path(sys.executable).with_name("stepflow-assets")
EXAMPLES = Path(__file__).parents[2] / "examples" / "documents"


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """JSON lines of stdout."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Home:
    """A home folder and the command that works on it."""

    path: Path
    environment: Mapping[str, str]

    def command(self, *arguments: str | Path) -> list[str]:
        return [str(EXECUTABLE), "--home", str(self.path), *map(str, arguments)]

    def variables(self) -> dict[str, str]:
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("STEPFLOW_", "DAGSTER_"))
        }
        return {**inherited, **self.environment}

    def run(self, *arguments: str | Path, timeout: float = 280) -> Done:
        done = subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            timeout=timeout,
            cwd=self.path.parent,
            env=self.variables(),
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        """In a session of its own: its id names all that the command starts."""
        return subprocess.Popen(
            self.command(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            cwd=self.path.parent,
            env=self.variables(),
        )

    def documents(self) -> dict[str, Any]:
        """What `documents --json` says, by the last part of each id."""
        return {row["document"].rsplit("/", 1)[-1]: row for row in self.run("documents", "--json").lines}

    def running(self) -> bool:
        """Whether any document is in hand of a run."""
        return any(row["outcome"] == "running" for row in self.documents().values())

    def chunks(self, document: str) -> list[Any]:
        return self.run("export", document, "--what", "chunks").lines
