"""What the shipped code location defines, as recorded: assets, checks, job, ops and sensor."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flow_compiler.assets.description import describe_definitions
from stepflow_assets.assets.compiled import compile_documents
from stepflow_assets.definitions import defs
from stepflow_assets.settings import Settings

SNAPSHOT = Path(__file__).parent / "snapshots" / "document_ingestion.json"


def test_the_shipped_definitions_are_as_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a change on purpose: delete the snapshot, run once, look at the difference."""
    monkeypatch.chdir(tmp_path)  # no stepflow.toml
    installed = "stepflow_assets.assets.compiled.engine_profiles"
    monkeypatch.setattr(installed, lambda settings: {})
    described = json.dumps(describe_definitions(defs()), indent=1, ensure_ascii=False) + "\n"
    if not SNAPSHOT.exists():
        SNAPSHOT.parent.mkdir(exist_ok=True)
        SNAPSHOT.write_text(described)
        pytest.fail(f"{SNAPSHOT.name} was not there; it was written: look at it, then run again")
    assert described == SNAPSHOT.read_text()


@pytest.mark.parametrize(
    ("changed", "stale"),
    [
        ({"variables": {"chunking": {"max_tokens": 128}}}, {"chunks"}),
        ({"variables": {"chunking": {"max_tokens": 256}}}, set()),  # the default
        ({"variables": {"ocr": {"languages": ["de"]}}}, {"ocr_blocks"}),
        ({"variables": {"embedder": {"name": "hashing"}}}, {"search_index"}),
        ({"ocr_provider": "rapidocr,fault:fail"}, {"ocr_blocks"}),
    ],
)
def test_a_changed_setting_gives_other_code_versions_to_the_assets_that_it_decides(
    changed: dict[str, object], stale: set[str], tmp_path: Path
) -> None:
    shipped = compile_documents(Settings(home=tmp_path)).blueprint.code_versions
    versions = compile_documents(Settings(home=tmp_path, **changed)).blueprint.code_versions  # type: ignore[arg-type]

    assert {asset for asset in shipped if versions[asset] != shipped[asset]} == stale
