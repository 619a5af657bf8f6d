"""Converts PDFs with docling's StandardPdfPipeline and the geometric layout; prints a JSON line for each.

Runs in an environment of its own (see README.md here): ``python convert.py FILE.pdf…``.
"""

from __future__ import annotations

import json
import sys


def _shim_torchvision() -> None:
    """A torchvision built for CUDA does not load beside a torch without it; its two schemas are enough here."""
    import torch

    if torch.cuda.is_available() or torch.version.cuda:
        return
    library = torch.library.Library("torchvision", "DEF")
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    globals()["_library"] = library


def main() -> None:
    _shim_torchvision()
    from docling.datamodel.base_models import InputFormat
    from docling.datamodel.pipeline_options import PdfPipelineOptions
    from docling.document_converter import DocumentConverter, PdfFormatOption
    from geometric_layout.engines import GeometricLayoutOptions

    options = PdfPipelineOptions(
        do_ocr=False,
        do_table_structure=False,
        allow_external_plugins=True,
        layout_options=GeometricLayoutOptions(),
    )
    converter = DocumentConverter(format_options={InputFormat.PDF: PdfFormatOption(pipeline_options=options)})
    for path in sys.argv[1:]:
        converted = converter.convert(path)
        print(json.dumps({"pages": len(converted.document.pages), "text": converted.document.export_to_text()}))


if __name__ == "__main__":
    main()
