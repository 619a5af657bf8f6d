"""What a plugin's process sees of this process's environment: next to nothing.

A plugin is somebody else's program. What is in our environment (keys of servers, passwords of databases) reaches it only
where the configuration says so, by ``env: {KEY: ${KEY}}``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

INHERITED = (
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "LD_LIBRARY_PATH",
)  # fmt: skip
"""What programs need to start and to find their files, and what says nothing about anybody's secrets."""


def plugin_environment(given: Mapping[str, str]) -> dict[str, str]:
    """The inherited few, and what the configuration gives; that wins."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**inherited, **given}
