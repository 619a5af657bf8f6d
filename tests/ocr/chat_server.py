"""An OpenAI-compatible server on this machine that answers with what it is told, faults included, and notes what it was asked."""

from __future__ import annotations

import json
import math
import socket
import struct
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def completion(
    text: str | None, finish: str = "stop", probabilities: Sequence[float] | None = (0.9, 0.8), **message: Any
) -> bytes:
    """A chat completion as vLLM sends it; without ``probabilities`` as a gateway does that knows none."""
    logprobs = None
    if probabilities is not None:
        logprobs = {
            "content": [
                {"token": "x", "logprob": math.log(p), "bytes": None, "top_logprobs": []} for p in probabilities
            ]
        }
    return json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "served-model",
            "system_fingerprint": "fp_1",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": text, **message},
                    "finish_reason": finish,
                    "logprobs": logprobs,
                }
            ],
            "usage": {"prompt_tokens": 1200, "completion_tokens": 34, "total_tokens": 1234},
        }
    ).encode()


@dataclass
class Reply:
    """``length`` claims more bytes than come; ``reset`` breaks the connection after them; ``held`` waits before the answer until
    the test lets go."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    reset: bool = False
    held: threading.Event | None = None


class ChatServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.connections: set[Any] = set()
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def will(self, *replies: Reply | bytes) -> None:
        """In turn; the last one again and again."""
        self.replies = [reply if isinstance(reply, Reply) else Reply(reply) for reply in replies]

    @property
    def prompts(self) -> list[str]:
        return [part["text"] for _, _, body in self.asked for part in body["messages"][0]["content"] if "text" in part]


class _Handler(BaseHTTPRequestHandler):
    server: ChatServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """What Surya's client looks at before it asks."""
        models = {"object": "list", "data": [{"id": "served-model", "object": "model"}]}
        self._answer(Reply(json.dumps({} if self.path == "/health" else models).encode()))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        with self.server.lock:
            self.server.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}, json.loads(body)))
            self.server.connections.add(self.client_address)
            replies = self.server.replies
            reply = replies.pop(0) if len(replies) > 1 else replies[0]
            self.server.at_once += 1
            self.server.most_at_once = max(self.server.most_at_once, self.server.at_once)
        try:
            self._answer(reply)
        finally:
            with self.server.lock:
                self.server.at_once -= 1

    def _answer(self, reply: Reply) -> None:
        if reply.held is not None:
            reply.held.wait(30)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(reply.body) if reply.length is None else reply.length))
        self.end_headers()
        self.wfile.write(reply.body)
        if reply.reset:
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = reply.reset or reply.length is not None

    def log_message(self, format: str, *args: Any) -> None:
        return


@contextmanager
def chat_server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
