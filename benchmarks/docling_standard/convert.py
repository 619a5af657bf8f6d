"""Converts one PDF with docling's StandardPdfPipeline and the geometric layout; prints one JSON line.

Runs in an environment of its own (see README.md here): ``python convert.py FILE.pdf ROUNDS``.
"""

from __future__ import annotations

import json
import resource
import sys
import time


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
    path, rounds = sys.argv[1], int(sys.argv[2])
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
    figures = []
    text = ""
    for _ in range(rounds + 1):  # the first one warms up
        cpu, wall = _cpu(), time.perf_counter()
        converted = converter.convert(path)
        figures.append((_cpu() - cpu, time.perf_counter() - wall))
        text = converted.document.export_to_text()
    print(
        json.dumps(
            {
                "pages": len(converted.document.pages),
                "words": len(text.split()),
                "text": text,
                "cpu": [cpu for cpu, _ in figures[1:]],
                "wall": [wall for _, wall in figures[1:]],
            }
        )
    )


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
