"""The examples in the docs are run as they stand.

The first line of a code block says what a test does with it: ``file=NAME`` writes it, ``run`` runs it, and ``output`` is what
the block before it prints; a console block holds a command and its output, and ``exit=1`` the code it ends with. The blocks of a page share one folder.
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


@dataclass(frozen=True)
class Place:
    """A folder in which a page's blocks are written and run."""

    folder: Path

    def write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def printed(self, *command: str, exit_code: int = 0) -> str:
        """What the command writes to stdout. The programs are those of this Python's environment."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("STEPFLOW_", "DAGSTER_"))},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder),
            "DAGSTER_HOME": str(self.folder / "dagster_home"),
        }
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == exit_code, done.stderr
        return done.stdout


def test_the_examples_of_the_page_on_flows(tmp_path: Path) -> None:
    (tmp_path / "dagster_home").mkdir()
    shutil.copy(ROOT / "dagster.yaml", tmp_path / "dagster_home")
    assert run_examples("flows.md", Place(tmp_path)) >= 10


def test_the_examples_of_the_page_on_configurations(tmp_path: Path) -> None:
    assert run_examples("configuration.md", Place(tmp_path)) >= 6


@pytest.mark.parametrize("page", ["writing-components.md", "commands.md"])
def test_the_examples_of_the_pages_on_components_and_commands(tmp_path: Path, page: str) -> None:
    assert run_examples(page, Place(tmp_path)) >= 5


def run_examples(page: str, place: Place) -> int:
    """Runs them in order; returns how many blocks there are."""
    blocks = _BLOCK.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))
    printed = ""
    for language, role, text in blocks:
        match role.split("=", 1):
            case ["file", name]:
                place.write(name, text)
            case ["run" | "run exit", *code] if language == "console":
                command, _, expected = text.removeprefix("$ ").partition("\n")
                printed = place.printed(*shlex.split(command), exit_code=int(code[0] if code else 0))
                assert printed.strip() == expected.strip()
            case ["run"]:
                printed = place.printed(sys.executable, "-c", text)
            case ["output"]:
                assert printed == text
            case _:
                raise AssertionError(f"no test knows what to do with a block marked {role!r}")
    return len(blocks)
