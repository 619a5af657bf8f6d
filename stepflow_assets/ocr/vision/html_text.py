"""HTML that a model wrote, as text, tables and formulas. Whatever is malformed is read as far as it goes; nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from stepflow_assets.documents.recognized import RecognizedCell
from stepflow_assets.documents.table_text import table_text

MOST_CELLS = 10_000  # of a grid: a lying span must not take memory
DEEPEST = 60
_LINES = frozenset(
    {"p", "div", "li", "ul", "ol", "pre", "table", "tr", "caption", "h1", "h2", "h3", "h4", "h5", "h6", "hr"}
)
_UNSEEN = frozenset({"script", "style", "head", "img"})
_SPACE = re.compile(r"[ \t\r\f\v]+")


class MalformedHtml(Exception):
    """It cannot be read in bounded time and memory. The message holds nothing of it."""


def parsed(html: str) -> Tag:
    """The body of the HTML, by lxml's parser, which closes what the model left open. Raises MalformedHtml."""
    soup = BeautifulSoup(f"<body>{html}", "lxml")  # with a tag first, since it warns of what looks like an address
    body = soup.body or soup
    level = [body]
    for _ in range(DEEPEST):
        level = [child for tag in level for child in tag.children if isinstance(child, Tag)]
        if not level:
            return body
    raise MalformedHtml(f"elements inside of more than {DEEPEST} others")


def text_of(node: Tag, without: frozenset[str] = frozenset()) -> str:
    """Its text: a line for each paragraph, item and break; inline formulas as ``$…$``. ``without`` names tags left out."""
    if node.name == "pre":
        return node.get_text().strip("\n")
    raw = "".join(_pieces(node, without | _UNSEEN))
    lines = (_SPACE.sub(" ", line).strip() for line in raw.split("\n"))
    return "\n".join(line for line in lines if line)


def latex_of(node: Tag) -> str:
    """The formulas in it, one a line; without any, its text."""
    formulas = [_formula(math) for math in node.find_all("math")]
    return "\n".join(formula for formula in formulas if formula) or text_of(node)


def cells_of(table: Tag) -> tuple[RecognizedCell, ...]:
    """The table's cells in their grid. Raises MalformedHtml when it has more places than a table can have."""
    taken: set[tuple[int, int]] = set()
    found: list[RecognizedCell] = []
    rows = [row for row in table.find_all("tr") if row.find_parent("table") is table]
    for at, row in enumerate(rows):
        column = 0
        for cell in row.find_all(["td", "th"]):
            if cell.find_parent("tr") is not row:
                continue
            while (at, column) in taken:
                column += 1
            height, width = min(_span(cell, "rowspan"), len(rows) - at), _span(cell, "colspan")
            if len(taken) + height * width > MOST_CELLS:
                raise MalformedHtml(f"a table with more than {MOST_CELLS} places")
            taken |= {(at + down, column + right) for down in range(height) for right in range(width)}
            found.append(
                RecognizedCell(
                    row=at,
                    column=column,
                    row_span=height,
                    column_span=width,
                    text=" ".join(text_of(cell).split()),
                    header=cell.name == "th" or cell.find_parent("thead") is not None,
                )
            )
            column += width
    return tuple(found)


def grid_text(cells: tuple[RecognizedCell, ...]) -> str:
    """The table as text: what spans is said once, where it begins."""
    rows = max((cell.row + cell.row_span for cell in cells), default=0)
    columns = max((cell.column + cell.column_span for cell in cells), default=0)
    grid = [[""] * columns for _ in range(rows)]
    for cell in cells:
        grid[cell.row][cell.column] = cell.text
    return table_text(grid)


def _pieces(node: Tag, without: frozenset[str]) -> Iterator[str]:
    for child in node.children:
        if isinstance(child, Tag):
            yield from _piece(child, without)
        elif type(child) is NavigableString:  # no comments, declarations, …
            yield str(child).replace("\n", " ")


def _piece(child: Tag, without: frozenset[str]) -> Iterator[str]:
    if child.name in without:
        return
    if child.name == "br":
        yield "\n"
    elif child.name == "math":
        yield f"${_formula(child)}$"
    elif child.name == "input":
        yield _box(child)
    elif child.name == "table":
        yield "\n" + grid_text(cells_of(child)) + "\n"
    elif child.name in _LINES:
        yield "\n" + (child.get_text() if child.name == "pre" else "".join(_pieces(child, without))) + "\n"
    else:
        yield from _pieces(child, without)


def _formula(math: Tag) -> str:
    return " ".join(math.get_text().split())


def _box(field: Tag) -> str:
    if str(field.get("type", "")).lower() in ("checkbox", "radio"):
        return "☑ " if field.has_attr("checked") else "☐ "
    return str(field.get("value", ""))


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name, "1")).strip()
    return min(max(int(value), 1), MOST_CELLS) if value.isdecimal() and len(value) < 6 else 1
