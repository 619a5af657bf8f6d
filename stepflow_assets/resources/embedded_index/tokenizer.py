"""Our tokens inside FTS5: what a connection must be given before it can touch the ``words`` table."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import apsw

from stepflow_assets.resources.embedded_index.tokens import document_tokens

NAME = "stepflow"


def register(connection: apsw.Connection) -> None:
    """The tokenizer ``stepflow`` and the auxiliary function ``matched(words)``."""
    connection.register_fts5_tokenizer(NAME, _tokenizer)
    connection.register_fts5_function("matched", _matched)


def _tokenizer(
    connection: apsw.Connection, arguments: list[str]
) -> Callable[[bytes, int, str | None], Iterable[str | tuple[str, ...]]]:
    del connection, arguments
    return _tokenize


def _tokenize(utf8: bytes, flags: int, locale: str | None) -> Iterable[str | tuple[str, ...]]:
    """Without offsets: snippets are cut from the hits' own text (snippets.py). A query arrives as ready tokens, each a
    phrase of its own, so its colocated tokens are left out."""
    del locale
    text = utf8.decode("utf-8", "replace")
    if flags & apsw.FTS5_TOKENIZE_QUERY:
        return text.split(" ")
    return document_tokens(text)


def _matched(api: apsw.FTS5ExtensionApi, *arguments: object) -> str:
    """Numbers of the query's phrases found in this row, comma separated."""
    del arguments
    return ",".join(str(phrase) for phrase in range(api.phrase_count) if api.phrase_columns(phrase))
