"""Every setting of the platform, once: flag, environment variable and file key come from this one model.

Precedence: command-line flag, then environment variable (``STEPFLOW_…``, nested with ``__``), then ``stepflow.toml``
(or the file named by ``STEPFLOW_CONFIG``), then the default. Everything the tool writes lies under ``home``.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
from pydantic_settings import SettingsError as UnreadableSetting

from stepflow_assets.errors import SettingsError
from stepflow_assets.ocr.options import ProviderOptions

DEFAULT_CONFIG_FILE = "stepflow.toml"
CONFIG_VARIABLE = "STEPFLOW_CONFIG"


class SourceSettings(BaseModel):
    """A configured source: a folder whose files are its documents."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path = Field(description="Folder of the source.")
    include: tuple[str, ...] = Field(default=(), description="Globs of paths to take (none: all).")
    exclude: tuple[str, ...] = Field(default=(), description="Globs of paths to leave out.")


class PoolOptions(BaseModel):
    """A pool that is a place of its own: the tags its ops carry, and what limits them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kubernetes: dict[str, Any] = Field(default_factory=dict, description="Value of the op tag dagster-k8s/config.")
    limit: str | None = Field(default=None, description="Dagster pool that limits these ops across runs.")
    tags: dict[str, str] = Field(default_factory=dict, description="Further op tags.")


class Settings(BaseSettings):
    """All settings. Build with :meth:`load`, which reports what cannot be used as a SettingsError."""

    model_config = SettingsConfigDict(
        env_prefix="STEPFLOW_", env_nested_delimiter="__", frozen=True, extra="forbid", toml_file=DEFAULT_CONFIG_FILE
    )

    home: Path = Field(
        default=Path(".stepflow"), description="Folder for everything the tool writes; delete it to start anew."
    )
    database_url: str | None = Field(
        default=None, description="Journal, memo and catalog (default: SQLite in home). PostgreSQL: postgresql://…"
    )
    artifacts: str | None = Field(
        default=None, description="Artifact store: folder or object store URL (default: in home)."
    )
    index: Path | None = Field(default=None, description="File of the embedded search index (default: in home).")
    flow: Path | None = Field(
        default=None, description="Flow that ingests documents (default: the shipped document_ingestion)."
    )
    sources: dict[str, SourceSettings] = Field(
        default_factory=dict, description='Configured sources by name, e.g. {"docs": {"path": "/data"}}.'
    )
    variables: dict[str, Any] = Field(
        default_factory=dict, description='Flow variables, e.g. {"chunking": {"max_tokens": 128}}.'
    )
    password_file: Path | None = Field(
        default=None, description="File with passwords of encrypted documents, one a line; tried in order."
    )
    documents_at_once: int = Field(
        default=8, ge=1, le=256, description="Documents of a batch that are worked on at the same time."
    )
    documents_per_run: int = Field(
        default=250, ge=1, le=5000, description="Documents of one Dagster run started by the command line."
    )
    pdf_workers: int | None = Field(
        default=None, ge=1, description="Processes that read and render pages (default: the CPU limit)."
    )
    ocr_workers: int | None = Field(
        default=None, ge=1, description="Processes that recognise pages (default: the CPU limit)."
    )
    office_workers: int = Field(default=1, ge=1, description="Processes that convert office, web and mail documents.")
    max_document_bytes: int = Field(default=512 * 1024 * 1024, ge=1, description="Larger files are refused (bytes).")
    max_picture_bytes: int = Field(
        default=8 * 1024 * 1024,
        ge=64 * 1024,
        description="Bytes of a page picture that recognition reads; quality and resolution go down to it.",
    )
    page_deadline: float = Field(
        default=60.0, gt=0, description="Seconds after which the worker of a stuck page is ended."
    )
    document_deadline: float = Field(
        default=300.0, gt=0, description="Seconds after which a stuck conversion is ended."
    )
    ocr_provider: str | None = Field(default=None, description="OCR provider by name (default: the registry chooses).")
    ocr_providers: dict[str, ProviderOptions] = Field(
        default_factory=dict, description='Limits, prices and options of OCR providers, e.g. {"vision": {"batch": 8}}.'
    )
    pools: dict[str, PoolOptions] = Field(
        default_factory=dict,
        description='Pools that are places of their own, e.g. {"gpu": {"limit": "gpu"}}; any other runs in the run itself.',
    )
    routes: dict[str, str] = Field(
        default_factory=dict,
        description='Component prefix to pool, e.g. {"/ocr": "gpu"}; a step\'s own pool comes first.',
    )
    eval_corpus: Path | None = Field(
        default=None,
        description="Corpus with ground truth (manifest.json): adds the job evaluate_corpus, whose checks are its scores.",
    )
    log_passed_checks: bool = Field(
        default=True, description="Record passed check evaluations too (off: only failed ones, for big backfills)."
    )
    viewer_url: str = Field(
        default="http://127.0.0.1:3100",
        pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$",
        description="Where the viewer is: Dagster's materializations link to it, and `dev` starts it when that is on loopback.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=_config_file())

    @classmethod
    def load(cls, flags: Mapping[str, Any] | None = None) -> Settings:
        """From flags (only those given), environment and file. Raises SettingsError naming field and place."""
        given = {name: value for name, value in (flags or {}).items() if value is not None}
        if CONFIG_VARIABLE in os.environ and not _config_file().is_file():
            raise SettingsError(f"{CONFIG_VARIABLE} names {_config_file()}, which is not a file")
        try:
            return cls(**given)
        except ValidationError as error:
            raise SettingsError(_what_is_wrong(error.errors()[0])) from None
        except UnreadableSetting as error:  # its message has the field, never the value
            raise SettingsError(f"{error}: it has to be JSON") from None
        except (OSError, ValueError) as error:
            raise SettingsError(f"{_config_file()} cannot be read: {error}") from None

    @cached_property
    def home_folder(self) -> Path:
        return self.home.absolute()

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.home_folder / 'stepflow.db'}"

    @property
    def artifact_store(self) -> str:
        return self.artifacts or str(self.home_folder / "artifacts")

    @property
    def index_file(self) -> Path:
        return self.index or self.home_folder / "index" / "index.db"

    @property
    def dagster_home(self) -> Path:
        return self.home_folder / "dagster"

    @property
    def run_locks(self) -> Path:
        return self.home_folder / "runs"

    @property
    def flow_file(self) -> Path:
        return self.flow or shipped("flows/document_ingestion.yaml")


def _config_file() -> Path:
    return Path(os.environ.get(CONFIG_VARIABLE, DEFAULT_CONFIG_FILE))


def _what_is_wrong(first: ErrorDetails) -> str:
    field = ".".join(str(part) for part in first["loc"])
    if first["type"] != "extra_forbidden":
        return f"setting {field}: {first['msg']}"
    *above, last = map(str, first["loc"])
    near = difflib.get_close_matches(last, _fields_below(above), n=1)
    return f"there is no setting {field}" + (f"; did you mean {'.'.join([*above, near[0]])}?" if near else "")


def _fields_below(above: Sequence[str]) -> Iterable[str]:
    """Names beside the one that is wrong: of all settings, or of one source, pool or provider."""
    models: dict[str, type[BaseModel]] = {
        "sources": SourceSettings,
        "pools": PoolOptions,
        "ocr_providers": ProviderOptions,
    }
    model = models.get(above[0]) if above else Settings
    return model.model_fields if model else ()


def shipped(name: str) -> Path:
    """A file that ships with the package: beside the code in a checkout, inside the package once installed."""
    package = Path(__file__).parent
    installed = package / "shipped" / name
    if installed.exists():
        return installed
    checkout = {"documents": "examples/documents", "questions.yaml": "examples/questions.yaml"}
    head, _, rest = name.partition("/")
    return package.parent / checkout.get(head, head) / rest


def shown_value(value: Any) -> str:
    """A setting's value (as JSON has it) in words: the password of a URL is left out."""
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return re.sub(r"(://[^:/@\s]+):[^@\s]+@", r"\1:***@", text)
