"""Imported once by the fork server, whose children are the workers: they start in about 30 ms and share this memory.

Importing has an effect on purpose: numerics are made single-threaded before any of them is loaded (the pools are what
runs in parallel), and the light engines every worker needs are loaded. Nothing here starts a thread.
"""

from __future__ import annotations

import gc
import os
import sys

SINGLE_THREADED = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}

os.environ.update(SINGLE_THREADED)
os.environ.update(OFFLINE)
# OpenVINO sends usage data unless this package cannot be imported; it then takes the stub it ships with.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]

import numpy  # noqa: E402, F401
import PIL.Image  # noqa: E402, F401
import pydantic  # noqa: E402, F401
import pypdfium2  # noqa: E402, F401

gc.freeze()  # what is loaded stays: collections in the workers pass over it, and its memory stays shared
