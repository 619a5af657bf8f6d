"""The examples in the docs are run as they stand.

The first line of a code block says what a test does with it: ``file=NAME`` writes it, ``run`` runs it, and ``output`` is what
the block before it prints; a console block holds commands and their output. ``fails`` is a ``run`` whose last command ends
with another exit code than 0; its output is what that command says, also on stderr. ``run exit=1`` ends with this code, and its
output is what the command says on stdout. The blocks of a page share one folder.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(\w+) (\S+(?: exit=\d)?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ ([^\n]*)\n(.*?)(?=^\$ |\Z)", re.MULTILINE | re.DOTALL)
_ELSEWHERE = {"http-api"}  # it needs a server: test_http_api_page.py
PAGES = sorted(
    page
    for page in (ROOT / "docs").glob("*.md")
    if _BLOCK.search(page.read_text(encoding="utf-8")) and page.stem not in _ELSEWHERE
)


@dataclass(frozen=True)
class Place:
    """A folder in which a page's blocks are written and run."""

    folder: Path

    def write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def ran(self, *command: str) -> subprocess.CompletedProcess[str]:
        """The programs are those of this Python's environment."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("STEPFLOW_", "DAGSTER_"))},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder),
            "DAGSTER_HOME": str(self.folder / "dagster_home"),
        }
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)

    def printed(self, *command: str, exit_code: int = 0) -> str:
        done = self.ran(*command)
        assert done.returncode == exit_code, done.stderr
        return done.stdout

    def complained(self, *command: str) -> str:
        done = self.ran(*command)
        assert done.returncode != 0, f"{command} was expected to fail"
        return done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_of_a_page(page: Path, tmp_path: Path) -> None:
    place = Place(tmp_path)
    (tmp_path / "dagster_home").mkdir()
    shutil.copy(ROOT / "dagster.yaml", tmp_path / "dagster_home")

    printed = ""
    for language, role, text in _BLOCK.findall(page.read_text(encoding="utf-8")):
        match role.split("=", 1):
            case ["file", name]:
                place.write(name, text)
            case ["run" | "fails" as role] if language == "console":
                tell = place.printed if role == "run" else place.complained
                for command, expected in _COMMAND.findall(text):
                    assert tell(*shlex.split(command)).strip() == expected.strip(), command
            case ["run exit", code]:
                command, _, expected = text.removeprefix("$ ").partition("\n")
                assert place.printed(*shlex.split(command), exit_code=int(code)).strip() == expected.strip(), command
            case ["run"]:
                printed = place.printed(sys.executable, "-c", text)
            case ["output"]:
                assert printed == text
            case _:
                raise AssertionError(f"no test knows what to do with a block marked {role!r}")


def test_pages_with_examples_are_found() -> None:
    assert {"flows", "language", "configuration", "commands", "writing-components"} <= {page.stem for page in PAGES}
