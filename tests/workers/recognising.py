"""What runs inside the worker of ``test_nothing_phones_home``."""

from __future__ import annotations

import sys


def recognise_a_blank_page() -> set[str]:
    """Loads the real engine; returns which of OpenVINO and its telemetry are loaded."""
    import numpy
    from rapidocr import EngineType, RapidOCR

    from stepflow_assets.ocr import rapidocr_engine  # noqa: F401

    engine = RapidOCR(
        params={
            "Global.use_cls": False,
            "Global.log_level": "critical",
            "Det.engine_type": EngineType.OPENVINO,
            "Rec.engine_type": EngineType.OPENVINO,
            "Cls.engine_type": EngineType.OPENVINO,
        }
    )
    engine(numpy.full((64, 64, 3), 255, dtype=numpy.uint8))
    return {name for name in ("openvino", "openvino_telemetry") if sys.modules.get(name) is not None}
