"""Runs in Surya's own environment, as a program: a line of JSON in, a line of JSON out. It imports nothing of the platform.

In: {"id", "picture"}. Out: {"id", "text", "blocks": [{"label", "box", "html"}], "confidence", "tokens", "model",
"system_fingerprint", "truncated", "withheld"}, or {"id", "failed", "status", "retry_after"}. First of all: {"ready": version},
or {"failed": reason}. Ends when its input does.

Surya's predictors give an empty page for a server that fails, so they are not used: its manager's server, its client and its
parsers are, and the error flag is looked at. Its client keeps neither the reason why an answer ended nor the status of one that
failed: both are taken from the response itself. It asks once, at temperature 0: trying again is the platform's.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import Any

import httpx


class Asking:
    """One server, many threads. The transport, with its connections, is shared; what a response says is noted per request."""

    def __init__(self, parallel: int) -> None:
        from surya.inference import SuryaInferenceManager

        self.handle = SuryaInferenceManager(method="vllm").backend.start()
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=parallel)
        self.transport = httpx.HTTPTransport(limits=limits)

    def page(self, path: str, max_tokens: int, timeout: float) -> dict[str, Any]:
        from openai import OpenAI
        from PIL import Image
        from surya.inference.backends.openai_client import chat_completions_batch
        from surya.inference.prompts import PROMPT_TYPE_HIGH_ACCURACY_BBOX
        from surya.inference.schema import BatchInputItem

        noted: dict[str, Any] = {}

        def note(response: httpx.Response) -> None:
            noted["status"], noted["retry_after"] = response.status_code, response.headers.get("retry-after")
            response.read()
            if response.status_code == httpx.codes.OK:
                noted["body"] = response.content

        with Image.open(path) as picture:
            item = BatchInputItem(
                image=picture.convert("RGB"), prompt_type=PROMPT_TYPE_HIGH_ACCURACY_BBOX, request_logprobs=True
            )
        http = httpx.Client(
            transport=self.transport, event_hooks={"response": [note]}, follow_redirects=False, trust_env=False
        )
        key = os.environ.get("VLLM_API_KEY") or "EMPTY"
        client = OpenAI(api_key=key, base_url=self.handle.base_url, http_client=http, max_retries=0)
        (output,) = chat_completions_batch(
            [item],
            client=client,
            model_name=self.handle.model_name,
            max_tokens_default=max_tokens,
            timeout=timeout,
            max_workers=1,
            max_retries=0,
        )
        if output.error:
            return {
                "failed": "surya's client got no answer",
                "status": noted.get("status"),
                "retry_after": noted.get("retry_after"),
            }
        return answer(output, said_by(noted.get("body", b"")), max_tokens)


def answer(output: Any, said: dict[str, Any], max_tokens: int) -> dict[str, Any]:
    from surya.inference.parsers import parse_full_page_html

    choice = (said.get("choices") or [{}])[0]
    usage = said.get("usage") or {}
    parsed = [{"label": b.label, "box": b.bbox, "html": b.html} for b in parse_full_page_html(output.raw)]
    return {
        "text": output.raw,
        "blocks": parsed,
        "confidence": output.mean_token_prob,
        "tokens": [usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or output.token_count],
        "model": said.get("model"),
        "system_fingerprint": said.get("system_fingerprint"),
        "truncated": choice.get("finish_reason") == "length" or output.token_count >= max_tokens,
        "withheld": choice.get("finish_reason") == "content_filter",
    }


def said_by(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def main(parallel: int, max_tokens: int, timeout: float) -> None:
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no answer
    lock = threading.Lock()

    def say(message: dict[str, Any]) -> None:
        with lock:
            out.write(json.dumps(message, ensure_ascii=True) + "\n")
            out.flush()

    try:
        asking = Asking(parallel)
    except Exception as error:  # noqa: BLE001 - whatever it is, the platform has to hear of it
        say({"failed": f"surya is not ready ({type(error).__name__})"})
        return
    say({"ready": version("surya-ocr")})

    def serve(request: dict[str, Any]) -> None:
        try:
            found = asking.page(request["picture"], max_tokens, timeout)
        except Exception as error:  # noqa: BLE001 - one page must not end the others
            found = {"failed": f"surya's client failed ({type(error).__name__})", "status": None, "retry_after": None}
        say({"id": request["id"]} | found)

    threads = ThreadPoolExecutor(parallel)
    for line in sys.stdin:
        threads.submit(serve, json.loads(line))
    os._exit(0)  # nobody waits for what is under way


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
