"""``flow-compiler show``: what runs, what it needs, which asset it becomes."""

from __future__ import annotations

import json

from .commands import SHIPPED, WITH_MODULE, Command


def test_show_tells_what_runs_what_it_needs_and_which_asset_it_becomes(command: Command) -> None:
    code, out, _ = command("show", "good.yaml", *WITH_MODULE)
    assert code == 0
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line}
    assert rows["given"] == ["/builtin/noop", "cpu", "always", "-", "doubling/given"]
    assert rows["doubled"] == ["/test/double", "gpu", "always", "given", "doubling/doubled"]
    assert rows["extra"] == ["/builtin/noop", "cpu", "sometimes", "-", "doubling/extra"]


def test_show_gives_json_and_mermaid(command: Command) -> None:
    shown = json.loads(command("show", str(SHIPPED), "--format", "json")[1])
    steps = {step["id"]: step for step in shown["steps"]}
    assert steps["chunks"]["needs"] == ["document", "pages", "ocr_blocks"]
    assert steps["embeddings"]["asset"] is None
    assert shown["output"] == {"needs": ["search_index"]}
    drawing = command("show", str(SHIPPED), "--format", "mermaid")[1].splitlines()
    assert drawing[0] == "flowchart LR"
    assert "  s5 --> output" in drawing


def test_show_of_a_flow_that_cannot_be_used_says_why(command: Command) -> None:
    code, out, err = command("show", "bad.yaml")
    assert (code, out) == (2, "")
    assert err.startswith("error: bad.yaml:4:9: $.output: ")
    assert "  next: " in err
