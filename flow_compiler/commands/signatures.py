"""What components promise, in the words of the language: their input and output as JSON schemas."""

from __future__ import annotations

from flow_compiler.engine.registry import Components
from flow_compiler.errors import UnknownComponent
from flow_compiler.language.types.flow_types import Signature, Signatures


def signatures_of(components: Components) -> Signatures:
    """Looks components up as they are asked for. What a class of ours writes has no other fields than its schema lists; of
    another program's results nobody knows that."""

    def signature(path: str) -> Signature | None:
        try:
            component = components.get(path)
        except UnknownComponent:
            return None
        declared = component.declared_output is not None
        return Signature(component.input_schema, component.output_schema, closed=not declared)

    return signature
