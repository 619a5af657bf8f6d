"""``/embeddings/embed``: one vector per chunk, by the embedder that is configured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from flow_compiler.engine.components import ComponentContext, Resources, component
from stepflow_assets.components.contracts import Embedded, EmbedInput
from stepflow_assets.documents.chunk import Chunk
from stepflow_assets.documents.page import Ref
from stepflow_assets.errors import EmbedderUnusable
from stepflow_assets.resources.embedder import create_embedder

if TYPE_CHECKING:
    from stepflow_assets.resources.embedder import Vectors


def embedding_text(chunk: Chunk) -> str:
    """What is embedded: the chunk under the headings it stands below, unless its own text begins with them."""
    above = [heading for heading in chunk.headings if not chunk.text.startswith(heading)]
    return "\n".join([*above, chunk.text])


def _identity(value: Any, resources: Resources) -> str:  # noqa: ARG001 - the model is all that matters
    return create_embedder(EmbedInput.model_validate(value).model).name


@component("/embeddings/embed", version="1", effect="pure", profile=_identity)
async def embed(input: EmbedInput, context: ComponentContext) -> Embedded:
    """Vectors as float32 rows, little endian, in the order of the chunks.

    Raises EmbedderError and its subclasses (category provider), InvalidInput when the model names no embedder."""
    embedder = create_embedder(input.model)
    texts = await _texts(input.chunks, context)
    if not texts:
        return Embedded(vectors=None, count=0, dimensions=embedder.dimensions, model=embedder.name)
    vectors = await embedder.embed(texts)
    _check(vectors, len(texts), embedder.dimensions)
    blob = await context.put_blob(vectors.astype("<f4").tobytes(), "binary")
    context.report(vectors=len(texts), vector_bytes=blob.size)
    return Embedded(
        vectors=Ref(id=blob.id, size=blob.size, kind=blob.kind),
        count=len(texts),
        dimensions=embedder.dimensions,
        model=embedder.name,
    )


async def _texts(chunks: Ref | None, context: ComponentContext) -> list[str]:
    if chunks is None:
        return []
    data = await context.get_blob(chunks.id)
    return [embedding_text(chunk) for chunk in TypeAdapter(list[Chunk]).validate_json(data)]


def _check(vectors: Vectors, count: int, dimensions: int) -> None:
    import numpy as np

    if vectors.shape != (count, dimensions):
        raise EmbedderUnusable(f"vectors of shape {vectors.shape} came back, ({count}, {dimensions}) was expected")
    if not np.isfinite(vectors).all():
        raise EmbedderUnusable("a vector holds a number that is not finite")
