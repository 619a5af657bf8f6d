"""Who is answered, what browsers are told, and what a picture costs the second time."""

from __future__ import annotations

import asyncio
import io
from importlib.resources import files

import pytest
from PIL import Image

from flow_compiler.errors import FlowCompilerError
from stepflow_assets.documents.links import document_link
from stepflow_assets.settings import Settings
from stepflow_assets.viewer import pictures as drawing
from stepflow_assets.viewer.pictures import Pictures
from stepflow_assets.workers.pool import WorkerPool
from tests.viewer.conftest import Viewer

PICTURE = "/picture/page?document=docs:trees.pdf&number=1"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:3100", "127.0.0.1.evil.example", "", "["])
def test_a_name_of_somebody_else_is_not_answered(viewer: Viewer, host: str) -> None:
    found = viewer.get("/", host=host)
    assert found.status == 403
    assert "docs:" not in found.text


@pytest.mark.parametrize("host", ["127.0.0.1:3100", "localhost:3100", "[::1]:3100", "LOCALHOST"])
def test_names_of_this_machine_are_answered(viewer: Viewer, host: str) -> None:
    assert viewer.get("/", host=host).status == 200


def test_pages_of_other_sites_may_not_ask(viewer: Viewer) -> None:
    assert viewer.get("/", origin="https://evil.example").status == 403


@pytest.mark.parametrize("path", ["/", document_link("docs:trees.pdf"), PICTURE, "/style.css", "/nowhere"])
def test_every_answer_forbids_scripts_frames_and_whatever_is_elsewhere(viewer: Viewer, path: str) -> None:
    told = viewer.get(path).headers
    policy = dict(each.strip().split(" ", 1) for each in told["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert set(policy) == {"default-src", "img-src", "style-src", "form-action", "base-uri", "frame-ancestors"}
    assert all(policy[name] == "'self'" for name in ("img-src", "style-src", "form-action"))
    assert told["x-content-type-options"] == "nosniff"
    assert told["referrer-policy"] == "no-referrer"
    assert told["cross-origin-resource-policy"] == "same-origin"


def test_pages_need_no_scripts_and_carry_no_styles_of_their_own(viewer: Viewer) -> None:
    for path in ("/", document_link("docs:trees.pdf"), "/page?document=docs:trees.pdf&number=1", "/search?q=trees"):
        text = viewer.get(path).text
        assert "<script" not in text
        assert " style=" not in text
        assert "http://" not in text
        assert "https://" not in text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_is_changed_by_asking(viewer: Viewer, method: str) -> None:
    assert viewer.get("/", method).status == 405


def test_a_picture_is_drawn_once_for_a_browser_that_keeps_it(viewer: Viewer, ingested: Settings) -> None:
    first = viewer.get(PICTURE)
    assert (first.status, first.headers["content-type"]) == (200, "image/png")
    assert max(Image.open(io.BytesIO(first.body)).size) == 1600
    assert first.headers["cache-control"] == "private, no-cache"

    closed = WorkerPool("closed", workers=1)
    closed.close()  # nothing can be drawn any more
    again = Viewer(ingested, closed).get(PICTURE, if_none_match=first.headers["etag"])
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
    other = "/picture/page?document=docs:trees.pdf&number=2"
    assert viewer.get(other).headers["etag"] != first.headers["etag"]


def test_more_pictures_than_can_wait_are_refused_and_the_others_drawn(
    ingested: Settings, pool: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "_MOST_WAITING", 2)
    asked = Pictures(ingested, pool)

    async def five() -> list[object]:
        return await asyncio.gather(
            *(asked.page("docs:trees.pdf", 1 + number % 3, None) for number in range(5)), return_exceptions=True
        )

    ended = asyncio.run(five())
    refused = [each for each in ended if isinstance(each, FlowCompilerError)]
    assert {each.code for each in refused} == {"viewer.busy"}
    assert len(refused) == 3


def test_templates_and_styles_are_part_of_the_package() -> None:
    package = files("stepflow_assets.viewer")
    assert {"base.html", "page.html"} <= {each.name for each in (package / "templates").iterdir()}
    assert (package / "static" / "style.css").is_file()
