"""Makes the environment the reference runs in, once: ``python -m benchmarks.stepflow_reference.environment``.

Its server is a program inside its package; nothing of it is ours.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parents[1] / ".cache" / "stepflow-bench"


def make() -> Path:
    """The environment's interpreter; installs it where it is missing (100 MB). Raises CalledProcessError."""
    python = FOLDER / "bin" / "python"
    if not python.exists():
        venv.create(FOLDER, with_pip=True)
    if not (FOLDER / "installed").exists():
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", str(HERE / "requirements.txt")], check=True)
        (FOLDER / "installed").touch()
    return python


if __name__ == "__main__":
    print(make(), file=sys.stderr)
