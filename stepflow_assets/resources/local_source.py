"""Sources on this host: a configured folder, and the files named on the command line."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

from stepflow_assets.documents.identity import document_id
from stepflow_assets.errors import DocumentError, DocumentNotFound
from stepflow_assets.resources.catalog import SeenDocument
from stepflow_assets.resources.local_files import change_stamp, content_digest, file_of, file_uri, read_pinned
from stepflow_assets.resources.path_patterns import matches, wanted
from stepflow_assets.resources.sources import PinnedBytes

MAX_BYTES = 1 << 30

_SHORTENED = re.compile(r".*~[0-9a-f]{16}", re.DOTALL)


class LocalFolderSource:
    """The files below ``root``. A document's path is relative to it, with ``/``.

    Hidden files and folders are left out, and links that lead out of the folder; links to folders are not followed.
    """

    def __init__(
        self,
        name: str,
        root: str | Path,
        *,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.name = name
        self._root = _absolute(root)
        self._include, self._exclude, self._max_bytes = tuple(include), tuple(exclude), max_bytes

    def root(self) -> Path:
        return self._root

    def list(self) -> Iterator[SeenDocument]:
        """Raises DocumentError when the folder, or one below it, cannot be listed."""
        return self.below(self._root)

    def below(self, path: Path) -> Iterator[SeenDocument]:
        start = _absolute(path)
        if not start.is_relative_to(self._root):
            raise DocumentNotFound(f"{str(path)!r} is not in source {self.name!r}")
        for file in _files(start, self._root, self._exclude):
            relative = file.relative_to(self._root).as_posix()
            if wanted(relative, self._include, self._exclude) and (seen := self._seen(relative)) is not None:
                yield seen

    def find(self, path: str) -> SeenDocument | None:
        """``path`` as in the document's key, or as it is on disk."""
        key = f"{self.name}:{path}"
        for candidate in (path, unquote(path, errors="surrogateescape")):
            if document_id(self.name, candidate) == key and (seen := self._seen_if_wanted(candidate)) is not None:
                return seen
        if _SHORTENED.fullmatch(path):  # the exact name is not in the key: the one whose digest it has is looked for
            found = next((seen for seen in self.list() if seen.document_id == key), None)
            if found is not None:
                return found
        return self._seen_if_wanted(path)

    def version(self, uri: str) -> str:
        return content_digest(self._inside(uri), self._max_bytes)

    def read(self, uri: str) -> PinnedBytes:
        return read_pinned(self._inside(uri), self._max_bytes)

    def _inside(self, uri: str) -> Path:
        file = file_of(uri)
        if not _leads_into(file, self._root):
            raise DocumentNotFound(f"{uri!r} is not in source {self.name!r}")
        return file

    def _seen_if_wanted(self, path: str) -> SeenDocument | None:
        parts = path.split("/")
        if "\0" in path or any(part == "" or part.startswith(".") for part in parts):
            return None
        folders = ("/".join(parts[:length]) for length in range(1, len(parts)))
        if any(matches(folder, pattern) for folder in folders for pattern in self._exclude):
            return None
        return self._seen(path) if wanted(path, self._include, self._exclude) else None

    def _seen(self, path: str) -> SeenDocument | None:
        file = self._root / path
        if any((self._root / folder).is_symlink() for folder in Path(path).parents if folder != Path()):
            return None
        return _seen(self.name, path, file) if _leads_into(file, self._root) else None


class LocalFilesSource:
    """Files anywhere on this host, named one by one; a document's path is the absolute one without its leading slash."""

    def __init__(self, name: str, *, max_bytes: int = MAX_BYTES) -> None:
        self.name = name
        self._max_bytes = max_bytes

    def list(self) -> Iterator[SeenDocument]:
        """None: nothing belongs to it before it is named."""
        return iter(())

    def root(self) -> None:
        return None

    def below(self, path: Path) -> Iterator[SeenDocument]:
        """The file itself, or what a folder source there would list. Raises DocumentNotFound, DocumentError."""
        absolute = _absolute(path)
        for file in _files(absolute, absolute, ()):
            seen = _seen(self.name, file.as_posix().lstrip("/"), file)
            if seen is not None and (file == absolute or _leads_into(file, absolute)):
                yield seen

    def find(self, path: str) -> SeenDocument | None:
        """``path`` as in the document's key, or as it is on disk; what a shortened key stands for is not looked for."""
        decoded = unquote(path, errors="surrogateescape")
        candidates = (decoded, path) if document_id(self.name, decoded) == f"{self.name}:{path}" else (path,)
        found = (_seen(self.name, name, Path("/") / name) for name in candidates if "\0" not in name)
        return next((seen for seen in found if seen is not None), None)

    def version(self, uri: str) -> str:
        return content_digest(file_of(uri), self._max_bytes)

    def read(self, uri: str) -> PinnedBytes:
        return read_pinned(file_of(uri), self._max_bytes)


def _absolute(path: str | Path) -> Path:
    """Absolute and without ``..``, links kept: the name a person knows the folder by."""
    return Path(os.path.normpath(Path(path).absolute()))


def _leads_into(file: Path, root: Path) -> bool:
    return Path(os.path.realpath(file)).is_relative_to(os.path.realpath(root))


def _seen(source: str, path: str, file: Path) -> SeenDocument | None:
    try:
        status = file.stat()
    except OSError:  # gone, or a name that cannot be: no document; one that cannot be read says so when it is read
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return SeenDocument(
        document_id=document_id(source, path),
        source=source,
        path=path,
        uri=file_uri(file),
        bytes=status.st_size,
        stamp=change_stamp(status),
    )


def _files(start: Path, root: Path, exclude: Sequence[str]) -> Iterator[Path]:
    """``start`` if it is no folder, else the files below it in the order of their paths, neither hidden nor excluded."""
    if not start.is_dir():
        if not start.exists():
            raise DocumentNotFound(f"there is no file or folder {str(start)!r}", next_step="Check the path.")
        yield start
        return
    for entry in _entries(start):
        if entry.name.startswith("."):
            continue
        path = Path(entry.path)
        if not entry.is_dir(follow_symlinks=False):
            yield path
        elif not any(matches(path.relative_to(root).as_posix(), pattern) for pattern in exclude):
            yield from _files(path, root, exclude)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """A folder sorts as its name with ``/``: then the paths of all files come in order."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name + "/" * entry.is_dir(follow_symlinks=False))
    except OSError as error:
        raise DocumentError(
            f"folder {str(folder)!r} cannot be listed: {(error.strerror or type(error).__name__).lower()}",
            code="document.folder_unreadable",
            next_step="Give this user read access to the folder, or leave it out with an exclude pattern.",
        ) from error
