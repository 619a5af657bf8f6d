"""Surya's process: started once per configuration, asked by many threads, started anew when it died."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import tempfile
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from stepflow_assets.errors import ProviderTimeout, ProviderUnavailable
from stepflow_assets.ocr.surya.options import SuryaOptions

WORKER = Path(__file__).with_name("worker.py")
STARTING = 120.0  # seconds; its libraries take long to import on a cold disk
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")
_MARGIN = 10.0  # seconds that its own timeout comes before ours


@dataclass
class SuryaProcess:
    """``ask`` is thread-safe. The process ends with its input, so also when the platform's process does."""

    options: SuryaOptions
    deadline: float
    parallel: int
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _running: _Running | None = None

    def ask(self, picture: str) -> dict[str, Any]:
        """Raises ProviderUnavailable when the process cannot start or ends, ProviderTimeout past the deadline."""
        with self._lock:
            if self._running is None or self._running.ended:
                self._running = _start(self.options, self.deadline, self.parallel)
            running = self._running
        return running.ask(picture, self.deadline + _MARGIN)

    def close(self) -> None:
        with self._lock:
            running, self._running = self._running, None
        if running is not None:
            running.close()


class _Running:
    def __init__(self, process: subprocess.Popen[str], stdin: IO[str], stdout: IO[str]) -> None:
        self.process = process
        self.ended = False
        self._stdin, self._stdout = stdin, stdout
        self._numbers = itertools.count()
        self._waiting: dict[int, Future[dict[str, Any]]] = {}
        self._lock = threading.Lock()
        self.ready: Future[dict[str, Any]] = Future()
        threading.Thread(target=self._listen, name="surya", daemon=True).start()

    def ask(self, picture: str, seconds: float) -> dict[str, Any]:
        answer: Future[dict[str, Any]] = Future()
        with self._lock:
            number = next(self._numbers)
            try:
                if self.ended:
                    raise BrokenPipeError
                self._waiting[number] = answer
                self._stdin.write(json.dumps({"id": number, "picture": picture}) + "\n")
                self._stdin.flush()
            except (OSError, ValueError):
                self._waiting.pop(number, None)
                raise ProviderUnavailable("surya's process has ended") from None
        try:
            return answer.result(seconds)
        except FutureTimeout:
            raise ProviderTimeout(f"surya did not answer within {seconds:g} s") from None
        finally:
            self._waiting.pop(number, None)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()

    def _listen(self) -> None:
        for line in self._stdout:
            try:
                message = json.loads(line)
            except ValueError:
                break
            waiting = self._waiting.get(message["id"]) if "id" in message else self.ready
            if waiting is not None and not waiting.done():
                waiting.set_result(message)
        with self._lock:
            self.ended = True
            left = [self.ready, *self._waiting.values()]
        for future in left:
            if not future.done():
                future.set_exception(ProviderUnavailable("surya's process has ended"))
        self.process.kill()
        self.process.wait()


def _start(options: SuryaOptions, deadline: float, parallel: int) -> _Running:
    command = [options.python, "-I", "-X", "utf8", str(WORKER), str(parallel), str(options.max_tokens), str(deadline)]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # its log repeats what the server said
            text=True,
            encoding="utf-8",
            env=environment_of(options),
            cwd=tempfile.gettempdir(),  # it reads a local.env from the folders above
        )
    except OSError as error:
        raise ProviderUnavailable(
            f"surya's interpreter {options.python} cannot be started ({type(error).__name__})",
            retryable=False,
            next_step="Make an environment with surya-ocr, and name its interpreter in the provider's option python.",
        ) from None
    assert process.stdin is not None and process.stdout is not None
    running = _Running(process, process.stdin, process.stdout)
    try:
        first = running.ready.result(STARTING)
    except FutureTimeout:
        running.close()
        raise ProviderTimeout(f"surya did not start within {STARTING:g} s") from None
    if "ready" not in first:
        running.close()
        raise ProviderUnavailable(str(first.get("failed", "surya did not start")))
    return running


def environment_of(options: SuryaOptions) -> dict[str, str]:
    """What Surya needs, and nothing else of ours: no other key, no proxy."""
    key = os.environ.get(options.api_key_env, "").strip() if options.api_key_env else ""
    if options.api_key_env and not key:
        raise ProviderUnavailable(
            f"the environment variable {options.api_key_env}, which should hold a key, is not set"
        )
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return passed_on | {
        "SURYA_INFERENCE_URL": options.url,
        "SURYA_INFERENCE_AUTOSTART": "false",
        "SURYA_INFERENCE_BACKEND": "vllm",
        "SURYA_MODEL_CHECKPOINT": options.model,
        "VLLM_API_KEY": key or "EMPTY",
        "HF_HUB_OFFLINE": "1",
        "DISABLE_TQDM": "true",
    }
