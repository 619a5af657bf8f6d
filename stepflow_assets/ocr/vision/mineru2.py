"""MinerU 2.5: first the layout on a small square picture, then one request for each region's crop. Prompts, crops and parser are
docling's."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from stepflow_assets.ocr.protocol import Feature, Geometry
from stepflow_assets.ocr.vision.dialect import Ask, DialectReading, UnreadableAnswer
from stepflow_assets.ocr.vision.docling_dialects import docling_part, parsed_by_docling
from stepflow_assets.ocr.vision.picture import PagePicture, png_of

_MODULE = "docling.utils.mineru_utils"
MOST_REGIONS = 300  # of a page: each is a request


class MinerU2:
    geometry = Geometry.BLOCK
    features = frozenset({Feature.LAYOUT, Feature.TABLES, Feature.MATH})

    @property
    def version(self) -> str:
        return f"mineru2 r1 docling {version('docling-slim')}"

    def read(self, picture: PagePicture, ask: Ask) -> DialectReading:
        square = docling_part(_MODULE, "prepare_mineru2_layout_image")(picture.image)
        layout = ask(png_of(square), docling_part(_MODULE, "MINERU2_LAYOUT_PROMPT")).text
        regions = docling_part(_MODULE, "parse_mineru2_layout")(layout)
        if len(regions) > MOST_REGIONS:
            raise UnreadableAnswer(f"the layout has more than {MOST_REGIONS} regions")
        crops = docling_part(_MODULE, "prepare_mineru2_crops")(picture.image, regions)
        texts = [(crop.region_index, ask(png_of(crop.image), crop.prompt).text) for crop in crops]
        transcript = docling_part(_MODULE, "serialize_mineru2_transcript")(layout, texts) if layout.strip() else ""
        return DialectReading(parsed_by_docling("mineru2", _parse, transcript, picture))


def _parse(answer: str, picture: PagePicture) -> Any:
    from docling_core.types.doc.base import Size

    size = Size(width=picture.width, height=picture.height)
    return docling_part(_MODULE, "parse_mineru2")(content=answer, original_page_size=size, page_no=1)
