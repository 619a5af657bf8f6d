"""docs/protocol.md: its worker works as printed, and its numbers are those of the code."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from served import Command, Serve

from flow_compiler.engine.outcomes import TaskErrorCode
from flow_compiler.plugins.command import open_command
from flow_compiler.plugins.environment import INHERITED
from flow_compiler.worker.messages import MAX_LINE, PROTOCOL

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")


async def test_the_worker_on_the_page_works(serve: Serve, tmp_path: Path) -> None:
    found = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    (tmp_path / "shout.py").write_text(found.group(1), encoding="utf-8")
    async with (
        open_command("loud", Command(sys.executable, ["shout.py"]), base=tmp_path) as components,
        serve(components) as ask,
    ):
        assert await ask("/shout", "hello") == "HELLO!"
        failed = await ask.failure("/shout", "")
        refused = await ask.failure("/shout", 5)
    assert (failed.code, failed.message) == (TaskErrorCode.INVALID_INPUT, "there is nothing to say")
    assert refused.message == 'input of step "s" does not fit /shout: field (whole): Should be string'


def test_the_page_names_what_a_process_sees_and_what_fits_a_line() -> None:
    listed = PAGE.split("## Environment")[1].split("## Python")[0]
    assert [name for name in INHERITED if f"`{name}`" not in listed] == []
    assert f"{MAX_LINE >> 20} MiB, `maxLineBytes`" in PAGE
    assert f'"protocol": {PROTOCOL}' in PAGE
