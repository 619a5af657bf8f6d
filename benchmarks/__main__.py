"""``python -m benchmarks [--only NAME]… [--json]``: measure, print one table, exit 1 when a goal is missed."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time

from benchmarks.figures import Figure, skipped, table
from benchmarks.measuring import CommandFailed

NAMES = (
    "start_up",
    "reading",
    "steps",
    "many_items",
    "unchanged",
    "dagster_cost",
    "rendering",
    "born_digital",
    "scans",
    "memory",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure against the goals and the competitors.")
    parser.add_argument("--only", action="append", choices=NAMES, help="measure only this (may be repeated)")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    asked = parser.parse_args()
    figures: list[Figure] = []
    for name in asked.only or NAMES:
        began = time.monotonic()
        try:
            figures += importlib.import_module(f"benchmarks.{name}").measure()
        except CommandFailed as error:
            figures.append(skipped(name, str(error).splitlines()[0]))
            print(error, file=sys.stderr)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    print(json.dumps([figure.to_json() for figure in figures], indent=1) if asked.json else table(figures))
    return 1 if any(figure.met is False for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
