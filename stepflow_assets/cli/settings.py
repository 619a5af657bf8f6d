"""``stepflow-assets settings``: every setting, its value and where it comes from."""

from __future__ import annotations

import os
from typing import Any

import click

from stepflow_assets.cli.output import json_option, print_json, print_table


@click.command("settings")
@json_option
@click.pass_obj
def command(flags: dict[str, Any], as_json: bool) -> None:
    """List every setting with its flag, environment variable, value and origin. Passwords in URLs are not shown."""
    from stepflow_assets.settings import Settings, shown_value

    settings = Settings.load(flags)
    values = settings.model_dump(mode="json")
    listed = [
        {
            "setting": name,
            "flag": f"--{name.replace('_', '-')}",
            "environment": f"STEPFLOW_{name.upper()}",
            "value": shown_value(values[name]),
            "origin": _origin(name, flags, settings.model_fields_set),
            "description": field.description or "",
        }
        for name, field in Settings.model_fields.items()
    ]
    if as_json:
        print_json(listed)
        return
    print_table(
        ["setting", "value", "origin", "description"],
        [[row["setting"], row["value"], row["origin"], row["description"]] for row in listed],
    )


def _origin(name: str, flags: dict[str, Any], given: set[str]) -> str:
    if name in flags:
        return "flag"
    prefix = f"STEPFLOW_{name.upper()}"
    if any(key == prefix or key.startswith(f"{prefix}__") for key in os.environ):
        return "environment"
    return "file" if name in given else "default"
