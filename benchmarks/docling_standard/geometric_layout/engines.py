"""A layout engine without weights for docling's StandardPdfPipeline, through its entry point group ``docling``.

Greedy grouping of text lines into blocks, header and footer bands, headings by font height. It lets docling's own
pipeline run at full speed where no model can be fetched: a competitor to be compared with, not part of the product.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

from docling.datamodel.accelerator_options import AcceleratorOptions
from docling.datamodel.base_models import Cluster, LayoutPrediction, Page, TableStructurePrediction
from docling.datamodel.document import ConversionResult
from docling.datamodel.pipeline_options import BaseLayoutOptions, BaseTableStructureOptions
from docling.models.base_layout_model import BaseLayoutModel
from docling.models.base_table_model import BaseTableStructureModel
from docling.utils.profiling import TimeRecorder
from docling_core.types.doc import CoordOrigin, DocItemLabel


class NullLayoutOptions(BaseLayoutOptions):
    """No clusters at all: LayoutPostprocessor turns every text line into a TEXT orphan cluster."""

    kind: ClassVar[Literal["null_layout"]] = "null_layout"


class NullLayoutModel(BaseLayoutModel):
    def __init__(
        self,
        artifacts_path: Path | None,
        accelerator_options: AcceleratorOptions,
        options: NullLayoutOptions,
        enable_remote_services: bool = False,
    ):
        self.options = options

    @classmethod
    def get_options_type(cls):
        return NullLayoutOptions

    def predict_layout(self, conv_res: ConversionResult, pages: Sequence[Page]):
        return [LayoutPrediction(clusters=[]) for _ in pages]


class GeometricLayoutOptions(BaseLayoutOptions):
    kind: ClassVar[Literal["geometric_layout"]] = "geometric_layout"
    line_gap: float = 0.65  # max vertical gap between lines of a block, in line heights
    header_band: float = 0.06  # top/bottom band (share of page height) for running headers/footers
    heading_ratio: float = 1.15  # line height vs page median


class GeometricLayoutModel(BaseLayoutModel):
    """Greedy line->block grouping on the PDF text cells; pictures from embedded bitmaps."""

    def __init__(
        self, artifacts_path, accelerator_options, options: GeometricLayoutOptions, enable_remote_services: bool = False
    ):
        self.options = options

    @classmethod
    def get_options_type(cls):
        return GeometricLayoutOptions

    def predict_layout(self, conv_res: ConversionResult, pages: Sequence[Page]):
        out = []
        for page in pages:
            if page._backend is None or not page._backend.is_valid():
                out.append(page.predictions.layout or LayoutPrediction())
                continue
            with TimeRecorder(conv_res, "layout"):
                out.append(LayoutPrediction(clusters=self._page(page)))
        return out

    def _page(self, page: Page) -> list[Cluster]:
        o, W, H = self.options, page.size.width, page.size.height
        boxes = []
        for c in page.cells:
            if not c.text.strip():
                continue
            b = c.rect.to_bounding_box()
            if b.coord_origin != CoordOrigin.TOPLEFT:
                b = b.to_top_left_origin(page_height=H)
            if b.r - b.l > 0.5 and b.b - b.t > 0.5:
                boxes.append(b)
        clusters: list[Cluster] = []
        if boxes:
            med = statistics.median(b.b - b.t for b in boxes) or 1.0
            boxes.sort(key=lambda b: (round(b.t / 2), b.l))
            groups: list[dict] = []
            for b in boxes:
                h = b.b - b.t
                best = None
                for g in reversed(groups[-60:]):
                    gb = g["box"]
                    gap = b.t - gb.b
                    if gap > o.line_gap * max(h, g["h"]) or gap < -1.2 * h:
                        continue
                    ov = min(b.r, gb.r) - max(b.l, gb.l)
                    if ov <= 0.3 * min(b.r - b.l, gb.r - gb.l):
                        # same text line continued to the right (small horizontal gap)?
                        same = abs(b.t - g["last"].t) < 0.4 * h and 0 <= b.l - g["last"].r < 1.2 * h
                        if not same:
                            continue
                    if abs(h - g["h"]) > 0.25 * max(h, g["h"]):
                        continue
                    best = g
                    break
                if best is None:
                    groups.append({"box": b.model_copy(), "h": h, "last": b, "n": 1})
                else:
                    gb = best["box"]
                    gb.l, gb.t, gb.r, gb.b = min(gb.l, b.l), min(gb.t, b.t), max(gb.r, b.r), max(gb.b, b.b)
                    best["last"] = b
                    best["n"] += 1
                    best["h"] = (best["h"] * (best["n"] - 1) + h) / best["n"]
            for i, g in enumerate(groups):
                b = g["box"]
                label = DocItemLabel.TEXT
                if b.b < o.header_band * H and g["n"] <= 2:
                    label = DocItemLabel.PAGE_HEADER
                elif b.t > (1 - o.header_band) * H and g["n"] <= 2:
                    label = DocItemLabel.PAGE_FOOTER
                elif g["h"] > o.heading_ratio * med and g["n"] <= 3:
                    label = DocItemLabel.SECTION_HEADER
                clusters.append(Cluster(id=i, label=label, bbox=b, confidence=0.9, cells=[]))
        rects = page._backend.get_bitmap_rects() if hasattr(page._backend, "get_bitmap_rects") else []
        for r in rects or []:
            if r.coord_origin != CoordOrigin.TOPLEFT:
                r = r.to_top_left_origin(page_height=H)
            a = (r.r - r.l) * (r.b - r.t)
            if 0.01 * W * H < a < 0.8 * W * H:
                clusters.append(Cluster(id=len(clusters), label=DocItemLabel.PICTURE, bbox=r, confidence=0.9, cells=[]))
        return clusters


class NullTableOptions(BaseTableStructureOptions):
    kind: ClassVar[Literal["null_table"]] = "null_table"


class NullTableModel(BaseTableStructureModel):
    def __init__(self, enabled, artifacts_path, options, accelerator_options, enable_remote_services=False):
        self.enabled = enabled
        self.options = options

    @classmethod
    def get_options_type(cls):
        return NullTableOptions

    def predict_tables(self, conv_res, pages):
        return [TableStructurePrediction() for _ in pages]


def layout_engines():
    return {"layout_engines": [NullLayoutModel, GeometricLayoutModel]}


def table_structure_engines():
    return {"table_structure_engines": [NullTableModel]}
