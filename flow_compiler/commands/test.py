"""``flow-compiler test``: the test cases that flows carry, with the semantics of ``stepflow test``."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flow_compiler.commands.failing import FAILED
from flow_compiler.commands.options import config_option, format_option, modules_option, strict_option
from flow_compiler.language.expressions import Json

if TYPE_CHECKING:
    from flow_compiler.commands.case_files import FlowFile
    from flow_compiler.commands.case_runs import CaseEnd


@click.command(
    "test",
    epilog="Exit codes: 0 no case failed; 1 a case failed, or a flow file cannot be read; 2 wrong usage; 130 interrupted.",
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--case", "names", multiple=True, metavar="NAME", help="Run only the cases of this name; repeatable.")
@click.option("--update", is_flag=True, help="Write the actual output of failed cases into their files.")
@config_option
@modules_option
@strict_option
@click.option("--fail-fast", is_flag=True, help="Leave the other files after the first with a failure.")
@format_option("text", "json", "junit")
def command(
    paths: tuple[Path, ...],
    names: tuple[str, ...],
    update: bool,
    config: Path | None,
    modules: tuple[str, ...],
    strict: bool,
    fail_fast: bool,
    output_format: str,
) -> int:
    """Run the test cases of flow files, and of all flow files in folders.

    A case passes when its expected output is a part of the actual one: objects may have more members, all else is equal.

    Configuration: --config, else the flow's test.configFile or test.config, else stepflow-config.test.yml or
    stepflow-config.yml in the flow's folder, else in the working directory. A case that needs a service or program that is
    not there is listed as not run, with the reason.
    """
    from flow_compiler.commands.case_files import BrokenFile, LeftOut, case_files
    from flow_compiler.commands.case_reports import Report, json_report, junit_report, text_of, text_of_broken
    from flow_compiler.commands.case_runs import Status, run_cases
    from flow_compiler.commands.modules import named_in

    named = named_in(modules)
    ends: list[CaseEnd] = []
    broken: list[BrokenFile] = []
    left_out: list[LeftOut] = []
    for file in case_files(paths):
        if isinstance(file, LeftOut):
            left_out.append(file)
            continue
        stopped = fail_fast and (bool(broken) or any(end.status is Status.FAILED for end in ends))
        if isinstance(file, BrokenFile):
            broken.append(file)
            lines = list(text_of_broken(file))
        else:
            run = partial(run_cases, config=config, modules=named, names=names, strict=strict)
            done = _not_run(file, names) if stopped else run(file)
            if update:
                done = _updated(file, done)
            ends += done
            lines = [line for end in done for line in text_of(end)]
        if output_format == "text":
            click.echo("\n".join(lines), nl=bool(lines))
    unknown = set(names) - {end.name for end in ends}
    if unknown:
        raise click.BadParameter(f"there is no case named {sorted(unknown)[0]!r}", param_hint="--case")
    report = Report(ends, broken, left_out)
    match output_format:
        case "json":
            click.echo(json_report(report))
        case "junit":
            click.echo(junit_report(report))
        case _:
            click.echo(report.summary)
    return FAILED if report.failed else 0


def _not_run(file: FlowFile, names: Collection[str]) -> list[CaseEnd]:
    from flow_compiler.commands.case_runs import CaseEnd, Status

    chosen = [(index, case["name"]) for index, case in enumerate(file.cases) if not names or case["name"] in names]
    return [CaseEnd(file.path, index, name, Status.NOT_RUN, "a case failed before") for index, name in chosen]


def _updated(file: FlowFile, ends: list[CaseEnd]) -> list[CaseEnd]:
    """The cases whose output was not as expected, with the actual one written into the file. Raises FlowError."""
    from flow_compiler.commands.case_runs import Status
    from flow_compiler.commands.output_updates import rewrite_outputs

    changed = {end.index: expected_of(end.actual) for end in ends if end.status is Status.FAILED and end.actual}
    if not changed:
        return ends
    rewrite_outputs(file.path, changed)
    return [replace(end, status=Status.UPDATED, reason="") if end.index in changed else end for end in ends]


def expected_of(actual: Json) -> Json:
    """What a case should say: of a failure, code and message."""
    if actual["outcome"] == "success":
        return actual
    return {"outcome": "failed", "error": {name: actual["error"][name] for name in ("code", "message")}}
