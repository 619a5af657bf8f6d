"""Artifacts through obstore: a local folder, S3, GCS or Azure; each under its SHA-256, in 256 sub folders.

Calls are synchronous in threads of their own: measured per small artifact 0.19 ms CPU for a put and 0.15 ms for a get,
against 0.20 and 0.29 ms with obstore's asynchronous API.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, from_url

from flow_compiler.engine.storage.failures import store_failures
from flow_compiler.engine.stores import BlobRef
from flow_compiler.errors import ArtifactCorrupt, ArtifactMissing, StoreUnavailable

if TYPE_CHECKING:
    from obstore.store import RetryConfig

T = TypeVar("T")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LOCAL_THREADS = 4
_REMOTE_THREADS = 32
_RETRIES: RetryConfig = {"max_retries": 5, "retry_timeout": timedelta(seconds=30)}  # of a bucket that does not answer


def _path(digest: str) -> str:
    if not _DIGEST.fullmatch(digest):
        raise ArtifactMissing("that is not the digest of an artifact")
    return f"{digest[:2]}/{digest}"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class ObjectArtifacts:
    """``folder`` is set for a local store; otherwise :meth:`local_path` copies into a cache that ends with :meth:`close`."""

    def __init__(self, store: Any, place: str, folder: Path | None) -> None:
        self._store, self._place, self._folder = store, place, folder
        self._threads = ThreadPoolExecutor(
            _LOCAL_THREADS if folder else _REMOTE_THREADS, thread_name_prefix="artifacts"
        )
        self._cache: tempfile.TemporaryDirectory[str] | None = None
        self._one_makes_the_cache = threading.Lock()
        self._verified: dict[str, tuple[int, int]] = {}  # digest → size and mtime of a file that had that digest

    async def put(self, data: bytes, kind: str = "binary") -> BlobRef:
        return await self._in_thread(self._put, data, kind)

    async def get(self, digest: str) -> bytes:
        return await self._in_thread(self._get, digest)

    async def exists(self, digest: str) -> bool:
        return await self._in_thread(self._size, digest) is not None

    async def local_path(self, digest: str) -> Path:
        """Read-only for its users. The bytes are verified when first asked for, and again when the file has changed."""
        return await self._in_thread(self._local_path, digest)

    async def delete(self, digests: Iterable[str]) -> int:
        return await self._in_thread(self._delete, sorted(set(digests)))

    async def list(self) -> Sequence[tuple[str, int, float]]:
        return await self._in_thread(self._list)

    def close(self) -> None:
        self._threads.shutdown()
        if self._cache is not None:
            self._cache.cleanup()

    async def _in_thread(self, call: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)

    def _put(self, data: bytes, kind: str) -> BlobRef:
        digest = _digest(data)
        with store_failures(self._place):
            try:
                obstore.put(self._store, _path(digest), data, mode="create", use_multipart=False)
            except AlreadyExistsError:
                # What a power loss truncated would otherwise stay in the way of the right bytes.
                if self._size(digest) != len(data):
                    obstore.put(self._store, _path(digest), data, mode="overwrite")
        return BlobRef(digest, len(data), kind)

    def _get(self, digest: str) -> bytes:
        with store_failures(self._place):
            try:
                data = bytes(obstore.get(self._store, _path(digest)).bytes())
            except FileNotFoundError:
                raise ArtifactMissing(f"artifact {digest} is not in {self._place}") from None
            if _digest(data) != digest:
                self._remove_corrupt(digest)
            return data

    def _remove_corrupt(self, digest: str) -> None:
        """Wrong bytes are worth nothing, and in the way of the right ones: they go."""
        self._delete([digest])
        raise ArtifactCorrupt(f"artifact {digest} in {self._place} had other bytes than its name says; it was removed")

    def _size(self, digest: str) -> int | None:
        with store_failures(self._place):
            try:
                return int(obstore.head(self._store, _path(digest))["size"])
            except (FileNotFoundError, ArtifactMissing):
                return None

    def _local_path(self, digest: str) -> Path:
        with store_failures(self._place):
            if self._folder is None:
                return self._cached(digest)
            file = self._folder / _path(digest)
            try:
                status = file.stat()
            except FileNotFoundError:
                raise ArtifactMissing(f"artifact {digest} is not in {self._place}") from None
            seen = (status.st_size, status.st_mtime_ns)
            if self._verified.get(digest) != seen:
                with file.open("rb") as stream:
                    if hashlib.file_digest(stream, "sha256").hexdigest() != digest:
                        self._remove_corrupt(digest)
                self._verified[digest] = seen
            return file

    def _cached(self, digest: str) -> Path:
        with self._one_makes_the_cache:  # a second folder would take the first one, with files in use, away
            if self._cache is None:
                self._cache = tempfile.TemporaryDirectory(prefix="stepflow-artifacts-")
        file = Path(self._cache.name) / _path(digest).rpartition("/")[2]
        if not file.exists():
            data = self._get(digest)
            with tempfile.NamedTemporaryFile(dir=self._cache.name, delete=False) as partial:
                partial.write(data)
            Path(partial.name).replace(file)
        return file

    def _delete(self, digests: Sequence[str]) -> int:
        removed = 0
        with store_failures(self._place):
            for digest in digests:
                if self._size(digest) is None:  # buckets do not say whether there was something to delete
                    continue
                self._verified.pop(digest, None)
                if self._cache is not None:
                    (Path(self._cache.name) / digest).unlink(missing_ok=True)
                try:
                    obstore.delete(self._store, _path(digest))
                except FileNotFoundError:  # another process was faster
                    continue
                removed += 1
        return removed

    def _list(self) -> Sequence[tuple[str, int, float]]:
        with store_failures(self._place):
            found = [item for chunk in obstore.list(self._store) for item in chunk]
        names = ((item["path"].rpartition("/")[2], item) for item in found)
        return sorted(
            (name, int(item["size"]), item["last_modified"].timestamp())
            for name, item in names
            if _DIGEST.fullmatch(name)
        )


def open_artifacts(location: str | Path) -> ObjectArtifacts:
    """A folder (created when missing) or a URL: ``s3://bucket/prefix``, ``gs://…``, ``az://…``, ``file:///…``."""
    text = str(location)
    if "://" in text and not text.startswith("file://"):
        with store_failures(f"artifact store {text}"):
            return ObjectArtifacts(from_url(text, retry_config=_RETRIES), f"artifact store {text}", None)
    folder = Path(unquote(text.removeprefix("file://")) if "://" in text else text).absolute()
    place = f"artifact folder {folder}"
    with store_failures(place):
        folder.mkdir(parents=True, exist_ok=True)
        if not folder.is_dir():
            raise StoreUnavailable(f"{place}: it is not a folder")
        return ObjectArtifacts(LocalStore(folder), place, folder)
