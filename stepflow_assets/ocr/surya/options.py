"""What the provider ``surya`` takes."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from stepflow_assets.ocr.vision.options import plain_address


class SuryaOptions(BaseModel):
    """Options of ``surya``. The server is never started here: it has to be there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    python: str = Field(min_length=1, description="Interpreter of the environment that surya-ocr is installed in.")
    url: str = Field(description="Address of the inference server, with its /v1.")
    model: str = Field(
        default="datalab-to/surya-ocr-2", min_length=1, description="Model by the name that the server knows it by."
    )
    api_key_env: str | None = Field(
        default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="Environment variable that holds the key."
    )
    max_tokens: int = Field(default=12_288, ge=16, le=131_072, description="Tokens that an answer may have.")
    seconds_per_page: float = Field(default=10.0, ge=0, description="What a page takes: cheaper providers come first.")

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        return plain_address(value)
