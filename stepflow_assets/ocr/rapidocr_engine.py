"""The engine inside a worker process: detect lines, find out which way the page is turned, recognise.

Imported only in worker processes: it loads OpenCV, the inference runtime and the weights (1.5 CPU seconds).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rapidocr
from rapidocr import EngineType, RapidOCR
from rapidocr.ch_ppocr_rec import TextRecInput

from stepflow_assets.errors import ProviderUnavailable
from stepflow_assets.ocr.protocol import mean_confidence
from stepflow_assets.ocr.rapidocr_crops import Corners, cut, turned_back, usual_thickness

Pixels = Any  # numpy array, height × width × 3, uint8, BGR

_WEIGHTS = {
    "Det": "PP-OCRv6_det_small.onnx",
    "Rec": "PP-OCRv6_rec_small.onnx",
    "Cls": "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
}
_WIDTH_STEP = 64  # crops are padded to multiples: few input shapes, so few compiled kernels are kept (0.4 GiB less)
_VOTERS = 24
_SURE = 0.9
_CLEAR_MAJORITY = 0.8
_FEW_VOTES = 6
_MAX_ASPECT = 8


@dataclass(frozen=True)
class Reading:
    """One line: corners in pixels of the picture, clockwise from where the text starts."""

    corners: Corners
    text: str
    score: float
    found: float  # the detector's score

    def raw(self) -> dict[str, Any]:
        corners = [[round(x, 1), round(y, 1)] for x, y in self.corners]
        return {"box": corners, "text": self.text, "score": self.score, "found": round(self.found, 5)}


@dataclass(frozen=True)
class ReadPage:
    """``turned``: degrees, counter-clockwise, by which the picture had to be turned to be read."""

    width: int
    height: int
    turned: int
    readings: tuple[Reading, ...]


class RapidOcrEngine:
    """Not thread-safe. Raises ProviderUnavailable when runtime or weights are missing."""

    def __init__(self, runtime: str, max_side: int) -> None:
        folder = Path(rapidocr.__file__).parent / "models"
        try:
            engine_type = EngineType(runtime)
        except ValueError:
            raise ProviderUnavailable("neither openvino nor onnxruntime is installed", retryable=False) from None
        missing = [name for name in _WEIGHTS.values() if not (folder / name).is_file()]
        if missing:
            raise ProviderUnavailable(f"RapidOCR's wheel lacks its weights {', '.join(missing)}", retryable=False)
        parts = {f"{part}.engine_type": engine_type for part in _WEIGHTS}
        weights = {f"{part}.model_path": str(folder / name) for part, name in _WEIGHTS.items()}
        engine = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.use_cls": False,
                "Rec.rec_batch_num": 1,  # one thread gains nothing from batches; a batch is padded to its widest line
                "EngineConfig.openvino.inference_num_threads": 1,
                "EngineConfig.openvino.num_streams": 1,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                **parts,
                **weights,
            }
        )
        self._detector = engine._load_det_model()
        self._recognizer = engine._load_rec_model()
        self._classifier = engine._load_cls_model()
        self._recognizer.session = _StepwiseWidths(self._recognizer.session)
        self._max_side = max_side

    def read(self, picture: Pixels) -> ReadPage:
        """The lines of a picture in the detector's order (top to bottom); none where it finds no text."""
        height, width = picture.shape[:2]
        page = _fitted(picture, self._max_side)
        scale = max(height, width) / max(page.shape[:2])
        page = _squarer(page)
        boxes, scores = self._detect(page)
        tries = [self._turned(page, boxes, scores, turn) for turn in self._turns(page, boxes)]
        turn, readings = max(tries, key=lambda found: _trust(found[1]))
        size = page.shape[1], page.shape[0]
        mapped = tuple(
            Reading(
                tuple((x * scale, y * scale) for x, y in turned_back(item.corners, turn, size)),
                item.text,
                item.score,
                item.found,
            )
            for item in readings
        )
        return ReadPage(width, height, 90 * turn, mapped)

    def _turned(self, page: Pixels, boxes: Any, scores: Any, turn: int) -> tuple[int, list[Reading]]:
        if turn:
            page = np.ascontiguousarray(np.rot90(page, turn))
            boxes, scores = self._detect(page)
        return turn, self._recognize(page, boxes, scores)

    def _detect(self, page: Pixels) -> tuple[Any, Any]:
        found = self._detector(page)
        if found.boxes is None:
            return [], []
        return found.boxes.astype(np.float32), found.scores

    def _turns(self, page: Pixels, boxes: Any) -> tuple[int, ...]:
        """Quarter turns counter-clockwise to try: one where the longest lines agree, two where they hardly do.

        The lines say whether they lie along the page, the classifier whether they stand on their head (notes/ocr 2.4).
        """
        if not len(boxes):
            return (0,)
        lengths = np.linalg.norm(boxes - np.roll(boxes, 1, axis=1), axis=2).max(axis=1)
        longest = boxes[np.argsort(-lengths)[:_VOTERS]]
        thickness = usual_thickness(boxes)
        crops = [crop for box in longest if (crop := cut(page, box, thickness)) is not None]
        if not crops:
            return (0,)
        tall = sum(crop.tall for crop in crops) > len(crops) / 2
        votes = self._classifier([crop.pixels for crop in crops if crop.tall == tall]).cls_res
        sure = [label for label, score in votes if score > _SURE]
        overturned = sum(label == "180" for label in sure)
        upright, upset = (1, 3) if tall else (0, 2)
        if not sure:
            return (upright, upset) if tall else (0,)
        majority = max(overturned, len(sure) - overturned) / len(sure)
        winner, loser = (upset, upright) if overturned > len(sure) / 2 else (upright, upset)
        if winner == 0 or (len(sure) >= _FEW_VOTES and majority >= _CLEAR_MAJORITY):
            return (winner,)
        return (winner, loser)

    def _recognize(self, page: Pixels, boxes: Any, scores: Any) -> list[Reading]:
        crops, found = [], []
        thickness = usual_thickness(boxes) if len(boxes) else 0.0
        for box, score in zip(boxes, scores, strict=True):
            crop = cut(page, box, thickness)
            if crop is not None:
                crops.append(crop)
                found.append(float(score))
        if not crops:
            return []
        standing = [index for index, crop in enumerate(crops) if crop.tall]
        if standing:  # a line along the margin may be read upwards or downwards
            votes = self._classifier([crops[index].pixels for index in standing]).cls_res
            for index, (label, score) in zip(standing, votes, strict=True):
                if label == "180" and score > _SURE:
                    crops[index] = crops[index].overturned()
        read = self._recognizer(TextRecInput(img=[crop.pixels for crop in crops], return_word_box=False))
        return [
            Reading(crop.corners, text, float(score), det)
            for crop, det, text, score in zip(crops, found, read.txts, read.scores, strict=True)
        ]


class _StepwiseWidths:
    """An inference session whose inputs are padded to multiples of a width, as the recogniser pads batches anyway."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def __call__(self, batch: Any) -> Any:
        missing = -batch.shape[3] % _WIDTH_STEP
        return self._session(np.pad(batch, ((0, 0), (0, 0), (0, 0), (0, missing))) if missing else batch)


def _fitted(picture: Pixels, max_side: int) -> Pixels:
    scale = max_side / max(picture.shape[:2])
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else picture


def _squarer(page: Pixels) -> Pixels:
    """Strips get margins below or to the right: the detector enlarges the short side, which would blow them up."""
    height, width = page.shape[:2]
    below = max(32, width // _MAX_ASPECT) - height
    right = max(32, height // _MAX_ASPECT) - width
    if below <= 0 and right <= 0:
        return page
    return cv2.copyMakeBorder(page, 0, max(0, below), 0, max(0, right), cv2.BORDER_REPLICATE)


def _trust(readings: Sequence[Reading]) -> float:
    return mean_confidence([(item.text, item.score) for item in readings]) or 0.0
