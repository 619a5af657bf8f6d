"""Writes the pages of the docs that are read from the code: ``make docs`` or ``python -m docs.generate``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from docs.tables.components import components_page
from docs.tables.configuration import configuration_page
from docs.tables.diagnostics import diagnostics_page
from docs.tables.errors import errors_page
from docs.tables.settings import settings_page
from docs.tables.stepflow_component import stepflow_component_page

FOLDER = Path(__file__).parent
PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "configuration.md": configuration_page,
    "components.md": components_page,
    "errors.md": errors_page,
    "diagnostics.md": diagnostics_page,
    "stepflow-component.md": stepflow_component_page,
}


def main() -> None:
    for name, write in PAGES.items():
        (FOLDER / name).write_text(write(), encoding="utf-8")


if __name__ == "__main__":
    main()
