"""The viewer in headless Chromium: with keys alone, as a screen reader hears it, and on a narrow screen."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stepflow_assets.settings import Settings
from tests.viewer.chromium import Browser, Node, browser

pytestmark = pytest.mark.process

PAGE = "/page?document=docs:trees.pdf&number=2"


@pytest.fixture(scope="module")
def address(ingested: Settings) -> Iterator[str]:
    """A real `stepflow-assets view` on the home; ended as Ctrl-C ends it."""
    program = str(Path(sys.executable).with_name("stepflow-assets"))
    server = subprocess.Popen(
        [program, "--home", str(ingested.home), "view", "--port", "0"], stderr=subprocess.PIPE, text=True
    )
    try:
        assert server.stderr is not None
        told = re.search(r"http://\S+:\d+", next(line for line in server.stderr if line.startswith("viewer: ")))
        assert told is not None
        yield told[0]
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 0
        assert "Traceback" not in server.stderr.read()
    finally:
        if server.poll() is None:
            os.kill(server.pid, signal.SIGKILL)
            server.wait()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("chromium")) as found:
        yield found


@pytest.fixture
def window(chromium: Browser) -> Browser:
    chromium.size(1280)
    chromium.log.clear()
    return chromium


def heard(window: Browser, *roles: str) -> list[Node]:
    return [node for node in window.heard() if node.role in roles]


def names(window: Browser, role: str) -> list[str]:
    return [node.name for node in heard(window, role)]


def test_tab_reaches_the_blocks_over_the_picture_in_reading_order(window: Browser, address: str) -> None:
    window.open(address + PAGE)
    blocks = [name for name in names(window, "link") if re.match(r"Block \d+, ", name)]
    assert len(blocks) >= 3
    assert [int(re.findall(r"\d+", name)[0]) for name in blocks] == list(range(1, len(blocks) + 1))

    window.tab_to("Next page")
    reached = []
    for _ in blocks:
        window.key("Tab")
        reached.append(window.focused()["label"])
    assert reached == blocks
    thick = "getComputedStyle(document.activeElement.querySelector('polygon')).strokeWidth"
    assert window.value(thick) == "5px"  # and it is seen which one has the focus

    window.key("Enter")  # a block leads to its text in the list, and the focus goes on from there
    assert window.value("location.hash") == f"#block-{len(blocks)}"
    window.key("Tab")
    assert window.focused()["text"] == f"Block {len(blocks)} on the picture"
    window.key("Enter")
    assert window.value("document.querySelector(':target').id") == f"over-{len(blocks)}"


def test_the_first_tab_skips_to_the_content(window: Browser, address: str) -> None:
    window.open(address + PAGE)
    window.key("Tab")
    assert window.focused()["text"] == "Skip to the content"
    assert window.value("document.activeElement.getBoundingClientRect().left") == 0
    window.key("Enter")
    window.key("Tab")
    assert window.focused()["text"] == "All of docs:trees.pdf"


@pytest.mark.parametrize(
    "path", ["/", "/document?name=docs:trees.pdf", PAGE, "/search?q=cedar", "/document?name=docs:bad.pdf", "/nowhere"]
)
def test_every_page_has_landmarks_a_title_and_headings_without_gaps(window: Browser, address: str, path: str) -> None:
    window.open(address + path)
    nodes = window.heard()
    assert [node.role for node in nodes if node.role in ("banner", "search", "main", "contentinfo")] == [
        "banner", "search", "main", "contentinfo",
    ]  # fmt: skip
    levels = [node.level for node in nodes if node.role == "heading" and node.level]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))
    assert nodes[0].name.endswith("stepflow-assets")
    named = ("link", "button", "searchbox", "combobox", "image", "region", "navigation", "group")
    unnamed = [node for node in nodes if node.role in named and not node.name and node.role != "group"]
    assert unnamed == []
    assert window.value("document.documentElement.lang") == "en"


def test_the_picture_of_a_page_is_described_by_its_blocks(window: Browser, address: str) -> None:
    window.open(address + PAGE)
    [picture] = names(window, "image")
    assert picture.startswith("Page 2 of docs:trees.pdf: ")
    assert "it begins “Trees of part 2”" in picture
    assert "Blocks over the picture, in reading order" in names(window, "group")
    assert window.value("document.images[0].naturalHeight") == 1600


def test_a_search_hit_leads_to_its_box(window: Browser, address: str) -> None:
    window.open(address)
    window.tab_to("q")
    window.type("cedar river")
    window.enter()
    assert window.value("document.querySelector('mark').textContent") == "Cedar"
    hit = next(name for name in names(window, "link") if name.startswith("Marked on page 2"))
    window.tab_to(hit)
    window.enter()
    assert window.value("location.hash") == "#place"
    inside = """(() => {
      const box = document.querySelector('#place').getBoundingClientRect();
      const page = document.images[0].getBoundingClientRect();
      return box.width > 20 && box.left >= page.left && box.right <= page.right && box.top >= page.top
        && box.bottom <= page.bottom && box.top >= 0 && box.bottom <= innerHeight;
    })()"""
    assert window.value(inside)


def test_chunks_are_walked_with_the_keyboard_to_their_place(window: Browser, address: str) -> None:
    window.open(f"{address}/document?name=docs:trees.pdf")
    window.tab_to(next(name for name in names(window, "link") if name.startswith("Chunk 1, ")))
    window.enter()
    assert names(window, "image")[0].startswith("The marked place, page 1")
    assert window.value("document.images[0].naturalWidth") > 300
    window.tab_to("Next chunk")
    window.enter()
    assert names(window, "heading")[0].startswith("Chunk 2 of ")


@pytest.mark.parametrize("path", ["/", "/document?name=docs:mixed.pdf", PAGE, "/search?q=trees"])
def test_on_a_narrow_screen_nothing_is_cut_off(window: Browser, address: str, path: str) -> None:
    window.size(320)
    window.open(address + path)
    assert window.value("document.documentElement.scrollWidth") <= 320


_CONTRAST = """(() => {
  const light = text => { const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map(v => v / 255)
      .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
  const under = it => { for (let at = it; at; at = at.parentElement) { const c = getComputedStyle(at).backgroundColor;
      if (!/, 0\\)$/.test(c)) return c; } return 'rgb(255, 255, 255)'; };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); const bad = [];
  while (walker.nextNode()) { const it = walker.currentNode.parentElement;
      if (!walker.currentNode.textContent.trim() || it.closest('svg')) continue;
      const [a, b] = [light(getComputedStyle(it).color), light(under(it))].sort((x, y) => y - x);
      if ((a + .05) / (b + .05) < 4.5) bad.push(it.outerHTML.slice(0, 80)); }
  return bad;
})()"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("path", ["/", PAGE, "/search?q=cedar", "/document?name=docs:mixed.pdf"])
def test_words_stand_out_from_what_is_behind_them(window: Browser, address: str, path: str, dark: bool) -> None:
    window.size(1280, dark=dark)
    window.open(address + path)
    assert window.value("getComputedStyle(document.body).backgroundColor") == (
        "rgb(20, 24, 31)" if dark else "rgb(255, 255, 255)"
    )
    assert window.value(_CONTRAST) == []


def test_hostile_words_of_a_document_run_nothing_and_nothing_is_refused(window: Browser, address: str) -> None:
    for path in ("/", "/search?q=%3Cscript%3Ealert", "/document?name=docs:notes.md", PAGE):
        window.open(address + path)
        assert window.value("document.scripts.length") == 0
    assert window.log == []  # no error, nothing that the policy refused, no picture that is missing
