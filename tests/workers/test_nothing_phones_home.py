"""No library of a worker may send anything or leave traces in the person's home folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import asyncio, sys
from stepflow_assets.workers.pool import WorkerPool
from tests.workers.recognising import recognise_a_blank_page

async def main():
    pool = WorkerPool("ocr", workers=1)
    try:
        print(sorted(await pool.run(recognise_a_blank_page)))
    finally:
        pool.close()

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_recognising_leaves_no_file_in_the_home_folder_and_loads_no_telemetry(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    environment = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(root)}

    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=120
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "['openvino']"  # the engine was there, its telemetry was not
    assert list(tmp_path.iterdir()) == []
