"""docs/errors.md: the two trees of errors, and the codes that single places give."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flow_compiler.errors
import stepflow_assets.errors
from docs.tables.markdown import code, page, table
from flow_compiler.engine.outcomes import Failure
from flow_compiler.errors import Category, FlowCompilerError

_INTRO = """
Every failure has a stable code, a category that says who has to act, whether trying again can help, and a sentence with
the next step. They are the same in the table of documents, in `--json`, in the catalog, in the journal and in the log of
a run. `stepflow-assets ingest` takes up a document that failed with a retryable error; `stepflow-assets retry` takes up
any.

| category | who has to act |
|---|---|
| `source` | the owner of the document: it is missing, damaged, encrypted, or of a kind nobody reads |
| `input` | whoever wrote the flow, the setting or the command |
| `provider` | whoever runs the OCR engine or the embedder |
| `capacity` | whoever runs the machine: disk, memory, a store, a lease |
| `timeout` | something took longer than its deadline |
| `quality` | a blocking check kept the document out of the index |
| `index` | whoever runs the search index |
| `internal` | us: report it |
"""


@dataclass(frozen=True, order=True)
class Said:
    """One code as the code base says it. ``next_step`` is empty where it is put together from the situation."""

    code: str
    error: str
    category: str
    retryable: bool
    next_step: str

    @property
    def row(self) -> list[str]:
        return [code(self.code), self.error, self.category, "yes" if self.retryable else "", self.next_step]


COLUMNS = ["code", "error", "category", "retryable", "next step"]


def errors_page() -> str:
    classes = list(_classes(FlowCompilerError))
    known = {item.code for item in classes}
    special = sorted({item for item in _given_in_calls() if item.code not in known})
    return page(
        "Errors",
        _INTRO,
        "## Errors of flow_compiler",
        table(COLUMNS, [item.row for item in classes if item.error in vars(flow_compiler.errors)]),
        "## Errors of stepflow_assets",
        table(COLUMNS, [item.row for item in classes if item.error in _own(stepflow_assets.errors)]),
        "## Codes of single situations",
        "Given in one place instead of the class's own code. *Failure* is a recorded outcome that no exception carried.",
        table(COLUMNS, [item.row for item in special]),
    )


def _own(module: Any) -> set[str]:
    return {name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__}


def _classes(root: type[FlowCompilerError]) -> Iterator[Said]:
    yield Said(root.code, root.__name__, str(root.category), root.retryable, root.next_step)
    for child in root.__subclasses__():
        if child.__module__ in (flow_compiler.errors.__name__, stepflow_assets.errors.__name__):
            yield from _classes(child)


def _given_in_calls() -> Iterator[Said]:
    for package in (flow_compiler, stepflow_assets):
        for file in sorted(Path(next(iter(package.__path__))).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and (said := _said(node)):
                    yield said


def _said(call: ast.Call) -> Said | None:
    assert isinstance(call.func, ast.Name)
    name = call.func.id
    given = {word.arg: word.value for word in call.keywords if word.arg}
    kind = getattr(stepflow_assets.errors, name, None) or getattr(flow_compiler.errors, name, None)
    if name == "Failure":
        value = _constant(given.get("error"))
        base = Said("", name, str(Failure.model_fields["category"].default), False, "")
    elif isinstance(kind, type) and issubclass(kind, FlowCompilerError):
        value = _constant(given.get("code"))
        base = Said(kind.code, name, str(kind.category), kind.retryable, kind.next_step)
    else:
        return None
    if not isinstance(value, str):
        return None
    category = given.get("category")
    return Said(
        code=value,
        error=name,
        category=str(Category[category.attr]) if isinstance(category, ast.Attribute) else base.category,
        retryable=bool(_constant(given["retryable"])) if "retryable" in given else base.retryable,
        next_step=_sentence(given["next_step"]) if "next_step" in given else base.next_step,
    )


def _constant(node: ast.expr | None) -> Any:
    return node.value if isinstance(node, ast.Constant) else None


def _sentence(node: ast.expr) -> str:
    """A literal, or an f-string with … where something is put in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return str(_constant(node) or "")
