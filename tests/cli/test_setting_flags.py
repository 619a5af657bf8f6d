"""The flags of the command line and the settings model are the same list."""

from __future__ import annotations

from pathlib import Path

import pytest

from stepflow_assets.cli.setting_flags import SETTING_FLAGS
from stepflow_assets.errors import SettingsError
from stepflow_assets.settings import Settings, SourceSettings, shown_value


def test_every_setting_is_a_flag_with_the_same_words() -> None:
    model = {name: field.description for name, field in Settings.model_fields.items()}

    assert dict(SETTING_FLAGS) == model


@pytest.mark.parametrize(
    ("flags", "environment", "file", "expected"),
    [
        ({}, None, None, 8),
        ({}, None, "documents_at_once = 3", 3),
        ({}, "4", "documents_at_once = 3", 4),
        ({"documents_at_once": "5"}, "4", "documents_at_once = 3", 5),
    ],
)
def test_a_flag_beats_the_environment_which_beats_the_file(
    flags: dict[str, str],
    environment: str | None,
    file: str | None,
    expected: int,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STEPFLOW_DOCUMENTS_AT_ONCE", raising=False)
    if environment:
        monkeypatch.setenv("STEPFLOW_DOCUMENTS_AT_ONCE", environment)
    if file:
        (tmp_path / "stepflow.toml").write_text(file)

    assert Settings.load(flags).documents_at_once == expected


@pytest.mark.parametrize("flags", [{"documents_at_once": "0"}, {"documents_at_once": "many"}, {"page_deadline": "-1"}])
def test_a_value_that_cannot_be_used_is_refused_with_its_name(flags: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=next(iter(flags))):
        Settings.load(flags)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("ocr_wrokers = 4", "there is no setting ocr_wrokers; did you mean ocr_workers?"),
        ("[sources.a]\npath = 'x'\nincl = []", "there is no setting sources.a.incl; did you mean sources.a.include?"),
        ("[pools.gpu]\nlimits = 'gpu'", "there is no setting pools.gpu.limits; did you mean pools.gpu.limit?"),
        ("[sources.a]\npaht = 'x'", "setting sources.a.path: Field required"),
        ("ocr_workers = = 4", "stepflow.toml cannot be read"),
    ],
)
def test_what_is_wrong_in_the_file_is_said(
    file: str, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stepflow.toml").write_text(file)
    with pytest.raises(SettingsError) as error:
        Settings.load()
    assert said in error.value.message


def test_a_named_settings_file_has_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPFLOW_CONFIG", "not_there.toml")
    with pytest.raises(SettingsError, match=r"STEPFLOW_CONFIG names not_there\.toml"):
        Settings.load()


def test_a_variable_that_is_not_json_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPFLOW_VARIABLES", "{secret")
    with pytest.raises(SettingsError, match='"variables"') as error:
        Settings.load()
    assert "secret" not in str(error.value)


def test_values_are_shown_as_they_are_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    values = Settings(sources={"docs": SourceSettings(path=Path("data"))}).model_dump(mode="json")
    assert shown_value(values["sources"]) == '{"docs": {"path": "data", "include": [], "exclude": []}}'
    assert (shown_value(values["log_passed_checks"]), shown_value(values["ocr_workers"])) == ("true", "")


def test_a_password_in_a_url_is_never_shown() -> None:
    assert shown_value("postgresql://user:secret@host/db") == "postgresql://user:***@host/db"
