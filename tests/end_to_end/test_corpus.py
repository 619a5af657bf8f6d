"""The corpus through one command: every document ends as it should, within bounded memory; repeating computes nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks.pss import watching
from tests.end_to_end.command import Done, Home

pytestmark = [pytest.mark.corpus, pytest.mark.process, pytest.mark.timeout(1500)]

GIB = 1 << 30
MIB = 1 << 20
EXPECTED_FAILURES = {
    "corrupted.pdf": "document.damaged",
    "encrypted_pw1234.pdf": "document.encrypted",
    "truncated.docx": "document.damaged",
    "truncated_60pct.pdf": "document.damaged",
}


@dataclass(frozen=True)
class Ingested:
    home: Home
    files: list[Path]
    code: int
    rows: dict[str, Any]
    err: str
    peak: int


def ingest(home: Home, files: list[Path]) -> Ingested:
    process = home.start("--ocr-workers", "2", "ingest", "--json", "-q", *files)
    with watching(process.pid) as peaks:
        out, err = process.communicate(timeout=1400)
    rows = {row["document"]: row for row in map(json.loads, out.splitlines())}
    return Ingested(home, files, process.returncode, rows, err, peaks.total)


def manifest(corpus: Path) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads((corpus / "manifest.json").read_text())
    return listed


@pytest.fixture(scope="module")
def whole(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Ingested:
    files = [corpus / entry["path"] for entry in manifest(corpus)]
    return ingest(Home(tmp_path_factory.mktemp("corpus") / "home", {}), files)


def test_every_document_ends_and_only_the_broken_ones_fail_each_with_its_reason(whole: Ingested) -> None:
    assert len(whole.rows) == len(whole.files) == 132
    assert {row["outcome"] for row in whole.rows.values()} <= {"indexed", "empty", "partial", "failed"}
    failed = {name.rsplit("/", 1)[-1]: row["failure"] for name, row in whole.rows.items() if row["outcome"] == "failed"}
    assert {name: failure["code"] for name, failure in failed.items()} == EXPECTED_FAILURES
    assert all(failure["category"] == "source" and failure["next_step"] for failure in failed.values())
    assert not any(failure["retryable"] for failure in failed.values())
    assert whole.code == 1
    assert "Traceback" not in whole.err


def test_pages_are_those_of_the_manifest_and_formats_without_pages_have_none(whole: Ingested, corpus: Path) -> None:
    counted = {entry["path"]: entry.get("pages") for entry in manifest(corpus)}
    paged = {path: pages for path, pages in counted.items() if path.endswith(".pdf") and pages}
    for path, pages in paged.items():
        assert next(row for name, row in whole.rows.items() if name.endswith(path))["pages"] == pages
    flowing = [row for name, row in whole.rows.items() if name.endswith((".docx", ".html", ".md", ".csv"))]
    assert {row["pages"] for row in flowing} == {None}


def test_a_file_that_is_really_html_is_read_as_such(whole: Ingested) -> None:
    row = next(row for name, row in whole.rows.items() if name.endswith("not_a_pdf.pdf"))

    assert (row["outcome"], row["pages"]) == ("indexed", None)


def test_memory_stays_below_four_gibibytes_with_two_ocr_processes(whole: Ingested) -> None:
    assert whole.peak < 4 * GIB


def test_repeating_it_computes_nothing(whole: Ingested) -> None:
    done: Done = whole.home.run("ingest", *whole.files)

    assert done.out.strip().endswith("nothing had to be recomputed")


def test_born_digital_documents_alone_stay_below_600_mebibytes(
    corpus: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = corpus / "born_digital"
    files = [folder / name for name in ("2305.03393v1-pg9.pdf", "2305.14962v1.pdf", "multi_page.pdf")]

    ingested = ingest(Home(tmp_path_factory.mktemp("born") / "home", {}), files)

    assert {row["outcome"] for row in ingested.rows.values()} == {"indexed"}
    assert ingested.peak < 600 * MIB
