"""Every error stepflow_assets raises, as one tree under flow_compiler's.

ComponentError
├── DocumentError                the document itself is the problem (category source)
│   ├── DocumentNotFound         no such file in its source
│   ├── DocumentForgotten        an old run asks for a document that was erased
│   ├── DocumentChanged          its bytes are no longer the version that was seen
│   ├── DocumentEncrypted        a password is needed
│   ├── DocumentDamaged          it cannot be parsed
│   ├── DocumentUnsupported      no component reads this format
│   └── DocumentTooLarge         beyond the configured limits
├── PageError                    one page could not be prepared
│   ├── PageTimeout              its deadline passed; the worker was ended
│   └── PageCrashed              its worker process died
├── ProviderError                an OCR engine failed
│   ├── ProviderUnavailable      it cannot be reached or loaded
│   │   ├── ProviderBusy         it asks to come back later
│   │   ├── ProviderTimeout      its server did not answer in time
│   │   └── ProviderSkipped      it was not asked: it failed too often just now, or is busy for longer than a page waits
│   ├── NotRecorded              the recorded provider has no answer for this picture
│   └── ProviderQuality          it answered, but with nothing usable
├── EmbedderError                the embedder refused (category provider)
│   ├── EmbedderUnavailable      it cannot be reached, or asks to come back later
│   └── EmbedderUnusable         it answered, but with vectors that cannot be used
├── EvidenceError                the place of a chunk cannot be shown
└── IndexProblem                 the search index refused
    ├── IndexUnavailable         unreadable, unwritable, locked, full
    ├── VectorsRejected          vectors of another number or dimension than the index holds
    └── GenerationSuperseded     a newer generation is live: this writer is too late (not a failure of the document)
SettingsError                    a setting cannot be used
UnknownDocument / UnknownChunk   nothing of that name is in the catalog or the index
"""

from __future__ import annotations

from flow_compiler.errors import Category, ComponentError, FlowCompilerError


class DocumentError(ComponentError):
    code = "document.unusable"
    category = Category.SOURCE
    next_step = "Correct or replace the file, then ingest it again."


class DocumentNotFound(DocumentError):
    code = "document.not_found"
    next_step = "Check the path and its source, or `stepflow-assets forget` the document."


class DocumentForgotten(DocumentError):
    code = "document.forgotten"
    next_step = "Start a new run of the documents that are there; ingesting the file again makes it a new document."


class DocumentChanged(DocumentError):
    code = "document.changed"
    retryable = True
    next_step = "Ingest it again: the new version is taken."


class DocumentEncrypted(DocumentError):
    code = "document.encrypted"
    next_step = "Give its password with --password-file, or ingest a copy without a password."


class DocumentDamaged(DocumentError):
    code = "document.damaged"
    next_step = "Open it in its own program and save it again, or fetch it anew, then ingest it again."


class DocumentUnsupported(DocumentError):
    code = "document.unsupported"
    next_step = "Convert it to a supported format (see `stepflow-assets ingest --help`)."


class DocumentTooLarge(DocumentError):
    code = "document.too_large"
    next_step = "Split the document, or raise the limit in the settings."


class PageError(ComponentError):
    code = "page.failed"
    category = Category.INTERNAL
    next_step = "Run `stepflow-assets retry`; if the page fails again, look at it with its own program."


class PageTimeout(PageError):
    code = "page.timeout"
    category = Category.TIMEOUT
    retryable = True


class PageCrashed(PageError):
    code = "page.crashed"
    category = Category.INTERNAL
    retryable = True


class ProviderError(ComponentError):
    code = "provider.failed"
    category = Category.PROVIDER
    retryable = True
    next_step = "Run `stepflow-assets retry` when the OCR provider works again."


class ProviderUnavailable(ProviderError):
    code = "provider.unavailable"


class ProviderBusy(ProviderUnavailable):
    """``retry_after``: seconds after which it may be asked again, where it said so (HTTP 429 or 503 with Retry-After)."""

    code = "provider.busy"

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[object, ...]:
        return *super().__reduce__(), {"retry_after": self.retry_after}


class ProviderTimeout(ProviderUnavailable):
    code = "provider.timeout"
    category = Category.TIMEOUT


class ProviderSkipped(ProviderUnavailable):
    code = "provider.skipped"


class NotRecorded(ProviderError):
    code = "provider.not_recorded"
    retryable = False
    next_step = "Record the picture with `python -m stepflow_assets.ocr.recording`, or configure another OCR provider."


class ProviderQuality(ProviderError):
    code = "provider.quality"
    retryable = False
    next_step = "Look at the page picture; configure a provider that reads its script or handwriting."


class EmbedderError(ComponentError):
    code = "embedder.refused"
    category = Category.PROVIDER
    next_step = "Check the embedder's model, address and key in the settings, then run `stepflow-assets retry`."


class EmbedderUnavailable(EmbedderError):
    code = "embedder.unavailable"
    retryable = True
    next_step = "Run `stepflow-assets retry` when the embedding server works again."


class EmbedderUnusable(EmbedderError):
    code = "embedder.unusable"
    next_step = "Check that the configured model and dimensions are those of the embedding server."


class EvidenceError(ComponentError):
    code = "evidence.unavailable"
    category = Category.SOURCE
    next_step = "Ingest the document again: its source bytes are needed to draw the place."


class IndexProblem(ComponentError):
    code = "index.failed"
    category = Category.INDEX
    retryable = True
    next_step = "Run `stepflow-assets retry` when the index works again."


class IndexUnavailable(IndexProblem):
    code = "index.unavailable"
    next_step = "Check that the index file's folder is writable and has free space, then retry."


class VectorsRejected(IndexProblem):
    code = "index.vectors_rejected"
    retryable = False
    next_step = "Use the embedder that made the index's vectors, or ingest all documents again into a new index."


class GenerationSuperseded(IndexProblem):
    code = "index.superseded"
    retryable = False
    next_step = "Nothing to do: a newer version of the document is live."


class SettingsError(FlowCompilerError):
    code = "settings.invalid"
    category = Category.INPUT
    next_step = "Correct the setting; `stepflow-assets settings` shows each with its source."


class UnknownDocument(FlowCompilerError):
    code = "catalog.unknown_document"
    category = Category.INPUT
    next_step = "List what is there with `stepflow-assets documents`."


class UnknownChunk(FlowCompilerError):
    code = "index.unknown_chunk"
    category = Category.INPUT
    next_step = "Search again: chunk ids change when a document changes."
