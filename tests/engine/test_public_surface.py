"""What ``import flow_compiler`` offers, and what it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import flow_compiler
from flow_compiler.engine.components import component


@pytest.mark.parametrize("name", flow_compiler.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(flow_compiler, name) is not None
    assert name in dir(flow_compiler)


def test_a_public_name_is_the_thing_itself() -> None:
    assert flow_compiler.component is component


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'componnent'"):
        _ = flow_compiler.componnent


@pytest.mark.process
def test_the_import_does_no_work() -> None:
    check = (
        "import sys; before = set(sys.modules); import flow_compiler;"
        "print(sorted(name for name in set(sys.modules) - before if name.partition('.')[0] in"
        " {'flow_compiler', 'pydantic', 'yaml', 'asyncio', 'sqlalchemy', 'dagster'}))"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['flow_compiler']"
