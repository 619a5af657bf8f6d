"""Every error flow_compiler raises, as one tree.

FlowCompilerError
├── FlowError                    the flow cannot be used
│   ├── FlowLoadError            it cannot be read (file, line, column, what to write instead)
│   ├── FlowRejected             it reads, but a fatal diagnostic makes it unusable
│   └── ConfigurationError       its configuration cannot be used (file, line, column, what to write instead)
├── ComponentError               a component's own failure; components raise it or a subclass
│   ├── InvalidInput             the input does not fit the component (never retried)
│   ├── ResourceUnavailable      something it needs is away for the moment (retried)
│   └── WorkerLost               the process that was computing it died (retried from a budget of its own)
├── UnknownComponent             no such component is registered (nearest names are listed)
├── PluginFailed                 what serves components cannot be started
├── StoreError                   journal, memo or artifact store cannot do its work
│   ├── StoreUnavailable         unwritable, full, locked
│   ├── ArtifactMissing          no bytes under that digest
│   ├── ArtifactCorrupt          the bytes do not have the digest they are stored under
│   └── LeaseLost                another owner holds the lease: this writer is fenced off
├── RequestRefused               what a client asked of the server over HTTP cannot be done
├── ServerUnavailable            the server that was asked does not answer
└── RunCancelled                 a person or a signal stopped the run; it can be resumed

Each error has a stable ``code``, a ``category``, ``retryable`` and a ``next_step`` sentence.
"""

from __future__ import annotations

from enum import StrEnum


class Category(StrEnum):
    """Who has to act on a failure (design: Contracts, Errors)."""

    SOURCE = "source"
    INPUT = "input"
    PROVIDER = "provider"
    CAPACITY = "capacity"
    TIMEOUT = "timeout"
    QUALITY = "quality"
    INDEX = "index"
    INTERNAL = "internal"


class FlowCompilerError(Exception):
    """Root of the tree. Class attributes are the defaults; keyword arguments override them per instance."""

    code: str = "internal.error"
    category: Category = Category.INTERNAL
    retryable: bool = False
    next_step: str = "Report this with the command that caused it."

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        category: Category | None = None,
        retryable: bool | None = None,
        next_step: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code
        if category is not None:
            self.category = category
        if retryable is not None:
            self.retryable = retryable
        if next_step is not None:
            self.next_step = next_step

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross process borders (worker pools), so every field must survive pickling."""
        return _rebuild, (type(self), self.message, self.code, self.category, self.retryable, self.next_step)


def _rebuild(
    cls: type[FlowCompilerError], message: str, code: str, category: Category, retryable: bool, next_step: str
) -> FlowCompilerError:
    error = cls.__new__(cls)
    FlowCompilerError.__init__(error, message, code=code, category=category, retryable=retryable, next_step=next_step)
    return error


_LONGEST_SENTENCE = 1000


def shortened(sentence: str) -> str:
    """A sentence that repeats what it found says the beginning and the end of it: a file may hold one name of 4 MiB."""
    if len(sentence) <= _LONGEST_SENTENCE:
        return sentence
    half = _LONGEST_SENTENCE // 2
    return f"{sentence[:half]}…{sentence[-half:]}"


class FlowError(FlowCompilerError):
    code = "flow.invalid"
    category = Category.INPUT
    next_step = "Correct the flow and run `flow-compiler validate` on it."


class FlowLoadError(FlowError):
    """The flow cannot be read. ``file``, ``line`` and ``column`` (from 1) name the place when known."""

    code = "flow.unreadable"
    file: str | None = None
    line: int | None = None
    column: int | None = None

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
        code: str | None = None,
        next_step: str | None = None,
    ) -> None:
        super().__init__(shortened(message), code=code, next_step=next_step and shortened(next_step))
        self.file, self.line, self.column = file, line, column

    def __reduce__(self) -> tuple[object, ...]:
        return *super().__reduce__(), {"file": self.file, "line": self.line, "column": self.column}

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return f"{place}: {self.message}" if place else self.message


class FlowRejected(FlowError):
    """A fatal diagnostic: the flow reads, but cannot run."""

    code = "flow.rejected"


class ConfigurationError(FlowLoadError):
    """A configuration cannot be read, or says what cannot be done."""

    code = "configuration.invalid"
    next_step = "Correct the configuration and run `flow-compiler validate --config` on it."


class ComponentError(FlowCompilerError):
    """What a component raises when it cannot do its work."""

    code = "component.failed"
    next_step = "See the message; correct the input or the component and run again."


class InvalidInput(ComponentError):
    code = "component.invalid_input"
    category = Category.INPUT
    next_step = "Correct the named field of the step's input."


class ResourceUnavailable(ComponentError):
    code = "component.resource_unavailable"
    category = Category.CAPACITY
    retryable = True
    next_step = "Run again when the named resource is back."


class WorkerLost(ComponentError):
    code = "component.worker_lost"
    retryable = True
    next_step = "Run again; if it happens again, give the worker more memory or look at its input."


class UnknownComponent(FlowCompilerError):
    code = "component.unknown"
    category = Category.INPUT
    next_step = "Correct the component path, or install the package that provides it."


class PluginFailed(FlowCompilerError):
    """A plugin cannot be opened: its program does not start, or does not say what it serves."""

    code = "plugin.failed"
    category = Category.PROVIDER
    next_step = "Correct the plugin in the configuration, or install what it needs, and start again."


class StoreError(FlowCompilerError):
    code = "store.error"
    category = Category.CAPACITY
    retryable = True


class StoreUnavailable(StoreError):
    code = "store.unavailable"
    next_step = "Check that the folder or database exists, is writable and has free space, then run again."


class ArtifactMissing(StoreError):
    code = "store.artifact_missing"
    category = Category.INTERNAL
    next_step = "Run the document again with --refresh: the artifact is computed anew."


class ArtifactCorrupt(StoreError):
    code = "store.artifact_corrupt"
    category = Category.INTERNAL
    next_step = "Run the document again with --refresh: the artifact is computed anew."


class LeaseLost(StoreError):
    code = "store.lease_lost"
    next_step = "Nothing to do: another runner took the work over and finishes it."


class RequestRefused(FlowCompilerError):
    code = "request.invalid"
    category = Category.INPUT
    next_step = "Correct the request; `GET /api/v1/openapi.json` describes what can be sent."


class ServerUnavailable(FlowCompilerError):
    code = "server.unavailable"
    category = Category.CAPACITY
    retryable = True
    next_step = "Check that the server runs and that --url is right, then give the command again."


class RunCancelled(FlowCompilerError):
    code = "run.cancelled"
    category = Category.CAPACITY
    retryable = True
    next_step = "Give the same command again: finished work is kept."
