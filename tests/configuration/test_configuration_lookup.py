"""Which configuration a command uses when it is not told one."""

from __future__ import annotations

from pathlib import Path

import pytest

from flow_compiler.configuration.lookup import configuration_of
from flow_compiler.errors import ConfigurationError
from flow_compiler.language.loader import parse_flow


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With folders ``flows`` and ``here``, the latter being the working directory."""
    for name in ("flows", "here"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


@pytest.mark.parametrize(
    ("files", "flow", "testing", "expected"),
    [
        ([], "", False, None),
        (["here/stepflow-config.yml"], "", False, "here/stepflow-config.yml"),
        (["here/stepflow-config.yml", "flows/stepflow-config.yaml"], "", False, "flows/stepflow-config.yaml"),
        (["flows/stepflow-config.yml", "flows/stepflow-config.yaml"], "", False, "flows/stepflow-config.yml"),
        (["flows/stepflow-config.test.yml"], "", False, None),
        (["flows/stepflow-config.test.yml", "flows/stepflow-config.yml"], "", True, "flows/stepflow-config.test.yml"),
        (["here/stepflow-config.test.yaml"], "", True, "here/stepflow-config.test.yaml"),
        (["flows/stepflow-config.test.yml", "flows/mine.yml"], "test: {configFile: mine.yml}", True, "flows/mine.yml"),
        (["flows/mine.yml"], "test: {configFile: mine.yml}", False, None),
        (["flows/stepflow-config.test.yml"], "test: {config: {plugins: {inline: {type: builtin}}}}", True, "inline"),
    ],
)
def test_the_nearest_configuration_is_used(
    folder: Path, files: list[str], flow: str, testing: bool, expected: str | None
) -> None:
    for file in files:
        (folder / file).write_text(f"plugins: {{'{file}': {{type: builtin}}}}")
    found = configuration_of(parse_flow(flow), folder / "flows" / "flow.yaml", testing=testing)
    assert (list(found.configuration.plugins) if found else None) == ([expected] if expected else None)
    assert found is None or found.folder in (folder / "flows", folder / "here")


def test_the_one_that_is_given_wins_and_must_exist(folder: Path) -> None:
    (folder / "flows" / "stepflow-config.yml").write_text("plugins: {beside: {type: builtin}}")
    (folder / "given.yml").write_text("plugins: {given: {type: builtin}}")
    flow = parse_flow("")
    found = configuration_of(flow, folder / "flows" / "flow.yaml", folder / "given.yml", testing=True)
    assert found is not None and list(found.configuration.plugins) == ["given"]
    with pytest.raises(ConfigurationError):
        configuration_of(flow, folder / "flows" / "flow.yaml", folder / "none.yml")
