"""Flags of the settings, as literals so that ``--help`` needs no settings model; a test holds both equal."""

from __future__ import annotations

SETTING_FLAGS: tuple[tuple[str, str], ...] = (
    ("home", "Folder for everything the tool writes; delete it to start anew."),
    ("database_url", "Journal, memo and catalog (default: SQLite in home). PostgreSQL: postgresql://…"),
    ("artifacts", "Artifact store: folder or object store URL (default: in home)."),
    ("index", "File of the embedded search index (default: in home)."),
    ("flow", "Flow that ingests documents (default: the shipped document_ingestion)."),
    ("sources", 'Configured sources by name, e.g. {"docs": {"path": "/data"}}.'),
    ("variables", 'Flow variables, e.g. {"chunking": {"max_tokens": 128}}.'),
    ("password_file", "File with passwords of encrypted documents, one a line; tried in order."),
    ("documents_at_once", "Documents of a batch that are worked on at the same time."),
    ("documents_per_run", "Documents of one Dagster run started by the command line."),
    ("pdf_workers", "Processes that read and render pages (default: the CPU limit)."),
    ("ocr_workers", "Processes that recognise pages (default: the CPU limit)."),
    ("office_workers", "Processes that convert office, web and mail documents."),
    ("max_document_bytes", "Larger files are refused (bytes)."),
    ("max_picture_bytes", "Bytes of a page picture that recognition reads; quality and resolution go down to it."),
    ("page_deadline", "Seconds after which the worker of a stuck page is ended."),
    ("document_deadline", "Seconds after which a stuck conversion is ended."),
    ("ocr_provider", "OCR provider by name (default: the registry chooses)."),
    (
        "pools",
        'Pools that are places of their own, e.g. {"gpu": {"limit": "gpu"}}; any other runs in the run itself.',
    ),
    ("routes", 'Component prefix to pool, e.g. {"/ocr": "gpu"}; a step\'s own pool comes first.'),
    ("log_passed_checks", "Record passed check evaluations too (off: only failed ones, for big backfills)."),
)
"""(name in :class:`stepflow_assets.settings.Settings`, its description)."""

JSON_VALUED = frozenset({"pools", "routes", "sources", "variables"})
