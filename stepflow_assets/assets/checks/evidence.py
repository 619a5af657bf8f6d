"""Every chunk's evidence resolves, by its kind: the page and its boxes, the slide, the cells, the characters."""

from __future__ import annotations

from flow_compiler.assets.checks import CheckInput, CheckOutcome, Severity, StepCheck
from stepflow_assets.assets.checks.results import chunk_set, listing, load_chunks, map_results
from stepflow_assets.evidence.resolve import evidence_base, unresolved


async def _evidence_resolves(given: CheckInput) -> CheckOutcome | None:
    document, found = listing(given), chunk_set(given)
    if document is None or found is None or not found.count:
        return None
    base = await evidence_base(document, map_results(given, "pages"), given.artifacts)
    faults = [fault for chunk in await load_chunks(given, found) if (fault := unresolved(chunk, base))]
    metadata: dict[str, float | int | str] = {"chunks": found.count, "unresolved": len(faults)}
    if faults:
        metadata["first"] = f"{faults[0][0].chunk_id}: {faults[0][0].reason}"
    return CheckOutcome(
        passed=not faults,
        score=1 - len(faults) / found.count,
        metadata=metadata,
        sentence=f"the evidence of {found.count - len(faults)} of {found.count} chunks resolves",
    )


EVIDENCE_RESOLVES = StepCheck(
    name="evidence_resolves",
    step_id="chunks",
    description="Every chunk's place exists: page and boxes, slide, cells, or characters that hold its words.",
    evaluate=_evidence_resolves,
    threshold=1.0,
    severity=Severity.ERROR,
    blocking=True,
    reads=("document", "pages", "chunks"),
)
