"""Makes the environment docling-serve is measured in, once: ``python -m benchmarks.docling_serve.environment``.

It is not ours: the server needs torch, ray and what else its engines ask for, which the platform does without.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parents[1] / ".cache" / "docling-serve"


def make() -> Path:
    """The environment's interpreter; installs it where it is missing (some GB). Raises CalledProcessError."""
    python = FOLDER / "bin" / "python"
    if not (FOLDER / "installed").exists():
        venv.create(FOLDER, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", str(HERE / "requirements.txt")], check=True)
        layout = HERE.parent / "docling_standard"
        subprocess.run([*pip, "--no-deps", "--no-build-isolation", str(layout)], check=True)
        (FOLDER / "installed").touch()
    return python


if __name__ == "__main__":
    print(make(), file=sys.stderr)
