"""Serves the tiny model over HTTP as vLLM does: /health, /v1/models, /v1/chat/completions with token probabilities.

Run by Surya's environment, ``python serve.py FOLDER NAME``; prints its port, ends with its input.
"""

from __future__ import annotations

import base64
import io
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import torch
from make_model import encoded
from PIL import Image
from transformers import PreTrainedTokenizerFast, Qwen3_5ForConditionalGeneration
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

FOLDER, NAME = sys.argv[1:]
torch.set_num_threads(1)
TOKENS = PreTrainedTokenizerFast.from_pretrained(FOLDER)
IMAGES = Qwen2VLImageProcessorPil.from_pretrained(FOLDER)
MODEL = Qwen3_5ForConditionalGeneration.from_pretrained(FOLDER).eval()
ONE_AT_A_TIME = threading.Lock()


def completion(asked: dict[str, Any]) -> dict[str, Any]:
    picture, prompt = asked["messages"][0]["content"]
    pixels = base64.b64decode(picture["image_url"]["url"].partition(",")[2])
    given = encoded(TOKENS, IMAGES, Image.open(io.BytesIO(pixels)), prompt["text"])
    with ONE_AT_A_TIME, torch.inference_mode():
        made = MODEL.generate(
            **given,
            max_new_tokens=asked["max_tokens"],
            do_sample=False,
            output_logits=True,
            return_dict_in_generate=True,
        )
    said = made.sequences[0, given["input_ids"].shape[1] :].tolist()
    stopped = said[-1] == TOKENS.eos_token_id
    probable = [float(torch.log_softmax(logits[0], -1)[token]) for logits, token in zip(made.logits, said, strict=True)]
    content = [
        {"token": TOKENS.decode([t]), "logprob": p, "top_logprobs": []} for t, p in zip(said, probable, strict=True)
    ]
    return {
        "id": "chatcmpl-tiny",
        "object": "chat.completion",
        "created": 0,
        "model": NAME,
        "system_fingerprint": "fp_tiny",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": TOKENS.decode(said[:-1] if stopped else said)},
                "finish_reason": "stop" if stopped else "length",
                "logprobs": {"content": content} if asked.get("logprobs") else None,
            }
        ],
        "usage": {
            "prompt_tokens": given["input_ids"].shape[1],
            "completion_tokens": len(said),
            "total_tokens": given["input_ids"].shape[1] + len(said),
        },
    }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        known = {"/health": {}, "/v1/models": {"object": "list", "data": [{"id": NAME, "object": "model"}]}}
        self.answer(200 if self.path in known else 404, known.get(self.path, {}))

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if asked["model"] != NAME:
            self.answer(404, {"error": {"message": "no such model"}})
            return
        self.answer(200, completion(asked))

    def answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        return


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
    os._exit(0)
