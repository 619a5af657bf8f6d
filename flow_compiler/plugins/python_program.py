"""How the Python worker is started: by which interpreter, and what it can import."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import flow_compiler


@contextmanager
def package_folder() -> Iterator[Path]:
    """A folder with this package and nothing else: on the path of another environment, where what is installed beside
    this package must not be found."""
    with TemporaryDirectory(prefix="flow-compiler-") as folder:
        package = Path(flow_compiler.__file__).parent
        (Path(folder) / package.name).symlink_to(package, target_is_directory=True)
        yield Path(folder)


def interpreter(python: str | None, base: Path) -> str:
    """The configured one, relative to ``base``, or ours. Not resolved: a virtual environment is told by the link."""
    if python is None:
        return sys.executable
    return str(base / python) if "/" in python else python


def worker_command(python: str, *options: str) -> list[str]:
    return [python, "-s", "-m", "flow_compiler.worker", *options]


def python_environment(package: Path, more: Sequence[str] = ()) -> dict[str, str]:
    """Variables that make the package importable, and neither the working directory nor a user's own packages."""
    return {"PYTHONPATH": os.pathsep.join([str(package), *more]), "PYTHONSAFEPATH": "1"}


def own_search_path() -> list[str]:
    """What this process finds modules in besides its installation (tests, a project that is not installed)."""
    installed = tuple({sys.prefix, sys.base_prefix})
    return [entry for entry in sys.path if entry and not entry.startswith(installed) and Path(entry).is_dir()]
