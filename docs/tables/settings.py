"""docs/settings.md: every setting with its flag, environment variable, file key and default."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic_core import PydanticUndefined

from docs.tables.markdown import code, page, table
from stepflow_assets.settings import Settings, SourceSettings

_HOW = """
Each setting can be given in three places. The first that has it wins:

1. a flag before the command: `stepflow-assets --ocr-workers 4 ingest reports/`;
2. an environment variable; `__` leads into a table, as in `STEPFLOW_SOURCES__REPORTS__PATH=/data/reports`;
3. a key of `stepflow.toml` in the working directory, or of the file that `STEPFLOW_CONFIG` names.

`sources` and `variables` are JSON as flags and as variables, and tables in the file:

```toml
ocr_workers = 4

[sources.reports]
path = "/data/reports"
include = ["*.pdf"]

[variables.chunking]
max_tokens = 128
```

`stepflow-assets settings` lists each setting with its value and where it comes from; passwords in URLs are not shown.
"""

_OTHERS = """
## What is not a setting

| variable | meaning |
|---|---|
| `STEPFLOW_CONFIG` | the settings file (default: `stepflow.toml` in the working directory) |
| `STEPFLOW_EMBEDDER_API_KEY` | key of an embedding server; in no file, so that it gets into no version control |

Passwords of encrypted documents are in the file that `password_file` names: one a line, held in memory only. They enter
no memo key, journal, log or run configuration.
"""


def settings_page() -> str:
    return page(
        "Settings",
        _HOW,
        "## All settings",
        table(
            ["file key", "flag", "environment variable", "default", "meaning"],
            [
                [
                    code(name),
                    code(f"--{name.replace('_', '-')}"),
                    code(f"STEPFLOW_{name.upper()}"),
                    code(_default(field)),
                    field.description or "",
                ]
                for name, field in Settings.model_fields.items()
            ],
        ),
        "## A source\n\nThe tables under `sources`, by the name that partition keys begin with.",
        table(
            ["key", "default", "meaning"],
            [
                [
                    code(name),
                    "required" if field.is_required() else code(_default(field)),
                    field.description or "",
                ]
                for name, field in SourceSettings.model_fields.items()
            ],
        ),
        _OTHERS,
    )


def _default(field: Any) -> str:
    value = field.get_default(call_default_factory=True)
    if value is None or value is PydanticUndefined:
        return ""
    return str(value) if isinstance(value, Path) else json.dumps(value)
