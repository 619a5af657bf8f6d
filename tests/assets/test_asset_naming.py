"""Any step id becomes a Dagster name; two ids never share one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flow_compiler.assets.blueprint import job_name
from flow_compiler.assets.naming import Names, dagster_name


@pytest.mark.parametrize(
    ("given_id", "name"),
    [
        ("ocr_blocks", "ocr_blocks"),
        ("langflow_EmbeddingModel-E0hvR", "langflow_EmbeddingModel_E0hvR"),
        ("a-b.c d/é", "a_b_c_d_e"),
        ("人口", "unnamed"),
        ("_hidden", "hidden"),
        ("input", "input"),
    ],
)
def test_an_id_keeps_what_dagster_allows(given_id: str, name: str) -> None:
    assert dagster_name(given_id) == name


def test_a_clean_id_keeps_its_name_whatever_else_is_there() -> None:
    names = Names.of(["a-b", "a b", "a_b"])
    assert names["a_b"] == "a_b"
    assert len(set(names.by_id.values())) == 3


@given(st.lists(st.text(min_size=1), unique=True, max_size=8))
def test_names_are_valid_and_distinct(ids: list[str]) -> None:
    names = list(Names.of(ids).by_id.values())
    assert len(set(names)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_]*", name) for name in names)


@pytest.mark.parametrize(
    ("flow", "job"), [("My Flow", "My_Flow"), ("output", "output_flow"), ("class", "class_flow"), ("", "flow")]
)
def test_a_job_never_has_a_name_dagster_reserves(flow: str, job: str) -> None:
    assert job_name(flow) == job
