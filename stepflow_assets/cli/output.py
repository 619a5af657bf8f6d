"""What commands print: results on stdout (text for people, JSON for programs), everything else on stderr."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from stepflow_assets.resources.catalog import CatalogRow

json_option = click.option("--json", "as_json", is_flag=True, help="JSON on stdout (lists: one object a line).")


_CONTROLS = dict.fromkeys(code for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n")


def plain(text: str) -> str:
    """Without control characters, which a document may hold and a terminal would obey. Tabs and line ends stay."""
    return text.translate(_CONTROLS)


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


def print_json_lines(values: Iterable[Any]) -> None:
    for value in values:
        print_json(value)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = ()) -> None:
    """A plain table; columns named in ``right`` are aligned to the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    console = Console()
    if not console.is_terminal:
        console.width = 160
    console.print(table)


def document_json(row: CatalogRow) -> Mapping[str, Any]:
    """One document as ``--json`` shows it."""
    failure = row.failure
    return {
        "document": row.document_id,
        "outcome": "running" if row.running else row.outcome,
        "uri": row.uri,
        "bytes": row.bytes,
        "version": row.version,
        "pages": row.pages,
        "chunks": row.chunks,
        "seconds": row.seconds,
        "computed": row.computed,
        "reused": row.reused,
        "generation": row.live_generation,
        "degraded": row.degraded,
        "run_id": row.run_id,
        "first_seen": row.first_seen.isoformat(),
        "last_finished": row.last_finished.isoformat() if row.last_finished else None,
        "failure": failure
        and {
            "code": failure.error,
            "category": str(failure.category),
            "retryable": failure.retryable,
            "message": failure.message,
            "next_step": failure.next_step,
        },
    }


def print_documents(rows: Iterable[CatalogRow], notes: Mapping[str, str] | None = None) -> None:
    """The table of documents; below it, one sentence per failure and what to do."""
    listed = list(rows)
    given = notes or {}
    print_table(
        ["document", "outcome", "pages", "chunks", "seconds", "reused"],
        [
            [
                row.document_id,
                _outcome(row),
                _number(row.pages),
                _number(row.chunks),
                f"{row.seconds:.1f}" if row.seconds is not None and row.document_id not in given else "–",
                given.get(row.document_id) or _reuse(row),
            ]
            for row in listed
        ],
        right=["pages", "chunks", "seconds"],
    )
    for row in listed:
        if row.failure is not None and not row.running:
            why = f"{row.failure.message} [{row.failure.error}, {row.failure.category}]"
            click.echo(plain(f"{row.document_id}: {why}\n  next: {row.failure.next_step}"))
    if any(row.degraded and not row.running for row in listed):
        click.echo("degraded: read by a fallback; `stepflow-assets retry --degraded` reads them again")


def _outcome(row: CatalogRow) -> str:
    if row.running:
        return "running"
    return f"{row.outcome} (degraded)" if row.degraded else str(row.outcome or "–")


def _number(value: int | None) -> str:
    return "–" if value is None else str(value)


def _reuse(row: CatalogRow) -> str:
    if row.computed is None or row.reused is None or row.computed + row.reused == 0:
        return "–"
    return f"{row.reused} of {row.computed + row.reused} calls"
