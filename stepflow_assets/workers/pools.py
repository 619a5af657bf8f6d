"""The pools of the platform, by kind of work: reading and rendering pages, recognising them, converting documents."""

from __future__ import annotations

from functools import cached_property

from stepflow_assets.workers.limits import available_cpus, available_memory
from stepflow_assets.workers.pool import WorkerPool

_OCR_WORKER_BYTES = 1 << 30  # peak of one recogniser, with room
_PDF_WORKER_BYTES = (1 << 29, 2 << 30)  # at least, at most; an ordinary page takes 0.03 GiB


class WorkerPools:
    """Resource with ``pdf``, ``ocr`` and ``office``, each started at its first call. Deadlines are seconds per call.

    Recycling bounds what native libraries leak (measured for docling: about 6 MB a conversion, notes/docling 2.2). What
    one page may take is bounded too: a file can ask for any amount.
    """

    def __init__(
        self,
        pdf: int | None = None,
        ocr: int | None = None,
        office: int = 1,
        *,
        page_deadline: float = 60.0,
        document_deadline: float = 300.0,
    ) -> None:
        cpus = available_cpus()
        self._pdf = pdf or cpus
        self._ocr = ocr or max(1, min(cpus, available_memory() // _OCR_WORKER_BYTES))
        fewest, most = _PDF_WORKER_BYTES
        self._pdf_memory = max(fewest, min(most, available_memory() // self._pdf))
        self._office = office
        self._page_deadline, self.document_deadline = page_deadline, document_deadline

    @cached_property
    def pdf(self) -> WorkerPool:
        return WorkerPool(
            "pdf",
            workers=self._pdf,
            recycle_after=500,
            deadline=self._page_deadline,
            memory=self._pdf_memory,
        )

    @cached_property
    def ocr(self) -> WorkerPool:
        return WorkerPool("ocr", workers=self._ocr, recycle_after=200, deadline=self._page_deadline)

    @cached_property
    def office(self) -> WorkerPool:
        return WorkerPool("office", workers=self._office, recycle_after=100, deadline=self.document_deadline)

    def close(self) -> None:
        """End all workers of the pools that were used."""
        for name in ("pdf", "ocr", "office"):
            pool = self.__dict__.get(name)
            if pool is not None:
                pool.close()
