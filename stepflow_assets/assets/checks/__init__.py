"""The asset checks of document flows: evals with a threshold, a severity and, where it matters, the power to block.

| check | asset | threshold | severity | blocking |
|---|---|---|---|---|
| pages_accounted | chunks | ok + blank + failed = the source's pages | error | yes |
| no_page_lost | ocr_blocks | every page listed has its own result | error | yes |
| evidence_resolves | chunks | every chunk | error | yes |
| text_recall | chunks | .90 of the text layer's words | warn | no |
| ocr_confidence | ocr_blocks | mean .60 | warn | no |
| index_exact | search_index | exactly the document's chunks, one generation | error | no |
"""

from __future__ import annotations

import logging

from flow_compiler.assets.checks import StepCheck
from flow_compiler.language.model import Flow
from stepflow_assets.assets.checks.evidence import EVIDENCE_RESOLVES
from stepflow_assets.assets.checks.index import INDEX_EXACT
from stepflow_assets.assets.checks.pages import NO_PAGE_LOST, PAGES_ACCOUNTED
from stepflow_assets.assets.checks.text import OCR_CONFIDENCE, TEXT_RECALL

DOCUMENT_CHECKS: tuple[StepCheck, ...] = (
    NO_PAGE_LOST,
    OCR_CONFIDENCE,
    PAGES_ACCOUNTED,
    EVIDENCE_RESOLVES,
    TEXT_RECALL,
    INDEX_EXACT,
)
_log = logging.getLogger(__name__)


def checks_of(flow: Flow) -> list[StepCheck]:
    """The checks whose steps are in the flow. Flows are edited: the others could only fail, so they are left out, and it is
    said."""
    kept = []
    for check in DOCUMENT_CHECKS:
        missing = [step_id for step_id in (check.step_id, *check.reads) if step_id not in flow]
        if not missing:
            kept.append(check)
            continue
        _log.warning("the flow has no step %s: the check %s is left out", missing[0], check.name)
    return kept
