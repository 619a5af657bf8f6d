"""The tesseract program of the machine: where it is, what data it has, and one run of it that never outlives its deadline.

Facts behind the choices (notes/ocr 2.3): with two threads it takes several times the CPU, so it gets one; its library
has no wheel with data, so the program that the operating system keeps up to date is what is used.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from stepflow_assets.errors import PageTimeout, ProviderError, ProviderUnavailable

_PARENT_DEATH = 1  # prctl(2): PR_SET_PDEATHSIG
_ASKING = 20.0  # seconds for questions such as its version


@dataclass(frozen=True)
class Installed:
    """``languages``: the data it has, without ``osd``. ``digest``: over the content of all of them."""

    program: str
    version: str
    languages: tuple[str, ...]
    turns: bool  # has the data that tells which way a page is turned
    digest: str


def installed(program: str) -> Installed | None:
    """What is there now; None where there is no such program. The answer is kept until a file of it changes."""
    path = shutil.which(program)
    return None if path is None else _asked(path, Path(path).stat().st_mtime_ns, os.environ.get("TESSDATA_PREFIX"))


def found(program: str) -> Installed:
    """Raises ProviderUnavailable where it is missing."""
    there = installed(program)
    if there is None:
        raise ProviderUnavailable(
            f"the program {program!r} is not installed",
            retryable=False,
            next_step=(
                "Install it (apt-get install tesseract-ocr tesseract-ocr-osd, and tesseract-ocr-LANGUAGE for each language), "
                "or name its path in ocr.provider: tesseract:/path/to/tesseract."
            ),
        )
    return there


def run(program: str, arguments: Sequence[str], given: bytes | None, seconds: float) -> bytes:
    """Its standard output. Raises PageTimeout when it takes longer (it is killed), ProviderError when it fails.

    It also ends with the process that asked, however that ends.
    """
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [program, *arguments],
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            timeout=seconds,
            env=environment,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PageTimeout(f"tesseract did not answer within {seconds:g} s and was ended") from None
    except OSError as error:
        raise ProviderUnavailable(f"tesseract cannot be started: {error}", retryable=False) from None
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise ProviderError(f"tesseract ended with status {done.returncode}: {said[-1] if said else 'it said nothing'}")
    return done.stdout


@lru_cache(maxsize=4)
def _asked(path: str, _modified: int, _data: str | None) -> Installed:
    version = run(path, ["--version"], None, _ASKING).decode(errors="replace").split()
    listed = run(path, ["--list-langs"], None, _ASKING).decode(errors="replace").splitlines()
    folder = Path(listed[0].partition('"')[2].rpartition('"')[0]) if listed else Path()
    languages = tuple(sorted(line.strip() for line in listed[1:] if line.strip()))
    digest = hashlib.sha256()
    for language in languages:
        digest.update(f"{language}\n".encode())
        digest.update(_digest(folder / f"{language}.traineddata"))
    return Installed(
        path,
        version[1] if len(version) > 1 else "unknown",
        tuple(language for language in languages if language != "osd"),
        "osd" in languages,
        digest.hexdigest()[:12],
    )


def _digest(file: Path) -> bytes:
    try:
        with file.open("rb") as data:
            return hashlib.file_digest(data, "sha256").digest()
    except OSError:  # data inside the program or in a place it does not name: its name and the version stand for it
        return b""


if sys.platform == "linux":
    _libc = ctypes.CDLL(None)

    def _end_with_parent() -> None:
        _libc.prctl(_PARENT_DEATH, signal.SIGKILL)
else:

    def _end_with_parent() -> None:
        return
