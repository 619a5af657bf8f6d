"""``/builtin/create_messages``: a chat prompt as messages."""

from __future__ import annotations

from pydantic import BaseModel

from flow_compiler.engine.components import ComponentContext, component


class Prompt(BaseModel):
    user_prompt: str
    system_instructions: str | None = None


class Message(BaseModel):
    role: str
    content: str


class Messages(BaseModel):
    messages: list[Message]


@component("/builtin/create_messages", effect="pure", builtin=True)
async def create_messages(given: Prompt, context: ComponentContext) -> Messages:  # noqa: ARG001
    """The user's prompt as chat messages, after the system's instructions if there are any."""
    messages = [Message(role="user", content=given.user_prompt)]
    if given.system_instructions is not None:
        messages.insert(0, Message(role="system", content=given.system_instructions))
    return Messages(messages=messages)
