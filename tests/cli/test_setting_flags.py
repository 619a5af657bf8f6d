"""The flags of the command line and the settings model are the same list."""

from __future__ import annotations

import pytest

from stepflow_assets.cli.setting_flags import SETTING_FLAGS
from stepflow_assets.errors import SettingsError
from stepflow_assets.settings import Settings, shown_value


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
    tmp_path: object,
) -> None:
    monkeypatch.chdir(str(tmp_path))
    monkeypatch.delenv("STEPFLOW_DOCUMENTS_AT_ONCE", raising=False)
    if environment:
        monkeypatch.setenv("STEPFLOW_DOCUMENTS_AT_ONCE", environment)
    if file:
        with open("stepflow.toml", "w") as target:  # noqa: PTH123
            target.write(file)

    assert Settings.load(flags).documents_at_once == expected


@pytest.mark.parametrize("flags", [{"documents_at_once": "0"}, {"documents_at_once": "many"}, {"page_deadline": "-1"}])
def test_a_value_that_cannot_be_used_is_refused_with_its_name(flags: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=next(iter(flags))):
        Settings.load(flags)


def test_a_password_in_a_url_is_never_shown() -> None:
    assert shown_value("postgresql://user:secret@host/db") == "postgresql://user:***@host/db"
