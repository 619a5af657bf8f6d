"""RapidOCR as its package is, without anything of the platform: ``python -m benchmarks.raw_recognizer PROCESSES PICTURE…``.

Each process has an engine of its own, one thread, the weights of the wheel, the runtime the platform uses, and reads its share of
the pictures. RapidOCR's line classifier is off, since it triples the error. Prints a JSON list of texts for each picture.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from stepflow_assets.ocr.rapidocr_provider import runtime


def main() -> None:
    processes, pictures = int(sys.argv[1]), sys.argv[2:]
    os.environ.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    children = []
    for first in range(processes):
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            os.close(reader)
            with os.fdopen(writer, "w") as out:
                json.dump(_read(pictures[first::processes]), out)
            os._exit(0)
        os.close(writer)
        children.append((child, reader))
    found: dict[str, list[str]] = {}
    failed = 0
    for child, reader in children:
        with os.fdopen(reader) as lines:
            found.update(json.loads(lines.read() or "{}"))
        failed |= os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(json.dumps([found.get(picture, []) for picture in pictures]))
    sys.exit(failed)


def _read(pictures: list[str]) -> dict[str, list[str]]:
    engine = _engine()
    return {picture: list(engine(picture).txts or ()) for picture in pictures}


def _engine() -> Any:
    import rapidocr
    from rapidocr import EngineType, RapidOCR

    folder = Path(rapidocr.__file__).parent / "models"
    kind = EngineType(runtime()[0])
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "EngineConfig.openvino.inference_num_threads": 1,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "Det.engine_type": kind,
            "Rec.engine_type": kind,
            "Cls.engine_type": kind,
            "Det.model_path": str(folder / "PP-OCRv6_det_small.onnx"),
            "Rec.model_path": str(folder / "PP-OCRv6_rec_small.onnx"),
            "Cls.model_path": str(folder / "ch_ppocr_mobile_v2.0_cls_mobile.onnx"),
        }
    )


if __name__ == "__main__":
    main()
