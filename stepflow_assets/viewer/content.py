"""What each page shows, as plain values for its template. Pure; the templates escape every value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import jinja2

from flow_compiler.engine.outcomes import Failure
from flow_compiler.errors import FlowCompilerError
from stepflow_assets.documents import links
from stepflow_assets.documents.chunk import Outcome
from stepflow_assets.documents.evidence import PagePlace, describe
from stepflow_assets.documents.page import BlockList, PageContent
from stepflow_assets.evidence.confidence import STEPS, UNTOLD, shown
from stepflow_assets.operations.kept import KeptPage
from stepflow_assets.resources.catalog import CatalogRow
from stepflow_assets.resources.search import Hit
from stepflow_assets.viewer.listing import part_of
from stepflow_assets.viewer.overlay import WIDTH, described, height_of, outlines, shapes, shortened
from stepflow_assets.viewer.reading import ChunkView, DocumentView, PageView

_DOCUMENTS, _PAGES, _CHUNKS = 100, 100, 50  # of a list at once
_WORDS = 160  # characters of a chunk in a list


class Link:
    """Addresses, as templates write them."""

    document = staticmethod(links.document_link)
    page = staticmethod(links.page_link)
    chunk = staticmethod(links.chunk_link)

    @staticmethod
    def part(path: str, **query: object) -> str:
        return f"{path}?{urlencode({name: value for name, value in query.items() if value})}"


def environment() -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.PackageLoader("stepflow_assets.viewer"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"confidence": shown, "outcome": outcome_of, "short": lambda text: shortened(text, _WORDS)}
    return found


def documents(rows: Sequence[CatalogRow], part: int, outcome: Outcome | None) -> Mapping[str, Any]:
    return {"part": part_of(rows, part, _DOCUMENTS), "outcome": outcome, "outcomes": list(Outcome)}


def document(view: DocumentView, part: int, chunks: int) -> Mapping[str, Any]:
    pages = [page_row(page) for page in view.kept.pages if page.page is not None] if view.kept else []
    return {
        "row": view.row,
        "why": view.why if view.why is not None and not view.row.running else None,
        "failure": view.row.failure if not view.row.running else None,
        "paged": view.kept is None or view.kept.listing.page_count is not None,
        "format": view.kept.listing.format if view.kept else None,
        "pages": part_of(pages, part, _PAGES),
        "failed": [page["page"] for page in pages if page["failure"]],
        "chunks": part_of(view.chunks, chunks, _CHUNKS),
        "describe": _places,
    }


def page_row(page: KeptPage) -> Mapping[str, Any]:
    """How a page was read: of its row in the list, and of its own page."""
    content = _content(page)
    made = page.blocks if isinstance(page.blocks, BlockList) else None
    return {
        "page": page.page,
        "route": str(content.route) if content else None,
        "reason": content.route_reason if content else None,
        "signals": dict(sorted(content.signals.items())) if content else {},
        "blocks": made.count if made else 0,
        "words": made.words if made else 0,
        "confidence": made.confidence if made else None,
        "provider": made.provider if made else None,
        "path": [str(attempt) for attempt in made.provider_path] if made else (),
        "degraded": bool(made and made.degraded),
        "failure": page.failure,
    }


def page(view: PageView, chunk_id: str) -> Mapping[str, Any]:
    content = _content(view.page)
    height = height_of(content.geometry.width_pt, content.geometry.height_pt) if content else WIDTH
    found = shapes(view.blocks, height)
    chosen = next((each for each in view.chunks if each.name == chunk_id), None)
    number = view.page.page or 1
    numbers = [page.page for page in view.kept.pages if page.page is not None]
    quads = [
        quad
        for place in (chosen.chunk.places if chosen else ())
        if isinstance(place, PagePlace) and place.page == number
        for quad in place.quads
    ]
    return {
        "row": view.row,
        "facts": page_row(view.page),
        "number": number,
        "count": len(numbers),
        "before": number - 1 if number > 1 else None,
        "after": number + 1 if number < len(numbers) else None,
        "width": WIDTH,
        "height": height,
        "blocks": found,
        "shown": content is not None,
        "description": described(found),
        "picture": Link.part("/picture/page", document=view.row.document_id, number=number),
        "marked": outlines(quads, height),
        "chosen": chosen,
        "missing": chunk_id if chunk_id and chosen is None else None,
        "chunks": view.chunks,
        "steps": [*STEPS, UNTOLD],
    }


def chunk(view: ChunkView) -> Mapping[str, Any]:
    hit = view.hit
    index = view.number - 1
    return {
        "hit": hit,
        "chunk": hit.chunk,
        "number": view.number,
        "count": len(view.names),
        "before": view.names[index - 1] if index else None,
        "after": view.names[index + 1] if view.number < len(view.names) else None,
        "places": [(describe(place), _page_of(place)) for place in hit.chunk.places],
        "place": _places(hit.chunk.places),
        "drawn": not any(isinstance(place, PagePlace) for place in hit.chunk.places),
        "picture": Link.part("/picture/chunk", id=hit.chunk_id),
        "words": shortened(hit.chunk.text, 300),
    }


def search(query: str, document: str, hits: Sequence[Hit]) -> Mapping[str, Any]:
    return {
        "query": query,
        "within": document,
        "hits": [
            {
                "hit": hit,
                "place": _places(hit.chunk.places),
                "pages": list(dict.fromkeys(p.page for p in hit.chunk.places if isinstance(p, PagePlace))),
                "snippet": _marked(hit.snippet),
            }
            for hit in hits
        ],
    }


def refusal(error: FlowCompilerError) -> Mapping[str, Any]:
    return {"message": error.message, "next_step": error.next_step, "code": error.code}


def outcome_of(row: CatalogRow) -> str:
    """In one word or two."""
    if row.running:
        return "in hand of a run"
    if row.outcome is None:
        return "not ingested yet"
    return f"{row.outcome}, degraded" if row.degraded else str(row.outcome)


def _content(page: KeptPage) -> PageContent | None:
    return None if isinstance(page.prepared, Failure) else page.prepared.content


def _places(places: Sequence[Any]) -> str:
    return "; ".join(dict.fromkeys(describe(place) for place in places))


def _page_of(place: Any) -> int | None:
    return place.page if isinstance(place, PagePlace) else None


def _marked(snippet: str) -> list[tuple[str, bool]]:
    """Parts of a snippet, and whether they are what was looked for."""
    parts, inside = [], False
    for part in re.split("([\x02\x03])", snippet):
        if part in ("\x02", "\x03"):
            inside = part == "\x02"
        elif part:
            parts.append((part, inside))
    return parts
