"""The environment of components written for stepflow_py, made once: not ours, since it pins gRPC and protobuf."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / ".cache" / "stepflow-py"
PACKAGES = ("stepflow-py[langchain]==0.13.0", "pydantic>=2.10,<3")


def make() -> Path | None:
    """Its interpreter; None where the packages cannot be fetched."""
    python = FOLDER / "bin" / "python"
    if not (FOLDER / "complete").exists():
        shutil.rmtree(FOLDER, ignore_errors=True)
        venv.create(FOLDER, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1"]
        if subprocess.run([*pip, *PACKAGES], check=False).returncode:
            return None
        (FOLDER / "complete").touch()
    return python


if __name__ == "__main__":
    print(make(), file=sys.stderr)
