"""Names of documents: ``<source>:<path>`` in NFC, safe as a Dagster partition key, stable over content.

Rules (design, Vocabulary): characters Dagster refuses in a key (control characters, ``...``) are percent-encoded;
a name that was not NFC or exceeds 200 bytes ends in ``~`` and a digest of its exact bytes.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

MAX_KEY_BYTES = 200
_DIGEST_CHARS = 16
_FORGOTTEN = "forgotten:"
_UNSAFE = re.compile(r"[\x00-\x1f\x7f%]|\.\.\.")


def document_id(source: str, path: str) -> str:
    """The partition key of ``path`` (``/``-separated, relative to the source's root) in ``source``."""
    exact = f"{source}:{path}"
    normal = unicodedata.normalize("NFC", exact.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    safe = _UNSAFE.sub(lambda match: "".join(f"%{ord(char):02X}" for char in match.group()), normal)
    if normal == exact and len(safe.encode()) <= MAX_KEY_BYTES:
        return safe
    digest = hashlib.sha256(exact.encode("utf-8", "surrogateescape")).hexdigest()[:_DIGEST_CHARS]
    room = MAX_KEY_BYTES - _DIGEST_CHARS - 1
    return f"{safe.encode()[:room].decode('utf-8', 'ignore')}~{digest}"


def document_digest(identifier: str) -> str:
    """SHA-256 of the id, lowercase hex: what file names and index ids use."""
    return hashlib.sha256(identifier.encode()).hexdigest()


def forgotten_name(identifier: str) -> str:
    """What history calls a forgotten document: ``forgotten:`` and the digest that the catalog keeps."""
    return f"{_FORGOTTEN}{document_digest(identifier)}"


def is_forgotten_name(identifier: str) -> bool:
    return re.fullmatch(f"{_FORGOTTEN}[0-9a-f]{{64}}", identifier) is not None


def split_document_id(identifier: str) -> tuple[str, str]:
    """(source, path as written in the key). The path of a shortened or re-encoded key is only known to the catalog."""
    source, _, path = identifier.partition(":")
    return source, path
