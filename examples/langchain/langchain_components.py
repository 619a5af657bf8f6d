"""Runnables of LangChain as components. Needs ``langchain-core``."""

from __future__ import annotations

import re
from typing import Any, Generic, Literal, TypeVar

from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import BaseModel

from flow_compiler import component

Input = TypeVar("Input")
_GOOD = {"amazing", "excellent", "fantastic", "good", "great", "happy", "love", "wonderful"}
_BAD = {"awful", "bad", "hate", "horrible", "sad", "terrible", "worst"}


class Text(BaseModel):
    text: str


class Pair(BaseModel):
    a: int
    b: int


class Call(BaseModel, Generic[Input]):
    """A runnable's input, and how it is called."""

    input: Input
    execution_mode: Literal["invoke"] = "invoke"


def _analyzed(given: dict[str, Any]) -> dict[str, Any]:
    text = given["text"]
    return {
        "word_count": len(text.split()),
        "char_count": len(text),
        "char_count_no_spaces": len(text.replace(" ", "")),
        "sentence_count": len([part for part in re.split(r"[.!?]+", text) if part.strip()]),
        "uppercase_ratio": sum(mark.isupper() for mark in text) / max(len(text), 1),
    }


def _felt(given: dict[str, Any]) -> dict[str, Any]:
    words = set(re.findall(r"\w+", given["text"].lower()))
    score = len(words & _GOOD) - len(words & _BAD)
    return {
        "sentiment": "positive" if score > 0 else "negative" if score < 0 else "neutral",
        "confidence": min(abs(score) / 2, 1.0),
    }


def _calculated(given: dict[str, Any]) -> dict[str, Any]:
    a, b = given["a"], given["b"]
    return {"sum": a + b, "product": a * b, "power": a**b}


text_runnable: Runnable[dict[str, Any], dict[str, Any]] = RunnableLambda(_analyzed)
sentiment_runnable: Runnable[dict[str, Any], dict[str, Any]] = RunnableLambda(_felt)
math_runnable: Runnable[dict[str, Any], dict[str, Any]] = RunnableLambda(_calculated)


@component
async def text_analyzer(call: Call[Text]) -> dict[str, Any]:
    """Counts of words, characters and sentences."""
    return await text_runnable.ainvoke(call.input.model_dump())


@component
async def sentiment_classifier(call: Call[Text]) -> dict[str, Any]:
    """Whether a text sounds positive, negative or neither."""
    return await sentiment_runnable.ainvoke(call.input.model_dump())


@component
async def math_operations(call: Call[Pair]) -> dict[str, Any]:
    """Sum, product and power of two numbers."""
    return await math_runnable.ainvoke(call.input.model_dump())
