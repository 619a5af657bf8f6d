"""The evaluation in the code location: there where a corpus is configured."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from stepflow_assets.definitions import defs
from stepflow_assets.evals.families import FAMILIES


@pytest.fixture
def located(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # no stepflow.toml


@pytest.mark.usefixtures("located")
def test_a_configured_corpus_adds_one_job_with_an_asset_and_a_check_per_family(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPFLOW_EVAL_CORPUS", "corpus")

    job = defs().resolve_job_def("evaluate_corpus")

    assets = job.asset_layer.executable_asset_keys
    assert assets == {dg.AssetKey(["eval", family]) for family in FAMILIES}
    checks = {
        (spec.asset_key, spec.name) for node in job.asset_layer.asset_graph.assets_defs for spec in node.check_specs
    }
    assert {(key, "goals") for key in assets} <= checks


@pytest.mark.usefixtures("located")
def test_without_one_there_is_no_such_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STEPFLOW_EVAL_CORPUS", raising=False)

    assert "evaluate_corpus" not in {job.name for job in defs().resolve_all_job_defs()}
