"""What the demo is made of: the example documents as a source, and the questions that ship with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stepflow_assets.settings import Settings, SourceSettings, shipped

SOURCE = "examples"


def demo_settings(flags: Mapping[str, Any]) -> Settings:
    """The given settings, with the example documents as source ``examples`` unless one is configured so."""
    settings = Settings.load(flags)
    if SOURCE in settings.sources:
        return settings
    sources = {**settings.sources, SOURCE: SourceSettings(path=shipped("documents").absolute())}
    return settings.model_copy(update={"sources": sources})


def shipped_questions() -> list[str]:
    import yaml

    listed = yaml.safe_load(shipped("questions.yaml").read_text(encoding="utf-8"))
    return [entry["question"] for entry in listed["questions"]]
