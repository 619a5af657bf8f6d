"""Office files are zip archives with the hour they were packed: here packed again without it."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from pathlib import Path

WRITTEN = datetime(2026, 2, 2, 9, 0, 0)
_PACKED = (2026, 2, 2, 9, 0, 0)


def save(data: bytes, path: Path) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, _PACKED)
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, source.read(name))
    path.write_bytes(target.getvalue())
