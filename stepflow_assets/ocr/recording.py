"""Records what an OCR provider says about pictures, to be replayed by ``recorded:FOLDER``:

python -m stepflow_assets.ocr.recording FOLDER --provider rapidocr --source "page 1 of report.pdf, 150 dpi" page.png
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from flow_compiler.errors import FlowCompilerError
from stepflow_assets.ocr.protocol import OcrProvider, Picture
from stepflow_assets.ocr.recorded_provider import RecordedPage, Recording, recording_file


def record(
    provider: OcrProvider, pictures: Sequence[Path], folder: Path, source: str, languages: Sequence[str] = ("en",)
) -> list[Path]:
    """Asks the provider about each picture on its own and keeps its answer, whatever it is; an existing recording of the same
    picture is replaced. ``source`` says where the pictures come from. Raises what the provider raises."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for file in pictures:
        (page,) = provider.recognize([Picture(str(file), tuple(languages))])
        recording = Recording(
            engine=provider.profile,
            source=f"{source}: {file.name}" if source else file.name,
            recorded_at=datetime.now(UTC).isoformat(timespec="seconds"),
            page=RecordedPage.of(page),
        )
        target = recording_file(folder, file.read_bytes())
        target.write_text(recording.model_dump_json(exclude_defaults=True) + "\n")
        written.append(target)
    return written


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("pictures", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--provider", "name", default="rapidocr", show_default=True, help="OCR provider, as in ocr_provider.")
@click.option("--source", default="", help="Where the pictures come from; their file names are added.")
@click.option("--language", "languages", multiple=True, default=("en",), help="Languages on them (ISO 639).")
def main(folder: Path, pictures: tuple[Path, ...], name: str, source: str, languages: tuple[str, ...]) -> None:
    """Record what an OCR provider says about PICTURES, as files in FOLDER."""
    from stepflow_assets.ocr.registry import OcrProviders
    from stepflow_assets.settings import Settings

    try:
        provider = OcrProviders.from_settings(name, Settings.load().ocr_providers).providers[0]
        for written in record(provider, pictures, folder, source, languages):
            click.echo(str(written))
    except FlowCompilerError as error:
        raise click.ClickException(f"{error.message}\n{error.next_step}") from None


if __name__ == "__main__":
    main()
