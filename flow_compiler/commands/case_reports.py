"""How test cases ended, for people (text) and for programs (JSON, JUnit)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from flow_compiler.commands.case_files import BrokenFile, LeftOut
from flow_compiler.commands.case_runs import CaseEnd, Status
from flow_compiler.commands.progress import count
from flow_compiler.language.expressions import Json

_MOST = 20
"""Differences that are shown of one case."""


@dataclass(frozen=True)
class Report:
    ends: Sequence[CaseEnd]
    broken: Sequence[BrokenFile]
    left_out: Sequence[LeftOut]

    @property
    def failed(self) -> int:
        """A file that cannot be read is a failure."""
        return self._count(Status.FAILED) + len(self.broken)

    @property
    def summary(self) -> str:
        updated = f", {self._count(Status.UPDATED)} updated" if self._count(Status.UPDATED) else ""
        away = f" ({count(len(self.left_out), 'other file')} left out)" if self.left_out else ""
        return (
            f"{self._count(Status.PASSED)} passed, {self.failed} failed{updated}, "
            f"{self._count(Status.NOT_RUN)} not run{away}"
        )

    def _count(self, status: Status) -> int:
        return sum(end.status is status for end in self.ends)


def text_of(end: CaseEnd) -> Iterator[str]:
    """The lines about one case."""
    yield f"{end.file}: {end.name}: {end.status}" + (f": {end.reason}" if end.reason else "")
    for each in end.differences[:_MOST] if end.status is Status.FAILED else ():
        yield f"    {each.path}: expected {each.expected}"
        yield f"    {' ' * len(each.path)}       got {each.got}"
    if end.status is Status.FAILED and len(end.differences) > _MOST:
        yield f"    and {len(end.differences) - _MOST} more differences"
    if end.status is Status.FAILED and end.actual and (error := end.actual.get("error")):
        yield f"    next: {error['data']['next_step']}"


def text_of_broken(file: BrokenFile) -> Iterator[str]:
    yield f"{file.path}: failed: {file.error}"
    yield f"    {file.error.next_step}"


def json_report(report: Report) -> str:
    cases: list[Json] = [
        {
            "file": str(end.file),
            "name": end.name,
            "status": str(end.status),
            "reason": end.reason or None,
            "differences": [vars(each) for each in end.differences],
            "actual": end.actual,
            "seconds": round(end.seconds, 3),
        }
        for end in report.ends
    ]
    broken = [
        {"file": str(file.path), "reason": str(file.error), "next": file.error.next_step} for file in report.broken
    ]
    left_out = [{"file": str(file.path), "reason": file.reason} for file in report.left_out]
    document = {"cases": cases, "broken": broken, "left_out": left_out, "summary": report.summary}
    return json.dumps(document, ensure_ascii=False, indent=2)


def junit_report(report: Report) -> str:
    """The XML that continuous integration shows."""
    top = ElementTree.Element(
        "testsuite",
        name="flow-compiler test",
        tests=str(len(report.ends) + len(report.broken)),
        failures=str(report.failed),
        skipped=str(sum(end.status is Status.NOT_RUN for end in report.ends)),
    )
    for end in report.ends:
        case = ElementTree.SubElement(
            top, "testcase", classname=_xml(str(end.file)), name=_xml(end.name), time=f"{end.seconds:.3f}"
        )
        if end.status is Status.NOT_RUN:
            ElementTree.SubElement(case, "skipped", message=_xml(end.reason))
        elif end.status is Status.FAILED:
            told = [_xml(line) for line in text_of(end)]
            ElementTree.SubElement(case, "failure", message=told[0]).text = "\n".join(told[1:])
    for file in report.broken:
        case = ElementTree.SubElement(top, "testcase", classname=_xml(str(file.path)), name="(the file)")
        ElementTree.SubElement(case, "failure", message=_xml(str(file.error))).text = _xml(file.error.next_step)
    ElementTree.indent(top)
    return ElementTree.tostring(top, encoding="unicode")


def _xml(text: str) -> str:
    """XML has no place for some characters."""
    return "".join(mark if mark.isprintable() or mark in "\n\t" else f"\\u{ord(mark):04x}" for mark in text)
