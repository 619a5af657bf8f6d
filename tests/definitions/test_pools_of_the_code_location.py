"""A pool in the settings reaches the ops of the shipped flow."""

from __future__ import annotations

from pathlib import Path

import pytest

from stepflow_assets.assets.compiled import compile_documents
from stepflow_assets.settings import PoolOptions, Settings

GPU = PoolOptions(kubernetes={"container_config": {"resources": {"limits": {"nvidia.com/gpu": "1"}}}}, limit="gpu")


@pytest.mark.parametrize(
    ("given", "pools"),
    [
        ({}, [None]),
        ({"pools": {"gpu": GPU}}, [None]),  # nothing is routed to it
        ({"routes": {"/ocr/recognize": "gpu"}}, [None]),  # a pool without settings is no place of its own
        ({"pools": {"gpu": GPU}, "routes": {"/ocr/recognize": "gpu"}}, [None, "gpu", None]),
    ],
)
def test_a_pool_with_settings_that_something_is_routed_to_has_ops_of_its_own(
    given: dict[str, object], pools: list[str | None], tmp_path: Path
) -> None:
    compiled = compile_documents(Settings(home=tmp_path, **given))  # type: ignore[arg-type]

    assert [op.pool for op in compiled.assets.node_def.node_defs] == pools


def test_its_ops_carry_the_kubernetes_configuration(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, pools={"gpu": GPU}, routes={"/ocr/recognize": "gpu"})

    [op] = [op for op in compile_documents(settings).assets.node_def.node_defs if op.pool == "gpu"]

    assert "nvidia.com/gpu" in op.tags["dagster-k8s/config"]
