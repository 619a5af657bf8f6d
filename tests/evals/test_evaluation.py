"""The evaluation as a command and as a Dagster job, on two small documents."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner
from small_corpus import written

from stepflow_assets.evals.__main__ import main
from stepflow_assets.evals.evaluating import evaluate
from stepflow_assets.evals.goals import missed
from stepflow_assets.evals.job import CHECK, JOB, evaluation
from stepflow_assets.evals.scores import Scores
from stepflow_assets.settings import Settings

pytestmark = pytest.mark.process


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    return Settings(home=tmp_path / "home", eval_corpus=written(corpus), pdf_workers=1, ocr_workers=1)


def scores_of(settings: Settings) -> dict[str, Scores]:
    async def collected() -> dict[str, Scores]:
        assert settings.eval_corpus is not None
        return {family: found async for family, found in evaluate(settings, settings.eval_corpus)}

    return asyncio.run(collected())


def test_documents_that_are_read_as_they_are_have_no_errors(settings: Settings) -> None:
    scores = scores_of(settings)

    report = scores["born_digital"].to_json()
    assert (report["cer"], report["wer"], report["recall"], report["precision"]) == (0.0, 0.0, 1.0, 1.0)
    assert report["routes"] == {"layer as text": 1}
    assert report["evidence"] == 1.0
    assert report["chunks"] >= 1
    assert scores["md"].words.recall == 1.0
    assert not missed(scores)


def test_nothing_of_it_is_left_in_the_home(settings: Settings) -> None:
    scores_of(settings)

    assert not settings.home.exists()


def test_the_command_prints_a_row_per_family_and_ends_with_1_when_a_goal_is_missed(settings: Settings) -> None:
    assert settings.eval_corpus is not None
    truth = json.loads((settings.eval_corpus / "manifest.json").read_text())
    (settings.eval_corpus / "manifest.json").write_text(json.dumps([{**truth[0], "text_chars": 0}]))

    ended = CliRunner().invoke(main, ["--corpus", str(settings.eval_corpus), "--json"])

    found = json.loads(ended.stdout)
    assert ended.exit_code == 1
    assert list(found["families"]) == ["born_digital"]
    assert found["missed"][0].startswith("born_digital: recall ≥ 0.98, but it is unknown")
    assert "born_digital: wrongly_text ≤ 0, but it is 1.0000" in found["missed"]


def test_the_job_materialises_each_family_and_its_check_shows_the_scores(settings: Settings) -> None:
    [definitions] = evaluation(settings)

    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_job_def(JOB).execute_in_process(instance=instance)

    assert result.success
    made = {event.asset_key.path[-1] for event in result.get_asset_materialization_events() if event.asset_key}
    assert made == {"born_digital", "md"}
    checks = {check.asset_key.path[-1]: check for check in result.get_asset_check_evaluations()}
    assert checks["born_digital"].passed
    assert checks["born_digital"].check_name == CHECK
    assert checks["born_digital"].metadata["recall"].value == 1.0
    assert checks["born_digital"].metadata["missed"].value == "none"


def test_without_a_corpus_there_is_no_job() -> None:
    assert evaluation(Settings(home=Path("home"))) == []


def test_a_folder_without_a_manifest_is_refused_by_name(tmp_path: Path) -> None:
    ended = CliRunner().invoke(main, ["--corpus", str(tmp_path)])

    assert ended.exit_code == 1
    assert "has no manifest.json: name a corpus with --corpus" in ended.stderr
