"""The command line: one module per command, each imported only when it is called (``--help`` stays quick)."""

from __future__ import annotations


def main() -> None:
    """Entry point of ``stepflow-assets``."""
    from stepflow_assets.cli.app import run

    run()
