"""What a vision provider takes: where its server is, which model, and in which dialect that model answers."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

DialectName = Literal[
    "surya2",
    "markdown",
    "chandra",
    "dots",
    "mineru2",
    "deepseek",
    "unlimited",
    "nemotron2",
    "nemotron35",
    "paddleocr-vl",
    "doctags",
]


class VisionOptions(BaseModel):
    """Options of ``vision:NAME``. The key is named, never given: it is read from the environment at each request."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str = Field(description="Address of the server, with its /v1; nothing else is ever contacted.")
    model: str = Field(min_length=1, description="Model by the name that the server knows it by.")
    dialect: DialectName = Field(description="How this family of models is asked, and how it answers.")
    api_key_env: str | None = Field(
        default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="Environment variable that holds the key."
    )
    max_tokens: int = Field(default=12_288, ge=16, le=131_072, description="Tokens that an answer may have.")
    max_pixels: int = Field(
        default=6_291_456, ge=3136, description="Larger pictures are scaled down to as many (3072 × 2048)."
    )
    languages: tuple[str, ...] = Field(default=(), description="Languages that the model reads (none: all known).")
    handwriting: bool = Field(default=False, description="Whether the model reads handwriting.")
    logprobs: bool = Field(default=True, description="Ask for token probabilities; some servers refuse.")
    seconds_per_page: float = Field(default=10.0, ge=0, description="What a page takes: cheaper providers come first.")

    @field_validator("base_url")
    @classmethod
    def _address(cls, value: str) -> str:
        return plain_address(value) + "/"


def plain_address(value: str) -> str:
    """The address of a server, without a slash at its end. Raises ValueError."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("it has to be an http or https address")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("it may hold no user, password, query or fragment: name the key with api_key_env")
    return value.rstrip("/")
