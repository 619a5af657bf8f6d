"""The asset checks of document flows: evals with a threshold, a severity and, where it matters, the power to block.

| check | asset | threshold | severity | blocking |
|---|---|---|---|---|
| pages_accounted | chunks | ok + blank + failed = the source's pages | error | yes |
| no_page_lost | ocr_blocks | as many results as pages listed | error | yes |
| evidence_resolves | chunks | every chunk | error | yes |
| text_recall | chunks | .90 of the text layer's words | warn | no |
| ocr_confidence | ocr_blocks | mean .60 | warn | no |
| index_exact | search_index | exactly the document's chunks, one generation | error | no |
"""

from __future__ import annotations

from flow_compiler.assets.checks import StepCheck
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
