"""Files that are whole at any time: the old text or the new one, never a part."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path


def rewrite(file: Path, data: bytes) -> None:
    """New contents for a file there is; a link stays one, and what it leads to is rewritten. Raises OSError, and then
    leaves everything as it was."""
    target = file.resolve()
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as copy:
        whole = Path(copy.name)
        try:
            copy.write(data)
            copy.flush()
            shutil.copymode(target, whole)
            whole.replace(target)
        except BaseException:
            whole.unlink(missing_ok=True)
            raise
