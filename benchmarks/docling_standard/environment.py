"""Makes the environment docling is measured in, once: ``python -m benchmarks.docling_standard.environment``.

It is not ours: docling's standard pipeline needs torch, which the platform does without.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parents[1] / ".cache" / "docling-bench"


def make() -> Path:
    """The environment's interpreter; installs it where it is missing (some GB)."""
    python = FOLDER / "bin" / "python"
    if not python.exists():
        venv.create(FOLDER, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", str(HERE / "requirements.txt")], check=True)
        subprocess.run([*pip, "--no-deps", "--no-build-isolation", str(HERE)], check=True)
    return python


if __name__ == "__main__":
    print(make(), file=sys.stderr)
