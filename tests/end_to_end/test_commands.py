"""The command line as a person or a script meets it: exit codes, JSON, interrupting, watching, broken homes."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.command import EXAMPLES, Home
from tests.end_to_end.dagster_server import wait_for

pytestmark = [pytest.mark.process, pytest.mark.timeout(560)]

SLOW = [EXAMPLES / "article-scan.pdf", EXAMPLES / "report.pdf"]
QUICK = EXAMPLES / "article.pdf"


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("commands") / "home", {})
    assert home.run("ingest", "-q", QUICK).code == 0
    return home


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--help"], 0, "Exit codes"),
        (["ingest", "--help"], 0, "the content decides"),
        (["documents"], 0, "article.pdf"),
        (["show", "article.pdf"], 0, "page 1"),
        (["export", "article.pdf"], 0, "Mühlgrund"),
        (["search", "tannery culvert"], 0, "article.pdf"),
        (["search", "xylophone"], 1, "nothing found"),
        (["serach", "x"], 2, "Did you mean 'search'?"),
        (["show", "artcle.pdf"], 2, "did you mean"),
        (["evidence", "no-such-chunk", "-o", "x.png"], 2, "no chunk is called"),
        (["evidence", "--document", "article.pdf", "--page", "2", "-o", "page.png"], 0, "page 2, route text"),
        (["evidence", "--document", "article.pdf", "--page", "3", "-o", "x.png"], 2, "has 2 pages, not page 3"),
        (["ingest", "no-such-file.pdf"], 2, "there is no file"),
        (["forget", "--yes", "no-such-document"], 2, "no document is called"),
        (["--documents-at-once", "0", "documents"], 2, "documents_at_once"),
        (["--sources", "{", "documents"], 2, "not JSON"),
        (["retry"], 0, "nothing to retry"),
        (["cancel"], 0, "no run is going on"),
        (["gc"], 0, "erased"),
        (["settings"], 0, "documents_at_once"),
    ],
)
def test_each_command_says_how_it_went(arguments: list[str], code: int, told: str, ingested: Home) -> None:
    done = ingested.run(*arguments)

    assert done.code == code
    assert told in done.out + done.err
    assert "Traceback" not in done.out + done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["documents", "--json"],
        ["show", "article.pdf", "--json"],
        ["search", "tannery", "--json"],
        ["export", "article.pdf", "--what", "pages"],
        ["export", "article.pdf", "--what", "blocks"],
        ["export", "article.pdf", "--what", "chunks"],
        ["export", "article.pdf", "--what", "text", "--json"],
        ["ingest", str(QUICK), "--json"],
        ["ingest", str(QUICK), "--dry-run", "--json"],
        ["settings", "--json"],
        ["show", "nothing", "--json"],
        ["show", "--json"],
        ["ingest", "--json", "--no-such-option"],
    ],
)
def test_json_is_all_there_is_on_stdout(arguments: list[str], ingested: Home) -> None:
    lines = ingested.run(*arguments).lines

    assert lines
    assert all(isinstance(line, dict | list) for line in lines)


@pytest.mark.parametrize("crop", [[], ["--crop"]])
def test_evidence_of_a_hit_is_a_picture(crop: list[str], ingested: Home) -> None:
    [hit] = ingested.run("search", "tannery culvert", "-n", "1", "--json").lines
    picture = ingested.path.parent / "place.png"

    done = ingested.run("evidence", hit["chunk"], "-o", picture, *crop)

    assert done.code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda home: ["--home", "/proc/nowhere"], "cannot be made"),
        (lambda home: ["--index", str(foreign(home))], "not an index of ours"),
        (lambda home: ["--database-url", f"sqlite:///{foreign(home)}"], "damaged or is not a database"),
        (lambda home: ["--artifacts", "/proc/nowhere"], "artifact folder"),
    ],
)
def test_a_store_that_cannot_be_used_is_a_sentence(spoil: Callable[[Home], list[str]], told: str, home: Home) -> None:
    home.path.mkdir()

    done = home.run(*spoil(home), "ingest", "-q", QUICK)

    assert done.code == 3
    assert told in done.err
    assert "next: " in done.err
    assert "Traceback" not in done.err


def foreign(home: Home) -> Path:
    file = home.path / "foreign.db"
    file.write_text("this is somebody else's file")
    return file


@pytest.mark.parametrize("how", ["ctrl-c", "cancel"])
def test_a_stopped_ingestion_ends_cleanly_and_goes_on_where_it_was(how: str, home: Home) -> None:
    process = home.start("ingest", "-q", *SLOW)
    wait_for(lambda: home.running() or process.poll() is not None, seconds=60, what="the first document in hand")
    if how == "ctrl-c":
        process.send_signal(signal.SIGINT)
    else:
        assert "was asked to stop" in home.run("cancel").out
    _, err = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "Give the same command again" in err
    assert "Traceback" not in err
    assert not home.running()
    assert home.run("ingest", "-q", *SLOW).code == 0


def test_a_dry_run_makes_nothing(home: Home) -> None:
    done = home.run("ingest", "--dry-run", QUICK)

    assert done.code == 0
    assert "(new)" in done.out
    assert not home.path.exists()


@pytest.mark.parametrize("named", ["/dev/null", "fifo.md"])
def test_what_is_neither_file_nor_folder_is_refused(named: str, home: Home) -> None:
    os.mkfifo(home.path.parent / "fifo.md")

    done = home.run("ingest", "-q", named)

    assert done.code == 2
    assert "neither a file nor a folder" in done.err


def test_watching_takes_what_appears_and_ends_with_ctrl_c(home: Home, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    shutil.copy(QUICK, inbox / "first.pdf")
    process = home.start("ingest", "-q", "--watch", inbox)
    wait_for(lambda: "first.pdf" in ended(home), seconds=90, what="the first document")

    def appeared() -> bool:
        # Copied again until it is seen: the watcher may not be listening yet when the first document has just ended.
        shutil.copy(EXAMPLES / "dam-inspection.md", inbox / "second.md")
        return "second.md" in ended(home)

    wait_for(appeared, seconds=120, what="the document that appeared")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "Traceback" not in err


def ended(home: Home) -> set[str]:
    return {name for name, row in home.documents().items() if row["outcome"] in {"indexed", "failed"}}


def test_two_ingestions_of_the_same_files_at_once_do_the_work_once(home: Home) -> None:
    pair = [home.start("ingest", "-q", "--json", *SLOW) for _ in range(2)]
    outputs = [process.communicate(timeout=250) for process in pair]

    assert all("Traceback" not in err for _, err in outputs)
    rows = home.documents()
    assert {row["outcome"] for row in rows.values()} == {"indexed"}
    assert [json.loads(line) for out, _ in outputs for line in out.splitlines()]
    assert home.run("ingest", *SLOW).out.strip().endswith("nothing had to be recomputed")
