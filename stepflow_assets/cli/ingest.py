"""``stepflow-assets ingest``: files and folders into the index."""

from __future__ import annotations

from typing import Any

import click

from stepflow_assets.cli.failing import exit_with
from stepflow_assets.cli.output import json_option
from stepflow_assets.cli.passwords import password_option


@click.command("ingest")
@click.argument("paths", nargs=-1)
@click.option("--include", multiple=True, metavar="GLOB", help="Only files that match (may be given again).")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave out files that match (may be given again).")
@click.option("--dry-run", is_flag=True, help="Say what would be done and why, and do nothing.")
@click.option("--watch", is_flag=True, help="Stay, and ingest what appears or changes, until Ctrl-C.")
@click.option("--refresh", is_flag=True, help="Ignore what is remembered: compute everything anew.")
@password_option
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@json_option
@click.pass_obj
def command(
    flags: dict[str, Any],
    paths: tuple[str, ...],
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    dry_run: bool,
    watch: bool,
    refresh: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Ingest files and folders (none named: every configured source); unchanged documents cost nothing.

    Reads PDF, images (PNG, JPEG, TIFF, BMP, WebP, GIF), DOCX, PPTX, XLSX, ODT, ODS, ODP, EPUB, HTML, Markdown,
    AsciiDoc, CSV, plain text, WebVTT, JATS, USPTO XML, LaTeX and mail (EML, MSG); the content decides, not the name.
    Interrupted or killed? Give the same command again: finished pages are kept.

    \b
    Examples:
      stepflow-assets ingest reports/ --include '*.pdf'
      stepflow-assets ingest contract.pdf --password-file passwords.txt
      stepflow-assets ingest --watch inbox/
    """
    from stepflow_assets.cli.ingesting import Request, ingest_once, watch_and_ingest
    from stepflow_assets.settings import Settings

    settings = Settings.load(flags)
    request = Request(paths, include, exclude, refresh=refresh, dry_run=dry_run, quiet=quiet, as_json=as_json)
    all_well = ingest_once(settings, request)
    if watch and not dry_run:
        watch_and_ingest(settings, request)
    exit_with(0 if all_well else 1)
