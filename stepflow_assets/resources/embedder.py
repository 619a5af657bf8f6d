"""The Embedder protocol: texts in, vectors out; and which one a configuration names.

An embedder's ``name`` is its identity: two embedders of one name give the same vectors for the same text. It is part of
the memo key of ``/embeddings/embed``, and a query has to be embedded by the name that embedded the chunks.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError

from flow_compiler.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

API_KEY_VARIABLE = "STEPFLOW_EMBEDDER_API_KEY"


class Embedder(Protocol):
    """Safe from several tasks and event loops."""

    @property
    def name(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """One row per text, ``len(texts) × dimensions``, finite float32. Raises EmbedderError and its subclasses."""
        ...


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HashingOptions(_Options):
    """Lexical vectors computed here: no model, no network, no meaning beyond shared words."""

    kind: Literal["hashing"] = "hashing"
    dimensions: int = Field(default=512, ge=16, le=8192)


class OpenAiCompatibleOptions(_Options):
    """A server that answers ``POST {base_url}/embeddings`` (OpenAI, vLLM, text-embeddings-inference, Ollama, …)."""

    kind: Literal["openai"] = "openai"
    base_url: str
    model: str
    dimensions: int = Field(ge=1, le=65536)  # what the model returns; checked
    shorten: bool = False  # ask the server for ``dimensions`` (models that can shorten their vectors)
    batch_size: int = Field(default=64, ge=1, le=2048)
    concurrency: int = Field(default=4, ge=1, le=64)
    timeout_seconds: float = Field(default=60.0, gt=0)


EmbedderOptions = Annotated[HashingOptions | OpenAiCompatibleOptions, Field(discriminator="kind")]


def create_embedder(model: Mapping[str, Any]) -> Embedder:
    """The embedder that a flow's ``embedder`` variable describes (``kind`` and that kind's options).

    Nothing is contacted yet. The key of a server is read from the environment, never from the flow: a flow's variables
    are shown in run config. Raises InvalidInput naming the option that cannot be used."""
    try:
        options = TypeAdapter[HashingOptions | OpenAiCompatibleOptions](EmbedderOptions).validate_python(dict(model))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "embedder"
        raise InvalidInput(
            f"the embedder cannot be used: {where}: {first['msg']}",
            next_step='Give the `embedder` variable as {"kind": "hashing"} or {"kind": "openai", "base_url", "model", "dimensions"}.',
        ) from None
    if isinstance(options, HashingOptions):
        from stepflow_assets.resources.hashing_embedder import HashingEmbedder

        return HashingEmbedder(options.dimensions)
    from stepflow_assets.resources.openai_embedder import OpenAiCompatibleEmbedder

    key = os.environ.get(API_KEY_VARIABLE)
    return OpenAiCompatibleEmbedder(options, SecretStr(key) if key else None)
