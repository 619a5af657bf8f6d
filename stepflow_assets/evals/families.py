"""Families of the corpus: what is evaluated together."""

from __future__ import annotations

PAGED = ("scans_clean", "scans_degraded", "scans", "born_digital", "rtl", "tables", "layout_human", "parser_regression")
FLOWING = ("docx", "pptx", "xlsx", "odf", "html", "md", "csv", "epub", "jats", "webvtt", "email")
FAMILIES = (*PAGED, *FLOWING)
